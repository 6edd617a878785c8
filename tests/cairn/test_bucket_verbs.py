"""Buckets made, changed, shared, thrown away and taken back, run as a user runs it."""

from pathlib import Path

from tests.cairn.asked import answer, paths, put, refused, someone, status
from tests.servers.cairn_server import SignedInServer


def test_a_bucket_is_made_with_settings_shown_and_changed(shared: SignedInServer, bucket: str) -> None:
    made = answer(shared, "bucket", "create", bucket, "--title", "Logs", "--chunking", "fastcdc", "--trash-days", "7")
    assert (made["name"], made["title"], made["chunking"], made["trash_days"]) == (bucket, "Logs", "fastcdc", 7)
    changed = answer(shared, "bucket", "set", bucket, "--name", f"{bucket}-2", "--keep-days", "9")
    assert (changed["id"], changed["name"], changed["keep_days"]) == (made["id"], f"{bucket}-2", 9)
    assert answer(shared, "bucket", "show", f"cairn:{bucket}-2") == changed
    assert "Keep days   9" in shared.cairn("bucket", "show", f"{bucket}-2").stdout
    assert f"{bucket}-2" in shared.cairn("bucket", "ls").stdout


def test_a_bucket_may_be_known_by_its_title_alone(shared: SignedInServer, bucket: str) -> None:
    made = answer(shared, "bucket", "create", "--title", f"Köln {bucket}")
    assert made["name"] == f"koln-{bucket}"


def test_a_name_that_is_taken_is_a_conflict_and_a_bad_one_is_refused(shared: SignedInServer, bucket: str) -> None:
    shared.cairn("bucket", "create", bucket)
    code, problem = refused(shared, "bucket", "create", bucket)
    assert (code, problem["type"]) == (6, "urn:cairn:problem:bucket-exists")
    assert problem["title"] == "You already have a bucket of that name"
    assert refused(shared, "bucket", "create", "NO GOOD")[0] == 1
    assert refused(shared, "bucket", "create", f"{bucket}-2", "--chunking", "nonsense")[0] == 2


def test_a_bucket_goes_into_the_trash_only_when_asked_for_and_comes_back(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a/one")
    assert status(shared, "bucket", "rm", bucket, "--yes") == 2
    no = shared.cairn("bucket", "rm", bucket, "--recursive", stdin="n\n", check=False)
    assert (no.returncode, "1 files" in no.stderr) == (1, True)
    assert paths(shared, bucket) == ["a/one"]
    removed = answer(shared, "bucket", "rm", bucket, "--recursive", "--yes")
    assert not removed["gone"]
    assert refused(shared, "ls", f"cairn:{bucket}")[0] == 5
    deleted = {one["id"]: one for one in answer(shared, "bucket", "ls", "--deleted")["items"]}
    assert deleted[removed["id"]]["name"] == bucket
    shared.cairn("bucket", "create", bucket)
    assert refused(shared, "bucket", "restore", removed["id"])[0] == 6
    shared.cairn("bucket", "restore", removed["id"], "--name", f"{bucket}-2")
    assert paths(shared, f"{bucket}-2") == ["a/one"]


def test_a_purge_returns_when_nothing_is_left(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a/one", "two")
    gone = answer(shared, "bucket", "rm", bucket, "--recursive", "--purge", "--yes")
    assert gone["gone"]
    assert refused(shared, "bucket", "show", gone["id"])[0] == 5
    assert gone["id"] not in {one["id"] for one in answer(shared, "bucket", "ls", "--deleted")["items"]}


def test_a_bucket_in_the_trash_is_purged_by_its_id_without_waiting(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a")
    id = answer(shared, "bucket", "rm", bucket, "-r", "-y")["id"]
    shared.cairn("bucket", "rm", id, "--purge", "--yes", "--no-wait")
    assert refused(shared, "bucket", "restore", id)[0] == 5


def test_a_bucket_is_shared_and_no_more(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a")
    id = answer(shared, "bucket", "show", bucket)["id"]
    editor, theirs = someone(shared, f"{bucket}@example.org")
    assert refused(shared, "ls", f"cairn:{id}", **theirs)[0] == 5
    shared.cairn("bucket", "share", bucket, editor, "editor")
    assert {one["role"] for one in answer(shared, "bucket", "members", bucket)["items"]} == {"owner", "editor"}
    assert f"cairn:{id}  {bucket}" in shared.cairn("ls", **theirs).stdout
    (found,) = answer(shared, "search", "--bucket", id, "a", **theirs)["items"]
    assert found["bucket"] == id
    shared.cairn("rm", f"cairn:{id}/a", **theirs)
    shared.cairn("bucket", "unshare", bucket, editor)
    assert refused(shared, "ls", f"cairn:{id}", **theirs)[0] == 5
    assert refused(shared, "bucket", "unshare", bucket, editor)[0] == 5
