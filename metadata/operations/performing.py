"""Any operation but a put: which function does it."""

from metadata.batch import (
    Copy,
    Delete,
    DeletePrefix,
    Describe,
    GroupResult,
    MakeFolder,
    Move,
    MovePrefix,
    Operation,
    PrefixOperation,
    Put,
    Restore,
    RestorePrefix,
    Result,
)
from metadata.operations.copies import copy, move_between
from metadata.operations.deletes import delete
from metadata.operations.describes import describe
from metadata.operations.folders import make_folder
from metadata.operations.moves import move
from metadata.operations.prefix_deletes import delete_prefix
from metadata.operations.prefix_moves import move_prefix
from metadata.operations.restores import restore
from metadata.operations.undo import restore_folder
from metadata.operations.works import Works


def perform(works: Works, operation: Operation) -> Result | GroupResult:
    """Raises what stands against it; then the transaction must go back."""
    if isinstance(operation, PrefixOperation):
        return _on_folder(works, operation)
    return _on_file(works, operation)


def _on_file(works: Works, operation: Operation) -> Result:
    work = works.own
    match operation:
        case Delete():
            return delete(work, operation)
        case Move():
            target = works.at(operation.to_bucket)
            return move(work, operation) if target is work else move_between(work, target, works.caller, operation)
        case Copy():
            return copy(work, works.caller, operation)
        case Describe():
            return describe(work, operation)
        case Restore():
            return restore(work, operation)
        case MakeFolder():
            return make_folder(work, operation)
        case Put() | MovePrefix() | DeletePrefix() | RestorePrefix():
            raise AssertionError("done elsewhere")


def _on_folder(works: Works, operation: PrefixOperation) -> GroupResult:
    match operation:
        case MovePrefix():
            return move_prefix(works.own, operation)
        case DeletePrefix():
            return delete_prefix(works.own, operation)
        case RestorePrefix():
            return restore_folder(works.own, operation)
