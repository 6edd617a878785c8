"""The page that people see: its built files, what each is served with, and the content policy under which a browser runs nothing else."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BUILT = Path(__file__).with_name("dist")
_INDEX = "index.html"

# The first segments of the page's own addresses (src/routes.tsx): what stands below them is the page's to read.
VIEWS = (
    "b",
    "settings",
    "search",
    "trash",
    "sync-status",
    "statistics",
    "account",
    "sign-in",
    "create",
    "consent",
    "device",
)

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    # An archive is asked for by a form whose answer goes into a frame that is not shown: the page stays where it is.
    "frame-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "cairn",
}
POLICY = "; ".join(f"{directive} {sources}" for directive, sources in _POLICY.items())

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a form of the page would then be sent without the origin that a session has to show.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is served. `packed`: the same bytes by gzip, where that is worth it."""

    content: bytes
    packed: bytes | None
    headers: Mapping[str, str]


def page_files(built: Path = _BUILT) -> Mapping[str, PageFile]:
    """Every file of the page by its address; "/" is the page itself. Nothing where it was not built.

    What is below /assets/ has the hash of its content in its name, and may be kept for ever.
    """
    if not (built / _INDEX).is_file():
        return {}
    files = {
        f"/{path.relative_to(built).as_posix()}": _file(built, path)
        for path in sorted(built.rglob("*"))
        if path.is_file()
    }
    files["/"] = files.pop(f"/{_INDEX}")
    return files


def _file(built: Path, path: Path) -> PageFile:
    content = path.read_bytes()
    is_fixed = path.is_relative_to(built / "assets")
    cached = "public, max-age=31536000, immutable" if is_fixed else "no-cache"
    headers = {"Content-Type": _TYPES.get(path.suffix, "application/octet-stream"), "Cache-Control": cached, **_ALWAYS}
    return PageFile(content, _packed(content), headers)


def _packed(content: bytes) -> bytes | None:
    packed = gzip.compress(content, 9, mtime=0)
    return packed if len(packed) < 0.9 * len(content) else None
