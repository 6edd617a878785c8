"""Connections to an S3 store with a bound on every wait."""

import os
import time
from dataclasses import dataclass

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import BaseHTTPResponse

_PIECE = 256 * 1024
_SEND_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """Seconds for a connection, for each wait of a read, for one whole body received, for one look at many objects; and how many
    connections are kept."""

    connect_seconds: float = 3.0
    wait_seconds: float = 15.0
    body_seconds: float = 30.0
    call_seconds: float = 120.0
    connections: int = 16


class _Connection(HTTPConnection):
    """urllib3 leaves the connect timeout on the socket while the first body is sent, and Python counts it for the whole body."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(_SEND_SECONDS)


class _SecureConnection(HTTPSConnection):
    """As _Connection."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(_SEND_SECONDS)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def bounded_pool(limits: NetworkLimits) -> urllib3.PoolManager:
    """A pool that neither retries nor follows redirects: both are the store's to decide."""
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=limits.connect_seconds, read=limits.wait_seconds),
        maxsize=limits.connections,
        retries=False,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


def whole_body(response: BaseHTTPResponse, seconds: float, limit: int) -> bytes:
    """At most `limit` + 1 bytes of the body, then the connection is given back. Raises urllib3's HTTPError, also after `seconds`."""
    end = time.monotonic() + seconds
    pieces: list[bytes] = []
    size = 0
    try:
        while size <= limit and (piece := response.read1(_PIECE)):
            pieces.append(piece)
            size += len(piece)
            if time.monotonic() > end:
                raise ReadTimeoutError(None, "", "the body comes too slowly")  # type: ignore[arg-type]  # No pool is at hand.
    finally:
        if size > limit:
            response.close()  # The rest is not worth reading.
        response.release_conn()
    return b"".join(pieces)
