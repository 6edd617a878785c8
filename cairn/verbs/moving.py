"""`cairn mv`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.completion import places as complete_places
from cairn.exit_codes import refused_code
from cairn.manual import manual
from cairn.progress_bar import counting, progress_bar
from cairn.remote_address import RemoteAddress, remote_address
from cairn.session import signed_in
from cairn.terminal import note, say, say_json, shown
from cairn.verbs.arguments import AsJson, InBucket
from cairn.verbs.found import file_or_folder, files_at, target_of
from cairn.verbs.undoing import Undo, gathered, groups_document, undo_groups, undo_hint

if TYPE_CHECKING:
    from client import CairnClient, RemoteFile

app = typer.Typer()


@app.command(
    "mv",
    epilog=manual(
        {
            "cairn mv cairn:work/a.txt cairn:work/b.txt": "another name; versions, tags and id stay",
            "cairn mv cairn:work/a.txt cairn:work/2026/": "into the folder 2026",
            "cairn mv cairn:work/drafts cairn:work/2026": "what is in drafts is in 2026 then",
            "cairn mv cairn:work/drafts cairn:archive/": "into another bucket, as archive/drafts",
            "cairn mv --undo GROUP": "take back what a move that printed GROUP did",
        },
        answer="{moved, groups: [{bucket, group, files}], refused: [{place, slug, reason}]}",
        see=("undo", "cp", "bucket"),
    ),
)
def move(
    places: Annotated[
        list[RemoteAddress] | None,
        typer.Argument(
            metavar="SOURCE TARGET",
            parser=remote_address,
            autocompletion=complete_places,
            help="Both cairn:BUCKET/PATH.",
        ),
    ] = None,
    undo: Undo = None,
    bucket: InBucket = None,
    as_json: AsJson = False,
) -> None:
    """Rename or move a file or a folder: SOURCE and TARGET. No bytes travel.

    A TARGET that ends with `/` is a folder to move into. Within a bucket a folder moves as a whole, or not at all
    (above 100,000 files by its subfolders), and files keep their versions. Into another bucket each file moves by
    itself, in batches: it has a new id and no older versions there, what is refused stays where it is and is named, and
    there is no group to undo; moving it back is another move. --bucket goes with --undo.
    """
    if undo:
        if places:
            raise typer.BadParameter("--undo takes the id of a group, and no places")
        undo_groups(undo, bucket, as_json=as_json)
        return
    if not places or len(places) != 2:
        raise typer.BadParameter("say what to move, and where to")
    source, target = places
    if not source.path:
        raise typer.BadParameter("a bucket itself is renamed with `cairn bucket set BUCKET --name NAME`")
    with signed_in() as client:
        file = file_or_folder(client, source)
        target = target_of(source, target)
        if client.bucket(source.bucket).id == client.bucket(target.bucket).id:
            _within(client, source, target, file, as_json=as_json)
        else:
            _between(client, source, target, file, as_json=as_json)


def _within(
    client: "CairnClient", source: RemoteAddress, target: RemoteAddress, file: "RemoteFile | None", *, as_json: bool
) -> None:
    bucket = client.bucket(source.bucket)
    if file is not None:
        groups = [client.move(bucket.id, file, target.path)]
    else:
        with counting("Moved", is_quiet=as_json) as count:
            groups = gathered(count(client.move_folder(bucket.id, source.folder, target.folder)), bucket.address)
    if as_json:
        answer: dict[str, Any] = {"moved": sum(group.files for group in groups)}
        say_json(answer | {"groups": groups_document(bucket.address, groups), "refused": []})
        return
    what = "" if file else f", {sum(group.files for group in groups):,} files"
    say(f"{shown(source)} is now {shown(target)}{what}.")
    say(undo_hint(bucket.address, groups))


def _between(
    client: "CairnClient", source: RemoteAddress, target: RemoteAddress, file: "RemoteFile | None", *, as_json: bool
) -> None:
    from client import Refused, Step

    bucket, other = client.bucket(source.bucket), client.bucket(target.bucket)
    if file is not None:
        # By itself, so that a conflict is the command's own.
        client.move_out(bucket.id, file, other.id, target.path)
        _tell(1, [], source, target, as_json=as_json)
        return
    # The whole list first: what moves out of a bucket changes the list that is being read.
    pairs = [(one, target.folder + one.path.removeprefix(source.folder)) for one in files_at(client, source)]
    moved, refused = 0, []
    with progress_bar("Moving", is_quiet=as_json) as progress:
        progress.expect(len(pairs), sum(one.size for one, _ in pairs))
        for (one, _), outcome in zip(pairs, client.move_away(bucket.id, pairs, other.id), strict=True):
            progress.step(Step(files=1, bytes=one.size))
            if isinstance(outcome, Refused):
                refused.append(outcome)
            else:
                moved += 1
    _tell(moved, refused, source, target, as_json=as_json)


def _tell(moved: int, refused: list[Any], source: RemoteAddress, target: RemoteAddress, *, as_json: bool) -> None:
    if as_json:
        say_json({"moved": moved, "groups": [], "refused": refused})
    else:
        for one in refused:
            note(f"cairn: cairn:{shown(target.bucket)}/{shown(one.place)}: {shown(one.reason)}")
        left = f"; {len(refused):,} stay in {shown(source)}" if refused else ""
        say(f"{moved:,} moved from {shown(source)} to {shown(target)}{left}.")
    if refused:
        raise typer.Exit(refused_code(moved))
