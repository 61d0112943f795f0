"""CloudEvents 1.0, structured: attributes and data are one JSON object.

Structured and not binary, because a signature covers the body: attributes in headers could be changed on the way, and nothing would tell.
Every receiver has to understand both. The types are those of CloudEvents' adapter for GitHub, whose shape all payloads have.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#32-structured-content-mode
https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/github.md
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from leverframe.core.events import Event
from leverframe.core.ids import show
from leverframe.core.json_objects import written
from leverframe.core.payload import text, web
from leverframe.core.signing import standard_headers
from leverframe.ports.payloads import Ignored, Occasion, Payload, Sending

_NOT_IN_TYPE = re.compile(r"[^A-Za-z0-9_.]")


class CloudEvents:
    """``{"specversion": "1.0", "type": "com.github.push", …}``. Satisfies ``ports.payloads.Format``."""

    name = "cloudevents"
    topics: frozenset[str] | None = None
    sends = (
        "a CloudEvent of type com.github.EVENT.ACTION, in structured mode, with GitHub's payload as data",
        "com.github.이벤트.액션 유형의 CloudEvent (structured 모드). data는 GitHub 형식의 페이로드",
    )

    def render(self, occasion: Occasion) -> Payload | Ignored:
        """Return the event: its id, and the repository as its source, are the same for everybody it is sent to."""
        event, project = occasion.event, occasion.project
        home = web(event.payload, "repository", "url") or web(event.payload, "repository", "html_url")
        subject = _subject(event)
        cloud = {
            "specversion": "1.0",
            "id": show("evt", event.id),
            "source": home or f"{occasion.hub_url.rstrip('/')}/{quote(project.name)}",
            "type": f"com.github.{_NOT_IN_TYPE.sub('_', event.full_name)}",
            **({"subject": subject} if subject else {}),
            "time": event.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": event.payload,
        }  # fmt: skip
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        host = urlsplit(occasion.hub_url).hostname
        if host:
            headers["WebHook-Request-Origin"] = host
        try:
            return Payload(body=written(cloud), headers=headers)
        except ValueError as error:
            return Ignored(str(error))

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return the headers of one try."""
        return {**payload.headers, **standard_headers(sending.secrets, sending.delivery_id, sending.attempt_at, payload.body)}


def _subject(event: Event) -> str:
    """Return what the event is about within its repository: a number, a ref, or the key of a run or deployment."""
    if event.subject is None:
        return text(event.payload, "ref")
    return event.subject.key if event.subject.number is None else str(event.subject.number)
