"""`python -m bench.manifests [--files 100000] [--blocks 10000]`: what it costs to write manifests, and to make a catalogue anew from them.

On SQLite and a disk store in a folder here, as bench.backup plants them. Bytes: of the values as they lie in the store.
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.backup import plant
from block_storage import BlockStore, open_block_store
from cairn.compose.data import migrate
from cairn.settings import ServerSettings
from foundation.database import opened
from metadata import migrate as migrate_catalogue
from metadata import open_catalogue, rebuilt
from sync import ManifestParts, ManifestWriter, Rebuild, Seal, TwoTruths
from sync.manifest_values import PREFIX

SEAL = Seal(b"s" * 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--blocks", type=int, default=10_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        settings = ServerSettings(data=folder / "data", secret="s" * 32)
        migrate(settings)
        with opened(settings.database_location) as database, closing(open_store(settings)) as store:
            catalogue = open_catalogue(database)
            TwoTruths(catalogue.installation, store, catalogue.is_new).start()
        planting = multiprocessing.Process(target=plant, args=(settings, options.files, options.blocks))
        planting.start()
        planting.join()
        with closing(open_store(settings)) as store:
            compare(folder, settings, store, options.files)
    finally:
        shutil.rmtree(folder)


def open_store(settings: ServerSettings) -> BlockStore:
    return open_block_store(settings.store_location, initialise=True)


def compare(folder: Path, settings: ServerSettings, store: BlockStore, files: int) -> None:
    table = Table(
        "step", "seconds", "CPU seconds", "files a CPU second", "bytes", title=f"{files:,} files in one bucket"
    )

    def measured(step: str, act: Callable[[], None]) -> None:
        began, before = time.perf_counter(), time.process_time()
        act()
        seconds, cpu = time.perf_counter() - began, time.process_time() - before
        size = sum(len(store.read_meta(key)) for key in store.list_meta(PREFIX))
        table.add_row(step, f"{seconds:.1f}", f"{cpu:.1f}", f"{files / cpu:,.0f}", f"{size:,}")

    measured("everything written", lambda: write(settings, store))
    location = f"sqlite:///{folder / 'new.db'}"
    migrate_catalogue(location)
    measured("read, and a catalogue made of it", lambda: rebuild(location, store))
    Console().print(table)


def write(settings: ServerSettings, store: BlockStore) -> None:
    with opened(settings.database_location) as database:
        catalogue = open_catalogue(database)
        writer = ManifestWriter(ManifestParts(catalogue.manifests, SEAL), store, lambda _seconds=0.0: None)
        while catalogue.manifests.lag().buckets:
            writer.run()


def rebuild(location: str, store: BlockStore) -> None:
    rebuilt(location, Rebuild(store, SEAL, lambda _number: None).run)


if __name__ == "__main__":
    main()
