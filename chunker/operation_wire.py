"""The shapes of a batch's operations on files, and what they mean to the catalogue."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AliasChoices, Field, model_validator

from chunker.wire import Based, Bool, Chunks, Described, Description, MediaType, Size, Tags, Text, chunks_from
from foundation.wire import Wire
from metadata import Access, Copy, Delete, Describe, MakeFolder, Move, Operation, Put, Restore


class PutWire(Described, Based):
    """`size` may be said, and must then be the chunks' sum."""

    op: Literal["put"]
    path: Text
    chunks: Chunks
    size: Size | None = None

    @model_validator(mode="after")
    def _has_its_size(self) -> "PutWire":
        if self.size is not None and self.size != sum(chunk.size for chunk in self.chunks):
            raise ValueError("size is not the sum of the chunks' sizes")
        return self

    def operation(self) -> Operation:
        return Put(self.path, chunks_from(self.chunks), self.precondition(), **self.said())


class _OnAFile(Based):
    file_id: UUID | None = None
    path: Text | None = None

    @model_validator(mode="after")
    def _is_one_file(self) -> "_OnAFile":
        if (self.file_id is None) == (self.path is None):
            raise ValueError("name either file_id or path")
        return self


class DeleteWire(_OnAFile):
    op: Literal["delete"]

    def operation(self) -> Operation:
        return Delete(self.file_id, self.path, self.precondition())


def _to_where(value: Any) -> Any:
    """With `file_id`, `path` may say the new path as well, as it does where a file is renamed by itself."""
    if isinstance(value, dict) and "to" not in value and {"file_id", "path"} <= value.keys():
        return {("to" if key == "path" else key): one for key, one in value.items()}
    return value


class MoveWire(_OnAFile):
    """`to`: the new path. `to_bucket`: into another bucket, at the same path if there is no `to` and `path` names the file."""

    op: Literal["move"]
    to: Text
    to_bucket: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_a_place(cls, value: Any) -> Any:
        value = _to_where(value)
        if isinstance(value, dict) and "to" not in value and value.get("to_bucket") is not None and "path" in value:
            return {**value, "to": value["path"]}
        return value

    def operation(self) -> Operation:
        return Move(self.to, self.file_id, self.path, self.precondition(), self.to_bucket)


class CopyWire(_OnAFile):
    """`from_bucket`: where `path` is, if not in this bucket. `base_version`: of the file at `to`."""

    op: Literal["copy"]
    to: Text
    from_bucket: Text | None = None
    version_id: UUID | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_a_place(cls, value: Any) -> Any:
        return _to_where(value)

    def operation(self) -> Operation:
        return Copy(self.to, self.file_id, self.path, self.version_id, self.from_bucket, self.precondition())


class DescribeWire(_OnAFile):
    """What is absent stays as it is."""

    op: Literal["describe"]
    description: Description | None = None
    tags: Tags | None = None
    access: Access | None = None
    content_type: MediaType | None = None
    executable: Bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "DescribeWire":
        if all(value is None for value in self._said().values()):
            raise ValueError("say description, tags, access, content_type or executable")
        return self

    def _said(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("description", "tags", "access", "content_type", "executable")}

    def operation(self) -> Operation:
        return Describe(self.file_id, self.path, precondition=self.precondition(), **self._said())


class RestoreWire(Wire):
    """`path`, or `to`: where else than at its own path it shall be."""

    op: Literal["restore"]
    file_id: UUID
    version_id: UUID | None = None
    to: Text | None = Field(default=None, validation_alias=AliasChoices("to", "path"))

    def operation(self) -> Operation:
        return Restore(self.file_id, self.version_id, self.to)


class FolderWire(Wire):
    op: Literal["folder"]
    path: Text

    def operation(self) -> Operation:
        return MakeFolder(self.path)
