"""Folders that move, go and come back while others put into them: nothing is lost, and the journal has no gap."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from metadata import Catalogue, DeletePrefix, GroupResult, ListQuery, MovePrefix, Put, RestorePrefix
from tests.metadata.catalogues import Desk
from tests.metadata.counting import counted, recounted

ROUNDS = 8
PUTS = 25


def put_into(desk: Desk, folder: str, writer: int) -> None:
    for number in range(PUTS):
        desk.apply(Put(f"{folder}/{writer}-{number}", []))


def move(desk: Desk, source: str, target: str) -> None:
    for _ in range(ROUNDS):
        desk.apply(MovePrefix(source, target))
        desk.apply(MovePrefix(target, source))


def delete_and_undo(desk: Desk) -> None:
    for _ in range(ROUNDS):
        (deleted,) = desk.apply(DeletePrefix("a"))
        assert isinstance(deleted, GroupResult)
        if deleted.files:
            desk.apply(RestorePrefix(group=deleted.group))


def test_nothing_is_lost_while_a_folder_moves_under_its_writers(catalogue: Catalogue) -> None:
    desk = Desk(catalogue)
    desk.apply(*(Put(f"a/first-{number}", []) for number in range(50)))
    with ThreadPoolExecutor(5) as pool:
        running = [
            pool.submit(put_into, desk, "a", 1),
            pool.submit(put_into, desk, "b", 2),
            pool.submit(move, desk, "a", "b"),
            pool.submit(move, desk, "b", "c"),
            pool.submit(delete_and_undo, desk),
        ]
        for one in running:
            one.result()
    assert_whole(desk, 50 + 2 * PUTS)


def assert_whole(desk: Desk, files: int) -> None:
    listed: Any = desk.catalogue.files.list(desk.me, desk.id, ListQuery(limit=1_000)).items
    assert len({one.path.rpartition("/")[2] for one in listed}) == len({one.file_id for one in listed}) == files
    journal: list[int] = []
    while changes := desk.catalogue.journals.read(desk.me, desk.id, len(journal), 1_000).items:
        journal += [change.sequence for change in changes]
    assert journal == list(range(1, desk.now().sequence + 1))
    assert counted(desk) == recounted(desk)
