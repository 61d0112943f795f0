"""The line of a key: what an error in leverframe.toml points at."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leverframe.config.lines import KeyPath, line_of, locate

TEXT = """\
# a comment with [brackets] and = signs
title = "x" # [not.a.table]

[hub]
url = "https://a.example" # "
"quoted key" = 1
dotted.keys . here = true

[sources.github]
secrets = [
  "env:ONE",   # ]
  'env:TWO',
]

[[routes]]
name = 'one'
labels = { any = ["bug", "a,b}"], none = [] }
where = \"\"\"
payload.a == "]"
[[routes]]
\"\"\"

  [[routes]]
name = "two"
quiet = { from = "22:00", to = "08:00" }
[routes.inner]
key = 1979-05-27T07:32:00Z

[rooms."slack:#dev"]
quiet.from = "22:00"
[a.b.c]
"""

EXPECTED: dict[KeyPath, int] = {
    ("title",): 2,
    ("hub",): 4,
    ("hub", "url"): 5,
    ("hub", "quoted key"): 6,
    ("hub", "dotted", "keys", "here"): 7,
    ("sources", "github"): 9,
    ("sources", "github", "secrets"): 10,
    ("sources", "github", "secrets", 0): 11,
    ("sources", "github", "secrets", 1): 12,
    ("routes", 0): 15,
    ("routes", 0, "name"): 16,
    ("routes", 0, "labels", "any"): 17,
    ("routes", 0, "labels", "any", 1): 17,
    ("routes", 0, "where"): 18,
    ("routes", 1): 23,
    ("routes", 1, "name"): 24,
    ("routes", 1, "quiet", "to"): 25,
    ("routes", 1, "inner", "key"): 27,
    ("rooms", "slack:#dev", "quiet", "from"): 30,
    ("a",): 31,
    ("a", "b", "c"): 31,
}


def paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Return the path of everything in a parsed document."""
    found = {path} if path else set()
    match value:
        case dict():
            for key, item in value.items():
                found |= paths(item, (*path, key))
        case list():
            for number, item in enumerate(value):
                found |= paths(item, (*path, number))
    return found


def test_every_key_has_its_line() -> None:
    """Tables, array tables, dotted and quoted keys, inline tables and items of arrays are found on their line."""
    lines = locate(TEXT)
    assert {path: lines.get(path) for path in EXPECTED} == EXPECTED


def test_the_scanner_finds_what_the_parser_finds() -> None:
    """The paths are those of the parsed document, no more and no fewer."""
    assert set(locate(TEXT)) == paths(tomllib.loads(TEXT))


def test_windows_line_ends_count_once() -> None:
    """A file written on Windows has the same lines."""
    assert locate(TEXT.replace("\n", "\r\n")) == locate(TEXT)


def test_what_is_not_written_has_the_line_of_what_is_around_it() -> None:
    """A missing key is shown at its table, and something unknown at the first line."""
    lines = locate(TEXT)
    assert line_of(lines, ("hub", "missing")) == 4
    assert line_of(lines, ("routes", 1, "to", 3)) == 23
    assert line_of(lines, ("nothing",)) == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


@given(
    st.dictionaries(
        KEYS,
        st.dictionaries(KEYS, st.one_of(TEXTS, st.integers(), st.lists(TEXTS, max_size=3)), max_size=3),
        max_size=4,
    )
)
def test_any_keys_and_strings_are_found(tables: dict[str, dict[str, Any]]) -> None:
    """Whatever stands in quoted keys and strings, the scanner finds the same paths as the parser."""
    text = "\n".join(line for table, pairs in tables.items() for line in (f"[{quote(table)}]", *(f"{quote(key)} = {toml(value)}" for key, value in pairs.items())))
    assert set(locate(text)) == paths(tomllib.loads(text))


def quote(text: str) -> str:
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'


def toml(value: Any) -> str:
    match value:
        case str():
            return quote(value) if len(value) % 2 else f"'{''.join(c for c in value if c.isprintable() and c != chr(39))}'"
        case list():
            return "[\n" + ", # ]\n".join(toml(item) for item in value) + "\n]"
        case _:
            return str(value)
