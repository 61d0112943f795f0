"""The samples of other sources than GitHub are real payloads, proven as their vendors prove them; the sources themselves take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.config import load
from leverframe.config.reading import KINDS
from leverframe.core.errors import Refused
from leverframe.core.wording import compose
from leverframe.ports import Accepted, Batches, Source
from leverframe.samples import vendors
from leverframe.samples.vendors import VENDORS, Sent
from leverframe.source_rooms import build_sources

AT, SECRET = datetime(2026, 11, 21, 7, 20, 41, tzinfo=UTC), "a secret of the tests"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DESK = '[sources.desk]\nkind = "generic"\nsecrets = ["file:secret"]\nheader = "X-Desk-Signature"\nevent = "/kind"\n'
TICKET = '{"kind": "ticket.opened", "project": {"path": "acme/desk"}, "ticket": {"title": "결제가 안 됩니다"}}'.encode()
EXPECTED = {
    ("gitlab", "push"): ("push", "mike/diaspora"), ("gitlab", "merge_request"): ("pull_request.opened", "gitlabhq/gitlab-test"),
    ("gitlab", "issue"): ("issues.opened", "gitlabhq/gitlab-test"), ("gitlab", "pipeline"): ("workflow_run.completed", "gitlab-org/gitlab-test"),
    ("gitea", "push"): ("push", "gogits/hello-world"), ("gitea", "pull_request.opened"): ("pull_request.opened", "jcitizen/my-repo"),
    ("gitea", "issues.opened"): ("issues.opened", "gogits/hello-world"), ("bitbucket", "repo:push"): ("push", "brydzewski/foo"),
    ("bitbucket", "pullrequest:created"): ("pull_request.opened", "brydzewski/foo"), ("git", "push"): ("push", "acme/web"),
    ("alertmanager", "firing"): ("alert.firing", None), ("alertmanager", "resolved"): ("alert.resolved", None),
    ("argocd_notifications", "succeeded"): ("deployment_status.created", "argoproj/argocd-example-apps"),
    ("jenkins", "completed"): ("workflow_run.completed", "evgeny-goldin/asgard"), ("standard_webhooks", "contact.created"): ("contact.created", None),
    ("cloudevents", "Microsoft.Storage.BlobCreated"): ("Microsoft.Storage.BlobCreated", None),
}  # fmt: skip


def source_of(folder: Path, section: str, secret: str = SECRET, at: datetime = AT) -> tuple[Source, Any]:
    """Return the source that a configuration makes, and its settings."""
    (folder / "secret").write_text(secret)
    (folder / "leverframe.toml").write_text(f'[hub]\nurl = "http://127.0.0.1:8080"\n{section}')
    config, clock = load(folder / "leverframe.toml"), VirtualClock(at)

    async def nowhere(url: str) -> bytes:
        raise AssertionError(url)

    (made,) = build_sources(config, clock, nowhere).values()
    (settings,) = config.sources.values()
    return made, settings


def taken(source: Source, sent: Sent) -> Accepted:
    """Have the source take a request; return what it says."""
    told = {"Content-Type": "application/json", **VENDORS[source.kind].headers(sent)}
    headers = {name.lower().encode(): value.encode() for name, value in told.items()}
    return source.accept_all(headers, sent.body)[0] if isinstance(source, Batches) else source.accept(headers, sent.body)


def test_every_kind_that_proves_itself_can_be_simulated() -> None:
    """Buckets tell of a site's own content, which there is no sample of."""
    assert {"github", *VENDORS} == KINDS["sources"].keys() - {"bucket"}
    assert EXPECTED.keys() == {(kind, name) for kind, vendor in VENDORS.items() for name in vendor.samples}


@pytest.mark.parametrize(("kind", "name"), EXPECTED)
def test_a_sample_is_taken_read_and_told(tmp_path: Path, kind: str, name: str) -> None:
    """By its own source, as configuration makes it, with GitHub's name and words in both languages; another secret proves nothing."""
    source, settings = source_of(tmp_path, f'[sources.{kind}]\nsecrets = ["file:secret"]\n')
    sent = Sent(event=name, body=vendors.sample(kind, name), secret=SECRET, id="f6266f16-1bf3-46a5-9ea4-602e06ead473", at=AT, settings=settings)
    accepted = taken(source, sent)
    event = source.parse(accepted, id=1, received_at=AT)
    assert (event.full_name, event.repo) == EXPECTED[kind, name]
    assert compose(event, "en", UTC).headline and compose(event, "ko", UTC).headline
    with pytest.raises(Refused, match="signature_invalid"):
        taken(source, replace(sent, secret="another"))
    later = replace(sent, id="0e0bb4f5-0000-4000-8000-602e06ead473", at=AT + timedelta(minutes=7))
    later = replace(later, body=vendors.renewed(kind, later))
    source, _ = source_of(tmp_path, f'[sources.{kind}]\nsecrets = ["file:secret"]\n', at=later.at)
    assert taken(source, later).delivery_id != accepted.delivery_id  # it can be sent as often as somebody likes to look


@pytest.mark.parametrize("secret", [WHSEC, "a token"])
def test_gitlab_proves_itself_by_what_the_secret_is(tmp_path: Path, secret: str) -> None:
    """A signing token signs, a secret token is sent."""
    source, settings = source_of(tmp_path, '[sources.gitlab]\nsecrets = ["file:secret"]\n', secret)
    sent = Sent(event="push", body=vendors.sample("gitlab", "push"), secret=secret, id="1", at=AT, settings=settings)
    headers = VENDORS["gitlab"].headers(sent)
    assert ("webhook-signature" in headers, "X-Gitlab-Token" in headers) == (secret == WHSEC, secret != WHSEC)
    assert taken(source, sent).name == "push"


@pytest.mark.parametrize("how", [
    'prefix = "sha256="\nid_header = "X-Id"', 'algorithm = "sha512"\nencoding = "base64"', 'timestamp_header = "X-At"', 'timestamp_header = "X-At"\nsigned = "timestamp:body"',
    'proof = "token"\nprefix = "Bearer "', 'event_header = "X-Kind"', "",
])  # fmt: skip
def test_a_source_of_any_kind_is_proven_as_its_configuration_asks(tmp_path: Path, how: str) -> None:
    """Every way to sign that ``generic`` knows."""
    source, settings = source_of(tmp_path, f"{DESK}{how}\n")
    sent = Sent(event="ticket.opened", body=TICKET, secret=SECRET, id="17", at=AT, settings=settings)
    assert taken(source, sent).name == "ticket"
    with pytest.raises(Refused, match="signature_invalid"):
        taken(source, replace(sent, secret="another"))
