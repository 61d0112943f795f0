"""The wording itself, kept as text that people can read and judge.

``LEVERFRAME_REWRITE_GOLDEN=1 pytest tests/core/test_wording_golden.py`` writes the files anew; the difference is then to be read.
"""

from __future__ import annotations

import json
import os

import pytest
from core.wording.stories import GOLDEN, LOCALES, REAL, everything, said

from leverframe.core.errors import Locale
from leverframe.core.github_events import EVENTS
from leverframe.core.messages import Message, plain, plain_inline

REAL_PAYLOADS = sorted(path.stem for path in REAL.glob("*.json"))


def _expect(name: str, text: str) -> None:
    """Compare ``text`` with the golden file ``name``, or write it when asked to."""
    path = GOLDEN / name
    if os.environ.get("LEVERFRAME_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def _whole(message: Message) -> str:
    return f"{plain(message)}\n[{message.tone}]\n"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("payload", REAL_PAYLOADS)
def test_real_payloads_are_told_like_this(payload: str, locale: Locale) -> None:
    """Each of GitHub's own example payloads gives exactly the message kept in its golden file."""
    body = json.loads((REAL / f"{payload}.json").read_text(encoding="utf-8"))
    _expect(f"{payload}.{locale}.txt", _whole(said(payload.partition("__")[0], body, locale)))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_has_this_headline(locale: Locale) -> None:
    """Each of the events and actions that GitHub documents gives exactly the headline kept in the golden list."""
    lines = []
    for name, actions in EVENTS.items():
        for action in actions or (None,):
            headline = plain_inline(said(name, everything(name, action), locale).headline)
            lines.append(f"{name}.{action}: {headline}\n" if action else f"{name}: {headline}\n")
    _expect(f"every_headline.{locale}.txt", "".join(lines))
