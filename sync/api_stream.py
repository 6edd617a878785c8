"""The route of live hints."""

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import Annotated

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from foundation.http_caller import Caller, CallerRoute, credential_of
from foundation.identity import TokenVerifier
from foundation.openapi import Responses, problems
from foundation.problems import Forbidden, Invalid, Unauthenticated
from sync.door import Door
from sync.events_stream import Stream, seen_by
from sync.watcher import Watcher

Seconds = Annotated[
    float | None, Query(ge=0, le=86_400, description="The stream ends after so long; absent: when the reader leaves.")
]
# Whoever reads nothing any more must not hold up the end of the process.
_LAST_SECONDS = 1.0
_STREAM = "text/event-stream"
_ANSWERS: Responses = {200: {"description": "Done", "content": {_STREAM: {"schema": {"type": "string"}}}}}
_DESCRIPTION = (
    "`text/event-stream` (WHATWG HTML, 9.2). Each message is one line of JSON. The first:"
    " `{root_sequence, buckets: [{bucket_id, sequence}…]}`; then hints: `{bucket_id, sequence}`, `{root_sequence}`,"
    " `{event_id, status, bucket_id, file_id, kind?}`, where `kind` is `file.damaged` or `file.healed`, and `{look_again: true}`"
    " where there were more than could be told. A comment every 15 seconds. Hints carry nothing to be resumed from:"
    " read the journals after the sequences that you have."
)


def stream_routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["sync"], route_class=CallerRoute)

    @router.get(
        "/events",
        summary="Hints that a journal has grown or a sync event has changed, as they happen",
        description=_DESCRIPTION,
        response_class=StreamingResponse,
        responses=_ANSWERS | problems(Unauthenticated, Forbidden, Invalid),
    )
    async def events(request: Request, caller: Caller, seconds: Seconds = None) -> Response:
        look = partial(seen_by, caller, door.buckets, door.journals)
        stream = Stream(caller, await run_sync(look), door.long_poll, look)
        credential, verifier = credential_of(request), request.app.state.verifier
        return _Streaming(stream, door.watcher, (credential or "", verifier), seconds)

    return router


class _Streaming(StreamingResponse):
    """Follows from the first byte to the last, however the reader leaves."""

    def __init__(
        self, stream: Stream, watcher: Watcher, shown: tuple[str, TokenVerifier], seconds: float | None
    ) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(stream.messages(seconds), media_type=_STREAM, headers=headers)
        self._stream, self._watcher, self._shown = stream, watcher, shown

    async def stream_response(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        with ExitStack() as stack:
            scope = stack.enter_context(CancelScope())

            def cut_soon() -> None:
                scope.deadline = loop.time() + _LAST_SECONDS

            self._stream.on_end = cut_soon
            stack.enter_context(self._stream.following())
            stack.enter_context(self._watcher.reading(self._stream, *self._shown))
            await super().stream_response(send)
