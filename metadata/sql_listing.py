"""One page of a bucket's files by path: keyset seeks on an index, each common prefix jumped over. No OFFSET, no GROUP BY."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select, tuple_

from foundation.problems import CursorInvalid
from foundation.sql import any_of
from metadata.model import ListQuery
from metadata.parts import Found
from metadata.paths import is_storable, prefix_end
from metadata.rows import uuid_text
from metadata.schema import Bytewise, files

# Every path that begins with P is below P + _LAST: a path has at most 1,024 bytes, which is 256 of these.
_LAST = "\U0010ffff" * 256
_FIRST_BATCH = 100
# The first columns of every select that is listed by: they say where the next page begins.
PLACE = (files.c.path.label(None), files.c.id.label(None))


class _Position(NamedTuple):
    """Everything up to `path` is seen; with `file_id`, of the files at `path` only those up to that id."""

    path: str
    file_id: UUID | None = None


class _Entry(NamedTuple):
    text: str  # the path, or the common prefix
    row: Any = None  # None: a common prefix


def list_files(connection: Connection, bucket: UUID, query: ListQuery, rows: Select[Any]) -> Found:
    """The page of `query`. `rows` selects from `files` joined with what is wanted; its first columns are path and id.

    Costs what it returns, whatever the bucket holds. Raises CursorInvalid for an `after` that no page gave.
    """
    if not (is_storable(query.prefix) and is_storable(query.delimiter)):
        return Found([], [], None)
    position = _position(query)
    entries = _Seek(connection, bucket, query, rows).entries(position, query.limit + 1)
    page = entries[: query.limit]
    more = len(entries) > query.limit
    return Found(
        [entry.row for entry in page if entry.row is not None],
        [entry.text for entry in page if entry.row is None],
        _key(page[-1], query) if more else None,
    )


class _Seek:
    """Reads entries in order, by batches of rows or, where prefixes hide many rows, by walking from head to head."""

    def __init__(self, connection: Connection, bucket: UUID, query: ListQuery, rows: Select[Any]) -> None:
        self._connection, self._query = connection, query
        self._conditions: list[ColumnElement[bool]] = [files.c.bucket == bucket]
        if not query.include_deleted:
            self._conditions.append(files.c.deleted_at.is_(None))
        end = prefix_end(query.prefix)
        if end is not None:
            self._conditions.append(files.c.path < end)
        order = (files.c.path, files.c.id) if query.include_deleted else (files.c.path,)
        self._rows = rows.where(*self._conditions).order_by(*order)
        self._is_walking = False

    def entries(self, position: _Position | None, wanted: int) -> list[_Entry]:
        found: list[_Entry] = []
        # A batch that turns out to lie in one prefix is wasted, so the first are small.
        size = _FIRST_BATCH if self._query.delimiter else wanted
        while len(found) < wanted:
            size = min(size, wanted - len(found))
            step = self._walked if self._is_walking and position else self._scanned
            entries, position, is_end = step(position, size)
            found += entries
            if is_end:
                break
            size *= 2
        return found

    def _scanned(self, position: _Position | None, size: int) -> tuple[list[_Entry], _Position | None, bool]:
        """The next `size` rows."""
        rows = self._connection.execute(self._rows.where(self._after(position)).limit(size)).all()
        entries, inside = [], None
        for row in rows:
            path = row[0]
            if inside is not None and path.startswith(inside):
                continue
            inside = self._common_prefix(path)
            entries.append(_Entry(path, row) if inside is None else _Entry(inside))
        if not rows:
            return entries, position, True
        self._is_walking = inside is not None
        last = _Position(inside + _LAST) if inside is not None else self._position_of(rows[-1])
        return entries, last, len(rows) < size

    def _walked(self, position: _Position | None, size: int) -> tuple[list[_Entry], _Position | None, bool]:
        """The next `size` heads: paths that are an entry of their own, or the first of their prefix."""
        assert position is not None  # noqa: S101 — walking begins behind a prefix.
        heads = list(self._connection.execute(self._heads(position.path).limit(size)).scalars())
        prefixes = [self._common_prefix(head) for head in heads]
        rows = self._rows_at([head for head, prefix in zip(heads, prefixes, strict=True) if prefix is None])
        entries = []
        for head, prefix in zip(heads, prefixes, strict=True):
            entries += [_Entry(prefix)] if prefix is not None else [_Entry(head, row) for row in rows.get(head, ())]
        if not heads:
            return entries, position, True
        self._is_walking = any(prefix is not None for prefix in prefixes)
        last = heads[-1] if prefixes[-1] is None else prefixes[-1] + _LAST
        return entries, _Position(last), len(heads) < size

    def _heads(self, path: str) -> Select[Any]:
        """In one statement, one index seek a head: the database itself jumps over each common prefix."""
        start, delimiter = len(self._query.prefix), self._query.delimiter

        def head(after: ColumnElement[str]) -> Any:
            # One lower bound only: of two, SQLite may seek by the wrong one and read all that lies between.
            first = select(files.c.path).where(*self._conditions, files.c.path > after).order_by(files.c.path).limit(1)
            return first.correlate_except(files).scalar_subquery()

        walk = select(head(literal(path, Bytewise)).label("path")).cte("walk", recursive=True)
        find = func.strpos if self._connection.dialect.name == "postgresql" else func.instr
        place = find(func.substr(walk.c.path, start + 1), delimiter)
        prefix = func.substr(walk.c.path, 1, place + (start + len(delimiter) - 1))
        past = case((place > 0, prefix.op("||", return_type=Bytewise)(literal(_LAST, Bytewise))), else_=walk.c.path)
        walk = walk.union_all(select(head(past)).select_from(walk).where(walk.c.path.is_not(None)))
        return select(walk.c.path).where(walk.c.path.is_not(None))

    def _rows_at(self, paths: Sequence[str]) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {}
        if paths:
            for row in self._connection.execute(self._rows.where(any_of(self._connection, files.c.path, paths))):
                rows.setdefault(row[0], []).append(row)
        return rows

    def _after(self, position: _Position | None) -> ColumnElement[bool]:
        if position is None or position.path < self._query.prefix:
            return files.c.path >= self._query.prefix
        if position.file_id is None:
            return files.c.path > position.path
        return tuple_(files.c.path, files.c.id) > tuple_(position.path, position.file_id)

    def _position_of(self, row: Any) -> _Position:
        return _Position(row[0], UUID(uuid_text(row[1])) if self._query.include_deleted else None)

    def _common_prefix(self, path: str) -> str | None:
        delimiter = self._query.delimiter
        place = path.find(delimiter, len(self._query.prefix)) if delimiter else -1
        return path[: place + len(delimiter)] if place >= 0 else None


def _key(entry: _Entry, query: ListQuery) -> str:
    if entry.row is None:
        return f"p{entry.text}"
    return f"d{uuid_text(entry.row[1])}{entry.text}" if query.include_deleted else f"f{entry.text}"


def _position(query: ListQuery) -> _Position | None:
    if query.after is None:
        return None
    kind, text = query.after[:1], query.after[1:]
    if not is_storable(text):
        raise CursorInvalid
    if kind == "d":
        return _Position(text[36:], _uuid(text[:36]))
    if kind not in ("p", "f"):
        raise CursorInvalid
    return _Position(text + _LAST if kind == "p" else text)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CursorInvalid from error
