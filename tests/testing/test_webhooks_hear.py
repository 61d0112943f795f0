"""A project's webhook hears of a deployment of the hub's, from the words in Slack to the runner's end."""

from __future__ import annotations

import asyncio
import json

import pytest
from fakes.subscriber import FakeSubscribers
from standardwebhooks import Webhook

from leverframe.core.subscriptions import SealedSecret, Subscription
from leverframe.store import subscriptions
from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
SECRET = "whsec_" + "c2VjcmV0IHRoYXQgaXMgbG9uZw=="
CONFIG = """
[outbound]
allow = ["127.0.0.1"]
[runners.simulated]
seconds = 0
[services.web-app]
repository = "acme/web"
[services.web-app.environments.production]
runner = "simulated"
approvals = { required = 1, from = ["testing-U2"] }
"""


async def test_a_webhook_hears_of_a_deployment_that_somebody_approves() -> None:
    """In order, signed, each under an id of its own."""
    async with FakeSubscribers() as sink, Hub(config=CONFIG, grants={"U1": ["deploy *"], "U2": ["approve *"]}) as hub:
        database, hooks = hub.app.database, hub.app.hooks
        made = Subscription(
            id=database.new_id(), project="acme/web", url=sink.url("ci"), events=("lever",), format="standard_webhooks", made_by="person:ann", made_at=hub.app.clock.now()
        )
        await database.write(subscriptions.add, made, [SealedSecret(sealed=hooks.box.seal(made.id, SECRET))])
        await hub.slash("/lever deploy web-app production")
        card = await hub.message("#ops", "needs approval")
        await hub.click(card.button("Approve"), user="U2")
        await hub.message("#ops", "✅", within_s=20)
        async with asyncio.timeout(30):
            while len(sink.of("ci")) < 5:
                await asyncio.sleep(0.05)
        got = sink.of("ci")
        assert [Webhook(SECRET).verify(one.body, one.headers)["type"] for one in got] == [
            "lever.asked", "lever.approval_needed", "lever.approved", "lever.started", "lever.succeeded"]
        assert len({one.id for one in got}) == 5
        last = json.loads(got[-1].body)["data"]
        assert (last["project"], last["payload"]["deployment"]["state"], last["subject"]["title"]) == ("acme/web", "succeeded", "web-app → production")
