"""The catalogue: what it offers, and as a service by itself."""

from fastapi import FastAPI

import metadata
from cairn.neighbours import Neighbours
from foundation.service_tokens import Room
from metadata import Catalogue, LongPoll


def catalogue_parts(catalogue: Catalogue, long_poll: LongPoll) -> metadata.Parts:
    return metadata.Parts(
        buckets=catalogue.buckets,
        members=catalogue.members,
        accounts=catalogue.accounts,
        files=catalogue.files,
        listings=catalogue.listings,
        commits=catalogue.commits,
        journals=catalogue.journals,
        search=catalogue.search,
        statistics=catalogue.statistics,
        sync_records=catalogue.sync_records,
        long_poll=long_poll,
    )


def service(near: Neighbours) -> FastAPI:
    catalogue = near.own_catalogue
    verifier, ready = near.callers(Room.METADATA)
    return metadata.create_app(
        catalogue_parts(catalogue, near.long_poll),
        settings=near.service_settings,
        verifier=verifier,
        ready={"database": catalogue.ready, **ready},
        catalogue=catalogue,
    )
