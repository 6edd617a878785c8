"""What a room by itself works with: the database and the store where they are its own to open, the other rooms by their addresses."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

import block_storage
import identity
from cairn.compose.parts import asked_broker, identity_on, naming, outside_of, ringing, telling
from cairn.errors import SettingInvalid
from cairn.lock import DataFolderLock
from cairn.settings import ServerSettings, settings_of
from foundation.doorbell import Doorbell, InProcessDoorbell
from foundation.http_room import RoomClient
from foundation.identity import TokenVerifier
from foundation.introspection import fetched_keys, introspecting_verifier
from foundation.room_tokens import FetchedRoomTokens, RoomTokenVerifier, TokenSource
from foundation.service_tokens import Room, ServiceTokens, ServiceTokenVerifier
from foundation.settings import ServiceSettings

if TYPE_CHECKING:  # What a room has no use for it does not load.
    from block_storage import BlockStore
    from foundation.database import Database
    from identity import IdentityRoom
    from metadata import Catalogue, LongPoll
    from sync import RedisBroker

Ready = Mapping[str, Callable[[], None]]


class Neighbours:
    """Everything is opened when it is first asked for, once for all rooms of the process, and closed with the stack.

    Raises SettingInvalid where a room would open what belongs to another process.
    """

    def __init__(self, settings: ServerSettings, rooms: frozenset[Room], stack: ExitStack) -> None:
        """`rooms`: those that this process serves."""
        self.settings, self._rooms, self._stack = settings, rooms, stack
        self.service_settings = settings_of(ServiceSettings, public_url=settings.address)
        secret = settings.shared_secret_bytes()
        self.tokens = ServiceTokens(secret)
        # Identity calls nobody; where it is in this process, or on the same database, rooms need not ask it who they are.
        fetches = settings.identity is not None and Room.IDENTITY not in rooms
        self._own_tokens: TokenSource = (
            FetchedRoomTokens(settings.identity or "", secret, self.tokens) if fetches else self.tokens
        )
        self.doorbell = InProcessDoorbell()

    @cached_property
    def long_poll(self) -> "LongPoll":
        """Of those who wait for what is committed here."""
        from metadata import LongPoll

        return LongPoll()

    @cached_property
    def database(self) -> "Database":
        from foundation.database import opened, parsed

        with naming("CAIRN_DATABASE"):
            parsed(self.settings.database_location)
        if self.settings.is_on_sqlite:
            self._stack.enter_context(DataFolderLock(self.settings.data))
        return self._stack.enter_context(opened(self.settings.database_location))

    @cached_property
    def rung(self) -> Doorbell:
        """What a commit here rings: by CAIRN_BROKER, else in this process."""
        return self._stack.enter_context(ringing(self.settings, self.doorbell))

    @cached_property
    def own_catalogue(self) -> "Catalogue":
        """On the database itself. Raises NotMigrated."""
        from metadata import open_catalogue

        rung = self.rung
        return open_catalogue(
            self.database, self.settings.catalogue(), telling(self.long_poll, rung), lambda: rung.ring("expire")
        )

    @cached_property
    def own_store(self) -> "BlockStore":
        with naming("CAIRN_STORE"):
            store = block_storage.open_block_store(self.settings.store_location)
        self._stack.callback(store.close)
        return store

    @cached_property
    def identity(self) -> "IdentityRoom":
        """On the database itself. Raises SchemaTooOld."""
        identity.check_migrated(self.database)
        self.settings.shared_secret_bytes()  # Which nobody makes for this room alone.
        return identity_on(self.database, self.settings)

    def require_shared_database(self, room: Room, variable: str) -> None:
        """Raises SettingInvalid if `room` would open an SQLite that the room of `variable` has in another process."""
        owner = {"CAIRN_METADATA": Room.METADATA, "CAIRN_IDENTITY": Room.IDENTITY}[variable]
        if self.settings.is_on_sqlite and owner not in self._rooms:
            raise SettingInvalid(
                f"{variable} is required for {room}: SQLite belongs to one process, that of {owner}."
                f" Set {variable}=http://host:port, or CAIRN_DATABASE to PostgreSQL."
            )

    def require_shared_store(self, room: Room) -> None:
        """Raises SettingInvalid if `room` would open a store on disk that block storage has in another process."""
        location = self.settings.store_location
        if not location.startswith("s3+") and Room.BLOCK_STORAGE not in self._rooms:
            raise SettingInvalid(
                f"CAIRN_BLOCKS is required for {room}: {block_storage.printable(location)} belongs to one process, that of block-storage."
                " Set CAIRN_BLOCKS=http://host:port, or CAIRN_STORE to an S3 store."
            )

    def catalogue(self, room: Room) -> "Catalogue":
        """As `room` reaches it: by CAIRN_METADATA, else on the database."""
        if not self.settings.metadata:
            self.require_shared_database(room, "CAIRN_METADATA")
            return self.own_catalogue
        from metadata import http_catalogue

        catalogue = http_catalogue(RoomClient(self.settings.metadata, room, self._own_tokens))
        self._stack.callback(catalogue.close)
        return catalogue

    def store(self, room: Room) -> "BlockStore":
        """As `room` reaches it: by CAIRN_BLOCKS, else CAIRN_STORE itself."""
        if not self.settings.blocks:
            self.require_shared_store(room)
            return block_storage.measured(self.own_store, self.settings.store_location)
        store = block_storage.open_block_store(
            self.settings.blocks, connect=lambda address: RoomClient(address, room, self._own_tokens)
        )
        self._stack.callback(store.close)
        return block_storage.measured(store, self.settings.blocks)

    @cached_property
    def broker(self) -> "RedisBroker | None":
        """CAIRN_BROKER, to be asked how it is."""
        return asked_broker(self.settings, self._stack)

    def others(self, room: Room) -> Mapping[Room, RoomClient]:
        """The rooms whose addresses are known, as `room` calls them."""
        settings = self.settings
        addresses = {
            Room.METADATA: settings.metadata,
            Room.CHUNKER: settings.chunker,
            Room.BLOCK_STORAGE: settings.blocks,
            Room.IDENTITY: settings.identity,
        }
        return {other: self._client(address, room) for other, address in addresses.items() if address}

    def callers(self, room: Room) -> tuple[TokenVerifier, Ready]:
        """What knows services by their tokens and people by their credentials, and whether it can. A service is known everywhere,
        to be told that it may not."""
        if self.settings.identity:
            client = self._client(self.settings.identity, room)
            keys, outside = fetched_keys(client), outside_of(self.settings)
            signed = RoomTokenVerifier(self.settings.address, keys)
            users: TokenVerifier = introspecting_verifier(client, self.settings.address, keys, outside=outside)
            return ServiceTokenVerifier([self.tokens, signed], users), {"identity": client.ready}
        self.require_shared_database(room, "CAIRN_IDENTITY")
        return (
            ServiceTokenVerifier([self.tokens, self.identity.rooms], self.identity.verifier),
            {"identity": self.identity.ready},
        )

    def _client(self, address: str, room: Room) -> RoomClient:
        """The service at `address`, called by `room`."""
        client = RoomClient(address, room, self._own_tokens)
        self._stack.callback(client.close)
        return client
