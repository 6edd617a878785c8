"""What the trigram index finds: FTS5 on SQLite, pg_trgm on PostgreSQL. Every hit is compared with the file's own text."""

import json
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Uuid, and_, or_, select, text, true

from foundation.sql import any_of
from metadata.schema import Bytewise, files
from metadata.search_text import Term

# A few of a long text's trigrams find nearly what all of them do.
_MOST_GRAMS = 16
# Files that the index lags behind with are looked at one by one, but no more of them than this.
MOST_STALE = 100_000
_MORE_STALE = text("SELECT 1 FROM search_stale LIMIT 1 OFFSET :number")
# CROSS JOIN is SQLite's word for: in this order.
_INDEXED = """search_index CROSS JOIN search_rows ON search_rows.number = search_index.rowid
    CROSS JOIN files ON files.id = search_rows.file WHERE search_index MATCH :match"""
_STALE = "search_stale CROSS JOIN files ON files.id = search_stale.file WHERE 1"
_FOUND = """SELECT files.bucket, files.path, files.id FROM {source} AND files.deleted_at IS NULL
    AND files.bucket IN (SELECT value FROM json_each(:scope)) AND (files.bucket, files.path) > (:bucket, :path)"""


class Place(NamedTuple):
    """Where a file stands in the order of search."""

    bucket: UUID
    path: str
    file: UUID | None = None


def matching(connection: Connection, terms: Sequence[Term]) -> ColumnElement[bool]:
    """All terms hold for a row of `files`."""
    column = files.c.search_text
    if connection.dialect.name == "sqlite":
        return and_(true(), *(column.op("GLOB")(term.glob()) for term in terms))
    return and_(true(), *(column.like(term.like()) for term in terms))


def walk_by_index(connection: Connection) -> None:
    """Until the transaction ends, PostgreSQL reads in an index's order, and joins as written: no page reads a whole bucket.

    It would where it takes a bucket that was just filled for an empty one.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            " SET LOCAL enable_indexscan TO DEFAULT; SET LOCAL join_collapse_limit = 1; SET LOCAL jit = off"
        )


def indexed(
    connection: Connection, scope: Sequence[UUID], terms: Sequence[Term], behind: Place | None, limit: int
) -> list[Place] | None:
    """Live files in the buckets of `scope` that match, in no order, at most `limit`; None: the index says nothing of these terms."""
    if connection.dialect.name == "sqlite":
        return _by_fts5(connection, scope, terms, behind, limit)
    return _by_pg_trgm(connection, scope, terms, behind, limit)


def _by_fts5(
    connection: Connection, scope: Sequence[UUID], terms: Sequence[Term], behind: Place | None, limit: int
) -> list[Place] | None:
    grams = list(dict.fromkeys(gram for term in terms for gram in term.grams()))
    if not grams or connection.execute(_MORE_STALE, {"number": MOST_STALE}).first():
        return None
    step = -(-len(grams) // _MOST_GRAMS)
    globs = {f"glob{number}": term.glob() for number, term in enumerate(terms)}
    condition = "".join(f" AND files.search_text GLOB :{name}" for name in globs)
    given = {
        "match": " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams[::step]),
        "scope": json.dumps([bucket.hex for bucket in scope]),
        "bucket": behind.bucket.hex if behind else "",
        "path": behind.path if behind else "",
        "limit": limit,
    }
    found: dict[Place, None] = {}
    for source in (_INDEXED, _STALE):
        query = text(f"{_FOUND.format(source=source)}{condition} LIMIT :limit")
        rows = connection.execute(query.columns(bucket=Uuid, path=Bytewise, id=Uuid), given | globs)
        found |= dict.fromkeys(Place(*row) for row in rows)
    return list(found)


def _by_pg_trgm(
    connection: Connection, scope: Sequence[UUID], terms: Sequence[Term], behind: Place | None, limit: int
) -> list[Place] | None:
    if not any(term.has_word for term in terms):
        return None
    query = select(files.c.bucket, files.c.path, files.c.id).where(
        matching(connection, terms), files.c.deleted_at.is_(None), any_of(connection, files.c.bucket, scope)
    )
    if behind is not None:
        in_bucket = and_(files.c.bucket == behind.bucket, files.c.path > behind.path)
        query = query.where(or_(files.c.bucket > behind.bucket, in_bucket))
    # The planner guesses how many texts match from a sample of them; where it guesses wrong it reads the whole table.
    # Bitmaps alone are left to it: of the trigrams, of the buckets, or of both.
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan TO DEFAULT; SET LOCAL enable_indexscan = off")
    found = [Place(*row) for row in connection.execute(query.limit(limit))]
    walk_by_index(connection)
    return found
