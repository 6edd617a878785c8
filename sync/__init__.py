"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from sync.collect import collect, erase, expire, nominate, sweep
from sync.loop import Chore, Loop, chores

__all__ = ["Chore", "Loop", "chores", "collect", "erase", "expire", "nominate", "sweep"]
