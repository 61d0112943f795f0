"""What a source makes of real payloads, as a page of text: the facts that routes test, and what is said in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from leverframe.core.events import Event
from leverframe.core.messages import Person, Rich
from leverframe.core.wording import compose
from leverframe.ports import Accepted, Source

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def parsed(source: Source, accepted: Accepted) -> Event:
    """Return the event."""
    return source.parse(accepted, id=1, received_at=NOW)


def shown(name: str, event: Event) -> str:
    """Return the page's paragraph about one event."""
    facts = {
        "actor": event.actor and event.actor.login, "subject": event.subject and f"{event.subject.kind} {event.subject.key}", "branches": event.branches,
        "labels": event.labels, "paths": event.paths, "conclusion": event.conclusion, "environment": event.environment, "url": event.url,
    }  # fmt: skip
    lines = [f"{name}: {event.full_name} in {event.repo}"]
    lines += [f"  {fact}: {_short(value)}" for fact, value in facts.items() if value is not None]
    lines += [f"  {locale}: {_words(compose(event, locale, UTC).headline)}" for locale in ("en", "ko")]
    return "\n".join(lines)


def _short(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _words(rich: Rich) -> str:
    return "".join(part.login if isinstance(part, Person) else part.text for part in rich)


def agrees(page: Path, paragraphs: list[str]) -> None:
    """Compare with the page that is kept; a page that is not there yet is written, to be read before it is committed."""
    text = "\n".join(paragraphs) + "\n"
    if not page.exists():
        page.write_text(text)
    assert page.read_text() == text
