"""What Slack accepts as a modal: an independent reading of its documentation.

https://docs.slack.dev/reference/views/modal-views, …/block-kit/blocks/input-block, …/block-kit/block-elements
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fakes import slack_blocks
from fakes.slack_blocks import units

_KEYS = {"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id",
         "submit_disabled"}  # fmt: skip


def faults(view: object) -> list[str]:
    """Return what Slack would say against ``view``; nothing if it would open it."""
    if not isinstance(view, dict):
        return ["view is not an object"]
    found = [f"additional property {key} [/view]" for key in sorted(set(view) - _KEYS)]
    if view.get("type") != "modal":
        found.append("type must be modal [/view/type]")
    for name, needed in (("title", True), ("submit", False), ("close", False)):
        if name in view or needed:
            found += _plain(view.get(name), f"/view/{name}", 24)
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= 100:
        return [*found, "must have 1 to 100 items [/view/blocks]"]
    for name, most in (("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)):
        if not isinstance(view.get(name, ""), str) or units(view.get(name, "")) > most:
            found.append(f"must be less than {most + 1} characters [/view/{name}]")
    inputs = [block for block in blocks if isinstance(block, dict) and block.get("type") == "input"]
    if inputs and "submit" not in view:
        found.append("submit is required with input blocks [/view]")
    ids: set[object] = set()
    for at, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") == "input":
            found += _input(block, f"/view/blocks/{at}")
            if block.get("block_id") in ids:
                found.append(f"block_id is not unique [/view/blocks/{at}]")
            ids.add(block.get("block_id", at))
    return found + slack_blocks.faults([block for block in blocks if block not in inputs])


def too_large(view: object) -> bool:
    """Tell whether Slack would answer ``view_too_large``."""
    return len(json.dumps(view)) > 250_000


def initial_values(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the state of a view that nobody has touched, as Slack sends it with a submission."""
    found: dict[str, dict[str, Any]] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            state: dict[str, Any] = {"type": element["type"]}
            if element["type"] == "plain_text_input":
                state["value"] = element.get("initial_value")
            else:
                state["selected_option"] = element.get("initial_option")
            found[block["block_id"]] = {element["action_id"]: state}
    return found


def option_of(view: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    """Return the option of a select that somebody picks; fails when there is none."""
    [element] = [block["element"] for block in view["blocks"] if block.get("block_id") == field]
    every = element.get("options") or [option for group in element["option_groups"] for option in group["options"]]
    [chosen] = [option for option in every if option["value"] == value]
    return dict(chosen)


def _plain(value: object, where: str, limit: int) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") != "plain_text":
        yield f"not a plain_text object [{where}]"
        return
    words = value.get("text")
    if not isinstance(words, str) or not words.strip():
        yield f"must be more than 0 characters [{where}/text]"
    elif units(words) > limit:
        yield f"must be less than {limit + 1} characters [{where}/text]"


def _input(block: dict[str, Any], where: str) -> Iterator[str]:
    for key in sorted(set(block) - {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}):
        yield f"additional property {key} [{where}]"
    yield from _plain(block.get("label"), f"{where}/label", 2_000)
    if "hint" in block:
        yield from _plain(block["hint"], f"{where}/hint", 2_000)
    if not isinstance(block.get("block_id", ""), str) or len(block.get("block_id", "")) > 255:
        yield f"invalid block_id [{where}]"
    element = block.get("element")
    if not isinstance(element, dict):
        yield f"no element [{where}]"
        return
    if not isinstance(element.get("action_id", ""), str) or len(element.get("action_id", "")) > 255:
        yield f"invalid action_id [{where}/element]"
    match element.get("type"):
        case "plain_text_input":
            yield from _line(element, f"{where}/element")
        case "static_select":
            yield from _select(element, f"{where}/element")
        case "external_select":
            if not isinstance(element.get("min_query_length", 3), int):
                yield f"invalid min_query_length [{where}/element]"
        case other:
            yield f"unsupported element {other!r} [{where}/element]"


def _line(element: dict[str, Any], where: str) -> Iterator[str]:
    allowed = {"type", "action_id", "initial_value", "multiline", "min_length", "max_length", "placeholder", "dispatch_action_config", "focus_on_load"}
    for key in sorted(set(element) - allowed):
        yield f"additional property {key} [{where}]"
    longest = element.get("max_length", 3_000)
    if not isinstance(longest, int) or not 1 <= longest <= 3_000:
        yield f"max_length must be 1 to 3000 [{where}]"
    elif len(element.get("initial_value", "")) > longest:
        yield f"initial_value is too long [{where}]"


def _select(element: dict[str, Any], where: str) -> Iterator[str]:
    groups = element.get("option_groups")
    if ("options" in element) == (groups is not None):
        yield f"either options or option_groups [{where}]"
        return
    lists = [element["options"]] if groups is None else [group.get("options") for group in groups]
    if groups is not None:
        if not 1 <= len(groups) <= 100:
            yield f"must have 1 to 100 items [{where}/option_groups]"
        for at, group in enumerate(groups):
            yield from _plain(group.get("label"), f"{where}/option_groups/{at}/label", 75)
    every = []
    for options in lists:
        if not isinstance(options, list) or not 1 <= len(options) <= 100:
            yield f"must have 1 to 100 items [{where}/options]"
            return
        every += options
    for at, option in enumerate(every):
        yield from _plain(option.get("text"), f"{where}/options/{at}/text", 75)
        if not isinstance(option.get("value"), str) or not 1 <= units(option["value"]) <= 150:
            yield f"value must be 1 to 150 characters [{where}/options/{at}]"
    if "initial_option" in element and element["initial_option"] not in every:
        yield f"initial_option is not one of the options [{where}]"
