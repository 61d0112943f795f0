"""``[sources.NAME]`` with ``kind = "jenkins"``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """Jenkins, by its Notification plugin: `POST /in/NAME`. A build is a workflow's run."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["jenkins"] = "jenkins"
    secrets: list[Secret] = Field(
        min_length=1, description="The password in the endpoint's address: `https://jenkins:PASSWORD@hub.example.com/in/NAME`; several while it is rotated."
    )
    user: str = Field("jenkins", min_length=1, max_length=100, description="The user in the endpoint's address.")
