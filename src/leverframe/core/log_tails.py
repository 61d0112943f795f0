"""The end of a log, as a message can show it."""

from __future__ import annotations

import re

LINES = 20
CHARACTERS = 2000
# Colours and cursor movements (ECMA-48), and the other control characters but tab and line feed.
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def tail(log: str) -> str:
    """Return the last :data:`LINES` lines that say something, at most :data:`CHARACTERS` characters, without colours and control characters."""
    written = _CONTROL.sub("", log.replace("\r\n", "\n"))
    said = [line.rstrip() for line in written.split("\n") if line.strip()][-LINES:]
    while len(said) > 1 and sum(map(len, said)) + len(said) - 1 > CHARACTERS:
        said.pop(0)
    return "\n".join(said)[-CHARACTERS:]
