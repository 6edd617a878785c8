"""Who the caller is, what they hold, and where a word is found in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from client.answers import checked, count, items, pages, record_from, time
from client.asking import SMALL_PAGE, Asking
from client.model import FileRecord


@dataclass(frozen=True, slots=True)
class Account:
    user_id: str
    email: str


@dataclass(frozen=True, slots=True)
class BucketFigures:
    id: str
    name: str
    title: str
    files: int
    versions: int
    logical_bytes: int
    version_bytes: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """`logical_bytes` of current versions, `version_bytes` of all; what is stored is None while it takes too long to count."""

    num_buckets: int
    files: int
    versions: int
    logical_bytes: int
    version_bytes: int
    blocks: int | None
    stored_bytes: int | None
    saved_bytes: int | None
    dedup_ratio: float | None
    as_of: datetime | None
    buckets: tuple[BucketFigures, ...]
    top: tuple[BucketFigures, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """`used_bytes` of every version that is kept: what `quota_bytes` (None: no quota) is judged on."""

    used_bytes: int
    quota_bytes: int | None
    buckets: int
    files: int
    versions: int
    logical_bytes: int


@dataclass(frozen=True, slots=True)
class Search:
    """All that is not empty must hold. `tags`: `key`, or `key=value`."""

    text: str = ""
    name: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    bucket: str = ""


class Figures(Asking):
    """What a server knows of a caller."""

    def account(self) -> Account:
        """Whose the token is. Raises Unauthenticated."""
        answer = self._connection.ask("GET", "/me")
        return checked(lambda me: Account(me["user_id"], me.get("email") or ""), answer)

    def who(self) -> str:
        """The e-mail address (or else the id) of whom the token belongs to. Raises Unauthenticated."""
        account = self.account()
        return account.email or account.user_id

    def usage(self) -> Usage:
        answer = self._connection.ask("GET", "/account/usage")
        return checked(lambda found: Usage(**{one.name: found[one.name] for one in fields(Usage)}), answer)

    def statistics(self, bucket: str = "") -> Statistics:
        """Of all own buckets, or of one."""
        return checked(_statistics, self._connection.ask("GET", "/stats", bucket=bucket or None))

    def search(self, wanted: Search) -> Iterator[FileRecord]:
        """What matches in all buckets that the caller may read, by bucket and path. Raises Invalid for a search for nothing."""

        def ask(cursor: str | None) -> Any:
            return self._connection.ask(
                "GET",
                "/search",
                q=wanted.text or None,
                name=wanted.name or None,
                description=wanted.description or None,
                tag=list(wanted.tags) or None,
                bucket=wanted.bucket or None,
                limit=SMALL_PAGE,
                cursor=cursor,
            )

        for page in pages(ask):
            yield from checked(lambda document: [record_from(one) for one in items(document)[0]], page)


def _statistics(document: Mapping[str, Any]) -> Statistics:
    values = {one.name: document[one.name] for one in fields(Statistics)}
    for name in ("num_buckets", "files", "versions", "logical_bytes", "version_bytes"):
        count(document, name)
    buckets, top = (tuple(_bucket_figures(one) for one in document[name]) for name in ("buckets", "top"))
    return Statistics(**values | {"as_of": time(document["as_of"]), "buckets": buckets, "top": top})


def _bucket_figures(document: Mapping[str, Any]) -> BucketFigures:
    return BucketFigures(**{one.name: document[one.name] for one in fields(BucketFigures)})
