"""The shape of a batch: its operations on files and folders, each named by `op`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, FailFast, Field, model_validator

from chunker.operation_wire import (
    CopyWire,
    DeleteWire,
    DescribeWire,
    FolderWire,
    MoveWire,
    PutWire,
    RestoreWire,
)
from chunker.wire import MAX_PAGE_CHUNKS, Few, Size, Text, require_sizes
from foundation.blocks import Chunking
from foundation.wire import Wire
from metadata import Batch, DeletePrefix, MovePrefix, Operation, Put, RestorePrefix

MAX_OPERATIONS = 1000

_FOLDER = AliasChoices("prefix", "path", "from")


class MovePrefixWire(Wire):
    op: Literal["move_prefix"]
    prefix: Text = Field(validation_alias=_FOLDER)
    to: Text

    def operation(self) -> Operation:
        return MovePrefix(self.prefix, self.to)


class DeletePrefixWire(Wire):
    op: Literal["delete_prefix"]
    prefix: Text = Field(validation_alias=_FOLDER)

    def operation(self) -> Operation:
        return DeletePrefix(self.prefix)


class RestorePrefixWire(Wire):
    """`prefix`: all that is in the trash below it. `group`: undo what was done under that id."""

    op: Literal["restore_prefix"]
    prefix: Text | None = Field(default=None, validation_alias=_FOLDER)
    group: UUID | None = Field(default=None, validation_alias=AliasChoices("group", "group_id"))

    @model_validator(mode="after")
    def _is_one(self) -> "RestorePrefixWire":
        if (self.prefix is None) == (self.group is None):
            raise ValueError("name either prefix or group")
        return self

    def operation(self) -> Operation:
        return RestorePrefix(self.prefix, self.group)


_FileWire = PutWire | DeleteWire | MoveWire | CopyWire | DescribeWire | RestoreWire | FolderWire
_FolderWire = MovePrefixWire | DeletePrefixWire | RestorePrefixWire
_Known = Annotated[_FileWire | _FolderWire, Field(discriminator="op")]
OperationWire = Annotated[_Known, Few]

_OPERATIONS = frozenset(
    ["put", "delete", "move", "copy", "describe", "restore", "folder", "move_prefix", "delete_prefix", "restore_prefix"]
)
_NAMED_BY = ("type", "operation", "action", "kind")


def _named(value: Any) -> Any:
    """An operation that names itself by another key than `op`, or wraps itself in its name, as one that says `op`."""
    if not isinstance(value, dict) or "op" in value:
        return value
    if len(value) == 1 and isinstance(inner := value.get(name := next(iter(value))), dict) and name in _OPERATIONS:
        return {"op": name, **inner} if "op" not in inner else value
    for key in _NAMED_BY:
        if isinstance(name := value.get(key), str) and name in _OPERATIONS:
            return {("op" if field == key else field): one for field, one in value.items()}
    return value


def _bounded(operations: Any) -> Any:
    """Each operation by its `op`. Raises ValueError for more than a batch takes, before each is judged."""
    if not isinstance(operations, list):
        return operations
    if len(operations) > MAX_OPERATIONS:
        raise ValueError(f"a batch holds at most {MAX_OPERATIONS:,} operations")
    named = [_named(one) for one in operations]
    lists = [one.get("chunks") for one in named if isinstance(one, dict)]
    if sum(len(chunks) for chunks in lists if isinstance(chunks, list)) > MAX_PAGE_CHUNKS:
        raise ValueError(f"a batch holds at most {MAX_PAGE_CHUNKS:,} chunks; give a long file an upload of its own")
    return named


class CommitsWire(Wire):
    upload_id: UUID | None = None
    base_sequence: Size | None = None
    operations: Annotated[
        tuple[OperationWire, ...], Field(min_length=1, max_length=MAX_OPERATIONS), FailFast(), BeforeValidator(_bounded)
    ]

    def batch(self, bucket: str) -> Batch:
        return Batch(bucket, [one.operation() for one in self.operations], self.upload_id, self.base_sequence)


def require_operation_sizes(chunking: Chunking, batch: Batch) -> None:
    """Raises ChunkSize, which names the operation, unless the chunks of every put fit the bucket."""
    for index, operation in enumerate(batch.operations):
        if isinstance(operation, Put):
            require_sizes(chunking, operation.chunks, f"operations.{index}.chunks")
