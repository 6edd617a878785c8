"""`tools/read_cairn.py` on stores that the product wrote: by itself, in an empty environment, and not to be led astray."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from foundation.blocks import MIB, BlockId
from metadata import Delete, ManifestFile, ManifestRecord, line_of
from sync.manifest_values import Head, Place, part_name, read_value, records_of, value_of
from tests.project.sources import PROJECT
from tests.sync.test_manifests import SEAL, keys, writer
from tests.sync.test_rebuilding import History
from tests.sync.workshop import Workshop

PROGRAM = PROJECT / "tools" / "read_cairn.py"


def run(store: Path, *arguments: str, status: int = 0) -> str:
    """What it prints; without this project, its packages and its environment."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), str(store), *arguments]
    done = subprocess.run(command, env={}, cwd="/", capture_output=True, timeout=120, check=False)
    assert done.returncode == status, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return (done.stdout if status == 0 else done.stderr).decode()


def extracted(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def rewrite(shop: Workshop, change: object) -> None:
    """Each manifest says what `change` makes of its records, and is sealed again: as whoever knows the secret could."""
    for key in keys(shop.store):
        place = Place.parse(key)
        assert place
        head, lines = read_value(SEAL, place, shop.store.read_meta(key))
        records = [change(record) for record in records_of(place, lines)]  # type: ignore[operator]
        shop.store.replace_meta(key, value_of(SEAL, place, head, map(line_of, records)))


def test_it_is_short_and_imports_nothing_but_the_standard_library() -> None:
    text = PROGRAM.read_text()
    assert len(text.splitlines()) <= 300
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names | {"__future__"}


def test_every_latest_file_comes_out_byte_for_byte_and_with_all_the_older_ones_too(
    shop: Workshop, tmp_path: Path
) -> None:
    history = History(shop, 7)
    history.run(50)
    shop.put("b/large", b"1" * MIB, b"2" * MIB, b"end")
    deleted = shop.put("zz deleted", b"was here")
    shop.desk.apply(Delete(file_id=deleted))
    writer(shop).run()
    wanted, older = {}, 0
    for desk in history.desks:
        page = shop.catalogue.manifests.everything(desk.bucket.id, None, 10_000)
        assert page
        live = {file.id: file for file in page.files if file.deleted_at is None}
        contents = {content.id: content.size for content in page.contents}
        for version in page.versions:
            file = live.get(version.file)
            if version.content is None:
                continue
            if file and file.current_version == version.id:
                wanted[f"{desk.bucket.name}/{file.path}"] = contents[version.content]
            else:
                older += 1
    run(shop.folders[0], "extract", str(tmp_path / "out"))
    found = extracted(tmp_path / "out")
    assert {path: len(data) for path, data in found.items()} == wanted
    assert found[f"{shop.desk.bucket.name}/b/large"] == b"1" * MIB + b"2" * MIB + b"end"
    run(shop.folders[0], "extract", "--all", str(tmp_path / "all"))
    everything = extracted(tmp_path / "all")
    assert len(everything) == len(wanted) + older
    assert b"was here" in everything.values()
    assert len(run(shop.folders[0], "list").splitlines()) == len(wanted)
    run(shop.folders[0], "get", shop.desk.bucket.name, "b/large", str(tmp_path / "one"))
    assert (tmp_path / "one").stat().st_size == 2 * MIB + 3


def test_a_copy_of_an_s3_store_reads_alike(shop: Workshop, tmp_path: Path) -> None:
    shop.put("a/one.txt", b"one")
    writer(shop).run()
    flat = tmp_path / "bucket"
    shutil.copytree(shop.folders[0] / "meta", flat / "meta")
    for file in shop.folders[0].glob("??/*"):
        shutil.copy(file, flat)
    run(flat, "extract", str(tmp_path / "out"))
    assert list(extracted(tmp_path / "out").values()) == [b"one"]


def test_the_secret_tells_what_was_written_by_somebody_else(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one.txt", b"one")
    writer(shop).run()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_bytes(b"s" * 32 + b"\n")
    wrong.write_bytes(b"t" * 32)
    store = str(shop.folders[0])
    assert "one.txt" in run(Path("--secret-file"), str(right), store, "list")
    assert "not sealed with this secret" in run(Path("--secret-file"), str(wrong), store, "list", status=1)


def test_a_flipped_bit_is_told_in_a_manifest_and_in_a_block(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one.txt", b"one")
    shop.put("two.txt", b"two")
    writer(shop).run()
    (block,) = (shop.folders[0] / str(BlockId.of(b"one"))[:2]).glob(f"{BlockId.of(b'one')}.*")
    block.write_bytes(b"onE")
    assert "one.txt" in run(shop.folders[0], "extract", str(tmp_path / "out"), status=1)
    assert list(extracted(tmp_path / "out").values()) == [b"two"]
    (key,) = keys(shop.store)
    value = bytearray(shop.store.read_meta(key))
    value[len(value) // 2] ^= 1
    shop.store.replace_meta(key, bytes(value))
    assert "damaged" in run(shop.folders[0], "list", status=1)


def test_nothing_that_is_there_is_ever_overwritten(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one.txt", b"one")
    shop.put("two.txt", b"two")
    writer(shop).run()
    mine = tmp_path / "out" / shop.desk.bucket.name / "one.txt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    assert "is there already" in run(shop.folders[0], "extract", str(tmp_path / "out"), status=1)
    assert mine.read_bytes() == b"mine"
    assert sorted(file.name for file in mine.parent.iterdir()) == ["one.txt", "two.txt"]


HOSTILE = [
    "../escaped",
    "/tmp/absolute-of-cairn",
    "a/../../../escaped",
    "a//b",
    "..",
    ".",
    "",
    "nul\0",
    "\x1b[2J",
    "x" * 300,
    "link/in",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_paths_that_lead_elsewhere_are_refused_and_the_rest_comes_out(
    shop: Workshop, tmp_path: Path, path: str
) -> None:
    bad = shop.put("bad", b"bad")
    shop.put("good", b"good")
    writer(shop).run()

    def changed(record: ManifestRecord) -> ManifestRecord:
        return replace(record, path=path) if isinstance(record, ManifestFile) and record.id == bad else record

    rewrite(shop, changed)
    out, elsewhere = tmp_path / "deep" / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / shop.desk.bucket.name).mkdir(parents=True)
    (out / shop.desk.bucket.name / "link").symlink_to(elsewhere)
    is_plain = path == "\x1b[2J"  # ugly, but a name
    told = run(shop.folders[0], "extract", str(out), status=0 if is_plain else 1)
    assert "\x1b" not in told + run(shop.folders[0], "list")
    assert not list(elsewhere.iterdir())
    assert not Path("/tmp/absolute-of-cairn").exists()
    everywhere = [file for file in tmp_path.rglob("*") if file.is_file() and file.read_bytes() in (b"bad", b"good")]
    stored = [file for file in everywhere if shop.folders[0] not in file.parents]
    assert all(out in file.parents for file in stored)
    assert {file.read_bytes() for file in stored} == ({b"good", b"bad"} if is_plain else {b"good"})


def test_documents_that_are_not_what_they_should_be_end_in_words(shop: Workshop, tmp_path: Path) -> None:
    shop.put("good", b"good")
    writer(shop).run()
    (key,) = keys(shop.store)
    place = Place.parse(key)
    assert place
    head = Head(UUID(int=0), place.bucket, 0, 5, 5)
    for lines in (
        [b"[]\n"],
        [b'{"file": {}}\n'],
        [b'{"version": {"id": 7}}\n'],
        [b'{"chunks": {"content": 1, "index": "x"}}\n'],
        [b'{"content": {"id": "x", "size": Infinity}}\n'],
        [b"[" * 100_000 + b"\n"],
    ):
        name = part_name(9, 0, uuid4().hex[:16])
        extra = replace(place, part=name)
        shop.store.replace_meta(str(extra), value_of(SEAL, extra, head, lines))
        run(shop.folders[0], "extract", str(tmp_path / name), status=1)
        shop.store.delete_meta(str(extra))
