"""Files and folders moved, copied, deleted and taken back, run as a user runs it."""

from pathlib import Path

from tests.cairn.asked import answer, paths, put, refused, someone, status
from tests.servers.cairn_server import SignedInServer


def test_a_folder_moves_as_a_whole_and_undo_takes_it_back(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a/one", "a/deep/two", "b")
    said = shared.cairn("mv", f"cairn:{bucket}/a", f"cairn:{bucket}/in/new").stdout
    assert paths(shared, bucket) == ["b", "in/new/deep/two", "in/new/one"]
    assert "2 files" in said
    command = said.splitlines()[-1].removeprefix("To undo: cairn ").split()
    assert answer(shared, *command)["files"] == 2
    assert paths(shared, bucket) == ["a/deep/two", "a/one", "b"]


def test_a_folder_moves_into_one_that_ends_with_a_slash(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a/one", "there/x")
    shared.cairn("mv", f"cairn:{bucket}/a/", f"cairn:{bucket}/there/")
    assert paths(shared, bucket) == ["there/a/one", "there/x"]


def test_a_moved_file_keeps_its_versions_and_can_be_undone_too(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a")
    moved = answer(shared, "mv", f"cairn:{bucket}/a", f"cairn:{bucket}/b")
    ((group,),) = [[one["group"] for one in moved["groups"]]]
    assert len(answer(shared, "versions", f"cairn:{bucket}/b")["items"]) == 1
    shared.cairn("mv", "--undo", group)
    assert paths(shared, bucket) == ["a"]


def test_a_deleted_folder_comes_back_with_undo_in_whichever_bucket_it_was(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a/one", "a/two", "b")
    removed = answer(shared, "rm", "-r", f"cairn:{bucket}/a")
    assert (removed["deleted"], [one["files"] for one in removed["groups"]]) == (2, [2])
    assert paths(shared, bucket) == ["b"]
    undone = answer(shared, "rm", "--undo", removed["groups"][0]["group"])
    assert [one["bucket"] for one in undone["groups"]] == [bucket]
    assert paths(shared, bucket) == ["a/one", "a/two", "b"]


def test_all_files_of_a_bucket_are_deleted_by_its_folders_and_all_groups_come_back(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a/one", "b/two", "three")
    groups = [one["group"] for one in answer(shared, "rm", "-r", f"cairn:{bucket}")["groups"]]
    assert paths(shared, bucket) == []
    assert len(groups) == 3
    shared.cairn("undo", "--bucket", bucket, *groups)
    assert paths(shared, bucket) == ["a/one", "b/two", "three"]


def test_undo_names_the_file_that_somebody_changed_and_does_nothing(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a/one", "a/two")
    group = answer(shared, "mv", f"cairn:{bucket}/a", f"cairn:{bucket}/b")["groups"][0]["group"]
    (tmp_path / "new").write_text("changed")
    shared.cairn("cp", str(tmp_path / "new"), f"cairn:{bucket}/b/two")
    done = shared.cairn("undo", group, check=False)
    assert done.returncode == 6
    assert "b/two: it was changed meanwhile" in done.stderr
    code, problem = refused(shared, "undo", group)
    assert (code, problem["type"]) == (6, "urn:cairn:problem:version-conflict")
    assert [one["path"] for one in problem["conflicts"]] == ["b/two"]
    assert paths(shared, bucket) == ["b/one", "b/two"]


def test_a_move_to_a_place_that_is_taken_changes_nothing_and_says_what_is_there(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a", "b", "in/c")
    assert refused(shared, "mv", f"cairn:{bucket}/a", f"cairn:{bucket}/b")[0] == 6
    taken = shared.cairn("mv", f"cairn:{bucket}/in", f"cairn:{bucket}/a", check=False)
    assert (taken.returncode, "`a` is in the way" in taken.stderr) == (6, True)
    assert paths(shared, bucket) == ["a", "b", "in/c"]


def test_a_folder_goes_to_another_bucket_and_what_is_taken_there_stays(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path / "here", bucket, "a/one", "a/two", "b")
    put(shared, tmp_path / "there", f"{bucket}-2", "in/one")
    done = shared.cairn("mv", f"cairn:{bucket}/a", f"cairn:{bucket}-2/in", check=False)
    assert done.returncode == 7
    assert "in/one" in done.stderr
    assert paths(shared, bucket) == ["a/one", "b"]
    assert paths(shared, f"{bucket}-2") == ["in/one", "in/two"]
    shared.cairn("rm", f"cairn:{bucket}-2/in/one")
    assert answer(shared, "mv", f"cairn:{bucket}/a", f"cairn:{bucket}-2/in")["moved"] == 1
    assert paths(shared, bucket) == ["b"]


def test_a_file_goes_to_another_bucket_or_is_refused_there(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a", "b")
    shared.cairn("bucket", "create", f"{bucket}-2")
    shared.cairn("mv", f"cairn:{bucket}/a", f"cairn:{bucket}-2/b")
    assert status(shared, "mv", f"cairn:{bucket}/b", f"cairn:{bucket}-2/") == 6
    assert (paths(shared, bucket), paths(shared, f"{bucket}-2")) == (["b"], ["b"])


def test_a_copy_on_the_server_moves_no_bytes_keeps_tags_and_the_second_one_does_nothing(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "a/one", "a/deep/two")
    shared.cairn("tags", f"cairn:{bucket}/a/one", "--set", "k=v")
    first = answer(shared, "cp", "-r", f"cairn:{bucket}/a", f"cairn:{bucket}-2/in")
    assert (first["files"], first["moved_bytes"], first["refused"]) == (2, 0, [])
    assert paths(shared, f"{bucket}-2") == ["in/deep/two", "in/one"]
    assert answer(shared, "tags", f"cairn:{bucket}-2/in/one")["tags"] == {"k": "v"}
    again = answer(shared, "cp", "-r", f"cairn:{bucket}/a", f"cairn:{bucket}-2/in")
    assert (again["files"], again["skipped"]) == (0, 2)
    assert shared.cairn("cat", f"cairn:{bucket}-2/in/deep/two").stdout == "a/deep/two"


def test_an_old_version_is_copied_on_the_server(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a")
    old = answer(shared, "versions", f"cairn:{bucket}/a")["items"][0]["version_id"]
    (tmp_path / "a").write_text("newer")
    shared.cairn("cp", str(tmp_path / "a"), f"cairn:{bucket}/a")
    shared.cairn("cp", "--version", old, f"cairn:{bucket}/a", f"cairn:{bucket}/b")
    assert shared.cairn("cat", f"cairn:{bucket}/b").stdout == "a"


def test_a_copy_names_what_is_refused_and_does_the_rest(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path / "here", bucket, "a/one", "a/two")
    put(shared, tmp_path / "there", f"{bucket}-2", "one/x")
    done = shared.cairn("cp", "-r", f"cairn:{bucket}/a", f"cairn:{bucket}-2", check=False)
    assert done.returncode == 7
    assert "one" in done.stderr
    assert paths(shared, f"{bucket}-2") == ["one/x", "two"]


def test_a_folder_is_not_copied_into_itself(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a/one")
    assert refused(shared, "cp", "-r", f"cairn:{bucket}/a", f"cairn:{bucket}/a/in")[0] == 2
    assert paths(shared, bucket) == ["a/one"]


def test_a_viewer_may_read_and_change_nothing(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a/one", "b")
    group = answer(shared, "mv", f"cairn:{bucket}/b", f"cairn:{bucket}/c")["groups"][0]["group"]
    id = answer(shared, "bucket", "show", bucket)["id"]
    viewer, theirs = someone(shared, f"{bucket}@example.org")
    shared.cairn("bucket", "share", bucket, viewer, "viewer")
    assert shared.cairn("cat", f"cairn:{id}/c", **theirs).stdout == "b"
    for command in (
        ["rm", f"cairn:{id}/c"],
        ["rm", "-r", f"cairn:{id}/a"],
        ["mv", f"cairn:{id}/a", f"cairn:{id}/x"],
        ["tags", f"cairn:{id}/c", "--set", "k=v"],
        ["undo", group, "--bucket", id],
        ["cp", f"cairn:{id}/c", f"cairn:{id}/d"],
        ["bucket", "set", id, "--name", "mine"],
        ["bucket", "rm", id, "-r", "--yes"],
    ):
        code, problem = refused(shared, *command, **theirs)
        assert (code, problem["type"]) == (4, "urn:cairn:problem:forbidden"), command
    assert paths(shared, bucket) == ["a/one", "c"]


def test_what_is_not_there_is_said_so_and_nothing_is_done(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "a")
    for command in (
        ["rm", f"cairn:{bucket}/x"],
        ["rm", "-r", f"cairn:{bucket}/x"],
        ["mv", f"cairn:{bucket}/x", f"cairn:{bucket}/y"],
        ["cp", f"cairn:{bucket}/x", f"cairn:{bucket}/y"],
        ["cp", "-r", f"cairn:{bucket}/x", f"cairn:{bucket}/y"],
        ["tags", f"cairn:{bucket}/x"],
        ["undelete", f"cairn:{bucket}/x"],
        ["undelete", "-r", f"cairn:{bucket}/x"],
        ["undelete", "--id", "01890a5d-ac96-774b-bcce-b302099a8057"],
        ["stats", f"{bucket}-x"],
        ["trash", "ls", f"{bucket}-x"],
        ["bucket", "show", f"{bucket}-x"],
        ["bucket", "restore", "01890a5d-ac96-774b-bcce-b302099a8057"],
    ):
        assert refused(shared, *command)[0] == 5, command
    assert paths(shared, bucket) == ["a"]
