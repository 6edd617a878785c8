"""The page at `/`."""

from fastapi import APIRouter, Response

from frontend import page


def page_routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    html, policy = page()
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }

    @router.get("/")
    async def show() -> Response:
        return Response(html, media_type="text/html", headers=headers)

    return router
