"""Globs over names and paths."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.globs import Globs, translate


@pytest.mark.parametrize(
    ("glob", "matches", "does_not"),
    [
        ("main", ["main"], ["Main", "main2", "", "a/main"]),
        ("release/*", ["release/1", "release/"], ["release", "release/1/2", "x/release/1"]),
        ("*", ["main", ""], ["a/b"]),
        ("**", ["main", "a/b/c", ""], []),
        ("v?.0", ["v1.0"], ["v.0", "v10.0", "v/.0", "v1x0"]),
        ("services/web/**", ["services/web/a", "services/web/a/b"], ["services/web", "services/webs/a"]),
        ("**/README.md", ["README.md", "a/README.md", "a/b/README.md"], ["aREADME.md", "README.md/x"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az", "a/bz", "a/b/cz"]),
        ("docs/**.md", ["docs/a.md", "docs/a/b.md"], ["docs.md"]),
        ("*-v[0-9]", ["a-v1"], ["a-vx", "a/b-v1"]),
        ("[ab]c", ["ac", "bc"], ["cc", "[ab]c"]),
        ("[!ab]c", ["cc"], ["ac", "/c"]),
        ("a[/]b", [], ["a/b"]),
        ("[]]x", ["]x"], ["x"]),
        ("dependabot[[]bot]", ["dependabot[bot]"], ["dependabotb"]),
        ("dependabot[bot]", ["dependabotb", "dependaboto"], ["dependabot[bot]"]),
        ("[open", ["[open"], ["o"]),
        ("a.b+c(d)|e^$", ["a.b+c(d)|e^$"], ["axb+c(d)|e^$"]),
        ("[z-a]", [], ["z", "a", "-"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[\\]", ["\\"], ["a"]),
        ("브랜치/*", ["브랜치/하나"], ["가지/하나"]),
        ("", [""], ["a"]),
    ],
)
def test_what_a_glob_matches(glob: str, matches: list[str], does_not: list[str]) -> None:
    """A star stays within a part, two cross parts, a bracket is one letter; case matters."""
    assert [name for name in matches if not Globs([glob]).holds([name])] == []
    assert [name for name in does_not if Globs([glob]).holds([name])] == []


@pytest.mark.parametrize(
    ("items", "values", "finding"),
    [
        (["main", "dev"], ["dev"], "holds"),
        (["main", "dev"], ["test"], "not_listed"),
        (["a/*", "!a/secret"], ["a/open"], "holds"),
        (["a/*", "!a/secret"], ["a/secret"], "excluded"),
        (["a/*", "!a/secret"], ["b/secret"], "not_listed"),
        (["!a/secret", "a/*"], ["a/secret"], "excluded"),
        (["!bot"], ["ann"], "holds"),
        (["!bot", "!robot"], ["robot"], "excluded"),
        (["!docs/**"], ["docs/a", "src/a"], "holds"),
        (["!docs/**"], ["docs/a", "docs/b"], "excluded"),
        (["src/**", "!**/*.md"], ["src/a.md", "docs/a.py"], "excluded"),
        (["main"], [], "not_listed"),
        (["!main"], [], "not_listed"),
    ],
)
def test_a_list_takes_one_and_excludes(items: list[str], values: list[str], finding: str) -> None:
    """One item must match one value that no ``!`` item excludes; only ``!`` items start from all; no value is no match."""
    globs = Globs(items)
    assert (globs.find(values), globs.holds(values)) == (finding, finding == "holds")


GLOB = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "?", "**/", "/**", "[ab]", "[!a]"]), max_size=8).map("".join)


@given(GLOB, st.text("ab/", max_size=10))
def test_globs_match_what_their_definition_says(glob: str, name: str) -> None:
    """The regular expression, with its shortcuts, agrees with a plain reading letter by letter."""
    assert bool(re.fullmatch(translate(glob), name, re.DOTALL)) == _by_definition(glob, 0, name)


@given(st.text("ab*?[]!-/\\^\n", max_size=12), st.text(max_size=12))
def test_any_text_is_a_glob(glob: str, name: str) -> None:
    """No text breaks the translation."""
    assert Globs([glob]).holds([name]) in (True, False)


def test_a_glob_of_many_stars_is_fast() -> None:
    """A branch name made to be tried in every way is refused in a moment: each star looks once."""
    started = time.process_time()
    assert not Globs(["*a*a*a*a*a*a*a*b"]).holds(["a" * 250])
    assert not Globs(["**a**a**a**a**a**b"]).holds(["a/" * 125])
    assert time.process_time() - started < 5


def _by_definition(glob: str, at: int, name: str) -> bool:
    rest = glob[at:]
    if not rest:
        return not name
    starts_a_part = at == 0 or glob[at - 1] == "/"
    if rest.startswith("*"):
        stars = len(rest) - len(rest.lstrip("*"))
        if stars > 1 and starts_a_part and rest[stars : stars + 1] == "/":
            after = at + stars + 1
            return _by_definition(glob, after, name) or any(
                _by_definition(glob, after, name[cut + 1 :]) for cut, letter in enumerate(name) if letter == "/"
            )
        return any(_by_definition(glob, at + stars, name[cut:]) for cut in range(len(name) + 1) if stars > 1 or "/" not in name[:cut])
    if not name:
        return False
    for class_, letters in (("[ab]", "ab"), ("[!a]", "b"), ("?", "ab")):
        if rest.startswith(class_):
            return name[0] in letters and _by_definition(glob, at + len(class_), name[1:])
    return name[0] == rest[0] and _by_definition(glob, at + 1, name[1:])
