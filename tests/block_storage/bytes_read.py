"""How much was really read."""

from pathlib import Path


def bytes_from_disks() -> int:
    """What this process has had read from disks until now."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))
