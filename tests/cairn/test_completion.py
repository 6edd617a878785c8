"""Completion, asked for as the shells ask."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cairn.asked import answer, put, someone
from tests.servers.cairn_server import SignedInServer

BASH = """
{script}
COMP_WORDS=({words}) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_cairn_completion cairn
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(shell: str) -> str:
    program = (
        f"import sys; sys.argv = ['cairn', '--show-completion', '{shell}']; from cairn.__main__ import main; main()"
    )
    environment = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def bash(server: SignedInServer, *words: str, **environment: str) -> list[str]:
    """What the installed script offers a bash that has split the line into `words`; the last is being typed."""
    path = server.data.parent / "bin"
    path.mkdir(exist_ok=True)
    (path / "cairn").write_text(f'#!/bin/sh\nexec {sys.executable} -m cairn "$@"\n')
    (path / "cairn").chmod(0o755)
    environment["PATH"] = f"{path}:{os.environ['PATH']}"
    text = BASH.format(script=script("bash"), words=" ".join(f"'{word}'" for word in words))
    command = ["bash", "--norc", "-c", text]
    done = subprocess.run(
        command, env=server.environment | environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def asked(server: SignedInServer, shell: str, line: str, **environment: str) -> str:
    variables = {"_CAIRN_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line}
    done = server.cairn(**variables, _TYPER_COMPLETE_FISH_ACTION="get-args", **environment)
    assert done.stderr == ""
    return done.stdout


def test_bash_completes_buckets_folders_and_files_though_it_splits_at_the_colon(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "photos/may", "photos/june", "plan")
    assert bash(shared, "cairn", "ls", "cairn", ":", bucket[:8])[0] == f"{bucket}/"
    assert bash(shared, "cairn", "ls", "cairn", ":", f"{bucket}/p") == [f"{bucket}/photos/", f"{bucket}/plan"]
    assert bash(shared, "cairn", "rm", "cairn", ":", f"{bucket}/photos/j") == [f"{bucket}/photos/june"]
    assert bash(shared, "cairn", "cp", "cairn", ":", f"{bucket}/pl") == [f"{bucket}/plan"]
    assert bash(shared, "cairn", "bucket", "show", bucket[:8]) == [bucket]
    assert bash(shared, "cairn", "ls", "cai") == ["cairn:"]


def test_a_folder_alone_comes_with_what_is_in_it_so_that_no_blank_follows(
    shared: SignedInServer, bucket: str, tmp_path: Path
) -> None:
    put(shared, tmp_path, bucket, "photos/may")
    assert bash(shared, "cairn", "ls", "cairn", ":", f"{bucket}/ph") == [f"{bucket}/photos/", f"{bucket}/photos/may"]


def test_zsh_and_fish_are_answered_with_whole_places(shared: SignedInServer, bucket: str, tmp_path: Path) -> None:
    put(shared, tmp_path, bucket, "photos/may", "plan")
    assert asked(shared, "fish", f"cairn ls cairn:{bucket}/pl") == f"cairn:{bucket}/plan\n"
    assert f'"cairn\\\\:{bucket}/plan"' in asked(shared, "zsh", f"cairn ls cairn:{bucket}/pl")


def test_verbs_and_options_are_completed(shared: SignedInServer) -> None:
    assert bash(shared, "cairn", "und") == ["undo", "undelete"]
    assert bash(shared, "cairn", "bucket", "sha") == ["share"]
    assert bash(shared, "cairn", "search", "--desc") == ["--description"]


def test_files_of_this_machine_are_left_to_the_shell(shared: SignedInServer) -> None:
    assert bash(shared, "cairn", "cp", "rep") == []


@pytest.mark.parametrize("name", ["a b", "a'b", "a$(touch x)", "a`x`", "a;b", "a*", "a\\b", 'a"b', "a\u202eb"])
def test_names_that_a_shell_would_take_for_more_are_not_offered(
    shared: SignedInServer, bucket: str, tmp_path: Path, name: str
) -> None:
    put(shared, tmp_path, bucket, name, "good")
    assert asked(shared, "fish", f"cairn ls cairn:{bucket}/") == f"cairn:{bucket}/good\n"


def test_a_shared_bucket_is_offered_by_its_id(shared: SignedInServer, bucket: str) -> None:
    id = answer(shared, "bucket", "create", bucket)["id"]
    viewer, theirs = someone(shared, f"{bucket}@example.org")
    shared.cairn("bucket", "share", bucket, viewer, "viewer")
    assert asked(shared, "fish", "cairn ls cairn:", **theirs) == f"cairn:{id}/\n"


@pytest.mark.parametrize(
    "environment",
    [
        {"CAIRN_URL": "http://127.0.0.1:1"},
        {"CAIRN_TOKEN": "wrong"},
        {"CAIRN_URL": "nonsense"},
        {"CAIRN_URL": "", "CAIRN_TOKEN": "", "XDG_CONFIG_HOME": "/nowhere"},
    ],
    ids=["down", "wrong-token", "no-address", "not-signed-in"],
)
def test_what_goes_wrong_is_silence(shared: SignedInServer, environment: dict[str, str]) -> None:
    assert asked(shared, "fish", "cairn ls cairn:b", **environment).strip() == ""


def test_a_server_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    import socket
    import time

    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        server = SignedInServer(tmp_path, CAIRN_URL=f"http://127.0.0.1:{mute.getsockname()[1]}", CAIRN_TOKEN="t")
        began = time.monotonic()
        assert asked(server, "fish", "cairn ls cairn:b").strip() == ""
        assert time.monotonic() - began < 20  # Far below the minutes that a verb would wait, far above a slow start.


def test_completing_loads_no_server(shared: SignedInServer, bucket: str) -> None:
    shared.cairn("bucket", "create", bucket)
    program = (
        "import sys; sys.argv = ['cairn']; from cairn.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({'fastapi', 'starlette', 'sqlalchemy', 'pydantic_settings', 'click'} & set(sys.modules)), file=sys.stderr)"
    )
    variables = {"_CAIRN_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    environment = shared.environment | variables | {"_TYPER_COMPLETE_ARGS": f"cairn ls cairn:{bucket}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr.split()) == ([f"cairn:{bucket}/"], [])
