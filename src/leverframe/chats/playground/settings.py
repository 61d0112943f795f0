"""What ``[chats.NAME]`` of kind ``playground`` takes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The chat on a page of the hub itself, to try it without Slack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["playground"] = "playground"
    posts_per_second: float = Field(0.0, ge=0, description="Messages a second and room; 0 is no pacing.")
