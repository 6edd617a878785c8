"""Signing this machine in while its owner says yes in a browser, anywhere: what is shown of it (RFC 8628, 3.3)."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cairn.terminal import note, say_json, shown
from client import SignInUnknown
from client.sign_in import DeviceCode, Issued, Provider, issued_when_allowed

SCOPES = "openid email offline_access files"
MAX_NAME_LENGTH = 100


def issued_by_device(provider: Provider, *, opens_browser: bool, as_json: bool) -> Issued:
    """Ask for a code, show it, wait. Raises SignInRefused, SignInUnknown, AnswerInvalid, ServerUnreachable."""
    try:
        code = provider.device_code(SCOPES, f"cairn on {socket.gethostname()}"[:MAX_NAME_LENGTH])
    except SignInUnknown as problem:
        raise SignInUnknown(
            f"{problem.detail}: make a personal token there, and run `cairn login {provider.url} --token-stdin`"
        ) from None
    if as_json:
        _tell(code)
    else:
        _show(code)
    if opens_browser:
        _open_browser(code)
    with _countdown(is_quiet=as_json) as wait:
        return issued_when_allowed(provider, code, time.monotonic, wait)


def _tell(code: DeviceCode) -> None:
    say_json(
        {
            "event": "code",
            "verification_uri": code.address,
            "verification_uri_complete": code.address_with_code,
            "user_code": code.user_code,
            "expires_in": code.expires_in_seconds,
        }
    )
    sys.stdout.flush()


def _show(code: DeviceCode) -> None:
    note("Open this address in a browser, on any machine, and enter the code:")
    note(f"    {shown(code.address)}")
    note(f"    {shown(code.user_code)}")
    if code.address_with_code:
        note("Or open this one, and see that it shows the same code:")
        note(f"    {shown(code.address_with_code)}")


def _open_browser(code: DeviceCode) -> None:
    import webbrowser

    if not webbrowser.open(code.address_with_code or code.address):
        note("cairn: no browser can be opened here")


@contextmanager
def _countdown(*, is_quiet: bool) -> Iterator[Callable[[float, float], None]]:
    """Gives what waits and, on a terminal, says how long the code is good."""
    shows = not is_quiet and sys.stderr.isatty()

    def wait(seconds: float, left: float) -> None:
        ends = time.monotonic() + seconds
        while (rest := ends - time.monotonic()) > 0:
            if shows:
                minutes, second = divmod(max(0, round(left - seconds + rest)), 60)
                sys.stderr.write(f"\r\x1b[KWaiting until it is allowed there: {minutes}:{second:02} left")
                sys.stderr.flush()
            time.sleep(min(rest, 1.0))

    try:
        yield wait
    finally:
        if shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
