"""The verbs of backups: create, list, verify, restore, forget."""

from typing import Annotated

import typer

from cairn.exit_codes import ExitCode
from cairn.manual import manual
from cairn.progress_bar import share_bar
from cairn.session import ending
from cairn.terminal import note, say, say_json, say_table, shown, size_text, time_text
from cairn.verbs.arguments import AsJson

app = typer.Typer(
    help="Backups of the whole server: everybody's files, all that is known of them, people.", no_args_is_help=True
)

At = Annotated[
    str | None, typer.Option("--at", metavar="LOCATION", help="Where the backup is, file:///…; else CAIRN_BACKUP says.")
]
_SNAPSHOT = "{id, taken_at, files, blocks, bytes, new_blocks, new_bytes, unreadable}"
_SHOWN = 20


@app.command(
    "create",
    epilog=manual(
        {
            "cairn backup create --new --at file:///mnt/backup": "the first one, into an empty folder",
            "cairn backup create --at file:///mnt/backup": "all later ones: only what is new is copied",
            "CAIRN_BACKUP_KEY_FILE=/root/backup.key cairn backup create": "encrypted, to where CAIRN_BACKUP says",
        },
        answer=_SNAPSHOT,
        see=("backup list", "backup verify", "backup restore", "doctor"),
    ),
)
@ending()
def create(
    at: At = None,
    new: Annotated[
        bool, typer.Option("--new", help="Begin a backup where nothing is yet. Otherwise an unmounted disk is refused.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a snapshot of everything, beside the running server. Killed, it leaves none, and the next one goes on."""
    from cairn.backup import creating
    from cairn.backup.opening import opened_repository, opened_source
    from cairn.settings import ServerSettings

    with (
        opened_source(ServerSettings.read()) as source,
        opened_repository(at, makes=new) as repository,
        share_bar("Backup", is_quiet=as_json) as show,
    ):
        made = creating.create(source, repository, show)
    if as_json:
        say_json(made.summary())
    else:
        say(f"Snapshot {made.id}: {made.files:,} files in {made.blocks:,} parts of {size_text(made.bytes)},")
        say(f"of which {made.new_blocks:,} parts of {size_text(made.new_bytes)} were new.")
    _warn("could not be read, and files that need them are not whole in this snapshot", made.unreadable)


@app.command(
    "list",
    epilog=manual(
        {"cairn backup list --at file:///mnt/backup": "oldest first"},
        answer=f"{{items: [{_SNAPSHOT}], damage: [sentence, …]}}",
        see=("backup verify",),
    ),
)
@ending()
def list_snapshots(at: At = None, as_json: AsJson = False) -> None:
    """The snapshots there are, with what was new in each. One that is damaged is named, and the exit status is 1."""
    from cairn.backup.opening import opened_repository
    from cairn.errors import BackupDamaged

    found, damage = [], []
    with opened_repository(at) as repository:
        for id in repository.ids():
            try:
                found.append(repository.snapshot(id))
            except BackupDamaged as problem:
                damage.append(str(problem))
    if as_json:
        say_json({"items": [one.summary() for one in found], "damage": damage})
    else:
        rows = [("snapshot", "taken (UTC)", "files", "size", "new")]
        for one in found:
            sizes = (size_text(one.bytes), size_text(one.new_bytes))
            rows.append((one.id, time_text(one.taken_at), f"{one.files:,}", *sizes))
        say_table(rows, left=2)
        for sentence in damage:
            note(f"cairn: {shown(sentence)}")
    if damage:
        raise typer.Exit(ExitCode.FAILED)


@app.command(
    "verify",
    epilog=manual(
        {
            "cairn backup verify --at file:///mnt/backup": "read everything back; exits with 1 if something is wrong",
            "cairn backup verify 20261121T230000.250000Z-0badcafe": "one snapshot",
        },
        answer="{snapshots, rows, blocks, bytes, damage: [sentence, …]}",
        see=("backup list", "backup create"),
    ),
)
@ending()
def verify_snapshots(
    snapshot: Annotated[str | None, typer.Argument(metavar="SNAPSHOT", help="All if not given.")] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Read every part and every row of the backup and hash them."""
    from cairn.backup import verifying
    from cairn.backup.opening import opened_repository

    with opened_repository(at) as repository, share_bar("Verify", is_quiet=as_json) as show:
        ids = [repository.snapshot(snapshot).id] if snapshot else repository.ids()
        found = verifying.verify(repository, ids, show)
    if as_json:
        say_json(found)
    else:
        say(
            f"{found.snapshots:,} snapshots: {found.rows:,} rows and {found.blocks:,} parts of {size_text(found.bytes)} read."
        )
        for sentence in found.damage:
            say(shown(sentence))
        say("Something is damaged: see above." if found.damage else "All of it is as it was written.")
    if found.damage:
        raise typer.Exit(ExitCode.FAILED)


@app.command(
    "restore",
    epilog=manual(
        {
            "cairn backup restore --at file:///mnt/backup": "the newest snapshot, into the empty installation of the settings",
            "cairn backup restore 20261121T230000.250000Z-0badcafe": "an older one",
        },
        answer="{snapshot, taken_at, installation, files, blocks, bytes, missing: [name, …]}",
        see=("backup list", "doctor", "migrate"),
    ),
)
@ending()
def restore(
    snapshot: Annotated[str | None, typer.Argument(metavar="SNAPSHOT", help="The newest if not given.")] = None,
    at: At = None,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="The installation's old secret is lost: go on without.")
    ] = False,
    despite_damage: Annotated[
        bool,
        typer.Option("--despite-damage", help="Leave out parts that are damaged in the backup; their files tell it."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database and an empty store from a snapshot, before any server runs on them. Killed, it goes on when repeated."""
    from cairn.backup import restoring
    from cairn.backup.opening import opened_repository, opened_target
    from cairn.settings import ServerSettings

    with opened_repository(at) as repository:
        chosen = repository.snapshot(snapshot)
        target = opened_target(ServerSettings.read(), chosen, new_secret=new_secret, despite_damage=despite_damage)
        with target as place, share_bar("Restore", is_quiet=as_json) as show:
            done = restoring.restore(repository, chosen, place, show)
    if as_json:
        told = {
            name: value for name, value in chosen.summary().items() if name in {"taken_at", "files", "blocks", "bytes"}
        }
        say_json({"snapshot": chosen.id, "installation": done.installation, **told, "missing": done.missing})
    else:
        say(
            f"Restored snapshot {chosen.id} of {time_text(chosen.taken_at)} UTC: {chosen.files:,} files, {size_text(chosen.bytes)}."
        )
        say("Look at it with `cairn doctor`, then start the server.")
    _warn("are not in the backup, and files that need them tell it", done.missing)


@app.command(
    "forget",
    epilog=manual(
        {"cairn backup forget --keep 30": "all but the newest 30 go, and what only they had"},
        answer="{snapshots: [id, …], blocks, bytes}",
        see=("backup list",),
    ),
)
@ending()
def forget(
    keep: Annotated[int, typer.Option(min=1, help="How many snapshots stay, the newest.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Let old snapshots go. Not while one is made."""
    from cairn.backup import forgetting
    from cairn.backup.opening import opened_repository

    with opened_repository(at) as repository, share_bar("Forget", is_quiet=as_json) as show:
        done = forgetting.forget(repository, keep, show)
    if as_json:
        say_json(done)
    else:
        say(f"{len(done.snapshots):,} snapshots and {done.blocks:,} parts of {size_text(done.bytes)} are gone.")


def _warn(what: str, names: "list[str] | tuple[str, ...]") -> None:
    if not names:
        return
    note(f"cairn: {len(names):,} parts {what}:")
    for name in names[:_SHOWN]:
        note(f"  {name}")
    raise typer.Exit(ExitCode.FAILED)
