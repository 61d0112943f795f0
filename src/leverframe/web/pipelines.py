"""Pipelines that sign in with a token of their host's: no secret of the hub's is kept there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from leverframe.core.access import Identity
from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.workflows import Allowance, identity_of
from leverframe.oidc import Issuer, issuer_of


class Pipelines(msgspec.Struct, frozen=True):
    """The issuers of the configuration, each with what it allows; two may be one issuer for two audiences."""

    issuers: Mapping[str, tuple[Issuer, Sequence[Allowance]]]
    """By name."""

    async def identity(self, token: str) -> Identity:
        """Return who a token speaks as. Raises ``Refused``: ``oidc_token_invalid``, ``oidc_not_allowed``, ``oidc_keys_unavailable``."""
        said = issuer_of(token)
        known = [one for one in self.issuers.values() if one[0].issuer == said]
        if not known:
            raise Refused("oidc_token_invalid", detail("issuer_not_configured"))
        refused: Refused | None = None
        for issuer, allow in known:
            try:
                claims = await issuer.claims(token)
            except Refused as error:
                refused = error
                continue
            found = identity_of(claims, allow)
            if isinstance(found, Identity):
                return found
            refused = Refused("oidc_not_allowed", found)
        assert refused is not None
        raise refused

    async def close(self) -> None:
        """End what is under way."""
        for issuer, _ in self.issuers.values():
            await issuer.close()
