"""A message as a MessageCard: what Microsoft's retired connectors took, for systems that still do.

https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leverframe.chats.teams.markdown import Mentioned, address, clean, cut, rich
from leverframe.chats.teams.render import ALT_MAX, CARD_MAX, cuts, encode, summary
from leverframe.core.messages import Bullets, Button, Buttons, Fields, Footer, Image, Message, Paragraph, Quote, Text, image_link, one_line
from leverframe.core.payload import is_picture

ACTIONS_MAX = 4
_COLOURS = {"good": "2EB886", "bad": "D13438", "warning": "FFB900", "progress": "0076D7", "neutral": "808080"}
Post = Callable[[Button], Mapping[str, Any] | None]
"""Makes the ``target`` and the ``body`` of an HttpPOST for a button of the hub's; ``None`` where it may not be pressed from here."""


def _no_post(button: Button) -> None:
    return None


def message_card(message: Message, post: Post = _no_post) -> bytes:
    """Return ``message`` as the JSON of a MessageCard, at most :data:`~leverframe.chats.teams.render.CARD_MAX` bytes.

    Links are ``OpenUri``; a button of the hub's is an ``HttpPOST`` where ``post`` knows how it can be pressed, else left out.
    """
    actions = _actions(message, post)
    for limit in cuts(message):
        sections = _sections(message, limit)
        made = encode(_whole(message, sections, actions))
        if len(made) <= CARD_MAX:
            return made
    while len(made) > CARD_MAX and sections:
        sections.pop()  # even short, they are too many
        made = encode(_whole(message, sections, actions))
    return made


def _whole(message: Message, sections: list[dict[str, Any]], actions: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@type": "MessageCard", "@context": "http://schema.org/extensions", "summary": summary(message), "themeColor": _COLOURS[message.tone],
        "text": rich(message.headline, Mentioned({}), 1_000) or "…",
    }  # fmt: skip
    if sections:
        made["sections"] = sections
    if actions:
        made["potentialAction"] = actions
    return made


def _sections(message: Message, limit: int) -> list[dict[str, Any]]:
    nobody = Mentioned({})
    found: list[dict[str, Any]] = []
    for part in message.blocks:
        match part:
            case Paragraph(content) | Footer(content):
                found.append({"text": rich(content, nobody, limit), "markdown": True})
            case Quote(content):
                found.append({"text": "\n\n".join(f"> {line}" for line in rich(content, nobody, limit).split("\n\n")), "markdown": True})
            case Bullets(items):
                found.append({"text": "\n".join(f"- {rich(item, nobody, limit)}".replace("\n\n", " ") for item in items[:50]), "markdown": True})
            case Fields(pairs):
                found.append({"facts": [{"name": rich((Text(label),), nobody, 100), "value": rich(value, nobody, limit)} for label, value in pairs], "markdown": True})
            case Image(url, alt) if is_picture(safe := address(url)):
                found.append({"images": [{"image": safe, "title": cut(one_line(clean(alt)), ALT_MAX)}]})
            case Image():
                found.append({"text": rich(image_link(part), nobody, limit), "markdown": True})
            case Buttons():
                pass
    return [one for one in found if one.get("facts") or one.get("images") or one.get("text", "").strip()]


def _actions(message: Message, post: Post) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in message.blocks:
        for button in part.buttons if isinstance(part, Buttons) else ():
            name, url = cut(one_line(clean(button.text)), 80), address(button.url or "")
            if name and url:
                found.append({"@type": "OpenUri", "name": name, "targets": [{"os": "default", "uri": url}]})
            elif name and button.action and (target := post(button)) is not None:
                found.append({"@type": "HttpPOST", "name": name, "bodyContentType": "application/json", **target})
    return found[:ACTIONS_MAX]
