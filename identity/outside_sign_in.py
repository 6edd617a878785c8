"""Signing in at an outside provider: the browser goes there and comes back, and its first time makes the person known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from identity.devices import device_name
from identity.errors import OutsideFailed, OutsideRefused, OutsideUnavailable
from identity.outside_client import Granted, OutsideClient
from identity.outside_flow import Flows
from identity.outside_people import OutsidePeople
from identity.outside_sessions import OutsideSessions
from identity.sessions import Sessions
from identity.sign_in import Browser


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie that it takes along."""

    url: str
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A session, and the local path where the person goes on."""

    session: str = field(repr=False)
    next: str


@dataclass(frozen=True, slots=True)
class OutsideSignIn:
    client: OutsideClient
    flows: Flows
    people: OutsidePeople
    sessions: Sessions
    kept: OutsideSessions

    def begin(self, next: str) -> Departure:  # noqa: A002 — the word of the API.
        """Raises OutsideUnavailable."""
        flow = self.flows.begin(next)
        return Departure(self.client.authorization_url(flow), self.flows.sealed(flow))

    def wanted(self, cookie: str | None, state: str | None) -> str:
        """The local path where the person wanted to go on; `/` if that browser has begun no such sign-in."""
        try:
            return self.flows.opened(cookie, state).next
        except OutsideFailed:
            return "/"

    def complete(self, answer: Mapping[str, str], cookie: str | None, browser: Browser) -> Arrival:
        """`answer`: what the provider sent the browser back with. `cookie`: of the Departure.

        Raises OutsideFailed, OutsideRefused, OutsideUnavailable; then nothing was changed.
        """
        flow = self.flows.opened(cookie, answer.get("state"))
        if "error" in answer:
            self.client.check_issuer(answer.get("iss"))
            raise _error(answer["error"])
        try:
            granted = self.client.exchange(answer.get("code", ""), answer.get("iss"), flow)
        except OutsideRefused as problem:  # A code that was used, or never was.
            raise OutsideFailed(problem.detail) from problem
        user = self.people.known(granted.claims)
        keep = partial(self._keep, user, granted)
        session = self.sessions.begin(user, device_name(browser.user_agent), browser.session, keep)
        return Arrival(session, flow.next)

    def _keep(self, user: UUID, granted: Granted, connection: Connection, device: UUID) -> None:
        self.kept.keep(connection, user, device, granted)


def _error(error: str) -> OutsideRefused | OutsideFailed | OutsideUnavailable:
    """OpenID Connect Core 1.0, 3.1.2.6; RFC 6749, 4.1.2.1."""
    if error in {"access_denied", "login_required", "consent_required", "interaction_required"}:
        return OutsideRefused("The provider did not let you in.")
    if error in {"temporarily_unavailable", "server_error"}:
        return OutsideUnavailable()
    return OutsideFailed("The provider does not take this server's request.")
