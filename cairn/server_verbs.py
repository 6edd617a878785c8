"""The verbs that act on the server's own data: serve, worker, beat, migrate, doctor, rebuild, user, token."""

import json
from typing import Annotated

import typer

from cairn.manual import manual
from cairn.session import ending
from cairn.verbs.arguments import AsJson

app = typer.Typer()
token_app = typer.Typer(help="Personal API tokens.", no_args_is_help=True)


@app.command(
    epilog=manual(
        {
            "cairn serve": "everything in one process",
            "cairn serve --only metadata": "one room by itself",
            "CAIRN_PORT=9090 cairn serve": "settings are variables; docs/configuration.md lists them",
        },
        see=("migrate", "doctor"),
    )
)
@ending()
def serve(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Serve this room by itself, on its own port: metadata (8000), sync (8001), chunker (8002),"
            " block-storage (8003), identity (8004). May be given several times."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="With one --only: its port, instead of the room's own.")
    ] = None,
) -> None:
    """Serve everything in one process, or single rooms. Settings: CAIRN_DATA, CAIRN_HOST, CAIRN_PORT, …."""
    if port and len(only or []) != 1:
        raise typer.BadParameter("--port goes with one --only; CAIRN_PORT is the port of the one-process server.")
    from cairn.allocator import restart_with_settings

    restart_with_settings()
    from cairn import serve as server
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    if only:
        server.serve_rooms(settings, server.rooms_named(only), port)
    else:
        server.serve(settings)


@app.command(
    epilog=manual(
        {
            "cairn worker": "all queues, four jobs at a time",
            "cairn worker --queues verify,repair --concurrency 8": "more hands for what people look at",
        },
        see=("beat", "serve"),
    )
)
@ending()
def worker(
    queues: Annotated[
        str | None, typer.Option(metavar="QUEUE,…", help="Of verify, repair, collect, scrub; all if not given.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=2, max=64, help="How many jobs at a time, each in a process.")] = 4,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of /healthz, /readyz and /metrics.")] = 8006,
) -> None:
    """Verify, repair, collect and scrub, as CAIRN_BROKER tells it to look. Where that is away, it looks by itself."""
    from cairn.counting import counting_in_files

    with counting_in_files() as counts:
        from cairn import worker as process
        from cairn.settings import ServerSettings

        process.work(ServerSettings.read(), process.queues_named(queues), concurrency, port, counts)


@app.command(epilog=manual({"cairn beat --port 8007": "beside a worker on the same machine"}, see=("worker", "serve")))
@ending()
def beat(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of /healthz, /readyz and /metrics.")] = 8006,
) -> None:
    """Tell the workers, by CAIRN_BROKER, to look when it is time. One is enough, several do no harm."""
    from cairn.beat import beat as ring
    from cairn.settings import ServerSettings

    ring(ServerSettings.read(), port)


@app.command(
    "front-door",
    epilog=manual(
        {
            "cairn front-door": "nginx before the rooms, with a certificate of its own making",
            "cairn front-door --print": "the configuration, to read or for an nginx of yours",
        },
        see=("serve", "worker"),
    ),
)
@ending()
def front_door(
    print_only: Annotated[
        bool, typer.Option("--print", help="Print nginx's configuration, and start nothing.")
    ] = False,
) -> None:
    """Stand before the rooms, by nginx: TLS, routing, limits, the page. CAIRN_METADATA and so on say where the rooms are."""
    from cairn.front_door import open_front_door, printed
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    if print_only:
        typer.echo("\n".join(printed(settings)))
    else:
        open_front_door(settings)


@app.command(epilog=manual({"cairn migrate": "before rooms are served one by one"}, see=("serve", "doctor")))
@ending()
def migrate() -> None:
    """Bring the database to this version's schema, and make a new installation's store. `serve` does so by itself."""
    from cairn.compose.data import make_store
    from cairn.compose.data import migrate as bring_up
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    bring_up(settings)
    make_store(settings)
    typer.echo("The database has this version's schema.")


@app.command(
    epilog=manual(
        {
            "cairn doctor": "look; exits with 1 if something is wrong",
            "cairn doctor --deep": "read every block too",
            "cairn doctor --adopt": "after a restore from a backup",
            "cairn doctor --refill /mnt/disk2/blocks": "after a disk was lost and replaced",
        },
        answer="{findings: [{check, found, advice}], …}",
        see=("verify", "serve"),
    )
)
@ending()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read and hash every block, not only look for it.")] = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="After a restore: take database and store, as they are, for one installation."),
    ] = False,
    refill: Annotated[
        str | None,
        typer.Option(help="A folder of the store whose disk was lost, now empty: make it a copy again and fill it."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at the server's data and say what to do about what is wrong. Also while the server runs."""
    from cairn.doctor_verb import run
    from cairn.settings import ServerSettings

    run(ServerSettings.read(), deep=deep, adopts=adopt, refills=refill, yes=yes, as_json=as_json)


@app.command(
    epilog=manual(
        {
            "CAIRN_DATA=/srv/new CAIRN_STORE=file:///srv/cairn/blocks cairn rebuild": "into a new database",
            "cairn rebuild --deep": "hash every block, not only look for it",
        },
        answer="{buckets, files, versions, bytes, told: […], …}",
        see=("doctor", "user password"),
    )
)
@ending()
def rebuild(
    deep: Annotated[bool, typer.Option("--deep", help="Read and hash every block, not only look for it.")] = False,
    without_secret: Annotated[
        bool,
        typer.Option("--without-secret", help="CAIRN_SECRET is lost: believe manifests without their seal."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """The catalogue is lost and no backup is there: make it anew from the store, into an empty database."""
    from cairn.rebuild_verb import run
    from cairn.settings import ServerSettings

    run(ServerSettings.read(), deep=deep, without_secret=without_secret, yes=yes, as_json=as_json)


@token_app.command(
    "create",
    epilog=manual(
        {
            "cairn token create --email ada@example.org": "prints the token, this once",
            "cairn token create --email ada@example.org --read-only --name backup": "it may read files only",
            "cairn token create --email admin@localhost --admin": "for scrub, and to see the status of everybody's files",
        },
        answer="{id, token}",
        see=("login", "user add"),
    ),
)
@ending()
def create_token(
    email: Annotated[str, typer.Option("--email", help="Whose token.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    read_only: Annotated[bool, typer.Option("--read-only", help="It may read files, nothing else.")] = False,
    admin: Annotated[bool, typer.Option("--admin", help="It may also administer. Of administrators only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create a personal token and show it, this once."""
    if admin and read_only:
        raise typer.BadParameter("--admin or --read-only")
    from cairn.compose.data import migrate as bring_up
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    bring_up(settings)
    with open_identity(settings) as identity:
        scopes = ["files:read"] if read_only else ["files", "account", *["admin"] * admin]
        created = identity.create_token(email, name, scopes)
    typer.echo(json.dumps({"id": str(created.id), "token": created.secret}) if as_json else created.secret)
