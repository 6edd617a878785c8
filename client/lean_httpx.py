"""httpx without its own command line, which loads click, rich and pygments: half of the time that importing it takes."""

import sys

_COMMAND_LINE = "httpx._main"

_was_loaded = _COMMAND_LINE in sys.modules or "httpx" in sys.modules
if not _was_loaded:
    # httpx takes this for "its extra `cli` is not installed", and does without.
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
import httpx as httpx  # noqa: E402, PLC0414 — after what it must not find; and for others to import from here.

if not _was_loaded:
    del sys.modules[_COMMAND_LINE]
