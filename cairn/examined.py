"""The server's own data as the doctor opens it: all of it where no server runs, to be read only where one does."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import identity
import metadata
from block_storage import BlockStore, open_block_store, open_for_reading
from cairn.compose.parts import identity_on, naming
from cairn.data_folder import check_data_folder
from cairn.errors import DataFolderInUse
from cairn.lock import DataFolderLock
from cairn.settings import ServerSettings
from foundation.database import Database, opened, parsed
from identity import IdentityRoom
from metadata import Catalogue
from sync import TwoTruths


class Examined:
    """Everything is opened when it is first asked for, and raises what is wrong with it then."""

    def __init__(self, settings: ServerSettings, stack: ExitStack) -> None:
        self.settings, self._stack = settings, stack
        self.is_running = False
        if settings.data.is_dir():
            check_data_folder(settings.data)
        if self.is_there:
            try:
                stack.enter_context(DataFolderLock(settings.data))
            except DataFolderInUse:
                self.is_running = True

    @cached_property
    def is_there(self) -> bool:
        """Looking must make neither a folder nor a database."""
        with naming("CAIRN_DATABASE"):
            url = parsed(self.settings.database_location)
        is_file = url.get_backend_name() == "sqlite"
        return self.settings.data.is_dir() and (not is_file or Path(url.database or "").is_file())

    @cached_property
    def has_secret(self) -> bool:
        return self.settings.secret is not None or (self.settings.data / "secret").exists()

    @cached_property
    def _database(self) -> Database:
        return self._stack.enter_context(opened(self.settings.database_location))

    @cached_property
    def catalogue(self) -> Catalogue:
        """Raises NotMigrated, SchemaTooNew, DatabaseUnavailable."""
        identity.check_migrated(self._database)
        return metadata.open_catalogue(self._database, self.settings.catalogue())

    @cached_property
    def identity(self) -> IdentityRoom:
        return identity_on(self._database, self.settings)

    @cached_property
    def store(self) -> BlockStore:
        """Raises StorageFailed, StoreInUse."""
        with naming("CAIRN_STORE"):
            store = (open_for_reading if self.is_running else open_block_store)(self.settings.store_location)
        self._stack.callback(store.close)
        return store

    @cached_property
    def truths(self) -> TwoTruths:
        return TwoTruths(self.catalogue.installation, self.store, self.catalogue.is_new)


@contextmanager
def examined(settings: ServerSettings) -> Iterator[Examined]:
    with ExitStack() as stack:
        yield Examined(settings, stack)
