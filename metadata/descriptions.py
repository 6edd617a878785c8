"""What a file may say of itself beside its bytes: description, tags, content type (DESIGN.md 4 "Versions"). One rule for every door."""

import re
from collections.abc import Mapping

from foundation.problems import Invalid
from metadata.paths import is_storable

MAX_DESCRIPTION = 10_000
MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256
MAX_CONTENT_TYPE = 255
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?", re.ASCII)


def check_described(
    description: str | None = None, tags: Mapping[str, str] | None = None, content_type: str | None = None
) -> None:
    """Raises Invalid, which names the field, for what is not None and breaks a rule."""
    if description is not None:
        _check_text("description", description, MAX_DESCRIPTION)
    if tags:
        _check_tags(tags)
    if content_type and (len(content_type) > MAX_CONTENT_TYPE or not _MEDIA_TYPE.fullmatch(content_type)):
        raise _invalid("content_type", f"a content type is written type/subtype, at most {MAX_CONTENT_TYPE} characters")


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MAX_TAGS:
        raise _invalid("tags", f"a file has at most {MAX_TAGS} tags; these are {len(tags)}")
    for key, value in tags.items():
        if not key:
            raise _invalid("tags", "a tag's key has at least one character")
        _check_text("tags", key, MAX_TAG_KEY)
        _check_text(f"tags.{key}", value, MAX_TAG_VALUE)


def _check_text(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise _invalid(field, f"at most {most:,} characters; these are {len(text):,}")
    if not is_storable(text):
        raise _invalid(field, "neither the character U+0000 nor half of a surrogate pair can be kept")


def _invalid(field: str, message: str) -> Invalid:
    shown = field.encode("utf-8", "replace").decode()
    return Invalid(f"{shown}: {message}", errors=[{"field": shown, "message": message}])
