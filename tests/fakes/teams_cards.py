"""What Teams takes as a message, and what a reader sees of it.

https://adaptivecards.io/explorer/, https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

CARD = "application/vnd.microsoft.card.adaptive"
_ELEMENTS = {"TextBlock", "Container", "FactSet", "ActionSet", "Input.Text", "Input.ChoiceSet", "Input.Toggle", "Image"}
_ACTIONS = {"Action.OpenUrl", "Action.Execute", "Action.Submit"}
_STYLES = {"default", "emphasis", "good", "attention", "warning", "accent"}
_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|\[((?:\\.|[^\[\]\\])*)\]\(([^()\s]+)\)|<at>([^<>]*)</at>|(\*\*|__|\*|_|`|~~)|&(lt|gt|amp|quot|nbsp);")


def card_refusal(card: Any, *, clicks: bool) -> str | None:
    """Return what is wrong with an Adaptive Card, ``None`` when Teams shows it."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return "no AdaptiveCard"
    if card.get("version") not in ("1.2", "1.3", "1.4", "1.5"):
        return "version"
    if not isinstance(card.get("body"), list) or not card["body"]:
        return "body"
    ids: set[str] = set()
    for element in elements(card):
        if element.get("type") not in _ELEMENTS:
            return f"element {element.get('type')}"
        if element["type"] == "TextBlock" and not (isinstance(element.get("text"), str) and element["text"]):
            return "TextBlock.text"
        if element["type"] == "FactSet" and not all(isinstance(fact.get("title"), str) and isinstance(fact.get("value"), str) for fact in element["facts"]):
            return "FactSet.facts"
        if element["type"] == "Container" and element.get("style", "default") not in _STYLES:
            return "Container.style"
        if element["type"] == "Image" and not (element.get("url", "").startswith("https://") and isinstance(element.get("altText"), str)):
            return "Image.url"
        if element["type"] == "Image" and element.get("size", "auto") not in ("auto", "stretch", "small", "medium", "large"):
            return "Image.size"
        if element["type"].startswith("Input."):
            if not element.get("id") or element["id"] in ids:
                return "Input.id"
            ids.add(element["id"])
        if element["type"] == "ActionSet" and len(element["actions"]) > 6:
            return "more than six actions"  # Teams shows six
    for action in actions(card):
        if action.get("type") not in _ACTIONS or not action.get("title"):
            return f"action {action.get('type')}"
        if action["type"] == "Action.OpenUrl" and not re.match(r"https?://|mailto:", action.get("url", "")):
            return "Action.OpenUrl.url"
        if action["type"] == "Action.Execute" and not clicks:
            return "Action.Execute without a bot"
        if action["type"] == "Action.Execute" and not (action.get("verb") and isinstance(action.get("data", {}), dict)):
            return "Action.Execute"
        if action.get("style", "default") not in ("default", "positive", "destructive"):
            return "Action.style"
    if (refresh := card.get("refresh")) is not None:
        action, ids = refresh.get("action", {}), refresh.get("userIds", [])
        if not clicks or action.get("type") != "Action.Execute" or not action.get("verb") or not isinstance(action.get("data", {}), dict):
            return "refresh.action"
        if len(ids) > 60 or not all(re.match("29:.", id) for id in ids):
            return "refresh.userIds"
    entities = card.get("msteams", {}).get("entities", [])
    for entity in entities:
        if entity.get("type") != "mention" or not entity["mentioned"].get("id") or entity["text"] not in json.dumps(card["body"], ensure_ascii=False):
            return "msteams.entities"
    return None


def elements(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every element, in reading order."""
    for element in card.get("body", card.get("items", [])):
        yield element
        if element.get("type") == "Container":
            yield from elements(element)


def actions(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every button."""
    for element in elements(card):
        yield from element.get("actions", [])
    yield from card.get("actions", [])


def texts(card: dict[str, Any]) -> Iterator[str]:
    """Yield every text that is Markdown."""
    for element in elements(card):
        match element["type"]:
            case "TextBlock":
                yield element["text"]
            case "FactSet":
                for fact in element["facts"]:
                    yield fact["title"]
                    yield fact["value"]
            case "ActionSet" | "Image":
                pass
            case _:
                yield element.get("label", "")


def shown(text: str) -> str:
    """Return what a reader sees of a text: marks undone, links as their words."""

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        if found[2] is not None:
            return shown(found[2])
        if found[4] is not None:
            return found[4]
        if found[6]:
            return {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "nbsp": " "}[found[6]]
        return ""

    lines = [re.sub(r"^\s*(?:[-+*]|\d+[.)])\s+", "", line) for line in text.split("\n")]
    return re.sub(r"\n\n+", "\n", "\n".join(_TOKEN.sub(one, line) for line in lines)).replace("\u200b", "")


def links(text: str) -> list[str]:
    """Return where the links of a text lead, a backslash before a bracket taking its meaning."""
    return [found[3].replace("%28", "(").replace("%29", ")") for found in _TOKEN.finditer(text) if found[2] is not None]


def formatted(text: str) -> bool:
    """Return whether a mark of emphasis, a list, a quotation or a heading is alive in a text."""
    return any(found[5] for found in _TOKEN.finditer(text)) or bool(re.search(r"(?m)^\s*(?:[-+*>#]|\d+[.)])(?:\s|$)", text))


def pictures(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the pictures of a card: address, and what is said of them."""
    return [(element["url"], element["altText"]) for element in elements(card) if element["type"] == "Image"]


def mentions(card: dict[str, Any]) -> list[str]:
    """Return who is called, by a text that an entity knows."""
    by_text = {entity["text"]: entity["mentioned"]["id"] for entity in card.get("msteams", {}).get("entities", [])}
    return [by_text[found[0]] for text in texts(card) for found in _TOKEN.finditer(text) if found[0] in by_text]


def words(card: dict[str, Any]) -> str:
    """Return all that a card says, buttons too."""
    return "\n".join([*(shown(text) for text in texts(card)), *(action["title"] for action in actions(card))])


def urls(card: dict[str, Any]) -> list[str]:
    """Return where a reader of the card may go."""
    return [*(link for text in texts(card) for link in links(text)), *(action["url"] for action in actions(card) if action["type"] == "Action.OpenUrl")]
