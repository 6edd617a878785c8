"""What happens after the answer: collection of what nobody needs any more, in slices that hold no upload up."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sync.adoption import adopt, follow
    from sync.api import create_app, routes, watching
    from sync.beat import Beat
    from sync.board import Board
    from sync.celery_app import celery_application, load_worker, run_worker
    from sync.chore import Chore, Interrupted, Pause, Queue, Task
    from sync.collecting import close, collect, erase, expire, index, nominate, prune, record_days, recount, sweep
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
    from sync.redis_broker import RedisBroker
    from sync.redis_doorbell import RedisDoorbell
    from sync.refill import mend_copies, mending
    from sync.resting import IsBusy, nobody_moves
    from sync.settings import SyncSettings, WebhookSettings
    from sync.tasks import TASKS
    from sync.timetable import chores
    from sync.turns import Turns
    from sync.two_truths import TwoTruths
    from sync.watcher import Watcher
    from sync.webhook import Webhook, notify, open_webhook

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
    "load_worker",
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
    "sweep",
    "watching",
    "worker_check",
    "worker_name",
]

# Each is loaded only when it is asked for: what speaks to Redis, to Celery, to people, or to the store. Who rings works on nothing.
_FRONT_DOOR = {
    "TASKS": "sync.tasks",
    "Audit": "sync.inspection",
    "Beat": "sync.beat",
    "Board": "sync.board",
    "BrokerUnavailable": "sync.errors",
    "Chore": "sync.chore",
    "Door": "sync.door",
    "HealthBoard": "sync.health",
    "Heartbeat": "sync.heartbeat",
    "Interrupted": "sync.chore",
    "IsBusy": "sync.resting",
    "Loop": "sync.loop",
    "Loops": "sync.loop",
    "ManifestMetrics": "sync.manifest_metrics",
    "ManifestParts": "sync.manifests",
    "ManifestWriter": "sync.manifests",
    "Parts": "sync.parts",
    "Pause": "sync.chore",
    "People": "sync.manifests",
    "Progress": "sync.inspection",
    "Queue": "sync.chore",
    "Rebuild": "sync.rebuilding",
    "Rebuilt": "sync.rebuilding",
    "RedisBroker": "sync.redis_broker",
    "RedisDoorbell": "sync.redis_doorbell",
    "Seal": "sync.manifest_values",
    "SyncSettings": "sync.settings",
    "Task": "sync.chore",
    "Turns": "sync.turns",
    "TwoTruths": "sync.two_truths",
    "Watcher": "sync.watcher",
    "Webhook": "sync.webhook",
    "WebhookSettings": "sync.settings",
    "WorkMetrics": "sync.metrics",
    "adopt": "sync.adoption",
    "audit": "sync.inspection",
    "celery_application": "sync.celery_app",
    "chores": "sync.timetable",
    "close": "sync.collecting",
    "collect": "sync.collecting",
    "create_app": "sync.api",
    "erase": "sync.collecting",
    "expire": "sync.collecting",
    "follow": "sync.adoption",
    "index": "sync.collecting",
    "load_worker": "sync.celery_app",
    "manifests_check": "sync.manifests",
    "mend_copies": "sync.refill",
    "mending": "sync.refill",
    "nobody": "sync.manifests",
    "nobody_moves": "sync.resting",
    "nominate": "sync.collecting",
    "notify": "sync.webhook",
    "open_webhook": "sync.webhook",
    "prune": "sync.collecting",
    "prune_manifests": "sync.manifests",
    "record_days": "sync.collecting",
    "recount": "sync.collecting",
    "routes": "sync.api",
    "run_worker": "sync.celery_app",
    "sweep": "sync.collecting",
    "watching": "sync.api",
    "worker_check": "sync.health",
    "worker_name": "sync.heartbeat",
}


def __getattr__(name: str) -> Any:
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FRONT_DOOR[name]), name)
