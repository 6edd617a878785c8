"""Registering received blocks by natural group commit: at once when idle, together with all that waits when not."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from anyio.to_thread import run_sync

from metadata import ReceivedBlock

Register = Callable[[UUID, Sequence[ReceivedBlock]], None]


class _Group:
    """Blocks of one upload that share a transaction."""

    __slots__ = ("blocks", "done")

    def __init__(self) -> None:
        self.blocks: list[ReceivedBlock] = []
        self.done: asyncio.Task[None] | None = None


class _Line:
    """The groups of one upload: one transaction runs, one group gathers behind it; full ones queue between the two."""

    __slots__ = ("gathering", "pending", "turn")

    def __init__(self) -> None:
        self.gathering: _Group | None = None
        self.pending = 0
        self.turn = asyncio.Lock()


class Registrar:
    """Registers blocks of many requests. A lone block never waits for others; there is no timer."""

    def __init__(self, register: Register, group_blocks: int) -> None:
        self._register = register
        self._group_blocks = group_blocks
        self._lines: dict[UUID, _Line] = {}

    async def register(self, upload: UUID, blocks: Sequence[ReceivedBlock]) -> None:
        """Return once `blocks` are registered. Raises what the catalogue's `register` does, for the whole group.

        A caller that is cancelled does not stop its group: the others of it are waiting too.
        """
        if not blocks:
            return
        line = self._lines.setdefault(upload, _Line())
        group = line.gathering
        if group is None or len(group.blocks) + len(blocks) > self._group_blocks:
            group = line.gathering = _Group()
            line.pending += 1
            group.done = asyncio.create_task(self._run(upload, line, group))
            group.done.add_done_callback(_retrieve)
        group.blocks.extend(blocks)
        assert group.done is not None  # noqa: S101 — set where the group is made.
        await asyncio.shield(group.done)

    async def _run(self, upload: UUID, line: _Line, group: _Group) -> None:
        try:
            async with line.turn:
                if line.gathering is group:
                    line.gathering = None
                # Tried once, whatever happens: an unknown outcome must not be followed by the same names again.
                await run_sync(self._register, upload, group.blocks)
        finally:
            line.pending -= 1
            if not line.pending:
                del self._lines[upload]


def _retrieve(task: asyncio.Task[None]) -> None:
    """Where every caller has gone, nobody else looks at the outcome."""
    if not task.cancelled():
        task.exception()
