"""Starting, finding, following and ending builds of parameterised Jenkins jobs.

A build is a queue item first (``queue/12``), then a build of the job (``build/42``). Jenkins forgets a queue item five minutes
after it became a build; from then on, and after a lost answer, the build is found by the parameter that holds our id.
"""

from __future__ import annotations

import re
from typing import TypeVar, assert_never
from urllib.parse import quote

from pydantic import ValidationError

from leverframe.core.log_tails import tail
from leverframe.core.trouble import Trouble
from leverframe.net import Outbound
from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Run,
    Started,
    Unreachable,
)
from leverframe.runners.jenkins.client import NOT_FOUND, Client
from leverframe.runners.jenkins.settings import Settings, Target
from leverframe.runners.jenkins.shapes import Build, Builds, Job, Queue, QueueItem, carries

_QUEUED = re.compile(r"/queue/item/([0-9]{1,9})/?$")
_RUN = re.compile(r"(queue|build)/([0-9]{1,9})")
_SIZE = re.compile(r"[0-9]{1,15}")
_LOG_BYTES = 16_384
"""Of a log's end: more than a message shows, whatever the lines are like."""
_Shape = TypeVar("_Shape")


class JenkinsRunner:
    """Builds of one Jenkins. Satisfies ``ports.Runner``."""

    kind = "jenkins"
    poll_every_s = 3.0

    def __init__(self, name: str, settings: Settings, outbound: Outbound) -> None:
        """``name`` is the runner's key in the configuration; ``outbound`` is shared and stays its owner's to close."""
        self.name = name
        self._client = Client(settings, outbound)
        self._trigger_token = settings.trigger_token

    def __repr__(self) -> str:
        return f"JenkinsRunner({self.name!r})"

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Queue a build by ``buildWithParameters``.

        The job's parameters are read first: Jenkins drops what a job does not declare, and without our id it would take two
        orders of the same ref for one. ``delay=0sec`` leaves out the quiet period.
        https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/jenkins/model/ParameterizedJobMixIn.java
        """
        try:
            target = _target(order)
            form = _form(order, target, await self._client.read(f"{_path(target.job)}/", Job.TREE, Job))
        except Trouble as trouble:
            return _not_started(trouble, order)
        form["delay"] = "0sec"
        if self._trigger_token is not None:
            form |= {"token": self._trigger_token.reveal(), "cause": f"Leverframe {order.correlation_id}"}
        try:
            answer = await self._client.post(f"{_path(target.job)}/buildWithParameters", form)
        except Trouble as trouble:
            if trouble.happened:
                return Lost(code=trouble.code, detail=trouble.detail)
            return _not_started(trouble, order)
        location = answer.headers.get("location", "").partition("?")[0]
        # 201 for a new item; a 303 shows one that holds the same parameters, our id among them: a proxy has repeated the request.
        if queued := _QUEUED.search(location):
            return Started(run=self._waiting(target, int(queued[1])))
        if answer.status < 300:
            return Lost(code="jenkins_answer_invalid", detail=f"HTTP {answer.status} without a queue item")
        if location.rstrip("/").endswith(_path(target.job)) or location == ".":
            return NotStarted(code="jenkins_not_queued", detail=target.job)
        return NotStarted(code="jenkins_redirected", detail=f"HTTP {answer.status} to {location}"[:200])

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for our id in the queue and then, as what leaves it becomes a build, among the newest hundred builds.

        Never sure of an absence: a request may still be on its way, and a queue item may have been cancelled over there.
        """
        try:
            target = _target(order)
            queue = await self._client.read("queue/", Queue.TREE, Queue)
            found = await self._find_build(order, target)
        except Trouble as trouble:
            return _unreachable(trouble)
        if found is not None:
            return Found(run=self._running(target, found.number, found.url))
        for item in queue.items:
            if carries(item.actions, target.parameters.correlation_id, order.correlation_id):
                return Found(run=self._waiting(target, item.id))
        return Absent(sure=False)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the queue item or the build stands. ``UNSTABLE`` counts as failed: it is no success to Jenkins either."""
        try:
            target = _target(order)
            match await self._stands(order, target, run):
                case QueueItem(cancelled=True):
                    return Finished(run=run, result="cancelled", detail="cancelled in Jenkins' queue")
                case QueueItem() as item:
                    return Going(run=self._waiting(target, item.id), step=item.why or "", waiting=True)
                case Build(building=True) | Build(result=None) as build:
                    return Going(run=self._running(target, build.number, build.url))
                case Build() as build:
                    return await self._finished(target, build)
                case None:
                    return Absent(sure=False)
        except Trouble as trouble:
            return _unreachable(trouble)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Take it out of the queue, or stop the build. What Jenkins refuses is told; what has ended cannot be stopped."""
        try:
            target = _target(order)
            stands = await self._stands(order, target, run)
            if isinstance(stands, QueueItem) and not stands.cancelled:
                if await self._take_out(stands.id):
                    return CancelTaken()
                stands = await self._stands(order, target, run)  # it became a build just then
            match stands:
                case Build(building=True, number=number) | Build(result=None, number=number):
                    await self._client.post(f"{_path(target.job)}/{number}/stop", {})
                    return CancelTaken()
                case Build() as build:
                    return CancelRefused(code="run_ended", detail=f"#{build.number} {build.result}")
                case QueueItem(cancelled=True):
                    return CancelRefused(code="run_ended", detail="cancelled in the queue")
                case QueueItem() | None:
                    return CancelRefused(code="jenkins_build_unknown", detail=run.id)
                case _:
                    assert_never(stands)
        except Trouble as trouble:
            if trouble.happened or trouble.passing:
                return _unreachable(trouble)
            return CancelRefused(code=trouble.code, detail=trouble.detail)

    async def close(self) -> None:
        """Nothing is held: the connections are ``outbound``'s."""

    async def _stands(self, order: Order, target: Target, run: Run) -> QueueItem | Build | None:
        """Return what the run is now: an item of the queue, or a build; ``None`` when Jenkins knows it no more."""
        named = _RUN.fullmatch(run.id)
        where, number = named.groups() if named else ("", "")
        if where == "queue":
            item = await self._known(f"queue/item/{number}/", QueueItem.TREE, QueueItem)
            if item is not None and item.executable is None:
                return item
            if item is not None and item.executable is not None:
                return await self._build(order, target, item.executable.number)
        if where == "build":
            build = await self._build(order, target, int(number))
            if build is not None:
                return build
        return await self._find_build(order, target)

    async def _build(self, order: Order, target: Target, number: int) -> Build | None:
        build = await self._known(f"{_path(target.job)}/{number}/", Build.TREE, Build)
        # A job that was deleted and made anew counts from one again: the number may be somebody else's.
        ours = build is not None and carries(build.actions, target.parameters.correlation_id, order.correlation_id)
        return build if ours else None

    async def _find_build(self, order: Order, target: Target) -> Build | None:
        builds = (await self._client.read(f"{_path(target.job)}/", Builds.TREE, Builds)).builds
        ours = [build for build in builds if carries(build.actions, target.parameters.correlation_id, order.correlation_id)]
        # Whoever rebuilds ours in Jenkins takes its parameters along: ours is the first.
        return min(ours, key=lambda build: build.number, default=None)

    async def _known(self, path: str, tree: str, shape: type[_Shape]) -> _Shape | None:
        try:
            return await self._client.read(path, tree, shape)
        except Trouble as trouble:
            if trouble.code == NOT_FOUND:
                return None
            raise

    async def _take_out(self, id: int) -> bool:
        """Return whether the queue item was cancelled; ``False`` when it is in the queue no more.

        Older versions answer 302 to everything, so what they did is read again.
        https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/model/Queue.java (doCancelItem)
        """
        try:
            answer = await self._client.post("queue/cancelItem", {"id": str(id)})
        except Trouble as trouble:
            if trouble.code == NOT_FOUND:
                return False
            raise
        if answer.status < 300:
            return True
        item = await self._known(f"queue/item/{id}/", QueueItem.TREE, QueueItem)
        return item is not None and item.cancelled

    async def _finished(self, target: Target, build: Build) -> Finished:
        run = self._running(target, build.number, build.url)
        match build.result:
            case "SUCCESS":
                return Finished(run=run, result="succeeded")
            case "ABORTED":
                return Finished(run=run, result="cancelled", detail="ABORTED", log_tail=await self._log_tail(target, build.number))
            case other:
                return Finished(run=run, result="failed", detail=other or "", log_tail=await self._log_tail(target, build.number))

    async def _log_tail(self, target: Target, number: int) -> str:
        """Return the end of a build's log. The first answer's ``X-Text-Size`` says where the log ends, the second reads the end of it."""
        path = f"{_path(target.job)}/{number}/logText/progressiveText?start="
        try:
            answer = await self._client.get(f"{path}0", cap=_LOG_BYTES)
            size = int(said) if _SIZE.fullmatch(said := answer.headers.get("x-text-size", "")) else 0
            if size <= _LOG_BYTES:
                return tail(answer.body.decode("utf-8", "replace"))
            answer = await self._client.get(f"{path}{size - _LOG_BYTES}", cap=_LOG_BYTES * 2)
        except Trouble:
            # The build's result is known and must be told; its log is one click away.
            return ""
        return tail(answer.body.partition(b"\n")[2].decode("utf-8", "replace"))

    def _waiting(self, target: Target, id: int) -> Run:
        return Run(id=f"queue/{id}", url=f"{self._client.url}/{_path(target.job)}/")

    def _running(self, target: Target, number: int, url: str | None) -> Run:
        # Jenkins tells its address as people know it; the hub may know it by another.
        shown = url if url and url.startswith(("http://", "https://")) and len(url) < 2000 else f"{self._client.url}/{_path(target.job)}/{number}/"
        return Run(id=f"build/{number}", number=f"#{number}", url=shown)


