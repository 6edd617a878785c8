"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from sync.adoption import adopt
from sync.api import create_app, running
from sync.chore import Chore, Interrupted, Pause, Queue
from sync.collect import close, collect, erase, expire, index, nominate, prune, recount, sweep
from sync.heartbeat import Heartbeat, worker_name
from sync.inspection import Audit, Progress, audit
from sync.loop import Loop, Loops
from sync.parts import Parts
from sync.refill import mend_copies, mending
from sync.settings import WebhookSettings
from sync.timetable import chores
from sync.two_truths import TwoTruths
from sync.webhook import Webhook, notify, open_webhook

__all__ = [
    "Audit",
    "Chore",
    "Heartbeat",
    "Interrupted",
    "Loop",
    "Loops",
    "Parts",
    "Pause",
    "Progress",
    "Queue",
    "TwoTruths",
    "Webhook",
    "WebhookSettings",
    "adopt",
    "audit",
    "chores",
    "close",
    "collect",
    "create_app",
    "erase",
    "expire",
    "index",
    "mend_copies",
    "mending",
    "nominate",
    "notify",
    "open_webhook",
    "prune",
    "recount",
    "running",
    "sweep",
    "worker_name",
]
