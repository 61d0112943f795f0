"""What ``[services.NAME]`` and its environments take; imported only where something of it is configured."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from leverframe.config.models import Names
from leverframe.config.section import Section
from leverframe.core.approvals import Policy
from leverframe.core.commands.values import duration_s
from leverframe.core.deployments import Retry
from leverframe.core.freezes import Freeze, cron_problem

REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_ON = re.compile(r"push [^\s~^:\\\x00-\x1f\x7f]+")


def _duration(value: str) -> str:
    if duration_s(value) is None:
        raise PydanticCustomError("duration_invalid", "{shown}", {"shown": value})
    return value


def _repository(value: str) -> str:
    if not REPOSITORY.fullmatch(value):
        raise PydanticCustomError("repository_invalid", "{shown}", {"shown": value})
    return value


def _checks(value: Any) -> Any:
    return ([] if value else None) if isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _on(value: str) -> str:
    words = " ".join(value.split())
    if not _ON.fullmatch(words):
        raise PydanticCustomError("on_invalid", "{shown}", {"shown": value})
    return words


def _cron(value: str) -> str:
    problem = cron_problem(value)
    if problem is not None:
        raise PydanticCustomError("cron_invalid", "{shown}", {"shown": f"{value}: {problem}"})
    return value


Duration = Annotated[str, AfterValidator(_duration)]


class Approvals(Section):
    """Who has to agree before anything is started."""

    required: Annotated[int, Field(strict=True, ge=1, le=50)] = Field(1, description="How many people have to agree.")
    from_roles: Names | None = Field(None, alias="from", description="Roles whose members count. Left out, everybody who holds the grant `approve`. Each of them needs that grant too.")
    allow_self: bool = Field(False, alias="self", description="Whether whoever asked for the deployment counts.")
    authors: bool = Field(True, description="Whether people who wrote one of its commits count.")
    expires: Duration = Field("4h", description="How long they are asked: `30m`, `4h`, `1d`.")
    break_glass: Names = Field([], description="Roles whose members may go ahead without approval and in a freeze, with a reason that is announced.")

    def policy(self) -> Policy:
        """Return it as the core's value."""
        return Policy(
            required=self.required, from_roles=tuple(self.from_roles or ()), allow_self=self.allow_self, allow_authors=self.authors,
            expires_s=float(duration_s(self.expires) or 0), break_glass=tuple(self.break_glass),
        )  # fmt: skip


class FreezeWindow(Section):
    """A window of time in which nothing is deployed."""

    cron: Annotated[str, AfterValidator(_cron)] = Field(description="When it begins, in `hub.timezone`: minute, hour, day of month, month, day of week.")
    hours: Annotated[float, Field(gt=0, le=8_784)] = Field(description="How long it lasts, in hours of the clock on the wall.")
    reason: str = Field("", description="Why; shown to who has to wait.")


class Again(Section):
    """That a run which failed is run again."""

    times: Annotated[int, Field(strict=True, ge=1, le=20)] = Field(description="How often at most.")
    wait: Duration = Field("1m", description="How long before each: `1m`, `2h`.")


class EnvironmentSection(Section):
    """What is deployed where: an environment of a service."""

    runner: str = Field(description="What does the work: a key of `[runners]`, or `simulated`, `github_actions` or `repository_dispatch`, which need no section.")
    after: str | None = Field(None, description="The environment of the service where the same commit has to be live first.")
    follow: bool = Field(False, description="Whether it starts by itself once `after` has succeeded.")
    on: Annotated[list[Annotated[str, AfterValidator(_on)]], BeforeValidator(_listed), Field(min_length=1)] = Field(
        [], description="What starts it by itself: `\"push main\"`, a push to a branch of the service's repository. The branch may be a glob; several stand in a list."
    )
    approvals: Approvals | None = Field(None, description="Who has to agree first: `{ required = 2, from = [\"release\"], expires = \"4h\" }`. Left out, nobody has to.")
    freeze: list[FreezeWindow] = Field([], description="Windows in which nothing is started: `[{ cron = \"0 18 * * FRI\", hours = 62, reason = \"weekend\" }]`.")
    retry: Again | None = Field(None, description="Run a deployment that failed again: `{ times = 2, wait = \"1m\" }`.")

    def freezes(self) -> tuple[Freeze, ...]:
        """Return its freezes as the core's values."""
        return tuple(Freeze(cron=window.cron, hours=window.hours, reason=window.reason) for window in self.freeze)

    def again(self) -> Retry:
        """Return its retry as the core's value."""
        return Retry() if self.retry is None else Retry(times=self.retry.times, wait_s=float(duration_s(self.retry.wait) or 0))


class ServiceSection(Section):
    """Something that is deployed. People type NAME: `/deploy web-app staging`."""

    repository: Annotated[str, AfterValidator(_repository)] | None = Field(
        None, description="`owner/name` on GitHub: branches, commits and checks are read there, with `[github] token`. Only a service whose runners are all simulated can do without."
    )
    lane: Literal["environment", "service"] = Field(
        "environment", description="What runs one deployment at a time: each `environment`, or the whole `service`."
    )
    checks: Annotated[list[Annotated[str, Field(min_length=1)]] | None, BeforeValidator(_checks)] = Field(
        None, description="`true`: all checks of the commit must have succeeded. `[\"build\", \"test\"]`: these. Left out, none has to."
    )
    room: str | None = Field(None, description="Where deployments that start by themselves are told: `slack:#deploys`.")
    rooms: list[str] = Field(
        [], description="Rooms that see the card of every deployment besides the one in which it was asked for, and may decide there: `[\"slack:#ops\", \"teams:#ops\"]`."
    )
    environments: Any = Field(description="Its environments, each a section of its own, in the order in which they are shown.")
