"""One sign-in elsewhere on its way, kept sealed in the browser that began it: no table, and no use for any other browser."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from identity.clock import Clock
from identity.errors import OutsideFailed, SecretMismatch
from identity.keys import Seal

LIFETIME = timedelta(minutes=10)
_NAME = "sign-in"


@dataclass(frozen=True, slots=True)
class Flow:
    """`next`: the local path where the person goes on. `begun_at`: seconds since 1970."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next: str
    begun_at: float


class Flows:
    def __init__(self, secret: bytes, clock: Clock) -> None:
        """`secret`: CAIRN_SECRET."""
        self._seal, self._clock = Seal(secret, b"cairn outside sign-in 1"), clock

    def begin(self, next: str) -> Flow:  # noqa: A002 — the word of the API.
        now = self._clock().timestamp()
        return Flow(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), next, now)

    def sealed(self, flow: Flow) -> str:
        """For a cookie."""
        return (
            base64.urlsafe_b64encode(self._seal.closed(_NAME, json.dumps(asdict(flow)).encode())).decode().rstrip("=")
        )

    def opened(self, cookie: str | None, state: str | None) -> Flow:
        """The flow that `cookie` holds and `state` belongs to. Raises OutsideFailed."""
        try:
            text = cookie or ""
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            flow = Flow(**json.loads(self._seal.opened(_NAME, sealed)))
        except (ValueError, SecretMismatch) as error:
            raise OutsideFailed("This browser has begun no sign-in.") from error
        if not 0 <= self._clock().timestamp() - flow.begun_at < LIFETIME.total_seconds():
            raise OutsideFailed("It took longer than ten minutes.")
        if state is None or not secrets.compare_digest(state.encode("utf-8", "replace"), flow.state.encode()):
            raise OutsideFailed("The answer is to another sign-in than this browser's last.")
        return flow
