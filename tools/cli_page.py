"""docs/cli.md: every verb, from the help that it shows itself."""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer.main

from cairn.__main__ import command
from cairn.exit_codes import MEANINGS
from cairn.manual import EXIT_STATUS
from client import Bucket, BucketFigures, PurgeLeft, RemoteFile, SyncEvent

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "cli.md"

_SHAPES = {
    "file": RemoteFile,
    "bucket": Bucket,
    "its purge, or null": PurgeLeft,
    "figures": BucketFigures,
    "event": SyncEvent,
}

_HEAD = """# The `cairn` command

`cairn help VERB` shows what is written here about a verb. A place on the server is written `cairn:BUCKET/PATH`; a path that ends
with `/` is a folder. BUCKET is a bucket's name, or its id: buckets that others share with you have only their ids. The verbs `serve`,
`migrate`, `doctor`, `backup` ([operations.md](operations.md)), `user` and `token` run on the server's own machine. `make docs` writes
this page.

| variable | meaning |
|---|---|
| `CAIRN_URL`, `CAIRN_TOKEN` | together: used instead of what `cairn login` keeps |
| `CAIRN_TOKEN` | alone: goes to the kept address |
| `CAIRN_URL` | alone: never gets a token that is kept for another |
| `CAIRN_RETRY_SECONDS` | how long a call is tried again while the server is away; 60 if not set |
| `CAIRN_CLI_CLIENT_ID` | the client as which `cairn login` signs in; `cairn-cli` if not set |

## Signing in
`cairn login URL` shows an address and a code. Open it anywhere, on a phone too, sign in there as always, and say yes to the code:
the command ends, and this machine is among your devices. What it keeps lasts as long as it is used now and then; an access token of
minutes is renewed by whichever `cairn` command needs it first, also in the middle of a copy of hours. Who cannot open a browser at
all, such as a timer on a server, signs in with a personal token: `cairn login URL --token-stdin`, or `CAIRN_URL` and `CAIRN_TOKEN`.

## Copies
Nothing is ever deleted on the other side. Only blocks that the server lacks are sent. A copy that was interrupted, or killed, on either
side goes on with the same command: files that are done are skipped, blocks that arrived are not sent again, and a hidden
`.cairn-….part` beside a download's target holds what came. Links and special files are left out and named; empty folders are copied.
A file that changes while it is read is read once more, then refused: what is stored was the file at one moment.

## Undo
`cairn rm` and `cairn mv` print the id of a group, which `cairn undo` takes back as a whole, as long as nobody changed the files
since and the bucket's trash keeps them. A folder of up to 100,000 files is one group, done as a whole or not at all. A larger one
goes by its subfolders, and files that lie directly in it by the thousand: all their ids are printed, and each is a whole. If one is
refused, those before it stay done and are told with what undoes them, and the command ends with 7.

## Completion
`cairn --install-completion` makes the shell complete verbs, options and, by asking the server, buckets and paths; bash, zsh and fish.
`--show-completion` prints what it would install. Where the server does not answer within about a second nothing is offered, and
neither are names that a shell would take for more than a name, such as those with blanks or quotes.
"""

_TAIL = """
## Answers for programs
With `--json` a verb writes one JSON document on one line and shows no progress; `cat` writes bytes only, `login` two documents. Sizes
are bytes, times RFC 3339 in UTC, names exact. An error is one problem document ([problems.md](problems.md)) on one line of standard
error, also where the command itself makes no sense; what `cp`, `mv`, `verify`, `status` and `scrub` refuse or find is in their answer.
Questions are not asked: say `--yes`.

| shape | fields |
|---|---|
"""

_STATUS = """
## Exit status
| status | meaning |
|---|---|
"""

_NAMES = """
Names are shown so that they cannot steer the terminal: control characters, direction marks and the like appear as escapes such as
`\\x1b` and `\\u202e`.
"""


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb with its command, in the order of `cairn --help`; those of groups as `bucket ls`."""
    root: Any = typer.main.get_command(command())
    for name, found in root.commands.items():
        if hasattr(found, "commands"):
            yield from ((f"{name} {inner}", one) for inner, one in found.commands.items())
        else:
            yield name, found


def context(name: str, found: Any) -> typer.Context:
    return typer.Context(found, info_name=f"cairn {name}")


def page() -> str:
    rows = "".join(f"| [`{name}`](#cairn-{name.replace(' ', '-')}) | {_summary(found)} |\n" for name, found in verbs())
    table = f"\n## Verbs\n| verb | what it does |\n|---|---|\n{rows}"
    statuses = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    shapes = "".join(f"| {name} | `{_fields(shape)}` |\n" for name, shape in _SHAPES.items())
    sections = "".join(_section(name, found) for name, found in verbs())
    return _HEAD + table + sections + _TAIL + shapes + _STATUS + statuses + _NAMES


def _fields(shape: type[Any]) -> str:
    return "{" + ", ".join(field.name for field in fields(shape)) + "}"


def _summary(found: Any) -> str:
    first = inspect.cleandoc(found.help).partition("\n\n")[0].replace("\n", " ")
    return first.partition(". ")[0].removesuffix(".")


def _section(name: str, found: Any) -> str:
    usage = " ".join(["cairn", name, *found.collect_usage_pieces(context(name, found))])
    text = "\n\n".join(part.replace("\n", " ") for part in inspect.cleandoc(found.help).split("\n\n"))
    return f"\n### cairn {name}\n`{usage}`\n\n{text}\n\n{_parameters(found)}{_manual(found.epilog)}"


def _parameters(found: Any) -> str:
    rows = ""
    for one in found.params:
        if one.name == "help":
            continue
        names = ", ".join(f"`{name}`" for name in [*one.opts, *one.secondary_opts])
        if one.param_type_name == "argument":
            names = f"`{(one.metavar or one.name.upper())}`"
        elif one.metavar:
            names += f" `{one.metavar}`"
        rows += f"| {names.replace('|', '&#124;')} | {(one.help or '').replace('|', '&#124;')} |\n"
    return f"| | |\n|---|---|\n{rows}\n" if rows else ""


def _manual(epilog: str) -> str:
    text = ""
    for block in epilog.split("\n\n"):
        head, _, rest = block.removeprefix("\b\n").partition("\n")
        if head == "Examples:":
            text += f"```text\n{inspect.cleandoc(rest)}\n```\n"
        elif head == "With --json:":
            text += f"\n`--json`: `{rest.strip()}`\n"
        elif head != EXIT_STATUS:
            text += f"\n{head}\n"
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
