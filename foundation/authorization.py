"""The one rule of who may do what: facts in, verdict out (DESIGN.md 4 "Access" and 8). Every door asks here."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from foundation.identity import Identity, Scope
from foundation.problems import Forbidden, NotFound, Unauthenticated


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Action(StrEnum):
    CREATE_BUCKET = "create-bucket"
    LIST_BUCKETS = "list-buckets"
    READ_BUCKET = "read-bucket"  # the bucket, its lists and its journal
    CHANGE_BUCKET = "change-bucket"
    DELETE_BUCKET = "delete-bucket"
    LEAVE_BUCKET = "leave-bucket"  # remove oneself from its members
    READ_FILE = "read-file"  # its record, versions, chunks
    READ_CONTENT = "read-content"
    WRITE_FILE = "write-file"  # put, move, delete to the trash, restore
    PURGE_FILE = "purge-file"  # cannot be undone
    USE_UPLOAD = "use-upload"
    RETRY_CHECKS = "retry-checks"  # all that failed of one's own files
    MANAGE_ACCOUNT = "manage-account"
    ADMINISTER = "administer"
    READ_BLOCKS = "read-blocks"  # from here on: between rooms
    STORE_BLOCKS = "store-blocks"
    ERASE_BLOCKS = "erase-blocks"
    USE_CATALOGUE = "use-catalogue"
    COLLECT = "collect"
    INTROSPECT = "introspect"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the thing acted on. `role`: the caller's in the bucket. `owner`: whose upload or account it is."""

    role: Role | None = None
    owner: UUID | None = None
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    scopes: tuple[Scope, ...]
    roles: frozenset[Role] | None = None  # None: the action is about oneself, not about a bucket
    own: bool = False
    service: bool = False


_READ = (Scope.FILES, Scope.FILES_READ)
_WRITE = (Scope.FILES,)
_MEMBERS = frozenset(Role)
_EDITORS = frozenset({Role.OWNER, Role.EDITOR})
_OWNER = frozenset({Role.OWNER})

RULES: dict[Action, _Rule] = {
    Action.CREATE_BUCKET: _Rule(_WRITE),
    Action.LIST_BUCKETS: _Rule(_READ),
    Action.READ_BUCKET: _Rule(_READ, roles=_MEMBERS),
    Action.CHANGE_BUCKET: _Rule(_WRITE, roles=_OWNER),
    Action.DELETE_BUCKET: _Rule(_WRITE, roles=_OWNER),
    Action.LEAVE_BUCKET: _Rule(_WRITE, roles=_MEMBERS),
    Action.READ_FILE: _Rule(_READ, roles=_MEMBERS),
    Action.READ_CONTENT: _Rule(_READ, roles=_MEMBERS),
    Action.WRITE_FILE: _Rule(_WRITE, roles=_EDITORS),
    Action.PURGE_FILE: _Rule(_WRITE, roles=_OWNER),
    Action.USE_UPLOAD: _Rule(_WRITE, own=True),
    Action.RETRY_CHECKS: _Rule(_WRITE),
    Action.MANAGE_ACCOUNT: _Rule((Scope.ACCOUNT,), own=True),
    Action.ADMINISTER: _Rule((Scope.ADMIN,)),
    Action.READ_BLOCKS: _Rule((Scope.BLOCKS_READ,), service=True),
    Action.STORE_BLOCKS: _Rule((Scope.BLOCKS_WRITE,), service=True),
    Action.ERASE_BLOCKS: _Rule((Scope.ERASE,), service=True),
    Action.USE_CATALOGUE: _Rule((Scope.CATALOGUE,), service=True),
    Action.COLLECT: _Rule((Scope.COLLECT,), service=True),
    Action.INTROSPECT: _Rule((Scope.INTROSPECT,), service=True),
}


class Verdict(StrEnum):
    ALLOWED = "allowed"
    SIGN_IN = "sign-in"  # nobody is signed in
    HIDDEN = "hidden"  # may not even know that it exists
    FORBIDDEN = "forbidden"  # may see it, may not do that


def authorize(identity: Identity, action: Action, facts: Facts = Facts()) -> Verdict:
    """The verdict on one action. Pure: no clock, no database."""
    rule = RULES[action]
    if action is Action.READ_CONTENT and facts.is_public:
        return Verdict.ALLOWED
    if identity.user is None and not identity.is_service:
        return Verdict.SIGN_IN
    if identity.is_service != rule.service:
        return Verdict.FORBIDDEN
    if (rule.roles is not None and facts.role is None) or (rule.own and facts.owner != identity.user):
        return Verdict.HIDDEN
    if not identity.has(*rule.scopes) or (rule.roles is not None and facts.role not in rule.roles):
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED


def require(identity: Identity, action: Action, facts: Facts = Facts(), *, hidden: type[NotFound] = NotFound) -> None:
    """Raise what the verdict means: Unauthenticated, `hidden` (404, the same as for what is not there) or Forbidden."""
    match authorize(identity, action, facts):
        case Verdict.SIGN_IN:
            raise Unauthenticated
        case Verdict.HIDDEN:
            raise hidden
        case Verdict.FORBIDDEN:
            raise Forbidden(f"This needs more rights than your credential has ({action.value}).")
        case Verdict.ALLOWED:
            return
