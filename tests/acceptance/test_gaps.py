"""What GitHub could not deliver while the hub was away comes in once it is back, by a hook that nobody declared."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from fakes.github import TOKEN, FakeGitHub
from fakes.github_hooks import Attempt, FakeHook

from acceptance.processes import ROUTES, SECRET, Hub, until

SETTINGS = '[github]\ntoken = "env:HUB_TEST_GITHUB"\napi_url = "{url}"\n'


def test_a_hub_that_was_away_gets_what_it_missed(tmp_path: Path) -> None:
    """The hook was made on GitHub's page; a push that came by it tells whose it is. What then met no connection is read in GitHub's log when the hub
    starts, and GitHub is asked once to send it again."""
    fake = FakeGitHub(reaches_loopback=True)
    repository = fake.repository("acme/web-app")
    with fake.in_thread():
        hub = Hub(tmp_path, api_url="http://127.0.0.1:9/", routes=SETTINGS.format(url=fake.url) + ROUTES)
        hub.environ["HUB_TEST_GITHUB"] = TOKEN
        hook = FakeHook(id=7, kind="repository", events=["push"], config={"url": f"http://127.0.0.1:{hub.port}/in/github", "content_type": "json", "secret": SECRET})
        repository.hooks.append(hook)

        def came() -> list[str]:
            return [one["delivery_id"] for one in json.loads(hub.command("events", "list", "--json"))["events"]]

        with hub:
            assert "GitHub sends it" in hub.command("github", "hooks", "test", "acme/web-app", "7")
            (before,) = until(came, 20, hub.said)
        guid = str(uuid4())
        payload = {"ref": "refs/heads/main", "repository": {"full_name": "acme/web-app"}, "commits": []}
        at = datetime.now(UTC) - timedelta(minutes=5)
        hook.attempts.append(Attempt(id=hook.attempts[-1].id + 7, guid=guid, event="push", payload=payload, at=at, status="failed to connect to host", code=0, redelivery=False))
        with hub:
            until(lambda: guid in came(), 30, hub.said)
            assert sorted(came()) == sorted([before, guid])
            (one,) = json.loads(hub.command("github", "recoveries", "--json"))["recoveries"]
            assert (one["of"], one["delivery_id"], one["status"], one["tries"]) == ("acme/web-app", guid, "failed to connect to host", 1)
            (watch,) = json.loads(hub.command("github", "watches", "--json"))["watches"]
            assert (watch["of"], watch["declared"], watch["hooks"], watch["code"]) == ("acme/web-app", False, [7], None) and watch["looked_at"]
        assert [one.redelivery for one in hook.attempts if one.guid == guid] == [False, True]
