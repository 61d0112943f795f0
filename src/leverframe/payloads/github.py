"""GitHub's own webhooks: what GitHub sent, to the byte, under its own headers and the subscription's signature.

An event of another source has GitHub's shape too, so a receiver that was written for GitHub hears of GitLab and of bare git.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, uuid5

from leverframe.core.events import Event
from leverframe.core.json_objects import written
from leverframe.core.signing import sign_github, standard_headers
from leverframe.ports.payloads import Ignored, Occasion, Payload, Sending

_PASSED_ON = {
    "x-github-hook-id": "X-GitHub-Hook-ID",
    "x-github-hook-installation-target-type": "X-GitHub-Hook-Installation-Target-Type",
    "x-github-hook-installation-target-id": "X-GitHub-Hook-Installation-Target-ID",
    "x-github-enterprise-host": "X-GitHub-Enterprise-Host",
    "x-github-enterprise-version": "X-GitHub-Enterprise-Version",
}
_HOOKSHOT = "GitHub-Hookshot/"
"""Receivers may ask that the user agent begins so."""
_FIT = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")
_NOT_IN_NAME = re.compile(r"[^a-z0-9_]")


class GitHub:
    """What GitHub sent, or would send. Satisfies ``ports.payloads.Format``."""

    name = "github"
    topics: frozenset[str] | None = None
    sends = (
        "GitHub's payload and headers: its own bytes, or for another source the same event in GitHub's shape",
        "GitHub의 페이로드와 헤더: GitHub가 보낸 바이트 그대로, 다른 소스는 같은 이벤트를 GitHub 형식으로",
    )

    def render(self, occasion: Occasion) -> Payload | Ignored:
        """Return GitHub's own bytes, or the payload in its shape."""
        event = occasion.event
        headers = {"Content-Type": "application/json", "User-Agent": f"{_HOOKSHOT}leverframe", "X-GitHub-Event": _NOT_IN_NAME.sub("_", event.name.lower())}
        if event.kind == "github":
            headers |= _passed_on(occasion) | {"X-GitHub-Delivery": event.delivery_id}
            return Payload(body=occasion.body, headers=headers)
        try:
            return Payload(body=written(event.payload), headers=headers | {"X-GitHub-Delivery": _guid(event)})
        except ValueError as error:
            return Ignored(str(error))

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return the headers of one try. A receiver of GitHub's knows one signature: it is the newest secret's."""
        headers = {**payload.headers, **standard_headers(sending.secrets, sending.delivery_id, sending.attempt_at, payload.body)}
        if sending.secrets:
            headers.update(sign_github(sending.secrets[0], payload.body))
        return headers


def _passed_on(occasion: Occasion) -> dict[str, str]:
    kept = occasion.headers
    found = {shown: kept[name] for name, shown in _PASSED_ON.items() if _FIT.fullmatch(kept.get(name, ""))}
    agent = kept.get("user-agent", "")
    return {**found, "User-Agent": agent} if agent.startswith(_HOOKSHOT) and _FIT.fullmatch(agent) else found


def _guid(event: Event) -> str:
    """Return what stands for GitHub's GUID: the same for the same event, whoever it is sent to."""
    return str(uuid5(NAMESPACE_URL, f"{event.source}:{event.delivery_id}"))
