"""``[sources.NAME]`` with ``kind = "argocd_notifications"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """Argo CD's notifications: `POST /in/NAME`. A sync is a deployment."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["argocd_notifications"] = "argocd_notifications"
    secrets: list[Secret] = Field(min_length=1, description="The token that the service sends as `Authorization: Bearer`; several while it is rotated.")
