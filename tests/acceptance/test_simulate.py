"""``leverframe simulate`` against a real hub: what every kind of source sends comes in by its own door and is told in one room."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.slack import FakeSlack

from acceptance.processes import Hub, until

KINDS = {
    "gitlab": "merge_request", "gitea": "pull_request.opened", "bitbucket": "pullrequest:created", "git": "push", "alertmanager": "firing",
    "argocd_notifications": "succeeded", "jenkins": "completed", "standard_webhooks": "contact.created", "cloudevents": "Microsoft.Storage.BlobCreated",
}  # fmt: skip
DESK = '[sources.desk]\nkind = "generic"\nsecrets = ["env:HUB_TEST_SECRET"]\nheader = "X-Desk-Signature"\nevent = "/kind"\n[sources.desk.fields]\ntitle = "/title"\n'
SETTINGS = (
    "".join(f'[sources.{kind}]\nsecrets = ["env:HUB_TEST_SECRET"]\n' for kind in KINDS) + DESK
    + "".join(f'[[routes]]\nname = "{name}"\nfrom = "{name}"\nevents = ["*"]\nto = ["slack:#dev"]\n' for name in ("github", "desk", *KINDS))
)  # fmt: skip


def test_every_kind_of_source_is_heard_in_one_room(tmp_path: Path) -> None:
    """One command each, with nothing but the configuration: 202, an event with GitHub's name for it, and a message."""
    (tmp_path / "ticket.json").write_text('{"kind": "ticket.opened", "title": "결제가 안 됩니다"}')
    with FakeSlack(channels=["dev"]).in_thread() as slack, Hub(tmp_path / "hub", api_url=slack.url, routes=SETTINGS) as hub:
        asked = [*([kind, name] for kind, name in KINDS.items()), ["github", "push"], ["generic", "ticket.opened", "--payload", str(tmp_path / "ticket.json")]]
        for arguments in asked:
            assert json.loads(hub.command("simulate", *arguments, "--json"))["id"].startswith("evt_"), arguments
        heard = {one["source"]: one["event"] for one in json.loads(hub.command("events", "list", "--json"))["events"]}
        assert heard == {
            "gitlab": "pull_request.opened", "gitea": "pull_request.opened", "bitbucket": "pull_request.opened", "git": "push", "alertmanager": "alert.firing",
            "argocd_notifications": "deployment_status.created", "jenkins": "workflow_run.completed", "standard_webhooks": "contact.created",
            "cloudevents": "Microsoft.Storage.BlobCreated", "github": "push", "desk": "ticket.opened",
        }  # fmt: skip
        until(lambda: len(slack.messages("#dev")) == len(asked), 30, lambda: [message.text for message in slack.messages("#dev")])
        assert json.loads(hub.command("simulate", "gitlab", "--json"))[0] == {"name": "push", "event": "push", "title": "Push"}
        assert hub.complaints() == []
