"""Run by the tests in a process of its own, to be killed: purge what is due, and before each further slice ask."""

import sys

from metadata import open_catalogue

SLICE = 5


def main(location: str) -> None:
    catalogue = open_catalogue(location)
    while catalogue.collection.purge_expired(SLICE):
        sys.stdout.write("slice\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
