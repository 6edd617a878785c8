"""A foreign OpenID provider for the tests: npm's `oidc-provider` as a child process, with a confidential client `web` and a public `cli`.

`elsewhere` is one of this test's own, to stop, freeze and start again with other keys. People there sign in with any name.
"""

import base64
import ctypes
import hashlib
import json
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.servers.ports import free_ports
from tests.servers.processes import freeze, thaw

_SCRIPT = Path(__file__).with_name("oidc_provider") / "server.mjs"
MODULES = Path(__file__).resolve().parents[2] / ".cache" / "oidc_provider"  # as tools/test_servers.sh fills it
LOOPBACK = "http://127.0.0.1:49152/callback"  # Where nobody listens: the tests read the address themselves.
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 60


class OidcProvider:
    """What it has given out is lost when it is stopped. The kernel ends it with the thread that started it: use the main thread."""

    def __init__(self, cairn_url: str, *, algorithm: str = "RS256", lifetime_seconds: int = 600) -> None:
        """`cairn_url`: where browsers come back to, and the audience of its access tokens. `lifetime_seconds`: of those."""
        self.port = free_ports(1)[0]
        self.issuer, self.cairn_url = f"http://127.0.0.1:{self.port}", cairn_url
        self.secret = secrets.token_urlsafe(24) + "%/+"  # Clients must encode it.
        self.algorithm, self.lifetime_seconds = algorithm, lifetime_seconds
        self.keys: list[dict[str, Any]] = []
        self.rotate()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 — closed with the object.

    def rotate(self) -> None:
        """Other keys, from its next start on."""
        kid = secrets.token_hex(4)
        for_ids = RSAKey.generate_key(2048, {"kid": f"rsa-{kid}", "use": "sig", "alg": "RS256"}, private=True)
        for_access = ECKey.generate_key("P-256", {"kid": f"ec-{kid}", "use": "sig", "alg": "ES256"}, private=True)
        self.keys = [key.as_dict(private=True) for key in (for_ids, for_access)]

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a Cairn that trusts it."""
        return {
            "CAIRN_OIDC_ISSUER": self.issuer,
            "CAIRN_OIDC_CLIENT_ID": "web",
            "CAIRN_OIDC_CLIENT_SECRET": self.secret,
            "CAIRN_OIDC_NAME": "Elsewhere",
        }

    def start(self) -> None:
        node = shutil.which("node")
        if node is None or not (MODULES / "node_modules").is_dir():
            raise RuntimeError("No Node, or no provider for it here: run tools/test_servers.sh")
        options = {
            "port": self.port, "secret": self.secret, "keys": {"keys": self.keys}, "algorithm": self.algorithm,
            "callback": f"{self.cairn_url}/api/v1/auth/callback", "after_logout": f"{self.cairn_url}/sign-in",
            "lifetime": self.lifetime_seconds, "modules": str(MODULES),
        }  # fmt: skip
        libc = ctypes.CDLL(None)
        self._process = subprocess.Popen(
            [node, str(_SCRIPT), json.dumps(options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
            preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 — nothing of ours runs in the child but this call.
        )  # fmt: skip
        assert self._process.stdout
        end = monotonic() + _START_SECONDS
        while self._process.stdout.readline() != b"ready\n":
            if self._process.poll() is not None or monotonic() > end:
                self._errors.seek(0)
                raise RuntimeError(f"The provider does not start:\n{self._errors.read().decode()[-3000:]}")

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout
            self._process.stdout.close()
            self._process = None

    def close(self) -> None:
        self.kill()
        self._errors.close()

    def freeze(self) -> None:
        """It keeps its connections, takes new ones, and answers nothing."""
        assert self._process
        freeze(self._process.pid)

    def thaw(self) -> None:
        if self._process:
            thaw(self._process.pid)

    @classmethod
    @contextmanager
    def running(cls, cairn_url: str, **options: Any) -> Iterator[Self]:
        provider = cls(cairn_url, **options)
        try:
            provider.start()
            yield provider
        finally:
            provider.close()

    def machine_token(self, audience: str | None = "", scope: str = "files") -> str:
        """By client credentials of `web`; `audience` None: for none, which gives one that is no JWT."""
        asked = {"grant_type": "client_credentials"}
        if audience is not None:
            asked |= {"resource": audience or self.cairn_url, "scope": scope}
        answer = httpx.post(f"{self.issuer}/token", data=asked, auth=_basic("web", self.secret), timeout=20)
        return str(answer.raise_for_status().json()["access_token"])

    def person_token(self, name: str, *, for_cairn: bool = True) -> str:
        """An access token of `name` by way of the program `cli`; not `for_cairn`: for itself, which gives one that is no JWT."""
        verifier, meant = secrets.token_urlsafe(48), {"resource": self.cairn_url} if for_cairn else {}
        asked = meant | {
            "client_id": "cli", "response_type": "code", "scope": "openid files", "redirect_uri": LOOPBACK,
            "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
        }  # fmt: skip
        back = self.sign_in(f"{self.issuer}/auth?{urlencode(asked)}", name)
        shown = meant | {
            "grant_type": "authorization_code", "client_id": "cli", "redirect_uri": LOOPBACK,
            "code": parse_qs(urlsplit(back).query)["code"][0], "code_verifier": verifier,
        }  # fmt: skip
        answer = httpx.post(f"{self.issuer}/token", data=shown, timeout=20)
        return str(answer.raise_for_status().json()["access_token"])

    def sign_in(self, url: str, name: str) -> str:
        """What a person's browser does from `url` on; the address that the provider sends it back to, with the code."""
        with httpx.Client(timeout=20) as browser:
            for _ in range(12):
                if not url.startswith(self.issuer):
                    return url
                page = browser.get(url)
                if page.status_code == 200:
                    asked = re.search(r'name="prompt" value="(\w+)"', page.text)
                    assert asked, page.text
                    form = {"prompt": asked[1], "login": name, "password": "any"}
                    page = browser.post(urljoin(url, _action(page.text)), data=form)
                assert page.is_redirect, page.text
                url = urljoin(url, page.headers["location"])
        raise AssertionError(f"the provider sends browsers round in circles: {url}")


def _action(page: str) -> str:
    found = re.search(r'<form[^>]* action="([^"]+)"', page)
    assert found, page
    return found[1]


def _basic(client: str, secret: str) -> tuple[str, str]:
    """RFC 6749, 2.3.1: encoded as in a form, and then as basic authentication does it."""
    return urlencode({"": client})[1:], urlencode({"": secret})[1:]


@pytest.fixture
def elsewhere() -> Iterator[OidcProvider]:
    """A running provider of this test's own, for a Cairn at `http://cairn.test`."""
    with OidcProvider.running("http://cairn.test") as provider:
        yield provider
