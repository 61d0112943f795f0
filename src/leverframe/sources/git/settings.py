"""``[sources.NAME]`` with ``kind = "git"``."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from leverframe.core.details import Unusable, detail
from leverframe.secrets import Secret


def _pattern(value: str) -> str:
    if not re.match(r"https?://[^/\s]", value):
        raise Unusable(detail("url_scheme_needed"))
    try:
        value.format(project="", id="", before="", after="")
    except (KeyError, IndexError, ValueError):
        raise Unusable(detail("patterns_of_git")) from None
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


class Settings(BaseModel):
    """Git repositories on disk, linked by `leverframe git link`: `POST /in/NAME`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["git"] = "git"
    secrets: list[Secret] = Field(
        min_length=1, description="What the secrets of linked repositories are made of; several while they are linked anew: every one of them is taken."
    )
    web: Pattern | None = Field(None, description="A project's page: `https://git.example.com/{project}`.")
    commit: Pattern | None = Field(None, description="A commit's page: `https://git.example.com/{project}/commit/{id}`.")
    compare: Pattern | None = Field(None, description="The page that compares two commits: `https://git.example.com/{project}/compare/{before}..{after}`.")
