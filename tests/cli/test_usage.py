"""A command line that is wrong is told in the language of the hub, else of the terminal."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from cli.conftest import entry_point, program

from leverframe.cli.usage import USAGE
from leverframe.core.kept_details import in_korean, sentences

KNOWN = sentences(USAGE.items())


def test_typer_says_it_and_the_hub_in_korean(tmp_path: Path) -> None:
    """A file that speaks Korean is enough, also where it is wrong; the status stays 2, and English is Typer's own."""
    (tmp_path / "leverframe.toml").write_text("[hub]\nlocale = 'ko'\nurll = 1\n")
    korean = program("events", "show", folder=tmp_path)
    assert (korean.status, korean.out) == (2, "")
    assert korean.err == "사용법: leverframe events show [OPTIONS] {event}\n도움말: leverframe events show --help\n\n오류: 'event' 인자를 쓰세요.\n"
    english = program("evnts", "--config", "other.toml", folder=tmp_path)
    assert english.status == 2 and english.err.endswith("Error: No such command 'evnts'. Did you mean 'events'?\n")
    terminal = program("evnts", "--config=other.toml", folder=tmp_path, environ={"LANG": "ko_KR.UTF-8"})
    assert terminal.status == 2 and terminal.err.endswith("오류: 'evnts' 명령이 없습니다. 혹시 'events'?\n")
    assert program("--version", folder=tmp_path).status == 0


@pytest.mark.parametrize("en", USAGE)
def test_every_sentence_is_read_back(en: str) -> None:
    """With what is put in, in Korean with fitting particles; the table is sorted."""
    values = {field: "'7'" if field == "quoted" else "7" for _, field, _, _ in Formatter().parse(en) if field}
    ko = in_korean(en.format(**values), KNOWN) or ""
    assert re.search("[가-힣]", ko) and not re.search(r"\(는\)|\(가\)|\(를\)", ko)


@pytest.mark.parametrize(
    "line",
    [
        "nope", "evnts", "events nope", "events list --foo", "events list --since", "events list --limit x", "events list --limit 0", "events list --limit 999999", "events show a b",
        "deliveries list --status foo", "approvals ask", "events list --json=1", "routes explain", "deliveries retry", "simulate foo",
    ],
)  # fmt: skip
def test_what_typer_says_is_known(tmp_path: Path, line: str) -> None:
    """A version of Typer's that says it otherwise is seen here: people would meet English again."""
    done = entry_point(*line.split(), folder=tmp_path)
    said = done.err.partition("Error: ")[2].strip()
    ko = in_korean(said, KNOWN)
    assert done.status == 2 and said and ko is not None and re.search("[가-힣]", ko) and not re.search("Input should|Value error|[a-z]{2,} [a-z]{2,}", ko.split("leverframe")[0].split(":")[0]), (said, ko)
