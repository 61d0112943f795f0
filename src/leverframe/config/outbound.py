"""``[outbound]``: where the hub may send to when others name the address, and for how long it tries."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from leverframe.config.section import Section
from leverframe.core.addresses import Allowed
from leverframe.core.details import Unusable, detail


def _allowed(value: Any) -> Any:
    if isinstance(value, str):
        try:
            Allowed.of([value])
        except ValueError:
            raise Unusable(detail("network_nor_host", met=value)) from None
    return value


class OutboundSection(Section):
    """Addresses that come by request or payload: subscriptions, callbacks. What `leverframe.toml` names itself is not held to this."""

    allow: list[Annotated[str, BeforeValidator(_allowed)]] = Field(
        [], description="What is sent to beside the open internet: networks (`10.1.0.0/16`), addresses, and hosts (`ci.example.com`, `*.corp.example`), which may lead to private addresses. "
        "Link-local addresses, and with them the metadata of clouds, must be named by their network."
    )
    timeout_s: Annotated[float, Field(ge=1, le=60)] = Field(15.0, description="Seconds that a subscriber has for its whole answer.")
    retry_days: Annotated[float, Field(ge=0.01, le=14)] = Field(3.0, description="Days for which a delivery to a subscriber is tried; one that fails for so long is switched off.")
    room: str | None = Field(None, description="The room that is told when a webhook fails, is switched off, and comes back, where the webhook names none: `slack:#ops`.")

    def allowed(self) -> Allowed:
        """Return ``allow`` as the core's value."""
        return Allowed.of(self.allow)
