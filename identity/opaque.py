"""Opaque credentials: 256 random bits with a mark in front, of which only the SHA-256 is kept.

A fast hash is enough: what is random cannot be guessed, however quick the guessing.
"""

import hashlib
import re
import secrets

TOKEN_MARK = "cairn_"  # noqa: S105 — lets people and secret scanners know a leaked token.
SESSION_MARK = "cairnsession_"
INVITATION_MARK = "cairninvitation_"
REFRESH_MARK = "cairnrefresh_"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

_FOREIGN = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*")


def new_token() -> str:
    return TOKEN_MARK + secrets.token_urlsafe(32)


def new_session() -> str:
    return SESSION_MARK + secrets.token_urlsafe(32)


def new_invitation() -> str:
    return INVITATION_MARK + secrets.token_urlsafe(32)


def new_refresh_token() -> str:
    return REFRESH_MARK + secrets.token_urlsafe(32)


def new_code() -> str:
    """An authorization code or a device code: it lives for minutes, and needs no mark."""
    return secrets.token_urlsafe(32)


def is_token(credential: str) -> bool:
    return credential.startswith(TOKEN_MARK) and _SECRET.fullmatch(credential, len(TOKEN_MARK)) is not None


def is_session(credential: str) -> bool:
    return credential.startswith(SESSION_MARK) and _SECRET.fullmatch(credential, len(SESSION_MARK)) is not None


def is_foreign(credential: str) -> bool:
    """Whether somebody else may have made it: neither ours nor signed, and what a token may be (RFC 6750, 2.1)."""
    is_ours = credential.startswith((TOKEN_MARK, SESSION_MARK, INVITATION_MARK, REFRESH_MARK))
    return not is_ours and credential.count(".") != 2 and _FOREIGN.fullmatch(credential) is not None


def digest(credential: str) -> bytes:
    """What is kept, and looked up by."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()
