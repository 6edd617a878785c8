"""Two schemas, and what of the second would break code that was written for the first."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    type: str
    is_nullable: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class Table:
    """`rules`: its unique, check and foreign key constraints, as text."""

    columns: Mapping[str, Column]
    rules: frozenset[str]


Schema = Mapping[str, Table]


def broken_by(before: Schema, after: Schema, contracts: Collection[str]) -> list[str]:
    """In words. `contracts`: tables, and columns as table.column, that may be gone, since the code of before does not use them."""
    return [words for name, table in before.items() for words in _broken(name, table, after.get(name), contracts)]


def _broken(name: str, before: Table, after: Table | None, contracts: Collection[str]) -> Iterator[str]:
    if after is None:
        if name not in contracts:
            yield f"{name} is gone"
        return
    for column, was in before.columns.items():
        found = after.columns.get(column)
        if found is not None:
            yield from _changed(f"{name}.{column}", was, found)
        elif f"{name}.{column}" not in contracts:
            yield f"{name}.{column} is gone"
    for column in after.columns.keys() - before.columns.keys():
        if not after.columns[column].is_nullable and not after.columns[column].has_default:
            yield f"{name}.{column} must be given"
    yield from (f"{name} has a rule more: {rule}" for rule in sorted(after.rules - before.rules))


def _changed(name: str, was: Column, found: Column) -> Iterator[str]:
    if found.type != was.type:
        yield f"{name} has another type"
    if was.is_nullable and not found.is_nullable:
        yield f"{name} must be given"
