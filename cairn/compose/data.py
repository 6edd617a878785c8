"""The server's own data, as its admin's verbs bring it up and reach it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import identity
import metadata
from block_storage import StoreInUse, open_block_store
from cairn.compose.parts import identity_on, naming
from cairn.data_folder import prepare_data_folder
from cairn.settings import ServerSettings
from sync import TwoTruths

if TYPE_CHECKING:  # What it is made of is loaded when it is opened.
    from identity import IdentityRoom


def migrate(settings: ServerSettings) -> None:
    """Bring the database to this version's schema. Safe to repeat, and to run twice at once.

    From here on, whatever the process makes is its owner's alone: files of people, hashes of passwords, keys.
    """
    from foundation.database import parsed

    os.umask(0o077)
    with naming("CAIRN_DATABASE"):
        parsed(settings.database_location)
    prepare_data_folder(settings.data, version("cairn-sync"))
    metadata.migrate(settings.database_location)
    identity.migrate(settings.database_location)


def make_store(settings: ServerSettings) -> None:
    """Make the store of a catalogue without a past, as the one-process server does when it starts; any other is left alone."""
    with closing(metadata.open_catalogue(settings.database_location)) as catalogue:
        if not catalogue.is_new():
            return
        opened_store = partial(open_block_store, settings.store_location, initialise=True)
        with naming("CAIRN_STORE"), suppress(StoreInUse), closing(opened_store()) as store:  # In use: it is made.
            TwoTruths(catalogue.installation, store, catalogue.is_new).start()


@contextmanager
def open_identity(settings: ServerSettings) -> "Iterator[IdentityRoom]":
    with closing(identity_on(settings.database_location, settings)) as room:
        yield room
