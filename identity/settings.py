"""Who may have an account here, and by which doors people come in."""

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import Field

from foundation.settings import Settings, is_loopback
from identity.clients import CLI_CLIENT


class Registration(StrEnum):
    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


class IdentitySettings(Settings):
    """People and how they sign in."""

    registration: Registration | None = Field(
        default=None,
        description="Who may make themselves an account: `open` (everybody), `invited` (who has an invitation) or `closed`;"
        " absent: `open` where CAIRN_PUBLIC_URL is this machine's own address, else `invited`.",
    )
    passwords: bool = Field(
        default=True,
        description="Whether people may sign in here with e-mail and password, and make accounts for that.",
    )

    cli_client_id: str = Field(
        default=CLI_CLIENT,
        min_length=1,
        max_length=100,
        description="The name under which `cairn login` asks people for access, as a client of the built-in provider.",
    )

    def registration_at(self, public_url: str) -> Registration:
        """Who may make themselves an account at `public_url`."""
        if not self.passwords:
            return Registration.CLOSED
        default = Registration.OPEN if is_loopback(urlsplit(public_url).hostname or "") else Registration.INVITED
        return self.registration or default
