"""Changes without content, up to 1,000 in one commit, under an Idempotency-Key: repeating one has the effect of one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from client.answers import checked, upload_id_from
from client.connection import Connection
from foundation.problems import Problem

BATCH_OPERATIONS = 1000

Operation = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """One result for each operation; `group` undoes several together, where all of them can be undone."""

    results: Sequence[Mapping[str, Any]]
    group: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation: its result, or the slug and text of why not."""

    operation: Operation
    result: Mapping[str, Any] | None
    slug: str = ""
    reason: str = ""


def open_upload(connection: Connection) -> str:
    """The id of a new upload without a path. One that is left behind expires by itself."""
    return checked(upload_id_from, connection.ask_once("/uploads", {}))


def commit(connection: Connection, bucket_id: str, operations: Sequence[Operation]) -> Made:
    """Apply up to 1,000 `operations`, all or none. Safe to repeat when the answer is lost."""
    answer = connection.ask_once(f"/buckets/{bucket_id}/commits", {"operations": operations})
    return checked(lambda made: Made(results(made, len(operations)), made.get("group")), answer)


def commit_each(connection: Connection, bucket_id: str, operations: Iterable[Operation]) -> Iterator[Outcome]:
    """Any number of operations, each thousand by itself. What is refused is told, and the others of its thousand are done.

    Raises what would stop all of them.
    """
    rest = iter(operations)
    while batch := list(islice(rest, BATCH_OPERATIONS)):
        while batch:
            try:
                made = commit(connection, bucket_id, batch)
            except Problem as problem:
                refused = _refused(problem, batch)
                yield from refused.values()
                batch = [one for index, one in enumerate(batch) if index not in refused]
                continue
            yield from (Outcome(one, result) for one, result in zip(batch, made.results, strict=True))
            break


def _refused(problem: Problem, batch: Sequence[Operation]) -> dict[int, Outcome]:
    """By their place in `batch`. Raises `problem` if it names none of them."""
    told = problem.members.get("conflicts")
    conflicts = checked(lambda found: [(one["operation"], one) for one in found or ()], told)
    refused = {
        index: Outcome(batch[index], None, str(one.get("problem", "")), str(one.get("detail") or problem))
        for index, one in conflicts
        if isinstance(index, int) and 0 <= index < len(batch)
    }
    if not refused:
        raise problem
    return refused


def results(answer: Mapping[str, Any], count: int) -> Sequence[Mapping[str, Any]]:
    """One for each of `count` operations. Raises ValueError."""
    found = answer["results"]
    if not isinstance(found, list) or len(found) != count:
        raise ValueError("as many results as operations")
    return found
