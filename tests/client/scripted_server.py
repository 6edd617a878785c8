"""A real HTTP server that answers whatever a test wants, lies included, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False  # the connection ends before the answer does

    @classmethod
    def json(cls, document: Any, status: int = 200, **headers: str) -> "Answer":
        return cls(status, json.dumps(document).encode(), headers=headers)

    @classmethod
    def problem(cls, slug: str, status: int, **members: Any) -> "Answer":
        document = {"type": f"urn:cairn:problem:{slug}", "title": slug, "status": status, **members}
        return cls(status, json.dumps(document).encode(), "application/problem+json")


Script = Callable[[Asked], Answer]


class ScriptedServer:
    """`script` decides each answer; `asked` are the requests in order."""

    def __init__(self) -> None:
        self.script: Script = lambda _: Answer.problem("not-found", 404)
        self.asked: list[Asked] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answers(self, *answers: Answer) -> None:
        """One after another, the last again and again."""
        left = list(answers)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
                server.asked.append(asked)
                answer = server.script(asked)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body) + answer.is_cut))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = answer.is_cut

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 — http.server's names.

            def log_message(self, *_: Any) -> None: ...

        return Handler


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    try:
        yield server
    finally:
        server.close()
