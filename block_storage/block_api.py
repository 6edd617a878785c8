"""Routes of blocks: one by its name, and many at once."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from block_storage.errors import BlockCorrupt, BlockDamaged, BlockNotFound, StorageFailed
from block_storage.named_frames import MAX_BODY_BYTES, MEDIA_TYPE, frames, unframed
from block_storage.seam import Presence, Wanted
from block_storage.traffic import Traffic
from block_storage.wire import Looks, Names, Proved, Reads, names_from
from foundation.authorization import Action
from foundation.blocks import MAX_BLOCK_BYTES, BlockName
from foundation.http_bodies import require_media_type
from foundation.http_internal import service_may
from foundation.http_wire import Json, limit
from foundation.problems import TooLarge

READER = [Depends(service_may(Action.READ_BLOCKS))]
WRITER = [Depends(service_may(Action.STORE_BLOCKS))]
ERASER = [Depends(service_may(Action.ERASE_BLOCKS))]


def _name(name: Annotated[str, Path()]) -> BlockName:
    return names_from("name", [name])[0]


Name = Annotated[BlockName, Depends(_name)]


def block_routes(router: APIRouter, traffic: Traffic) -> None:
    store = traffic.store

    @router.get("/chunks/{name}", dependencies=READER)
    async def get_block(name: Name, xxh3: Annotated[str, Query(pattern="^[0-9a-f]{16}$")]) -> Response:
        return await traffic.answer(lambda: [store.get(name, int(xxh3, 16))], MAX_BLOCK_BYTES)

    @router.head("/chunks/{name}", dependencies=READER)
    async def head_block(name: Name, size: Annotated[int | None, Query(ge=0)] = None) -> Response:
        """Without `size`, bytes of any length count."""
        looked = (await traffic.run(lambda: store.check([(name, size or 0)])))[name]
        if size is None and looked is Presence.WRONG_SIZE:
            looked = Presence.PRESENT
        _require_right(name, looked)
        return Response(headers={"Cairn-Presence": looked.value})

    @router.put("/chunks/{name}", status_code=204, dependencies=WRITER)
    async def put_block(request: Request, name: Name) -> None:
        try:
            async with traffic.body(request, MAX_BLOCK_BYTES) as data:
                await traffic.run(lambda: store.put(name, data))
        except TooLarge as error:
            raise BlockCorrupt(f"A block has 1 to {MAX_BLOCK_BYTES:,} bytes.") from error

    @router.delete("/chunks/{name}", status_code=204, dependencies=ERASER)
    async def delete_block(name: Name) -> None:
        await traffic.run(lambda: store.delete([name]))


def _require_right(name: BlockName, looked: Presence) -> None:
    if looked is Presence.MISSING:
        raise BlockNotFound(f"The block {name.id} is not in the store.")
    if looked is Presence.WRONG_SIZE:
        raise BlockDamaged(f"The block {name.id} has another size.")
    if looked is Presence.UNKNOWN:
        raise StorageFailed("The store does not answer.")


def many_routes(router: APIRouter, traffic: Traffic) -> None:
    store = traffic.store

    @router.get("/chunks", dependencies=READER)
    async def list_blocks(after: str | None = None, limit: Annotated[int, limit(1000, 10_000)] = 1000) -> Response:
        begin = names_from("after", [after])[0] if after is not None else None
        found = await traffic.run(lambda: store.list(begin, limit))
        return Json({"items": [str(name) for name in found]})

    @router.post("/chunks", dependencies=WRITER)
    async def put_blocks(request: Request) -> Response:
        """`results`: null for what is stored, the problem of what is not, in the order of the body."""
        require_media_type(request, MEDIA_TYPE)
        async with traffic.body(request, MAX_BODY_BYTES) as body:
            outcomes = await traffic.run(lambda: store.put_many(unframed(body)))
        return Json({"results": [problem and problem.document() for problem in outcomes]})

    @router.post("/chunks/read", dependencies=READER)
    async def read_blocks(asked: Reads) -> Response:
        """Those that are right; what is wrong with the others, each tells by itself."""
        names = names_from("blocks", [name for name, _, _ in asked.blocks])
        wanted = [Wanted(name, int(xxh3, 16), size) for name, (_, xxh3, size) in zip(names, asked.blocks, strict=True)]
        return await traffic.answer(lambda: frames(store.get_many(wanted).items()), asked.size, MEDIA_TYPE)

    @router.post("/chunks/check", dependencies=READER)
    async def check_blocks(asked: Looks) -> Response:
        """`presences`: by name."""
        names = names_from("blocks", [name for name, _ in asked.blocks])
        pairs = [(name, size) for name, (_, size) in zip(names, asked.blocks, strict=True)]
        looked = await traffic.run(lambda: store.check(pairs))
        return Json({"presences": {str(name): presence.value for name, presence in looked.items()}})

    @router.post("/chunks/prove", dependencies=WRITER)
    async def prove_blocks(asked: Proved) -> Response:
        """`proofs`: by name. It writes copies again."""
        names = names_from("blocks", [name for name, _ in asked.blocks])
        pairs = [(name, size) for name, (_, size) in zip(names, asked.blocks, strict=True)]
        proofs = await traffic.prove(pairs)
        return Json({"proofs": {str(name): asdict(proof) for name, proof in proofs.items()}})

    @router.post("/chunks/delete", status_code=204, dependencies=ERASER)
    async def delete_blocks(asked: Names) -> None:
        names = names_from("names", asked.names)
        await traffic.run(lambda: store.delete(names))
