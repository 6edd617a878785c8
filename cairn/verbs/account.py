"""`cairn login`, `cairn logout`."""

import os
import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cairn.manual import manual
from cairn.session import client_settings, ending
from cairn.terminal import note, say, say_json, shown
from cairn.verbs.arguments import AsJson

app = typer.Typer()


@app.command(
    epilog=manual(
        {
            "cairn login https://cairn.example.org": "asks for the token",
            "cairn token create --email ada@example.org | cairn login http://127.0.0.1:8080 --token-stdin": "",
        },
        answer="{url, email, kept_in}",
        see=("logout", "token create", "usage"),
    )
)
def login(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server, such as https://cairn.example.org.")],
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign in with a personal token. It is tried, then kept for the other verbs.

    Address and token are kept in credentials.json below $XDG_CONFIG_HOME/cairn (~/.config/cairn), readable by you only.
    CAIRN_URL and CAIRN_TOKEN together are used instead of what is kept; CAIRN_TOKEN alone goes to the kept address.
    """
    token = sys.stdin.readline().strip() if token_stdin else typer.prompt("Token", hide_input=True, err=True)
    if not token or not token.isascii() or not token.isprintable():
        raise typer.BadParameter("that is no token")
    with ending():
        from cairn.credentials import Credentials, keep_credentials
        from client import CairnClient

        with CairnClient(url, token, client_settings()) as client:
            email = client.who()
            path = keep_credentials(os.environ, Credentials(client.url, token))
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            note("cairn: this address is not https: whoever is on the way can read the token and the files")
        if as_json:
            say_json({"url": client.url, "email": email, "kept_in": str(path)})
        else:
            say(f"Signed in at {shown(client.url)} as {shown(email)}.")


@app.command(epilog=manual({"cairn logout": "forget the kept token"}, answer="{was_signed_in}", see=("login",)))
def logout(as_json: AsJson = False) -> None:
    """Forget the kept token. It stays valid until it is revoked on the server."""
    with ending():
        from cairn.credentials import forget_credentials

        was_there = forget_credentials(os.environ)
        if as_json:
            say_json({"was_signed_in": was_there})
        else:
            say("Signed out." if was_there else "Nobody was signed in.")
