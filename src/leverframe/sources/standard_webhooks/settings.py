"""``[sources.NAME]`` with ``kind = "standard_webhooks"``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from leverframe.core.signing import standard_webhook_key
from leverframe.secrets import Secret


def _readable(secret: Secret) -> Secret:
    standard_webhook_key(secret.reveal())
    return secret


class Settings(BaseModel):
    """Whatever signs its webhooks in the way of Standard Webhooks: `POST /in/NAME`. A message's `type` is the event's name."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["standard_webhooks"] = "standard_webhooks"
    secrets: list[Annotated[Secret, AfterValidator(_readable)]] = Field(
        min_length=1, description="The endpoint's secret: `whsec_` and base64, or any text; several while it is rotated: every one of them is taken."
    )
