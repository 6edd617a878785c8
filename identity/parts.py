"""What identity's routes are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from identity.devices import Devices
from identity.issuer import Issuer
from identity.keys import SigningKeys
from identity.people import People
from identity.sessions import Sessions
from identity.sign_in import SignIn
from identity.tokens import Tokens
from identity.verifier import IdentityVerifier


@dataclass(frozen=True, slots=True)
class Parts:
    public_url: str
    people: People
    tokens: Tokens
    devices: Devices
    sessions: Sessions
    sign_in: SignIn
    keys: SigningKeys
    issuer: Issuer
    verifier: IdentityVerifier
    ready: Callable[[], None]  # raises what is wrong
