"""Run by the fault tests in a process of its own: read one block back, and say what was found.

Arguments: the block's name, then the folders of the copies. Says the proof as JSON.
"""

import json
import sys
from dataclasses import asdict

from block_storage import FilesystemBlockStore
from foundation.blocks import BlockName


def main(text: str, *paths: str) -> None:
    store = FilesystemBlockStore(paths)
    name = BlockName.parse(text)
    print(json.dumps(asdict(store.prove([(name, 0)])[name])))  # noqa: T201 — the answer to the test.
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
