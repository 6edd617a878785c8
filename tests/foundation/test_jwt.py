"""JWTs: what is taken, what never is, whatever the token says of itself."""

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, RSAKey

from foundation.identity import Identity, Scope
from foundation.jwks import FetchedKeys
from foundation.jwt import LEEWAY_SECONDS, JwtVerifier, TrustedIssuer, outside_machine, outside_user
from foundation.problems import Unauthenticated
from tests.foundation.tokens import AUDIENCE, ISSUER, NOW, Clock, Wellspring, claims, ec_key, jwks, part, signed

OWN = "https://own.example"
ADA, LAPTOP = UUID(int=7), UUID(int=8)


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ec_key("ec-1")


@pytest.fixture(scope="module")
def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)


@pytest.fixture(scope="module")
def own_key() -> ECKey:
    return ec_key("own-1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spring(key: ECKey, rsa_key: RSAKey) -> Wellspring:
    return Wellspring(jwks(key, rsa_key))


@pytest.fixture
def verifier(spring: Wellspring, own_key: ECKey, clock: Clock) -> JwtVerifier:
    outside = TrustedIssuer(ISSUER, AUDIENCE, FetchedKeys(spring, clock))
    own = TrustedIssuer(OWN, OWN, FetchedKeys(Wellspring(jwks(own_key)), clock), is_own=True)
    return JwtVerifier([outside, own], clock)


def own_token(key: ECKey, **changes: Any) -> str:
    return signed(key, own_claims(**changes), {"typ": "at+jwt"})


def own_claims(**changes: Any) -> dict[str, Any]:
    return claims(**{"iss": OWN, "aud": OWN, "sub": str(ADA), "device": str(LAPTOP), "scope": "files"} | changes)


def test_an_es256_token_of_a_trusted_issuer_is_taken(verifier: JwtVerifier, key: ECKey) -> None:
    assert verifier.verify(signed(key, claims())).user == outside_user(ISSUER, "auth0|ada")


def test_an_rs256_token_of_a_trusted_issuer_is_taken(verifier: JwtVerifier, rsa_key: RSAKey) -> None:
    assert verifier.verify(signed(rsa_key, claims())).user == outside_user(ISSUER, "auth0|ada")


def test_a_token_of_our_own_names_user_device_and_scopes(verifier: JwtVerifier, own_key: ECKey) -> None:
    assert verifier.verify(own_token(own_key)) == Identity(ADA, LAPTOP, frozenset({"files"}))


@pytest.mark.parametrize("kind", [None, "JWT", "at+JWT ", "logout+jwt"])
def test_what_we_sign_for_another_use_is_no_access_token(
    verifier: JwtVerifier, own_key: ECKey, kind: str | None
) -> None:
    with pytest.raises(Unauthenticated, match="no access token"):
        verifier.verify(signed(own_key, own_claims(), {"typ": kind}))


def test_an_outside_subject_is_the_same_user_everywhere_and_another_at_another_issuer() -> None:
    assert outside_user(ISSUER, "ada") == UUID(
        "89c3e6ac-83a7-58e7-a8b0-8e7675c815b1"
    )  # Never to change: it is in every row of theirs.
    assert len({outside_user(ISSUER, "ada"), outside_user(ISSUER, "bob"), outside_user(OWN, "ada")}) == 3


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("openid email", {Scope.FILES, Scope.FILES_READ}),
        ("", {Scope.FILES, Scope.FILES_READ}),
        ("openid files:read", {Scope.FILES_READ}),
        ("files account", {Scope.FILES, Scope.ACCOUNT}),
        ("admin blocks:erase", set()),
        ("files admin", {Scope.FILES}),
    ],
)
def test_an_outside_issuer_grants_files_and_account_by_name_and_never_more(
    verifier: JwtVerifier, key: ECKey, scope: str, granted: set[Scope]
) -> None:
    assert verifier.verify(signed(key, claims(scope=scope))).scopes == granted


