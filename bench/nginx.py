"""nginx with one worker, with sendfile or without: the peer of W5. Debian's package; its absence is an error that says so."""

import subprocess
import time
from pathlib import Path
from typing import Self

import httpx

from nginx import nginx_program
from tests.servers.cairn_server import free_port
from tests.servers.unpacked import search_path

CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile {sendfile}; tcp_nopush {sendfile};
  client_body_temp_path {folder}/nginx-body; proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-f; uwsgi_temp_path {folder}/nginx-u; scgi_temp_path {folder}/nginx-s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Nginx:
    """Serves the bench's folder while the `with` lasts."""

    def __init__(self, folder: Path, *, sendfile: bool = False) -> None:
        self._folder, self._port = folder, free_port()
        self._sendfile = "on" if sendfile else "off"

    def __enter__(self) -> Self:
        program = nginx_program(search_path())
        config = self._folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=self._folder, port=self._port, sendfile=self._sendfile))
        self._process = subprocess.Popen(
            [program, "-c", config, "-p", self._folder, "-e", self._folder / "nginx-error.log"],
        )
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self._port}/")
                return self
            except httpx.ConnectError:
                time.sleep(0.05)

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/{name}"

    def get(self, name: str) -> float:
        started = time.perf_counter()
        subprocess.run(["curl", "-sS", "--fail", "-o", "/dev/null", self.url(name)], check=True)
        return time.perf_counter() - started
