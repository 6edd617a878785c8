"""The one rule against one table: every action, every kind of caller, public or not."""

from itertools import product
from uuid import UUID

import pytest

from foundation.authorization import RULES, Action, Facts, Role, Verdict, authorize, require
from foundation.identity import NOBODY, Identity, Scope
from foundation.problems import Forbidden, NotFound, Unauthenticated
from foundation.service_tokens import GRANTS, Room

ME, ANOTHER = UUID(int=1), UUID(int=2)
FILES = frozenset({Scope.FILES, Scope.ACCOUNT})
SERVICE = Identity(is_service=True, scopes=frozenset({Scope.FILES, Scope.ADMIN, Scope.ACCOUNT}))

# Who, their role in the bucket, and whose the upload or account is.
CALLERS: dict[str, tuple[Identity, Role | None, UUID]] = {
    "nobody": (NOBODY, None, ANOTHER),
    "stranger": (Identity(ME, scopes=FILES), None, ANOTHER),
    "viewer": (Identity(ME, scopes=FILES), Role.VIEWER, ANOTHER),
    "editor": (Identity(ME, scopes=FILES), Role.EDITOR, ANOTHER),
    "owner": (Identity(ME, scopes=FILES), Role.OWNER, ME),
    "read-token": (Identity(ME, scopes=frozenset({Scope.FILES_READ})), Role.OWNER, ME),  # the owner's
    "bare-token": (Identity(ME), Role.OWNER, ME),  # the owner's, without any scope
    "admin": (Identity(ME, scopes=FILES | {Scope.ADMIN}), None, ANOTHER),  # no member
    "service": (SERVICE, None, ANOTHER),
    "chunker": (Identity(is_service=True, scopes=GRANTS[Room.CHUNKER]), None, ANOTHER),
    "sync": (Identity(is_service=True, scopes=GRANTS[Room.SYNC]), None, ANOTHER),
}

TABLE = """
action         file    nobody  stranger  viewer    editor    owner     read-token bare-token admin     service   chunker   sync
create-bucket  any     sign-in allowed   allowed   allowed   allowed   forbidden  forbidden  allowed   forbidden forbidden forbidden
list-buckets   any     sign-in allowed   allowed   allowed   allowed   allowed    forbidden  allowed   forbidden forbidden forbidden
read-bucket    any     sign-in hidden    allowed   allowed   allowed   allowed    forbidden  hidden    forbidden forbidden forbidden
change-bucket  any     sign-in hidden    forbidden forbidden allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
delete-bucket  any     sign-in hidden    forbidden forbidden allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
leave-bucket   any     sign-in hidden    allowed   allowed   allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
read-file      any     sign-in hidden    allowed   allowed   allowed   allowed    forbidden  hidden    forbidden forbidden forbidden
read-content   private sign-in hidden    allowed   allowed   allowed   allowed    forbidden  hidden    forbidden forbidden forbidden
read-content   public  allowed allowed   allowed   allowed   allowed   allowed    allowed    allowed   allowed   allowed   allowed
write-file     any     sign-in hidden    forbidden allowed   allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
purge-file     any     sign-in hidden    forbidden forbidden allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
use-upload     any     sign-in hidden    hidden    hidden    allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
retry-checks   any     sign-in allowed   allowed   allowed   allowed   forbidden  forbidden  allowed   forbidden forbidden forbidden
manage-account any     sign-in hidden    hidden    hidden    allowed   forbidden  forbidden  hidden    forbidden forbidden forbidden
administer     any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  allowed   forbidden forbidden forbidden
read-blocks    any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden allowed   allowed
store-blocks   any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden allowed   allowed
erase-blocks   any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden forbidden allowed
use-catalogue  any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden allowed   allowed
collect        any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden forbidden allowed
introspect     any     sign-in forbidden forbidden forbidden forbidden forbidden  forbidden  forbidden forbidden allowed   allowed
"""
Cell = tuple[str, bool, str]


def cells() -> dict[Cell, Verdict]:
    """The table, one entry for each (action, is public, caller)."""
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    found: dict[Cell, Verdict] = {}
    for action, file, *verdicts in rows:
        for is_public in {"any": (False, True), "private": (False,), "public": (True,)}[file]:
            for caller, verdict in zip(head[2:], verdicts, strict=True):
                assert (action, is_public, caller) not in found
                found[action, is_public, caller] = Verdict(verdict)
    return found


def test_the_table_states_every_action_for_every_caller() -> None:
    assert set(cells()) == set(product((action.value for action in Action), (False, True), CALLERS))
    assert set(RULES) == set(Action)


@pytest.mark.parametrize(("cell", "verdict"), cells().items(), ids=str)
def test_the_rule_says_what_the_table_says(cell: Cell, verdict: Verdict) -> None:
    action, is_public, caller = cell
    identity, role, owner = CALLERS[caller]
    assert authorize(identity, Action(action), Facts(role, owner, is_public)) is verdict


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("caller", [name for name, (_, role, _) in CALLERS.items() if role is None])
def test_what_is_anothers_and_what_is_not_there_look_alike(caller: str, action: Action) -> None:
    identity = CALLERS[caller][0]
    assert authorize(identity, action, Facts(owner=ANOTHER)) is authorize(identity, action, Facts())


@pytest.mark.parametrize("action", [action for action in Action if RULES[action].roles is not None])
def test_a_stranger_learns_nothing_from_how_weak_their_credential_is(action: Action) -> None:
    assert {authorize(Identity(ME, scopes=scopes), action) for scopes in (FILES, frozenset())} == {Verdict.HIDDEN}


class Gone(NotFound):
    slug = "gone-for-this-test"


@pytest.mark.parametrize(
    ("identity", "facts", "raised"),
    [
        (NOBODY, Facts(Role.OWNER), Unauthenticated),
        (Identity(ME, scopes=FILES), Facts(), Gone),
        (Identity(ME, scopes=FILES), Facts(Role.VIEWER), Forbidden),
    ],
)
def test_require_raises_what_the_verdict_means(identity: Identity, facts: Facts, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        require(identity, Action.WRITE_FILE, facts, hidden=Gone)


def test_require_lets_through_what_is_allowed() -> None:
    require(Identity(ME, scopes=FILES), Action.WRITE_FILE, Facts(Role.EDITOR))
