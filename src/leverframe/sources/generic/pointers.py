"""JSON pointers: where something stands in a payload. https://www.rfc-editor.org/rfc/rfc6901"""

from __future__ import annotations

import re

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def read(pointer: str) -> tuple[str, ...]:
    """Return the steps of ``pointer``; raises ``ValueError`` when it is none."""
    if not pointer.startswith("/") or re.search(r"~(?![01])", pointer):
        raise ValueError(f"{pointer!r} is no JSON pointer, such as /data/title")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def text_at(payload: object, steps: tuple[str, ...] | None) -> str:
    """Return what stands there as text: a number or a truth value as JSON writes it; nothing for nothing, lists and objects."""
    if steps is None:
        return ""
    found = payload
    for step in steps:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and _INDEX.fullmatch(step) and int(step) < len(found):
            found = found[int(step)]
        else:
            return ""
    match found:
        case str():
            return found.encode("utf-8", "replace").decode()
        case bool():
            return "true" if found else "false"
        case int() | float():
            return str(found)
        case _:
            return ""
