"""What the chores are made of."""

from dataclasses import dataclass, field

from block_storage import BlockStore
from foundation.doorbell import Doorbell
from metadata import Blocks, Collection, Jobs, Proofs
from sync.chore import Queue
from sync.heartbeat import Heartbeat
from sync.manifests import ManifestParts
from sync.reconcile import Reconciled
from sync.resting import IsBusy, nobody_moves
from sync.settings import SyncSettings
from sync.two_truths import TwoTruths
from sync.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Parts:
    """`process`: the name of the process that works (worker_name). `doorbell`: rung where one chore makes work for another.

    `manifests` None: none are written. `is_busy`: whether people move bytes through this process now.
    """

    process: str
    collection: Collection
    blocks: Blocks
    jobs: Jobs
    proofs: Proofs
    store: BlockStore
    truths: TwoTruths
    doorbell: Doorbell
    settings: SyncSettings = field(default_factory=SyncSettings)
    reconciled: Reconciled = field(default_factory=Reconciled)
    webhook: Webhook | None = None
    manifests: ManifestParts | None = None
    is_busy: IsBusy = nobody_moves

    def worker(self, queue: Queue) -> str:
        """Under which name the chores of `queue` claim work here, and tell that they live."""
        return f"{self.process}-{queue}"

    def heartbeat(self, queue: Queue) -> Heartbeat:
        return Heartbeat(self.worker(queue), self.proofs.seen)
