"""``[projects."owner/name"]`` and ``[pushers."LOGIN OR ADDRESS"]``: what payloads say where a source, such as bare git, does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from leverframe.config.reading import Reading
from leverframe.config.section import Section
from leverframe.core.details import Unusable, detail
from leverframe.core.payload import is_web
from leverframe.core.projects import Project, Pusher, is_project


def _page(value: Any) -> Any:
    if isinstance(value, str) and not (is_web(value) or (value.startswith("/") and value.isprintable())):
        raise Unusable(detail("address_nor_path", met=value))
    return value


def _pattern(value: Any) -> Any:
    if isinstance(value, str) and ("{id}" not in value or not is_web(value)):
        raise Unusable(detail("address_without_id", met=value))
    return value


Number = Annotated[int, Field(strict=True, ge=0, le=9_007_199_254_740_991)]
"""What every reader of JSON holds without loss."""


class ProjectSection(Section):
    """A project whose webhooks should say more of it than its source does."""

    id: Number | None = Field(None, description="Its number in payloads. Left out: the source's, else one made of its name.")
    overview: str | None = Field(None, description="What it is, in a sentence. Left out: the source's.")
    private: Annotated[bool, Field(strict=True)] | None = Field(None, description="Whether it is private. Left out: the source's, else not.")
    web: Annotated[str, BeforeValidator(_page)] | None = Field(None, description="Its page: `https://git.example.com/acme/web`. Left out: the source's, else the path `/acme/web`.")
    commit_url: Annotated[str, BeforeValidator(_pattern)] | None = Field(
        None, description="A commit's page, where the source gives none: `https://git.example.com/{project}/commit/{id}`. Left out: `web` and `/commit/{id}`."
    )


class PusherSection(Section):
    """Somebody who pushes: NAME is a login or an e-mail address as git has it."""

    login: str | None = Field(None, description="What they are called where payloads want a login. Left out: the source's.")
    name: str | None = Field(None, description="Their name.")
    email: str | None = Field(None, description="Their address, where payloads should have another than git's.")
    id: Number | None = Field(None, description="Their number in payloads. Left out: the source's, else 0.")
    avatar: str | None = Field(None, description="Their picture's address.")


def read_projects(document: Mapping[str, Any], reading: Reading) -> dict[str, Project]:
    """Return the projects by their names, folded; what is wrong with one is noted."""
    found = {}
    for name, section in reading.named(ProjectSection, "projects", document.get("projects", {})).items():
        if not is_project(name):
            reading.found("project_name_invalid", ("projects", name), name)
        found[name.casefold()] = Project(name=name, **section.model_dump())
    return found


def read_pushers(document: Mapping[str, Any], reading: Reading) -> dict[str, Pusher]:
    """Return who pushes, by login or address, folded."""
    return {name.casefold(): Pusher(**section.model_dump()) for name, section in reading.named(PusherSection, "pushers", document.get("pushers", {})).items()}
