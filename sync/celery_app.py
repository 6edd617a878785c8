"""The Celery application: a task for each chore, in the queue of that chore. The database is the truth; a message only says "look".

Nothing is promised by a message: it may be lost, come twice or a week late, for a task takes no arguments and looks for itself.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from billiard.process import current_process
from billiard.util import get_pdeathsig
from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown

from sync.chore import Queue, Task
from sync.redis_broker import task_name
from sync.turns import LONG_TURN_SECONDS, Turns, is_long

# Beyond a turn: what does not come to a pause in so long is stuck. The soft limit raises in the task, the hard one kills the child.
_SOFT_SECONDS, _HARD_SECONDS = 120.0, 180.0
# Above the longest hard limit, or Redis would give a message to a second worker while the first one works on it.
_VISIBILITY_SECONDS = LONG_TURN_SECONDS + 2 * _HARD_SECONDS
_SOCKET_SECONDS = 5.0
# Redis drops the rest: a worker whose Redis hangs notices within twice this.
_HEALTH_SECONDS = 10


def celery_application(broker: str, tasks: Sequence[Task], turns: Turns) -> Celery:
    """Registered nowhere: the process that works makes one, and runs it with `run_worker`."""
    app = Celery("cairn", broker=broker, set_as_current=False, autofinalize=False)
    app.conf.update(
        task_default_queue=Queue.VERIFY.value,
        task_routes={task_name(task.name): {"queue": task.queue.value} for task in tasks},
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_autoscaler="sync.reserve:Reserve",
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_SOCKET_SECONDS,
        visibility_timeout=_VISIBILITY_SECONDS,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY_SECONDS,
            "queue_order_strategy": "round_robin",
            "socket_timeout": _SOCKET_SECONDS,
            "socket_connect_timeout": _SOCKET_SECONDS,
            "health_check_interval": _HEALTH_SECONDS,
        },
    )
    for task in tasks:
        beyond = LONG_TURN_SECONDS if is_long(task.every_seconds) else 0.0
        app.task(name=task_name(task.name), soft_time_limit=beyond + _SOFT_SECONDS, time_limit=beyond + _HARD_SECONDS)(
            _turn_of(task.name, turns)
        )
    app.finalize()
    return app


def _turn_of(chore: str, turns: Turns) -> Callable[[], None]:
    def turn() -> None:
        turns.run(chore)

    return turn


def load_worker() -> None:
    """What Celery loads when a worker begins, and each of its children once more: a parser of C, for one declaration."""
    for name in ("celery.apps.worker", "celery.concurrency.prefork", "kombu.transport.redis", "sync.reserve"):
        import_module(name)
    with suppress(OSError):
        get_pdeathsig()


def run_worker(app: Celery, turns: Turns, queues: Sequence[Queue], concurrency: int) -> int:
    """Work until SIGTERM, at most `concurrency` things at the same time; the exit status. Children are forked, so that a job that kills
    its process kills no other.
    """

    def begin(**_sent: Any) -> None:
        turns.begin(current_process().index)

    def close(**_sent: Any) -> None:
        turns.close()

    def keep_logging(**_sent: Any) -> None:
        """The process logs as it was told to; Celery's own way stays out."""

    # Celery keeps weak references otherwise.
    worker_process_init.connect(begin, weak=False)
    worker_process_shutdown.connect(close, weak=False)
    setup_logging.connect(keep_logging, weak=False)
    worker = app.Worker(
        pool="prefork",
        autoscale=(concurrency, 1),
        queues=[queue.value for queue in queues],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        optimization="fair",
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)
