"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from sync.api import create_app, running
from sync.collect import collect, erase, expire, nominate, prune, recount, sweep
from sync.loop import Chore, Loop, chores
from sync.two_truths import TwoTruths

__all__ = [
    "Chore",
    "Loop",
    "TwoTruths",
    "chores",
    "collect",
    "create_app",
    "erase",
    "expire",
    "nominate",
    "prune",
    "recount",
    "running",
    "sweep",
]
