"""The page as nginx serves it: its files beside packed twins, and the page itself at the addresses of its views."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from nginx.quoting import quotable

# The front door says so of everything.
_SAID = frozenset({"Content-Type", "X-Content-Type-Options"})


class PageFile(Protocol):
    """One file as it is served. `packed`: the same bytes by gzip, where that is worth it."""

    @property
    def content(self) -> bytes: ...
    @property
    def packed(self) -> bytes | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


def write_page(folder: Path, files: Mapping[str, PageFile]) -> None:
    """Every file at its address below `folder`. One that is there already keeps its time, which nginx makes its ETag of."""
    for address, file in files.items():
        place = folder / _name(address)
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, file.content)
        packed = place.with_name(f"{place.name}.gz")
        if file.packed is None:
            packed.unlink(missing_ok=True)
        else:
            _write(packed, file.packed)


def page_locations(folder: Path, files: Mapping[str, PageFile], views: Iterable[str]) -> str:
    """nginx's locations of `files`, each with its own headers."""
    lines = [f'root "{quotable(folder)}";', "gzip_static on;", "gzip_vary on;"]
    for address, file in files.items():
        served = f"types {{}} {_headers(file)} try_files /{_name(address)} =404;"
        lines.append(f"location = {address} {{ {served} }}")
        if address == "/":
            lines.append(f"location ~ ^/({'|'.join(views)})(/|$) {{ {served} }}")
    return "\n".join(lines) + "\n"


def _name(address: str) -> str:
    return "index.html" if address == "/" else address[1:]


def _write(place: Path, content: bytes) -> None:
    if place.is_file() and place.read_bytes() == content:
        return
    temporary = place.with_name(f".{place.name}")
    temporary.write_bytes(content)
    temporary.replace(place)


def _headers(file: PageFile) -> str:
    headers = [f'add_header {name} "{value}" always;' for name, value in file.headers.items() if name not in _SAID]
    return " ".join([f'default_type "{file.headers["Content-Type"]}";', "include headers.conf;", *headers])
