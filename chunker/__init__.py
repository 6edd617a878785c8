"""Bytes to blocks and back: cutting, upload sessions, assembly. Importing it loads no web framework."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chunker.api import create_app, routes
    from chunker.parts import Parts
    from chunker.settings import ChunkerSettings

__all__ = ["ChunkerSettings", "Parts", "create_app", "routes"]

# Loaded when they are asked for: the client, which only cuts, must start without the server's libraries.
_FRONT_DOOR = {
    "ChunkerSettings": "chunker.settings",
    "Parts": "chunker.parts",
    "create_app": "chunker.api",
    "routes": "chunker.api",
}


def __getattr__(name: str) -> Any:
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FRONT_DOOR[name]), name)
