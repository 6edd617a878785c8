"""The configuration as text: whole, taken by nginx with every combination of settings, free of the mistakes that nginx takes."""

import itertools
import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nginx
from frontend import VIEWS, PageFile
from nginx import (
    Address,
    ConfigurationRefused,
    FrontDoor,
    FrontDoorSettings,
    PlainHttp,
    make_certificate,
    nginx_program,
    write_configuration,
)
from tests.nginx.audit import findings
from tests.servers.ports import free_ports

ALWAYS = ("Strict-Transport-Security", "X-Content-Type-Options")
PAGE = {"/": PageFile(b"<p>", b"packed", {"Content-Type": "text/html", "Cache-Control": "no-cache"})}
ROOMS = {
    "metadata": [Address("10.0.0.1", 8000), Address("2001:db8::1", 8000)],
    "chunker": [Address("127.0.0.1", 8002)],
    "sync": [],
    "identity": [Address("127.0.0.1", 8004)],
}
SETTINGS: list[list[dict[str, Any]]] = [
    [{}, {"rate_limit": 0, "content_rate_limit": 0, "stream_limit": 0}, {"rate_limit": 10**6, "stream_limit": 65535}],
    [{}, {"front_proxies": "10.0.0.0/8, 2001:db8::/32,127.0.0.1"}],
    [{"plain_http": how} for how in ("redirect", "serve", "off")],
    [{}, {"hsts_seconds": 31536000, "blocks_folder": '/srv/a "folder"/blocks'}],
]
HOSTS = ["127.0.0.1", "0.0.0.0", "::1", "::", "localhost"]  # noqa: S104 — as an operator writes it.

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(host: str = "127.0.0.1", folder: str = 'a folder "of" its own', **settings: Any) -> Path:
        certificate, key = tmp_path / folder / "c.pem", tmp_path / folder / "k.pem"
        make_certificate(certificate, key, ["localhost", "127.0.0.1", "::1"])
        port, secure_port = free_ports(2)
        given = FrontDoorSettings.model_validate({"http_port": port, "https_port": secure_port} | settings)
        door = FrontDoor(given, host, ROOMS, certificate, key, PAGE, VIEWS, 443, "__Host-cairn", 1024 * 1024)
        return write_configuration(tmp_path / folder, door)

    return written


def check(file: Path) -> None:
    nginx.Nginx(nginx_program(), file).check()


@pytest.mark.parametrize("host", HOSTS)
def test_nginx_takes_every_combination_of_settings_and_nothing_of_a_template_is_left(write: Write, host: str) -> None:
    for combination in itertools.product(*SETTINGS):
        settings = {name: value for part in combination for name, value in part.items()}
        file = write(host, **settings)
        for written in file.parent.glob("*.conf"):
            assert not re.search(r"@[a-z_]+@", written.read_text()), (written.name, settings)
        assert findings(file, ALWAYS) == [], settings
        if host == "127.0.0.1" or combination == tuple(values[0] for values in SETTINGS):
            check(file)


def test_a_certificate_of_ones_own_is_what_is_served_with_and_makes_browsers_insist_on_https(write: Write) -> None:
    settings = FrontDoorSettings(tls_certificate=Path("/etc/c.pem"), tls_key=Path("/etc/k.pem"))
    assert settings.hsts == 31536000
    assert FrontDoorSettings().hsts == 0
    with pytest.raises(ValueError, match="together"):
        FrontDoorSettings(tls_certificate=Path("/etc/c.pem"))


def test_each_listener_has_a_port_of_its_own() -> None:
    with pytest.raises(ValueError, match="one port"):
        FrontDoorSettings(http_port=8443)
    assert FrontDoorSettings(http_port=8443, plain_http=PlainHttp.OFF).https_port == 8443


def test_a_key_of_another_certificate_is_refused_with_nginxs_own_words(write: Write, tmp_path: Path) -> None:
    file = write(folder="one")
    make_certificate(tmp_path / "other.pem", tmp_path / "other-key.pem", ["localhost"])
    (tmp_path / "one" / "k.pem").write_bytes((tmp_path / "other-key.pem").read_bytes())
    with pytest.raises(ConfigurationRefused, match="key values mismatch"):
        check(file)


@pytest.mark.parametrize("proxies", ["*", "10.0.0.1/8", "proxy.example", "10.0.0.1; 10.0.0.2"])
def test_a_proxy_that_is_no_address_is_refused(proxies: str) -> None:
    with pytest.raises(ValueError, match="front_proxies"):
        FrontDoorSettings(front_proxies=proxies)


def test_as_many_connections_as_the_machine_lets_open(write: Write) -> None:
    text = write().read_text()
    files = int(re.findall(r"worker_rlimit_nofile (\d+);", text)[0])
    assert files == min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    assert f"worker_connections {min(files, 32_768)};" in text


SAFE = (
    "http { server_tokens off; server { merge_slashes off; proxy_next_upstream off;"
    " add_header Strict-Transport-Security a; add_header X-Content-Type-Options b; INSIDE } }"
)
BROKEN = {
    "location / { return 302 https://$host$uri; }": "_split",
    "location ~ /v/(.*) { add_header X-Content-Type-Options $1; add_header Strict-Transport-Security b; }": "_split",
    'location / { add_header Cache-Control "a; b" always; }': "lost",
    "location /files { alias /srv/files/; }": "_leaves_the_folder",
    "location /a/ { proxy_pass http://room/; }": "_rewrites_the_address",
    "location / { if ($x) { proxy_pass http://room; } }": "_does_more_than_return",
    "location / { proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }": "_believes_anybody",
    "ssl_protocols TLSv1.1 TLSv1.2;": "_weak",
}
BROKEN_WHOLE = {
    "http { server_tokens off; server { proxy_next_upstream off; location / { proxy_pass http://a; } } }": "_merges_slashes",
    "http { server_tokens off; server { merge_slashes off; location / { proxy_pass http://a; } } }": "_sends_twice",
    "http { server { } }": "_tells_its_version",
}


@pytest.mark.parametrize(
    ("text", "rule"),
    [*((SAFE.replace("INSIDE", inside), rule) for inside, rule in BROKEN.items()), *BROKEN_WHOLE.items()],
)
def test_each_mistake_is_found_where_it_is_made(tmp_path: Path, text: str, rule: str) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(text)
    assert {finding.partition(":")[0] for finding in findings(file, ALWAYS)} == {rule}


def test_a_mistake_in_what_is_included_is_found_and_none_where_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(SAFE.replace("INSIDE", "include inner.conf;"))
    inner = tmp_path / "inner.conf"
    inner.write_text("location = /readyz { proxy_pass http://sync/readyz/all; }")
    assert findings(file, ALWAYS) == []
    inner.write_text("location / { return 302 $uri; }")
    assert len(findings(file, ALWAYS)) == 1
