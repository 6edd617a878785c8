"""`cairn login`, `cairn logout`."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from urllib.parse import urlsplit

import typer

from cairn.exit_codes import ExitCode
from cairn.manual import manual
from cairn.session import client_settings, ending
from cairn.terminal import note, say, say_json, shown
from cairn.verbs.arguments import AsJson

if TYPE_CHECKING:
    from client import Account

app = typer.Typer()

CLIENT_ID = "cairn-cli"


class _SignedIn(NamedTuple):
    url: str
    account: "Account"
    kept_in: Path


@app.command(
    epilog=manual(
        {
            "cairn login https://cairn.example.org": "shows an address and a code, and waits",
            "cairn login https://cairn.example.org --browser": "opens the address here, too",
            "cairn token create --email ada@example.org | cairn login http://127.0.0.1:8080 --token-stdin": "",
        },
        answer='{event: "code", verification_uri, verification_uri_complete, user_code, expires_in}, unless --token-stdin; '
        'on the next line {event: "signed-in", url, email, kept_in}',
        see=("logout", "token create", "usage"),
    )
)
def login(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server, such as https://cairn.example.org.")],
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Sign in with a personal token, read from standard input.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Open the address in a browser on this machine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign this machine in: say yes to it on the page, in a browser on any machine.

    Address and tokens are kept in credentials.json below $XDG_CONFIG_HOME/cairn (~/.config/cairn), readable by you only, and
    renewed as needed. The page lists this machine among your devices; there, or by `cairn logout`, it is signed out.
    CAIRN_URL and CAIRN_TOKEN together are used instead of what is kept; CAIRN_TOKEN alone goes to the kept address.
    """
    with ending():
        client_id = os.environ.get("CAIRN_CLI_CLIENT_ID") or CLIENT_ID
        signed = _by_token(url) if token_stdin else _by_device(url, client_id, opens_browser=browser, as_json=as_json)
        email = signed.account.email or signed.account.user_id
        if as_json:
            say_json({"event": "signed-in", "url": signed.url, "email": email, "kept_in": str(signed.kept_in)})
        else:
            say(f"Signed in at {shown(signed.url)} as {shown(email)}.")


@app.command(
    epilog=manual(
        {"cairn logout": "end the sign-in, and forget it"}, answer="{was_signed_in, was_revoked}", see=("login",)
    )
)
def logout(as_json: AsJson = False) -> None:
    """Sign this machine out: the server ends its sign-in, and the tokens are forgotten.

    If the server cannot be asked, they are forgotten all the same, and the exit status is 3. A personal token is only forgotten:
    it stays valid until it is revoked on the server.
    """
    with ending():
        from cairn.sign_ins import end

        ended = end(os.environ)
        if as_json:
            say_json({"was_signed_in": ended.was_signed_in, "was_revoked": ended.was_revoked})
        else:
            say("Signed out." if ended.was_signed_in else "Nobody was signed in.")
        if ended.was_revoked is False:
            note(
                f"cairn: the server did not end the sign-in ({shown(ended.refusal)}):"
                " sign this machine out there, under its devices"
            )
            raise typer.Exit(ExitCode.NOT_ASKED)


def _by_token(url: str) -> _SignedIn:
    from cairn.credentials import Credentials
    from cairn.sign_ins import begin
    from client import CairnClient

    # Whoever types it is not to be read over the shoulder.
    token = typer.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not token or not token.isascii() or not token.isprintable():
        raise typer.BadParameter("that is no token")
    with CairnClient(url, token, client_settings()) as client:
        _warn_of_plain_http(client.url)
        account = client.account()
    return _SignedIn(client.url, account, begin(os.environ, Credentials(client.url, token, account.user_id)))


def _by_device(url: str, client_id: str, *, opens_browser: bool, as_json: bool) -> _SignedIn:
    from cairn.credentials import Credentials, Renewal
    from cairn.device_sign_in import issued_by_device
    from cairn.kept_tokens import renewal_from
    from cairn.sign_ins import begin, revoke
    from client import CairnClient
    from client.sign_in import Provider

    provider = Provider(url, client_id)
    _warn_of_plain_http(provider.url)
    issued = issued_by_device(provider, opens_browser=opens_browser, as_json=as_json)
    renewal = renewal_from(issued, Renewal("", 0, provider.issuer(), client_id), time.time())
    try:
        with CairnClient(provider.url, issued.access_token, client_settings()) as client:
            account = client.account()
    except BaseException:
        revoke(Credentials(provider.url, issued.access_token, None, renewal))
        raise
    credentials = Credentials(
        provider.url, issued.access_token, account.user_id, renewal if renewal.refresh_token else None
    )
    return _SignedIn(provider.url, account, begin(os.environ, credentials))


def _warn_of_plain_http(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        note("cairn: this address is not https: whoever is on the way can read the token and the files")
