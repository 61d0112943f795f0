"""What the hub reads of Jenkins' answers. Fields that a ``tree`` does not name are not sent."""

from __future__ import annotations

from typing import Any

import msgspec


class Parameter(msgspec.Struct, frozen=True):
    """One value that a build was started with."""

    name: str = ""
    value: Any = None


class Action(msgspec.Struct, frozen=True):
    """One of the things that hang on a build or a queue item; those with parameters matter."""

    parameters: list[Parameter] | None = None


class Definition(msgspec.Struct, frozen=True):
    """One parameter that a job declares."""

    name: str
    choices: list[str] | None = None


class Property(msgspec.Struct, frozen=True):
    """One of a job's properties; the one with definitions matters."""

    parameterDefinitions: list[Definition] | None = None


class Job(msgspec.Struct, frozen=True):
    """A job, or a folder where a job was expected."""

    TREE = "buildable,property[parameterDefinitions[name,choices]]"
    buildable: bool | None = None
    """``None`` for what is no job."""
    property: list[Property] = []


class Executable(msgspec.Struct, frozen=True):
    """The build that a queue item became."""

    number: int
    url: str | None = None


class QueueItem(msgspec.Struct, frozen=True):
    """What waits, or waited no longer than five minutes ago."""

    TREE = "id,cancelled,why,executable[number,url],actions[parameters[name,value]]"
    id: int
    cancelled: bool = False
    why: str | None = None
    executable: Executable | None = None
    actions: list[Action | None] = []


class Queue(msgspec.Struct, frozen=True):
    """Everything that waits."""

    TREE = "items[id,actions[parameters[name,value]]]"
    items: list[QueueItem] = []


class Build(msgspec.Struct, frozen=True):
    """One build of a job."""

    TREE = "number,url,building,result,actions[parameters[name,value]]"
    number: int
    url: str | None = None
    building: bool = False
    result: str | None = None
    actions: list[Action | None] = []


class Builds(msgspec.Struct, frozen=True):
    """The newest builds of a job, newest first."""

    TREE = f"builds[{Build.TREE}]{{0,100}}"
    builds: list[Build] = []


def carries(actions: list[Action | None], name: str, value: str) -> bool:
    """Return whether one of the parameters is ``name`` with ``value``."""
    return any(one.name == name and one.value == value for action in actions if action for one in action.parameters or [])
