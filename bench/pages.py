"""`python -m bench.pages [--files 10000 1000000] [LOCATION]`: what one page costs, by the number of files in the bucket.

Through the catalogue's seams in this process. LOCATION: an empty database; SQLite in a folder here if none is named.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from foundation.database import Database, opened
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata import Catalogue, ListQuery, NewBucket, SearchQuery, migrate, open_catalogue
from metadata.schema import buckets, changes, contents, file_versions, files
from metadata.search_text import search_text

GOAL = 1.5
_PAGE = 10_000
_RARE = 20  # files that a search for few finds, however many there are
_ROUNDS = 15
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty", "knoll", "lagoon")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs=2, default=(10_000, 1_000_000))
    parser.add_argument("location", nargs="?", metavar="LOCATION")
    options = parser.parse_args()
    if options.location:
        compare("PostgreSQL", options.location, options.files)
        return
    with tempfile.TemporaryDirectory(prefix="cairn-bench-", dir=".") as folder:
        compare("SQLite", f"sqlite:///{Path(folder).resolve() / 'catalogue.db'}", options.files)


def compare(name: str, location: str, sizes: tuple[int, int]) -> None:
    """The smaller bucket first, by itself, then a larger one beside it."""
    migrate(location)
    me = Identity(user=new_id(), device=new_id(), scopes=frozenset({"files"}))
    measured = []
    with opened(location) as database:
        catalogue = open_catalogue(database)
        for size in sizes:
            bucket = catalogue.buckets.create(me, NewBucket(name=f"files-{size}")).id
            began = time.perf_counter()
            plant(database, bucket, me, size)
            Console().log(f"{name}: {size:,} files in {time.perf_counter() - began:.0f} s")
            measured.append({page: quickest(ask) for page, ask in pages(catalogue, me, bucket).items()})
    table = Table(f"a page of {name}", *(f"{size:,} files" for size in sizes), "ratio", title=f"goal: ≤ {GOAL} ×")
    for page, small in measured[0].items():
        large = measured[1][page]
        table.add_row(page, f"{small * 1e3:.1f} ms", f"{large * 1e3:.1f} ms", f"{large / small:.2f} ×")
    Console().print(table)


def pages(catalogue: Catalogue, me: Identity, bucket: UUID) -> dict[str, Callable[[], Any]]:
    middle = catalogue.buckets.get(me, str(bucket)).files // 2

    def search(expected: int, **query: Any) -> Callable[[], Any]:
        def ask() -> None:
            found = len(catalogue.search.find(me, SearchQuery(bucket=str(bucket), **query)).items)
            assert found == expected, f"{query} found {found}"

        return ask

    return {
        "listing": lambda: catalogue.files.list(me, str(bucket), ListQuery(after=f"f{folder(middle)}")),
        "changes": lambda: catalogue.journals.read(me, str(bucket), middle, 100),
        "search, none": search(0, q="nowhere to be found"),
        "search, 20 matches": search(_RARE, q="zeitgeist"),
        "search, one in a hundred": search(100, q="percent"),
        "search, one in twelve": search(100, name="lagoon"),
        "search, all": search(100, q=".jpg"),
        "search, 20 of a tag": search(_RARE, tags=["rare=yes"]),
        "search, beginning of a name": search(100, q="gr"),
    }


def quickest(ask: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def folder(number: int) -> str:
    return f"{number // 1000:05}/"


def plant(database: Database, bucket: UUID, me: Identity, size: int) -> None:
    """Files as commits would have left them, all with one content."""
    moment, content = database.read(now), new_id()
    row = {"id": content, "size": 5, "num_chunks": 1, "content_hash": bytes(32), "created_at": moment}
    database.write(lambda connection: insert_rows(connection, contents, [row]))
    numbers = iter(range(size))
    while page := list(itertools.islice(numbers, _PAGE)):
        rows = [list(each) for each in zip(*planted(page, size, bucket, me, moment, content), strict=True)]
        database.write(
            lambda connection, rows=rows: [
                insert_rows(connection, table, each)
                for table, each in zip((files, file_versions, changes), rows, strict=True)
            ]
        )
    counters = buckets.update().where(buckets.c.id == bucket).values(files=size, versions=size, next_sequence=size + 1)
    database.write(lambda connection: connection.execute(counters))


def planted(
    numbers: list[int], size: int, bucket: UUID, me: Identity, moment: Any, content: UUID
) -> Iterator[tuple[dict[str, Any], ...]]:
    for number in numbers:
        file, version = new_id(), new_id()
        is_rare, words = number % (size // _RARE) == 0, (_WORDS[number % 12], _WORDS[number // 12 % 12])
        extra = " zeitgeist" if is_rare else " percent" if number % 100 == 7 else ""
        path = f"{folder(number)}{'-'.join(words)} {number * 7919 % size:07}{extra}.jpg"
        tags = {"rare": "yes"} if is_rare else {}
        yield (
            {
                "id": file, "bucket": bucket, "path": path, "path_folded": path, "current_version": version,
                "search_text": search_text(path, "", tags), "created_at": moment, "deleted_at": None,
            },
            {
                "id": version, "file": file, "bucket": bucket, "sequence": number + 1, "content": content, "kind": "file",
                "content_type": "image/jpeg", "etag": "x", "access": "private", "executable": False, "tags": "{}",
                "created_at": moment, "actor": me.user, "is_null": False,
            },
            {
                "journal": bucket, "sequence": number + 1, "event_id": new_id(), "kind": "file.created", "bucket": bucket,
                "file": file, "version": version, "path": path, "actor": me.user, "at": moment,
            },
        )  # fmt: skip


if __name__ == "__main__":
    main()
