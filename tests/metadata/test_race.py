"""The race of ALGORITHMS.md 1: the product's code loses nothing, and loses it once a guard is taken away."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select

from foundation.blocks import BlockName
from foundation.sql import any_of
from metadata import collect, migrate, register
from metadata.schema import blocks, uploads
from tests.metadata.race import Race

QUICK_SECONDS, FULL_SECONDS, BROKEN_SECONDS = 8, 120, 45


def raced(
    location: str, seconds: float, break_it: Callable[[Race], None] = lambda _race: None
) -> tuple[Race, dict[str, int]]:
    race = Race(location, seed=1)
    try:
        break_it(race)
        race.run(seconds)
        return race, {} if race.failures() else race.drain()
    finally:
        race.close()


def assert_nothing_was_lost(location: str, seconds: float) -> None:
    race, leaks = raced(location, seconds)
    assert (race.broken, race.failures(), leaks) == (set(), 0, {}), race.count
    for what in ("commit: done", "files purged", "collected", "erased", "chunks checked"):
        assert race.count[what] > 0, race.count


def test_nothing_is_lost_in_the_race(location: str) -> None:
    assert_nothing_was_lost(location, QUICK_SECONDS)


@pytest.mark.full
def test_nothing_is_lost_in_a_long_race(location: str) -> None:
    assert_nothing_was_lost(location, FULL_SECONDS)


def without_fence(connection: Connection, upload: UUID) -> register.Fence | None:
    row = connection.execute(select(uploads.c.writer, uploads.c.owner).where(uploads.c.id == upload)).one_or_none()
    return register.Fence(row.writer, row.owner, "open") if row else None


def test_without_the_fence_something_breaks(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "fence", without_fence)
    race, leaks = raced(postgres, BROKEN_SECONDS)
    assert race.failures() or leaks, race.count


def test_without_a_nonce_something_breaks(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "check_writer", lambda _writer, _received: None)

    def name_by_content(race: Race) -> None:
        race.new_name = lambda id, _writer: BlockName(id, 0, "0" * 16)
        race.sweep = lambda: None  # type: ignore[method-assign]  # Only names that carry their writer can be judged.

    race, leaks = raced(postgres, BROKEN_SECONDS, name_by_content)
    assert race.failures() or leaks, race.count


def test_with_lock_and_judgement_in_one_statement_something_breaks(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lock_and_judge(connection: Connection, table: object, ids: Sequence[bytes]) -> list[bytes]:
        free = select(blocks.c.id).where(any_of(connection, blocks.c.id, ids), collect.BLOCK_IS_FREE)
        return list(connection.execute(free.order_by(blocks.c.id).with_for_update()).scalars())

    def delete_unseen(connection: Connection, locked: Sequence[bytes]) -> dict[str, int]:
        gone = delete(blocks).where(any_of(connection, blocks.c.id, locked))
        returned = connection.execute(gone.returning(blocks.c.name, blocks.c.stored_size))
        return {row.name: row.stored_size for row in returned}

    judged = collect._locked  # noqa: SLF001 — the step that is taken away.
    monkeypatch.setattr(
        collect, "_locked", lambda c, table, ids: (lock_and_judge if table is blocks else judged)(c, table, ids)
    )
    monkeypatch.setattr(collect, "delete_free_blocks", delete_unseen)
    race, leaks = raced(postgres, BROKEN_SECONDS)
    assert race.failures() or leaks, race.count


@pytest.fixture
def postgres(database_url: str) -> str:
    migrate(database_url)
    return database_url
