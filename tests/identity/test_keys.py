"""Signing keys: made on first need, sealed, rotated without refusing what is still good."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from foundation.identity import Identity
from foundation.jwks import FetchedKeys
from foundation.jwt import JwtVerifier, TrustedIssuer
from identity import open_identity
from identity.errors import SecretMismatch
from identity.schema import signing_keys
from tests.identity.house import EMAIL, QUICK, URL, House


def caller(house: House) -> Identity:
    return house.room.verifier.verify(house.room.create_token(EMAIL, "x").secret)


def kids(house: House) -> list[str]:
    keys: Any = house.room.parts.keys.jwks()["keys"]
    return [key["kid"] for key in keys]


def test_one_key_is_made_on_first_need_and_every_process_signs_with_it(house: House) -> None:
    [kid] = kids(house)
    assert house.another_process().parts.keys.current().kid == kid
    assert kids(house) == [kid]


def test_the_jwks_holds_public_halves_only_and_verifies_what_we_sign(house: House) -> None:
    document = house.room.parts.keys.jwks()
    [key] = document["keys"]  # type: ignore[misc]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    keys = FetchedKeys(lambda: json.dumps(document).encode())
    elsewhere = JwtVerifier([TrustedIssuer(URL, URL, keys, is_own=True)], lambda: house.clock().timestamp())
    identity = caller(house)
    assert elsewhere.verify(house.room.parts.issuer.mint(identity).text) == identity


def test_private_keys_lie_sealed_in_the_database_and_bound_to_their_kid(house: House) -> None:
    house.room.parts.keys.current()
    private = house.room.parts.keys.current().as_dict(private=True)["d"]
    rows = house.database.read(lambda connection: connection.execute(select(signing_keys.c.sealed)).scalars().all())
    assert str(private).encode() not in b"".join(rows)
    house.database.write(lambda connection: connection.execute(signing_keys.update().values(kid="another")))
    with pytest.raises(SecretMismatch):
        house.another_process().parts.keys.current()


def test_another_secret_opens_nothing_and_says_so(house: House) -> None:
    house.room.ready()
    other = open_identity(house.database, b"o" * 32, URL, passwords=QUICK, clock=house.clock)
    with pytest.raises(SecretMismatch, match="CAIRN_SECRET"):
        other.ready()


def test_a_short_secret_is_refused(house: House) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        open_identity(house.database, b"short", URL, passwords=QUICK)


def test_after_a_rotation_new_tokens_have_a_new_key_and_old_ones_live_out_their_time(house: House) -> None:
    room, identity = house.room, caller(house)
    [old] = kids(house)
    before = room.parts.issuer.mint(identity).text
    room.parts.keys.rotate()
    after = room.parts.issuer.mint(identity).text
    assert room.parts.keys.current().kid != old
    assert room.verifier.verify(before) == room.verifier.verify(after) == identity
    assert set(kids(house)) == {old, room.parts.keys.current().kid}
    house.clock.move(hours=1, seconds=1)
    assert kids(house) == [room.parts.keys.current().kid]


def test_a_key_that_another_process_made_is_found_within_seconds_and_signed_with_within_a_minute(house: House) -> None:
    other, identity = house.another_process(), caller(house)
    house.room.parts.keys.current()
    other.parts.keys.rotate()
    signed = other.parts.issuer.mint(identity).text
    house.clock.move(seconds=5)
    assert house.room.verifier.verify(signed) == identity
    house.clock.move(seconds=60)
    assert house.room.parts.keys.current().kid == other.parts.keys.current().kid
