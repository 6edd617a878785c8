"""Routes of the `meta/` namespace."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from block_storage.block_api import READER, WRITER
from block_storage.meta_keys import flat_name
from block_storage.traffic import Traffic
from foundation.blocks import MIB
from foundation.http_wire import Json, limit
from foundation.problems import Invalid

MAX_META_BYTES = 32 * MIB


def _key(key: Annotated[str, Path()]) -> str:
    try:
        flat_name(key)
    except ValueError as error:
        raise Invalid(f"key: {error}", errors=[{"field": "key", "message": str(error)}]) from error
    return key


Key = Annotated[str, Depends(_key)]


def meta_routes(router: APIRouter, traffic: Traffic) -> None:
    store = traffic.store

    @router.get("/meta", dependencies=READER)
    async def list_meta(
        prefix: str = "", after: str = "", limit: Annotated[int, limit(1000, 10_000)] = 1000
    ) -> Response:
        def page() -> list[str]:
            return list(islice((key for key in store.list_meta(prefix) if key > after), limit))

        return Json({"items": await traffic.run(page)})

    @router.get("/meta/{key:any}", dependencies=READER)
    async def read_meta(key: Key) -> Response:
        return await traffic.answer(lambda: [store.read_meta(key)], MAX_META_BYTES)

    @router.put("/meta/{key:any}", status_code=204, dependencies=WRITER)
    async def replace_meta(request: Request, key: Key) -> None:
        async with traffic.body(request, MAX_META_BYTES) as data:
            await traffic.run(lambda: store.replace_meta(key, bytes(data)))

    @router.delete("/meta/{key:any}", status_code=204, dependencies=WRITER)
    async def delete_meta(key: Key) -> None:
        await traffic.run(lambda: store.delete_meta(key))
