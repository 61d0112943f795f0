"""Who signs in with tokens that others sign: imported only where the configuration names somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leverframe.config import Config
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.net import Outbound
    from leverframe.web.pipelines import Pipelines


def build_pipelines(config: Config, outbound: Outbound, clock: Clock) -> Pipelines | None:
    """Return it, ``None`` where nobody does."""
    if not config.oidc:
        return None
    from leverframe.oidc import Issuer
    from leverframe.web.pipelines import Pipelines

    return Pipelines({
        name: (Issuer(outbound, clock, issuer=one.issuer, audience=one.audience or config.hub.url), [each.allowance() for each in one.allow])
        for name, one in config.oidc.items()
    })  # fmt: skip
