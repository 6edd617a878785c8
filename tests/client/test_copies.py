"""Copies with a real server: what went in comes out, only what is missing travels, deaths cost nothing."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import CairnClient, ClientSettings, LocalFileChanged, RetryPolicy, Step
from client.local_files import Unusual
from foundation.problems import Problem
from tests.servers.cairn_server import SignedInServer, running_server, wait_until

MIB = 2**20
DICE = random.Random(20)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def cairn(shared: SignedInServer) -> Iterator[CairnClient]:
    with CairnClient(shared.url, shared.token) as client:
        yield client


@pytest.fixture
def bucket(cairn: CairnClient) -> str:
    return cairn.create_bucket(f"b{DICE.randrange(10**12)}").name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of many sizes, empty ones, an empty folder, odd names."""
    root = tmp_path / "source"
    for name, size in {
        "large": 9 * MIB + 3,
        "exact": 2 * MIB,
        "empty": 0,
        "deep/er/small": 5,
        "ünï cödé/😀 %2F#?.txt": 4096,
        "spaces and 'quotes'": 1,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(DICE.randbytes(size))
    (root / "deep" / "nothing").mkdir()
    (root / "large").chmod(0o755)
    os.utime(root / "exact", ns=(1_600_000_000_123_456_000, 1_600_000_000_123_456_000))
    return root


def contents(root: Path) -> dict[str, tuple[bytes | None, bool, int]]:
    """Bytes, executable bit and time in microseconds of all that lies in `root`; None for folders."""
    return {
        str(place.relative_to(root)): (
            (place.read_bytes(), bool(place.stat().st_mode & 0o100), place.stat().st_mtime_ns // 1000)
            if place.is_file()
            else (None, False, 0)
        )
        for place in root.rglob("*")
    }


def test_a_folder_comes_back_as_it_was(cairn: CairnClient, bucket: str, folder: Path, tmp_path: Path) -> None:
    up = cairn.upload_folder(folder, bucket, "in/")
    down = cairn.download_folder(bucket, "in/", tmp_path / "back")
    assert (up.refused, down.refused) == ([], [])
    assert contents(tmp_path / "back") == contents(folder)


def test_a_second_run_moves_only_what_changed(cairn: CairnClient, bucket: str, folder: Path, tmp_path: Path) -> None:
    cairn.upload_folder(folder, bucket)
    cairn.download_folder(bucket, "", tmp_path / "back")
    (folder / "deep/er/small").write_bytes(b"changed")
    up = cairn.upload_folder(folder, bucket)
    down = cairn.download_folder(bucket, "", tmp_path / "back")
    assert (up.files, up.bytes, up.skipped) == (1, 7, 6)
    assert (down.files, down.bytes) == (1, 7)


def test_by_content_a_new_time_alone_moves_nothing(
    cairn: CairnClient, bucket: str, folder: Path, tmp_path: Path
) -> None:
    cairn.upload_folder(folder, bucket)
    for place in folder.rglob("*"):
        os.utime(place, (1, 1))
    assert cairn.upload_folder(folder, bucket, by_content=True).files == 0
    assert cairn.download_folder(bucket, "", folder, by_content=True).files == 0


@pytest.mark.parametrize("size", [1, 5 * MIB + 1])
def test_the_same_bytes_under_another_name_do_not_travel(
    cairn: CairnClient, bucket: str, tmp_path: Path, size: int
) -> None:
    (tmp_path / "a").write_bytes(DICE.randbytes(size))
    assert cairn.upload_file(tmp_path / "a", bucket, "first").sent_bytes == size
    assert cairn.upload_file(tmp_path / "a", bucket, "second").sent_bytes == 0


def test_small_files_in_groups_send_only_blocks_that_the_server_lacks(
    cairn: CairnClient, bucket: str, folder: Path
) -> None:
    cairn.upload_folder(folder, bucket, "one/")
    report = cairn.upload_folder(folder, bucket, "two/")
    assert (report.files, report.moved_bytes) == (6, 0)


def test_a_repeated_block_travels_once(cairn: CairnClient, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0" * (7 * MIB))
    assert cairn.upload_file(tmp_path / "a", bucket, "a").sent_bytes == MIB
    assert b"".join(cairn.read(cairn.find(bucket, "a"))) == b"\0" * (7 * MIB)


def test_what_has_no_place_is_refused_by_name_and_the_rest_goes_on(
    cairn: CairnClient, bucket: str, tmp_path: Path
) -> None:
    root = tmp_path / "source"
    (root / "taken").mkdir(parents=True)
    (root / "taken" / "below").write_bytes(b"1")
    (root / "good").write_bytes(b"2")
    (root / "control\x07").write_bytes(b"3")
    (tmp_path / "taken").write_bytes(b"4")
    cairn.upload_file(tmp_path / "taken", bucket, "taken")
    report = cairn.upload_folder(root, bucket)
    assert {(Path(one.place).name, one.slug) for one in report.refused} == {
        ("below", "path-taken"),
        ("control\x07", "address-invalid"),
    }
    assert [file.path for file in cairn.files(bucket)] == ["good", "taken"]


def test_links_and_pipes_are_left_out_and_named(cairn: CairnClient, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "source" / "pipe")
    report = cairn.upload_folder(tmp_path / "source", bucket)
    assert [Path(one.place).name for one in report.left_out] == ["link", "pipe"]
    assert all(isinstance(one, Unusual) for one in report.left_out)
    assert list(cairn.files(bucket)) == []


@pytest.mark.parametrize("size", [40 * MIB, 33 * MIB])
def test_a_file_that_keeps_changing_is_never_committed(
    cairn: CairnClient, bucket: str, tmp_path: Path, size: int
) -> None:
    place = tmp_path / "log"
    place.write_bytes(b"x" * size)

    class Writer:
        """Appends whenever something was sent: between the first byte read and the last look."""

        def expect(self, files: int, size: int) -> None: ...

        def step(self, step: Step) -> None:  # noqa: ARG002 — whatever was done.
            with place.open("ab") as log:
                log.write(b"more")

    with pytest.raises(LocalFileChanged):
        cairn.upload_file(place, bucket, "log", Writer())
    assert list(cairn.files(bucket)) == []


def test_progress_ends_with_all_that_was_expected(cairn: CairnClient, bucket: str, folder: Path) -> None:
    class Sum:
        files = bytes = done_files = done_bytes = moved = 0

        def expect(self, files: int, size: int) -> None:
            self.files += files
            self.bytes += size

        def step(self, step: Step) -> None:
            self.done_files += step.files
            self.done_bytes += step.bytes
            self.moved += step.moved_bytes

    up, again, down = Sum(), Sum(), Sum()
    cairn.upload_folder(folder, bucket, "one/", up)
    cairn.upload_folder(folder, bucket, "two/", again)
    cairn.download_folder(bucket, "one/", folder.parent / "back", down)
    for progress in (up, again, down):
        assert (progress.done_files, progress.done_bytes) == (progress.files, progress.bytes)
    assert (up.moved, again.moved, down.moved) == (up.bytes, 0, down.bytes)


def test_an_old_version_and_a_deleted_file_come_back(cairn: CairnClient, bucket: str, tmp_path: Path) -> None:
    place = tmp_path / "a"
    for text in ("first", "second"):
        place.write_text(text)
        cairn.upload_file(place, bucket, "a")
    home = cairn.bucket(bucket)
    newest, oldest = cairn.versions(cairn.find(bucket, "a").file_id)
    assert b"".join(cairn.read(oldest)) == b"first"
    cairn.restore(home.id, oldest.file_id, oldest.version_id)
    assert b"".join(cairn.read(cairn.find(bucket, "a"))) == b"first"
    cairn.delete(home.id, [newest])
    assert list(cairn.files(bucket)) == []
    cairn.restore(home.id, cairn.find_any(bucket, "a").file_id)
    assert b"".join(cairn.read(cairn.find(bucket, "a"))) == b"first"


def test_a_download_goes_on_with_what_a_killed_one_left(cairn: CairnClient, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DICE.randbytes(6 * MIB))
    cairn.upload_file(tmp_path / "a", bucket, "a")
    file = cairn.find(bucket, "a")

    class BrokenError(Exception):
        pass

    class Breaker:
        def expect(self, files: int, size: int) -> None: ...

        def step(self, step: Step) -> None:
            if step.bytes:
                raise BrokenError

    target = tmp_path / "back"
    with pytest.raises(BrokenError):
        cairn.download_file(file, target, Breaker())
    assert not target.exists()
    got = cairn.download_file(file, target)
    assert got.received_bytes < 6 * MIB
    assert target.read_bytes() == (tmp_path / "a").read_bytes()
    assert [place.name for place in tmp_path.iterdir() if place.name.startswith(".cairn")] == []


def test_a_client_that_was_killed_sends_only_the_rest(server: SignedInServer, tmp_path: Path) -> None:
    place = tmp_path / "large"
    place.write_bytes(DICE.randbytes(160 * MIB))
    command = [sys.executable, "-m", "cairn", "cp", str(place), "cairn:studio/large"]
    killed = subprocess.Popen(command, env=server.environment)
    blocks = server.data / "blocks"
    wait_until(lambda: sum(1 for _ in blocks.glob("??/*")) > 40)
    killed.kill()
    killed.wait()
    with CairnClient(server.url, server.token) as cairn:
        assert list(cairn.files("studio")) == []
        made = cairn.upload_file(place, "studio", "large")
        assert made.sent_bytes <= 120 * MIB
        assert cairn.verify("studio").damaged == ()


def test_a_restart_of_the_server_is_ridden_out(server: SignedInServer, tmp_path: Path) -> None:
    place = tmp_path / "large"
    place.write_bytes(DICE.randbytes(120 * MIB))
    (tmp_path / "small").mkdir()
    for number in range(300):
        (tmp_path / "small" / f"{number}").write_bytes(DICE.randbytes(2000))
    restarted: list[int] = []

    class Restarter:
        def expect(self, files: int, size: int) -> None: ...

        def step(self, step: Step) -> None:
            if not restarted and step.moved_bytes:
                restarted.append(1)
                server.kill()
                server.start()

    with CairnClient(server.url, server.token, ClientSettings(retry=RetryPolicy(budget_seconds=30))) as cairn:
        cairn.create_bucket("studio")
        cairn.upload_file(place, "studio", "large", Restarter())
        report = cairn.upload_folder(tmp_path / "small", "studio", "small/")
        assert (restarted, report.files) == ([1], 300)
        assert cairn.verify("studio").damaged == ()


def test_nobody_else_sees_the_bucket(shared: SignedInServer, cairn: CairnClient, bucket: str) -> None:
    id = cairn.bucket(bucket).id
    with CairnClient(shared.url, shared.add_user(f"{bucket}@example.org")) as stranger:
        for name in (bucket, id):
            with pytest.raises(Problem) as caught:
                list(stranger.files(name))
            assert caught.value.slug == "bucket-not-found"


class ShortLived:
    """A TokenSource whose tokens are good for five requests, in the order of the server's answers."""

    def __init__(self, good: str) -> None:
        self._good, self._lock, self._left = good, threading.Lock(), 5
        self.renewals = 0

    def token(self) -> str:
        with self._lock:
            self._left -= 1
            return self._good if self._left >= 0 else f"ended-{self.renewals}"

    def renewed(self, refused: str) -> str:
        with self._lock:
            if refused == f"ended-{self.renewals}":
                self.renewals += 1
                self._left = 5
            return self._good


def test_a_copy_goes_on_over_tokens_that_end_in_the_middle_of_it_both_ways(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(6):
        (source / f"{number}").write_bytes(DICE.randbytes(9 * MIB + number))
    tokens = ShortLived(shared.token)
    with CairnClient(shared.url, tokens, ClientSettings(retry=RetryPolicy(budget_seconds=0))) as client:
        assert client.upload_folder(source, bucket).refused == []
        sent = tokens.renewals
        assert client.download_folder(bucket, "", tmp_path / "back").refused == []
    assert contents(tmp_path / "back") == contents(source)
    assert sent > 3
    assert tokens.renewals > sent
