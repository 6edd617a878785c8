"""People in a browser, and machines that they let in."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.cairn.machine import Machine
from tests.servers.cairn_server import CairnServer

PASSWORD = "correct horse battery"
SCOPES = "openid email offline_access files"


@contextmanager
def browser(server: CairnServer, email: str) -> Iterator[httpx.Client]:
    """A session of the person with this address and PASSWORD, as the page has it."""
    # Nothing here speaks TLS, and reading all certificates takes longer than most tests.
    page = httpx.Client(
        base_url=f"{server.url}/api/v1",
        headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"},
        timeout=60,
        verify=False,  # noqa: S501
        trust_env=False,
    )
    with page:
        page.post("/auth/login", json={"email": email, "password": PASSWORD}).raise_for_status()
        yield page


def answer(page: httpx.Client, user_code: str, *, allow: bool = True) -> httpx.Response:
    """What the page at /device asks, and what its button sends."""
    page.get("/auth/device", params={"user_code": user_code}).raise_for_status()
    return page.post("/auth/device", json={"user_code": user_code, "allow": allow})


def let_in(server: CairnServer, email: str, machine: Machine) -> None:
    """As `cairn login` and the page do it, without the waiting between."""
    with browser(server, email) as page:
        begun = page.post(f"{server.url}/oauth/device", data={"client_id": "cairn-cli", "scope": SCOPES}).json()
        answer(page, begun["user_code"]).raise_for_status()
        form = {
            "client_id": "cairn-cli",
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": begun["device_code"],
        }
        tokens = page.post(f"{server.url}/oauth/token", data=form).raise_for_status().json()
        me = {"Authorization": f"Bearer {tokens['access_token']}"}
        user_id = httpx.get(f"{server.url}/api/v1/me", headers=me).json()["user_id"]
    machine.keep(server.url, tokens["access_token"], tokens["refresh_token"], user_id)
