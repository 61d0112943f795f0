"""``[sources.NAME]`` with ``kind = "alertmanager"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """Prometheus' Alertmanager, or Grafana's alerting, which sends the same: `POST /in/NAME`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["alertmanager"] = "alertmanager"
    secrets: list[Secret] = Field(
        min_length=1, description="The token that it sends as `Authorization: Bearer`, or the password of basic authentication; several while it is rotated."
    )
    user: str | None = Field(None, min_length=1, max_length=100, description="The user of basic authentication; left out, a token is asked for.")
    repository_label: str = Field("repository", description="The label of alerts that names a repository (`owner/name`), so that routes can test `repos`.")
