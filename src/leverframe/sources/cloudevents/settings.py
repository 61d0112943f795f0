"""``[sources.NAME]`` with ``kind = "cloudevents"``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


def _small(value: str) -> str:
    return value.lower()


class Settings(BaseModel):
    """CloudEvents by HTTP, as Knative and Azure Event Grid send them: `POST /in/NAME`. An event's `type` is its name."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["cloudevents"] = "cloudevents"
    secrets: list[Secret] = Field(min_length=1, description="The token in `header`; several while it is rotated: every one of them is taken.")
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$"), AfterValidator(_small)] = Field(
        "authorization", description="The header with the token. In `authorization` it stands after `Bearer `, in any other alone."
    )
    origins: list[str] = Field(
        ["*"], min_length=1, description="Who may ask to send here (`WebHook-Request-Origin`): `eventgrid.azure.net`; `*` is anybody, who needs the token all the same."
    )
