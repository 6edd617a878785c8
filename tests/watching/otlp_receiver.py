"""A receiver of OTLP/HTTP, as small as it goes: it remembers the spans that it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zlib import MAX_WBITS, decompress

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Told:
    """One span; ids as hexadecimal digits, "" for no parent."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]


class Receiver:
    """`address`: what CAIRN_OTLP_ENDPOINT is set to."""

    def __init__(self) -> None:
        self._spans: list[Told] = []
        self._lock = threading.Lock()
        self.address = ""
        self.said: list[bytes] = []

    def spans(self) -> list[Told]:
        with self._lock:
            return list(self._spans)

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans() if span.name == name]

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        told = [
            Told(
                _attributes(resource.resource.attributes)["service.name"], span.name, span.trace_id.hex(),
                span.span_id.hex(), span.parent_span_id.hex(), _attributes(span.attributes),
            )
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]  # fmt: skip
        with self._lock:
            self._spans += told
            self.said.append(body)


def _attributes(pairs: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value or str(pair.value.int_value) for pair in pairs}


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = decompress(body, MAX_WBITS | 16)
            assert self.path == "/v1/traces"
            receiver.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
