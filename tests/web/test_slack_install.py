"""Installing the Slack app: begun by an administrator, finished once, in the same browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from fakes.slack import FakeSlack
from fakes.slack_apps import Installation as Given
from sitting import Answer, Clock, Doors, Visitor

from leverframe.chats.slack.oauth import SlackInstall
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.net import Outbound
from leverframe.secrets import Secret
from leverframe.store.installations import Installations
from leverframe.store.tables import audit, install_states
from leverframe.web import credentials
from leverframe.web.desk import Desk
from leverframe.web.guard import Guard
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site
from leverframe.web.slack_install import COOKIE, SlackInstallDoors

pytestmark = pytest.mark.anyio


@dataclass
class Hub:
    """The doors, and an administrator before them."""

    doors: Doors
    slack: FakeSlack
    vault: Installations
    tokens: Tokens
    admin: Visitor

    async def get(self, path: str, *, install: str = "", visitor: Visitor | None = None) -> Answer:
        """Ask for a page with a session's cookie and that of an installation."""
        session = f"{credentials.COOKIE}={(visitor or self.admin).cookie}"
        return await self.doors.ask("GET", path, headers={"cookie": f"{session}; {COOKIE}={install}" if install else session})

    async def begin(self) -> tuple[str, str]:
        """Begin; returns the state that Slack's page is given, and the cookie."""
        answer = await self.get("/slack/install")
        assert answer.status == 303
        [state] = parse_qs(urlsplit(answer.headers["location"]).query)["state"]
        [cookie] = answer.cookies
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/slack/oauth_redirect" in cookie
        return state, cookie.partition(";")[0].partition("=")[2]


@pytest.fixture
async def hub(desk: Desk, refusals: RefusalLog, clock: Clock) -> AsyncIterator[Hub]:
    outbound = Outbound()
    async with FakeSlack() as slack:
        settings = Settings(client_id="1.2", client_secret=Secret("client-secret"), api_url=slack.url)
        vault, tokens, doors = Installations(desk.database, [b"k" * 32]), Tokens("slack", settings), Doors(desk, refusals)
        install = SlackInstall(settings, outbound, clock, vault, tokens, url=desk.url)
        doors.app = build_site((*doors.table, *SlackInstallDoors(desk, [install], vault).doors()), Guard(desk, refusals))
        yield Hub(doors, slack, vault, tokens, await doors.administrator())
        await outbound.close()


async def test_an_administrator_installs_the_app(hub: Hub, desk: Desk) -> None:
    """To Slack's page, back with a code, and the token is used; the audit says who did it."""
    state, cookie = await hub.begin()
    [begun] = await desk.database.read(lambda connection: connection.execute(sa.select(install_states)).all())
    assert state not in begun.digest and begun.digest not in state, "a digest is kept"
    hub.slack.installations["code-1"] = Given(token="xoxb-installed")
    answer = await hub.get(f"/slack/oauth_redirect?code=code-1&state={state}", install=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/console")
    assert hub.tokens.of("T1") == "xoxb-installed" and [kept.by for kept in await hub.vault.installations("slack")] == ["U1"]
    rows = await desk.database.read(lambda connection: connection.execute(sa.select(audit).where(audit.c.act == "install")).all())
    assert [(row.actor, row.target, row.code) for row in rows] == [("person:admin", "slack:T1", "ok")]


async def test_a_state_is_used_once(hub: Hub) -> None:
    """The same address again installs nothing, although the browser still holds the cookie."""
    state, cookie = await hub.begin()
    hub.slack.installations |= {"code-1": Given(), "code-2": Given()}
    await hub.get(f"/slack/oauth_redirect?code=code-1&state={state}", install=cookie)
    again = await hub.get(f"/slack/oauth_redirect?code=code-2&state={state}", install=cookie)
    assert (again.status, again.code) == (400, "slack_install_state_invalid") and "code-2" in hub.slack.installations


async def test_a_state_belongs_to_one_browser(hub: Hub) -> None:
    """Another browser's state, none, or one that nobody was given: no code is exchanged."""
    state, cookie = await hub.begin()
    other, _ = await hub.begin()
    hub.slack.installations["code"] = Given()
    for query, held in ((f"state={other}", cookie), (f"state={state}", ""), ("", cookie), ("state=made.slack", "made.slack"), (f"state={state}x", f"{state}x"),
                        ("state=%FF", cookie), (f"state={'s' * 300}", cookie)):  # fmt: skip
        answer = await hub.get(f"/slack/oauth_redirect?code=code&{query}", install=held)
        assert (answer.status, answer.code) == (400, "slack_install_state_invalid"), query
    assert "code" in hub.slack.installations and await hub.vault.installations("slack") == []


async def test_a_state_ends(hub: Hub, clock: Clock) -> None:
    """Ten minutes are enough for a page with one button."""
    state, cookie = await hub.begin()
    clock.turn(minutes=11)
    hub.slack.installations["code"] = Given()
    answer = await hub.get(f"/slack/oauth_redirect?code=code&state={state}", install=cookie)
    assert answer.code == "slack_install_state_invalid"


async def test_who_says_no_in_slack_is_told(hub: Hub) -> None:
    """Slack's page comes back with an error, and so does a code that Slack does not know."""
    for query in ("error=access_denied", "code=nope"):
        state, cookie = await hub.begin()
        answer = await hub.get(f"/slack/oauth_redirect?{query}&state={state}", install=cookie)
        assert (answer.status, answer.code) == (502, "slack_install_failed")
        assert answer.json["detail"].endswith("access_denied" if "error" in query else "invalid_code")


async def test_only_administrators_install(hub: Hub) -> None:
    """It hands a workspace the hub's commands: strangers are asked to sign in, viewers refused."""
    viewer = await hub.doors.signed_in("ann", "viewer")
    for path in ("/slack/install", "/slack/oauth_redirect?code=c&state=s"):
        assert (await hub.doors.ask("GET", path)).code == "sign_in_required"
        assert (await hub.get(path, visitor=viewer)).code == "not_allowed"
    assert (await hub.get("/slack/install?chat=other")).code == "request_invalid"


async def test_without_a_client_there_are_no_doors(desk: Desk) -> None:
    """Where nothing can be installed, nothing is offered."""
    assert SlackInstallDoors(desk, [], Installations(desk.database, ())).doors() == ()
