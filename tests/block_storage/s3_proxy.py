"""A small HTTP proxy before a store that lies, cuts, stalls and refuses by a readable script."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyS3Proxy:
    """Passes requests on to 127.0.0.1:`port`. One letter of `script` per request; after the last all is well:

    r  right: passed on
    5  answers 503 SlowDown
    C  cuts the answer in the middle of its body
    W  answers 200 with other bytes of the same length
    K  keeps other bytes: changes one in what is put, then passes on
    L  lies: passes a put on and answers 200, but from then on has other bytes under that path
    P  answers 200 with a page, as a captive portal does
    X  closes the connection without an answer

    What asks for a path of `refused` is answered 500, whatever the script says; GETs wait until `may_read` is set.
    """

    def __init__(self, port: int) -> None:
        self.script = ""
        self.seen: list[str] = []
        self.refused: set[str] = set()
        self.may_read = threading.Event()
        self.may_read.set()
        self.lies: dict[str, bytes] = {}
        self._upstream = port
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultyS3Proxy"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def next_fault(self, method: str) -> str:
        with self._lock:
            fault, self.script = (self.script[0], self.script[1:]) if self.script else ("r", "")
            self.seen.append(f"{method} {fault}")
            return fault

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=30)) as upstream:
            # The headers are signed, Host among them: passed on as they came.
            upstream.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for key, value in headers.items():
                upstream.putheader(key, value)
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"proxy": self})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultyS3Proxy

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.next_fault(self.command)
        if self.command == "GET":
            self.proxy.may_read.wait()
        if fault == "X":
            self.close_connection = True
        elif fault == "5":
            self._answer(503, [("Content-Type", "application/xml")], b"<Error><Code>SlowDown</Code></Error>")
        elif self.path in self.proxy.refused:
            self._answer(500, [("Content-Type", "application/xml")], b"<Error><Code>InternalError</Code></Error>")
        elif fault == "P":
            self._answer(200, [("Content-Type", "text/html")], b"<html>Accept our terms<br></html>")
        else:
            self._pass_on(fault, body)

    def _pass_on(self, fault: str, body: bytes) -> None:
        if fault == "K":
            body = bytes([body[0] ^ 1]) + body[1:]
        status, headers, data = self.proxy.forward(self.command, self.path, dict(self.headers), body)
        if fault == "L":
            self.proxy.lies[self.path] = bytes([body[0] ^ 1]) + body[1:]
        if self.command == "GET" and status == 200:
            data = self.proxy.lies.get(self.path, data)
        if fault == "W":
            data = data[::-1]
        self._answer(status, headers, data, cut=fault == "C")

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, cut: bool = False) -> None:
        has_body = self.command != "HEAD"
        self.send_response_only(status)
        for key, value in headers:
            if key.lower() not in {"transfer-encoding", "connection"} and not (
                has_body and key.lower() == "content-length"
            ):
                self.send_header(key, value)
        if has_body:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if has_body:
            self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut

    def log_message(self, *args: object) -> None:
        """Nothing: the tests read `seen`."""

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 — named by http.server.
