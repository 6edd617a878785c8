"""In how many of one's own files a block also is."""

import pytest

from foundation.authorization import Role
from foundation.problems import Invalid
from metadata import Catalogue, Copy, Delete, Member, sql_sharing
from tests.metadata.catalogues import Desk, chunk, chunks, somebody
from tests.metadata.readers import house
from tests.metadata.test_api import Door, bucket_id, door

__all__ = ["door", "house"]


def test_a_block_is_counted_in_ones_own_other_live_files_alone(catalogue: Catalogue) -> None:
    desk, other = Desk(catalogue), Desk(catalogue)
    plan = chunks("a", "b", "a", "c")
    file = desk.put("f", plan).version.file_id
    desk.put("g", chunks("a", "a", "x"))
    desk.put("old", chunks("b", "x"))
    desk.put("old", chunks("x"))
    desk.put("gone", chunks("c"))
    desk.apply(Copy("copy", path="f"), Delete(path="gone"))
    Desk(catalogue, me=desk.me).put("elsewhere", chunks("b", "x"))
    other.put("theirs", chunks("a", "b", "c"))
    ids = [one.id for one in (*plan, chunk("never"))]
    assert list(catalogue.files.sharing(desk.me, file, ids)) == [2, 2, 2, 1, 0]
    viewer = somebody()
    catalogue.members.set(desk.me, desk.id, Member(viewer.user, Role.VIEWER))
    assert list(catalogue.files.sharing(viewer, file, ids)) == [0] * 5


def test_what_takes_too_long_to_count_is_refused(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(catalogue)
    file = desk.put("f", [chunk("a")]).version.file_id

    def cut(*_: object) -> None:
        raise sql_sharing.TookTooLong

    monkeypatch.setattr(sql_sharing, "cut_off", cut)
    with pytest.raises(Invalid):
        catalogue.files.sharing(desk.me, file, [chunk("a").id])


def test_the_list_of_chunks_tells_it_when_asked(door: Door) -> None:
    [version] = door.house.put(bucket_id(door), "a")
    address = f"/files/{version.file_id}/chunks"
    assert all("other_files" not in item for item in door.ask("GET", address).json()["items"])
    told = door.ask("GET", f"{address}?include=sharing")
    assert (told.status_code, [item["other_files"] for item in told.json()["items"]]) == (200, [0] * version.num_chunks)
    assert door.ask("GET", f"{address}?include=nonsense").status_code == 422
