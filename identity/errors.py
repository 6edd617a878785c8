"""What identity may raise; nothing else crosses its seams."""

from foundation.problems import Forbidden, Invalid, Malformed, NotFound, Problem, Unauthenticated, Unavailable


class SignInFailed(Unauthenticated):
    """The address or the password is wrong. Which of the two is never told."""

    slug, title = "sign-in-failed", "E-mail or password is wrong"


class TooManyAttempts(Problem):
    """Too many tries to sign in, or accounts made, from there. `retry_after_seconds` says when the next one is looked at."""

    slug, title, status = "too-many-attempts", "Too many tries", 429

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.members.get("retry_after_seconds", 60))}


class RegistrationClosed(Forbidden):
    """Nobody makes themselves an account here. An administrator adds people."""

    slug, title = "registration-closed", "Nobody can make an account here"


class InvitationInvalid(Forbidden):
    """The invitation was used, has ended, is for another address, or never was. Ask for a new one."""

    slug, title = "invitation-invalid", "This invitation cannot be used"


class InvitationNotFound(NotFound):
    slug, title = "invitation-not-found", "No such invitation"


class PasswordWrong(Forbidden):
    """The current password is wrong. The person stays signed in."""

    slug, title = "password-wrong", "The current password is wrong"


class OutsideFailed(Malformed):
    """What came back from the provider does not belong to a sign-in that this browser began, or is not what was asked for. Begin again."""

    slug, title = "outside-failed", "Signing in elsewhere did not work"


class OutsideRefused(Forbidden):
    """The provider did not let the person in, or their account here is closed."""

    slug, title = "outside-refused", "You were not let in"


class OutsideUnavailable(Unavailable):
    """The provider where people sign in does not answer. Who is signed in stays so."""

    slug, title = "outside-unavailable", "Signing in elsewhere is not possible at the moment"


class EmailInvalid(Invalid):
    slug, title = "email-invalid", "This is not an e-mail address"


class EmailTaken(Problem):
    slug, title, status = "email-taken", "Somebody has this e-mail address already", 409


class PasswordInvalid(Invalid):
    slug, title = "password-invalid", "A password cannot be this"


class UserNotFound(NotFound):
    slug, title = "user-not-found", "No such user"


class TokenInvalid(Invalid):
    """A token cannot be made so: its name, scopes or end, or there are too many already. `field` names which."""

    slug, title = "token-invalid", "A token cannot be made like this"


class TokenNotFound(NotFound):
    slug, title = "token-not-found", "No such token"


class NameInvalid(Invalid):
    slug, title = "name-invalid", "This cannot be its name"


class DeviceNotFound(NotFound):
    slug, title = "device-not-found", "No such device"


class SecretMismatch(Unavailable):
    """The keys in the database were sealed with another CAIRN_SECRET. Nothing is signed until the right one is back."""

    slug, title = "secret-mismatch", "The installation's secret does not fit its database"


class SchemaTooNew(Unavailable):
    """The tables of identity were made by a newer Cairn."""

    slug, title = "identity-schema-too-new", "The database belongs to a newer version"


class SchemaTooOld(Unavailable):
    """The tables of identity are not this version's yet. An operator runs `cairn migrate`."""

    slug, title = "identity-schema-too-old", "The database is not this version's yet"


class ClientInvalid(Invalid):
    """A client of the provider cannot be so: its name, redirect URIs, scopes or grants. `field` names which."""

    slug, title = "client-invalid", "A client cannot be made like this"


class ClientNotFound(NotFound):
    slug, title = "client-not-found", "No such client"


class AuthorizationInvalid(Problem):
    """A client sent somebody here in a way that cannot be answered where it wants the answer: nobody is redirected."""

    slug, title, status = "authorization-invalid", "The program that sent you here did it wrongly", 400


class UserCodeNotFound(NotFound):
    """Nothing waits for this code, or no longer."""

    slug, title = "user-code-not-found", "This code is not known"


class BrowserOnly(Forbidden):
    """What only a person in front of a browser may answer: no token speaks for them here."""

    slug, title = "browser-only", "Sign in with a browser for this"
