"""A real nginx before five rooms: routes by path, streams bodies both ways, and answers problems where a room does not."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep

import frontend
from foundation.problems import (
    URN,
    HeadersTooLarge,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
)
from tests.servers.unpacked import UNPACKED, environment_of

# Longer than a room waits for another, so that the room's own answer comes first.
ANSWER_SECONDS = 45
_START_SECONDS = 20
_TEMPLATE = Path(__file__).with_name("nginx_front.conf")
_PR_SET_PDEATHSIG = 1
_UNREADABLE = "These bytes are no request that can be read: check address, length, encoding and headers."
# nginx's own refusals, and the problems that they are.
_REFUSALS: Mapping[int, Problem] = {
    400: Malformed(_UNREADABLE),
    404: NotFound(),
    405: MethodNotAllowed(),
    413: TooLarge(),
    414: HeadersTooLarge(),
    494: HeadersTooLarge(),
    501: Malformed(_UNREADABLE),
    505: Malformed(_UNREADABLE),
}


def nginx_program() -> Path:
    """Debian's, installed or unpacked. Raises RuntimeError if there is none: tests fail, they never skip."""
    places = ["/usr/sbin", "/usr/local/sbin", os.environ["PATH"], str(UNPACKED / "usr" / "sbin")]
    found = shutil.which("nginx", path=os.pathsep.join(places))
    if found is None:
        raise RuntimeError("No nginx here: run tools/test_servers.sh")
    return Path(found)


class Nginx:
    """The front door on `port`. One process, in the folder that it is given, as whoever runs the tests."""

    def __init__(self, folder: Path, port: int, rooms: Mapping[str, int]) -> None:
        """`rooms`: the name of each that the front door leads to, and its port."""
        self.folder, self.port = folder, port
        folder.mkdir()
        self._config = folder / "nginx.conf"
        self._config.write_text(
            _TEMPLATE.read_text().format(
                folder=folder,
                port=port,
                upstreams="\n".join(_upstream(name, at) for name, at in rooms.items()),
                answer_seconds=ANSWER_SECONDS,
                page="\n".join(_page()),
                problems="\n".join([*map(_refusal, _REFUSALS), _unreached()]),
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def publish(self, name: str, document: object) -> None:
        """Serve `document` at `/name`, where the configuration has a place for it."""
        (self.folder / name).write_text(json.dumps(document))

    def start(self) -> None:
        program, libc = nginx_program(), ctypes.CDLL(None)
        self._process = subprocess.Popen(
            [program, "-p", self.folder, "-c", self._config, "-e", self.folder / "error.log"],
            env=environment_of(program),
            preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 — nothing of ours runs in the child but this call.
        )
        end = monotonic() + _START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or monotonic() > end:
                raise RuntimeError(f"nginx does not start:\n{(self.folder / 'error.log').read_text()[-3000:]}")
            sleep(0.02)

    def stop(self) -> None:
        """Kill it: every connection is cut."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _page() -> Iterator[str]:
    """The page as nginx serves it: its files, and the page itself at the addresses of its views."""
    built = Path(frontend.__file__).with_name("dist")
    files = frontend.page_files()
    for address, file in files.items():
        headers = "".join(f' add_header {name} "{value}" always;' for name, value in file.headers.items())
        headers = headers.replace(" add_header Content-Type", " default_type").replace(
            '" always; add_header Cache', '"; add_header Cache'
        )
        place = built / ("index.html" if address == "/" else address[1:])
        yield f"    location = {address} {{ types {{}} alias {place};{headers} }}"
        if address == "/":
            yield f"    location ~ ^/({'|'.join(frontend.VIEWS)})(/|$) {{ types {{}} alias {place};{headers} }}"


def _upstream(name: str, port: int) -> str:
    # Shorter than a room keeps an idle connection: a request must not be sent into one that is being closed.
    return f"  upstream {name} {{ server 127.0.0.1:{port}; keepalive 64; keepalive_timeout 3s; }}"


def _refusal(status: int) -> str:
    """By an address: what cannot be read has none that a named location could be entered with."""
    problem = _REFUSALS[status]
    return (
        f"    error_page {status} ={problem.status} /refused/{status};\n"
        f"    location = /refused/{status} {{ internal; default_type application/problem+json;"
        f" return {problem.status} '{_document(problem)}'; }}"
    )


def _document(problem: Problem) -> str:
    return json.dumps(problem.document()).replace("'", "\\'")


def _unreached() -> str:
    members = {"type": f"{URN}$slug", "title": Unavailable.title, "status": 503}
    document = json.dumps(members | {"detail": "The service $room does not answer."})
    return (
        "    error_page 502 504 =503 @unreached;\n"
        "    location @unreached { default_type application/problem+json;"
        f" add_header Retry-After {Unavailable.retry_after_seconds} always; return 503 '{document}'; }}"
    )
