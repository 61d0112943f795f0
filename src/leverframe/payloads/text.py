"""One line of text for a chat, as Yona (Yobi's successor) sends it: alone, with Slack's attachments, or with Google Chat's thread.

``[web] ann opened issue <https://…|#12: Its title>``. The sentence is the hub's own, in its language, for every kind of event.
https://github.com/yona-projects/yona (``app/models/Webhook.java``)
https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages#Thread
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leverframe.core.json_objects import written
from leverframe.core.messages import Bold, Bullets, Code, Fields, Link, Message, Paragraph, Person, Quote, Rich, Text, Tone
from leverframe.core.payload import items, text
from leverframe.core.projects import Pusher, pusher_of
from leverframe.core.signing import standard_headers, token_header
from leverframe.core.wording import compose
from leverframe.ports.payloads import Occasion, Payload, Sending

HEADERS = {"Content-Type": "application/json", "User-Agent": "Yobi-Hookshot"}
LONGEST = 4_000
"""Characters of somebody's own words."""
_COLOURS: Mapping[Tone, str] = {"good": "#2eb67d", "bad": "#e01e5a", "warning": "#ecb22e", "progress": "#36c5f0", "neutral": ""}
_WORDS = {
    "en": {"sender": "Sender", "from": "From", "to": "To", "milestone": "Milestone", "assignee": "Assignee", "state": "State"},
    "ko": {"sender": "보낸 사람", "from": "보내는 브랜치", "to": "받는 브랜치", "milestone": "마일스톤", "assignee": "담당자", "state": "상태"},
}
_OWN_WORDS = {
    "pull_request": "pull_request", "pull_request_review": "review", "pull_request_review_comment": "comment", "issues": "issue",
    "issue_comment": "comment", "commit_comment": "comment", "discussion_comment": "comment",
}  # fmt: skip
"""Where somebody's own words are in a payload, by the event's name."""


class PlainText:
    """``{"text": "…"}``. Satisfies ``ports.payloads.Format``."""

    name = "text"
    topics: frozenset[str] | None = None
    sends = ("one line of text with a link, in the hub's language", "링크가 있는 텍스트 한 줄 (허브의 언어)")

    def render(self, occasion: Occasion) -> Payload:
        """Return the sentence."""
        message = compose(occasion.event, occasion.locale, occasion.zone)
        return Payload(body=written(self._said(occasion, message)), headers=HEADERS)

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return the headers of one try, with the newest secret as Yona sends it."""
        proof = standard_headers(sending.secrets, sending.delivery_id, sending.attempt_at, payload.body)
        return {**payload.headers, **proof, **token_header(sending.secrets)}

    def _said(self, occasion: Occasion, message: Message) -> dict[str, Any]:
        return {"text": _line(occasion, message, _for_slack)}


class SlackText(PlainText):
    """``{"text": "…", "attachments": […]}``. Satisfies ``ports.payloads.Format``."""

    name = "slack"
    sends = ("the line, with details as Slack's attachments", "텍스트와 Slack 첨부(attachments)로 된 자세한 내용")

    def _said(self, occasion: Occasion, message: Message) -> dict[str, Any]:
        line = {"text": _line(occasion, message, _for_slack)}
        words, fields = _details(occasion, message)
        if not words and not fields:
            return line
        return line | {"attachments": [{"text": words, "fields": fields, "color": _COLOURS[message.tone]}]}


class HangoutText(PlainText):
    """``{"text": "…", "thread": {"threadKey": "…"}}``. Satisfies ``ports.payloads.Format``."""

    name = "hangout"
    sends = ("the line, in Google Chat's thread of the issue or pull request", "텍스트. 이슈·풀 리퀘스트마다 Google Chat 스레드 하나")

    def _said(self, occasion: Occasion, message: Message) -> dict[str, Any]:
        subject = occasion.event.subject
        return {"text": _line(occasion, message, _for_google), "thread": {"threadKey": subject.key[:4_000]} if subject is not None else {}}


def _for_slack(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _for_google(words: str) -> str:
    """Return ``words`` without what Google Chat reads as a link or a mention: ``<users/all>`` calls everybody, and there is no escape for it."""
    return words.replace("<", "‹").replace(">", "›")


def _line(occasion: Occasion, message: Message, escape: Callable[[str], str]) -> str:
    return f"[{escape(occasion.project.short_name)}] {_rich(message.headline, occasion, escape)}"


def _rich(content: Rich, occasion: Occasion, escape: Callable[[str], str]) -> str:
    said: list[str] = []
    for part in content:
        match part:
            case Link(words, url):
                said.append(f"<{_address(url)}|{escape(_numbered(words, occasion)).replace('|', '¦')}>")
            case Person(login):
                said.append(escape(pusher_of(occasion.pushers, login).name or login))
            case Text(words) | Bold(words) | Code(words):
                said.append(escape(words))
    return "".join(said)


def _numbered(words: str, occasion: Occasion) -> str:
    """Return ``#12: Its title`` of ``acme/web#12 Its title``: which project it is stands before the line."""
    event, subject = occasion.event, occasion.event.subject
    if subject is None or subject.number is None or event.repo is None:
        return words
    before = f"{event.repo}#{subject.number}"
    if words == before:
        return f"#{subject.number}: {subject.title}" if subject.title else f"#{subject.number}"
    return f"#{subject.number}: {words.removeprefix(f'{before} ')}" if words.startswith(f"{before} ") else words


def _address(url: str) -> str:
    return url.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C")


def _details(occasion: Occasion, message: Message) -> tuple[str, list[dict[str, Any]]]:
    """Return somebody's own words, and fields: those of Yona for pull requests and issues, for all else those of the hub's card."""
    event, say = occasion.event, _WORDS[occasion.locale]
    owner = _OWN_WORDS.get(event.name)
    if owner is None:
        return _below(message, occasion)
    given, fields = event.payload, []
    if event.name in ("pull_request", "pull_request_review", "pull_request_review_comment"):
        fields = [
            _field(say["sender"], _called(text(given, "pull_request", "user", "login"), occasion.pushers), short=False),
            _field(say["from"], text(given, "pull_request", "head", "ref")),
            _field(say["to"], text(given, "pull_request", "base", "ref")),
        ]
    elif event.name == "issues":
        assignees = ", ".join(_called(text(one, "login"), occasion.pushers) for one in items(given, "issue", "assignees"))
        fields = [
            _field(say["milestone"], text(given, "issue", "milestone", "title")),
            _field(say["assignee"], assignees),
            _field(say["state"], text(given, "issue", "state")),
        ]
    words = "" if event.action == "deleted" else text(given, owner, "body")
    return _for_slack(_cut(words)), [field for field in fields if field["value"]]


def _below(message: Message, occasion: Occasion) -> tuple[str, list[dict[str, Any]]]:
    lines: list[str] = []
    fields: list[dict[str, Any]] = []
    for block in message.blocks:
        match block:
            case Paragraph(content) | Quote(content):
                lines.append(_rich(content, occasion, _for_slack))
            case Bullets(rows):
                lines.extend(f"• {_rich(row, occasion, _for_slack)}" for row in rows)
            case Fields(pairs):
                fields.extend({"title": _for_slack(label), "value": _rich(value, occasion, _for_slack), "short": True} for label, value in pairs)
    return "\n".join(lines), fields


def _field(title: str, value: str, *, short: bool = True) -> dict[str, Any]:
    return {"title": title, "value": _for_slack(value), "short": short}


def _called(login: str, pushers: Mapping[str, Pusher]) -> str:
    return pusher_of(pushers, login).name or login


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
