"""Every credential that this installation takes, in one TokenVerifier: personal tokens, sessions, signed tokens."""

import logging
from dataclasses import replace
from datetime import datetime

from foundation.identity import Identity
from foundation.jwt import JwtVerifier, VerifiedToken
from foundation.problems import Unauthenticated, Unavailable
from identity.clock import Clock
from identity.model import Standing
from identity.opaque import digest, is_foreign, is_session, is_token
from identity.outside_tokens import AskedTokens
from identity.standings import TOUCH_EVERY, Standings
from identity.verdicts import Verdicts

log = logging.getLogger("cairn.identity")


class IdentityVerifier:
    """Asks the database at most once in a few seconds for each credential; what this process revokes ends at once."""

    def __init__(
        self,
        standings: Standings,
        jwt: JwtVerifier,
        verdicts: Verdicts,
        clock: Clock,
        asked: AskedTokens | None = None,
    ) -> None:
        """`asked`: what knows tokens of an outside provider that are no JWTs."""
        self._standings, self._jwt, self._verdicts, self._clock = standings, jwt, verdicts, clock
        self._asked = asked

    def verify(self, credential: str) -> Identity:
        key, now = digest(credential), self._clock()
        known = self._verdicts.find(key, now)
        if known is not None:
            return known
        generation = self._verdicts.generation()
        identity, ends_at = self._standing(credential, key, now)
        self._verdicts.keep(key, identity, generation, now, ends_at)
        return identity

    def verify_opaque(self, credential: str) -> Identity:
        """As `verify`, of personal tokens and sessions only: what a signed token may be made from."""
        if not is_token(credential) and not is_session(credential):
            raise Unauthenticated("This is neither a personal token nor a session.")
        return self.verify(credential)

    def judged(self, credential: str) -> tuple[Identity, datetime | None]:
        """As `verify`, as it stands now whatever is remembered, and when the credential ends by itself.

        For those who remember it themselves: one memory behind another would last as long as both.
        """
        return self._standing(credential, digest(credential), self._clock())

    def _standing(self, credential: str, key: bytes, now: datetime) -> tuple[Identity, datetime | None]:
        if is_token(credential):
            standing, touch = self._standings.of_token(key, now), self._standings.touch_token
        elif is_session(credential):
            standing, touch = self._standings.of_session(key, now), self._standings.touch_session
        elif self._asked is not None and is_foreign(credential):
            identity, ends_at = self._asked.judged(credential)
            return self._let_in(identity), ends_at
        else:
            return self._signed(credential)
        if standing is None:
            raise Unauthenticated("This token or session is not valid, or no longer.")
        if _is_untouched(standing, now):
            try:
                touch(key, standing.device, now)
            except Unavailable as error:
                # Who may come in is known: a note that cannot be written must not shut them out of reading.
                log.warning("use of a credential not noted", extra={"reason": error.slug})
        return standing.identity(), standing.ends_at

    def verify_own(self, credential: str) -> VerifiedToken:
        """A signed token of our own for a person, with all that it says: its scopes are what it was made with. As it stands now."""
        token = self._jwt.verified(credential)
        if not token.is_own or token.identity.user is None:
            raise Unauthenticated("This is no token of this issuer for a person.")
        self._reduced(token)
        return token

    def _signed(self, credential: str) -> tuple[Identity, datetime]:
        token = self._jwt.verified(credential)
        return self._reduced(token), token.ends_at

    def _reduced(self, token: VerifiedToken) -> Identity:
        """To what the person and the device may do now. Raises Unauthenticated if that is nothing."""
        if not token.is_own or token.identity.user is None:
            return self._let_in(token.identity)
        allowed = self._standings.scopes_of(token.identity.user, token.identity.device)
        if allowed is None:
            raise Unauthenticated("The token's person or device is no longer let in.")
        return replace(token.identity, scopes=token.identity.scopes & allowed)

    def _let_in(self, identity: Identity) -> Identity:
        """Who comes with an outside issuer's token, unless their account here is closed. Raises Unauthenticated."""
        if identity.user is not None and self._standings.is_shut_out(identity.user):
            raise Unauthenticated("The token's person is no longer let in.")
        return identity


def _is_untouched(standing: Standing, now: datetime) -> bool:
    return standing.last_used_at is None or now - standing.last_used_at >= TOUCH_EVERY
