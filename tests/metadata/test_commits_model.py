"""Upload and commit against a model that fits on a page: random calls, the same answers."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from metadata import (
    BlocksMissing,
    Chunk,
    Delete,
    FileNotFound,
    ListQuery,
    PathTaken,
    Precondition,
    Restore,
    UploadEnded,
    VersionConflict,
    migrate,
    open_catalogue,
)
from tests.metadata.catalogues import Desk, chunk

PATHS = st.sampled_from(["a", "a/b", "a/b/c", "d", "d/"])
TEXTS = st.sampled_from("xyz")


class CommitMachine(RuleBasedStateMachine):
    """The model: live files by path, trash by file id, open uploads with their plan, blocks that the caller holds."""

    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        location = f"sqlite:///{Path(self.folder.name) / 'catalogue.db'}"
        migrate(location)
        self.catalogue = open_catalogue(location)
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
        """No live file above it, and no live folder of that name."""
        segments = path.removesuffix("/").split("/")
        above = {"/".join(segments[:depth]) for depth in range(1, len(segments))}
        above |= {path[:-1]} if path.endswith("/") else set()
        below = any(other.startswith(path + "/") for other in self.live) and not path.endswith("/")
        return path in self.live or not (above & self.live.keys() or below)

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
