"""How one room calls another: under /internal/v1, with the user that it acts for in a header."""

from foundation.identity import Identity
from foundation.problems import Forbidden

INTERNAL = "/internal/v1"
ACTING_FOR = "Cairn-Acting-For"


def acting_for_header(identity: Identity) -> dict[str, str]:
    """The header that names `identity` (RFC 8941 dictionary); none for nobody, who may read what is public.

    Raises Forbidden for a service: none acts for another, and it must not become nobody on the way.
    """
    if identity.is_service:
        raise Forbidden("This is for people, and a service is none.")
    if identity.user is None:
        return {}
    device = f', device="{identity.device}"' if identity.device else ""
    return {ACTING_FOR: f'user="{identity.user}"{device}, scope="{" ".join(sorted(identity.scopes))}"'}
