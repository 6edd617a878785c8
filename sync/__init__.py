"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from sync.adopt import adopt
from sync.api import create_app, running
from sync.audit import Audit, Progress, audit
from sync.collect import collect, erase, expire, nominate, prune, recount, sweep
from sync.loop import Chore, Loop, chores
from sync.refill import refill
from sync.two_truths import TwoTruths

__all__ = [
    "Audit",
    "Chore",
    "Loop",
    "Progress",
    "TwoTruths",
    "adopt",
    "audit",
    "chores",
    "collect",
    "create_app",
    "erase",
    "expire",
    "nominate",
    "prune",
    "recount",
    "refill",
    "running",
    "sweep",
]
