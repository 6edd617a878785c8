"""Whole folders, both ways. What is equal on both sides already is left alone, so that a second run moves only the rest."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from chunker.cutting import cut_file
from client.addresses import path_fault
from client.batches import upload_many
from client.crew import Crew
from client.download import Wanted, download_many
from client.local_files import LocalFile, Stamp, Unusual, opened
from client.model import Bucket, Refused, RemoteFile
from client.progress import Progress
from foundation.blocks import BlockId, Chunking
from foundation.problems import Problem

T = TypeVar("T")

_LOOKAHEAD = 100_000  # files that are counted before they are copied, so that progress has a whole to be a part of


@dataclass(slots=True)
class CopyReport:
    """`files` and `bytes` were copied (`moved_bytes` had to travel), `skipped` were equal already."""

    files: int = 0
    bytes: int = 0
    moved_bytes: int = 0
    skipped: int = 0
    refused: list[Refused] = field(default_factory=list)
    left_out: list[Unusual] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """By size, time and executable bit, or `by_content`: cut as the bucket does, and hashed."""

    chunking: Chunking
    by_content: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """As much of a remote file as a comparison needs."""

    size: int
    modified_us: int | None
    is_executable: bool
    content_hash: str
    is_failed: bool


def upload_files(
    crew: Crew,
    files: Iterable[LocalFile | Unusual],
    bucket: Bucket,
    existing: Iterable[RemoteFile],
    progress: Progress,
    *,
    by_content: bool = False,
) -> CopyReport:
    """Copy `files` to their paths, except what is there already.

    `existing`: the remote files at these paths, and maybe others. Equal is what has the same size, time of modification
    and executable bit; `by_content`: the same bytes, whatever the time. What a check found failed is sent again. What a walk found
    Unusual is left out and told.
    """
    report = CopyReport()
    known = {file.path: _known(file) for file in existing}
    todo = _ahead(_differing(files, known, _Comparison(bucket.chunking, by_content), report, progress))
    for made in upload_many(crew, bucket, todo, progress):
        if isinstance(made, Refused):
            report.refused.append(made)
        else:
            report.files += 1
            report.bytes += made.size
            report.moved_bytes += made.sent_bytes
    return report


def download_files(
    crew: Crew,
    bucket: Bucket,
    files: Iterable[Wanted | Refused],
    progress: Progress,
    *,
    by_content: bool = False,
) -> CopyReport:
    """Copy `files` of `bucket` to their places, except what is there already."""
    report = CopyReport()
    todo = _ahead(_lacking(files, _Comparison(bucket.chunking, by_content), report, progress))
    for got in download_many(crew, todo, progress):
        if isinstance(got, Refused):
            report.refused.append(got)
        else:
            report.files += 1
            report.bytes += got.file.size
            report.moved_bytes += got.received_bytes
    return report


def wanted_below(files: Iterable[RemoteFile], prefix: str, folder: Path) -> Iterator[Wanted | Refused]:
    """The places in `folder` of `files`, which all lie below `prefix`. A path that would lead out of it is refused."""
    for file in files:
        relative = file.path.removeprefix(prefix)
        if not relative:
            continue  # The marker of the folder itself.
        fault = path_fault(relative)
        if fault or file.kind != "file":
            yield Refused(file.path, "address-invalid", fault or f"a {file.kind} is not copied")
        else:
            yield Wanted(file, folder, tuple(relative.removesuffix("/").split("/")))


def _differing(
    found: Iterable[LocalFile | Unusual],
    known: dict[str, _Known],
    comparison: _Comparison,
    report: CopyReport,
    progress: Progress,
) -> Iterator[LocalFile]:
    for file in found:
        if isinstance(file, Unusual):
            report.left_out.append(file)
        elif _is_there(known.get(file.path), file, comparison):
            report.skipped += 1
        else:
            progress.expect(1, file.stamp.size if file.stamp else 0)
            yield file


def _is_there(known: _Known | None, file: LocalFile, comparison: _Comparison) -> bool:
    # What the server lost parts of is sent again, however alike the two look: that heals it.
    if known is None or known.is_failed:
        return False
    return file.stamp is None or _is_same(known, file.place, file.stamp, comparison)


def _lacking(
    files: Iterable[Wanted | Refused], comparison: _Comparison, report: CopyReport, progress: Progress
) -> Iterator[Wanted]:
    for wanted in files:
        if isinstance(wanted, Refused):
            report.refused.append(wanted)
        elif _is_here(wanted, comparison):
            report.skipped += 1
        else:
            progress.expect(1, wanted.file.size)
            yield wanted


def _is_here(wanted: Wanted, comparison: _Comparison) -> bool:
    place = wanted.target
    try:
        found = place.lstat()
    except OSError:
        return False
    if wanted.file.is_folder:
        return place.is_dir() and not place.is_symlink()
    if not place.is_file() or place.is_symlink():
        return False
    return _is_same(_known(wanted.file), str(place), Stamp.of(found), comparison)


def _known(file: RemoteFile) -> _Known:
    modified = file.modified_at
    return _Known(
        file.size,
        None if modified is None else Stamp.microseconds(modified),
        file.is_executable,
        file.content_hash,
        file.is_failed,
    )


def _is_same(known: _Known, place: str, stamp: Stamp, comparison: _Comparison) -> bool:
    if (known.size, known.is_executable) != (stamp.size, stamp.is_executable):
        return False
    if not comparison.by_content:
        return known.modified_us == stamp.mtime_ns // 1000
    try:
        return local_content_hash(place, comparison.chunking) == known.content_hash
    except Problem:
        return False  # Whoever copies it finds out what is wrong with it.


def local_content_hash(place: str, chunking: Chunking) -> str:
    """What the content hash of a local file would be in a bucket that cuts by `chunking`. Raises LocalFileUnreadable."""
    ids = hashlib.sha256()
    with opened(place) as file:
        for block in cut_file(file, chunking):
            ids.update(BlockId.of(block))
    return ids.hexdigest()


def _ahead(things: Iterable[T]) -> Iterator[T]:
    """`things`, taken some way ahead of their use."""
    waiting: deque[T] = deque()
    for thing in things:
        waiting.append(thing)
        if len(waiting) >= _LOOKAHEAD:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()
