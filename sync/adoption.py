"""`cairn doctor --adopt`: the database and the store, as they are now, are one installation from here on (ALGORITHMS.md 7)."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from block_storage import BlockStore, Presence
from foundation.blocks import BlockName
from foundation.problems import Problem
from metadata import Blocks, BlockState, Generation, Installation, RegisteredBlock
from sync.errors import AdoptionRefused
from sync.inspection import Audit, Progress, is_right, pages, presences
from sync.store_truth import StoreTruth, read_truth, write_truth

# PostgreSQL counts to 2⁶³ - 1; no installation comes anywhere near, so a higher number was made up.
_HIGHEST_WRITER = 1 << 62


def adopt(
    installation: Installation, blocks: Blocks, store: BlockStore, audit: Audit, progress: Progress
) -> Generation:
    """Mark what is missing, raise the upload numbers above the store's, then write one new generation to both. Repeatable.

    Bytes that nothing names are left to the sweeper. Raises AdoptionRefused, and changes nothing, where `audit`, made just before,
    could not look at every block; StorageFailed, DatabaseUnavailable.
    """
    if audit.unknown:
        raise AdoptionRefused(
            f"{audit.unknown} blocks could not be looked at: the store, or a copy of it, is not there."
        )
    if audit.newest_writer >= _HIGHEST_WRITER:
        raise AdoptionRefused("The store holds blocks with upload numbers that no installation gives out.")
    for page in pages(installation):
        if verdicts := _verdicts(store, page):
            blocks.judge(verdicts)
        progress(len(page))
    theirs = _readable_truth(store)
    installation.raise_writer(max(audit.newest_writer, theirs.writer if theirs else 0))
    return _begun_anew(installation, store, theirs)


def follow(installation: Installation, store: BlockStore) -> None:
    """The store is of the life that the database tells of. For a store that was filled for it just now. Raises StorageFailed."""
    ours = installation.read()
    if ours is not None:
        write_truth(store, StoreTruth(ours.installation, ours.number, installation.newest_writer()))


def _verdicts(store: BlockStore, page: list[RegisteredBlock]) -> Mapping[BlockName, BlockState]:
    verdicts = {}
    for block, presence in presences(store, page).items():
        if presence is Presence.MISSING:
            verdicts[block.name] = BlockState.MISSING
        elif presence is Presence.WRONG_SIZE:
            verdicts[block.name] = BlockState.DAMAGED
        elif block.state is not BlockState.STORED and presence is not Presence.UNKNOWN:
            verdicts[block.name] = BlockState.STORED if is_right(store, block) else BlockState.DAMAGED
    return {block.name: verdicts[block.name] for block in page if verdicts.get(block.name, block.state) != block.state}


def _readable_truth(store: BlockStore) -> StoreTruth | None:
    try:
        return read_truth(store)
    except Problem as problem:
        if problem.slug != "store-truth-invalid":
            raise
        return None


def _begun_anew(installation: Installation, store: BlockStore, theirs: StoreTruth | None) -> Generation:
    ours = installation.read() or installation.begin(theirs.installation if theirs else uuid4())
    raised = Generation(ours.installation, max(ours.number, theirs.generation if theirs else 0) + 1, is_settled=False)
    settled = replace(raised, is_settled=True)
    if not installation.replace(ours, raised):
        raise AdoptionRefused("A server works on this database: stop it first.")
    write_truth(store, StoreTruth(raised.installation, raised.number, installation.newest_writer()))
    installation.replace(raised, settled)
    return settled
