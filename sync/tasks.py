"""The one table of chores: which there are, how often each looks by itself, and in which queue it runs."""

from sync.chore import DAY, Queue, Task

TASKS = (
    Task(Queue.VERIFY, "verify", 5),
    Task(Queue.REPAIR, "tell", 2),
    Task(Queue.REPAIR, "spread", 5),
    Task(Queue.REPAIR, "repair", 300),
    Task(Queue.REPAIR, "revive", 3600),
    Task(Queue.REPAIR, "prune-events", DAY),
    Task(Queue.REPAIR, "notify", 10),
    Task(Queue.SCRUB, "scrub", 10),
    Task(Queue.COLLECT, "close", 30),
    Task(Queue.COLLECT, "expire", 60),
    Task(Queue.COLLECT, "index", 5),
    Task(Queue.COLLECT, "collect", 30),
    Task(Queue.COLLECT, "erase", 60),
    Task(Queue.COLLECT, "nominate", DAY),
    Task(Queue.COLLECT, "recount", DAY),
    Task(Queue.COLLECT, "days", 900),
    Task(Queue.COLLECT, "prune", DAY),
    Task(Queue.COLLECT, "sweep", 7 * DAY),
    Task(Queue.COLLECT, "generation", DAY),
    Task(Queue.COLLECT, "manifests", 10),
    Task(Queue.COLLECT, "prune-manifests", DAY),
)
