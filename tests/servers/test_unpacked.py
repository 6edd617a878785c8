"""Programs that were unpacked are the tests': no room knows of them, and nginx finds its libraries by itself."""

import os
import subprocess

import pytest

from nginx import NginxMissing, nginx_program
from tests.project.sources import PROJECT
from tests.servers.unpacked import search_path

ROOMS = ("foundation", "identity", "block_storage", "metadata", "chunker", "sync", "client", "cairn", "nginx")


def test_no_room_knows_where_the_tests_programs_are() -> None:
    files = [file for room in ROOMS for file in (PROJECT / room).rglob("*.py")]
    assert len(files) > 400
    assert [file for file in files if ".cache" in file.read_text()] == []


def test_nginx_is_found_on_the_path_and_needs_nothing_of_the_environment() -> None:
    program = nginx_program(search_path())
    done = subprocess.run([program, "-v"], env={}, capture_output=True, text=True, check=True)
    assert "nginx/" in done.stderr


def test_nginx_that_is_nowhere_is_missing() -> None:
    if os.access("/usr/sbin/nginx", os.X_OK):
        assert nginx_program("/nowhere").name == "nginx"
    else:
        with pytest.raises(NginxMissing):
            nginx_program("/nowhere")
