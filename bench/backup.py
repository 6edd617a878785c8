"""`python -m bench.backup [--files 1000000] [--blocks 100000]`: a backup of many files, seconds and memory of each step, beside `cp -r`.

On SQLite and a disk store in a folder here. Files have one block of 4 KiB each, which several share.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import xxhash
from rich.console import Console
from rich.table import Table

from bench.pages import planted
from block_storage import open_block_store
from cairn.compose.data import migrate
from cairn.settings import ServerSettings
from foundation.blocks import BlockId, BlockName
from foundation.database import Database, opened
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata import NewBucket, open_catalogue
from metadata.schema import block_holders, blocks, buckets, changes, contents, file_chunks, file_versions, files

_BLOCK_BYTES = 4096
_GROUP = 256
_PAGE = 10_000
_LOOK_SECONDS = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=100_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        settings = ServerSettings(data=folder / "data", secret="s" * 32)
        migrate(settings)
        began = time.perf_counter()
        plant(settings, options.files, options.blocks)
        Console().log(f"{options.files:,} files planted in {time.perf_counter() - began:.0f} s")
        compare(folder, f"{options.files:,} files, {options.blocks:,} blocks of 4 KiB")
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, title: str) -> None:
    place, (data, other) = ["--at", f"file://{folder / 'backup'}"], (folder / "data", folder / "other")
    (folder / "backup").mkdir()
    table = Table("step", "seconds", "CPU seconds", "peak of own memory", title=title)
    cairn = [sys.executable, "-m", "cairn", "backup"]
    for step, command, where in (
        ("`cp -r` and `sync`", ["sh", "-c", f"cp -r '{data}' '{folder / 'copy'}' && sync"], data),
        ("`cairn backup create`, the first", [*cairn, "create", "--new", *place], data),
        ("once more, nothing is new", [*cairn, "create", *place], data),
        ("`cairn backup verify`", [*cairn, "verify", *place], data),
        ("`cairn backup restore`", [*cairn, "restore", *place], other),
    ):
        table.add_row(step, *measured(command, where))
        Console().log(step)
    Console().print(table)


def measured(command: Sequence[str], data: Path) -> tuple[str, str, str]:
    environment = os.environ | {"CAIRN_DATA": str(data), "CAIRN_SECRET": "s" * 32}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    own, ended = 0, 0
    while not ended:
        own = max(own, own_memory(process.pid))
        time.sleep(_LOOK_SECONDS)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return f"{seconds:.1f}", f"{used.ru_utime + used.ru_stime:.1f}", f"{own / 1024:.0f} MB"


def own_memory(process: int) -> int:
    """In KiB. Not of the process alone are the database's pages, which it maps, up to 256 MiB of them."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")), 0)


def plant(settings: ServerSettings, number_of_files: int, number_of_blocks: int) -> None:
    me = Identity(user=new_id(), device=new_id(), scopes=frozenset({"files"}))
    with opened(settings.database_location) as database:
        bucket = open_catalogue(database).buckets.create(me, NewBucket(name="bench")).id
        ids = stored(settings, database, me, number_of_blocks)
        moment = database.read(now)
        numbers = iter(range(number_of_files))
        while page := list(itertools.islice(numbers, _PAGE)):
            rows: list[tuple[dict[str, Any], ...]] = []
            for number, (file, version, change) in zip(
                page, planted(page, number_of_files, bucket, me, moment, new_id()), strict=True
            ):
                content = version["content"] = new_id()
                own = {"id": content, "size": _BLOCK_BYTES, "num_chunks": 1, "content_hash": bytes(32)}
                chunk = {"content": content, "index": 0, "offset": 0, "size": _BLOCK_BYTES}
                rows.append(
                    (own | {"created_at": moment}, chunk | {"block": ids[number % len(ids)]}, file, version, change)
                )
            write(database, (contents, file_chunks, files, file_versions, changes), rows)
        values = {"files": number_of_files, "versions": number_of_files, "next_sequence": number_of_files + 1}
        counters = buckets.update().where(buckets.c.id == bucket).values(values)
        database.write(lambda connection: connection.execute(counters))


def stored(settings: ServerSettings, database: Database, me: Identity, number_of_blocks: int) -> list[bytes]:
    ids: list[bytes] = []
    moment = database.read(now)
    with closing(open_block_store(settings.store_location, initialise=True)) as store:
        numbers = iter(range(number_of_blocks))
        while page := list(itertools.islice(numbers, _GROUP)):
            group = [number.to_bytes(8, "big") * (_BLOCK_BYTES // 8) for number in page]
            named = [(BlockName.new(BlockId.of(data), 1), data) for data in group]
            store.put_many(named)
            rows = [(registered(name, data, moment), holder(name, me)) for name, data in named]
            write(database, (blocks, block_holders), rows)
            ids += [name.id for name, _ in named]
    return ids


def registered(name: BlockName, data: bytes, moment: Any) -> dict[str, Any]:
    checksum = int.from_bytes(xxhash.xxh3_64_digest(data), "big", signed=True)
    sizes = {"size": len(data), "stored_size": len(data), "xxh3": checksum}
    return {"id": name.id, "name": str(name), "state": "stored", "registered_at": moment} | sizes


def holder(name: BlockName, me: Identity) -> dict[str, Any]:
    return {"user": me.user, "block": name.id}


def write(database: Database, tables: Sequence[Any], rows: Sequence[tuple[dict[str, Any], ...]]) -> None:
    columns = [list(each) for each in zip(*rows, strict=True)]
    database.write(
        lambda connection: [insert_rows(connection, table, each) for table, each in zip(tables, columns, strict=True)]
    )


if __name__ == "__main__":
    main()
