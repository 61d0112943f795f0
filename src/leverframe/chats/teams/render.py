"""A message as an Adaptive Card, within the limits of Teams.

https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-reference#adaptive-card
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from leverframe.chats.teams.markdown import Mentioned, address, clean, cut, escape, rich
from leverframe.core.messages import (
    Bullets,
    Button,
    Buttons,
    Fields,
    Footer,
    Image,
    Inline,
    Message,
    Paragraph,
    Person,
    Quote,
    Text,
    image_link,
    one_line,
    plain,
    plain_inline,
    texts,
)
from leverframe.core.payload import is_picture

CARD_MAX = 24_000
"""Bytes of a card as JSON: a Workflow takes some 28 KB with everything around it, and a bot more; characters beyond ASCII count
three bytes here, as many as anywhere. https://learn.microsoft.com/en-us/connectors/teams/#known-issues-and-limitations"""
ACTIONS_MAX, TITLE_MAX, VALUE_MAX, SUMMARY_MAX, BULLETS_MAX, ALT_MAX = 6, 80, 2_000, 400, 200, 400
CARD = "application/vnd.microsoft.card.adaptive"
LOOK = "look"
"""What a card is refreshed by."""
_CUTS = (4_000, 2_000, 1_000, 400, 150, 60)
"""Characters that a piece of text may have, tried until the card fits."""
_STYLES = {"good": "good", "bad": "attention", "warning": "warning", "progress": "accent", "neutral": "default"}
_BUTTONS = {"default": "default", "primary": "positive", "danger": "destructive"}
encode = msgspec.json.Encoder().encode


def card(message: Message, mentions: Mapping[str, str], *, clicks: bool) -> dict[str, Any]:
    """Return ``message`` as a card; never raises, and nothing in it can mention, link or format what the message does not.

    ``mentions`` has the id of each login that is to be mentioned. ``clicks`` tells whether the hub hears who presses a button:
    else buttons that lead nowhere are shown as words. What is too long is shortened with "…": texts first, then the middle of
    the message is left out before its headline, its buttons and its footer.
    """
    for limit in cuts(message):
        mentioned = Mentioned(mentions)
        pieces = _pieces(message, mentioned, limit, clicks)
        made = _card([element for _, element in pieces], mentioned)
        if len(encode(made)) <= CARD_MAX:
            return made
    return _squeezed(pieces, mentioned)


def cuts(message: Message) -> Sequence[int]:
    """Return how many characters a piece of text may have, to be tried one after the other: not those that are too many for sure."""
    lengths = [sum(map(_length, content)) for content in texts(message)]
    return [limit for limit in _CUTS if sum(min(length, limit) for length in lengths) <= CARD_MAX] or _CUTS[-1:]


def _length(part: Inline) -> int:
    return len(part.login) if isinstance(part, Person) else len(part.text)


def summary(message: Message) -> str:
    """Return what notifications and lists of chats show."""
    return cut(one_line(clean(plain_inline(message.headline))), SUMMARY_MAX) or "…"


def words(message: Message, limit: int = 2_000) -> str:
    """Return all of ``message`` as plain text, for where no card is shown."""
    return cut(clean(plain(message)).strip(), limit)


def envelope(made: Mapping[str, Any]) -> bytes:
    """Return what a Workflow takes, exactly.

    https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    """
    return encode({"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": made}]})


def activity(message: Message, mentions: Mapping[str, str], delivery: str = "") -> dict[str, Any]:
    """Return ``message`` as a bot says it; with ``delivery`` (``dlv_…``) each person may see it with the buttons that they may press."""
    made = refreshed(card(message, mentions, clicks=True), delivery) if delivery else card(message, mentions, clicks=True)
    return {"type": "message", "summary": summary(message), "attachments": [{"contentType": CARD, "content": made}]}


def refreshed(made: dict[str, Any], delivery: str) -> dict[str, Any]:
    """Return a card that asks the hub how each person is to see it, if it has buttons that the hub hears.

    No ``userIds``: Teams then asks for everybody in a room of up to 60 people; in a larger one whoever chooses "Refresh card".
    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/up-to-date-views
    """
    if not any(action["type"] == "Action.Execute" for element in made["body"] for action in element.get("actions", ())):
        return made
    return {**made, "refresh": {"action": {"type": "Action.Execute", "title": "Refresh", "verb": LOOK, "data": {"action": LOOK, "delivery": delivery}}}}


def block(text: str, **more: Any) -> dict[str, Any]:
    """Return a text of a card; ``text`` is Markdown already."""
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


def whole(body: list[dict[str, Any]], entities: list[dict[str, object]]) -> dict[str, Any]:
    """Return the card around ``body``."""
    teams: dict[str, Any] = {"width": "Full"}
    if entities:
        teams["entities"] = entities
    return {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body, "msteams": teams}


