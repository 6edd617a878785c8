"""A disk that can really be full: a small file system in a mount namespace of a process that only keeps it. Needs no rights."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 1024 * 1024
_LARGE = 256 * _MIB


class SmallDisk:
    """`path` leads to it for every process of the user who made it, but for those in a user namespace of their own."""

    def __init__(self, keeper: int, folder: Path) -> None:
        self._keeper = keeper
        self.path = Path(f"/proc/{keeper}/root{folder}")

    def inside(self, *command: str) -> list[str]:
        """Runs `command` where the disk is mounted on its folder, as somebody who is not root there."""
        enter = ["nsenter", "--target", str(self._keeper), "--user", "--mount", "--preserve-credentials"]
        return [*enter, "unshare", "--user", "--map-user=1000", "--map-group=1000", *command]

    def fill(self) -> None:
        """Take all the room that is left."""
        fill(self.path / "ballast")

    def free(self) -> None:
        (self.path / "ballast").unlink()


def fill(ballast: Path) -> None:
    """All the room that is left on its disk is the file's. A large disk is the machine's, and is left alone."""
    room = os.statvfs(ballast.parent)
    assert room.f_blocks * room.f_frsize < _LARGE, f"{ballast.parent} is on no small disk."
    with ballast.open("ab", buffering=0) as file:
        for piece in (_MIB, 4096, 1):
            while True:
                try:
                    file.write(b"\0" * piece)
                except OSError:
                    break


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """`folder`: an empty one to mount on. `size`: as mount(8) takes it, `24m`."""
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" && echo mounted && exec cat'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdin
        assert keeper.stdout
        try:
            assert keeper.stdout.readline() == b"mounted\n"
            yield SmallDisk(keeper.pid, folder)
        finally:
            keeper.stdin.close()