def _path(job: str) -> str:
    return "/".join(f"job/{quote(name, safe='')}" for name in job.split("/"))


def _target(order: Order) -> Target:
    try:
        return Target.model_validate(dict(order.target))
    except ValidationError as error:  # kept from before the configuration was changed
        raise Trouble("runner_target_invalid", "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())) from None


def _form(order: Order, target: Target, job: Job) -> dict[str, str]:
    """Return the parameters to send. Raises :class:`Trouble` where Jenkins would drop or refuse one of them."""
    if job.buildable is None:
        raise Trouble("jenkins_job_unknown", f"{target.job} is no job but a folder")
    if not job.buildable:
        raise Trouble("jenkins_job_disabled", target.job)
    declared = {one.name: one for found in job.property for one in found.parameterDefinitions or []}
    if not declared:
        raise Trouble("jenkins_not_parameterised", target.job)
    names = target.parameters
    ours = {names.service: order.service, names.env: order.environment, names.ref: order.ref, names.correlation_id: order.correlation_id}
    ours.pop("", None)
    form = {**order.parameters, **ours}
    if missing := [name for name in form if name not in declared]:
        raise Trouble("jenkins_parameters_missing", f"{target.job}: {', '.join(missing)}")
    if names.sha in declared:
        form[names.sha] = order.sha
    for name, value in form.items():
        if "\0" in value or value.encode("utf-8", "replace").decode() != value:
            raise Trouble("jenkins_parameter_refused", f"{name} holds what is no text")
        choices = declared[name].choices
        if choices and value not in choices:
            raise Trouble("jenkins_parameter_refused", f"{name} is {value!r}, the job takes {', '.join(choices)}")
    return form


def _not_started(trouble: Trouble, order: Order) -> NotStarted:
    detail = trouble.detail or str(order.target.get("job", ""))
    return NotStarted(code=trouble.code, detail=detail, again=trouble.passing, after_s=trouble.after_s)


def _unreachable(trouble: Trouble) -> Unreachable:
    return Unreachable(code=trouble.code, detail=trouble.detail, after_s=trouble.after_s)
