"""`cairn bucket`: ls, show, create, set, rm, restore."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.manual import manual
from cairn.session import signed_in
from cairn.terminal import say, say_facts, say_json, shown, size_text, time_text
from cairn.verbs import sharing
from cairn.verbs.arguments import AsJson, BucketName, Yes

if TYPE_CHECKING:
    from client import Bucket, CairnClient

app = typer.Typer()
bucket_app = typer.Typer(help="Buckets: make, change, share, throw away, take back.", no_args_is_help=True)
bucket_app.add_typer(sharing.app)
app.add_typer(bucket_app, name="bucket")

_POLL_SECONDS = 0.5  # between two looks at what is left

Title = Annotated[str | None, typer.Option("--title", help="How people call it; any text.")]
Versioning = Annotated[
    str | None, typer.Option("--versioning", metavar="on|off|suspended", help="Whether what is replaced is kept.")
]
KeepDays = Annotated[
    int | None, typer.Option("--keep-days", min=0, help="How long replaced versions are kept; 0: for ever.")
]
TrashDays = Annotated[
    int | None, typer.Option("--trash-days", min=0, help="How long deleted files are kept; 0: not at all.")
]


@bucket_app.command(
    "ls",
    epilog=manual(
        {"cairn bucket ls": "yours, and those shared with you", "cairn bucket ls --deleted": "those in the trash"},
        answer="{items: [bucket]}",
        see=("ls", "bucket show", "bucket restore"),
    ),
)
def list_buckets(
    deleted: Annotated[bool, typer.Option("--deleted", help="Your own in the trash, until they are gone.")] = False,
    as_json: AsJson = False,
) -> None:
    """List buckets: how many files, their size, your role, the name; of deleted ones until when they can be restored."""
    with signed_in() as client:
        found = list(client.buckets(deleted=deleted))
    if as_json:
        say_json({"items": found})
        return
    for bucket in found:
        end = "being purged" if bucket.purge else f"until {time_text(bucket.restorable_until)}"
        tail = f"{bucket.id}  {end:25}" if deleted else f"{shown(bucket.role):6}"
        name = bucket.name if deleted else bucket.address
        title = f"  {shown(bucket.title)}" if bucket.title != name else ""
        say(f"{bucket.files:>10,}  {size_text(bucket.logical_bytes):>10}  {tail}  {shown(name)}{title}")


@bucket_app.command(
    epilog=manual(
        {"cairn bucket show work": "all that is set and counted"}, answer="bucket", see=("bucket set", "stats")
    )
)
def show(bucket: BucketName, as_json: AsJson = False) -> None:
    """Show a bucket's settings and counters; by its id also one in the trash."""
    with signed_in() as client:
        _tell(client.bucket(bucket), as_json=as_json)


@bucket_app.command(
    epilog=manual(
        {
            "cairn bucket create work": "with the settings that most people want",
            'cairn bucket create --title "Fotos Köln"': "named fotos-koln",
            "cairn bucket create logs --chunking fastcdc --trash-days 7": "cut by content; deleted files stay a week",
        },
        answer="bucket",
        see=("bucket set", "bucket share"),
    )
)
def create(  # noqa: PLR0913, PLR0917 — a command line's options.
    name: Annotated[str, typer.Argument(metavar="NAME", help="By S3's rules; from the title if not given.")] = "",
    title: Title = None,
    versioning: Versioning = None,
    naming: Annotated[
        str | None, typer.Option("--naming", metavar="portable|s3", help="Which paths may be. Fixed from then on.")
    ] = None,
    chunking: Annotated[
        str | None, typer.Option("--chunking", metavar="fixed|fastcdc", help="How files are cut. Fixed from then on.")
    ] = None,
    keep_days: KeepDays = None,
    trash_days: TrashDays = None,
    as_json: AsJson = False,
) -> None:
    """Make a bucket."""
    if not name and not title:
        raise typer.BadParameter("say a NAME or a --title")
    cutting = _chunking(chunking)
    with signed_in() as client:
        settings = {"title": title, "versioning": versioning, "naming": naming}
        made = client.create_bucket(name, cutting, **settings, keep_days=keep_days, trash_days=trash_days)
        if as_json:
            say_json(made)
        else:
            say(f"cairn:{shown(made.name)} is there.")


