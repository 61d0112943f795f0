"""The examples do what they say, tried as their authors would: with the kit."""

from __future__ import annotations

from pathlib import Path

import pytest

from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2] / "examples"
SERVICES = """
[runners.good]
kind = "simulated"
seconds = 0
[runners.bad]
kind = "simulated"
seconds = 0
outcome = "fail"
[services.web.environments.staging]
runner = "good"
[services.web.environments.production]
runner = "good"
[services.api.environments.production]
runner = "bad"
"""


@pytest.mark.parametrize("isolated", [False, True], ids=["in the hub", "isolated"])
async def test_on_call(isolated: bool) -> None:
    """A form with a select, a button that gives the command, a refusal, and answers to plain words in two languages."""
    settings = {"oncall": {"isolated": isolated, "teams": {"web": "ann", "data": "bob"}}}
    async with Hub(EXAMPLES / "oncall.py", settings=settings, grants={"U1": ["oncall *"], "U2": ["oncall * show"]}) as hub:
        asked = await hub.slash("/lever oncall")
        assert asked.form is not None
        assert asked.form.fields["team"] == ["web", "data", "platform"]
        shown = await hub.submit(asked.form, {"team": "web"})
        assert "ann" in shown.text
        refused = await hub.click(shown.button("Take over"), user="U2")
        assert "oncall web take" in refused.text
        assert not refused.public
        taken = await hub.click(shown.button("Take over"))
        assert "name-of-U1" in taken.text
        assert taken.public
        assert "already" in (await hub.slash("/lever oncall web take")).text
        assert "name-of-U1" in (await hub.mention("hey, who's on call for web?", user="U9")).text
        assert "bob" in (await hub.say("!data 당직 누구예요", user="U9")).text
        assert (await hub.say("!nothing that anybody knows", user="U9")).messages == []
        assert "oncall" in (await hub.slash("/lever oncal web")).text


async def test_announce() -> None:
    """Production's ends are told, staging's are not, the third failure in a row is told louder, and releases have a room of their own."""
    settings = {"announce": {"deployments": "slack:#all", "releases": "slack:#releases"}}
    async with Hub(EXAMPLES / "announce.py", settings=settings, config=SERVICES) as hub:
        await hub.slash("/deploy web staging")
        await hub.slash("/deploy web production")
        assert "*web* is live, thanks to name-of-U1" in (await hub.message("#all", "web")).text
        for count in range(3):
            await hub.slash("/deploy api production")
            await hub.message("#all", "3 times" if count == 2 else "api")
            await hub.slack.until(lambda ends=count + 2: len(hub.messages("#all")) == ends, 10)
        await hub.github("release")
        assert "v2.1.0 is out" in (await hub.message("#releases")).text
        await hub.settled()
        assert [("web" in one.text, "3 times" in one.text) for one in hub.messages("#all")] == [(True, False), (False, False), (False, False), (False, True)]