def execute(title: str, verb: str, data: Mapping[str, Any], style: str = "default") -> dict[str, Any]:
    """Return a button that the hub hears.

    A client that does not know ``Action.Execute`` sends the same as ``Action.Submit``.
    https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model
    """
    shown = {"title": cut(one_line(clean(title)), TITLE_MAX) or "…", **({"style": style} if style != "default" else {}), "data": dict(data)}
    return {"type": "Action.Execute", "verb": verb, **shown, "fallback": {"type": "Action.Submit", **shown}}


_Piece = tuple[str, dict[str, Any]]
"""What it is (``head``, ``body`` or ``end``: what is left out last), and the element."""


def _pieces(message: Message, mentioned: Mentioned, limit: int, clicks: bool) -> list[_Piece]:
    headline = block(rich(message.headline, mentioned, min(limit, 1_000)) or "…", size="medium")
    if (style := _STYLES[message.tone]) != "default":
        headline = {"type": "Container", "style": style, "bleed": True, "items": [headline]}
    found: list[_Piece] = [("head", headline)]
    for part in message.blocks:
        match part:
            case Paragraph(content):
                if shown := rich(content, mentioned, limit).strip():
                    found.append(("body", block(shown)))
            case Quote(content):
                if shown := rich(content, mentioned, limit).strip():
                    found.append(("body", {"type": "Container", "style": "emphasis", "items": [block(shown)]}))
            case Bullets(items):
                lines = [rich(item, mentioned, limit).replace("\n\n", " ").strip() for item in items[:BULLETS_MAX]]
                lines += ["…"] if len(items) > BULLETS_MAX else []
                found += [("body", block("\n".join(f"- {line}" for line in lines[at : at + 20] if line))) for at in range(0, len(lines), 20) if any(lines[at : at + 20])]
            case Fields(pairs):
                facts = [{"title": rich((Text(label),), mentioned, 100), "value": rich(value, mentioned, min(limit, 1_000)) or "–"} for label, value in pairs]
                if facts:
                    found.append(("body", {"type": "FactSet", "facts": facts}))
            case Footer(content):
                if shown := rich(content, mentioned, limit).strip():
                    found.append(("end", block(shown, size="small", isSubtle=True, spacing="small")))
            case Buttons(buttons):
                found += [("end", element) for element in _buttons(buttons, clicks)]
            case Image():
                found.append(("body", _image(part, mentioned, limit)))
    return found


def _image(image: Image, mentioned: Mentioned, limit: int) -> dict[str, Any]:
    """Return the picture, which opens in full when it is clicked; a link where Teams would show none: it takes https alone.

    https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer/image
    """
    url = address(image.url)
    if not is_picture(url):
        return block(rich(image_link(image), mentioned, limit) or "…")
    words = cut(one_line(clean(image.alt)), ALT_MAX)
    if image.small:
        return {"type": "Image", "url": url, "altText": words, "size": "small"}
    return {"type": "Image", "url": url, "altText": words, "size": "auto", "msteams": {"allowExpand": True}}


def _buttons(buttons: Iterable[Button], clicks: bool) -> Iterable[dict[str, Any]]:
    actions: list[dict[str, Any]] = []
    dumb: list[str] = []
    for button in buttons:
        title, url = cut(one_line(clean(button.text)), TITLE_MAX), address(button.url or "")
        if not title:
            continue
        if url:
            actions.append({"type": "Action.OpenUrl", "title": title, "url": url})
        elif button.url is None and button.action and len(button.value) <= VALUE_MAX:
            if clicks:
                actions.append(execute(title, button.action, {"action": button.action, "value": button.value}, _BUTTONS[button.style]))
            else:
                dumb.append(title)
    for at in range(0, len(actions), ACTIONS_MAX):
        yield {"type": "ActionSet", "actions": actions[at : at + ACTIONS_MAX]}
    if dumb:
        yield block(" · ".join(escape(title) for title in dumb), isSubtle=True)


def _card(body: list[dict[str, Any]], mentioned: Mentioned) -> dict[str, Any]:
    return whole(body, mentioned.entities())


def _squeezed(pieces: list[_Piece], mentioned: Mentioned) -> dict[str, Any]:
    """Return the card with as much as fits: headline first, then what ends it, then the rest in order, "…" where something is missing."""
    marker = block("…")
    room = CARD_MAX - len(encode(_card([marker], mentioned)))
    kept: dict[int, dict[str, Any]] = {}
    dropped: int | None = None
    order = {"head": 0, "end": 1, "body": 2}
    for at in sorted(range(len(pieces)), key=lambda at: (order[pieces[at][0]], at)):
        size = len(encode(pieces[at][1])) + 1
        if size > room:
            dropped = at if dropped is None else min(dropped, at)
            continue
        kept[at] = pieces[at][1]
        room -= size
    if dropped is not None:
        kept[dropped] = marker
    return _card([kept[at] for at in sorted(kept)], mentioned)
