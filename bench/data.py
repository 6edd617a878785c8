"""What is measured on: fresh random bytes, made once a run, in a folder that is removed at the end."""

import os
import random
from pathlib import Path

MIB = 1024 * 1024


def big_file(folder: Path, name: str, mebibytes: int) -> Path:
    path = folder / name
    with path.open("wb") as output:
        for _ in range(mebibytes):
            output.write(os.urandom(MIB))
    return path


def with_bytes_in_front(source: Path, front: bytes) -> Path:
    path = source.with_suffix(".shifted")
    with source.open("rb") as data, path.open("wb") as output:
        output.write(front)
        while piece := data.read(MIB):
            output.write(piece)
    return path


def small_files(folder: Path, count: int, seed: int = 1) -> Path:
    """`count` files of 4 to 64 KiB, 100 in a folder."""
    dice = random.Random(seed)
    root = folder / "small"
    for number in range(count):
        path = root / f"folder-{number // 100:03d}" / f"file-{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(dice.randint(4 * 1024, 64 * 1024)))
    return root
