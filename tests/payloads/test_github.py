"""GitHub's format: GitHub's own bytes and headers, or GitHub's shape for what did not come from there."""

from __future__ import annotations

from typing import Any

import pytest
from core.some_event import event
from payloads.occasions import GITHUB, occasion, of_github, rendered, sending

from leverframe.core.signing import sign_github, verify_github
from leverframe.payloads.github import GitHub
from leverframe.ports.payloads import Ignored, Payload

KEPT = {"user-agent": "GitHub-Hookshot/044aadd", "x-github-hook-id": "292430182", "x-github-hook-installation-target-type": "repository",
        "x-github-hook-installation-target-id": "79929171", "accept": "*/*"}  # fmt: skip


def test_github_s_published_signature_comes_out() -> None:
    """The values of GitHub's page about validating deliveries; the older header is of the same body and secret."""
    assert sign_github("It's a Secret to Everybody", b"Hello, World!") == {
        "X-Hub-Signature": "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59",
        "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    }  # fmt: skip


@pytest.mark.parametrize("fixture", sorted(path.stem for path in GITHUB.glob("*.json")))
def test_what_github_sent_is_passed_on_to_the_byte(fixture: str) -> None:
    """With its event, its GUID and the headers that were kept."""
    about = of_github(fixture, headers=KEPT)
    payload = GitHub().render(about)
    assert isinstance(payload, Payload)
    assert payload.body == (GITHUB / f"{fixture}.json").read_bytes()
    assert payload.headers == {
        "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd", "X-GitHub-Event": fixture.partition("__")[0],
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "X-GitHub-Hook-ID": "292430182",
        "X-GitHub-Hook-Installation-Target-Type": "repository", "X-GitHub-Hook-Installation-Target-ID": "79929171",
    }  # fmt: skip


def test_another_source_s_event_has_github_s_shape_and_a_guid_that_stays() -> None:
    """Whoever it is sent to, and however often; another event has another."""
    payload = {"action": "opened", "pull_request": {"number": 12, "title": "더 빠르게"}}
    about = occasion(event(kind="gitlab", source="gl", payload=payload), b"<not of GitHub's shape>", headers=KEPT)
    assert rendered(GitHub(), about) == payload
    first, again, other = (_headers(delivery_id=id) for id in ("d-1", "d-1", "d-2"))
    assert first == again and first["X-GitHub-Delivery"] != other["X-GitHub-Delivery"]
    assert first["X-GitHub-Event"] == "pull_request" and first["User-Agent"] == "GitHub-Hookshot/leverframe" and "X-GitHub-Hook-ID" not in first


def _headers(**changes: Any) -> dict[str, str]:
    payload = GitHub().render(occasion(event(kind="git", **changes)))
    assert isinstance(payload, Payload)
    return dict(payload.headers)


@pytest.mark.parametrize("name", ["Push Hook", "한글", "a\r\nX-Evil: 1"])
def test_a_name_that_no_header_may_hold_is_made_fit(name: str) -> None:
    """What a generic source calls an event reaches a header only as small letters, digits and ``_``."""
    assert all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in _headers(name=name)["X-GitHub-Event"])


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "", "é", "x" * 500])
def test_a_kept_header_that_is_not_fit_is_left_out(value: str) -> None:
    """Nothing that came in can add a header to what goes out."""
    payload = GitHub().render(of_github("push", headers={"x-github-hook-id": value, "user-agent": f"GitHub-Hookshot/{value}\n"}))
    assert isinstance(payload, Payload)
    assert "X-GitHub-Hook-ID" not in payload.headers and payload.headers["User-Agent"] == "GitHub-Hookshot/leverframe"


def test_a_receiver_of_github_s_verifies_the_newest_secret() -> None:
    """GitHub has one signature, so it is the newest secret's; Standard Webhooks' beside it are of all."""
    payload = GitHub().render(of_github("push"))
    assert isinstance(payload, Payload)
    headers = GitHub().sign(payload, sending("new", "old"))
    verify_github([b"new"], payload.body, headers["X-Hub-Signature-256"].encode())
    assert headers["webhook-signature"].count("v1,") == 2
    assert not [name for name in GitHub().sign(payload, sending()) if "ignature" in name]


def test_what_nests_too_deeply_is_ignored_and_does_no_harm() -> None:
    """A payload that cannot be written is no reason to stop."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert GitHub().render(occasion(event(kind="git", payload=deep), b"")) == Ignored("the JSON nests too deeply")
