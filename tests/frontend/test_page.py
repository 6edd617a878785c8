"""The page is one file that asks only its own server, and its content policy lets nothing run but what is in it."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from frontend import page, policy_of

HTML, POLICY = page()
TEXT = HTML.decode()
MAX_BYTES = 64_000
VOID = {"meta", "link", "input", "br"}
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of scripts and styles as browsers see it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in self.inline:
            self.inline[tag].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inline:
            self.inline[self.open[-1]][-1] += data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.found if attribute in attributes]


ELEMENTS = Elements(TEXT)
STYLE, SCRIPT = ELEMENTS.inline["style"][0], ELEMENTS.inline["script"][0]


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (directive.split() for directive in policy.split(";"))}


@pytest.mark.parametrize(("tag", "directive"), [("script", "script-src"), ("style", "style-src")])
def test_the_policy_allows_exactly_the_inline_parts_by_their_hash(tag: str, directive: str) -> None:
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in ELEMENTS.inline[tag]
    ]
    assert hashes
    assert directives(POLICY)[directive] == hashes


def test_the_policy_allows_nothing_that_is_not_named() -> None:
    rest = {name: sources for name, sources in directives(POLICY).items() if name not in {"script-src", "style-src"}}
    assert rest == {
        "default-src": ["'none'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_a_changed_script_has_another_policy() -> None:
    assert policy_of(HTML.replace(b"</script>", b" </script>")) != POLICY


def test_every_element_is_closed_where_it_was_opened() -> None:
    assert ELEMENTS.open == []


def test_ids_are_unique_and_every_reference_finds_one() -> None:
    ids = ELEMENTS.values("id")
    assert len(ids) == len(set(ids))
    named = {reference.removeprefix("#") for reference in ELEMENTS.values("href") if reference.startswith("#")}
    named |= {name for value in ELEMENTS.values("aria-labelledby") for name in value.split()}
    named |= set(re.findall(r'\$\("([\w-]+)"\)', SCRIPT)) | set(re.findall(r'copy\("([\w-]+)"\)', SCRIPT))
    assert named - set(ids) == set()


def test_no_element_carries_a_handler_or_a_style() -> None:
    """The policy would stop them; a page that has none shows that nothing is missing."""
    attributes = {name for _, attributes in ELEMENTS.found for name in attributes}
    assert {name for name in attributes if name.startswith("on") or name == "style"} == set()


def test_nothing_comes_from_another_server() -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[\w/.-]+", TEXT))
    assert {address for address in addresses if address != SVG_NAMESPACE} == set()
    assert [value for name in ("src", "srcset", "action") for value in ELEMENTS.values(name)] == []


def test_the_script_never_makes_markup_from_text() -> None:
    dangerous = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|createContextualFragment"
    assert re.findall(dangerous, SCRIPT) == []


def test_colours_are_written_among_the_tokens_only() -> None:
    tokens, rules = STYLE.split("\n}\n", 1)
    assert "--accent:" in tokens
    assert re.findall(r"#[0-9a-f]{3,8}\b|\brgb|\bhsl|light-dark", rules) == []
    used = set(re.findall(r"var\((--[\w-]+)\)", STYLE))
    assert used - set(re.findall(r"(--[\w-]+):", tokens)) == set()


def test_both_themes_follow_the_readers_system() -> None:
    assert "color-scheme: light dark" in STYLE
    assert "prefers-reduced-motion" in STYLE


@pytest.mark.parametrize(
    "name",
    ["E-mail", "Password", "Sign in", "New bucket", "New folder", "Upload", "Download", "Delete", "Name", "Retry"],
)
def test_what_people_and_programs_rely_on_has_its_name(name: str) -> None:
    texts = re.findall(r"<(?:span|button)[^>]*>(?:<svg.*?</svg>)?([^<]+)<", TEXT)
    assert name in {*ELEMENTS.values("aria-label"), *texts}


def test_the_page_stays_small() -> None:
    assert len(HTML) < MAX_BYTES
