"""The page that people see at `/`: one file, and the content policy that lets a browser run nothing but it."""

import base64
import hashlib
import re
from importlib import resources

_INLINE = {
    "script-src": re.compile(rb"<script[^>]*>(.*?)</script>", re.DOTALL),
    "style-src": re.compile(rb"<style[^>]*>(.*?)</style>", re.DOTALL),
}
_POLICY = {
    "default-src": "'none'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def page() -> tuple[bytes, str]:
    """The page as HTML in UTF-8, and the value of the Content-Security-Policy header to serve it with."""
    html = (resources.files(__package__) / "index.html").read_bytes()
    return html, policy_of(html)


def policy_of(html: bytes) -> str:
    """A policy under which the inline scripts and styles of `html` run, by their SHA-256, and no others.

    A browser hashes the text between the tags as it stands, so the bytes must be served unchanged.
    """
    inline = {directive: " ".join(_source(part) for part in tags.findall(html)) for directive, tags in _INLINE.items()}
    return "; ".join(f"{directive} {sources}" for directive, sources in (_POLICY | inline).items())


def _source(part: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part).digest()).decode()}'"
