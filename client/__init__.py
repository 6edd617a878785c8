"""Python client of Cairn: `with CairnClient(url, token) as cairn: …`."""

from client.cairn_client import CairnClient
from client.checks import Check
from client.download import Downloaded
from client.errors import (
    AddressInvalid,
    AnswerInvalid,
    ChecksStall,
    LocalFileChanged,
    LocalFileUnreadable,
    LocalTargetRefused,
    NoSuchFile,
    PartDamaged,
    ServerUnreachable,
    SignInRefused,
    SignInUnknown,
)
from client.figures import Account, BucketFigures, Search, Statistics, Usage
from client.folders import CopyReport
from client.healing import Healing
from client.local_files import Unusual
from client.model import (
    Bucket,
    Chunk,
    Committed,
    Damage,
    FileRecord,
    Group,
    Listing,
    Member,
    PurgeLeft,
    Refused,
    RemoteFile,
    Verified,
)
from client.progress import Progress, Silent, Step
from client.retry import RetryPolicy
from client.settings import ClientSettings
from client.sync_model import Day, Quarter, Round, Scrub, Sentence, Standing, SyncEvent, SyncSummary, Worker
from client.token_source import FixedToken, TokenSource

__all__ = [
    "Account",
    "AddressInvalid",
    "AnswerInvalid",
    "Bucket",
    "BucketFigures",
    "CairnClient",
    "Check",
    "ChecksStall",
    "Chunk",
    "ClientSettings",
    "Committed",
    "CopyReport",
    "Damage",
    "Day",
    "Downloaded",
    "FileRecord",
    "FixedToken",
    "Group",
    "Healing",
    "Listing",
    "LocalFileChanged",
    "LocalFileUnreadable",
    "LocalTargetRefused",
    "Member",
    "NoSuchFile",
    "PartDamaged",
    "Progress",
    "PurgeLeft",
    "Quarter",
    "Refused",
    "RemoteFile",
    "RetryPolicy",
    "Round",
    "Scrub",
    "Search",
    "Sentence",
    "ServerUnreachable",
    "SignInRefused",
    "SignInUnknown",
    "Silent",
    "Standing",
    "Statistics",
    "Step",
    "SyncEvent",
    "SyncSummary",
    "TokenSource",
    "Unusual",
    "Usage",
    "Verified",
    "Worker",
]
