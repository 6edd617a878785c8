"""Spans by OpenTelemetry's library to an OTLP/HTTP receiver. Loaded only where one is named."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from foundation.problems import Problem

_W3C = TraceContextTextMapPropagator()
_KINDS = {"internal": trace.SpanKind.INTERNAL, "server": trace.SpanKind.SERVER, "client": trace.SpanKind.CLIENT}
# A receiver that hangs must not hold the end of a process up.
_FLUSH_MILLISECONDS = 2000


class _Running:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def called(self, name: str, attributes: Mapping[str, Any]) -> None:
        self._span.update_name(name)
        self._span.set_attributes(dict(attributes))


class OtlpTracer:
    """See foundation.tracing.Tracer. Thread-safe. Sampling is as OTEL_TRACES_SAMPLER says, all by default."""

    def __init__(self, service: str, endpoint: str) -> None:
        """`endpoint`: the base, as https://collector:4318."""
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cairn")

    @contextmanager
    def span(self, name: str, parent: str | None, kind: str, attributes: Mapping[str, Any]) -> Iterator[_Running]:
        with self._tracer.start_as_current_span(
            name,
            _within(parent),
            kind=_KINDS[kind],
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,  # It would tell the error's words, which name what they are about.
        ) as span:
            try:
                yield _Running(span)
            except Exception as error:
                kind_of = error.slug if isinstance(error, Problem) else type(error).__name__
                span.set_attribute("error.type", kind_of)
                span.set_status(trace.StatusCode.ERROR)
                raise

    def told(self, name: str, parent: str, began_ns: int, attributes: Mapping[str, Any]) -> None:
        self._tracer.start_span(name, _within(parent), attributes=dict(attributes), start_time=began_ns).end()

    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    def flush(self) -> None:
        self._provider.force_flush(_FLUSH_MILLISECONDS)


def _within(parent: str | None) -> Context | None:
    return _W3C.extract({"traceparent": parent}) if parent else None
