"""The kept sign-in as a source of tokens: renewed before they end, by one process for all."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.credentials import (
    Credentials,
    Renewal,
    kept_credentials,
    only_one,
    room_for_credentials,
)
from client import ServerUnreachable, SignInRefused
from foundation.problems import Unauthenticated

if TYPE_CHECKING:
    from client.sign_in import Issued

# A request is on its way for a while, and clocks differ.
MARGIN_SECONDS = 60.0
# Of a token whose provider does not say how long it lasts: it is renewed when it is refused.
UNKNOWN_SECONDS = 365 * 24 * 3600.0


def renewal_from(issued: "Issued", before: Renewal, now: float) -> Renewal:
    """What renews tokens just issued. `before`: where they are from, and the refresh token if that stays."""
    lasts = UNKNOWN_SECONDS if issued.expires_in_seconds is None else issued.expires_in_seconds
    return Renewal(issued.refresh_token or before.refresh_token, now + lasts, before.issuer, before.client_id)


class KeptTokens:
    """A TokenSource. `began`: what was kept when the command began; it goes on as that person, or not at all."""

    def __init__(self, path: Path, began: Credentials, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._kept = began
        self._clock = clock
        self._lock = threading.Lock()

    def token(self) -> str:
        if not self._is_due(self._kept):
            return self._kept.token
        try:
            return self._other_than(self._kept.token)
        except ServerUnreachable:
            # The last minute of it is better than nothing.
            if self._is_due(self._kept, 0):
                raise
            return self._kept.token

    def renewed(self, refused: str) -> str:
        return self._other_than(refused)

    def _other_than(self, refused: str) -> str:
        with self._lock:
            if self._kept.token == refused:
                # A renewal that was cut off between the answer and the disk would sign this machine out: Ctrl-C waits for it.
                with ThreadPoolExecutor(1, "cairn-renew") as renewing:
                    self._kept = renewing.submit(self._renewed, refused).result()
            return self._kept.token

    def _renewed(self, refused: str) -> Credentials:
        with only_one(self._path):
            kept = kept_credentials(self._path)
            if kept is None:
                raise Unauthenticated(f"signed out meanwhile: run `cairn login {self._kept.url}`")
            if (kept.url, kept.user_id) != (self._kept.url, self._kept.user_id):
                raise Unauthenticated(
                    "somebody else has signed in on this machine meanwhile: run the same command again"
                )
            if kept.renewal is None or (kept.token != refused and not self._is_due(kept)):
                return kept  # Another process has done it.
            with room_for_credentials(self._path) as keep:
                issued = self._issued(kept.url, kept.renewal)
                renewal = renewal_from(issued, kept.renewal, self._clock())
                renewed = Credentials(kept.url, issued.access_token, kept.user_id, renewal)
                keep(renewed)
            return renewed

    @staticmethod
    def _issued(url: str, renewal: Renewal) -> "Issued":
        from client.sign_in import Provider

        try:
            return Provider(url, renewal.client_id).refreshed(renewal.refresh_token)
        except SignInRefused as refused:
            raise Unauthenticated(f"the sign-in has ended ({refused.detail}): run `cairn login {url}`") from None

    def _is_due(self, kept: Credentials, margin_seconds: float = MARGIN_SECONDS) -> bool:
        return kept.renewal is not None and self._clock() >= kept.renewal.expires_at - margin_seconds
