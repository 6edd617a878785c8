"""The verbs that act on the server as an OpenID provider: client, key."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.manual import manual
from cairn.session import ending
from cairn.terminal import say, say_json, say_table
from cairn.verbs.arguments import AsJson

if TYPE_CHECKING:
    from identity import Client

app = typer.Typer(help="Programs that may ask people here for access.", no_args_is_help=True)
key_app = typer.Typer(help="Keys that the server signs with.", no_args_is_help=True)

_CODE, _REFRESH = "authorization_code", "refresh_token"


@app.command(
    "add",
    epilog=manual(
        {
            "cairn client add Photos --redirect-uri https://photos.example.org/signed-in": "prints its id and secret, this once",
            "cairn client add Player --public --redirect-uri http://127.0.0.1/done": "a program on people's machines; any port",
            "cairn client add Robot --grant client_credentials": "speaks for itself: an account of its own, with files of its own",
        },
        answer="{id, secret or null, name, redirect_uris, scopes, grants}",
        see=("client list", "client revoke"),
    ),
)
@ending()
def add_client(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people are asked about.")],
    redirect_uri: Annotated[
        list[str] | None, typer.Option(metavar="URI", help="Where answers may go, to the letter. Several times.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="It can keep no secret, and has none.")] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may ask for at most. Several times; if not given, files, and of people openid, email, offline_access."
        ),
    ] = None,
    grant: Annotated[
        list[str] | None,
        typer.Option(help="How it gets tokens. Several times; if not given, authorization_code and refresh_token."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a program ask people here for access. Also while the server runs."""
    from cairn.compose.data import migrate as bring_up
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings
    from identity import Client

    grants = frozenset(grant or [_CODE, _REFRESH])
    scopes = frozenset(
        scope or (["openid", "email", "offline_access", "files"] if grants & {_CODE, _REFRESH} else ["files"])
    )
    wanted = Client("", name, frozenset(redirect_uri or []), scopes, grants)
    settings = ServerSettings.read()
    bring_up(settings)
    with open_identity(settings) as identity:
        made = identity.add_client(wanted, is_public=public)
    if as_json:
        say_json({"id": made.client.id, "secret": made.secret, **_facts(made.client)})
    else:
        say(f"Client id: {made.client.id}")
        say(f"Secret, shown only now: {made.secret}" if made.secret else "It has no secret.")


@app.command(
    "list",
    epilog=manual(
        {"cairn client list": "programs that were added, oldest first"},
        answer="{items: [{id, is_public, created_at, name, redirect_uris, scopes, grants}, …]}",
        see=("client add", "client revoke"),
    ),
)
@ending()
def list_clients(as_json: AsJson = False) -> None:
    """The programs that may ask people here for access. Also while the server runs."""
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    with open_identity(ServerSettings.read()) as identity:
        found = identity.clients()
    if as_json:
        items = [
            {"id": one.id, "is_public": one.is_public, "created_at": one.created_at, **_facts(one)} for one in found
        ]
        say_json({"items": items})
    elif found:
        say_table(
            [
                (one.id, one.name, "public" if one.is_public else "", " ".join(sorted(one.redirect_uris)))
                for one in found
            ],
            left=4,
        )


@app.command(
    "revoke",
    epilog=manual(
        {"cairn client revoke 0199c7a0-0000-7000-8000-000000000001": "whatever it was let into ends"},
        answer="{id}",
        see=("client list", "client add"),
    ),
)
@ending()
def revoke_client(
    client: Annotated[str, typer.Argument(metavar="ID", help="Which.")],
    as_json: AsJson = False,
) -> None:
    """Know a program no more, and sign it out everywhere, at once. Also while the server runs."""
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    with open_identity(ServerSettings.read()) as identity:
        identity.revoke_client(client)
    if as_json:
        say_json({"id": client})
    else:
        say(f"{client} is revoked.")


@key_app.command(
    "rotate",
    epilog=manual(
        {"cairn key rotate": "when a key may have been seen, or once a year"},
        answer="{kid}",
        see=("client add", "serve"),
    ),
)
@ending()
def rotate_keys(as_json: AsJson = False) -> None:
    """Sign with a new key. Servers that run follow within a minute; what old keys signed stays good until it ends."""
    from cairn.compose.data import migrate as bring_up
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    bring_up(settings)
    with open_identity(settings) as identity:
        kid = identity.rotate_keys()
    if as_json:
        say_json({"kid": kid})
    else:
        say(f"New tokens are signed with {kid}.")


def _facts(client: "Client") -> dict[str, Any]:
    return {
        "name": client.name,
        "redirect_uris": sorted(client.redirect_uris),
        "scopes": sorted(client.scopes),
        "grants": sorted(client.grants),
    }
