"""A server process of its own, to be killed: `python -m tests.chunker.serve_chunker DATABASE STORE` prints its port."""

import sys
import threading
from contextlib import closing

from block_storage import open_block_store
from metadata import open_catalogue
from tests.chunker.served import served


def main(database: str, store_location: str) -> None:
    with (
        closing(open_catalogue(database)) as catalogue,
        closing(open_block_store(store_location, initialise=True)) as store,
        served(catalogue, store) as stack,
    ):
        sys.stdout.write(stack.address + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
