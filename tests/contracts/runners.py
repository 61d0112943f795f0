"""What every runner is held to, and how a runner takes part.

A harness starts a runner with everything behind it, lets a test say how the other side behaves and how far a run gets, and
shows what the other side was told. To add one, write an async context manager that yields a :class:`Harness` and name it in
:data:`HARNESSES`; with a vendor behind it (:data:`WITH_VENDOR`) it is also held to what a vendor's bad days ask of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from clock import VirtualClock
from fakes.argocd import TOKEN as ARGOCD_TOKEN
from fakes.argocd import FakeArgoCd
from fakes.github import TOKEN as GITHUB_TOKEN
from fakes.github import FakeGitHub
from fakes.http_runner import SECRET, TOKEN, FakeHttpRunner
from fakes.jenkins import API_TOKEN, USER, FakeJenkins
from patience import waiting

from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.ports import Order, Runner
from leverframe.runners.argocd.runner import ArgoCdRunner
from leverframe.runners.argocd.settings import Settings as ArgoCdSettings
from leverframe.runners.github_actions import GitHubActions
from leverframe.runners.http import HttpRunner
from leverframe.runners.http import Settings as HttpSettings
from leverframe.runners.jenkins.runner import JenkinsRunner
from leverframe.runners.jenkins.settings import Settings as JenkinsSettings
from leverframe.runners.repository_dispatch import RepositoryDispatch
from leverframe.runners.simulated import Settings as SimulatedSettings
from leverframe.runners.simulated import SimulatedRunner
from leverframe.secrets import Secret

BadDay = Literal["away", "refused", "limited", "down", "garbage", "silent", "half", "lost"]
"""No connection; the token is wrong; asks to wait; a 5xx that did nothing; a page that is not the vendor's, with status 200; no answer;
half an answer; and an answer that is lost after the vendor did what was asked."""
Stage = Literal["waiting", "running", "succeeded", "failed", "cancelled"]
ORDERED = {"service": "web-app", "environment": "staging", "repository": "acme/web-app", "ref": "main", "parameters": {"size": "large"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One runner under test."""

    runner: Runner
    again: Callable[[], Runner]
    """The same runner in another process: it knows nothing of what this one did."""
    clock: VirtualClock
    order: Callable[[str, Literal["succeeded", "failed"]], Order]
    """An order with this correlation id, given now, whose run is to end so (where the runner has to know before)."""
    pulled: Callable[[str], int]
    """How many runs the other side has begun for this correlation id."""
    bring: Callable[[str, Stage], Awaitable[None]]
    """Let the run of this correlation id come to a stage."""
    told: Callable[[str], Mapping[str, str]] | None = None
    """The inputs that the other side was given for this correlation id."""
    spoil: Callable[[BadDay | Literal["ok"]], Awaitable[None]] | None = None
    """Have the other side answer everything so from now on; ``None`` for a runner without a vendor."""
    spoil_lever: Callable[[BadDay | Literal["ok"]], None] | None = None
    """Have the other side answer only the call that pulls the lever so (never ``away``)."""
    settle: Callable[[], None] = lambda: None
    """Let so much time pass that the other side's lists show all that has begun."""


@asynccontextmanager
async def simulated() -> AsyncIterator[Harness]:
    """The simulated runner."""
    clock = VirtualClock()
    runner = SimulatedRunner("simulated", SimulatedSettings(seconds=10), clock)

    def order(correlation_id: str, ends: Literal["succeeded", "failed"]) -> Order:
        target = {"outcome": "success" if ends == "succeeded" else "fail"}
        return Order(correlation_id=correlation_id, sha="1" * 40, target=target, ordered_at=clock.now(), **ORDERED)  # type: ignore[arg-type]

    async def bring(correlation_id: str, stage: Stage) -> None:
        match stage:
            case "waiting":
                pass
            case "running":
                clock.advance(seconds=5)
            case "succeeded" | "failed":
                clock.advance(seconds=11)
            case "cancelled":
                raise AssertionError("only the hub cancels a simulated run")

    yield Harness(
        runner=runner, again=lambda: SimulatedRunner("simulated", SimulatedSettings(seconds=10), clock), clock=clock, order=order, bring=bring,
        pulled=lambda correlation_id: int(correlation_id in runner._runs), settle=lambda: clock.advance(seconds=1),
    )  # fmt: skip
    await runner.close()


