"""Buckets: made, changed, shared, thrown away and taken back."""

from collections.abc import Iterator
from typing import Any

from client.addresses import segment
from client.answers import bucket_from, checked, items, member_from, pages
from client.asking import SMALL_PAGE, Asking
from client.model import Bucket, Member
from foundation.blocks import Chunking
from foundation.problems import NotFound, Problem

Setting = str | int | None


class Buckets(Asking):
    """The caller's own buckets, and those shared with them, which are addressed by id."""

    def buckets(self, *, deleted: bool = False) -> Iterator[Bucket]:
        """By name. `deleted`: the caller's own in the trash, and those on their way out."""

        def ask(cursor: str | None) -> Any:
            return self._connection.ask("GET", "/buckets", limit=SMALL_PAGE, cursor=cursor, deleted=_flag(deleted))

        for page in pages(ask):
            yield from checked(lambda document: [bucket_from(one) for one in items(document)[0]], page)

    def bucket(self, name: str) -> Bucket:
        """By name or id; by its id also a deleted one of the caller's own."""
        return checked(bucket_from, self._connection.ask("GET", f"/buckets/{segment(name)}"))

    def create_bucket(self, name: str = "", chunking: Chunking | None = None, **settings: Setting) -> Bucket:
        """`settings`: title (enough without a name), versioning, naming, keep_days, trash_days."""
        new = {"name": name or None, "chunking": chunking.value if chunking else None} | settings
        given = {key: value for key, value in new.items() if value is not None}
        return checked(bucket_from, self._connection.ask_once("/buckets", given))

    def ensure_bucket(self, name: str) -> Bucket:
        """The bucket of that name, made if there is none."""
        try:
            return self.bucket(name)
        except Problem as problem:
            if problem.status != NotFound.status:
                raise
        try:
            return self.create_bucket(name)
        except Problem as problem:
            if problem.slug != "bucket-exists":  # Another copy made it between the two calls.
                raise
            return self.bucket(name)

    def change_bucket(self, bucket: str, **settings: Setting) -> Bucket:
        """`settings`: name, title, versioning, keep_days, trash_days; what is not named stays."""
        return checked(bucket_from, self._connection.ask("PATCH", f"/buckets/{segment(bucket)}", settings))

    def delete_bucket(self, bucket: str, *, recursive: bool = False, purge: bool = False) -> None:
        """Into the trash, with its files if `recursive`; with `purge` for good: then its id tells what is left until it is gone."""
        place = f"/buckets/{segment(bucket)}"
        self._connection.ask("DELETE", place, recursive=_flag(recursive), purge=_flag(purge))

    def restore_bucket(self, bucket_id: str, name: str | None = None) -> Bucket:
        """Out of the trash, under another `name` where the old one is taken."""
        wanted = {"name": name} if name else {}
        return checked(bucket_from, self._connection.ask_once(f"/buckets/{segment(bucket_id)}/restore", wanted))

    def members(self, bucket: str) -> Iterator[Member]:
        """With whom it is shared, its owner first."""
        place = f"/buckets/{segment(bucket)}/members"
        for page in pages(lambda cursor: self._connection.ask("GET", place, limit=SMALL_PAGE, cursor=cursor)):
            yield from checked(lambda document: [member_from(one) for one in items(document)[0]], page)

    def share(self, bucket: str, user_id: str, role: str) -> Member:
        """`role`: viewer or editor."""
        place = f"/buckets/{segment(bucket)}/members/{segment(user_id)}"
        return checked(member_from, self._connection.ask("PUT", place, {"role": role}))

    def unshare(self, bucket: str, user_id: str) -> None:
        self._connection.ask("DELETE", f"/buckets/{segment(bucket)}/members/{segment(user_id)}")


def _flag(is_set: bool) -> str | None:
    return "true" if is_set else None
