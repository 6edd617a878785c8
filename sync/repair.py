"""Blocks of which no copy is right, made whole again from bytes that were to be erased: the same block under a dead name."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from block_storage import BlockStore
from foundation.blocks import BlockName
from foundation.problems import Problem
from metadata import Blocks, Jobs, ReceivedBlock

log = logging.getLogger("cairn.sync")

# Registered together: what is kept in memory meanwhile is names, never bytes.
_GROUP = 32


def repair(
    jobs: Jobs, blocks: Blocks, store: BlockStore, broken: Mapping[BlockName, int]
) -> Mapping[BlockName, ReceivedBlock]:
    """`broken`: names that were judged damaged or missing, with the xxh3 of their bytes. Which are whole again, and as what.

    The bytes are put under new names, so nothing of the old is changed, and a repair that is cut off leaves only what the sweeper takes.
    Raises what the catalogue raises; a store that fails heals nothing.
    """
    dead = jobs.dead_names([name.id for name in broken])
    sources = [(name, xxh3, dead[name.id]) for name, xxh3 in broken.items() if dead.get(name.id)]
    healed: dict[BlockName, ReceivedBlock] = {}
    for start in range(0, len(sources), _GROUP):
        healed |= _group_repaired(jobs, blocks, store, sources[start : start + _GROUP])
    return healed


def _group_repaired(
    jobs: Jobs, blocks: Blocks, store: BlockStore, sources: Sequence[tuple[BlockName, int, Sequence[BlockName]]]
) -> Mapping[BlockName, ReceivedBlock]:
    upload, writer = jobs.open_repair()
    try:
        put = {}
        for name, xxh3, dead in sources:
            if received := _put_again(store, writer, xxh3, dead):
                put[name] = received
        if put:
            blocks.register(upload, list(put.values()))
        return put
    finally:
        # It expires by itself where this fails.
        with suppress(Problem):
            jobs.close_repair(upload)


def _put_again(store: BlockStore, writer: int, xxh3: int, dead: Sequence[BlockName]) -> ReceivedBlock | None:
    for name in dead:
        try:
            data = store.get(name, xxh3)
            if sha256(data).digest() != name.id:
                continue
            new = BlockName.new(name.id, writer)
            store.put(new, data)
        except Problem as problem:
            log.info("no repair from a dead name", extra={"block": str(name.id), "problem": problem.slug})
        else:
            return ReceivedBlock(new, len(data), xxh3)
    return None
