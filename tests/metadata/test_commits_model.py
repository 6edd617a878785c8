"""Upload and commit against a model that fits on a page: random calls, the same answers."""

import tempfile
from collections.abc import Set
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from foundation.problems import Invalid
from metadata import (
    BlocksMissing,
    Chunk,
    Copy,
    Delete,
    DeletePrefix,
    Describe,
    FileNotFound,
    GroupResult,
    ListQuery,
    MovePrefix,
    PathInvalid,
    PathTaken,
    Precondition,
    Restore,
    RestorePrefix,
    Result,
    UploadEnded,
    VersionConflict,
    open_catalogue,
)
from tests.metadata.catalogues import Desk, chunk
from tests.servers.migrated import migrated_catalogue

PATHS = st.sampled_from(["a", "a/b", "a/b/c", "d", "d/"])
FOLDERS = st.sampled_from(["a", "a/b", "d", "d/a", "a/a"])
TEXTS = st.sampled_from("xyz")


def is_free_among(live: Set[str], path: str) -> bool:
    """No live file above it, and no live folder of that name."""
    segments = path.removesuffix("/").split("/")
    above = {"/".join(segments[:depth]) for depth in range(1, len(segments))}
    above |= {path[:-1]} if path.endswith("/") else set()
    below = any(other.startswith(path + "/") for other in live) and not path.endswith("/")
    return path in live or not (above & live or below)


