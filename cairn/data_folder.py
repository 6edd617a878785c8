"""Which version of the data folder this is: `cairn.json` in it, made with it and looked at before anything in it is touched."""

import json
import os
from pathlib import Path

from cairn.errors import DataFolderForeign, DataFolderTooNew

FILE = "cairn.json"
FORMAT = 1
# What a folder without cairn.json, of before there was one, holds at least one of.
_OWN = ("cairn.db", "secret", "server.lock")


def prepare_data_folder(folder: Path, version: str) -> None:
    """Make the folder, or bring an older one to this format. Nothing in it is changed where it is refused.

    Raises DataFolderTooNew, DataFolderForeign.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if check_data_folder(folder) != FORMAT:
        _write(folder, json.dumps({"format": FORMAT, "made_by": f"cairn {version}"}) + "\n")


def check_data_folder(folder: Path) -> int:
    """Its format, 0 for one without a mark that may get one. Raises as `prepare_data_folder` does."""
    try:
        text = (folder / FILE).read_bytes()
    except FileNotFoundError:
        _require_own_or_empty(folder)
        return 0
    try:
        document = json.loads(text)
        found, made_by = document["format"], document["made_by"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataFolderForeign(
            f"{folder / FILE} is not the mark of a data folder. Put it back from the backup."
        ) from error
    if found != FORMAT:
        raise DataFolderTooNew(
            f"{folder} is a data folder of format {found}, last used by {made_by}; this version knows format {FORMAT}."
            " Run that version or a newer one, or restore the backup from before."
        )
    return FORMAT


def _require_own_or_empty(folder: Path) -> None:
    entries = {path.name for path in folder.iterdir()}
    visible = sorted(name for name in entries - {"lost+found"} if not name.startswith("."))
    if visible and not entries & set(_OWN):
        raise DataFolderForeign(
            f"{folder} is not empty ({visible[0]}), and nothing in it is of Cairn. Set CAIRN_DATA to a folder of its own."
        )


def _write(folder: Path, text: str) -> None:
    """Durable and atomic: a crash leaves the folder without a mark, or with the whole of it."""
    temporary = folder / f".{FILE}-{os.getpid()}"
    with temporary.open("w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    temporary.replace(folder / FILE)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
