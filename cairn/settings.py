"""Where the server keeps things, what it answers on, and where its rooms find each other when each runs by itself."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from cairn.errors import SettingInvalid
from foundation.settings import Networks, Settings

if TYPE_CHECKING:
    from metadata import CatalogueSettings

# Rooms speak plain HTTP to each other, on a network of their own.
_PROCESS = r"http://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?/?"
Addresses = Annotated[str, StringConstraints(pattern=rf"^{_PROCESS}(,{_PROCESS})*$")]
Broker = Annotated[
    str,
    StringConstraints(pattern=r"^rediss?://([^@/\s]*@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/\d{1,4})?$"),
]


_Kind = TypeVar("_Kind", bound=Settings)


class ServerSettings(Settings):
    data: Path = Field(default=Path("data"), description="Folder of everything that has no location of its own.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8080,
        ge=1,
        le=65535,
        description="Port to listen on; where rooms run by themselves, that of the front door before them.",
    )
    database: str | None = Field(
        default=None, description="`sqlite:///…` or `postgresql+psycopg://…`; absent: SQLite in the data folder."
    )
    store: str | None = Field(
        default=None,
        description="Where blocks lie: `file:///…`, `s3+http(s)://…`, `memory:`; absent: the data folder.",
    )
    metadata: Addresses | None = Field(
        default=None,
        description="Where the catalogue is, `http://host:port`, several processes with commas between them; absent: in this process, on"
        " the database.",
    )
    blocks: Addresses | None = Field(
        default=None, description="Where block storage is, as CAIRN_METADATA; absent: in this process, on the store."
    )
    identity: Addresses | None = Field(
        default=None, description="Where identity is, as CAIRN_METADATA; absent: in this process, on the database."
    )
    chunker: Addresses | None = Field(
        default=None,
        description="Where the chunker is, as CAIRN_METADATA; for sync, which tells how all rooms are; absent: not told of.",
    )
    sync: Addresses | None = Field(
        default=None, description="Where sync is, as CAIRN_METADATA; for the front door only: no room calls it."
    )
    broker: Broker | None = Field(
        default=None,
        description="Where messages to workers go, `redis://[:PASSWORD@]host[:port][/database]`; absent: work is done in this process.",
    )
    trusted_proxies: Networks = Field(
        default="",
        description="Proxies before the server, addresses or networks with commas between them, whose word counts on where a request comes"
        " from (`X-Forwarded-For`): limits on guessing are by that. Only those that write it themselves; nobody else's word counts.",
    )
    public_url: str | None = Field(default=None, description="What browsers see; absent: made of host and port.")
    secret: str | None = Field(
        default=None, description="At least 32 characters; absent: the file `secret` in the data folder."
    )
    public_files: bool = Field(
        default=False, description="Whether files with access `public` are served without login."
    )
    upload_days: float = Field(default=7, ge=0, description="An open upload that nobody touches for so long expires.")
    dead_name_days: float = Field(default=3, ge=0, description="Bytes that nothing names any more are kept so long.")
    quota_bytes: int | None = Field(
        default=None, ge=0, le=2**63 - 1, description="Quota of accounts that are new; absent: none."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    otlp_endpoint: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = Field(
        default=None,
        description="Where traces go, the base address of an OTLP/HTTP receiver: `http://collector:4318`; absent: as"
        " OTEL_EXPORTER_OTLP_ENDPOINT says, else there are none.",
    )

    @classmethod
    def read(cls) -> Self:
        """As settings_of."""
        return settings_of(cls)

    @property
    def database_location(self) -> str:
        return self.database or f"sqlite:///{self.data.resolve() / 'cairn.db'}"

    @property
    def is_on_sqlite(self) -> bool:
        return self.database_location.startswith("sqlite:")

    @property
    def store_location(self) -> str:
        return self.store or f"file://{self.data.resolve() / 'blocks'}"

    @property
    def address(self) -> str:
        """What browsers see."""
        return self.public_url.rstrip("/") if self.public_url else self.address_of(self.port)

    def address_of(self, port: int) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"

    def require_workable_broker(self) -> None:
        """Raises SettingInvalid where CAIRN_BROKER is set and the database is SQLite, which workers beside the server cannot open."""
        if self.broker and self.is_on_sqlite:
            raise SettingInvalid(
                "CAIRN_BROKER: SQLite belongs to one process, which does the work itself."
                " Leave CAIRN_BROKER out, or set CAIRN_DATABASE to PostgreSQL."
            )

    def require_workers_store(self) -> None:
        """Raises SettingInvalid where CAIRN_BROKER is set and the store lies on this process's disks."""
        if self.broker and not self.store_location.startswith("s3+"):
            raise SettingInvalid(
                "CAIRN_BROKER: a store on disks belongs to one process, which does the work itself."
                " Leave CAIRN_BROKER out, set CAIRN_STORE to an S3 store, or serve the rooms one by one."
            )

    def required_broker(self) -> str:
        """CAIRN_BROKER. Raises SettingInvalid without it, and where `require_workable_broker` does."""
        if self.broker is None:
            raise SettingInvalid(
                "CAIRN_BROKER is required here: set it to redis://host:port, the same for all services."
            )
        self.require_workable_broker()
        return self.broker

    def catalogue(self) -> "CatalogueSettings":
        from metadata import CatalogueSettings

        return CatalogueSettings(
            upload_expiry=timedelta(days=self.upload_days),
            dead_name_retention=timedelta(days=self.dead_name_days),
            public_files=self.public_files,
            quota_bytes=self.quota_bytes,
        )

    def secret_bytes(self) -> bytes:
        """CAIRN_SECRET, or the data folder's own, made on first use. Raises SettingInvalid if it is too short to be one."""
        if self.secret is not None:
            if len(self.secret) < 32:
                raise SettingInvalid(
                    "CAIRN_SECRET must have at least 32 characters; make one with `openssl rand -hex 32`"
                )
            return self.secret.encode()
        return _own_secret(self.data / "secret")

    def shared_secret_bytes(self) -> bytes:
        """As `secret_bytes`, but made by nobody: rooms that each made their own would refuse each other. Raises SettingInvalid."""
        if self.secret is None and not (self.data / "secret").exists():
            raise SettingInvalid(
                "CAIRN_SECRET is required when rooms run separately, the same for all of them;"
                " make one with `openssl rand -hex 32`"
            )
        return self.secret_bytes()


class BackupSettings(Settings):
    backup: str | None = Field(
        default=None, description="Where backups lie: `file:///…` or `s3+http(s)://…`, a folder or bucket of their own."
    )
    backup_key: Annotated[str, StringConstraints(min_length=32)] | None = Field(
        default=None,
        description="What backups are encrypted with, at least 32 characters; absent: they are not. Without it nothing can be restored.",
    )


def settings_of(kind: type[_Kind], **given: Any) -> _Kind:
    """From the environment, but for what is given. Raises SettingInvalid, which names the variable."""
    try:
        return kind(**given)
    except OSError as error:
        raise SettingInvalid(f"A CAIRN_…_FILE names {error.filename}, which cannot be read: {error.strerror}") from None
    except ValidationError as error:
        wrong = "; ".join(f"CAIRN_{str(found['loc'][0]).upper()}: {found['msg']}" for found in error.errors())
        raise SettingInvalid(wrong) from None


def _own_secret(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        temporary = file.with_name(f".secret-{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(secrets.token_hex(32))
            output.flush()
            os.fsync(output.fileno())
        try:
            os.link(temporary, file)  # Unlike rename, this never replaces a secret that another process has just made.
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return file.read_bytes().strip()
