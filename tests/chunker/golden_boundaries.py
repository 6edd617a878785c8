"""Inputs made by rule, and where FastCDC has cut them since the first release.

A change of these numbers is a break of the format: files already stored and files cut from then on share no blocks, and
clients of different versions send again what the server has. New parameters need a new word in `Chunking` instead.
"""

import hashlib
import sys
from collections.abc import Iterable, Iterator

# SHAKE and arithmetic: they are the same in every Python, which `random` does not promise.
MIB = 1024 * 1024
NOISE = hashlib.shake_256(b"golden noise").digest(16 * MIB)
LOG = b"".join(b"2026-01-%02d line %d of user %d\n" % (i // 20_000 + 1, i, i * i % 977) for i in range(250_000))

INPUTS = {
    "noise": NOISE,
    "log": LOG,
    "zeros": bytes(9 * MIB),
    "the least block": NOISE[: MIB // 4],
    "the least block and a byte": NOISE[: MIB // 4 + 1],
}

BOUNDARIES = {
    # The block's sizes, and SHA-256 over the blocks' binary SHA-256s: the content hash.
    "noise": (
        [
            *(1_408_919, 1_133_340, 271_969, 338_807, 1_674_881, 1_516_532, 1_080_105, 1_055_326, 1_430_773),
            *(1_119_912, 323_931, 1_210_528, 1_585_840, 1_285_352, 1_341_001),
        ],
        "de7004045b115bcc3d41fdbdad86e069aa6d10760f247ec7d44318c4c6366b00",
    ),
    "log": (
        [317_567, 844_893, 1_072_415, 1_123_007, 1_219_980, 1_369_058, 1_199_055, 1_186_821, 275_908],
        "d26f515004a60bc52543dc2c1baf8566635ea27f9a74dd9d02f9cf89617a6f17",
    ),
    # No byte is ever a boundary: all blocks are the largest.
    "zeros": (
        [4_194_304, 4_194_304, 1_048_576],
        "c8f97c712320613991f39507b92b54d92085daf3d0b44dc6264b60a9c6da2fc1",
    ),
    "the least block": ([262_144], "7d37e9fe6624d85a07a41ff339f0f06567832d1638babfa5c73fda554939371f"),
    "the least block and a byte": ([262_145], "50e91479ad5233f0bb387b3cf9e1f1c2d31143a1ed567f0cf39bd98906cfc815"),
}


def measured(blocks: Iterable[bytes | bytearray]) -> tuple[list[int], str]:
    sizes, content = [], hashlib.sha256()
    for block in blocks:
        sizes.append(len(block))
        content.update(hashlib.sha256(block).digest())
    return sizes, content.hexdigest()


def cut_by_rule(name: str) -> Iterator[bytes | bytearray]:
    from chunker.cutting import cutter
    from foundation.blocks import Chunking

    cutting = cutter(Chunking.FASTCDC)
    yield from cutting.feed(INPUTS[name])
    yield from cutting.finish()


if __name__ == "__main__":
    # Run by the test in an interpreter of its own, in which the compiled kernel cannot be imported.
    sys.modules["pyfastcdc.cy"] = None  # type: ignore[assignment]
    found = {name: measured(cut_by_rule(name)) for name in INPUTS}
    kernel = sys.modules["pyfastcdc"].FastCDC.__module__
    sys.stdout.write(f"{kernel} {'same' if found == BOUNDARIES else found}\n")
