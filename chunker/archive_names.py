"""Names of an archive's entries: whatever a path holds, no name leads out of the folder that it is unpacked in, and no two are equal."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

MAX_NAME_BYTES = 255
_KEPT_BYTES = 200
_DRIVE = re.compile(r"[A-Za-z]:")
# What a changed name looks like; a name that looks so by itself is changed as well, so that it is nobody's but its own.
_MARKED = re.compile(r"~[0-9a-f]{12}(?:\.[^.]*)?$")


class SafeNames:
    """Names for paths that come in bytewise order, so that a file above others (`a`, then `a/b`) is met before them."""

    def __init__(self, root: str) -> None:
        """`root`: what all paths begin with and no name does, empty or up to a `/`."""
        self._root = root
        self._above: list[str] = []

    def name(self, path: str) -> str:
        """The entry's name; of a folder marker, with its `/`."""
        while self._above and not path.startswith(self._above[-1]):
            self._above.pop()
        taken = {one for one in self._above if path.startswith(one + "/")}
        if not path.endswith("/"):
            self._above.append(path)
        place = len(self._root)
        names: list[str] = []
        *folders, last = path[place:].split("/")
        for folder in folders:
            place += len(folder)
            names.append(_safe(folder, is_taken=path[:place] in taken, is_first=not names))
            place += 1
        # A path that ends in `/` names a folder: its last part is empty.
        names.append(_safe(last, is_taken=False, is_first=not names) if last else "")
        return "/".join(names)


def _safe(name: str, *, is_taken: bool, is_first: bool) -> str:
    """One part of a path. Different ones stay different: a changed one carries a hash of what it was."""
    kept = "".join("_" if c == "\\" or unicodedata.category(c) in {"Cc", "Cs"} else c for c in name)
    if is_first and _DRIVE.match(kept):
        kept = kept[0] + "_" + kept[2:]
    if kept in {"", ".", ".."}:
        kept = "_" * max(1, len(kept))
    if len(kept.encode()) > MAX_NAME_BYTES:
        kept = kept.encode()[:_KEPT_BYTES].decode(errors="ignore")
    if kept == name and not is_taken and not _MARKED.search(name):
        return name
    mark = hashlib.sha256(name.encode() + (b"/" if is_taken else b"")).hexdigest()[:12]
    stem, dot, ending = kept.rpartition(".")
    return f"{stem}~{mark}.{ending}" if stem and dot and len(ending) <= 10 else f"{kept}~{mark}"


def common_root(paths: Sequence[str]) -> str:
    """The folder that all of `paths` lie in: what stands before their names says nothing to whoever unpacks them."""
    parents = [path.removesuffix("/").rpartition("/")[0].split("/") for path in paths]
    if not all("/" in path.removesuffix("/") for path in paths):
        return ""
    common = []
    for parts in zip(*parents, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(f"{part}/" for part in common)


def is_link_inside(name: str, target: bytes) -> bool:
    """Whether a symbolic link of that name leads nowhere but into the archive, also by way of other such links."""
    try:
        parts = target.decode().split("/")
    except UnicodeDecodeError:
        return False
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    rest = parts[up:]
    is_plain = all(part and part != ".." and "\\" not in part and "\0" not in part for part in rest)
    return is_plain and len(parts) > 0 and up <= name.count("/") and not (rest and _DRIVE.match(rest[0]))
