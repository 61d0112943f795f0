"""The MessageCard of Office 365 connectors, read.

https://learn.microsoft.com/outlook/actionable-messages/message-card-reference. Connectors are gone since 2026; what posts to them is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leverframe.core.cards import Action, Actions, Ask, Card, Elsewhere, Facts, Input, Open, Part, Picture, Pictures, Post, Words
from leverframe.core.cards.colours import tone_of
from leverframe.sources.teams.fields import LONGEST_IMAGE, Fields, Numbers, invalid

SECTIONS, FACTS, ACTIONS, INPUTS, CHOICES, HEADERS = 50, 100, 25, 25, 100, 20
"""How many of each one card may have; Teams shows ten sections and four buttons."""
_UNSENT = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect", "proxy-authorization"})
"""Headers that are the hub's own to say."""


def read(card: Fields, numbers: Numbers) -> Card:
    """Return the card. Raises ``Refused("card_invalid")`` with the path of what is wrong."""
    title, text, summary = card.text("title", most=1_000), card.text("text"), card.text("summary", most=1_000)
    parts: list[Part] = []
    if text.strip():
        parts.append(Words(text=text))
    sections = card.each("sections", most=SECTIONS)
    for section in sections:
        parts.extend(_section(section, numbers))
    if actions := _actions(card, "potentialAction", numbers):
        parts.append(Actions(actions=actions))
    if not (title.strip() or text.strip() or summary.strip() or parts):
        raise invalid("summary", "one_of_needed", known="summary, text")
    return Card(title=title, summary=summary, tone=tone_of(card.text("themeColor", most=30)), parts=tuple(parts))


def _section(section: Fields, numbers: Numbers) -> Iterable[Part]:
    formatted = section.value.get("markdown") is not False
    for key in ("title", "activityTitle"):
        if (said := section.text(key)).strip():
            yield Words(text=said, weight="heading", formatted=formatted)
    if (said := section.text("activitySubtitle")).strip():
        yield Words(text=said, weight="subtle", formatted=formatted)
    for key in ("activityText", "text"):
        if (said := section.text(key)).strip():
            yield Words(text=said, formatted=formatted)
    if pairs := [(fact.text("name"), fact.text("value")) for fact in section.each("facts", most=FACTS)]:
        yield Facts(pairs=tuple(pairs))
    if pictures := [*_pictures(section)]:
        yield Pictures(pictures=tuple(pictures))
    if actions := _actions(section, "potentialAction", numbers):
        yield Actions(actions=actions)


def _pictures(section: Fields) -> Iterable[Picture]:
    if section.text("activityImage", most=LONGEST_IMAGE).strip():
        article = section.text("activityImageType").lower() == "article"
        yield Picture(url=section.picture("activityImage"), title=section.text("activityTitle")[:200], form="picture" if article else "small")
    hero = section.one("heroImage")
    for image in [*([hero] if hero is not None else []), *section.each("images", most=ACTIONS)]:
        yield Picture(url=image.picture("image"), title=image.text("title")[:200])


def _actions(of: Fields, key: str, numbers: Numbers) -> tuple[Action, ...]:
    return tuple(_action(one, numbers) for one in of.each(key, most=ACTIONS))


def _action(action: Fields, numbers: Numbers) -> Action:
    match action.text("@type"):
        case "OpenUri" | "ViewAction":
            return _open(action)
        case "HttpPOST":
            return _post(action, numbers, ())
        case "ActionCard":
            return _ask(action, numbers)
        case "InvokeAddInCommand":
            return Elsewhere(name=action.needed("name", most=200))
        case other:
            raise invalid(action.where("@type"), "none_of", met=repr(other[:50]), known="OpenUri, HttpPOST, ActionCard")


