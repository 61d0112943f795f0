"""What ``[dispatches."owner/name"]`` takes; imported only where something of it is configured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from leverframe.config.lines import KeyPath
from leverframe.config.reading import Reading
from leverframe.config.section import Section
from leverframe.core.commands.values import duration_s
from leverframe.core.dispatches import MOST_IN_FLIGHT, Manner, is_project


def _window(value: str) -> str:
    if value not in ("0", "0s") and duration_s(value) is None:
        raise PydanticCustomError("duration_invalid", "{shown}", {"shown": value})
    return value


class DispatchSection(Section):
    """How workflows of a project are started for those who ask by `POST /api/dispatches`, and for what the hub itself publishes."""

    window: Annotated[str, AfterValidator(_window)] = Field(
        "5s", description="So long the hub waits for others who ask for the same: all of them become one run, with the latest payload and everybody's reasons. `0` sends at once."
    )
    in_flight: Annotated[int, Field(strict=True, ge=1, le=MOST_IN_FLIGHT)] = Field(
        1, description="How many runs of the project at once. Who asks meanwhile joins the next one."
    )
    follow: bool = Field(
        True, description="Whether the run is looked for, by `${{ github.event.client_payload.leverframe.id }}` in the workflow's `run-name`. With `false` it has ended once GitHub took it."
    )
    room: str | None = Field(None, description="Where each of them has its card: `slack:#site`. Left out, none has.")
    runner: Literal["repository_dispatch", "simulated"] = Field(
        "repository_dispatch", description="What sends it: `repository_dispatch`, or `simulated` to try things out."
    )

    def manner(self) -> Manner:
        """Return it as the core's value."""
        return Manner(window_s=float(duration_s(self.window) or 0), in_flight=self.in_flight, followed=self.follow, room=self.room, runner=self.runner)


def read_dispatches(tables: object, reading: Reading) -> dict[str, Manner]:
    """Return each project's, by its name in small letters; what is wrong is noted and left out."""
    found: dict[str, Manner] = {}
    for project, table in reading.tables("dispatches", tables).items():
        at: KeyPath = ("dispatches", project)
        section = reading.section(DispatchSection, dict(table), at)
        if not is_project(project):
            reading.found("repository_invalid", at, project)
        elif project.lower() in found:
            reading.found("dispatch_project_twice", at, project)
        elif isinstance(section, DispatchSection):
            found[project.lower()] = section.manner()
    return found
