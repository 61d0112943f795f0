"""``[sources.NAME]`` with ``kind = "gitlab"``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from leverframe.core.signing import standard_webhook_key
from leverframe.secrets import Secret


def _readable(secret: Secret) -> Secret:
    standard_webhook_key(secret.reveal())
    return secret


class Settings(BaseModel):
    """A webhook of GitLab, of a project, a group or the whole instance: ``POST /in/NAME``."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["gitlab"] = "gitlab"
    secrets: list[Annotated[Secret, AfterValidator(_readable)]] = Field(
        min_length=1,
        description="The webhook's signing token, which begins with `whsec_`, or its secret token; several while they are rotated: every one of "
        "them is taken. What carries a signature must be signed with one of those that begin with `whsec_`, when there is one.",
    )
