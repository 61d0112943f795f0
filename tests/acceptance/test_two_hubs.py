"""Two hubs that send to each other, each a process of its own, and a hub that sends to itself: an event goes round once and no further."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from acceptance.processes import SECRET, Hub, mark, push, until
from leverframe.cli.hub import Hub as Client
from leverframe.config import control_socket

SETTINGS = '[sources.other]\nkind = "github"\nsecrets = ["env:HUB_TEST_SECRET"]\n[outbound]\nallow = ["127.0.0.1"]\n'
"""What comes from the other hub has a door of its own: a repeat there is no repeat of what GitHub sent, so nothing but the trail can stop it."""


def operator(hub: Hub) -> Client:
    """Return who may do anything."""
    return Client(socket_file=control_socket(hub.config, hub.environ)[0])


def sends_to(hub: Hub, other: Hub) -> str:
    """Have ``hub`` send what happens in acme/web to ``other``; return the webhook's address."""
    url = f"http://127.0.0.1:{other.port}/in/other"
    return str(operator(hub).post("/acme/web/webhooks", {"payloadUrl": url, "format": "github", "events": "*", "secret": SECRET})["path"])


def ended(hub: Hub, webhook: str, count: int = 1) -> list[Any]:
    """Return the deliveries of a webhook once they are ``count`` and none is owed."""

    def look() -> list[Any]:
        found = operator(hub).get(webhook)["deliveries"]
        return list(found) if len(found) == count and all(one["state"] != "owed" for one in found) else []

    return list(until(look, 60, lambda: json.dumps(operator(hub).get(webhook)["deliveries"])))


def heard(hub: Hub) -> list[tuple[str, str]]:
    """Return source and name of every event that a hub has taken in, the oldest first."""
    return [(one["source"], one["event"]) for one in reversed(json.loads(hub.command("events", "list", "--json"))["events"])]


def test_two_hubs_that_send_to_each_other_do_not_go_round_in_circles(tmp_path: Path) -> None:
    """The other takes the event and sends it back; the first knows its own name on it and refuses with 508, and that is the end of it: one
    try, a dead letter that says why, and webhooks that are well."""
    with Hub(tmp_path / "a", api_url="http://127.0.0.1:9/", routes=SETTINGS) as first, Hub(tmp_path / "b", api_url="http://127.0.0.1:9/", routes=SETTINGS) as second:
        there, back = sends_to(first, second), sends_to(second, first)
        assert first.take("push", push(mark())).status == 202
        (went,), (came,) = ended(first, there), ended(second, back)
        assert went["state"] == "sent"
        assert (came["state"], came["code"]) == ("dead", "hook_loop")
        assert [(one["status"], one["outcome"]) for one in came["attempts"]] == [(508, "rejected")]
        assert second.take("push", push(mark())).status == 202  # and the other way round
        assert sorted(one["state"] for one in ended(second, back, 2)) == ["dead", "sent"]
        assert sorted(one["state"] for one in ended(first, there, 2)) == ["dead", "sent"]
        time.sleep(1)  # whatever still went round would show
        assert heard(first) == [("github", "push"), ("other", "push")] and heard(second) == [("other", "push"), ("github", "push")]
        assert {operator(hub).get(webhook)["standing"] for hub, webhook in ((first, there), (second, back))} == {"healthy"}
        assert first.complaints() == second.complaints() == []


def test_a_hub_that_sends_to_itself_is_told(tmp_path: Path) -> None:
    """Its own door refuses what it has sent itself."""
    with Hub(tmp_path, api_url="http://127.0.0.1:9/", routes=SETTINGS) as hub:
        webhook = sends_to(hub, hub)
        assert hub.take("push", push(mark())).status == 202
        (one,) = ended(hub, webhook)
        assert (one["state"], one["code"]) == ("dead", "hook_loop")
        assert heard(hub) == [("github", "push")]
        assert hub.complaints() == []
