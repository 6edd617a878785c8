"""The `cairn` command. Each verb loads its rooms when it runs: `cairn ls` starts without the server's."""

import gc
import os
import sys
from importlib import import_module

import typer

from cairn.completion import VARIABLE, run_completion
from cairn.errors import CommandInvalid
from cairn.exit_codes import MEANINGS, ExitCode
from cairn.session import tell, wants_json

# Where the user's verbs are, in the order of `cairn --help`. All others are the server's.
VERBS = {
    "login": "cairn.verbs.account",
    "logout": "cairn.verbs.account",
    "ls": "cairn.verbs.listing",
    "cp": "cairn.verbs.copying",
    "cat": "cairn.verbs.content",
    "status": "cairn.verbs.status",
    "verify": "cairn.verbs.verifying",
    "retry": "cairn.verbs.verifying",
    "scrub": "cairn.verbs.scrub",
    "rm": "cairn.verbs.changing",
    "mv": "cairn.verbs.moving",
    "undo": "cairn.verbs.undoing",
    "tags": "cairn.verbs.tagging",
    "search": "cairn.verbs.searching",
    "stats": "cairn.verbs.figures",
    "usage": "cairn.verbs.figures",
    "versions": "cairn.verbs.history",
    "restore": "cairn.verbs.history",
    "undelete": "cairn.verbs.trash",
    "trash": "cairn.verbs.trash",
    "bucket": "cairn.verbs.buckets",
}

# The server's that run for long: what they have loaded stays in memory.
SERVICES = frozenset({"serve", "worker", "beat", "front-door"})

# What libraries load where they can, do without where they cannot, and nobody needs here: one or two MB of each process, and six for the
# colours of mako's templates (httpx's own command: foundation/__init__.py). Metrics are Prometheus's, rooms speak HTTP/1.1 to each
# other, no model is of pydantic's past.
_WITHOUT = ("h2", "mako.ext.pygmentplugin", "opentelemetry.sdk.metrics", "pydantic.v1")

_HELP = """Files on a Cairn server: copy, list, find, share, check, restore; and the server itself.

A place on the server is written cairn:BUCKET/PATH; a path that ends with / is a folder. `cairn help VERB` shows
examples of each verb. `cairn login URL` comes first.
"""


def command(verb: str | None = None) -> typer.Typer:
    """The command: with all its verbs, or with as many as running `verb` takes."""
    is_alone = verb in VERBS or verb in SERVICES
    app = typer.Typer(
        name="cairn",
        epilog="Exit status: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + ".",
        no_args_is_help=True,
        # What it takes to be installed is of no use to a verb.
        add_completion=not is_alone,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(help=_HELP)(_cairn)
    if verb not in SERVICES:
        for name in dict.fromkeys([VERBS[verb]] if verb in VERBS else VERBS.values()):
            app.add_typer(import_module(name).app)
    if verb not in VERBS:
        server = import_module("cairn.server_verbs")
        app.add_typer(server.app)
    if not is_alone:
        app.add_typer(import_module("cairn.user_verbs").app, name="user")
        app.add_typer(server.token_app, name="token")
        app.add_typer(import_module("cairn.backup_verbs").app, name="backup")
        provider = import_module("cairn.provider_verbs")
        app.add_typer(provider.app, name="client")
        app.add_typer(provider.key_app, name="key")
    return app


def _cairn() -> None:
    """Without it typer would take a single verb for the whole command."""


def main() -> None:
    # What a verb makes it keeps or drops by count; looking for cycles in it again and again took a tenth of a large copy.
    gc.set_threshold(50_000, 20, 100)
    for name in _WITHOUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # How the import system is told that it cannot be loaded.
    arguments = sys.argv[1:]
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    try:
        if VARIABLE in os.environ:
            run_completion(lambda: command()(prog_name="cairn"))
        elif wants_json():
            sys.exit(_run_for_programs(arguments))
        else:
            command(arguments[0] if arguments else None)(arguments, prog_name="cairn")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


def _run_for_programs(arguments: list[str]) -> int:
    """The exit status. What the command line breaks is a problem document, as all other errors are."""
    try:
        return command(arguments[0])(arguments, prog_name="cairn", standalone_mode=False) or ExitCode.DONE
    except typer.TyperException as error:
        tell(CommandInvalid(error.format_message()))
        return ExitCode.USAGE
    except typer.Abort:
        return ExitCode.FAILED


if __name__ == "__main__":
    main()
