"""``[sources.NAME]`` with ``kind = "generic"``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from leverframe.core.details import Unusable, detail
from leverframe.secrets import Secret
from leverframe.sources.generic.pointers import read


def _pointer(value: str) -> str:
    read(value)
    return value


def _header(value: str) -> str:
    if not value.isascii() or not all(letter.isalnum() or letter in "-_" for letter in value):
        raise Unusable(detail("header_name"))
    return value.lower()


Pointer = Annotated[str, AfterValidator(_pointer)]
Header = Annotated[str, AfterValidator(_header), Field(min_length=1, max_length=100)]


class Fields(BaseModel):
    """Where things stand in a payload, by JSON pointer (RFC 6901): `/data/title`; `/` before each step, `0` is the first of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Pointer | None = Field(None, description="What was done: `opened`.")
    repository: Pointer | None = Field(None, description="`owner/name`.")
    actor: Pointer | None = Field(None, description="Who did it.")
    title: Pointer | None = Field(None, description="What it is about, in a line.")
    url: Pointer | None = Field(None, description="The page to open.")
    body: Pointer | None = Field(None, description="What is said about it.")
    branch: Pointer | None = Field(None, description="The branch.")
    environment: Pointer | None = Field(None, description="The environment.")
    conclusion: Pointer | None = Field(None, description="How it ended: `success`, `failure`.")


class Settings(BaseModel):
    """Any service that sends JSON and proves itself by a token or a signature in a header: `POST /in/NAME`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["generic"] = "generic"
    secrets: list[Secret] = Field(min_length=1, description="The token, or what signatures are made with; several while it is rotated: every one of them is taken.")
    proof: Literal["hmac", "token"] = Field("hmac", description="What the header holds: a signature of the body, or the secret itself.")
    header: Header = Field(description="The header: `X-Signature`, `Authorization`.")
    prefix: str = Field("", max_length=100, description="What stands in the header before the signature or token: `sha256=`, `Bearer `.")
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = Field("sha256", description="Of the signature.")
    encoding: Literal["hex", "base64"] = Field("hex", description="Of the signature.")
    timestamp_header: Header | None = Field(
        None, description="The header with the moment (seconds since 1970) that the signature covers. What is signed is then `signed`."
    )
    signed: Literal["timestamp.body", "timestamp:body", "timestampbody"] = Field("timestamp.body", description="How moment and body are put together for the signature.")
    tolerance_s: int = Field(300, ge=1, le=86_400, description="How many seconds the moment may be off.")
    id_header: Header | None = Field(None, description="The header with the delivery's id, which stays the same when it is sent again.")
    id: Pointer | None = Field(None, description="Where the delivery's id stands in the payload, if in no header. With neither, the same body is the same delivery.")
    event: Pointer | None = Field(None, description="Where the event's name stands: `/type`.")
    event_header: Header | None = Field(None, description="The header with the event's name.")
    event_name: str | None = Field(None, pattern=r"^[a-z0-9_]{1,100}$", description="The name of every event, where the payload does not tell.")
    fields: Fields = Field(Fields.model_construct(), description="Where the rest stands.")

    @model_validator(mode="after")
    def _named(self) -> Settings:
        if self.event is None and self.event_header is None and self.event_name is None:
            raise Unusable(detail("event_name_needed"))
        if self.timestamp_header is not None and self.proof == "token":
            raise Unusable(detail("timestamp_needs_hmac"))
        return self
