"""What the machine itself can do: each the plainest program for the job, in Python where Cairn's own limit is Python's."""

import hashlib
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from bench.data import MIB


def sha256_of_file(file: Path) -> float:
    started = time.perf_counter()
    with file.open("rb") as data:
        hashlib.file_digest(data, "sha256")
    return time.perf_counter() - started


def write_with_fsync(source: Path, folder: Path) -> float:
    """`dd` of the same file, with one fsync at the end."""
    target = folder / "dd"
    command = ["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - started
    target.unlink()
    return seconds


def block_loop(source: Path, folder: Path) -> float:
    """Python reads, hashes and writes block files of 1 MiB, durably, in one thread: the limit that TARGETS.md compares with."""
    target = folder / "loop"
    target.mkdir()
    started = time.perf_counter()
    with source.open("rb") as data:
        while block := data.read(MIB):
            path = target / hashlib.sha256(block).hexdigest()
            descriptor = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, block)
            os.fdatasync(descriptor)
            os.close(descriptor)
            path.with_name(f"{path.name}.tmp").rename(path)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


def copy_tree(source: Path, folder: Path) -> float:
    target = folder / "copy"
    started = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


def loopback(mebibytes: int) -> float:
    """As many bytes through a TCP connection of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        block = bytes(MIB)

        def send() -> None:
            with socket.create_connection(listener.getsockname()) as connection:
                for _ in range(mebibytes):
                    connection.sendall(block)

        sender = threading.Thread(target=send)
        started = time.perf_counter()
        sender.start()
        connection, _ = listener.accept()
        buffer = bytearray(MIB)
        with connection:
            while connection.recv_into(buffer):
                pass
        sender.join()
        return time.perf_counter() - started
