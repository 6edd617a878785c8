"""Every file out of a Cairn store in folders, without Cairn: Python 3.9 or newer and its standard library are all it needs.

    python read_cairn.py STORE list [--all]                 what there is
    python read_cairn.py STORE get BUCKET PATH FILE         one file
    python read_cairn.py STORE extract OUT [--all]          everything: OUT/BUCKET/PATH

STORE is one copy of a disk store, or a folder into which any S3 tool has copied the store's bucket. --all: also older versions, and
what is in the trash, as PATH.~SEQUENCE~. --secret-file FILE: the installation's CAIRN_SECRET; manifests that it did not seal are then
refused. Nothing is ever overwritten, nothing outside of OUT is written, and no byte that does not hash right. docs/format.md says how
it all lies; this is that page as a program. Exit status: 0 if everything was had, 1 if something was not.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

Complain = Callable[[str], None]
KEY = re.compile(r"manifest=([0-9a-f-]{36})=([0-9]{10}\.([0-9]{19})\.[0-9a-f]{16})=([0-9]{6})")
NAME = re.compile(r"([0-9a-f]{64})\.(0|[1-9][0-9]{0,18})-[0-9a-f]{16}")
HEAD = re.compile(rb"cairn-manifest 1 ([0-9a-f]{64})\n")
FIELDS = {
    "file": {"id": str, "path": str, "current_version": str, "deleted_at": lambda told: told},
    "version": {"id": str, "file": str, "content": lambda told: told, "sequence": int, "created_at": str},
    "content": {"id": str, "size": int, "num_chunks": int, "content_hash": str},
}
MAX_UNPACKED = 64 * 1024 * 1024


class Refused(Exception):  # noqa: N818 — what is told, not what broke.
    """Something cannot be had; the text says why."""


BAD = (Refused, OSError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def value_of(file: Path, secret: bytes | None) -> tuple[dict, list]:
    """The lines of one manifest, the head first."""
    data = file.read_bytes()
    head = HEAD.match(data)
    if not head:
        raise Refused(f"{file.name} is no manifest of format 1")
    packed = data[head.end() :]
    if secret is not None:
        key = hmac.new(secret, b"cairn manifests, version 1", "sha256").digest()
        signed = file.name.replace("=", "/").encode() + b"\n" + packed
        if not hmac.compare_digest(hmac.new(key, signed, "sha256").hexdigest().encode(), head[1]):
            raise Refused(f"{file.name} was not sealed with this secret, or is damaged")
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(packed, MAX_UNPACKED)
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("cut off")
        lines = [json.loads(line) for line in text.splitlines()]
        page = lines[0]["page"]
        if page["format"] != 1 or not isinstance(page["sequence"], int) or not isinstance(page["after"], int):
            raise ValueError("of another format")
        if page["bucket"] != KEY.fullmatch(file.name)[1]:
            raise ValueError("of another bucket")
    except (zlib.error, *BAD) as error:
        raise Refused(f"{file.name} is damaged: {error}") from error
    return page, lines[1:]


class Part:
    """What was written at once: values by number."""

    def __init__(self, name: str) -> None:
        self.name, self.generation, self.values = name, int(name[:10]), {}

    def add(self, number: int, page: dict, file: Path) -> None:
        self.values[number] = (page, file)
        self.after = page["after"]

    def ends(self) -> list[int]:
        return [page["until"] for page, _ in self.values.values() if page["until"] is not None]

    def until(self) -> int:
        return max(self.ends() or [page["sequence"] for page, _ in self.values.values()])

    def is_whole(self) -> bool:
        last = [number for number, (page, _) in self.values.items() if page["until"] is not None]
        return bool(last) and all(number in self.values for number in range(min(last)))


class Bucket:
    """One bucket, put together from its manifests."""

    def __init__(self, id: str, parts: list[Part], secret: bytes | None, complain: Complain) -> None:
        self.id, self.name, self.is_deleted = id, id, False
        self.files, self.versions, self.contents, self.chunks = {}, {}, {}, {}
        values = [(one.generation, *value) for one in used(id, parts, complain) for value in one.values.values()]
        for *_, file in sorted((number, page["sequence"], file.name, file) for number, page, file in values):
            try:
                for line in value_of(file, secret)[1]:
                    self.apply(line)
            except BAD as error:
                complain(f"{file.name}: {error}")

    def apply(self, line: dict) -> None:
        ((kind, told),) = line.items()
        if kind == "bucket":
            self.name, self.is_deleted = str(told["name"]), told["deleted_at"] is not None
        elif kind in FIELDS:
            kept = {"file": self.files, "version": self.versions, "content": self.contents}[kind]
            kept[told["id"]] = {name: read(told[name]) for name, read in FIELDS[kind].items()}
        elif kind == "chunks":
            known = self.chunks.setdefault(told["content"], {})
            for index, (size, name, _) in enumerate(told["chunks"], told["index"]):
                known[index] = (int(size), str(name))
        elif kind == "gone":
            for id in told["files"]:
                self.files.pop(id, None)
            for id in told["versions"]:
                self.versions.pop(id, None)

    def wanted(self, everything: bool) -> list[tuple[str, dict, bool]]:
        """(path, version, is it the latest of a live file), by path."""
        found = []
        for version in self.versions.values():
            file = self.files.get(version["file"])
            if file is None or version["content"] is None:
                continue
            is_latest = file["current_version"] == version["id"] and file["deleted_at"] is None and not self.is_deleted
            if is_latest or everything:
                found.append((file["path"], version, is_latest))
        return sorted(found, key=lambda one: (one[0], one[1]["sequence"]))

    def blocks(self, version: dict) -> list[tuple[int, str]]:
        """(size, name) of each block in order. Raises Refused where not all are told."""
        content = self.contents.get(version["content"])
        chunks = self.chunks.get(version["content"], {})
        if content is None or any(index not in chunks for index in range(content["num_chunks"])):
            raise Refused("its parts are not told")
        blocks = [chunks[index] for index in range(content["num_chunks"])]
        hashes = b"".join(bytes.fromhex(name[:64]) for _, name in blocks)
        if sum(size for size, _ in blocks) != content["size"] or not all(NAME.fullmatch(name) for _, name in blocks):
            raise Refused("what is told of its parts does not fit together")
        if hashlib.sha256(hashes).hexdigest() != content["content_hash"]:
            raise Refused("its parts are not those that it was made of")
        return blocks


def used(id: str, parts: list[Part], complain: Complain) -> list[Part]:
    """The newest beginning that is whole, and what was written of later changes in the same life or a later one."""
    begins = [part for part in parts if part.after == 0 and part.is_whole()]
    if not begins:
        complain(f"bucket {id}: no manifest of all of it is whole; files that did not change lately may lack")
        return parts
    begin = max(begins, key=lambda part: (part.generation, part.until(), part.name))
    later = [p for p in parts if p is not begin and p.generation >= begin.generation and p.until() > begin.until()]
    reached = begin.until()
    for part in sorted(later, key=lambda part: (part.after, part.until())):
        if not part.is_whole() or part.after > reached:
            complain(f"bucket {id}: changes behind {min(part.after, reached)} are not told in full")
        if part.is_whole():
            reached = max(reached, part.until())
    return [begin, *later]


class Store:
    """The folder. `complain` is told what could not be had."""

    def __init__(self, folder: str, secret: bytes | None, complain: Complain) -> None:
        self.folder, self.secret, self.complain = Path(folder), secret, complain
        if not (self.folder / "meta").is_dir():
            raise SystemExit(f"{folder} is no store: it has no folder `meta`")

    def buckets(self) -> Iterator[Bucket]:
        found = {}
        for file in sorted((self.folder / "meta").iterdir()):
            key = KEY.fullmatch(file.name)
            if not key:
                continue
            parts = found.setdefault(key[1], {})
            try:
                page, _ = value_of(file, self.secret)
            except (Refused, OSError) as error:
                self.complain(str(error))
                continue
            parts.setdefault(key[2], Part(key[2])).add(int(key[4]), page, file)
        for id, parts in found.items():
            yield Bucket(id, list(parts.values()), self.secret, self.complain)

    def block(self, size: int, name: str) -> bytes:
        """The bytes; under another name of the same hash where it was healed since."""
        folders = [self.folder / name[:2], self.folder]  # an S3 bucket has its blocks side by side
        others = sorted((self.folder / name[:2]).glob(f"{name[:64]}.*"))
        others += [] if others else sorted(self.folder.glob(f"{name[:64]}.*"))
        for path in [folder / name for folder in folders] + others:
            try:
                data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            except OSError:
                continue
            if len(data) == size and hashlib.sha256(data).hexdigest() == name[:64]:
                return data
        raise Refused(f"no copy of block {name[:64]} is there and right")


def place_in(out: Path, bucket: str, path: str) -> Path:
    """Where a file goes: below OUT, whatever its path says. Raises Refused."""
    segments = path.rstrip("/").split("/")
    for segment in (bucket, *segments):
        if segment in ("", ".", "..") or "\0" in segment or "/" in segment or os.sep in segment:
            raise Refused("its path leads elsewhere, or is none")
    place = out
    for segment in (bucket, *segments[:-1]):
        place = place / segment
        if place.is_symlink():
            raise Refused(f"{place} is a link")
    return place / segments[-1]


def write(store: Store, bucket: Bucket, version: dict, path: str, place: Path) -> None:
    """Write a version to `place`, which must not be there; all of it or nothing."""
    blocks = bucket.blocks(version)
    if path.endswith("/") and not blocks:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{version['id']}.part")
    try:
        with part.open("xb") as output:
            for size, name in blocks:
                output.write(store.block(size, name))
        os.link(part, place)  # unlike a rename, this never replaces what is there
    except FileExistsError:
        raise Refused(f"{place} is there already") from None
    finally:
        if part.exists():
            part.unlink()


def shown(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("list", "extract"):
        one = verbs.add_parser(verb)
        one.add_argument("--all", action="store_true", help="also older versions, and what is in the trash")
        if verb == "extract":
            one.add_argument("out")
    get = verbs.add_parser("get")
    for name in ("bucket", "path", "file"):
        get.add_argument(name)
    parser.add_argument("--secret-file", help="refuse manifests that this secret did not seal")
    given = parser.parse_args()
    secret = Path(given.secret_file).read_bytes().strip() if given.secret_file else None
    bad = []

    def complain(text: str) -> None:
        bad.append(text)
        sys.stderr.write(shown(text) + "\n")

    run(given, Store(given.store, secret, complain), complain)
    return 1 if bad else 0


def run(given: argparse.Namespace, store: Store, complain: Complain) -> None:
    names, found = set(), 0
    for bucket in store.buckets():
        # Two people may call a bucket alike.
        name = bucket.name if bucket.name not in names else f"{bucket.name}-{bucket.id}"
        names.add(name)
        for path, version, is_latest in bucket.wanted(getattr(given, "all", False)):
            try:
                if given.verb == "list":
                    size = bucket.contents.get(version["content"], {}).get("size", "?")
                    age = "" if is_latest else "\tolder, or deleted"
                    sys.stdout.write(f"{size}\t{version['created_at']}\t{shown(f'{name}/{path}')}{age}\n")
                elif given.verb == "extract":
                    named = path if is_latest else f"{path.rstrip('/')}.~{version['sequence']}~"
                    write(store, bucket, version, path, place_in(Path(given.out), name, named))
                elif (name, path) == (given.bucket, given.path):
                    write(store, bucket, version, path, Path(given.file))
                found += given.verb != "get" or (name, path) == (given.bucket, given.path)
            except BAD as error:
                complain(f"{name}/{path}: {error}")
    if given.verb == "get" and not found:
        complain(f"{given.bucket}/{given.path} is not there")


if __name__ == "__main__":
    sys.exit(main())