@asynccontextmanager
async def jenkins() -> AsyncIterator[Harness]:
    """Jenkins, with an API token, a job in a folder and parameters of other names."""
    async with FakeJenkins() as fake:
        clock, outbound = VirtualClock(), Outbound()
        settings = JenkinsSettings.model_validate({"url": fake.url, "user": USER, "token": API_TOKEN})
        fake.job("deploy/web app", "APP", "ENV", "REF", "SHA", "LEVERFRAME_ID", "size")
        results: dict[str, str] = {}

        def order(correlation_id: str, ends: Literal["succeeded", "failed"]) -> Order:
            results[correlation_id] = "SUCCESS" if ends == "succeeded" else "FAILURE"
            target = {"job": "deploy/web app", "parameters": {"service": "APP"}}
            return Order(correlation_id=correlation_id, sha="1" * 40, target=target, ordered_at=clock.now(), **ORDERED)  # type: ignore[arg-type]

        def begun(correlation_id: str) -> list[dict[str, str]]:
            return [item.parameters for item in fake.items.values() if item.parameters["LEVERFRAME_ID"] == correlation_id]

        async def bring(correlation_id: str, stage: Stage) -> None:
            [item] = [item for item in fake.items.values() if item.parameters["LEVERFRAME_ID"] == correlation_id]
            if stage == "waiting":
                return
            build = item.build or fake.take()
            if stage in ("succeeded", "failed"):
                fake.finish(build, results[correlation_id])
            elif stage == "cancelled":
                fake.finish(build, "ABORTED")

        async def spoil(day: BadDay | Literal["ok"]) -> None:
            match day:
                case "away":
                    await fake.stop()
                case "refused":
                    fake.secrets = ()
                case mode:
                    fake.mode = mode
                    waiting(outbound, mode)

        def spoil_lever(day: BadDay | Literal["ok"]) -> None:
            assert day not in ("away", "refused")
            fake.lever_mode = day
            waiting(outbound, day)

        yield Harness(
            runner=JenkinsRunner("ci", settings, outbound), again=lambda: JenkinsRunner("ci", settings, outbound), clock=clock, order=order, bring=bring,
            pulled=lambda correlation_id: len(begun(correlation_id)), told=lambda correlation_id: begun(correlation_id)[0],
            spoil=spoil, spoil_lever=spoil_lever,
        )  # fmt: skip
        await outbound.close()


@asynccontextmanager
async def http() -> AsyncIterator[Harness]:
    """A service of the operator's own, with a token, a signature, and addresses to ask and to cancel at."""
    async with FakeHttpRunner() as fake:
        clock, outbound = VirtualClock(), Outbound()
        settings = HttpSettings.model_validate(
            {"url": fake.url, "status_url": fake.status_url, "cancel_url": fake.cancel_url, "token": TOKEN, "secret": SECRET}
        )

        def order(correlation_id: str, ends: Literal["succeeded", "failed"]) -> Order:
            return Order(correlation_id=correlation_id, sha="1" * 40, ordered_at=clock.now(), **ORDERED)  # type: ignore[arg-type]

        async def bring(correlation_id: str, stage: Stage) -> None:
            made = fake.deployments[correlation_id]
            if stage != "waiting":
                made.state, made.step = stage, "no space left" if stage == "failed" else "Rolling out"

        async def spoil(day: BadDay | Literal["ok"]) -> None:
            match day:
                case "away":
                    await fake.stop()
                case "refused":
                    fake.token = "another"
                case mode:
                    fake.mode = mode
                    waiting(outbound, mode)

        def spoil_lever(day: BadDay | Literal["ok"]) -> None:
            assert day not in ("away", "refused")
            fake.lever_mode = day
            waiting(outbound, day)

        def told(correlation_id: str) -> Mapping[str, str]:
            asked = fake.deployments[correlation_id].asked
            return {**asked["parameters"], **{name: value for name, value in asked.items() if isinstance(value, str)}}

        yield Harness(
            runner=HttpRunner("deployer", settings, outbound, clock), again=lambda: HttpRunner("deployer", settings, outbound, clock), clock=clock,
            order=order, bring=bring, pulled=lambda correlation_id: int(correlation_id in fake.deployments), told=told, spoil=spoil, spoil_lever=spoil_lever,
        )  # fmt: skip
        await outbound.close()