@pytest.mark.parametrize(
    "machine",
    [
        {"sub": "backup", "client_id": "backup"},
        {"sub": "backup", "azp": "backup"},
        {"sub": "backup@clients", "azp": "backup", "gty": "client-credentials"},
    ],
    ids=str,
)
def test_a_program_that_acts_for_itself_is_never_the_person_of_that_subject_and_has_no_account(
    verifier: JwtVerifier, key: ECKey, machine: dict[str, str]
) -> None:
    program = verifier.verify(signed(key, claims(**machine, scope="files account")))
    person = verifier.verify(signed(key, claims(sub=machine["sub"])))
    assert program.user == outside_machine(ISSUER, machine["sub"])
    assert program.user != person.user
    assert program.scopes == {Scope.FILES}


def test_a_person_by_way_of_two_programs_is_one_person_on_two_devices(verifier: JwtVerifier, key: ECKey) -> None:
    one, other = (verifier.verify(signed(key, claims(azp=client))) for client in ("one", "other"))
    assert (one.user == other.user, one.device == other.device) == (True, False)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ({"typ": "logout+jwt"}, {}),
        ({"typ": "dpop+jwt"}, {}),
        ({}, {"nonce": "n"}),
        ({}, {"at_hash": "h"}),
        ({}, {"cnf": {"jkt": "k"}}),
        ({}, {"typ": "ID"}),
        ({}, {"typ": "Refresh"}),
    ],
    ids=str,
)
def test_what_else_an_outside_issuer_signs_is_no_access_token(
    verifier: JwtVerifier, key: ECKey, header: dict[str, object], body: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(key, claims(**body), header))


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
def test_access_tokens_are_known_by_their_kind_or_say_none(verifier: JwtVerifier, key: ECKey, kind: str | None) -> None:
    verifier.verify(signed(key, claims(typ="Bearer"), {"typ": kind}))


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["https://other.example", AUDIENCE]])
def test_the_audience_may_be_text_or_a_list(verifier: JwtVerifier, key: ECKey, audience: object) -> None:
    verifier.verify(signed(key, claims(aud=audience)))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": OWN},
        {"aud": None},
        {"aud": AUDIENCE + "/"},
        {"aud": []},
        {"aud": {AUDIENCE: True}},
        {"aud": "x" + AUDIENCE},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
        {"sub": "s" * 10_240},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": -(10**400)},
        {"exp": int(NOW) - LEEWAY_SECONDS},
        {"nbf": int(NOW) + LEEWAY_SECONDS + 1},
        {"nbf": float("nan")},
        {"nbf": 10**400},
    ],
    ids=str,
)
def test_claims_that_do_not_hold_are_refused(verifier: JwtVerifier, key: ECKey, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(key, claims(**changes)))


@pytest.mark.parametrize(
    "changes", [{"exp": int(NOW) - 59}, {"nbf": int(NOW) + 60}, {"exp": 10**400}, {"sub": "s" * 255}]
)
def test_claims_at_the_edge_are_taken(verifier: JwtVerifier, key: ECKey, changes: dict[str, Any]) -> None:
    verifier.verify(signed(key, claims(**changes)))


def test_a_token_ends_with_its_time_and_a_minute(verifier: JwtVerifier, key: ECKey, clock: Clock) -> None:
    token = signed(key, claims())
    ends = verifier.verified(token).ends_at.timestamp()
    assert ends == NOW + 600 + LEEWAY_SECONDS
    clock.seconds = ends - 1
    verifier.verify(token)
    clock.seconds = ends
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, ["ES256"]])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_without_a_signature_is_refused(verifier: JwtVerifier, algorithm: object, signature: str) -> None:
    header = {"alg": algorithm, "kid": "ec-1"}
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{part(header)}.{part(claims())}.{signature}")


