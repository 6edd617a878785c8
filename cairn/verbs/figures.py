"""`cairn stats`, `cairn usage`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cairn.completion import buckets
from cairn.manual import manual
from cairn.remote_address import bucket_name
from cairn.session import signed_in
from cairn.terminal import say, say_facts, say_json, say_table, shown, size_text, time_text
from cairn.verbs.arguments import AsJson

if TYPE_CHECKING:
    from client import Statistics

app = typer.Typer()


@app.command(
    epilog=manual(
        {"cairn stats": "of all your buckets", "cairn stats work": "of one", "cairn stats --json": "for programs"},
        answer="{num_buckets, files, versions, logical_bytes, version_bytes, blocks, stored_bytes, saved_bytes,"
        " dedup_ratio, as_of, buckets: [figures], top: [figures]}",
        see=("usage", "bucket", "verify"),
    )
)
def stats(
    bucket: Annotated[
        str | None,
        typer.Argument(metavar="BUCKET", parser=bucket_name, autocompletion=buckets, help="Nothing: all your own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what your buckets hold, what deduplication saves, and the ten largest.

    Stored bytes are counted now and then; "as of" says when. Blocks are counted once within these buckets, whoever else
    holds them.
    """
    with signed_in() as client:
        found = client.statistics(bucket or "")
    if as_json:
        say_json(found)
    else:
        _say(found)


@app.command(
    epilog=manual(
        {"cairn usage": "what counts towards your quota", "cairn usage --json": "for programs"},
        answer="{user_id, email, used_bytes, quota_bytes, buckets, files, versions, logical_bytes}",
        see=("stats", "bucket", "trash"),
    )
)
def usage(as_json: AsJson = False) -> None:
    """Show who you are, how much your buckets hold with all versions, and how much they may.

    Deleted files and buckets count until they are purged. The id is what others share their buckets with.
    """
    with signed_in() as client:
        account, found = client.account(), client.usage()
    values = {name: getattr(found, name) for name in found.__slots__}
    if as_json:
        say_json({"user_id": account.user_id, "email": account.email} | values)
        return
    quota = "no quota" if found.quota_bytes is None else size_text(found.quota_bytes)
    facts = {"E-mail": shown(account.email), "Id": shown(account.user_id), "Used": size_text(found.used_bytes)}
    counts = {"Buckets": f"{found.buckets:,}", "Files": f"{found.files:,}", "Versions": f"{found.versions:,}"}
    say_facts(facts | {"Quota": quota} | counts)


def _say(found: "Statistics") -> None:
    facts = {
        "Buckets": f"{found.num_buckets:,}",
        "Files": f"{found.files:,}, {size_text(found.logical_bytes)}",
        "Versions": f"{found.versions:,}, {size_text(found.version_bytes)}",
    }
    if found.stored_bytes is None or found.dedup_ratio is None:
        facts["Stored"] = "not counted yet: it takes long"
    else:
        saved = size_text(max(0, found.saved_bytes or 0))
        facts["Stored"] = f"{size_text(found.stored_bytes)} in {found.blocks or 0:,} blocks"
        facts["Saved"] = f"{saved}, {found.dedup_ratio:.2f} to 1"
        facts["As of"] = f"{time_text(found.as_of)} UTC"
    say_facts(facts)
    if found.top:
        say("")
        head = ("Largest", "Files", "Versions", "Size", "With versions")
        say_table([head, *(_row(one.name, one) for one in found.top)])


def _row(name: str, one: object) -> tuple[str, ...]:
    counts = (f"{getattr(one, field):,}" for field in ("files", "versions"))
    sizes = (size_text(getattr(one, field)) for field in ("logical_bytes", "version_bytes"))
    return (shown(name), *counts, *sizes)
