"""Cards that somebody posted, worded for every chat: its text as it is, its buttons, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

import msgspec

from leverframe.core.cards import (
    Action,
    Actions,
    Ask,
    Card,
    Elsewhere,
    Facts,
    Open,
    Picture,
    Pictures,
    Post,
    Press,
    PressState,
    Words,
    Wrong,
    markdown,
)
from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import (
    Block,
    Bold,
    Button,
    Buttons,
    Fields,
    Footer,
    Image,
    Inline,
    Message,
    Paragraph,
    Person,
    Rich,
    Text,
    image_link,
)
from leverframe.core.payload import has_userinfo, is_picture, is_web, items, mapping, moment, number, text
from leverframe.core.wording.cards import en, ko
from leverframe.core.wording.footers import shown_time
from leverframe.core.wording.quoting import one_line
from leverframe.decoding import converted

PRESS = "card"
"""The action of a card's button; its value is the card's id and the button's (:func:`value_of`)."""
HEADLINE = 300
PICTURES = 10
"""Shown of one message; further ones are links."""


class Cards(Protocol):
    """A language; what each function returns is said where it is written."""

    def a_card(self) -> str:
        """See ``en``."""

    def image(self) -> str:
        """See ``en``."""

    def only_there(self, names: Sequence[str]) -> str:
        """See ``en``."""

    def pressed(self, action: str, by: str, state: PressState, said: str, when: str) -> Rich:
        """See ``en``."""

    def sent(self, host: str) -> str:
        """See ``en``."""

    def beginning(self, host: str) -> str:
        """See ``en``."""

    def not_replaced(self, detail: str) -> str:
        """See ``en``."""

    def dispatched(self, event_type: str, project: str) -> str:
        """See ``en``."""

    def dispatch_waits(self, event_type: str, project: str) -> str:
        """See ``en``."""

    def dispatch_dead(self, event_type: str, project: str) -> str:
        """See ``en``."""

    def dispatch_lost(self, event_type: str, project: str) -> str:
        """See ``en``."""

    def wrong(self, what: Wrong) -> str:
        """See ``en``."""

    CANCEL: str
    WHICH: str
    DATE_HINT: str


CARDS: Mapping[Locale, Cards] = {"en": en, "ko": ko}


def value_of(card: str, button: str, revision: int) -> str:
    """Return the value of a button: ``evt_…~p1~0``."""
    return f"{card}~{button}~{revision}"


def read_value(value: str) -> tuple[str, str, int] | None:
    """Return what :func:`value_of` was given; ``None`` for anything else."""
    card, _, rest = value.partition("~")
    button, _, revision = rest.partition("~")
    return (card, button, int(revision)) if card and button and revision.isdecimal() and len(revision) < 10 else None


def word(event: Event, locale: Locale, zone: tzinfo) -> Message:
    """Return the message of a card; never raises."""
    card = card_of(event)
    presses = [press for one in items(event.payload, "presses") if (press := _press(one)) is not None]
    return compose(card, text(event.payload, "of"), presses, CARDS[locale], zone, revision=number(event.payload, "revision") or 0)


def card_of(event: Event) -> Card:
    """Return the card that an event carries."""
    try:
        return converted(mapping(event.payload, "card"), Card)
    except msgspec.ValidationError:  # kept by another version
        return Card()


def compose(card: Card, key: str, presses: Sequence[Press], say: Cards, zone: tzinfo, *, revision: int = 0) -> Message:
    """Return the card as a message; ``key`` is its id, which its buttons carry
    with its ``revision``."""
    headline, taken = _headline(card)
    blocks: list[Block] = []
    elsewhere: list[str] = []
    for at, part in enumerate(card.parts):
        match part:
            case Words() if at == taken:
                blocks.extend(_rest(part))
            case Words():
                blocks.extend(_words(part))
            case Facts(pairs=pairs):
                blocks.append(Fields(tuple((_bare(name).removesuffix(":"), markdown.inline(value)) for name, value in pairs)))
            case Pictures(pictures=pictures):
                blocks.extend(_pictures(pictures, say, PICTURES - sum(isinstance(block, Image) for block in blocks)))
            case Actions(actions=actions):
                elsewhere.extend(one_line(one.name) for one in actions if isinstance(one, Elsewhere))
                if buttons := tuple(_button(one, key, revision) for one in actions if not isinstance(one, Elsewhere)):
                    blocks.append(Buttons(buttons))
    if elsewhere:
        blocks.append(Footer((Text(say.only_there(elsewhere)),)))
    for press in presses:
        at_ = moment({"at": press.at}, "at")
        when = "" if at_ is None else shown_time(at_, zone)
        blocks.append(Footer(say.pressed(one_line(press.action), one_line(press.by), press.state, one_line(press.said, HEADLINE), when)))
    return Message(headline=headline or (Bold(say.a_card()),), blocks=tuple(blocks), tone=card.tone)


