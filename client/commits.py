"""Changes without content, up to 1,000 in one commit. Each rides on an upload, so that repeating it has the effect of one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from client.answers import checked, upload_id_from
from client.connection import Connection

BATCH_OPERATIONS = 1000

Operation = Mapping[str, Any]


def open_upload(connection: Connection) -> str:
    """The id of a new upload without a path. One that is left behind expires by itself."""
    return checked(upload_id_from, connection.ask_once("/uploads", {}))


def commit(connection: Connection, bucket_id: str, operations: Sequence[Operation]) -> Sequence[Mapping[str, Any]]:
    """Apply up to 1,000 `operations`, all or none; one result each. Safe to repeat when the answer is lost."""
    body = {"upload_id": open_upload(connection), "operations": operations}
    answer = connection.ask("POST", f"/buckets/{bucket_id}/commits", body)
    return checked(lambda made: results(made, len(operations)), answer)


def commit_all(
    connection: Connection, bucket_id: str, operations: Iterable[Operation]
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Any number of operations, each thousand by itself."""
    rest = iter(operations)
    while batch := list(islice(rest, BATCH_OPERATIONS)):
        yield commit(connection, bucket_id, batch)


def results(answer: Mapping[str, Any], count: int) -> Sequence[Mapping[str, Any]]:
    """One for each of `count` operations. Raises ValueError."""
    found = answer["results"]
    if not isinstance(found, list) or len(found) != count:
        raise ValueError("as many results as operations")
    return found
