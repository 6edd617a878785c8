"""The sign-in that this machine has: one begins where the one before ends, at the server too."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cairn.credentials import (
    Credentials,
    Renewal,
    credentials_path,
    forget_credentials,
    keep_credentials,
    kept_credentials,
    only_one,
)
from cairn.terminal import note, shown
from client.sign_in import Provider
from foundation.problems import Problem, Unauthenticated


@dataclass(frozen=True, slots=True)
class Ended:
    """`refusal`: why the server did not end it. Personal tokens are not ended at all: `was_revoked` None."""

    was_signed_in: bool
    was_revoked: bool | None
    refusal: str = ""


def begin(environment: Mapping[str, str], credentials: Credentials) -> Path:
    """Keep `credentials` instead of what is kept, and say where. What was there is revoked, if it was made by a sign-in.

    Raises CredentialsNotKept; then the new one is revoked.
    """
    path = credentials_path(environment)
    try:
        with only_one(path):
            before = _readable(path)
            keep_credentials(path, credentials)
    except BaseException:
        revoke(credentials)
        raise
    if before is not None and not revoke(before):
        note(f"cairn: the sign-in before this one could not be ended at {shown(before.url)}; it can, under its devices")
    return path


def end(environment: Mapping[str, str]) -> Ended:
    """Forget what is kept, whatever the server says."""
    path = credentials_path(environment)
    with only_one(path):
        kept, refusal = _readable(path), ""
        renewal = kept.renewal if kept else None
        try:
            if kept and renewal:
                _provider(kept, renewal).revoke(renewal.refresh_token)
        except Problem as problem:
            refusal = str(problem)
        finally:
            was_there = forget_credentials(path)
    return Ended(was_there, not refusal if renewal else None, refusal)


def revoke(credentials: Credentials) -> bool:
    """Have the server end a sign-in. False: it could not be asked, or refused."""
    if credentials.renewal is None:
        return True
    with suppress(Problem):
        _provider(credentials, credentials.renewal).revoke(credentials.renewal.refresh_token)
        return True
    return False


def _provider(credentials: Credentials, renewal: Renewal) -> Provider:
    return Provider(credentials.url, renewal.client_id)


def _readable(path: Path) -> Credentials | None:
    with suppress(Unauthenticated):
        return kept_credentials(path)
    return None
