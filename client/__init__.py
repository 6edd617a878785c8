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
from client.folders import CopyReport
from client.model import Bucket, Chunk, Committed, Damage, Listing, Refused, RemoteFile, Verified
from client.progress import Progress, Silent, Step
from client.retry import RetryPolicy
from client.settings import ClientSettings

__all__ = [
    "AddressInvalid",
    "AnswerInvalid",
    "Bucket",
    "CairnClient",
    "Chunk",
    "ClientSettings",
    "Committed",
    "CopyReport",
    "Damage",
    "Downloaded",
    "Listing",
    "LocalFileChanged",
    "LocalFileUnreadable",
    "LocalTargetRefused",
    "NoSuchFile",
    "PartDamaged",
    "Progress",
    "Refused",
    "RemoteFile",
    "RetryPolicy",
    "ServerUnreachable",
    "Silent",
    "Step",
    "Verified",
]
