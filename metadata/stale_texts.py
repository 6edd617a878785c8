"""SQLite's trigram index catches up with texts that changed: what a folder's move costs it is paid later, in slices.

`search_rows` numbers what the index holds. It holds each of these files with its text, but with the text of `search_stale`
where the file is named there. Search looks at the files named there by itself, so that its answers are always right.
"""

import json

from sqlalchemy import Connection

_SLICE = "SELECT file, text FROM search_stale ORDER BY file LIMIT ?"
# In the order of the numbers: FTS5 writes to disk whenever they go back.
_STEPS = (
    "INSERT INTO search_index (search_index, rowid, text) SELECT 'delete', r.number, s.text FROM search_stale s"
    " JOIN search_rows r ON r.file = s.file WHERE s.file IN (SELECT value FROM json_each(?1)) ORDER BY r.number",
    "DELETE FROM search_rows WHERE file IN (SELECT value FROM json_each(?1))"
    " AND NOT EXISTS (SELECT 1 FROM files f WHERE f.id = search_rows.file AND f.deleted_at IS NULL)",
    "INSERT INTO search_rows (file) SELECT id FROM files WHERE id IN (SELECT value FROM json_each(?1))"
    " AND deleted_at IS NULL ORDER BY id ON CONFLICT DO NOTHING",
    "INSERT INTO search_index (rowid, text) SELECT r.number, f.search_text FROM search_rows r"
    " JOIN files f ON f.id = r.file WHERE r.file IN (SELECT value FROM json_each(?1)) ORDER BY r.number",
    "DELETE FROM search_stale WHERE file IN (SELECT value FROM json_each(?1))",
)


def has_stale(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM search_stale LIMIT 1").first() is not None


def index_texts(connection: Connection, limit: int) -> int:
    """Of at most `limit` files; of how many."""
    stale = [row[0] for row in connection.exec_driver_sql(_SLICE, (limit,))]
    if stale:
        given = json.dumps(stale)
        for step in _STEPS:
            connection.exec_driver_sql(step, (given,))
    return len(stale)
