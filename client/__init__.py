"""Python client of Cairn: `with CairnClient(url, token) as cairn: …`."""

from client.cairn_client import CairnClient
from client.download import Downloaded
from client.errors import (
    AddressInvalid,
    AnswerInvalid,
    LocalFileChanged,
    LocalFileUnreadable,
    LocalTargetRefused,
    NoSuchFile,
    PartDamaged,
    ServerUnreachable,
)
from client.figures import Account, BucketFigures, Search, Statistics, Usage
from client.folders import CopyReport
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

__all__ = [
    "Account",
    "AddressInvalid",
    "AnswerInvalid",
    "Bucket",
    "BucketFigures",
    "CairnClient",
    "Chunk",
    "ClientSettings",
    "Committed",
    "CopyReport",
    "Damage",
    "Downloaded",
    "FileRecord",
    "Group",
    "Listing",
    "LocalFileChanged",
    "LocalFileUnreadable",
    "LocalTargetRefused",
    "Member",
    "NoSuchFile",
    "PartDamaged",
    "Progress",
    "PurgeLeft",
    "Refused",
    "RemoteFile",
    "RetryPolicy",
    "Search",
    "ServerUnreachable",
    "Silent",
    "Statistics",
    "Step",
    "Usage",
    "Verified",
]
