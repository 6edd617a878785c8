"""How many syncs a workload costs: counted by strace in a run of its own, since tracing slows what it watches."""

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

_COUNTED = "fsync,fdatasync,syncfs,rename,renameat,renameat2,linkat,openat"
_LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", re.MULTILINE)


def counted(pid: int, work: Callable[[], object], report: Path) -> dict[str, int]:
    """System call → how often the process `pid` made it while `work` ran."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-c", "-e", f"trace={_COUNTED}", "-o", str(report), "-p", str(pid)], stderr=subprocess.PIPE
    )
    assert tracer.stderr is not None
    tracer.stderr.readline()  # "Process N attached": from here on it counts.
    try:
        work()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.stderr.read()
        tracer.stderr.close()
        tracer.wait()
    return {name: int(calls) for calls, name in _LINE.findall(report.read_text()) if name != "total"}
