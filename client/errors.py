"""What the client itself may raise; what the server refuses comes as the server's own problem, told apart by its slug."""

from foundation.problems import NotFound, Problem, Unavailable


class ServerUnreachable(Unavailable):
    """Nothing answered, or the connection broke, for as long as the client may try. The same call works later."""

    slug, title = "server-unreachable", "The server does not answer"


class ChecksStall(Unavailable):
    """The server cannot check anything at the moment: its store is away, or nobody works. What was asked for stays asked for."""

    slug, title = "checks-stall", "The checks do not go on"


class AnswerInvalid(Problem):
    """The answer is not Cairn's, or contradicts itself: a captive portal, a proxy's page, a redirect, a server that lies."""

    slug, title, status = "answer-invalid", "The server's answer makes no sense", 502


class PartDamaged(Problem):
    """The server gives other bytes than the chunk list promises, or none. `bucket`, `path`, `chunk` name the place."""

    slug, title, status = "part-damaged", "A part of this file is damaged", 502


class AddressInvalid(Problem):
    """A bucket or path that cannot be put into a URL safely, such as one with a `..` segment."""

    slug, title, status = "address-invalid", "This address cannot be used", 422


class LocalFileChanged(Problem):
    """A local file changed while it was read, twice. Nothing of it was committed."""

    slug, title, status = "local-file-changed", "The file changes while it is read", 409


class LocalFileUnreadable(Problem):
    """A local file or folder that cannot be read, or has a name that Cairn cannot keep."""

    slug, title, status = "local-file-unreadable", "This file cannot be read", 422


class LocalTargetRefused(Problem):
    """A place on this machine where nothing can be written, or nothing should be: a link to elsewhere, a folder in the way."""

    slug, title, status = "local-target-refused", "Nothing can be written there", 409


class NoSuchFile(NotFound):
    """No file has this path."""

    slug, title = "no-such-file", "No such file"


class SignInRefused(Problem):
    """The server's provider gives no token. `error` is its word for why (RFC 6749, 5.2; RFC 8628, 3.5)."""

    slug, title, status = "sign-in-refused", "The server does not sign this program in", 403


class SignInUnknown(Problem):
    """The server does not offer that way of signing in or out."""

    slug, title, status = "sign-in-unknown", "The server does not know this way to sign in", 501
