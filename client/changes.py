"""Files and folders moved, copied, described, deleted and taken back, without their bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from client.addresses import check_path, segment
from client.answers import checked, file_from, group_from, items, pages, record_from
from client.asking import SMALL_PAGE
from client.catalogue import Catalogue
from client.commits import BATCH_OPERATIONS, Operation, Outcome, commit, commit_each
from client.model import FileRecord, Group, Refused, RemoteFile
from foundation.problems import Problem

Pairs = Iterable[tuple[RemoteFile, str]]


class Changes(Catalogue):
    """`bucket_id` is a bucket's id. What is done as a Group can be undone by its id until somebody changes the files."""

    def record(self, file_id: str) -> FileRecord:
        return checked(record_from, self._connection.ask("GET", f"/files/{segment(file_id)}"))

    def trash(self, bucket: str) -> Iterator[FileRecord]:
        """Files that can be taken back, by path."""
        place = f"/buckets/{segment(bucket)}/trash"
        for page in pages(lambda cursor: self._connection.ask("GET", place, limit=SMALL_PAGE, cursor=cursor)):
            yield from checked(lambda document: [record_from(one) for one in items(document)[0]], page)

    def describe(self, bucket_id: str, file: RemoteFile, said: Operation) -> None:
        """`said`: description, tags (all of them), access. Raises version-conflict if `file` is no longer the current version."""
        operation = {"op": "describe", "file_id": file.file_id, "base_version": file.version_id}
        commit(self._connection, bucket_id, [operation | dict(said)])

    def delete(self, bucket_id: str, files: Iterable[RemoteFile]) -> Sequence[Group]:
        """Into the trash, a thousand at a time."""
        return [
            self._together(bucket_id, some, [{"op": "delete", "file_id": one.file_id} for one in some])
            for some in _batches(files)
        ]

    def move(self, bucket_id: str, file: RemoteFile, to: str) -> Group:
        """Rename within the bucket; the file keeps its id. 409 `path-taken` if a live file has `to`."""
        operation = {"op": "move", "file_id": file.file_id, "to": check_path(to)}
        return self._together(bucket_id, [file], [operation])

    def move_out(self, bucket_id: str, file: RemoteFile, to_bucket: str, to: str) -> None:
        """Into another bucket, where it has a new id and no older versions. 409 `path-taken`."""
        operation = {"op": "move", "file_id": file.file_id, "to": check_path(to), "to_bucket": to_bucket}
        commit(self._connection, bucket_id, [operation])

    def move_away(self, bucket_id: str, files: Pairs, to_bucket: str) -> Iterator[RemoteFile | Refused]:
        """As move_out, any number, a thousand at a time, in no particular order; what is refused is told."""
        operations = ({"op": "move", "file_id": file.file_id, "to": to, "to_bucket": to_bucket} for file, to in files)
        for outcome in commit_each(self._connection, bucket_id, operations):
            yield _file_or_refused(outcome, to_bucket)

    def copy(self, bucket_id: str, files: Pairs, version_id: str | None = None) -> Iterator[RemoteFile | Refused]:
        """Of any bucket, to paths in this one, where each is a new version; a row each, and no bytes. As move_away."""
        version = {"version_id": version_id} if version_id else {}
        operations = ({"op": "copy", "file_id": file.file_id, "to": to} | version for file, to in files)
        for outcome in commit_each(self._connection, bucket_id, operations):
            yield _file_or_refused(outcome, bucket_id)

    def restore(self, bucket_id: str, file_id: str, version_id: str | None = None, to: str | None = None) -> None:
        """Make an old version the current one again, or (without `version_id`) take the file out of the trash."""
        operation = {"op": "restore", "file_id": file_id, "version_id": version_id, "to": to}
        commit(self._connection, bucket_id, [{key: value for key, value in operation.items() if value is not None}])

    def undelete(self, file_id: str, to: str | None = None) -> RemoteFile:
        """Out of the trash, by the file's id alone."""
        wanted = {"path": to} if to else {}
        return checked(file_from, self._connection.ask_once(f"/files/{segment(file_id)}/undelete", wanted))

    def move_folder(self, bucket_id: str, folder: str, to: str) -> Iterator[Group]:
        """All that is below `folder` to the same place below `to`; both end with `/`. One group; of more than 100,000
        files one a subfolder, or a thousand files, each for itself.
        """

        def file(one: RemoteFile) -> Operation:
            return {"op": "move", "file_id": one.file_id, "to": to + one.path.removeprefix(folder)}

        def part(prefix: str) -> Operation:
            return {"op": "move_prefix", "prefix": prefix, "to": to + prefix.removeprefix(folder)}

        yield from self._in_parts(bucket_id, folder, part, file)

    def delete_folder(self, bucket_id: str, folder: str) -> Iterator[Group]:
        """All that is below `folder`, which ends with `/`, or is empty: the whole bucket. As move_folder."""
        yield from self._in_parts(
            bucket_id,
            folder,
            lambda prefix: {"op": "delete_prefix", "prefix": prefix},
            lambda one: {"op": "delete", "file_id": one.file_id},
        )

    def restore_folder(self, bucket_id: str, folder: str) -> Group:
        """All that is in the trash below `folder`."""
        return self._on_folder(bucket_id, {"op": "restore_prefix", "prefix": folder})

    def undo(self, bucket_id: str, group: str) -> Group:
        """Take back what was done as `group`. 409 `version-conflict` with `conflicts` if files were changed since."""
        return self._on_folder(bucket_id, {"op": "restore_prefix", "group": group})

    def _in_parts(
        self,
        bucket_id: str,
        folder: str,
        part: Callable[[str], Operation],
        file: Callable[[RemoteFile], Operation],
    ) -> Iterator[Group]:
        if folder:
            try:
                yield self._on_folder(bucket_id, part(folder))
                return
            except Problem as problem:
                if problem.slug != "too-many":
                    raise
        found = self.list(bucket_id, folder)
        for deeper in found.prefixes:
            yield from self._in_parts(bucket_id, deeper, part, file)
        for some in _batches(found.files):
            yield self._together(bucket_id, some, [file(one) for one in some])

    def _on_folder(self, bucket_id: str, operation: Operation) -> Group:
        made = commit(self._connection, bucket_id, [operation])
        return checked(group_from, made.results[0])

    def _together(self, bucket_id: str, files: Sequence[RemoteFile], operations: Sequence[Operation]) -> Group:
        if len(operations) == 1:
            # Only several operations are a group: this one changes nothing.
            operations = [{"op": "move", "file_id": files[0].file_id, "to": files[0].path}, *operations]
        made = commit(self._connection, bucket_id, operations)
        return checked(lambda group: group_from({"group": group, "files": len(files)}), made.group)


def _batches(files: Iterable[RemoteFile]) -> Iterator[Sequence[RemoteFile]]:
    rest = iter(files)
    while some := list(islice(rest, BATCH_OPERATIONS)):
        yield some


def _file_or_refused(outcome: Outcome, bucket: str) -> RemoteFile | Refused:
    if outcome.result is None:
        return Refused(outcome.operation["to"], outcome.slug, outcome.reason)
    return checked(lambda result: file_from(result, bucket), outcome.result)
