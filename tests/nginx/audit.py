"""What is wrong with a configuration of nginx though nginx takes it: the mistakes that gixy looks for, and some of our own."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*|(?P<mark>[{};])|"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>(?:\$\{|[^\s{};"'])(?:\$\{|[^\s{};])*))"""
)
# What nginx takes apart before it is put together again: with it an address that was sent ends a header, and begins another.
_TAKEN_APART = re.compile(r"\$(uri|document_uri|\d)\b")


@dataclass
class Directive:
    """One, with what stands in its braces, and all that it stands in."""

    name: str
    values: list[str]
    block: "list[Directive]" = field(default_factory=list)
    above: "tuple[Directive, ...]" = field(default=(), repr=False)

    def all_below(self) -> Iterator["Directive"]:
        for one in self.block:
            yield one
            yield from one.all_below()

    def own(self, name: str) -> "list[Directive]":
        return [one for one in self.block if one.name == name]

    def __str__(self) -> str:
        return " ".join([*(f"{one.name} {' '.join(one.values)} >" for one in self.above[1:]), self.name, *self.values])


Rule = Callable[[Directive], bool]


def parsed(file: Path) -> Directive:
    """The configuration whole, with what it includes."""
    root = Directive("main", [])
    _parse(file, (root,))
    return root


def _parse(file: Path, above: tuple[Directive, ...]) -> None:
    words: list[str] = []
    for token in _TOKEN.finditer(file.read_text()):
        if token["mark"] is None:
            if word := next((token[kind] for kind in ("double", "single", "bare") if token[kind] is not None), None):
                words.append(word)
            elif token["double"] == "" or token["single"] == "":
                words.append("")
        elif token["mark"] == "}":
            above = above[:-1]
        elif words[0] == "include":
            _parse(file.with_name(words[1]), above)
            words = []
        else:
            one = Directive(words[0], words[1:], above=above)
            above[-1].block.append(one)
            if token["mark"] == "{":
                above = (*above, one)
            words = []


def findings(file: Path, always: Sequence[str]) -> list[str]:
    """`always`: headers that nothing may lose."""
    root = parsed(file)
    return [
        f"{rule.__name__}: {one}" for one in root.all_below() for rule in (*_RULES, _lost_headers(always)) if rule(one)
    ]


def _split(one: Directive) -> bool:
    is_answer = one.name in {"return", "rewrite", "add_header", "proxy_set_header", "proxy_pass"}
    return is_answer and any(_TAKEN_APART.search(value) for value in one.values)


def _lost_headers(always: Sequence[str]) -> Rule:
    def lost(one: Directive) -> bool:
        added = {header.values[0] for header in one.own("add_header")}
        return bool(added) and not set(always) <= added

    return lost


def _leaves_the_folder(one: Directive) -> bool:
    """`location /x { alias /y/; }` answers /x../ with what lies beside y."""
    outer = one.above[-1]
    return (
        one.name == "alias"
        and outer.name == "location"
        and one.values[0].endswith("/")
        and not outer.values[-1].endswith("/")
    )


def _rewrites_the_address(one: Directive) -> bool:
    """A URI in proxy_pass makes nginx send its own reading of the address; behind an exact location there is but one."""
    if one.name != "proxy_pass" or "/" not in one.values[0].partition("://")[2]:
        return False
    outer = one.above[-1]
    return not (outer.name == "location" and outer.values[0] == "=")


def _merges_slashes(one: Directive) -> bool:
    passes = any(below.name == "proxy_pass" for below in one.all_below())
    return one.name == "server" and passes and [setting.values for setting in one.own("merge_slashes")] != [["off"]]


def _sends_twice(one: Directive) -> bool:
    passes = any(below.name == "proxy_pass" for below in one.all_below())
    return (
        one.name == "server" and passes and [setting.values for setting in one.own("proxy_next_upstream")] != [["off"]]
    )


def _does_more_than_return(one: Directive) -> bool:
    """`if` is a location of its own, which forgets much of the outer one."""
    return one.name == "if" and [below.name for below in one.block] != ["return"]


def _tells_its_version(one: Directive) -> bool:
    return one.name == "http" and [setting.values for setting in one.own("server_tokens")] != [["off"]]


def _believes_anybody(one: Directive) -> bool:
    return one.name == "proxy_set_header" and "$proxy_add_x_forwarded_for" in one.values


def _weak(one: Directive) -> bool:
    return one.name == "ssl_protocols" and bool(set(one.values) - {"TLSv1.2", "TLSv1.3"})


_RULES = (
    _split,
    _leaves_the_folder,
    _rewrites_the_address,
    _merges_slashes,
    _sends_twice,
    _does_more_than_return,
    _tells_its_version,
    _believes_anybody,
    _weak,
)
