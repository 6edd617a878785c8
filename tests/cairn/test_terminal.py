"""What the verbs show and read."""

import json
import os
import stat
from pathlib import Path

import pytest
import typer

from cairn.credentials import (
    Credentials,
    credentials_path,
    forget_credentials,
    keep_credentials,
    load_credentials,
)
from cairn.remote_address import RemoteAddress, remote_address
from cairn.terminal import say_json, shown, size_text
from client import Unusual
from foundation.problems import Unauthenticated

KEPT = Credentials("https://one.example", "kept")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain ünï 😀", "plain ünï 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r\x07", "a\\nb\\tc\\r\\x07"),
        ("\u202etxt", "\\u202etxt"),
        ("\ufeff\u200b\u2028", "\\ufeff\\u200b\\u2028"),
        ("\x9b1m", "\\x9b1m"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown_as_an_escape(text: str, written: str) -> None:
    assert shown(text) == written


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**30 - 1, "1.0 GiB"),
        (5 * 2**40, "5.0 TiB"),
    ],
)
def test_sizes_have_four_digits_at_most(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_local_name_that_is_no_utf_8_does_not_spoil_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"/home/a\xff")
    say_json({"places": [name], "left_out": (Unusual(name, "a link"),), "files": 1})
    left_out = [{"place": "/home/a\\udcff", "reason": "a link"}]
    assert json.loads(capsys.readouterr().out) == {"places": ["/home/a\\udcff"], "left_out": left_out, "files": 1}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("cairn:b", RemoteAddress("b", "")),
        ("cairn:b/", RemoteAddress("b", "")),
        ("cairn:b/x", RemoteAddress("b", "x")),
        ("cairn:b/x/y/", RemoteAddress("b", "x/y/")),
        ("cairn:b/x:y", RemoteAddress("b", "x:y")),
    ],
)
def test_a_place_is_a_bucket_and_a_path(text: str, address: RemoteAddress) -> None:
    assert remote_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "b/x", "cairn:", "cairn:/x", "cairn:b//", "cairn:b/./x", "cairn:b/x/..", "cairn:../x"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        remote_address(text)


def kept_below(folder: Path, credentials: Credentials) -> tuple[dict[str, str], Path]:
    """An environment whose configuration is below `folder`, and the file there that keeps `credentials`."""
    home = {"XDG_CONFIG_HOME": str(folder)}
    path = credentials_path(home)
    path.parent.mkdir(mode=0o700, parents=True)
    keep_credentials(path, credentials)
    return home, path


def test_kept_credentials_are_the_owners_alone_and_replaced_in_one_step(tmp_path: Path) -> None:
    home, path = kept_below(tmp_path, Credentials("https://old.example", "old"))
    path.chmod(0o644)
    keep_credentials(path, KEPT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_credentials(home) == KEPT
    assert list(path.parent.iterdir()) == [path]
    assert forget_credentials(path)
    assert not forget_credentials(path)


def test_the_environment_overrides_and_never_mixes_addresses_with_tokens(tmp_path: Path) -> None:
    home, _path = kept_below(tmp_path, KEPT)
    assert load_credentials(home | {"CAIRN_URL": "https://two.example", "CAIRN_TOKEN": "t"}) == Credentials(
        "https://two.example", "t"
    )
    assert load_credentials(home | {"CAIRN_TOKEN": "t"}) == Credentials(KEPT.url, "t")
    assert load_credentials(home | {"CAIRN_URL": f"{KEPT.url}/"}) == KEPT
    with pytest.raises(Unauthenticated):
        load_credentials(home | {"CAIRN_URL": "https://two.example"})


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"url": "x"})])
def test_credentials_that_cannot_be_read_say_so(tmp_path: Path, text: str) -> None:
    home, path = kept_below(tmp_path, KEPT)
    path.write_text(text)
    with pytest.raises(Unauthenticated, match="cannot be read"):
        load_credentials(home)
