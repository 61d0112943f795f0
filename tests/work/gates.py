"""What gates need around a hub: a GitHub and a receiver that outlive its processes, and a pipeline that asks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from clock import VirtualClock
from fakes.github import TOKEN, FakeGitHub
from fakes.github_repository import Repository

from leverframe.core.conversation import Place
from leverframe.core.deployments import Deployment
from leverframe.core.gates import Act
from leverframe.core.messages import plain
from leverframe.core.wording.levers import DEPLOYMENT
from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.ports import Runner
from leverframe.runners.answer import Answering
from leverframe.runners.callback import Callback
from leverframe.runners.github_actions import GitHubActions
from leverframe.runners.repository_dispatch import RepositoryDispatch
from leverframe.secrets import Secret
from leverframe.web.approvals import shown
from leverframe.work.approve import Approver, Question
from work.box import Box, box

SECRET = "whsec_" + "c2VjcmV0IHRoYXQgaXMgbG9uZw=="
ROOMS = (Place(chat="slack", room="#deploys"), Place(chat="teams", room="#release"))
YES = Act(deed="repository_dispatch", event_type="deploy", payload=json.dumps({"build": {"id": 7}}))
NO = Act(deed="repository_dispatch", event_type="tidy-up")


@dataclass
class Receiver:
    """Whoever asked, hearing the answer."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep what came and answer with the next status."""
        self.heard.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@dataclass(frozen=True)
class Hub:
    """A hub, its GitHub and a receiver."""

    box: Box
    fake: FakeGitHub
    repository: Repository
    receiver: Receiver
    outbound: Outbound

    async def ask(self, **question: Any) -> Deployment:
        """Ask, as a pipeline does."""
        approver = Approver(self.box.deployer)
        whole = Question(**{"project": "acme/web", "environment": "production", "title": "Release 1.2", "places": ROOMS, "approve": YES, "by": "token ci", **question})

        def work(connection: Any) -> Any:
            turn = approver.begin(connection, self.box.clock.now())
            opened = approver.ask(turn, whole)
            approver.finish(turn)
            return turn, opened

        turn, opened = await self.box.database.write(work)
        approver.committed(turn)
        found: Deployment = opened.deployment
        return found

    async def now(self, one: Deployment) -> dict[str, Any]:
        """Return how it stands, as the API tells it."""
        return shown(next(each for each in await self.box.all() if each.id == one.id))

    async def card(self) -> str:
        """Return what the card says now."""
        return plain(await self.box.told_last(DEPLOYMENT))


@dataclass(frozen=True)
class Outside:
    """What goes on while hubs come and go."""

    clock: VirtualClock
    fake: FakeGitHub
    repository: Repository
    receiver: Receiver

    @asynccontextmanager
    async def hub(self, url: str, through: Callable[[Runner], Runner] = lambda runner: runner) -> AsyncIterator[Hub]:
        """Open one, with connections of its own: those of a process that died are no good to the next."""
        outbound = Outbound()
        client = GitHub(outbound, Token(Secret(TOKEN)), self.clock, api_url=self.fake.url)
        runners: dict[str, Runner] = {
            "repository_dispatch": RepositoryDispatch("repository_dispatch", client, self.clock), "github_actions": GitHubActions("github_actions", client, self.clock),
            "callback": Callback(outbound, self.clock), "answer": Answering(),
        }  # fmt: skip
        try:
            async with box(url, self.clock, runners={kind: through(runner) for kind, runner in runners.items()}) as made:
                yield Hub(made, self.fake, self.repository, self.receiver, outbound)
        finally:
            await outbound.close()


@asynccontextmanager
async def outside(clock: VirtualClock) -> AsyncIterator[Outside]:
    """Open it."""
    receiver = Receiver()
    server = web.ServerRunner(web.Server(receiver.take), shutdown_timeout=0.01, handle_signals=False)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{server.addresses[0][1]}/answer"
    try:
        async with FakeGitHub(now=clock.now) as fake:
            repository = fake.repository("acme/web")
            repository.workflow(on_dispatch="deploy", run_name="Deploy {leverframe.id}")
            yield Outside(clock, fake, repository, receiver)
    finally:
        await server.cleanup()


@asynccontextmanager
async def hub(url: str, clock: VirtualClock) -> AsyncIterator[Hub]:
    """Open one, and all that is around it."""
    async with outside(clock) as world, world.hub(url) as made:
        yield made
