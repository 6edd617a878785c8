"""The verbs that act on the server's own people: user."""

import json
import sys
from typing import Annotated

import typer

from cairn.manual import manual
from cairn.session import ending
from cairn.terminal import say, say_json, say_table, size_from, size_text
from cairn.verbs.arguments import AsJson, Yes

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command(
    "add",
    epilog=manual(
        {
            "cairn user add ada@example.org": "asks for the password",
            "cairn user add ada@example.org --admin --password-stdin < password": "an administrator",
        },
        answer="{user_id, email}",
        see=("user quota", "token create"),
    ),
)
@ending()
def add_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who.")],
    password_stdin: PasswordStdin = False,
    admin: Annotated[bool, typer.Option("--admin", help="May see the whole installation's figures and users.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person. Asks for the password unless it comes on standard input."""
    from cairn.compose.data import migrate as bring_up
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    password = _password(password_stdin)
    settings = ServerSettings.read()
    bring_up(settings)
    with open_identity(settings) as identity:
        user = identity.add_user(email, password, is_admin=admin)
    typer.echo(json.dumps({"user_id": str(user.id), "email": email}) if as_json else f"Added {email}.")


@app.command(
    "invite",
    epilog=manual(
        {"cairn user invite grace@example.org": "prints a link; send it to her"},
        answer="{id, link, expires_at}",
        see=("user add", "user list"),
    ),
)
@ending()
def invite_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who.")],
    as_json: AsJson = False,
) -> None:
    """Make a link with which a person makes their own account, once, within seven days. Also while the server runs."""
    from cairn.compose.data import migrate as bring_up
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    bring_up(settings)
    with open_identity(settings) as identity:
        made = identity.invite(email)
    if as_json:
        say_json({"id": str(made.id), "link": made.link, "expires_at": made.expires_at.isoformat()})
    else:
        say(made.link)


@app.command(
    "password",
    epilog=manual(
        {
            "cairn user password ada@example.org": "asks for the new password",
            "cairn user password ada@example.org --password-stdin < password": "for programs",
        },
        answer="{user_id, email}",
        see=("user add", "user invite"),
    ),
)
@ending()
def set_password(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Give a person a new password, and sign out whatever the old one let in. Personal tokens stay. Also while the server runs."""
    from cairn.compose.data import open_identity
    from cairn.settings import ServerSettings

    password = _password(password_stdin)
    with open_identity(ServerSettings.read()) as identity:
        identity.set_password(email, password)
        user = identity.user(email)
    if as_json:
        say_json({"user_id": str(user.id), "email": user.email})
    else:
        say(f"{user.email} has a new password.")


@app.command(
    "quota",
    epilog=manual(
        {
            "cairn user quota ada@example.org 10G": "at most 10 GiB, all versions counted",
            "cairn user quota ada@example.org none": "as much as there is room for",
        },
        answer="{user_id, email, used_bytes, quota_bytes}",
        see=("usage", "user add"),
    ),
)
@ending()
def set_quota(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    size: Annotated[str, typer.Argument(metavar="BYTES|none", help="A number, also as 500M, 10G, 2T: powers of 1024.")],
    as_json: AsJson = False,
) -> None:
    """Set how much a person's buckets may hold. What is there stays, also where it is more. Also while the server runs."""
    from cairn.quotas import set_quota as set_for
    from cairn.settings import ServerSettings

    quota = None if size == "none" else size_from(size)
    user_id, usage = set_for(ServerSettings.read(), email, quota)
    if as_json:
        found = {"user_id": str(user_id), "email": email, "used_bytes": usage.used_bytes, "quota_bytes": quota}
        typer.echo(json.dumps(found))
    else:
        typer.echo(f"{email}: {size_text(usage.used_bytes)} used of {size if quota is None else size_text(quota)}.")


@app.command(
    "list",
    epilog=manual(
        {"cairn user list": "who there is, what they have, and who is being deleted"},
        answer="{items: [{user_id, email, is_admin, created_at, disabled_at, used_bytes, left: {buckets, files, …} or null}, …]}",
        see=("user add", "user delete"),
    ),
)
@ending()
def list_users(as_json: AsJson = False) -> None:
    """Everybody, by address. Also while the server runs."""
    from cairn.people import people
    from cairn.settings import ServerSettings

    found = people(ServerSettings.read())
    if as_json:
        say_json({"items": found})
    elif found:
        say_table([(one.email, one.standing, size_text(one.used_bytes)) for one in found], left=2)


@app.command(
    "delete",
    epilog=manual(
        {
            "cairn user delete ada@example.org": "asks first, and waits until all of it is gone",
            "cairn user delete ada@example.org --yes --json": "for programs",
        },
        answer="{user_id, email, buckets, files, versions, version_bytes}",
        see=("user list", "bucket rm"),
    ),
)
@ending()
def delete_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a person with all that is theirs, for good. Asks first, unless --yes. Also while the server runs.

    They are signed out everywhere within half a minute. Their buckets go with all files and versions, trash included; what
    others have, copies of it too, stays. When it is interrupted a running server goes on with it, and so does the same command.
    """
    from cairn.people import delete, found
    from cairn.progress_bar import falling
    from cairn.settings import ServerSettings

    settings = ServerSettings.read()
    if not yes:
        usage = found(settings, email)
        what = f"{usage.buckets:,} buckets, {usage.files:,} files, {size_text(usage.used_bytes)} in all versions"
        typer.confirm(f"Delete {email} for good, with {what}?", abort=True, err=True)
    with falling("Left of it", is_quiet=as_json) as told:
        was = delete(settings, email, told)
    if as_json:
        say_json(
            {
                "user_id": was.user,
                "email": email,
                "buckets": was.buckets,
                "files": was.files,
                "versions": was.versions,
                "version_bytes": was.version_bytes,
            }
        )
    else:
        say(f"{email} is deleted, with {was.buckets:,} buckets and {was.files:,} files.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
