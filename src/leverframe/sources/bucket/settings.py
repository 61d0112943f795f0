"""``[sources.NAME]`` with ``kind = "bucket"``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from leverframe.core.details import Unusable, detail
from leverframe.secrets import Secret


class Settings(BaseModel):
    """What happens in a site's bucket, as S3 tells it by SNS or EventBridge, or MinIO itself: ``POST /in/NAME``. Changes of other programs are published."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["bucket"] = "bucket"
    site: str = Field(min_length=1, description="The site whose bucket it is: a key of `[sites]`.")
    secrets: list[Secret] = Field(
        [], description="Tokens that MinIO (`auth_token`) or an API destination of EventBridge sends as `Authorization: Bearer …`; several while they are rotated."
    )
    topics: list[Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$")]] = Field(
        [], description="Topics of SNS that are believed, by ARN. What they send is signed by Amazon; a subscription is confirmed by itself."
    )

    @model_validator(mode="after")
    def _somebody(self) -> Settings:
        if not self.secrets and not self.topics:
            raise Unusable(detail("secrets_or_topics"))
        return self
