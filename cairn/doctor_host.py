"""What the doctor sees on the machine itself: permissions, room on the disks."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from block_storage import folders_of
from cairn.settings import ServerSettings
from foundation.blocks import MIB

_LEAST_FREE_BYTES = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    check: str
    found: str
    advice: str


def host_findings(settings: ServerSettings) -> Iterator[Finding]:
    yield from _permissions(settings.data)
    folders = [settings.data, *(Path(folder) for folder in folders_of(settings.store_location))]
    yield from _room([folder for folder in folders if folder.is_dir()])


def _permissions(data: Path) -> Iterator[Finding]:
    for path in (data / "secret", data / "cairn.db", data):
        if path.exists() and (open_to := path.stat().st_mode & (0o007 if path == data else 0o077)):
            yield Finding(
                "permissions",
                f"{path} is open to others on this machine (mode …{open_to:03o}).",
                f"chmod go-rwx '{path}'",
            )


def _room(folders: list[Path]) -> Iterator[Finding]:
    disks = {folder.stat().st_dev: folder for folder in reversed(folders)}
    for folder in disks.values():
        free = shutil.disk_usage(folder).free
        if free < _LEAST_FREE_BYTES:
            yield Finding(
                "disk space",
                f"{free // MIB} MiB are free on the disk of {folder}.",
                "Uploads end with 507 when it is full. Free some, or purge what is in the trash.",
            )
