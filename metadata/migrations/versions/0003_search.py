"""Search (DESIGN.md 4): one folded text a file, a trigram index over it. Written out, as later edits do not change history."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from metadata.errors import NotMigrated

revision = "0003"
down_revision = "0002"

_PAGE = 5_000
_RESERVED = dict.fromkeys([*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF], "\ufffd")

files = sa.table(
    "files",
    sa.column("id", sa.Uuid()),
    sa.column("path", sa.Text()),
    sa.column("current_version", sa.Uuid()),
    sa.column("search_text", sa.Text()),
)
versions = sa.table(
    "file_versions", sa.column("id", sa.Uuid()), sa.column("description", sa.Text()), sa.column("tags", sa.Text())
)


def upgrade() -> None:
    connection = op.get_bind()
    # Refused before anything is written.
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        check_sqlite(connection)
    else:
        _install_pg_trgm(connection)
    _fold_again(connection)
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        connection.exec_driver_sql(statement)


_POSTGRESQL = (
    # Of live files only: putting one into the trash costs the index nothing. Readers do not wait for a list of newcomers
    # longer than a megabyte.
    "CREATE INDEX ix_files_search_text ON files USING gin (search_text gin_trgm_ops)"
    " WITH (gin_pending_list_limit = 1024) WHERE deleted_at IS NULL",
)
# Of what changes twice before the index catches up, the first text is the one that it holds.
_REMEMBER = "INSERT INTO search_stale (file, text) VALUES (old.id, old.search_text) ON CONFLICT DO NOTHING;"
# SQLite may number the rows of `files` anew (VACUUM), so the index has numbers of its own. It holds no text and no
# positions: what it finds is compared with the file's text. Triggers keep it in step, whoever writes: newcomers are
# indexed at once; what changes or goes leaves what the index still holds of it in `search_stale` (metadata.stale_texts).
_SQLITE = (
    "CREATE TABLE search_rows (number INTEGER PRIMARY KEY, file CHAR(32) NOT NULL UNIQUE)",
    "CREATE TABLE search_stale (file CHAR(32) PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE search_index USING fts5(text, content='', columnsize=0, detail=none,"
    " tokenize='trigram case_sensitive 1')",
    "INSERT INTO search_rows (file) SELECT id FROM files WHERE deleted_at IS NULL",
    "INSERT INTO search_index (rowid, text)"
    " SELECT r.number, f.search_text FROM search_rows r JOIN files f ON f.id = r.file ORDER BY r.number",
    "CREATE TRIGGER search_insert AFTER INSERT ON files WHEN new.deleted_at IS NULL BEGIN"
    " INSERT INTO search_rows (file) VALUES (new.id);"
    " INSERT INTO search_index (rowid, text) SELECT number, new.search_text FROM search_rows WHERE file = new.id; END",
    "CREATE TRIGGER search_update AFTER UPDATE OF search_text, deleted_at ON files"
    " WHEN old.search_text IS NOT new.search_text OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL)"
    f" BEGIN {_REMEMBER} END",
    f"CREATE TRIGGER search_delete AFTER DELETE ON files WHEN old.deleted_at IS NULL BEGIN {_REMEMBER} END",
)


def check_sqlite(connection: sa.Connection) -> None:
    try:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE temp.search_probe USING fts5(text, tokenize='trigram')")
    except DBAPIError as error:
        found = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        raise NotMigrated(
            f"Search needs FTS5 with trigrams, which this Python's SQLite ({found}) lacks. Run Cairn with SQLite 3.34"
            " or newer, built with FTS5, as Debian's is; or use PostgreSQL."
        ) from error
    connection.exec_driver_sql("DROP TABLE temp.search_probe")


def _install_pg_trgm(connection: sa.Connection) -> None:
    try:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "42501":
            raise NotMigrated(
                "Search needs PostgreSQL's extension pg_trgm, which this role may not install. Let the database's"
                " administrator run `CREATE EXTENSION pg_trgm;` in this database, then run `cairn migrate` again."
            ) from error
        if getattr(error.orig, "sqlstate", None) in {"58P01", "0A000"}:
            raise NotMigrated(
                "Search needs PostgreSQL's extension pg_trgm, which this server does not have. Install its contrib"
                " modules (Debian: in `postgresql`; elsewhere `postgresql-contrib`), then run `cairn migrate` again."
            ) from error
        raise


def _fold_again(connection: sa.Connection) -> None:
    """The text of each file, in pages by id: memory does not grow with the number of files."""
    query = (
        sa.select(files.c.id, files.c.path, versions.c.description, versions.c.tags)
        .join(versions, versions.c.id == files.c.current_version)
        .order_by(files.c.id)
        .limit(_PAGE)
    )
    page = connection.execute(query).all()
    while page:
        rows = [
            {"file": row.id, "text": _search_text(row.path, row.description, orjson.loads(row.tags))} for row in page
        ]
        _write(connection, rows)
        page = connection.execute(query.where(files.c.id > page[-1].id)).all()


def _write(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        pairs = [(row["text"], row["file"].hex) for row in rows]
        connection.exec_driver_sql("UPDATE files SET search_text = ? WHERE id = ?", pairs)
        return
    connection.exec_driver_sql(
        "UPDATE files SET search_text = t.text FROM unnest(CAST(%s AS uuid[]), CAST(%s AS text[])) AS t(file, text)"
        " WHERE files.id = t.file",
        ([row["file"] for row in rows], [row["text"] for row in rows]),
    )


def _search_text(path: str, description: str, tags: Mapping[str, str]) -> str:
    name = path.removesuffix("/").rpartition("/")[2]
    text = f"{_folded(path)}\ufdd0{_folded(description)}\ufdd1"
    if tags:
        items = (f"{_plain(key)}\ufdd2{_plain(key)}={_plain(value)}" for key, value in tags.items())
        text += "\ufdd2" + "\ufdd2".join(items) + "\ufdd2"
    return f"{text}\ufdd3\ufdd3{_folded(name)[:2]}"


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else _plain(unicodedata.normalize("NFKC", text).casefold())


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_RESERVED)
