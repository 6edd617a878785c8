"""The `cairn` command. Each verb loads its rooms when it runs: `cairn ls` starts without the server's."""

import sys
from importlib import import_module

import typer

from cairn.exit_codes import EPILOG, ExitCode

# The order of `cairn --help`. Modules of verbs import little; their functions import the rest.
VERBS = (
    "cairn.verbs.account",
    "cairn.verbs.listing",
    "cairn.verbs.copying",
    "cairn.verbs.content",
    "cairn.verbs.changing",
    "cairn.verbs.history",
    "cairn.server_verbs",
)


def command() -> typer.Typer:
    """The command with all its verbs."""
    app = typer.Typer(
        name="cairn",
        help="Files on a Cairn server: copy, list, check, restore; and the server itself.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name in VERBS:
        app.add_typer(import_module(name).app)
    server = import_module("cairn.server_verbs")
    app.add_typer(server.user_app, name="user")
    app.add_typer(server.token_app, name="token")
    return app


def main() -> None:
    try:
        command()()
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
