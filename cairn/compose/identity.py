"""Identity: what it does by itself again and again, and as a service."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI

import identity
import sync
from cairn.neighbours import Neighbours
from foundation.doorbell import InProcessDoorbell
from foundation.service_tokens import ServiceTokenVerifier

if TYPE_CHECKING:  # It is loaded when it is opened.
    from identity import IdentityRoom


def identity_chores(room: "IdentityRoom") -> Sequence[sync.Chore]:
    """Sessions that are over, and those that somebody else's provider must say are not."""
    return [
        sync.Chore(sync.Queue.COLLECT, "sessions", 3600, room.expire),
        sync.Chore(sync.Queue.COLLECT, "outside sessions", 10, room.refresh),
    ]


def service(near: Neighbours) -> FastAPI:
    loops = sync.Loops(lambda _pause: identity_chores(near.identity), InProcessDoorbell())
    return identity.create_app(
        near.identity.parts,
        near.service_settings,
        background=[loops.running],
        verifier=ServiceTokenVerifier([near.tokens, near.identity.rooms], near.identity.verifier),
    )
