"""The page's files and addresses, as the one-process server answers them."""

import hashlib
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from cairn.errors import PageNotBuilt
from foundation.problems import NotFound
from frontend import VIEWS, PageFile, page_files


def page_routes(files: Mapping[str, PageFile] | None = None) -> APIRouter:
    """Routes of `files`, those of this installation if None. The addresses of the page's views answer with the page itself."""
    answers = {address: _Answer(file) for address, file in (page_files() if files is None else files).items()}
    router = APIRouter(include_in_schema=False)

    async def show(request: Request) -> Response:
        address = request.url.path
        view = address.split("/")[1]
        answer = answers.get("/" if view in VIEWS else address)
        if answer is None:
            raise NotFound("There is no such file of the page.") if answers else PageNotBuilt
        return answer.to(request)

    views = [path for view in VIEWS for path in (f"/{view}", f"/{view}/{{rest:path}}")]
    own = [address for address in answers if not address.startswith("/assets/")]
    for path in {"/": None, "/assets/{rest:path}": None, **dict.fromkeys([*own, *views])}:
        router.add_api_route(path, show, methods=["GET", "HEAD"])
    return router


class _Answer:
    def __init__(self, file: PageFile) -> None:
        self._file = file
        self._etag = f'"{hashlib.sha256(file.content).hexdigest()[:32]}"'

    def to(self, request: Request) -> Response:
        """With what the browser has taken into account: its copy, and whether it reads gzip."""
        headers = {**self._file.headers, "ETag": self._etag, "Vary": "Accept-Encoding"}
        if self._etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self._file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._file.packed, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self._file.content, headers=headers)
