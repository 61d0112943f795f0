"""Where each key of a TOML file stands: ``tomllib`` gives values without lines, and an error needs one.

The scanner reads text that ``tomllib`` has already accepted, so it only has to know where strings, comments and brackets
end (https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import re
import tomllib
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|(?!""").)*"""(?:"{0,2})|' r"'''(?:(?!''').)*'''(?:'{0,2})|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]\}\r\n#]+")


def locate(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table, key and array item of ``text``, which ``tomllib`` has accepted.

    Paths are those of the parsed document: ``("routes", 0, "to", 1)``. A table that is only named inside a longer header
    has the line of the first such header.
    """
    return _Scanner(text.replace("\r\n", "\n")).document()


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """Return the line of ``path``, or of the nearest table around it that is written down, or 1."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(path[:length])) is not None:
            return line
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.line, self.counted = 1, 0
        self.found: dict[KeyPath, int] = {}
        self.arrays: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self.skip(_BLANK) < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self.header(2)
            elif self.text.startswith("[", self.at):
                table = self.header(1)
            else:
                self.pair(table)
        return self.found

    def header(self, brackets: int) -> KeyPath:
        line = self.here()
        self.at += brackets
        keys = self.keys()
        self.at += brackets
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self.inside((*path, key))
            self.found.setdefault(path, line)
        path = (*path, keys[-1])
        if brackets == 2:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            self.found.setdefault(path, line)
            path = self.inside(path)
        self.found[path] = line
        return path

    def inside(self, path: KeyPath) -> KeyPath:
        """Return the path of the last item when ``path`` is an array of tables, else ``path``."""
        return (*path, self.arrays[path]) if path in self.arrays else path

    def pair(self, table: KeyPath) -> None:
        line = self.here()
        path = table
        for key in self.keys():
            path = (*path, key)
            self.found.setdefault(path, line)
        self.at += 1  # the equals sign
        self.value(path)

    def keys(self) -> list[str]:
        """Read ``a."b.c".d`` and the space around it."""
        keys = []
        while True:
            self.skip(_SPACE)
            if self.text[self.at] in "\"'":
                quoted = self.take(_STRING)
                keys.append(tomllib.loads(f"k = {quoted}")["k"])
            else:
                keys.append(self.take(_BARE))
            self.skip(_SPACE)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def value(self, path: KeyPath) -> None:
        self.skip(_BLANK)
        match self.text[self.at]:
            case '"' | "'":
                self.take(_STRING)
            case "[":
                self.items(path, "]")
            case "{":
                self.items(path, "}")
            case _:
                self.take(_SCALAR)

    def items(self, path: KeyPath, end: str) -> None:
        """Read an array or an inline table."""
        self.at += 1
        number = 0
        while self.text[self.skip(_BLANK)] != end:
            if end == "}":
                self.pair(path)
            else:
                self.found[(*path, number)] = self.here()
                self.value((*path, number))
                number += 1
            if self.text[self.skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:  # cannot be in text that tomllib accepts; without this a mistake here would loop
            raise ValueError(f"not TOML at character {self.at}")
        self.at = found.end()
        return found.group()

    def here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line
