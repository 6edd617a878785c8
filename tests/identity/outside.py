"""What the tests of an outside provider work with: a room that trusts it, and a browser that goes there and back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from foundation.database import Database
from foundation.outside import OutsideProvider
from foundation.settings import OutsideSettings, ServiceSettings
from identity import IdentityRoom, create_app, open_identity
from tests.identity.house import QUICK, SECRET, URL
from tests.servers.oidc_provider import OidcProvider


class Shifted:
    """The real time, as the provider has it, and what the tests put on top of it."""

    by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


def room_on(database: Database, provider: OidcProvider, clock: Shifted, **more: Any) -> IdentityRoom:
    named = {name.removeprefix("CAIRN_").lower(): value for name, value in provider.environment.items()}
    outside = OutsideProvider(OutsideSettings.model_validate(named | more), URL)
    return open_identity(database, SECRET, URL, outside=outside, passwords=QUICK, clock=clock)


def browser_of(room: IdentityRoom) -> httpx.AsyncClient:
    app = create_app(room.parts, ServiceSettings(public_url=URL))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{URL}/api/v1")


async def came_back(browser: httpx.AsyncClient, provider: OidcProvider, name: str = "ada") -> str:
    """The address to which the provider sends the browser, which it has not gone to yet."""
    begun = await browser.get("/auth/login", params={"next": "/b/x"})
    assert begun.status_code == 302
    return provider.sign_in(begun.headers["location"], name)


async def sign_in(browser: httpx.AsyncClient, provider: OidcProvider, name: str = "ada") -> httpx.Response:
    return await browser.get(await came_back(browser, provider, name))


def changed(url: str, **parameters: str | None) -> str:
    """`url` with other parameters; None takes one away."""
    query = dict(parse_qsl(urlsplit(url).query)) | parameters
    return f"{url.partition('?')[0]}?{urlencode({key: value for key, value in query.items() if value is not None})}"
