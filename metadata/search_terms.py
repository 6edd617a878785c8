"""What a search asks, checked and taken apart. Pure."""

from foundation.problems import Invalid
from metadata.paths import is_storable
from metadata.search_model import SearchQuery
from metadata.search_text import Term, anywhere, in_description, in_path, tagged

MAX_TEXT_LENGTH = 1024  # as it is given, and as it is compared
MAX_TAGS = 10


def terms_of(query: SearchQuery) -> list[Term]:
    """Each filter but the bucket. Raises Invalid, which names the `field`."""
    texts = [
        ("q", query.q, anywhere),
        ("name", query.name, in_path),
        ("description", query.description, in_description),
    ]
    if len(query.tags) > MAX_TAGS:
        raise Invalid(f"A search names at most {MAX_TAGS} tags.", field="tag")
    given = [
        (field, text, term) for field, text, term in [*texts, *(("tag", tag, tagged) for tag in query.tags)] if text
    ]
    if not given and not query.bucket:
        raise Invalid("Give at least one of `q`, `bucket`, `name`, `description`, `tag`.", field="q")
    for field, text, _ in given:
        if len(text) > MAX_TEXT_LENGTH:
            raise Invalid(f"`{field}` has at most {MAX_TEXT_LENGTH} characters.", field=field)
        if not is_storable(text):
            raise Invalid(f"`{field}` holds NUL or half of a surrogate pair, which no file's text does.", field=field)
    return [_bounded(field, term(text)) for field, text, term in given]


def _bounded(field: str, term: Term) -> Term:
    """A few characters of Unicode stand for up to eighteen when they are compared."""
    if max(map(len, term.parts)) > MAX_TEXT_LENGTH + 3:  # and the separators around it
        raise Invalid(f"`{field}` has at most {MAX_TEXT_LENGTH} characters, ligatures written out.", field=field)
    return term
