"""The `cairn` command. Each verb loads its rooms when it runs: `cairn ls` starts without the server's."""

import gc
import sys
from importlib import import_module

import typer

from cairn.exit_codes import EPILOG, ExitCode

# Where the user's verbs are, in the order of `cairn --help`. All others are the server's.
VERBS = {
    "login": "cairn.verbs.account",
    "logout": "cairn.verbs.account",
    "ls": "cairn.verbs.listing",
    "cp": "cairn.verbs.copying",
    "cat": "cairn.verbs.content",
    "verify": "cairn.verbs.content",
    "rm": "cairn.verbs.changing",
    "mv": "cairn.verbs.changing",
    "versions": "cairn.verbs.history",
    "restore": "cairn.verbs.history",
}


def command(verb: str | None = None) -> typer.Typer:
    """The command: with all its verbs, or with as many as running `verb` takes."""
    app = typer.Typer(
        name="cairn",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(help="Files on a Cairn server: copy, list, check, restore; and the server itself.")(_cairn)
    for name in dict.fromkeys([VERBS[verb]] if verb in VERBS else VERBS.values()):
        app.add_typer(import_module(name).app)
    if verb not in VERBS:
        server = import_module("cairn.server_verbs")
        app.add_typer(server.app)
        app.add_typer(server.user_app, name="user")
        app.add_typer(server.token_app, name="token")
    return app


def _cairn() -> None:
    """Without it typer would take a single verb for the whole command."""


def main() -> None:
    # What a verb makes it keeps or drops by count; looking for cycles in it again and again took a tenth of a large copy.
    gc.set_threshold(50_000, 20, 100)
    try:
        command(sys.argv[1] if len(sys.argv) > 1 else None)()
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
