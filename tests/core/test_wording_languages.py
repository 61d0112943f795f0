"""English and Korean say the same things: whatever one language has, the other has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

from leverframe.core.github_events import EVENTS, OF_OTHERS
from leverframe.core.wording import VOICES, en, ko
from leverframe.core.wording.blocks import BLOCKS
from leverframe.core.wording.en.general import NOUNS

MODULES = sorted(module.name for module in iter_modules(en.__path__))
SENTENCES = ["admin", "code", "issues", "ops", "pulls", "security"]


def _pair(name: str) -> tuple[ModuleType, ModuleType]:
    return import_module(f"{en.__name__}.{name}"), import_module(f"{ko.__name__}.{name}")


def _functions(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if inspect.isfunction(value) and value.__module__ == module.__name__}


def _tables(module: ModuleType) -> dict[str, dict[str, str]]:
    """Return the module's tables of sentences and words by name."""
    return {name: value for name, value in vars(module).items() if isinstance(value, dict) and not name.startswith("__")}


def _blanks(value: Any) -> Iterator[str]:
    yield from re.findall(r"\{(\w+)\}", value) if isinstance(value, str) else ()


def test_both_languages_have_the_same_modules() -> None:
    """The folders ``en`` and ``ko`` hold files of the same names."""
    assert sorted(module.name for module in iter_modules(ko.__path__)) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_both_languages_have_the_same_functions(name: str) -> None:
    """Each module of one language has the functions of its sister, by the same names."""
    english, korean = map(_functions, _pair(name))
    assert english.keys() == korean.keys()


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_take_the_same_in_both_languages(name: str) -> None:
    """The sentences of an event ask for the same facts and give the same type."""
    english, korean = map(_functions, _pair(name))
    assert {key: inspect.signature(value) for key, value in english.items()} == {
        key: inspect.signature(value) for key, value in korean.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_tables_have_the_same_rows_in_both_languages(name: str) -> None:
    """What one language says of an action, a state or a reason, the other says too; nothing is left empty."""
    english, korean = map(_tables, _pair(name))
    for table in english.keys() & korean.keys():
        assert english[table].keys() == korean[table].keys(), table
        assert all(korean[table].values()) or table == "_REASONS", table


@pytest.mark.parametrize("name", SENTENCES)
def test_templates_name_the_same_people_and_things(name: str) -> None:
    """Who acts on whom and on what stands in a sentence of both languages or of neither."""
    english, korean = map(_tables, _pair(name))
    told = {
        "who",
        "it",
        "ref",
        "label",
        "milestone",
        "team",
        "rule",
        "sub",
        "parent",
        "blocked",
        "blocking",
        "path",
        "app",
        "account",
        "severity",
    }
    for table in english.keys() & korean.keys():
        for row in english[table]:
            assert (
                set(_blanks(english[table][row])) & told == {blank.removesuffix("_object") for blank in _blanks(korean[table][row])} & told
            ), f"{table} {row}"


def test_every_event_has_words_of_its_own() -> None:
    """Each event of GitHub has a sentence or a noun; only two that GitHub barely documents are told by name."""
    wordless = EVENTS.keys() - VOICES["en"].sentences.keys() - NOUNS.keys()
    assert wordless == {"cache_sync"}


def test_sentences_and_blocks_are_of_events() -> None:
    """A public function of a sentence or block module is named after an event, so that a misspelt one is found."""
    for voice in VOICES.values():
        assert voice.sentences.keys() <= EVENTS.keys() | OF_OTHERS.keys()
    assert BLOCKS.keys() <= EVENTS.keys() | OF_OTHERS.keys()


def test_korean_is_korean() -> None:
    """No Korean sentence or label was left in English."""
    for name in MODULES:
        for table, rows in _tables(_pair(name)[1]).items():
            for key, value in rows.items():
                assert not value or re.search(r"[가-힣]", value), f"{name}.{table}[{key}]"
