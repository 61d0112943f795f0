"""``[sources.NAME]`` with ``kind = "gitea"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """A webhook of Gitea, Forgejo or Gogs: ``POST /in/NAME``."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["gitea"] = "gitea"
    secrets: list[Secret] = Field(min_length=1, description="The webhook's secret; several while it is rotated: every one of them is taken.")
