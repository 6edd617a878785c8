"""`cairn undo`, and what other verbs say of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.manual import manual
from cairn.session import DONE, signed_in
from cairn.terminal import note, say, say_json, shown
from cairn.verbs.arguments import AsJson, InBucket

if TYPE_CHECKING:
    from client import Bucket, CairnClient, Group

app = typer.Typer()

Undo = Annotated[
    list[str] | None,
    typer.Option("--undo", metavar="GROUP", help="Take back what was done under this id, instead; as `cairn undo`."),
]


@app.command(
    epilog=manual(
        {
            "cairn undo 01890a5d-ac96-774b-bcce-b302099a8057": "take it back, in whichever bucket it was done",
            "cairn undo --bucket work 01890a5d-ac96-774b-bcce-b302099a8057": "look in this bucket only",
        },
        answer="{files, groups: [{bucket, group, files, undoes}]}",
        see=("rm", "mv", "restore", "trash"),
    )
)
def undo(
    groups: Annotated[
        list[str], typer.Argument(metavar="GROUP…", help="Ids that `cairn rm` and `cairn mv` have printed.")
    ],
    bucket: InBucket = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `rm` or `mv` did, all of it or nothing.

    What was deleted comes back, what was moved goes back. Of several GROUPs the last goes first. If files were changed
    since, or something else has their place, nothing is done, and they are named. An undo is a group as well, and can
    be undone.
    """
    undo_groups(groups, bucket, as_json=as_json)


def undo_groups(groups: Sequence[str], bucket: str | None, *, as_json: bool) -> None:
    """Those that are printed last were done last, so they go first."""
    done = []
    with signed_in() as client:
        buckets = [client.bucket(bucket)] if bucket else [one for one in client.buckets() if one.role != "viewer"]
        for group in reversed(groups):
            where, undone = _undone(client, buckets, group)
            done.append({"bucket": where.address, "group": undone.id, "files": undone.files, "undoes": group})
            if not as_json:
                say(f"{undone.files:,} files in cairn:{shown(where.address)} are as they were before.")
                say(undo_hint(where.address, [undone]))
    if as_json:
        say_json({"files": sum(one["files"] for one in done), "groups": done})


def _undone(client: "CairnClient", buckets: "Sequence[Bucket]", group: str) -> "tuple[Bucket, Group]":
    from foundation.problems import NotFound, Problem

    for bucket in buckets:
        try:
            return bucket, client.undo(bucket.id, group)
        except Problem as problem:
            if problem.slug != "group-not-found":
                raise
    raise NotFound(f"nothing was done under {group}, or too long ago" + ("" if buckets else "; there is no bucket"))


def gathered(groups: "Iterable[Group]", bucket: str) -> "list[Group]":
    """All of them. If one is refused, or the user has had enough, those before it are done: what undoes them is told."""
    from foundation.problems import Problem

    done: list[Group] = []
    try:
        done.extend(groups)
    except Problem as problem:
        if done:
            problem.members[DONE] = groups_document(bucket, done)
        raise
    except KeyboardInterrupt:
        if done:
            note(undo_hint(bucket, done))
        raise
    return done


def undo_hint(bucket: str, groups: "Iterable[Group]") -> str:
    return f"To undo: cairn undo --bucket {shown(bucket)} {' '.join(group.id for group in groups)}"


def groups_document(bucket: str, groups: "Iterable[Group]") -> list[dict[str, Any]]:
    return [{"bucket": bucket, "group": group.id, "files": group.files} for group in groups]
