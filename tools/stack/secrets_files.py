"""The secrets of a stack: made once as the containers have them, and written down as this machine's processes read them."""

import os
import subprocess
from pathlib import Path

from tools.stack.composition import COMPOSE
from tools.stack.places import Places


def write_secrets(places: Places) -> None:
    """Each secret in a file of mode 600 below run/secrets/, with addresses of this machine; where backups lie is what CAIRN_BACKUP says.

    Raises ValueError where CAIRN_DATA has a secret already that is not this stack's.
    """
    _adopt(places.data / "secret", places.secrets / "secret")
    subprocess.run([COMPOSE / "prepare.sh", places.secrets], check=True, stdout=subprocess.DEVNULL)
    for file in places.secrets.iterdir():
        _write(places.run / "secrets" / file.name, places.translated(file.read_text()))
    # The containers' folder is not here.
    _write(places.run / "secrets" / "backup_reader", os.environ.get("CAIRN_BACKUP", "") + "\n")
    # Where the admin's verbs look for it, and what makes this a data folder.
    _write(places.data / "secret", (places.secrets / "secret").read_text())


def _adopt(here: Path, there: Path) -> None:
    """`make run` may have served this folder before: what it encrypted needs the same secret."""
    if not here.exists():
        return
    if not there.exists():
        there.parent.mkdir(mode=0o700, exist_ok=True)
        _write(there, here.read_text())
    if here.read_text().strip() != there.read_text().strip():
        raise ValueError(f"{here} and {there} differ: one of them belongs to another installation")


def read(places: Places, name: str) -> str:
    return (places.run / "secrets" / name).read_text().strip()


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
