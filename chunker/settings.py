"""What the content routes obey."""

from pydantic import Field

from foundation.blocks import MIB
from foundation.settings import Settings


class ChunkerSettings(Settings):
    receive_memory_bytes: int = Field(
        default=24 * MIB, ge=16 * MIB, description="Memory for blocks that were received and are not yet stored."
    )
    read_memory_bytes: int = Field(
        default=48 * MIB, ge=16 * MIB, description="Memory for blocks that were read and are not yet sent."
    )
    receive_wait_seconds: float = Field(
        default=30, gt=0, description="How long a request waits for such memory before it is answered 503."
    )
    block_body_seconds: float = Field(
        default=120, gt=0, description="How long the body of a single block may take to arrive."
    )
    store_threads: int = Field(default=8, ge=1, description="Blocks written to, or read from, the store at once.")
    stream_depth: int = Field(default=4, ge=1, description="Loads of blocks that one upload writes at once.")
    register_group_blocks: int = Field(
        default=128, ge=1, le=1000, description="Blocks that are registered in one transaction."
    )
    stream_page_chunks: int = Field(
        default=10_000,
        ge=1,
        le=10_000,
        description="Chunks of a streamed file that are kept in memory before they are planned.",
    )
    read_ahead_blocks: int = Field(
        default=4, ge=0, description="Blocks that a download reads from the store in one go, before they are sent."
    )
    stall_seconds: float = Field(
        default=1,
        gt=0,
        description="A reader who takes nothing for so long has its blocks dropped from memory meanwhile.",
    )
