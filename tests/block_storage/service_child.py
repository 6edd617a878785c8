"""Block storage in a process of its own: `python -m tests.block_storage.service_child LOCATION PORT`."""

import sys

import uvicorn

from block_storage import Parts, create_app, open_block_store
from foundation.service_tokens import NoUsers, ServiceTokenVerifier
from foundation.settings import ServiceSettings
from tests.block_storage.service import TOKENS


def main(location: str, port: str) -> None:
    store = open_block_store(location, initialise=True)
    verifier = ServiceTokenVerifier([TOKENS], NoUsers())
    app = create_app(
        Parts(store), settings=ServiceSettings(), verifier=verifier, ready={"store": store.ready}, notices={}
    )
    uvicorn.run(app, port=int(port), log_config=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
