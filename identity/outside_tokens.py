"""Access tokens of an outside provider that are no JWTs: it is asked about each (RFC 7662)."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from foundation.identity import Identity
from foundation.jwt import outside_identity
from foundation.problems import Unauthenticated
from identity.errors import OutsideFailed, OutsideRefused, OutsideUnavailable
from identity.outside_client import OutsideClient

ASKED_AT_ONCE = 8
WAIT_SECONDS = 2.0
_LATEST = 10**11  # What a calendar holds.


class AskedTokens:
    """Remembers nothing: callers do, for seconds. Few questions at once, so that invented tokens flood nobody."""

    def __init__(self, client: OutsideClient) -> None:
        self._client = client
        self._asking = threading.BoundedSemaphore(ASKED_AT_ONCE)

    def judged(self, token: str) -> tuple[Identity, datetime | None]:
        """Who it speaks for, and when it ends. Raises Unauthenticated, OutsideUnavailable."""
        if not self._asking.acquire(timeout=WAIT_SECONDS):
            raise OutsideUnavailable("Too many unknown tokens are asked about at the moment.")
        try:
            claims = self._client.introspected(token)
        except (OutsideFailed, OutsideRefused) as problem:
            raise OutsideUnavailable from problem
        finally:
            self._asking.release()
        if claims is None:
            raise Unauthenticated("This token is not valid here, or no longer.")
        # A program's own token need not name a subject: then it is the program.
        named = {"sub": claims.get("client_id"), **claims}
        return outside_identity(self._client.provider.issuer, named), _ends_at(claims)


def _ends_at(claims: Mapping[str, Any]) -> datetime | None:
    ends = claims.get("exp")
    if not isinstance(ends, int | float) or isinstance(ends, bool) or not 0 < ends < _LATEST:
        return None
    return datetime.fromtimestamp(ends, UTC)