class CommitMachine(RuleBasedStateMachine):
    """The model: live files by path, trash by file id, open uploads with their plan, blocks that the caller holds."""

    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = open_catalogue(migrated_catalogue(Path(self.folder.name) / "catalogue.db"))
        self.desk = Desk(self.catalogue)
        self.live: dict[str, tuple[UUID, UUID, Chunk]] = {}  # path → file, version, chunk
        self.held: set[bytes] = set()
        self.sent: dict[UUID, set[bytes]] = {}
        self.ended: dict[UUID, str] = {}
        self.made: dict[UUID, UUID] = {}
        self.changes = 0

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    def is_free(self, path: str) -> bool:
        return is_free_among(self.live.keys(), path)

    @rule(target=uploads, path=PATHS, text=TEXTS, is_new=st.booleans())
    def open(self, path: str, text: str, is_new: bool) -> Any:
        plan = chunk(text)
        try:
            upload = self.desk.open(path, [plan], Precondition(has_base=is_new))
        except PathTaken:
            assert not self.is_free(path)
            return None
        except VersionConflict:
            assert is_new
            assert path in self.live
            return None
        assert self.is_free(path)
        missing = self.catalogue.uploads.missing(self.desk.me, upload.id, None, 10)
        assert (list(missing) == []) == (plan.id in self.held)
        self.sent[upload.id] = {plan.id} & self.held
        return upload, path, plan, is_new

    @rule(upload=uploads)
    def send(self, upload: Any) -> None:
        if upload is None:
            return
        opened, _, plan, _ = upload
        try:
            self.desk.send(opened, [plan])
        except UploadEnded:
            assert opened.id in self.ended
            return
        assert opened.id not in self.ended
        self.sent[opened.id].add(plan.id)
        self.held.add(plan.id)

    @rule(upload=uploads)
    def commit(self, upload: Any) -> None:
        if upload is None:
            return
        opened, path, plan, is_new = upload
        try:
            version = self.desk.commit(opened.id).version
        except UploadEnded:
            assert self.ended[opened.id] == "aborted"
        except BlocksMissing:
            assert plan.id not in self.sent[opened.id]
        except PathTaken:
            assert not self.is_free(path)
        except VersionConflict:
            assert is_new
            assert path in self.live
        else:
            if opened.id in self.made:
                assert version.version_id == self.made[opened.id]
                return
            assert plan.id in self.sent[opened.id]
            assert self.is_free(path)
            self.live[path] = (version.file_id, version.version_id, plan)
            self.made[opened.id], self.ended[opened.id] = version.version_id, "committed"
            self.changes += 1

    @rule(upload=consumes(uploads))
    def abort(self, upload: Any) -> None:
        if upload is None:
            return
        try:
            self.catalogue.uploads.end(self.desk.me, upload[0].id)
        except UploadEnded:
            assert self.ended[upload[0].id] == "committed"
        else:
            self.ended[upload[0].id] = "aborted"

    @rule(path=PATHS, comes_back=st.booleans())
    def delete(self, path: str, comes_back: bool) -> None:
        try:
            (deleted,) = self.desk.apply(Delete(path=path))
        except FileNotFound:
            assert path not in self.live
            return
        self.changes += 1
        file, _, plan = self.live.pop(path)
        assert deleted.version.file_id == file
        if comes_back and self.is_free(path):
            (restored,) = self.desk.apply(Restore(file))
            self.live[path] = (file, restored.version.version_id, plan)
            self.changes += 1

    @rule(prefix=FOLDERS, to=FOLDERS)
    def move_folder(self, prefix: str, to: str) -> None:
        """Into itself and onto what is taken it does not go; the model moves nothing then."""
        moving = {path for path in self.live if path.startswith(f"{prefix}/")}
        rest = self.live.keys() - moving
        targets = {path: to + path.removeprefix(prefix) for path in moving}
        try:
            (moved,) = self.desk.apply(MovePrefix(prefix, to))
        except Invalid:
            assert to.startswith(f"{prefix}/")
            return
        except PathTaken:
            assert not all(is_free_among(rest, target) and target not in rest for target in targets.values())
            return
        assert isinstance(moved, GroupResult)
        if prefix == to:
            return
        assert moved.files == len(moving)
        assert all(is_free_among(rest, target) for target in targets.values())
        gone = {path: self.live.pop(path) for path in moving}
        self.live |= {targets[path]: known for path, known in gone.items()}
        self.changes += len(moving)

    @rule(prefix=FOLDERS, comes_back=st.booleans())
    def delete_folder(self, prefix: str, comes_back: bool) -> None:
        (deleted,) = self.desk.apply(DeletePrefix(prefix))
        gone = {path: self.live.pop(path) for path in [*self.live] if path.startswith(f"{prefix}/")}
        assert isinstance(deleted, GroupResult)
        assert deleted.files == len(gone)
        self.changes += len(gone)
        if comes_back and gone:
            self.desk.apply(RestorePrefix(group=deleted.group))
            self.changes += len(gone)
            for path, (file, _, plan) in gone.items():
                self.live[path] = (file, self.desk.at(path).version_id, plan)

    @rule(path=PATHS, to=PATHS)
    def copy(self, path: str, to: str) -> None:
        try:
            (copied,) = self.desk.apply(Copy(to, path=path))
        except FileNotFound:
            assert path not in self.live
        except PathTaken:
            assert not self.is_free(to)
        except PathInvalid:
            assert path.endswith("/") != to.endswith("/")
        else:
            assert isinstance(copied, Result)
            assert copied.version.content_hash is not None
            self.live[to] = (copied.version.file_id, copied.version.version_id, self.live[path][2])
            self.changes += path != to

    @rule(path=PATHS, text=TEXTS)
    def describe(self, path: str, text: str) -> None:
        try:
            (described,) = self.desk.apply(Describe(path=path, description=text))
        except FileNotFound:
            assert path not in self.live
            return
        assert isinstance(described, Result)
        file, _, plan = self.live[path]
        self.live[path] = (file, described.version.version_id, plan)
        self.changes += described.sequence is not None

    @invariant()
    def the_list_is_the_models(self) -> None:
        listed = self.catalogue.files.list(self.desk.me, self.desk.id, ListQuery(limit=100)).items
        assert {one.path: (one.file_id, one.version_id) for one in listed} == {
            path: known[:2] for path, known in self.live.items()
        }
        bucket = self.desk.now()
        assert (bucket.files, bucket.sequence) == (len(self.live), self.changes)
        assert bucket.logical_bytes == sum(plan.size for _, _, plan in self.live.values())


TestCommits = CommitMachine.TestCase
TestCommits.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
