"""The cookie by which a browser shows who it is: named alike by whoever sets it, reads it, or counts by it."""


def session_cookie_name(public_url: str) -> str:
    """`__Host-` binds a cookie to the host and to https; browsers refuse it on a plain http address."""
    return "__Host-cairn" if public_url.startswith("https:") else "cairn"
