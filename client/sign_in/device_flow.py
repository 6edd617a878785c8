"""Waiting until a person has allowed a sign-in somewhere else (RFC 8628, 3.4 and 3.5)."""

from collections.abc import Callable

from client.errors import ServerUnreachable, SignInRefused
from client.sign_in.provider import DeviceCode, Issued, Provider

PENDING, SLOW_DOWN, EXPIRED, DENIED = "authorization_pending", "slow_down", "expired_token", "access_denied"
SHORTEST_INTERVAL_SECONDS = 1
LONGEST_BACKOFF_SECONDS = 60


def issued_when_allowed(
    provider: Provider, code: DeviceCode, clock: Callable[[], float], wait: Callable[[float, float], None]
) -> Issued:
    """The tokens. `wait(seconds, left)` waits, `left` being the seconds until the code ends.

    A server that is away is asked again, ever more rarely. Raises SignInRefused, AnswerInvalid, and ServerUnreachable if
    the server was away at the end.
    """
    ends = clock() + code.expires_in_seconds
    interval: float = max(code.interval_seconds, SHORTEST_INTERVAL_SECONDS)
    backoff = 0.0
    away: ServerUnreachable | None = None
    while (left := ends - clock()) > 0:
        wait(min(max(interval, backoff), left), left)
        try:
            return provider.issued(code)
        except ServerUnreachable as problem:
            away, backoff = problem, min(max(2 * backoff, 2 * interval), LONGEST_BACKOFF_SECONDS)
        except SignInRefused as refused:
            away, backoff = None, 0.0
            interval += _slower(refused)
    raise away or _explained(EXPIRED, "")


def _slower(refused: SignInRefused) -> int:
    """Seconds that are added to the interval. Raises what is no answer to wait after."""
    error = refused.members.get("error")
    if error == PENDING:
        return 0
    if error == SLOW_DOWN:
        return 5
    raise _explained(str(error), refused.detail)


def _explained(error: str, detail: str) -> SignInRefused:
    sentences = {
        DENIED: "it was not allowed there",
        EXPIRED: "nobody allowed it in time: run the same command for another code",
    }
    return SignInRefused(sentences.get(error, detail), error=error)
