"""Sessions of people of an outside provider: kept sealed, refreshed while they are used, ended by the provider's word."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from foundation.database import Database
from identity import IdentityRoom
from identity.schema import outside_sessions, sessions, users
from tests.identity.house import EMAIL, PASSWORD
from tests.identity.outside import Shifted, browser_of, came_back, room_on, sign_in
from tests.servers.oidc_provider import OidcProvider

pytestmark = pytest.mark.anyio


async def test_the_second_time_it_is_the_same_person_on_another_device(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    found = []
    for _ in range(2):
        await sign_in(browser, shared_elsewhere)
        found.append((await browser.get("/me")).json())
    assert found[0]["user_id"] == found[1]["user_id"]
    assert found[0]["device_id"] != found[1]["device_id"]


async def test_nothing_of_the_providers_tokens_is_in_an_answer_or_readable_in_the_database(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider, database: Database
) -> None:
    url = await came_back(browser, shared_elsewhere)
    arrived = await browser.get(url)
    told = " ".join([arrived.text, str(arrived.headers), (await browser.get("/me")).text])
    [kept] = database.read(lambda connection: connection.execute(select(outside_sessions.c.sealed)).scalars().all())
    assert "eyJ" not in told
    assert b"refresh_token" not in kept


def forget_use(database: Database, clock: Shifted) -> None:
    """As if the session was not used since it began."""
    database.write(
        lambda connection: connection.execute(sessions.update().values(last_used_at=clock() - timedelta(days=1)))
    )


async def test_a_session_in_use_is_refreshed_when_that_is_due_and_an_idle_one_is_not(
    browser: httpx.AsyncClient,
    shared_elsewhere: OidcProvider,
    trusting: IdentityRoom,
    clock: Shifted,
    database: Database,
) -> None:
    await sign_in(browser, shared_elsewhere)
    assert trusting.refresh() == 0
    clock.by = timedelta(minutes=11)
    forget_use(database, clock)
    assert trusting.refresh() == 0
    for _ in range(3):  # The provider changes the refresh token each time, and takes none twice.
        assert (await browser.get("/me")).status_code == 200
        assert [trusting.refresh(), trusting.refresh()] == [1, 0]
        clock.by += timedelta(minutes=11)


async def test_who_the_provider_takes_no_more_is_signed_out(
    elsewhere: OidcProvider, database: Database, clock: Shifted
) -> None:
    room = room_on(database, elsewhere, clock)
    async with browser_of(room) as browser:
        await sign_in(browser, elsewhere)
        elsewhere.kill()
        elsewhere.start()  # It has forgotten everybody.
        clock.by = timedelta(minutes=11)
        assert (await browser.get("/me")).status_code == 200
        assert room.refresh() == 1
        assert (await browser.get("/me")).status_code == 401


async def test_while_the_provider_is_down_people_stay_signed_in_for_a_day(
    elsewhere: OidcProvider, database: Database, clock: Shifted
) -> None:
    room = room_on(database, elsewhere, clock)
    async with browser_of(room) as browser:
        await sign_in(browser, elsewhere)
        elsewhere.kill()
        for hours in (1, 23, 25):
            clock.by = timedelta(hours=hours)
            assert (await browser.get("/me")).status_code == 200
            room.refresh()
        assert (await browser.get("/me")).status_code == 401
        begun = await browser.get("/auth/login")
        # What it said of itself is known; a browser that goes there sees for itself.
        assert begun.headers["location"].startswith(elsewhere.issuer)


async def test_two_processes_refresh_one_session_once(
    browser: httpx.AsyncClient,
    shared_elsewhere: OidcProvider,
    trusting: IdentityRoom,
    clock: Shifted,
    database: Database,
) -> None:
    await sign_in(browser, shared_elsewhere)
    clock.by = timedelta(minutes=11)
    assert (await browser.get("/me")).status_code == 200
    other = room_on(database, shared_elsewhere, clock)
    asked = trusting.parts.outside
    assert asked
    # Both have read that it is due; only one gets to ask.
    row = database.read(lambda connection: connection.execute(select(outside_sessions)).one())
    claims = [room_.parts.outside.kept._claim(row) for room_ in (trusting, other) if room_.parts.outside]  # noqa: SLF001
    assert claims == [True, False]


async def test_people_of_a_provider_are_listed_by_the_operator_among_the_others(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider, database: Database
) -> None:
    trusting.add_user(EMAIL, PASSWORD)
    for name in ("bea", "ada", "cleo"):
        await sign_in(browser, shared_elsewhere, name)
    found, after = [], None
    while page := trusting.users(after, 2):
        found += page
        after = page[-1]
    assert [user.email for user in found] == [
        "ada@elsewhere.example", EMAIL, "bea@elsewhere.example", "cleo@elsewhere.example",
    ]  # fmt: skip
    everybody = database.read(lambda connection: connection.execute(select(users.c.email_key)).scalars().all())
    assert everybody.count(None) == 3
