"""What the command says of itself is true."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cairn.exit_codes import MEANINGS, ExitCode
from cairn.remote_address import remote_address
from cairn.serve import ADMIN
from tests.cairn.asked import answer, put
from tests.servers import warm
from tests.servers.cairn_server import SignedInServer
from tools import cli_page

VERBS: dict[str, Any] = dict(cli_page.verbs())
ID = "01890a5d-ac96-774b-bcce-b302099a8057"

# A run of each verb that has --json, in this order, in a bucket that holds `a`, `b` and `in/c`.
RUNS = [
    "login {url} --token-stdin",
    "ls",
    "ls cairn:{bucket}",
    "ls -r cairn:{bucket}",
    "cp cairn:{bucket}/a cairn:{bucket}/copy",
    "verify cairn:{bucket}",
    "status",
    "retry",
    "scrub",
    "rm cairn:{bucket}/b",
    "trash ls {bucket}",
    "undelete cairn:{bucket}/b",
    "mv cairn:{bucket}/in cairn:{bucket}/out",
    "undo --bucket {bucket} {group}",
    "tags cairn:{bucket}/a",
    "search --bucket {bucket}",
    "stats",
    "usage",
    "versions cairn:{bucket}/a",
    "restore cairn:{bucket}/a {version}",
    "bucket ls",
    "bucket show {bucket}",
    "bucket create {bucket}-2",
    "bucket set {bucket}-2 --title T",
    "bucket members {bucket}",
    "bucket share {bucket} " + ID + " viewer",
    "bucket unshare {bucket} " + ID,
    "bucket rm {bucket}-2 --yes",
    "bucket restore {removed}",
    "user add {bucket}@example.org --password-stdin",
    "user invite {bucket}-2@example.org",
    "user password {bucket}@example.org --password-stdin",
    "user quota {bucket}@example.org 1G",
    "user list",
    "token create --email {bucket}@example.org",
    "client add Photos --redirect-uri https://photos.example.org/signed-in",
    "client list",
    "client revoke {client}",
    "key rotate",
    "user delete {bucket}@example.org --yes",
    "doctor",
    "backup create --new --at file://{backup}",
    "backup list --at file://{backup}",
    "backup verify --at file://{backup}",
    "backup forget --keep 1 --at file://{backup}",
    "backup restore --at file://{backup}",
    "logout",
]


def options(verb: str) -> set[str]:
    return {name for one in VERBS[verb].params for name in [*one.opts, *one.secondary_opts] if name.startswith("-")}


def examples(verb: str) -> list[str]:
    block = VERBS[verb].epilog.split("\n\n")[0]
    return [re.split(r"\s{2,}", line.strip())[0] for line in block.splitlines()[2:]]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_each_verb_has_examples_its_exit_status_and_where_else_to_look(verb: str) -> None:
    text = VERBS[verb].get_help(cli_page.context(verb, VERBS[verb]))
    assert re.search(r"\n  Examples:\n    \S", text)
    assert "Exit status" in text
    assert "See also: cairn " in text
    assert all(one.help for one in VERBS[verb].params if one.name != "help"), "every option says what it does"


@pytest.mark.parametrize("verb", VERBS)
def test_each_example_is_of_its_verb_or_of_one_that_exists_with_options_that_exist(verb: str) -> None:
    assert any(f"cairn {verb}" in line for line in examples(verb))
    for line in examples(verb):
        for part in re.split(r" [|<] ", line):
            words = shlex.split(part)
            if "cairn" not in words:
                continue
            words = words[words.index("cairn") + 1 :]
            named = " ".join(words[:2]) if " ".join(words[:2]) in VERBS else words[0]
            assert named in VERBS, line
            given = {word for word in words if word.startswith("-")}
            assert given <= options(named) | {"-lr"}, line
            for word in words:
                if word.startswith("cairn:"):
                    remote_address(word)


@pytest.mark.parametrize("verb", VERBS)
def test_what_see_also_names_exists(verb: str) -> None:
    (line,) = [block for block in VERBS[verb].epilog.split("\n\n") if block.startswith("See also: ")]
    groups = {name.split()[0] for name in VERBS}
    for name in line.removeprefix("See also: ").removesuffix(".").split(", "):
        assert name.removeprefix("cairn ") in VERBS.keys() | groups


def test_options_of_one_name_are_the_same_thing_everywhere() -> None:
    short: dict[str, set[str]] = {}
    for found in VERBS.values():
        for one in found.params:
            for name in one.opts:
                if len(name) == 2:
                    short.setdefault(name, set()).add(next(long for long in one.opts if long.startswith("--")))
    assert all(len(names) == 1 for names in short.values()), short


def test_the_page_is_what_the_help_says() -> None:
    assert cli_page.PAGE.read_text() == cli_page.page(), "make docs writes it again"


def test_the_page_has_every_exit_status_and_no_other() -> None:
    table = cli_page.PAGE.read_text().partition("## Exit status")[2]
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)
    assert set(MEANINGS) == set(ExitCode)


def test_help_names_every_verb_and_the_exit_status() -> None:
    said = run("--help")
    for verb in {name.split()[0] for name in VERBS}:
        assert f"\n  {verb} " in said
    for code in ExitCode:
        assert re.search(rf"\b{code.value} {MEANINGS[code].split()[0]}", said)
    assert run("help") == said


@pytest.mark.parametrize("verb", ["ls", "bucket rm", "serve"])
def test_help_of_a_verb_may_be_asked_for_either_way(verb: str) -> None:
    assert run("help", *verb.split()) == run(*verb.split(), "--help")


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "cairn", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.full
def test_every_verb_that_answers_programs_does_so_with_one_document(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path / "files", bucket, "a", "b", "in/c")
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    known = {"url": shared.url, "bucket": bucket, "backup": str(tmp_path / "backup")}
    known["version"] = answer(shared, "versions", f"cairn:{bucket}/a")["items"][0]["version_id"]
    tried = set()
    for line in RUNS:
        words = line.format(**known).split()
        stdin = "correct horse battery\n" if words[0] == "user" else f"{shared.token}\n"
        # The doctor and the status may have found something; only administrators begin a round of proof.
        known_as = {"CAIRN_TOKEN": shared.add_token(ADMIN, "files", "admin")} if words[0] == "scrub" else {}
        if words[:2] == ["backup", "restore"]:
            known_as = {
                "CAIRN_DATA": str(tmp_path / "restored"),
                "CAIRN_SECRET": shared.settings().secret_bytes().decode(),
            }
        done = shared.cairn(
            *words, "--json", stdin=stdin, check=words[0] not in {"doctor", "status"}, **home, **known_as
        )
        assert done.stdout.count("\n") == 1, line
        document = json.loads(done.stdout)
        tried.add(" ".join(words[:2]) if " ".join(words[:2]) in VERBS else words[0])
        if words[0] == "mv":
            known["group"] = document["groups"][0]["group"]
        if words[:2] == ["bucket", "rm"]:
            known["removed"] = document["id"]
        if words[:2] == ["client", "add"]:
            known["client"] = document["id"]
    # A catalogue is lost in tests/end_to_end/test_leaving.py.
    assert tried == {verb for verb in VERBS if "--json" in options(verb)} - {"rebuild"}


@pytest.mark.full
def test_each_verb_says_3_with_a_problem_document_when_the_server_is_down(tmp_path: Path) -> None:
    environment = os.environ | {
        "XDG_CONFIG_HOME": str(tmp_path),
        "CAIRN_URL": "http://127.0.0.1:1",
        "CAIRN_TOKEN": "t",
        "CAIRN_RETRY_SECONDS": "0",
    }
    known = {"url": "http://127.0.0.1:1", "bucket": "b", "group": ID, "version": ID, "removed": ID}
    asking = [
        line for line in RUNS if line.split()[0] not in {"user", "token", "client", "key", "doctor", "backup", "logout"}
    ]
    for line in asking:
        command = [sys.executable, "-m", "cairn", *line.format(**known).split(), "--json"]
        done = warm.run(command, environment, "t\n", timeout=60)
        assert (done.returncode, done.stdout) == (3, ""), (line, done)
        assert json.loads(done.stderr)["type"] == "urn:cairn:problem:server-unreachable"
