"""The kit for tests of plugins: what it sends is really signed, what it shows is what was really said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from leverframe.config import ConfigErrors
from leverframe.testing import Hub, signing

pytestmark = pytest.mark.anyio
PLUGIN = """
from typing import Literal
from leverframe.plugins import *

@command()
async def color(ask: Asked, hub: Hub, which: Literal["red", "green"], *, loud: bool = False) -> Message:
    "Choose a color."
    return say(f"{which}{'!' if loud else ''} in {ask.at.room}", buttons=[button("Other", "color green"), link("Look", "https://example.com/")])
"""


@pytest.fixture
def color(tmp_path: Path) -> Path:
    """A plugin with one command."""
    path = tmp_path / "color.py"
    path.write_text(PLUGIN)
    return path


async def test_requests_are_proven_like_slacks(color: Path) -> None:
    """The hub refuses one that was changed on its way: nothing is let in because it is a test."""
    request = signing.slash("/lever color red", user="U1", room="#ops", trigger="1.1.a", answer_to="https://hooks.slack.com/x")
    async with Hub(color) as hub:
        status, _ = await hub.send(replace(request, body=request.body.replace(b"red", b"green")))
        assert status == 401
        status, body = await hub.send(request)
        assert (status, b"red in #ops" in body) == (200, True)


async def test_every_way_to_say_it(color: Path) -> None:
    """A slash command, a mention, a line with !, a button and a form come to the same."""
    async with Hub(color) as hub:
        assert "red! in #ops" in (await hub.slash("/lever color red --loud")).text
        assert "red in #dev" in (await hub.mention("color red", room="#dev")).text
        reply = await hub.say("!color red", room="#dev")
        assert "red in #dev" in reply.text
        assert [one.text for one in reply.messages[0].buttons] == ["Other", "Look"]
        assert "green in #dev" in (await hub.click(reply.button("Other"), room="#dev")).text
        asked = await hub.slash("/lever color")
        assert asked.form is not None
        assert (asked.form.title, asked.form.fields) == ("color", {"which": ["red", "green"], "loud": ["yes", "no"]})
        assert "green in #ops" in (await hub.submit(asked.form, {"which": "green"})).text


@pytest.mark.parametrize("thread", ["", "1700000000.000200"])
async def test_a_form_is_offered_where_slack_opens_none(color: Path, thread: str) -> None:
    """A mention and a line with ! in a thread open no form: its button does, for whoever asked."""
    async with Hub(color) as hub:
        for offered in (await hub.mention("color", thread=thread), await hub.say("!color", thread=thread)):
            assert offered.form is None and not offered.public
            opened = await hub.click(offered.button("Open the form"))
            assert opened.form is not None and opened.form.title == "color"
            assert "green in #ops" in (await hub.submit(opened.form, {"which": "green"})).text


async def test_a_select_asks_for_what_it_offers(tmp_path: Path) -> None:
    """Of more services than Slack carries in one select, those that hold what is typed are offered, to who may deploy them."""
    services = "".join(f'[services.{name}.environments.staging]\nrunner = "simulated"\n' for name in ("web-app", "web-admin", "api"))

    async def offered(hub: Hub, typed: str, user: str = "U1", form: str = "deploy") -> list[str]:
        payload = {"type": "block_suggestion", "action_id": "service", "block_id": "service", "value": typed, "view": {"id": "V1", "callback_id": form, "private_metadata": ""}}
        status, body = await hub.send(signing.interaction(payload, user=user, trigger="1.1"))
        assert status == 200
        return [option["value"] for option in json.loads(body)["options"]]

    async with Hub(config=services) as hub:
        assert await offered(hub, "WEB") == ["web-app", "web-admin"]
        assert await offered(hub, "") == ["web-app", "web-admin", "api"]
        assert await offered(hub, "web", user="U9") == await offered(hub, "web", form="nothing") == []


async def test_a_message_that_does_not_come_fails_with_what_came(color: Path) -> None:
    """The assertion says what was said instead."""
    async with Hub(color) as hub:
        await hub.mention("color red")
        with pytest.raises(AssertionError, match="red in #ops"):
            await hub.message("#ops", "blue", within_s=0.01)
        with pytest.raises(LookupError, match="Other"):
            hub.messages()[-1].button("Nothing")


async def test_a_plugin_that_cannot_be_read_fails_before_the_test(tmp_path: Path) -> None:
    """With the finding of ``leverframe check``, and nothing stays open."""
    (tmp_path / "broken.py").write_text("import nothing_like_it\n")
    with pytest.raises(ConfigErrors, match="nothing_like_it"):
        async with Hub(tmp_path / "broken.py"):
            pass


async def test_a_folder_that_is_given_is_kept(color: Path, tmp_path: Path) -> None:
    """A second hub there is the first one, started again."""
    async with Hub(color, folder=tmp_path / "hub") as hub:
        await hub.slash("/lever color red", user="U5")
    async with Hub(color, folder=tmp_path / "hub") as hub:
        assert "color red" in (await hub.slash("/lever why", user="U5")).text
