"""How patient and how parallel a client is."""

from dataclasses import dataclass, field

from client.retry import RetryPolicy
from foundation.blocks import MIB


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`jobs` requests at once carry content. Memory: about `jobs` + 2 times `group_bytes`, whatever is copied."""

    jobs: int = 4
    connect_timeout_seconds: float = 5.0
    timeout_seconds: float = 90.0  # without a single byte of progress
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    small_file_bytes: int = 4 * MIB  # files up to this go in groups, one commit each; larger ones by themselves
    group_bytes: int = 24 * MIB
    frame_bytes: int = 8 * MIB  # blocks that travel in one body; the server takes up to 32 MiB
