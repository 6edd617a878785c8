"""The native stack on a disk that has no room for its logs: services say what they say to nobody, and serve."""

import sys
from pathlib import Path

import pytest

from tests.servers.cairn_server import wait_until
from tests.servers.small_disk import small_disk
from tools.stack.places import PORTS, Places, keep
from tools.stack.programs import Program
from tools.stack.supervision import Supervision

# It waits for whoever reads its pipe, and would stand still behind 64 KiB that nobody takes.
_TALKING = """
import itertools, pathlib, sys, time
for number in itertools.count():
    print("x" * 1000, flush=True)
    place = pathlib.Path(sys.argv[1])
    place.with_suffix(".new").write_text(str(number))
    place.with_suffix(".new").replace(place)
    time.sleep(0.002)
"""


@pytest.mark.full
def test_services_go_on_while_their_logs_have_no_room_and_are_heard_again_afterwards(tmp_path: Path) -> None:
    (mount := tmp_path / "disk").mkdir()
    said = tmp_path / "said"
    places = Places(tmp_path / "data", PORTS)
    with small_disk(mount, "2m") as disk:
        places.run.mkdir(parents=True)
        places.logs.symlink_to(disk.path)
        keep(places)
        supervision = Supervision(places)
        supervision.launch({"talking": Program([sys.executable, "-c", _TALKING, str(said)])})
        try:
            supervision.start("talking")
            log = places.logs / "talking.log"
            wait_until(lambda: log.exists() and log.stat().st_size > 0 and said.exists())
            wait_until(lambda: supervision.states()["talking"][0] == "RUNNING")
            disk.fill()
            running, before = supervision.states()["talking"], int(said.read_text())
            wait_until(lambda: int(said.read_text()) > before + 500, 60)
            assert supervision.states()["talking"] == running
            disk.free()
            size = log.stat().st_size
            wait_until(lambda: log.stat().st_size > size)
        finally:
            supervision.stop()
