"""`cairn bucket`: members, share, unshare."""

from typing import Annotated

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.terminal import say, say_json, shown
from cairn.verbs.arguments import AsJson, BucketName

app = typer.Typer()

UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="Whom; `cairn usage` shows everybody their own.")]


@app.command(
    epilog=manual(
        {"cairn bucket members work": "who may read it, and who may write"},
        answer="{items: [{user_id, role}]}",
        see=("bucket share", "bucket unshare"),
    )
)
def members(bucket: BucketName, as_json: AsJson = False) -> None:
    """List with whom a bucket is shared, its owner first."""
    with signed_in() as client:
        found = list(client.members(bucket))
    if as_json:
        say_json({"items": found})
        return
    for member in found:
        say(f"{member.user_id}  {shown(member.role)}")


@app.command(
    epilog=manual(
        {
            "cairn bucket share work 01890a5d-ac96-774b-bcce-b302099a8059 viewer": "may read",
            "cairn bucket share work 01890a5d-ac96-774b-bcce-b302099a8059 editor": "may read and write",
        },
        answer="{user_id, role}",
        see=("bucket members", "bucket unshare", "usage"),
    )
)
def share(
    bucket: BucketName,
    user_id: UserId,
    role: Annotated[str, typer.Argument(metavar="viewer|editor", help="What they may do.")],
    as_json: AsJson = False,
) -> None:
    """Share a bucket with somebody, or change what they may do. They find it by its id, and in `cairn ls`."""
    if role not in {"viewer", "editor"}:
        raise typer.BadParameter(f"{role!r} is neither viewer nor editor")
    with signed_in() as client:
        member = client.share(bucket, user_id, role)
        if as_json:
            say_json(member)
        else:
            say(f"{shown(member.user_id)} is {shown(member.role)} of {shown(bucket)}.")


@app.command(
    epilog=manual(
        {"cairn bucket unshare work 01890a5d-ac96-774b-bcce-b302099a8059": "they may do nothing there any more"},
        answer="{user_id, role}, where role is null",
        see=("bucket members", "bucket share"),
    )
)
def unshare(bucket: BucketName, user_id: UserId, as_json: AsJson = False) -> None:
    """Share a bucket with somebody no more; with your own id, leave one that is shared with you."""
    with signed_in() as client:
        client.unshare(bucket, user_id)
        if as_json:
            say_json({"user_id": user_id, "role": None})
        else:
            say(f"{shown(bucket)} is shared with {shown(user_id)} no more.")
