"""Where the token that a client shows comes from. It is asked anew for each request: some tokens end long before a copy does."""

from typing import Protocol


class TokenSource(Protocol):
    """Thread-safe. Raises Unauthenticated if there is none any more, ServerUnreachable if that cannot be told now."""

    def token(self) -> str:
        """What to show in the next request."""

    def renewed(self, refused: str) -> str:
        """Another than `refused`, to which a server has just said 401; `refused` itself if there is no other."""


class FixedToken:
    """A token that somebody gave: it is good until it is not, and then nothing can be done."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def renewed(self, refused: str) -> str:
        return refused
