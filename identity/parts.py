"""What identity's routes are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from identity.clock import Clock
from identity.devices import Devices
from identity.invitations import Invitations
from identity.issuer import Issuer
from identity.keys import SigningKeys
from identity.outside_sign_in import OutsideSignIn
from identity.own_account import OwnAccount
from identity.people import People
from identity.provider import Provider
from identity.registration import Registrar
from identity.sessions import Sessions
from identity.settings import IdentitySettings
from identity.sign_in import SignIn
from identity.tokens import Tokens
from identity.verifier import IdentityVerifier


@dataclass(frozen=True, slots=True)
class Parts:
    public_url: str
    settings: IdentitySettings
    people: People
    tokens: Tokens
    devices: Devices
    sessions: Sessions
    sign_in: SignIn
    registrar: Registrar
    invitations: Invitations
    own_account: OwnAccount
    outside: OutsideSignIn | None  # None: people sign in here only
    keys: SigningKeys
    issuer: Issuer
    verifier: IdentityVerifier
    provider: Provider
    clock: Clock
    ready: Callable[[], None]  # raises what is wrong
