"""What every room stands on and none owns. Imports no room."""

import sys

# httpx has a command line of its own, and loads click, rich and pygments for it: half of the time that importing it takes, and 3 MB of
# every process. It takes this for "its extra `cli` is not installed", and does without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
