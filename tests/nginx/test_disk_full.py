"""A front door whose disk is really full: what goes through memory is served, what does not is told to come again."""

from pathlib import Path

from tests.nginx.conftest import Houses
from tests.nginx.test_refusals import require_problem
from tests.servers.small_disk import small_disk

# More than is received in memory, on a route that takes so much.
LONG = ("/api/v1/uploads", b"x" * 3_000_000)


def test_long_requests_wait_for_room_and_short_ones_are_served(houses: Houses, tmp_path: Path) -> None:
    folder, mount = tmp_path / "nginx", tmp_path / "disk"
    folder.mkdir()
    mount.mkdir()
    with small_disk(mount, "8m") as disk:
        (folder / "body").symlink_to(disk.path)
        with houses().plain() as client:
            disk.fill()
            refused = client.post(LONG[0], content=LONG[1])
            require_problem(refused, 503, "unavailable")
            assert int(refused.headers["retry-after"]) > 0
            assert "its log says why" in refused.json()["detail"]
            assert client.post(LONG[0], content=b"{}").status_code == 200
            assert client.get("/").status_code == 200
            disk.free()
            assert client.post(LONG[0], content=LONG[1]).status_code == 200


def test_a_log_that_takes_nothing_any_more_is_no_reason_not_to_serve(houses: Houses, tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "access.log").symlink_to("/dev/full")
    with houses().plain() as client:
        assert [client.get("/api/v1/me").status_code for _ in range(20)] == [200] * 20
