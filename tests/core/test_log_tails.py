"""The end of a log fits a message and is plain text."""

from __future__ import annotations

import pytest

from leverframe.core.log_tails import CHARACTERS, LINES, tail


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("", ""),
        ("one\r\ntwo\r\n\r\n", "one\ntwo"),
        ("\x1b[1;31mERROR\x1b[0m: no\x07 space\x1b[K\n", "ERROR: no space"),
        ("a\rb\n", "ab"),
        ("\n".join(str(line) for line in range(100)), "\n".join(str(line) for line in range(100 - LINES, 100))),
        ("x" * 10_000, "x" * CHARACTERS),
        ("y" * 1990 + "\nlast line of all", "last line of all"),
        ("한글 로그\n", "한글 로그"),
    ],
)
def test_the_tail_of_a_log(log: str, shown: str) -> None:
    """The last lines that say something are kept, whole ones, without colours and control characters."""
    assert tail(log) == shown
