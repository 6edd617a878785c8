"""Notices as signed requests to one address, as Standard Webhooks 1.0.0 says (standardwebhooks.com)."""

import asyncio
import base64
import hashlib
import hmac
import logging
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import orjson

from metadata import Notice, Proofs
from sync.chore import Pause
from sync.settings import WebhookSettings, signing_key

log = logging.getLogger("cairn.sync")

TIMEOUT_SECONDS = 10.0
# Longer than a request may take, so that nobody else sends the same meanwhile.
LEASE = timedelta(minutes=1)
# Between one attempt and the next. After the last of them one more is made, then the notice is given up.
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
)
_PASS_SECONDS = 20.0
_UNSENT_AT_ONCE = 200
_GONE = 410
_AWAY = frozenset({0, 429, 502, 503, 504})


class Webhook:
    """The one address that is ever called: no redirect is followed, no proxy asked, nothing of an answer's body read."""

    def __init__(
        self, url: str, secret: str, timeout_seconds: float = TIMEOUT_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        """`timeout_seconds`: for all of a request. `clock`: seconds since 1970, what a request is stamped with."""
        self._url, self._key = url, signing_key(secret)
        self._timeout_seconds, self._clock = timeout_seconds, clock
        # Reading all certificates takes 20 MB, and plain HTTP goes to this machine only.
        self._tls = ssl.create_default_context() if url.startswith("https:") else False
        self.host = urlsplit(url).hostname
        self.is_gone = False  # It said that it wants no more.

    def send(self, notice: Notice) -> int:
        """The status that it answers with; 0 for no answer in time."""
        try:
            status = asyncio.run(self._sent(notice))
        except (httpx.HTTPError, TimeoutError):
            return 0
        self.is_gone = self.is_gone or status == _GONE
        return status

    async def _sent(self, notice: Notice) -> int:
        body = message(notice)
        stamp = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "cairn",
            "webhook-id": str(notice.id),
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(self._key, str(notice.id), stamp, body),
        }
        # httpx bounds each read alone: an answer that drips would hold this thread for hours.
        async with (
            asyncio.timeout(self._timeout_seconds),
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._timeout_seconds) as http,
            http.stream("POST", self._url, content=body, headers=headers, follow_redirects=False) as answer,
        ):
            return answer.status_code


def open_webhook(settings: WebhookSettings) -> Webhook | None:
    """None where nobody is to be told."""
    if settings.webhook_url is None or settings.webhook_secret is None:
        return None
    return Webhook(settings.webhook_url, settings.webhook_secret)


def message(notice: Notice) -> bytes:
    """The body, the same for each attempt."""
    return orjson.dumps(
        {"type": notice.kind, "timestamp": notice.created_at, "data": orjson.loads(notice.body)},
        option=orjson.OPT_UTC_Z,
    )


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = b"%s.%d.%s" % (id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def notify(proofs: Proofs, webhook: Webhook | None, pause: Pause, lease: timedelta = LEASE) -> int:
    """Send the notices that are due, one after another; how many were delivered. Without a webhook they are only ticked off.

    A receiver that is away ends the pass, so that whatever else waits for this thread waits for one request at most.
    """
    delivered, ends = 0, time.monotonic() + _PASS_SECONDS
    while time.monotonic() < ends:
        is_told = webhook is not None and not webhook.is_gone
        # One at a time: what is taken and then not tried would have lost an attempt.
        notices = proofs.due_notices(1 if is_told else _UNSENT_AT_ONCE, lease)
        if not notices:
            break
        for notice in notices:
            if webhook is None or webhook.is_gone:
                proofs.noticed(notice.id, None, "the receiver is gone" if webhook else None)
                continue
            status = webhook.send(notice)
            # A crash before the next line sends it again, under the same id.
            _note(proofs, webhook, notice, status)
            delivered += 200 <= status < 300
            if status in _AWAY:
                return delivered
        pause()
    return delivered


def _note(proofs: Proofs, webhook: Webhook, notice: Notice, status: int) -> None:
    if 200 <= status < 300:
        proofs.noticed(notice.id, None, None)
        return
    error = f"answered {status}" if status else "no answer"
    is_last = status == _GONE or notice.attempts > len(DELAYS)
    proofs.noticed(notice.id, None if is_last else DELAYS[notice.attempts - 1], error)
    facts = {"host": webhook.host, "notice": str(notice.id), "attempts": notice.attempts, "error": error}
    if status == _GONE:
        advice = "set CAIRN_WEBHOOK_URL to one that is there, or leave it out, and start the server again"
        log.error("the webhook's receiver is gone: nothing is sent to it", extra=facts | {"advice": advice})
    elif is_last:
        advice = "mend the receiver for those that come; what this one would have told, `cairn status` tells"
        log.error("webhook given up", extra=facts | {"advice": advice})
    else:
        log.warning("webhook put off", extra=facts)
