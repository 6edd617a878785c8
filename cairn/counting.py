"""In which files a worker's processes count. To be said before prometheus_client is loaded, which looks at it only then."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def counting_in_files() -> Iterator[Path]:
    """This process and those that it begins count in files from now on; it gives the folder for `count_in`, and uses another."""
    with TemporaryDirectory(prefix="cairn-worker-") as folder:
        own, hands = Path(folder, "own"), Path(folder, "hands")
        for each in (own, hands):
            each.mkdir()
        count_in(own)
        yield hands


def count_in(folder: Path) -> None:
    """Also for a process that has begun as a copy: what its original counted is not its own."""
    os.environ.update(counted_in(folder))


def counted_in(folder: Path) -> Mapping[str, str]:
    """The environment of a program that counts in `folder`."""
    return {_VARIABLE: str(folder)}


def counts_folder() -> Path:
    """Where this process counts."""
    return Path(os.environ[_VARIABLE])