@pytest.mark.parametrize("form", ["pem", "jwk", "spki"])
def test_hs256_with_the_public_key_as_its_secret_is_refused(verifier: JwtVerifier, rsa_key: RSAKey, form: str) -> None:
    public = rsa_key.public_key
    assert isinstance(public, rsa.RSAPublicKey)
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "spki": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(rsa_key.as_dict(private=False)).encode(),
    }[form]
    message = f"{part({'alg': 'HS256', 'kid': 'rsa-1'})}.{part(claims())}"
    mac = hmac.new(secret, message.encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{message}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")


@pytest.mark.parametrize("kid", ["ec-1", "forged"])
def test_a_key_in_the_header_never_counts(verifier: JwtVerifier, spring: Wellspring, kid: str) -> None:
    forger = ec_key(kid)
    with pytest.raises(Unauthenticated, match="bring its own key"):
        verifier.verify(signed(forger, claims(), {"jwk": forger.as_dict(private=False)}))
    assert spring.fetches == 0


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_an_address_of_a_key_in_the_header_is_refused_and_not_fetched(
    verifier: JwtVerifier, key: ECKey, spring: Wellspring, name: str
) -> None:
    with pytest.raises(Unauthenticated, match="bring its own key"):
        verifier.verify(signed(key, claims(), {name: "https://evil.example/keys"}))
    assert spring.fetches == 0


@pytest.mark.parametrize("header", [{"x5c": ["AAAA"]}, {"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}])
def test_headers_that_change_how_a_token_is_read_are_refused(
    verifier: JwtVerifier, key: ECKey, header: dict[str, Any]
) -> None:
    token = signed(key, claims())
    forged = part({"alg": "ES256", "kid": key.kid, **header})
    with pytest.raises(Unauthenticated, match="bring its own key"):
        verifier.verify(forged + token[token.index(".") :])


def test_an_unknown_header_is_no_reason_to_refuse(verifier: JwtVerifier, key: ECKey) -> None:
    verifier.verify(signed(key, claims(), {"x5t": "abc", "nonce": "n" * 600}))


@pytest.mark.parametrize("kid", [None, 7, "", "unknown"])
def test_a_token_that_names_no_key_of_its_issuer_is_refused(verifier: JwtVerifier, key: ECKey, kid: object) -> None:
    token = signed(key, claims())
    head = {"alg": "ES256"} if kid is None else {"alg": "ES256", "kid": kid}
    with pytest.raises(Unauthenticated):
        verifier.verify(part(head) + token[token.index(".") :])


def test_a_key_of_one_issuer_signs_nothing_for_another(verifier: JwtVerifier, key: ECKey, own_key: ECKey) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(own_token(key))
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(own_key, claims()))


def test_a_key_of_the_same_name_that_is_not_the_issuers_is_refused(verifier: JwtVerifier, key: ECKey) -> None:
    with pytest.raises(Unauthenticated, match="signature"):
        verifier.verify(signed(ec_key(str(key.kid)), claims()))


def test_a_key_is_good_for_its_own_algorithm_only(verifier: JwtVerifier, rsa_key: RSAKey) -> None:
    token = signed(rsa_key, claims())
    with pytest.raises(Unauthenticated):
        verifier.verify(part({"alg": "ES256", "kid": "rsa-1"}) + token[token.index(".") :])


@pytest.mark.parametrize("place", range(3))
def test_a_token_with_one_character_changed_is_refused(verifier: JwtVerifier, key: ECKey, place: int) -> None:
    parts = signed(key, claims()).split(".")
    middle = len(parts[place]) // 2
    letter = "A" if parts[place][middle] != "A" else "B"
    parts[place] = parts[place][:middle] + letter + parts[place][middle + 1 :]
    with pytest.raises(Unauthenticated):
        verifier.verify(".".join(parts))


@pytest.mark.parametrize(
    "credential",
    [
        "", ".", "..", "...", "a.b", "a.b.c.d", "é.é.é", "\ud800.a.b", "a" * 40_000, f"{part('[]')}.{part('[]')}.AA",
        f"{part('{')}.{part('{}')}.AA", f"{part('[' * 9000)}.{part('{}')}.AA", f"{part('null')}.{part('null')}.",
        f"{part('{}')}.{part('{}')}.AA",
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_token_is_refused(verifier: JwtVerifier, credential: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(credential)


@pytest.mark.parametrize("changes", [{"sub": "ada"}, {"device": "laptop"}, {"device": 7}, {"device": ["x"]}])
def test_a_token_of_our_own_must_name_ids(verifier: JwtVerifier, own_key: ECKey, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(own_token(own_key, **changes))
