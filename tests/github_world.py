"""A fake GitHub with a client that speaks to it, by a clock that tests turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from clock import VirtualClock
from fakes.github import TOKEN, FakeGitHub
from fakes.github_repository import Repository

from leverframe.github.client import GitHub, Token
from leverframe.net import Outbound
from leverframe.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that a test of GitHub needs."""

    fake: FakeGitHub
    repository: Repository
    """``acme/web-app``, with one commit."""
    outbound: Outbound
    clock: VirtualClock
    client: GitHub

    def by(self, token: str | None, *, api_url: str | None = None) -> GitHub:
        """Return another client: by another token or for another address."""
        return GitHub(self.outbound, Token(None if token is None else Secret(token)), self.clock, api_url=api_url or self.fake.url)


@asynccontextmanager
async def github_world() -> AsyncIterator[World]:
    """Run one."""
    clock, outbound = VirtualClock(), Outbound()
    async with FakeGitHub(now=clock.now) as fake:
        client = GitHub(outbound, Token(Secret(TOKEN)), clock, api_url=fake.url)
        yield World(fake=fake, repository=fake.repository(), outbound=outbound, clock=clock, client=client)
    await outbound.close()
