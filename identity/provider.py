"""The OpenID provider put together: what its endpoints work with, and the document that a client gets for what it was let into."""

from dataclasses import dataclass

from foundation.identity import Identity
from foundation.problems import Unauthenticated
from identity.attempts import Attempts
from identity.clients import OPENID, Client, Clients
from identity.codes import Codes
from identity.consents import Consents
from identity.device_codes import DeviceCodes
from identity.id_tokens import IdTokens
from identity.issuer import AccessToken, Issuer
from identity.model import Access, DeviceKind
from identity.people import People
from identity.refresh import RefreshTokens


@dataclass(frozen=True, slots=True)
class Provider:
    public_url: str
    people: People
    clients: Clients
    consents: Consents
    codes: Codes
    refresh: RefreshTokens
    device_codes: DeviceCodes
    guesses: Attempts  # of user codes
    issuer: Issuer
    id_tokens: IdTokens

    def device_kind(self, client: Client) -> DeviceKind:
        return DeviceKind.COMMAND_LINE if self.clients.is_own(client.id) else DeviceKind.APPLICATION

    def tokens(self, access: Access, scopes: frozenset[str] | None = None) -> dict[str, object]:
        """The answer of the token endpoint (RFC 6749, 5.1; OpenID Connect Core, 3.1.3.3), with fewer `scopes` if asked.

        Raises Unauthenticated if the person is gone meanwhile.
        """
        consent = access.consent
        user = self.people.find(consent.user)
        if user is None:
            raise Unauthenticated
        identity = Identity(consent.user, access.device, consent.scopes)
        minted = self.issuer.mint(identity, scopes, client=consent.client)
        document = bearer(minted)
        if access.refresh_token is not None:
            document["refresh_token"] = access.refresh_token
        if OPENID in minted.scopes:
            document["id_token"] = self.id_tokens.mint(access, user, minted.text)
        return document

    def expire(self) -> int:
        """Remove a slice of what has ended; says how much."""
        return self.codes.expire() + self.refresh.expire()


def bearer(minted: AccessToken) -> dict[str, object]:
    return {
        "access_token": minted.text,
        "token_type": "Bearer",
        "expires_in": minted.expires_in_seconds,
        "scope": " ".join(sorted(minted.scopes)),
    }
