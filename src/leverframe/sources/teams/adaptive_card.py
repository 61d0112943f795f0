"""The Adaptive Card, read as far as it means something outside its own client: text, facts, columns, images, links, and requests.

https://adaptivecards.io/explorer; ``Action.Http`` is Outlook's (https://learn.microsoft.com/outlook/actionable-messages/adaptive-card).
``Action.Submit`` and ``Action.Execute`` go to the bot that posted a card, and a webhook has none: they are shown as what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leverframe.core.cards import Action, Actions, Ask, Card, Elsewhere, Facts, Input, Open, Part, Picture, Pictures, Post, Words
from leverframe.core.cards.colours import tone_of
from leverframe.core.messages import Tone
from leverframe.sources.teams.fields import LONGEST_IMAGE, Fields, Numbers, invalid
from leverframe.sources.teams.message_card import ACTIONS, CHOICES, FACTS, headers

ELEMENTS, DEEPEST, MOST = 200, 12, 1_000
"""Elements of one list, levels of containers, and elements of a whole card."""
_HELD: dict[str, tuple[str, ...]] = {
    "Container": ("items",), "ColumnSet": ("columns",), "Column": ("items",), "ImageSet": ("images",), "Carousel": ("pages",), "CarouselPage": ("items",),
}  # fmt: skip
"""Elements that hold others, and where."""
_RANK: dict[Tone, int] = {"neutral": 0, "progress": 0, "good": 1, "warning": 2, "bad": 3}


def read(card: Fields, numbers: Numbers) -> Card:
    """Return the card. Raises ``Refused("card_invalid")`` with the path of what is wrong."""
    reading = _Reading(numbers)
    reading.elements(card, "body", 0)
    reading.buttons(card, "actions", 0)
    parts = _together(reading.parts)
    posts = reading.asking(parts)
    if not posts:
        raise invalid("body", "may_not_be_empty")
    return Card(title="", summary=card.text("fallbackText", most=1_000) or card.text("speak", most=1_000), tone=reading.tone, parts=tuple(posts))


class _Reading:
    """What one card says so far."""

    def __init__(self, numbers: Numbers) -> None:
        self.parts: list[Part] = []
        self.tone: Tone = "neutral"
        self._inputs: list[Input] = []
        self._numbers, self._seen = numbers, 0

    def elements(self, of: Fields, key: str, depth: int) -> None:
        if depth > DEEPEST:
            raise invalid(of.where(key), "nests_too_deep", most=DEEPEST)
        for one in of.each(key, most=ELEMENTS):
            self._seen += 1
            if self._seen > MOST:
                raise invalid(one.path, "at_most_elements", most=MOST)
            self._element(one, depth)

    def _element(self, one: Fields, depth: int) -> None:
        kind = one.text("type")
        match kind:
            case "TextBlock":
                self._text(one)
            case "RichTextBlock":
                self.parts.extend([Words(text=said, formatted=False)] if (said := _runs(one)).strip() else [])
            case "FactSet":
                pairs = tuple((fact.text("title"), fact.text("value")) for fact in one.each("facts", most=FACTS))
                self.parts.extend([Facts(pairs=pairs)] if pairs else [])
            case "Image":
                self._image(one)
            case "Media":
                self.parts.extend(_media(one))
            case "Table":
                self._table(one, depth)
            case "ActionSet":
                self.buttons(one, "actions", depth)
            case _ if kind in _HELD:
                self._tell(one.text("style"))
                for key in _HELD[kind]:
                    self.elements(one, key, depth + 1)
                self._selected(one)
            case _ if kind.startswith("Input."):
                self._input(one, kind)
            case _ if not kind and "items" in one.value:  # a column may leave its type out
                self.elements(one, "items", depth + 1)
            case "":
                raise invalid(one.where("type"), "missing")
            case _:  # an element of a later version: what it falls back to, or nothing
                fallback = one.value.get("fallback")
                if isinstance(fallback, dict) and depth < DEEPEST:
                    self._element(Fields(fallback, one.where("fallback")), depth + 1)

    def _text(self, one: Fields) -> None:
        said = one.text("text")
        if not said.strip():
            return
        heading = one.text("weight").lower() == "bolder" or one.text("size").lower() in ("large", "extralarge") or one.text("style").lower() == "heading"
        self._tell(one.text("color"))
        self.parts.append(Words(text=said, weight="heading" if heading else "subtle" if one.flag("isSubtle") else "plain"))

    def _tell(self, colour: str) -> None:
        tone = tone_of(colour) if colour.lower() in ("attention", "good", "warning") else "neutral"
        self.tone = tone if _RANK[tone] > _RANK[self.tone] else self.tone

    def _image(self, one: Fields) -> None:
        small = one.text("size").lower() == "small" or one.text("style").lower() == "person"
        title = one.text("altText", most=LONGEST_IMAGE)[:200]
        self.parts.append(Pictures(pictures=(Picture(url=one.picture("url"), title=title, form="small" if small else "picture"),)))
        self._selected(one)

    def _table(self, one: Fields, depth: int) -> None:
        """Each row becomes a line, its cells divided by bars."""
        lines = []
        for row in one.each("rows", most=ELEMENTS):
            cells = []
            for cell in row.each("cells", most=ACTIONS):
                inner = _Reading(self._numbers)
                inner.elements(cell, "items", depth + 1)
                cells.append(" ".join(part.text for part in inner.parts if isinstance(part, Words)))
            lines.append("- " + " | ".join(cells))
        self.parts.extend([Words(text="\n".join(lines))] if lines else [])

    def _input(self, one: Fields, kind: str) -> None:
        id, title = one.needed("id", most=100), one.text("label", most=1_000) or one.text("placeholder", most=1_000) or one.text("title", most=1_000)
        value, required = one.text("value", most=3_000), one.flag("isRequired")
        match kind.removeprefix("Input."):
            case "ChoiceSet":
                choices = tuple((each.needed("value", most=1_000), each.text("title", most=1_000) or each.text("value")) for each in one.each("choices", most=CHOICES))
                if choices:
                    several = one.flag("isMultiSelect")
                    self._inputs.append(Input(id=id, kind="choice", title=title, value=value, required=required, choices=choices, several=several))
            case "Toggle":
                on, off = one.text("valueOn") or "true", one.text("valueOff") or "false"
                self._inputs.append(Input(id=id, kind="choice", title=title, value=value or off, required=required, choices=((on, on), (off, off))))
            case "Date":
                self._inputs.append(Input(id=id, kind="date", title=title, value=value, required=required))
            case _:
                self._inputs.append(Input(id=id, title=title, value=value, required=required, multiline=one.flag("isMultiline"), max_length=one.number("maxLength") or None))

    def _selected(self, one: Fields) -> None:
        action = one.one("selectAction")
        if action is not None and action.text("type") == "Action.OpenUrl" and action.text("title").strip():
            self.parts.append(Actions(actions=(Open(name=action.text("title", most=200), url=action.address("url")),)))

    def buttons(self, of: Fields, key: str, depth: int) -> None:
        """Read buttons. A card behind a button is shown below it: a chat unfolds nothing."""
        actions: list[Action] = []
        unfolded: list[Fields] = []
        for one in of.each(key, most=ACTIONS):
            match one.text("type"):
                case "Action.OpenUrl":
                    actions.append(Open(name=one.text("title", most=200).strip() or one.address("url")[:60], url=one.address("url")))
                case "Action.Http":
                    actions.append(self._http(one))
                case "Action.Submit" | "Action.Execute":
                    actions.append(Elsewhere(name=one.text("title", most=200).strip() or "…"))
                case "Action.ShowCard":
                    unfolded.append(one)
                case "":
                    raise invalid(one.where("type"), "missing")
                case _:  # ToggleVisibility and what comes after: everything is visible here
                    pass
        if actions:
            self.parts.append(Actions(actions=tuple(actions)))
        for one in unfolded:
            inner = one.one("card")
            if inner is None:
                raise invalid(one.where("card"), "missing")
            if depth >= DEEPEST:
                raise invalid(one.path, "nests_too_deep", most=DEEPEST)
            if (title := one.text("title", most=200)).strip():
                self.parts.append(Words(text=title, weight="heading", formatted=False))
            self.elements(inner, "body", depth + 1)
            self.buttons(inner, "actions", depth + 1)

    def _http(self, one: Fields) -> Post:
        if one.text("method").upper() not in ("POST", ""):
            raise invalid(one.where("method"), "only", known="POST")
        sent = headers(one)
        content_type = next((each.text("value") for each in one.each("headers", most=20) if each.text("name").lower() == "content-type"), "application/json")
        return Post(id=self._numbers(), name=one.text("title", most=200).strip() or "…", target=one.address("url"), body=one.text("body"), content_type=content_type, headers=sent)

    def asking(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts with the card's inputs asked for by each button that sends a request: in a card they stand apart."""
        inputs = tuple(self._inputs)
        if not inputs:
            return list(parts)

        def asks(action: Action) -> Action:
            return Ask(id=self._numbers(), name=action.name, posts=(action,), inputs=inputs) if isinstance(action, Post) else action

        return [Actions(actions=tuple(asks(one) for one in part.actions)) if isinstance(part, Actions) else part for part in parts]


def _runs(one: Fields) -> str:
    inlines: Any = one.value.get("inlines")
    if not isinstance(inlines, list):
        raise invalid(one.where("inlines"), "must_be_list")
    return "".join(run if isinstance(run, str) else Fields(run, one.where("inlines")).text("text") for run in inlines if isinstance(run, str | dict))


def _media(one: Fields) -> Iterable[Part]:
    for source in one.each("sources", most=1):
        yield Pictures(pictures=(Picture(url=source.address("url"), title=one.text("altText", most=200), form="link"),))


def _together(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with neighbours of a kind made one: columns of images, several sets of buttons."""
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        match before, part:
            case Pictures(), Pictures():
                found[-1] = Pictures(pictures=(*before.pictures, *part.pictures))
            case Actions(), Actions():
                found[-1] = Actions(actions=(*before.actions, *part.actions))
            case Facts(), Facts():
                found[-1] = Facts(pairs=(*before.pairs, *part.pairs))
            case _:
                found.append(part)
    return found
