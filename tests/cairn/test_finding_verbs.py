"""Tags, search, statistics, usage, quotas and the trash, run as a user runs it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer

from cairn.terminal import size_from
from tests.cairn.asked import answer, paths, put, refused, someone, status
from tests.servers.cairn_server import SignedInServer


def test_tags_are_added_replaced_and_taken_away_and_the_others_stay(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a")
    place = f"cairn:{bucket}/a"
    shared.cairn("tags", place, "--set", "year=2025", "--set", "draft", "--description", "Signed")
    shared.cairn("tags", place, "--set", "year=2026", "--remove", "draft", "--set", "b=c=d")
    found = answer(shared, "tags", place)
    assert (found["tags"], found["description"], found["access"]) == ({"year": "2026", "b": "c=d"}, "Signed", "private")
    assert shared.cairn("tags", place, "--public").stdout == "b=c=d\nyear=2026\ndescription: Signed\naccess: public\n"
    assert answer(shared, "tags", place, "--private", "--description", "")["description"] == ""


def test_tags_that_two_set_at_the_same_moment_are_both_there(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a")
    with ThreadPoolExecutor(4) as crew:
        list(crew.map(lambda key: shared.cairn("tags", f"cairn:{bucket}/a", "--set", key), "abcd"))
    assert answer(shared, "tags", f"cairn:{bucket}/a")["tags"] == dict.fromkeys("abcd", "")


def test_tags_and_descriptions_cannot_steer_the_terminal(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a")
    said = shared.cairn("tags", f"cairn:{bucket}/a", "--set", "k\x1b[2J=v\n", "--description", "x\u202ey\r").stdout
    assert said == "k\\x1b[2J=v\\n\ndescription: x\\u202ey\\r\naccess: private\n"


def test_search_finds_by_word_name_description_and_tags_together(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "Invoice May.pdf", "in/invoice-june.pdf", "letter")
    shared.cairn("tags", f"cairn:{bucket}/letter", "--set", "year=2026", "--description", "about the INVOICE")
    assert shared.cairn("search", "invoice", "--bucket", bucket).stdout.splitlines() == [
        f"cairn:{bucket}/Invoice May.pdf",
        f"cairn:{bucket}/in/invoice-june.pdf",
        f"cairn:{bucket}/letter",
    ]
    assert len(answer(shared, "search", "invoice", "--bucket", bucket, "--limit", "2")["items"]) == 2
    (found,) = answer(shared, "search", "--tag", "year=2026", "--description", "invoice", "--bucket", bucket)["items"]
    assert (found["bucket"], found["file"]["path"], found["tags"]) == (bucket, "letter", {"year": "2026"})
    assert shared.cairn("search", "--name", "june", "--bucket", bucket, "-l").stdout.split()[-1].endswith("june.pdf")
    assert answer(shared, "search", "nothing at all", "--bucket", bucket) == {"items": []}


def test_search_pages_through_everything(shared: SignedInServer, bucket: str) -> None:
    shared.cairn("bucket", "create", bucket)
    with shared.http(shared.token) as http:
        for first in (0, 1000):
            operations = [{"op": "put", "path": f"needle-{first + number}", "chunks": []} for number in range(600)]
            http.post(f"/buckets/{bucket}/commits", json={"operations": operations}).raise_for_status()
    assert len(answer(shared, "search", "needle", "--bucket", bucket)["items"]) == 1200


def test_statistics_are_a_table_for_people_and_figures_for_programs(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    _, theirs = someone(shared, f"{bucket}@example.org")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"z" * 3000)
    shared.cairn("cp", "-r", str(tmp_path), f"cairn:{bucket}", **theirs)
    found = answer(shared, "stats", **theirs)
    assert (found["num_buckets"], found["files"], found["version_bytes"], found["dedup_ratio"]) == (1, 2, 6000, 2.0)
    assert answer(shared, "stats", bucket, **theirs)["stored_bytes"] == 3000
    said = shared.cairn("stats", f"cairn:{bucket}", **theirs).stdout
    assert "Saved     2.9 KiB, 2.00 to 1" in said
    assert said.splitlines()[-1].split() == [bucket, "2", "2", "5.9", "KiB", "5.9", "KiB"]


def test_a_quota_bounds_what_comes_and_usage_shows_it(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    email = f"{bucket}@example.org"
    user, theirs = someone(shared, email)
    set_to = answer(shared, "user", "quota", email, "1K")
    assert set_to == {"user_id": user, "email": email, "used_bytes": 0, "quota_bytes": 1024}
    (tmp_path / "a").write_bytes(b"z" * 2000)
    (tmp_path / "b").write_bytes(b"z" * 1000)
    assert status(shared, "cp", str(tmp_path / "a"), f"cairn:{bucket}", **theirs) == 1
    shared.cairn("cp", str(tmp_path / "b"), f"cairn:{bucket}", **theirs)
    used = answer(shared, "usage", **theirs)
    assert (used["email"], used["used_bytes"], used["quota_bytes"]) == (email, 1000, 1024)
    assert "Quota     1.0 KiB" in shared.cairn("usage", **theirs).stdout
    shared.cairn("user", "quota", email, "none")
    shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}", **theirs)
    assert refused(shared, "user", "quota", "nobody@example.org", "1K")[0] == 5
    assert refused(shared, "user", "quota", email, "much")[0] == 2


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("1500", 1500), ("500M", 500 * 2**20), ("1.5g", 3 * 2**29), ("2 TiB", 2**41)]
)
def test_a_size_is_written_with_powers_of_1024(text: str, size: int) -> None:
    assert size_from(text) == size


@pytest.mark.parametrize("text", ["", "-1", "G", "1X", "1e9", "١", "1_000", "1iB2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        size_from(text)


def test_deleted_files_are_listed_and_taken_back_by_place_by_id_and_by_folder(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a", "b", "in/c", "in/d")
    shared.cairn("rm", "-r", f"cairn:{bucket}")
    trash = {one["file"]["path"]: one["file"]["file_id"] for one in answer(shared, "trash", "ls", bucket)["items"]}
    assert sorted(trash) == ["a", "b", "in/c", "in/d"]
    assert trash["b"] in shared.cairn("trash", "ls", bucket).stdout
    shared.cairn("undelete", f"cairn:{bucket}/a", "--to", "new")
    assert answer(shared, "undelete", "--id", trash["b"])["path"] == "b"
    assert answer(shared, "undelete", "-r", f"cairn:{bucket}/in")["files"] == 2
    assert paths(shared, bucket) == ["b", "in/c", "in/d", "new"]
    assert refused(shared, "undelete", f"cairn:{bucket}/b")[0] == 2
