"""What the content routes may raise besides the catalogue's and the store's problems."""

from foundation.problems import Invalid, Malformed, Problem


class ChunkSize(Invalid):
    """A block, or a list of chunks, does not fit the bucket's chunking. Nothing of it was kept."""

    slug, title = "chunk-size", "A block does not have the size that it must have"


class FrameInvalid(Malformed):
    """A body of many blocks breaks off inside a block. Those that came whole before it are kept."""

    slug, title = "frame-invalid", "The framed blocks cannot be read"


class DigestMismatch(Invalid):
    """The bytes that arrived are not those that Repr-Digest, Content-Digest or Content-MD5 promised. Nothing was published."""

    slug, title = "digest-mismatch", "The bytes are not those that were promised"


class RangeNotSatisfiable(Problem):
    """No byte of the content lies in the ranges asked for. `size` is the content's."""

    slug, title, status = "range-not-satisfiable", "The content does not reach there", 416

    def headers(self) -> dict[str, str]:
        return {"Content-Range": f"bytes */{self.members['size']}"}


class ContentDamaged(Problem):
    """A block of this file is damaged or lost, and no copy gives the right bytes. `path`, `chunk`: where. Never served."""

    slug, title, status = "content-damaged", "A part of this file is damaged", 500