@bucket_app.command(
    "set",
    epilog=manual(
        {
            "cairn bucket set work --name office": "another name; the id stays",
            "cairn bucket set work --keep-days 90": "purge replaced versions after 90 days",
            "cairn bucket set work --versioning suspended": "keep old versions, make no new ones",
        },
        answer="bucket",
        see=("bucket show", "bucket create"),
    ),
)
def change(  # noqa: PLR0913, PLR0917 — a command line's options.
    bucket: BucketName,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    title: Title = None,
    versioning: Versioning = None,
    keep_days: KeepDays = None,
    trash_days: TrashDays = None,
    as_json: AsJson = False,
) -> None:
    """Change a bucket's name, title, versioning or retention. What is not named stays."""
    wanted: dict[str, Any] = {
        "name": name,
        "title": title,
        "versioning": versioning,
        "keep_days": keep_days,
        "trash_days": trash_days,
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    if not given:
        raise typer.BadParameter("say what to change")
    with signed_in() as client:
        _tell(client.change_bucket(bucket, **given), as_json=as_json)


@bucket_app.command(
    "rm",
    epilog=manual(
        {
            "cairn bucket rm work": "an empty one, into the trash",
            "cairn bucket rm work --recursive": "with all its files; `cairn bucket restore` takes it back",
            "cairn bucket rm work --recursive --purge": "for good, and wait until it is gone",
        },
        answer="{id, name, restorable_until, gone}",
        see=("bucket restore", "bucket ls", "rm"),
    ),
)
def remove(
    bucket: BucketName,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also if it holds files.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="For good. Also of a bucket in the trash, by its id.")] = False,
    yes: Yes = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until a purge has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Throw a bucket away, into the trash or with --purge for good. Asks first, unless --yes.

    Its name is free at once. A purge goes on when the command is interrupted; how much is left is shown while it lasts.
    """
    with signed_in() as client:
        found = client.bucket(bucket)
        if found.files and not recursive and not found.deleted_at:
            raise typer.BadParameter(f"{found.name!r} holds {found.files:,} files: throw them away too with -r")
        if not yes:
            what = (
                f"Erase cairn:{shown(found.name)} for good"
                if purge
                else f"Put cairn:{shown(found.name)} into the trash"
            )
            size = size_text(found.version_bytes)
            typer.confirm(f"{what}, with {found.files:,} files, {size} in all versions?", abort=True, err=True)
        client.delete_bucket(found.id, recursive=recursive, purge=purge)
        left = _waited(client, found.id, is_quiet=as_json) if purge and not no_wait else _left(client, found.id)
    if as_json:
        until = left.restorable_until if left and not purge else None
        say_json({"id": found.id, "name": found.name, "restorable_until": until, "gone": left is None})
    elif left is None:
        say(f"cairn:{shown(found.name)} is gone.")
    elif purge:
        say(f"cairn:{shown(found.name)} is being purged.")
    else:
        end = time_text(left.restorable_until)
        say(f"cairn:{shown(found.name)} is in the trash until {end}.\nTo undo: cairn bucket restore {found.id}")


@bucket_app.command(
    epilog=manual(
        {
            "cairn bucket restore 01890a5d-ac96-774b-bcce-b302099a8057": "by its id, from `cairn bucket ls --deleted`",
            "cairn bucket restore 01890a5d-ac96-774b-bcce-b302099a8057 --name old": "where its name is taken",
        },
        answer="bucket",
        see=("bucket ls", "undelete"),
    )
)
def restore(
    bucket_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a bucket in the trash.")],
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a bucket out of the trash, with all its files."""
    with signed_in() as client:
        back = client.restore_bucket(bucket_id, name)
        if as_json:
            say_json(back)
        else:
            say(f"cairn:{shown(back.name)} is back, with {back.files:,} files.")


def _chunking(text: str | None) -> Any:
    from foundation.blocks import Chunking

    try:
        return Chunking(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"--chunking is one of {', '.join(Chunking)}") from None


def _left(client: "CairnClient", bucket_id: str) -> "Bucket | None":
    from foundation.problems import Problem

    try:
        return client.bucket(bucket_id)
    except Problem as problem:
        if problem.slug != "bucket-not-found":
            raise
        return None


def _waited(client: "CairnClient", bucket_id: str, *, is_quiet: bool) -> "Bucket | None":
    """Returns when it is gone."""
    shows = not is_quiet and sys.stderr.isatty()
    while left := _left(client, bucket_id):
        if shows and left.purge:
            sys.stderr.write(f"\r{left.purge.files:,} files, {size_text(left.purge.bytes)} are left\x1b[K")
            sys.stderr.flush()
        time.sleep(_POLL_SECONDS)
    if shows:
        sys.stderr.write("\r\x1b[K")
    return None


def _tell(bucket: "Bucket", *, as_json: bool) -> None:
    if as_json:
        say_json(bucket)
        return
    facts = {
        "Name": shown(bucket.name),
        "Title": shown(bucket.title),
        "Id": shown(bucket.id),
        "Role": shown(bucket.role),
        "Versioning": shown(bucket.versioning),
        "Naming": shown(bucket.naming),
        "Chunking": bucket.chunking.value,
        "Keep days": bucket.keep_days or "for ever",
        "Trash days": bucket.trash_days,
        "Files": f"{bucket.files:,}, {size_text(bucket.logical_bytes)}",
        "Versions": f"{bucket.versions:,}, {size_text(bucket.version_bytes)}",
        "Made": f"{time_text(bucket.created_at)} UTC",
    }
    if bucket.deleted_at:
        facts["Deleted"] = f"{time_text(bucket.deleted_at)} UTC"
        facts["Kept until"] = "being purged" if bucket.purge else f"{time_text(bucket.restorable_until)} UTC"
    say_facts(facts)
