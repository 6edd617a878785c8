"""Bucket names: Amazon S3's rules for general purpose buckets, and a name made from what people wrote. Pure."""

import ipaddress
import re
import unicodedata

from metadata.errors import BucketNameInvalid

MIN_NAME_LENGTH, MAX_NAME_LENGTH = 3, 63
MAX_TITLE_LENGTH = 255
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its usual form: what addresses a bucket by id, and what no name may look like."""
    return _UUID.fullmatch(text) is not None


def broken_rule(name: str) -> str | None:
    """The rule that `name` breaks, as a sentence; None: it is a bucket name."""
    if not MIN_NAME_LENGTH <= len(name) <= MAX_NAME_LENGTH:
        return f"A bucket's name has {MIN_NAME_LENGTH} to {MAX_NAME_LENGTH} characters."
    if not _NAME.fullmatch(name):
        return "A bucket's name is of a–z, 0–9, `-` and `.`, and begins and ends with a letter or digit."
    if ".." in name:
        return "A bucket's name has no two dots side by side."
    if is_uuid(name) or _is_address(name):
        return "A bucket's name does not look like an IP address or a UUID."
    if name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        return "Names that begin or end so are reserved in S3."
    return None


def check_name(name: str) -> str:
    """`name` itself. Raises BucketNameInvalid."""
    if rule := broken_rule(name):
        raise BucketNameInvalid(rule)
    return name


def check_title(title: str) -> str:
    """`title` itself: 1 to 255 characters of text, no control characters. Raises BucketNameInvalid."""
    if not title.strip() or len(title) > MAX_TITLE_LENGTH:
        raise BucketNameInvalid(f"A bucket's title has 1 to {MAX_TITLE_LENGTH} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in title):
        raise BucketNameInvalid("A bucket's title holds no control characters.")
    return title


def name_from(title: str, attempt: int = 1) -> str:
    """A name made from `title`: `Fotos Köln` → `fotos-koln`, then with `attempt` 2, 3, … `fotos-koln-2`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    suffix = "" if attempt == 1 else f"-{attempt}"
    for start in (base, f"bucket-{base}".rstrip("-")):
        name = start[: MAX_NAME_LENGTH - len(suffix)].rstrip("-") + suffix
        if broken_rule(name) is None:
            return name
    return f"bucket{suffix}"  # What S3 reserves by its end.


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        # S3 refuses the form, whatever the numbers.
        return re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name) is not None
    return True
