"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sync.adoption import adopt, follow
from sync.api import create_app, routes, running, watching
from sync.board import Board
from sync.chore import Chore, Interrupted, Pause, Queue, Task
from sync.collect import close, collect, erase, expire, index, nominate, prune, record_days, recount, sweep
from sync.door import Door
from sync.errors import BrokerUnavailable
from sync.health import HealthBoard, worker_check
from sync.heartbeat import Heartbeat, worker_name
from sync.inspection import Audit, Progress, audit
from sync.loop import Loop, Loops
from sync.manifest_metrics import ManifestMetrics
from sync.manifest_values import Seal
from sync.manifests import ManifestParts, ManifestWriter, People, manifests_check, nobody, prune_manifests
from sync.metrics import WorkMetrics
from sync.parts import Parts
from sync.rebuilding import Rebuild, Rebuilt
from sync.refill import mend_copies, mending
from sync.resting import IsBusy, nobody_moves
from sync.settings import SyncSettings, WebhookSettings
from sync.timetable import TASKS, chores
from sync.two_truths import TwoTruths
from sync.watcher import Watcher
from sync.webhook import Webhook, notify, open_webhook

if TYPE_CHECKING:
    from sync.beat import Beat
    from sync.celery_app import celery_application, run_worker
    from sync.redis_broker import RedisBroker
    from sync.redis_doorbell import RedisDoorbell
    from sync.turns import Turns

__all__ = [
    "TASKS",
    "Audit",
    "Beat",
    "Board",
    "BrokerUnavailable",
    "Chore",
    "Door",
    "HealthBoard",
    "Heartbeat",
    "Interrupted",
    "IsBusy",
    "Loop",
    "Loops",
    "ManifestMetrics",
    "ManifestParts",
    "ManifestWriter",
    "Parts",
    "Pause",
    "People",
    "Progress",
    "Queue",
    "Rebuild",
    "Rebuilt",
    "RedisBroker",
    "RedisDoorbell",
    "Seal",
    "SyncSettings",
    "Task",
    "Turns",
    "TwoTruths",
    "Watcher",
    "Webhook",
    "WebhookSettings",
    "WorkMetrics",
    "adopt",
    "audit",
    "celery_application",
    "chores",
    "close",
    "collect",
    "create_app",
    "erase",
    "expire",
    "follow",
    "index",
    "manifests_check",
    "mend_copies",
    "mending",
    "nobody",
    "nobody_moves",
    "nominate",
    "notify",
    "open_webhook",
    "prune",
    "prune_manifests",
    "record_days",
    "recount",
    "routes",
    "run_worker",
    "running",
    "sweep",
    "watching",
    "worker_check",
    "worker_name",
]

# What speaks to Redis, or to Celery, is loaded only when it is asked for: a server without a broker loads neither.
_FRONT_DOOR = {
    "Beat": "sync.beat",
    "RedisBroker": "sync.redis_broker",
    "RedisDoorbell": "sync.redis_doorbell",
    "Turns": "sync.turns",
    "celery_application": "sync.celery_app",
    "run_worker": "sync.celery_app",
}


def __getattr__(name: str) -> Any:
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FRONT_DOOR[name]), name)
