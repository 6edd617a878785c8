"""nginx's configuration: the files of conf/, with what the settings say between their @ signs."""

import os
import pwd
import re
import resource
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nginx.page import PageFile, page_locations, write_page
from nginx.quoting import quotable
from nginx.refusals import not_allowed, refusals
from nginx.settings import FrontDoorSettings, PlainHttp

_TEMPLATES = Path(__file__).with_name("conf")
_BLANK = re.compile(r"@([a-z_]+)@")
ADDRESSES_TIMES = 20
MOST_OPEN_FILES = 65_536
MOST_CONNECTIONS = (
    32_768  # of a worker, whose memory for them is taken at once: 14 MB. One that is passed on has two ends.
)
MOST_STREAMS = 65_535  # that nginx counts to


@dataclass(frozen=True, slots=True)
class Address:
    """Of one process of a room."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds. `answer`: of a room, longer than it waits for others itself; `wait`: of one that is asked to wait for news.

    `client_header`: for a whole head; `client_body` and `long_body`: between two pieces of a body.
    """

    answer: int = 45
    wait: int = 75
    client_header: int = 15
    client_body: int = 30
    long_body: int = 60


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """All that a configuration is made of. `rooms`: where the processes of each are; one of nobody answers 503.

    `views`: the first segments of the page's own addresses. `public_port`: of HTTPS, as browsers see it. `session`: the name of the
    cookie that is a credential. `max_body_bytes`: of requests that are neither content nor lists.
    """

    settings: FrontDoorSettings
    host: str
    rooms: Mapping[str, Iterable[Address]]
    certificate: Path
    key: Path
    page: Mapping[str, PageFile]
    views: Iterable[str]
    public_port: int
    session: str
    max_body_bytes: int
    workers: str = "auto"
    limits: TimeLimits = TimeLimits()
    access_log: Path = Path("/dev/stdout")


def write_configuration(folder: Path, door: FrontDoor) -> Path:
    """Write nginx.conf, what it includes and the page into `folder`; the file to start nginx with. Safe to repeat while nginx runs.

    Raises OSError where the disk does not take all of it: then what was there is there as a whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_page(folder / "page", door.page)
    values = _values(folder, door)
    made = {template.name: _filled(template.read_text(), values) for template in sorted(_TEMPLATES.glob("*.conf"))}
    made["page.conf"] = page_locations(folder / "page", door.page, door.views)
    made["refusals.conf"], made["not_allowed.conf"] = refusals(), not_allowed()
    made["servers.conf"] = _servers(door)
    temporaries = {name: folder / f".{name}" for name in made}
    try:
        for name, text in made.items():
            temporaries[name].write_text(text)
    except OSError:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
        raise
    # Only now: nginx must not find a new file beside one that there was no room for.
    for name, temporary in temporaries.items():
        temporary.replace(folder / name)
    return folder / "nginx.conf"


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _BLANK.sub(lambda blank: values[blank[1]], text)


def _values(folder: Path, door: FrontDoor) -> dict[str, str]:
    settings = door.settings
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    proxies = [proxy.strip() for proxy in settings.front_proxies.split(",") if proxy.strip()]
    return {
        "folder": quotable(folder),
        "workers": door.workers,
        # Started by root, nginx would work as somebody who cannot write where we let it.
        "user": f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else "",
        "open_files": str(open_files),
        "connections": str(min(open_files, MOST_CONNECTIONS)),
        "access_log": quotable(door.access_log),
        "upstreams": "\n".join(_upstream(room, addresses) for room, addresses in sorted(door.rooms.items())),
        "rate": str(settings.rate_limit or 1),
        "address_rate": str((settings.rate_limit or 1) * ADDRESSES_TIMES),
        "content_rate": str(settings.content_rate_limit or 1),
        "content_address_rate": str((settings.content_rate_limit or 1) * ADDRESSES_TIMES),
        "streams": str(settings.stream_limit or 1),
        "address_streams": str(min((settings.stream_limit or 1) * ADDRESSES_TIMES, MOST_STREAMS)),
        # An empty key is not counted.
        "catalogue_key": "$caller" if settings.rate_limit else '""',
        "catalogue_address_key": "$network" if settings.rate_limit else '""',
        "content_key": "$caller" if settings.content_rate_limit else '""',
        "content_address_key": "$network" if settings.content_rate_limit else '""',
        "stream_key": "$caller" if settings.stream_limit else '""',
        "stream_address_key": "$network" if settings.stream_limit else '""',
        "session": re.escape(door.session),
        "whole_blocks": "blocks" if settings.blocks_folder else "",
        "blocks_folder": quotable(settings.blocks_folder or folder / "no-blocks"),
        "body": str(door.max_body_bytes),
        "hsts": f"max-age={settings.hsts}" if settings.hsts else "",
        "front_proxies": "\n".join(f"set_real_ip_from {proxy};" for proxy in proxies),
        "is_forwarded": "\n  ".join(f"{proxy} 1;" for proxy in proxies),
    } | {name: str(seconds) for name, seconds in asdict(door.limits).items()}


def _upstream(room: str, addresses: Iterable[Address]) -> str:
    # Shorter than a room keeps an idle connection: a request must not be sent into one that is being closed.
    # 127.0.0.1:9 is nobody: a room without a process answers 503, and the others go on.
    servers = (
        " ".join(f"server {address} max_fails=1 fail_timeout=2s;" for address in addresses) or "server 127.0.0.1:9;"
    )
    return f"upstream {room} {{ {servers} keepalive 64; keepalive_timeout 3s; }}"


def _servers(door: FrontDoor) -> str:
    settings = door.settings
    host = f"[{door.host}]" if ":" in door.host else door.host
    plain = f"listen {host}:{settings.http_port} backlog=4096 default_server;"
    secure = f"listen {host}:{settings.https_port} ssl http2 backlog=4096 default_server;"
    servers = [
        f'server {{\n  {secure}\n  include tls.conf;\n  ssl_certificate "{quotable(door.certificate)}";\n'
        f'  ssl_certificate_key "{quotable(door.key)}";\n  include door.conf;\n}}\n'
    ]
    if settings.plain_http is PlainHttp.SERVE:
        servers.append(f"server {{\n  {plain}\n  include door.conf;\n}}\n")
    if settings.plain_http is PlainHttp.REDIRECT:
        port = "" if door.public_port == 443 else f":{door.public_port}"
        # 308 keeps the method: a POST stays one.
        servers.append(
            f"server {{\n  {plain}\n  client_header_timeout {door.limits.client_header}s;\n  client_max_body_size 0;\n"
            "  include headers.conf;\n"
            f"  location / {{ return 308 https://$host{port}$request_uri; }}\n"
            f"  error_page 405 = @redirected;\n  location @redirected {{ return 308 https://$host{port}$request_uri; }}\n"
            "  include refusals.conf;\n}\n"
        )
    return "".join(servers)
