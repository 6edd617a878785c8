"""Run by the tests in a process of its own, to be killed: close what closes, and before each further slice ask."""

import sys

from metadata import open_catalogue
from tests.metadata.closing import SLICE, SMALL


def main(location: str) -> None:
    collection = open_catalogue(location, SMALL).collection
    while collection.close_accounts(SLICE) or collection.purge_expired(SLICE):
        sys.stdout.write("slice\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
