"""Who has an account, and what an address and a password may be."""

import unicodedata

import pytest

from identity import IdentityRoom, migrate, open_identity
from identity.errors import EmailInvalid, EmailTaken, PasswordInvalid, UserNotFound
from identity.passwords import Passwords, checked_password
from tests.identity.house import EMAIL, QUICK, SECRET, URL


def test_a_fresh_house_has_nobody(empty_location: str) -> None:
    migrate(empty_location)
    with open_identity(empty_location, SECRET, URL, passwords=QUICK) as room:
        assert not room.has_users()
        room.add_user("first@example.org", "long enough", is_admin=True)
        assert room.has_users()


@pytest.mark.parametrize("same", [EMAIL, "ADA@Example.ORG", " ada@example.org ", "ａｄａ@example.org"])
def test_an_address_belongs_to_one_person_however_it_is_written(room: IdentityRoom, same: str) -> None:
    with pytest.raises(EmailTaken):
        room.add_user(same, "another password")


@pytest.mark.parametrize("other", ["аda@example.org", "ada@exаmple.org", "ada@example.com", "ada+1@example.org"])
def test_an_address_that_only_looks_alike_is_another_person(room: IdentityRoom, other: str) -> None:
    assert room.add_user(other, "another password").id != room.parts.people.named(EMAIL).id


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@", "@example.org", "ada@", "a@b@c", "a b@c", "a\0@b", "a\n@b", "\u202ea@b", "\ud800@b", "\ufeffa@b", "a" * 250 + "@b.cd"],
)  # fmt: skip
def test_what_is_no_address_is_refused(room: IdentityRoom, email: str) -> None:
    with pytest.raises(EmailInvalid):
        room.add_user(email, "long enough")


@pytest.mark.parametrize(
    "password", ["", "1234567", "x" * 1025, "x" * 10**6, "nul\0inside", " " * 12, "half\ud800half", "e\u0301" * 4]
)
def test_what_is_no_password_is_refused_and_nobody_is_added(room: IdentityRoom, password: str) -> None:
    with pytest.raises(PasswordInvalid):
        room.add_user("new@example.org", password)
    with pytest.raises(UserNotFound):
        room.parts.people.named("new@example.org")


@pytest.mark.parametrize("password", ["12345678", "x" * 1024, "with spaces in it", "пароль-пароль", "🔑🔑🔑🔑🔑🔑🔑🔑"])
def test_any_other_password_is_taken_and_right_again(password: str) -> None:
    kept = QUICK.hashed(password)
    assert kept.startswith("$argon2id$")
    assert password not in kept
    assert QUICK.is_right(password, kept)
    assert not QUICK.is_right(password + "x", kept)


def test_a_password_is_right_in_either_normal_form_and_not_in_a_compatible_one() -> None:
    kept = QUICK.hashed(unicodedata.normalize("NFC", "überstraße ﬁx"))
    assert QUICK.is_right(unicodedata.normalize("NFD", "überstraße ﬁx"), kept)
    assert not QUICK.is_right(unicodedata.normalize("NFKC", "überstraße ﬁx"), kept)


def test_a_megabyte_of_combining_marks_is_refused_without_being_normalised() -> None:
    with pytest.raises(PasswordInvalid):
        checked_password("a" + "\u0301\u0323" * 500_000)


def test_nobodys_password_is_never_right() -> None:
    assert not QUICK.is_right("nobody's password", None)


def test_a_broken_hash_in_the_database_lets_nobody_in() -> None:
    assert not QUICK.is_right("long enough", "not a hash")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    assert QUICK.is_outdated(Passwords(time_cost=2, memory_kib=8).hashed("long enough"))
    assert not QUICK.is_outdated(QUICK.hashed("long enough"))
