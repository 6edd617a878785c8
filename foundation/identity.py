"""Who is calling: what a verified credential says, and nothing that it does not."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Scope(StrEnum):
    """What a credential is good for. A user's credential carries some of the first four; rooms' carry the rest, and only those."""

    FILES = "files"  # everything with files and buckets
    FILES_READ = "files:read"
    ACCOUNT = "account"  # tokens, devices, password
    ADMIN = "admin"  # the whole installation: figures, users
    BLOCKS_READ = "blocks:read"
    BLOCKS_WRITE = "blocks:write"
    ERASE = "blocks:erase"  # erasing bytes: the worker only
    CATALOGUE = "catalogue"  # the catalogue's seams, acting for a user
    COLLECT = "catalogue:collect"  # what takes away what nobody needs: the worker only
    INTROSPECT = "introspect"  # asking identity whose a credential is


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller. `user` is None for nobody and for services; `device` names what the caller uses, in every change it makes."""

    user: UUID | None = None
    device: UUID | None = None
    scopes: frozenset[str] = frozenset()
    is_service: bool = False

    def has(self, *scopes: Scope) -> bool:
        """Whether any of `scopes` is there."""
        return not self.scopes.isdisjoint(scopes)


NOBODY = Identity()


class TokenVerifier(Protocol):
    """Turns a credential into an Identity. Implementations may cache a verdict, never beyond 30 seconds after a revocation."""

    def verify(self, credential: str) -> Identity:
        """Raises Unauthenticated if it is not one of ours or no longer valid; Unavailable if that cannot be told now."""
