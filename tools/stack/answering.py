"""Whether a service of the native stack answers, as compose.yaml's health checks ask it."""

import socket
import ssl
from urllib.error import HTTPError
from urllib.request import urlopen

from tools.stack.places import Places

_SECONDS = 3.0


def answers(service: str, places: Places) -> bool:
    """Alive, and able to do what it is for; whether all is ready is another question, `front_door_is_ready`."""
    match service:
        case "nginx":
            # Where the page was not built, it says so.
            return _found(f"{places.front_door}/") != 0
        case "postgres":
            return _listens(places.ports["postgres"])
        case "redis":
            return _pongs(places.ports["redis"])
        case "seaweedfs":
            port = places.ports["seaweedfs"]
            # The gateway answers before there is a volume that takes bytes.
            return (
                _found(f"http://127.0.0.1:{port}/healthz") == 200 == _found(f"http://127.0.0.1:{port + 1}/dir/assign")
            )
        case _:
            return _found(f"{places.address(service)}/healthz") == 200


def front_door_is_ready(places: Places) -> bool:
    return _found(f"{places.front_door}/readyz") == 200


def _found(url: str) -> int:
    # Not create_default_context: to read all the world's certificates takes longer than the question.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urlopen(url, timeout=_SECONDS, context=context) as answer:  # noqa: S310 — our own addresses.
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), _SECONDS) as redis:
            redis.sendall(b"PING\r\n")
            return redis.recv(16).startswith(b"+PONG")
    except OSError:
        return False
