"""The keys of an outside provider, a real one, through its bad days: rotated by a restart, down, frozen, flooded (FAULTS.md 25)."""

from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey

from foundation.fetching import Fetcher
from foundation.jwks import MAX_AGE_SECONDS, REFETCH_SECONDS
from foundation.jwt import JwtVerifier
from foundation.outside import MAX_AGE_SECONDS as METADATA_SECONDS
from foundation.outside import OutsideProvider, provider_metadata
from foundation.problems import Unauthenticated, Unavailable
from foundation.settings import OutsideSettings
from tests.foundation.tokens import Clock, claims, signed
from tests.identity.house import URL
from tests.servers.oidc_provider import OidcProvider


class Counted(Fetcher):
    """A Fetcher that notes what it fetches."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def get(self, url: str) -> bytes:
        self.fetched.append(url)
        return super().get(url)


class Trusting:
    """A room that trusts `elsewhere`, with a clock of its own for what it remembers."""

    def __init__(self, elsewhere: OidcProvider) -> None:
        self.clock, self.fetcher = Clock(), Counted()
        settings = OutsideSettings(oidc_issuer=elsewhere.issuer)
        self.provider = OutsideProvider(settings, URL, self.clock, self.fetcher)
        self.verifier = JwtVerifier([self.provider.trusted])

    def takes(self, token: str) -> bool:
        try:
            self.verifier.verify(token)
        except Unauthenticated:
            return False
        return True


@pytest.fixture
def elsewhere() -> Iterator[OidcProvider]:
    """A provider to stop, freeze and start again."""
    with OidcProvider.running(URL) as provider:
        yield provider


def test_after_a_rotation_by_restart_new_keys_count_within_a_minute_and_old_ones_no_more(
    elsewhere: OidcProvider,
) -> None:
    room = Trusting(elsewhere)
    old = elsewhere.machine_token()
    assert room.takes(old)
    elsewhere.kill()
    elsewhere.rotate()
    elsewhere.start()
    new = elsewhere.machine_token()
    assert (room.takes(old), room.takes(new)) == (True, False)
    room.clock.seconds += REFETCH_SECONDS
    assert (room.takes(new), room.takes(old)) == (True, False)


def test_keys_that_the_provider_took_back_are_forgotten_also_when_nobody_brings_new_ones(
    elsewhere: OidcProvider,
) -> None:
    room = Trusting(elsewhere)
    old = elsewhere.machine_token()
    assert room.takes(old)
    elsewhere.kill()
    elsewhere.rotate()
    elsewhere.start()
    room.clock.seconds += MAX_AGE_SECONDS
    assert room.takes(old) is False


def test_a_thousand_unknown_kids_cause_one_fetch_a_minute(shared_elsewhere: OidcProvider) -> None:
    room = Trusting(shared_elsewhere)
    assert room.takes(shared_elsewhere.machine_token())
    before = len(room.fetcher.fetched)
    key = RSAKey.generate_key(2048, {"kid": "theirs"}, private=True)
    body = claims(iss=shared_elsewhere.issuer, aud=URL)
    room.clock.seconds += REFETCH_SECONDS
    for number in range(1000):
        assert not room.takes(signed(key, body, {"kid": f"unknown-{number}"}))
    assert room.fetcher.fetched[before:] == [f"{shared_elsewhere.issuer}/jwks"]


@pytest.mark.parametrize("trouble", [pytest.param("freeze", marks=pytest.mark.full), "kill"])
def test_while_the_provider_hangs_or_is_down_its_known_keys_serve(elsewhere: OidcProvider, trouble: str) -> None:
    room = Trusting(elsewhere)
    token = elsewhere.machine_token()
    assert room.takes(token)
    getattr(elsewhere, trouble)()
    room.clock.seconds += METADATA_SECONDS
    assert room.takes(token)
    key = RSAKey.generate_key(2048, {"kid": "theirs"}, private=True)
    room.clock.seconds += REFETCH_SECONDS
    with pytest.raises(
        Unavailable
    ):  # Whether it is a new key cannot be told: nothing is accepted, and nothing said of it.
        room.takes(signed(key, claims(iss=elsewhere.issuer, aud=URL)))
    elsewhere.thaw()


def test_a_provider_that_is_not_there_at_first_is_found_when_it_comes(elsewhere: OidcProvider) -> None:
    token = elsewhere.machine_token()
    elsewhere.kill()
    room = Trusting(elsewhere)
    for _ in range(100):
        with pytest.raises(Unavailable):
            room.takes(token)
    assert len(room.fetcher.fetched) == 1  # Two seconds lie between one try and the next.
    elsewhere.start()
    room.clock.seconds += 2
    assert room.takes(token)


RIGHT = {
    "issuer": "https://issuer.example",
    "authorization_endpoint": "https://issuer.example/auth",
    "token_endpoint": "https://issuer.example/token",
    "jwks_uri": "https://keys.example/jwks",
}


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://issuer.example/"},
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": "http://keys.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": 7},
        {"token_endpoint": "https://[::1"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ""},
        {"introspection_endpoint": "http://issuer.example/introspect"},
    ],
    ids=str,
)
def test_a_discovery_document_that_is_anothers_or_leads_astray_is_refused(changes: dict[str, object]) -> None:
    provider_metadata(RIGHT, RIGHT["issuer"])
    with pytest.raises(ValueError, match=r"^(it is not|[a-z_]+ is not)"):
        provider_metadata(RIGHT | changes, RIGHT["issuer"])


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "http://issuer.example"}, {"oidc_issuer": "issuer.example"}, {"oidc_issuer": "https://u:p@issuer.example"},
        {"oidc_issuer": "https://issuer.example?x"}, {"oidc_client_id": "web"},
        {"oidc_issuer": "https://issuer.example", "oidc_introspection": True},
        {"oidc_issuer": "https://issuer.example", "oidc_scopes": "email"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="oidc_"):
        OutsideSettings.model_validate(given)


@pytest.mark.parametrize(
    "issuer", ["https://tenant.auth0.example/", "http://127.0.0.1:3000", "http://localhost:8080/realms/x"]
)
def test_plain_http_is_for_this_machine_only(issuer: str) -> None:
    assert OutsideSettings(oidc_issuer=issuer).oidc_issuer == issuer