def _open(action: Fields) -> Open:
    name = action.needed("name", most=200)
    target = action.value.get("target")  # of a ViewAction: https://schema.org/ViewAction
    if isinstance(target, list) and target and isinstance(target[0], str):
        return Open(name=name, url=action.web(target[0], "target"))
    targets = action.each("targets", most=ACTIONS)
    chosen = next((one for one in targets if one.text("os") in ("", "default")), targets[0] if targets else None)
    if chosen is None:
        raise invalid(action.where("targets"), "missing")
    return Open(name=name, url=chosen.address("uri"))


def _post(action: Fields, numbers: Numbers, inputs: tuple[Input, ...]) -> Post:
    body = action.value.get("body")
    if body is not None and not isinstance(body, str):  # written as JSON where the format wants the text of it
        raise invalid(action.where("body"), "must_be_json_text")
    content_type = action.text("bodyContentType", most=200).strip() or "application/json"
    if content_type.partition(";")[0].strip().lower() not in ("application/json", "application/x-www-form-urlencoded"):
        raise invalid(action.where("bodyContentType"), "one_of", known="application/json, application/x-www-form-urlencoded")
    return Post(
        id=numbers(), name=action.needed("name", most=200), target=action.address("target"), body=action.text("body"), content_type=content_type,
        headers=headers(action), inputs=inputs,
    )  # fmt: skip


def headers(action: Fields) -> tuple[tuple[str, str], ...]:
    """Return the headers that a button sends, but for those that are the hub's own to say."""
    found: list[tuple[str, str]] = []
    for one in action.each("headers", most=HEADERS):
        name, value = one.needed("name", most=100).strip(), one.text("value", most=4_000)
        if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
            raise invalid(one.where("name"), "header_name_is_none")
        if any(ord(letter) < 0x20 or ord(letter) > 0xFF or letter == "\x7f" for letter in value):
            raise invalid(one.where("value"), "header_value")
        if name.lower() not in _UNSENT:
            found.append((name, value))
    return tuple(found)


def _ask(action: Fields, numbers: Numbers) -> Action:
    name, inputs = action.needed("name", most=200), tuple(_input(one) for one in action.each("inputs", most=INPUTS))
    _unique(action, inputs)
    actions = action.each("actions", most=ACTIONS)
    posts = tuple(_post(one, numbers, ()) for one in actions if one.text("@type") == "HttpPOST")
    links = [one for one in actions if one.text("@type") in ("OpenUri", "ViewAction")]
    if wrong := next((one for one in actions if one.text("@type") not in ("HttpPOST", "OpenUri", "ViewAction")), None):
        raise invalid(wrong.where("@type"), "one_of", known="HttpPOST, OpenUri")
    if posts:
        return Ask(id=numbers(), name=name, inputs=inputs, posts=posts)
    if links:
        return Open(name=name, url=_open(links[0]).url)
    raise invalid(action.where("actions"), "missing")


def _input(one: Fields) -> Input:
    kind = one.text("@type")
    id, title = one.needed("id", most=100), one.text("title", most=1_000)
    value, required = one.text("value", most=3_000), one.flag("isRequired")
    match kind:
        case "TextInput":
            return Input(id=id, title=title, value=value, required=required, multiline=one.flag("isMultiline"), max_length=_length(one.number("maxLength")))
        case "DateInput":
            return Input(id=id, kind="date", title=title, value=value, required=required)
        case "MultichoiceInput":
            choices = tuple((each.needed("value", most=1_000), each.text("display", most=1_000) or each.text("value")) for each in one.each("choices", most=CHOICES))
            if not choices:
                raise invalid(one.where("choices"), "missing")
            return Input(id=id, kind="choice", title=title, value=value, required=required, choices=choices, several=one.flag("isMultiSelect"))
        case _:
            raise invalid(one.where("@type"), "none_of", met=repr(kind[:50]), known="TextInput, DateInput, MultichoiceInput")


def _length(most: int | None) -> int | None:
    return most if most is not None and most > 0 else None


def _unique(action: Fields, inputs: Sequence[Input]) -> None:
    seen: set[str] = set()
    for at, one in enumerate(inputs):
        if one.id in seen:
            raise invalid(f"{action.where('inputs')}[{at}].id", "there_twice")
        seen.add(one.id)
