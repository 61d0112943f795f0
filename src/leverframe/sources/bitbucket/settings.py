"""``[sources.NAME]`` with ``kind = "bitbucket"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """A webhook of Bitbucket Cloud: `POST /in/NAME`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["bitbucket"] = "bitbucket"
    secrets: list[Secret] = Field(min_length=1, description="The webhook's secret; several while it is rotated: every one of them is taken.")
