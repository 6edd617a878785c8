"""What rooms are made with, in whichever process they are: the part of the composition root that every process loads."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import identity
from cairn.errors import SettingInvalid
from cairn.settings import ServerSettings, settings_of
from foundation.doorbell import Doorbell, InProcessDoorbell
from foundation.settings import OutsideSettings
from sync import Queue

if TYPE_CHECKING:  # What a room has no use for it does not load.
    from foundation.database import Database
    from foundation.outside import OutsideProvider
    from identity import IdentityRoom
    from metadata import LongPoll
    from sync import RedisBroker

# The chores that somebody rings for, and where they are done.
_RUNG = {
    "verify": Queue.VERIFY,
    "scrub": Queue.SCRUB,
    "spread": Queue.REPAIR,
    "tell": Queue.REPAIR,
    "expire": Queue.COLLECT,
}


def identity_on(database: "Database | str", settings: ServerSettings) -> "IdentityRoom":
    """The room on `database`, which it closes itself if it is a location."""
    people, outside = settings_of(identity.IdentitySettings), outside_of(settings)
    if not people.passwords and (outside is None or outside.settings.oidc_client_id is None):
        raise SettingInvalid(
            "CAIRN_PASSWORDS: without passwords people sign in elsewhere: set CAIRN_OIDC_CLIENT_ID too."
        )
    return identity.open_identity(database, settings.secret_bytes(), settings.address, settings=people, outside=outside)


def outside_of(settings: ServerSettings) -> "OutsideProvider | None":
    """The provider of somebody else's whose tokens count. Raises SettingInvalid."""
    from foundation.outside import outside_provider

    named = settings_of(OutsideSettings)
    if named.oidc_issuer and named.oidc_issuer.rstrip("/") == settings.address:
        raise SettingInvalid("CAIRN_OIDC_ISSUER is this installation itself: leave it out.")
    return outside_provider(named, settings.address)


@contextmanager
def naming(variable: str) -> Iterator[None]:
    """A location that cannot be understood is told with the name of its setting."""
    try:
        yield
    except ValueError as error:
        raise SettingInvalid(f"{variable}: {error}") from error


@contextmanager
def ringing(settings: ServerSettings, doorbell: InProcessDoorbell) -> Iterator[Doorbell]:
    """What work is rung for by: CAIRN_BROKER, where workers do it, else `doorbell`."""
    if settings.broker is None:
        yield doorbell
        return
    from sync import RedisBroker, RedisDoorbell

    with closing(RedisDoorbell(RedisBroker(settings.broker), _RUNG)) as by_redis:
        yield by_redis


def asked_broker(settings: ServerSettings, stack: ExitStack) -> "RedisBroker | None":
    """CAIRN_BROKER, to be asked how it is; closed with the stack."""
    if settings.broker is None:
        return None
    from sync import RedisBroker

    return stack.enter_context(closing(RedisBroker(settings.broker)))


def telling(long_poll: "LongPoll", doorbell: Doorbell) -> Callable[[Iterable[UUID]], None]:
    """What a commit is followed by: those who wait for its journal look, and so do those who verify it."""

    def notify(journals: Iterable[UUID]) -> None:
        long_poll.notify(journals)
        doorbell.ring("verify")

    return notify