def _headline(card: Card) -> tuple[Rich, int]:
    """Return the headline, and the place of the part that it was taken from (or -1): the title, else the first words that there are."""
    if card.title.strip():
        return _bold(markdown.inline(card.title)), -1
    for at, part in enumerate(card.parts):
        if isinstance(part, Words) and (first := _lines(part)[0]):
            line = markdown.inline(first) if part.formatted else (Text(first),)
            return (_bold(line) if part.weight == "heading" else line), at
        if isinstance(part, Words | Facts):
            break
    return _bold(markdown.inline(card.summary)), -1


def _lines(words: Words) -> tuple[str, str]:
    """Return the first line, where it can stand alone (it is short, and no list or quotation begins with it), and the rest."""
    first, _, rest = words.text.strip().partition("\n")
    found = markdown.blocks(first) if words.formatted else [Paragraph((Text(first),))]
    return (first.strip().lstrip("# "), rest) if len(first) <= HEADLINE and len(found) == 1 and isinstance(found[0], Paragraph) else ("", words.text)


def _rest(words: Words) -> list[Block]:
    rest = _lines(words)[1].strip()
    return _words(Words(text=rest, weight=words.weight, formatted=words.formatted)) if rest else []


def _words(words: Words) -> list[Block]:
    found: list[Block] = markdown.blocks(words.text) if words.formatted else [Paragraph((Text(words.text.strip()),))]
    match words.weight:
        case "heading":
            return [Paragraph(_bold(one.content)) if isinstance(one, Paragraph) else one for one in found]
        case "subtle":
            return [Footer(one.content) if isinstance(one, Paragraph) else one for one in found]
        case "plain":
            return found


def _pictures(pictures: Sequence[Picture], say: Cards, room: int) -> list[Block]:
    """Return the first ``room`` pictures, and a line of what is no picture: links, and titles where even a link would be wrong."""
    shown: list[Block] = []
    line: list[Inline] = []
    for one in pictures:
        image = Image(one.url, _bare(one.title) or say.image(), small=one.form == "small")
        if len(shown) < room and one.form != "link" and is_picture(one.url):
            shown.append(image)
        else:
            may_lead = is_web(one.url) and not has_userinfo(one.url)
            line.extend((Text("  "), *(image_link(image) if may_lead else (Text(f"🖼 {image.alt}"),))))
    return [*shown, Paragraph(tuple(line[1:]))] if line else shown


def _bare(text: str) -> str:
    """Return ``text`` without its marks: a label, a title."""
    return one_line("".join(part.login if isinstance(part, Person) else part.text for part in markdown.inline(text)))


def _bold(content: Rich) -> Rich:
    return tuple(Bold(part.text) if isinstance(part, Text) and part.text.strip() else part for part in content)


def _button(action: Action, key: str, revision: int) -> Button:
    match action:
        case Open(name=name, url=url):
            return Button(one_line(name), url=url)
        case Post(name=name, id=id, inputs=inputs):
            return Button(one_line(name) + ("…" if inputs else ""), action=PRESS, value=value_of(key, id, revision))
        case Ask(name=name, id=id):
            return Button(one_line(name) + "…", action=PRESS, value=value_of(key, id, revision))
        case Elsewhere(name=name):
            return Button(one_line(name))


def _press(kept: Mapping[str, object]) -> Press | None:
    try:
        return converted(kept, Press)
    except msgspec.ValidationError:
        return None
