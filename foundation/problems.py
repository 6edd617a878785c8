"""Errors as people and programs meet them: RFC 9457 problem details. One class, one problem type, one decision of the caller."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

URN = "urn:cairn:problem:"


class Problem(Exception):  # noqa: N818 — a problem is RFC 9457's word, and what the wire calls it.
    """Base of every error that may reach a caller.

    A subclass fixes `slug` (the last part of the type URN), `title` and `status`. `detail` says what happened to this
    request and what to do; `members` are extension members that programs read, JSON values only.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on the server"
    status: ClassVar[int] = 500
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, detail: str = "", /, **members: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.members = members

    def document(self) -> dict[str, Any]:
        """The body of an `application/problem+json` answer."""
        document: dict[str, Any] = {"type": URN + self.slug, "title": self.title, "status": self.status}
        if self.detail:
            document["detail"] = self.detail
        return document | self.members

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)} if self.retry_after_seconds is not None else {}


class Malformed(Problem):
    """The request cannot be parsed."""

    slug, title, status = "malformed", "The request cannot be read", 400


class BodyIncomplete(Malformed):
    """The connection ended before the body did. Nothing of it is visible."""

    slug, title = "body-incomplete", "The body ended too early"


class Unauthenticated(Problem):
    """No credential, or one that is not (or no longer) valid."""

    slug, title, status = "unauthenticated", "Sign in first", 401

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="cairn"'}


class Forbidden(Problem):
    """The caller may see this, but not do that."""

    slug, title, status = "forbidden", "Not allowed", 403


class NotFound(Problem):
    """No such thing, or one that the caller may not see: the two are never told apart."""

    slug, title, status = "not-found", "Nothing here", 404


class MethodNotAllowed(Problem):
    slug, title, status = "method-not-allowed", "This address does not take that method", 405


class BodyTooSlow(Problem):
    """The bytes of a body came too slowly. Send it again."""

    slug, title, status = "body-too-slow", "The body came too slowly", 408


class PreconditionFailed(Problem):
    """If-Match or If-None-Match says no. The caller reads the current state and decides anew."""

    slug, title, status = "precondition-failed", "It is not what the request expected", 412


class TooLarge(Problem):
    slug, title, status = "too-large", "The request is too large", 413


class UnsupportedMediaType(Problem):
    slug, title, status = "unsupported-media-type", "This content type is not taken here", 415


class Invalid(Problem):
    """Well-formed, but breaks a rule. `errors` lists `{field, message}` where several fields do."""

    slug, title, status = "invalid", "The request breaks a rule", 422


class CursorInvalid(Problem):
    """A forged cursor, or one of another list. The caller starts from the first page."""

    slug, title, status = "cursor-invalid", "This cursor belongs to another list", 422


class HeadersTooLarge(Problem):
    slug, title, status = "headers-too-large", "The request's headers are too large", 431


class Unavailable(Problem):
    """A dependency does not answer. The same request works later."""

    slug, title, status = "unavailable", "Not available at the moment", 503
    retry_after_seconds = 2


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or its disk is full or read-only. Nothing was changed."""

    slug, title = "database-unavailable", "The database does not answer at the moment"


class DatabaseForbids(Unavailable):
    """The role that serves may not do this in the database. An operator runs `cairn migrate` as the database's owner."""

    slug, title = "database-forbids", "The database does not let this role do that"


class Busy(Unavailable):
    """More bytes are on their way than there is memory for. The same request works later."""

    slug, title = "busy", "The server receives as much as it can"


class OutcomeUnknown(Unavailable):
    """The database, or another service, went away in the middle: done or not done. A method's docstring says if it may be repeated."""

    slug, title = "outcome-unknown", "The database did not say whether it is done"
    retry_after_seconds = 1


def problem_classes(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every problem class that is imported, `base` first."""
    yield base
    for subclass in base.__subclasses__():
        yield from problem_classes(subclass)


def problem_from(document: Mapping[str, Any], status: int) -> Problem:
    """The class that a problem document names, raised again on the client's side; Problem itself for an unknown type."""
    slug = str(document.get("type", "")).removeprefix(URN)
    members = {key: value for key, value in document.items() if key not in {"type", "title", "status", "detail"}}
    for kind in problem_classes():
        if kind.slug == slug and kind is not Problem:
            return kind(str(document.get("detail", "")), **members)
    problem = Problem(str(document.get("detail") or document.get("title") or f"HTTP {status}"), **members)
    problem.status = status  # type: ignore[misc]  # An unknown type keeps the status that it came with.
    return problem
