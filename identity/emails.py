"""E-mail addresses: one person, one normal form."""

import unicodedata

from identity.errors import EmailInvalid

MAX_CHARACTERS = 254


def checked_email(email: str) -> str:
    """`email` without spaces around it. Raises EmailInvalid for what is no address; whether it receives mail shows itself."""
    email = email.strip()
    local, at, domain = email.rpartition("@")
    if not (at and local and domain) or "@" in local or len(email) > MAX_CHARACTERS:
        raise EmailInvalid("Write it as name@example.org, at most 254 characters.", field="email")
    # Cc, Cf, Cs, Co, Cn and Zs: what cannot be seen can only be there to deceive.
    if any(unicodedata.category(character)[0] in "CZ" for character in email):
        raise EmailInvalid("It holds a space or a character that cannot be seen.", field="email")
    return email


def email_key(email: str) -> str:
    """The form in which an address is unique: NFKC and casefold. Look-alikes of other alphabets stay different people."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).casefold())
