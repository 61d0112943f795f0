"""``[sources.NAME]`` with ``kind = "github"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """A GitHub webhook: ``POST /in/NAME``."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["github"] = "github"
    secrets: list[Secret] = Field(min_length=1, description="The webhook's secret; several while it is rotated: every one of them is taken.")