@asynccontextmanager
async def github(kind: Literal["actions", "enterprise", "dispatch"]) -> AsyncIterator[Harness]:
    """GitHub: a workflow started by ``workflow_dispatch`` (also of an Enterprise Server, which tells no run) or by ``repository_dispatch``."""
    clock, outbound = VirtualClock(), Outbound()
    async with FakeGitHub(now=clock.now, lag_s=30, enterprise=kind == "enterprise") as fake:
        repository = fake.repository("acme/web-app")
        repository.workflow(on_dispatch="deploy")

        def runner() -> Runner:
            client = GitHub(outbound, Token(Secret(GITHUB_TOKEN)), clock, api_url=fake.url)
            return RepositoryDispatch("github", client, clock) if kind == "dispatch" else GitHubActions("github", client, clock)

        def order(correlation_id: str, ends: Literal["succeeded", "failed"]) -> Order:
            target = {} if kind == "dispatch" else {"workflow": "deploy.yml"}
            return Order(correlation_id=correlation_id, sha=repository.branches["main"], target=target, ordered_at=clock.now(), **ORDERED)  # type: ignore[arg-type]

        async def bring(correlation_id: str, stage: Stage) -> None:
            (run,) = repository.runs_of(correlation_id)
            match stage:
                case "waiting":
                    run.status = "queued"
                case "running":
                    run.status = "in_progress"
                case "succeeded":
                    fake.finish(run, "success")
                case "failed":
                    fake.finish(run, "failure", log="2026-11-23T09:00:00.1234567Z ##[error]Process completed with exit code 1.")
                case "cancelled":
                    fake.finish(run, "cancelled")

        async def spoil(day: BadDay | Literal["ok"]) -> None:
            match day:
                case "away":
                    await fake.leave()
                case "refused":
                    fake.tokens.clear()
                case mode:
                    fake.mode = mode
                    waiting(outbound, mode)

        def spoil_lever(day: BadDay | Literal["ok"]) -> None:
            assert day not in ("away", "refused")
            fake.lever_mode = day
            waiting(outbound, day)

        def told(correlation_id: str) -> Mapping[str, str]:
            (run,) = repository.runs_of(correlation_id)
            return {**run.inputs.get("parameters", {}), **{name: value for name, value in run.inputs.items() if isinstance(value, str)}}

        yield Harness(
            runner=runner(), again=runner, clock=clock, order=order, bring=bring, pulled=lambda correlation_id: len(list(repository.runs_of(correlation_id))),
            told=told, spoil=spoil, spoil_lever=spoil_lever, settle=lambda: clock.advance(seconds=150),
        )  # fmt: skip
    await outbound.close()


@asynccontextmanager
async def argocd() -> AsyncIterator[Harness]:
    """Argo CD, with an application for every order: one application does one operation at a time."""
    clock = VirtualClock()
    async with FakeArgoCd(now=clock.now) as fake:
        outbound = Outbound()
        settings = ArgoCdSettings.model_validate({"url": fake.url, "token": ARGOCD_TOKEN})

        def named(correlation_id: str) -> str:
            return correlation_id.replace("_", "-")

        def order(correlation_id: str, ends: Literal["succeeded", "failed"]) -> Order:
            fake.app(named(correlation_id))
            target = {"application": named(correlation_id), "project": "default"}
            return Order(correlation_id=correlation_id, sha="1" * 40, target=target, ordered_at=clock.now(), **ORDERED)  # type: ignore[arg-type]

        def begun(correlation_id: str) -> list[dict[str, str]]:
            app = fake.apps[named(correlation_id)]
            asked = [app.operation] if app.operation else [app.state["operation"]] if app.state else []
            return [{one["name"]: one["value"] for one in operation["info"]} for operation in asked]

        async def bring(correlation_id: str, stage: Stage) -> None:
            name = named(correlation_id)
            match stage:
                case "waiting":
                    fake.begin(name, "waiting for completion of hook batch/Job/migrate")
                case "running":
                    fake.begin(name, "syncing 3 resources")
                case "succeeded":
                    fake.end(name)
                    fake.reconcile(name)
                case "failed":
                    fake.end(name, "Failed", "one or more objects failed to apply")
                case "cancelled":
                    fake.end(name, "Failed", "Operation terminated")

        async def spoil(day: BadDay | Literal["ok"]) -> None:
            match day:
                case "away":
                    await fake.stop()
                case "refused":
                    fake.token = "another"
                case mode:
                    fake.mode = mode
                    waiting(outbound, mode)

        def spoil_lever(day: BadDay | Literal["ok"]) -> None:
            assert day not in ("away", "refused")
            fake.lever_mode = day
            waiting(outbound, day)

        yield Harness(
            runner=ArgoCdRunner("argo", settings, outbound, clock), again=lambda: ArgoCdRunner("argo", settings, outbound, clock), clock=clock,
            order=order, bring=bring, pulled=lambda correlation_id: len(begun(correlation_id)), told=lambda correlation_id: begun(correlation_id)[0],
            spoil=spoil, spoil_lever=spoil_lever,
        )  # fmt: skip
        await outbound.close()


HARNESSES: dict[str, Callable[[], AbstractAsyncContextManager[Harness]]] = {
    "simulated": simulated, "github_actions": lambda: github("actions"), "github_enterprise": lambda: github("enterprise"),
    "repository_dispatch": lambda: github("dispatch"), "jenkins": jenkins, "http": http, "argocd": argocd,
}  # fmt: skip
WITH_VENDOR: list[str] = [name for name in HARNESSES if name != "simulated"]
"""Those that can have a bad day, and whose runs people can cancel over there."""
SURE: list[str] = ["simulated"]
"""Those that know at once, and for sure, what they were never asked to start."""
