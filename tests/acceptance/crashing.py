"""Kill a hub again and again while it takes events in, and account for every event that it answered 202."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from acceptance.processes import Arrivals, Hub, Senders, until

AT_START = 0.25
"""Share of the kills that come while the process starts and takes up what the last one left."""
PATIENCE_S = 90
"""For what a dead process held on PostgreSQL: its lease, and then the sending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of the events."""

    accepted: int
    unanswered: int
    """Requests that a kill cut off; they were sent again with the same delivery id."""
    repeats: int
    """Messages that were said more often than once, which a crash may cause."""
    lost: frozenset[str]
    complaints: list[str]
    """What the hub's log has of errors that nobody expects."""


def crash(hub: Hub, noted: Arrivals, *, rounds: int, chance: random.Random, say: Callable[[str], object] = lambda line: None) -> Account:
    """Start and kill ``hub`` ``rounds`` times under load, start it once more, and wait until everything accepted has arrived (or patience ends).

    ``say`` gets a line for each round.
    """
    with Senders([hub], connections=12) as senders:
        for number in range(1, rounds + 1):
            before = senders.count
            hub.spawn()
            if chance.random() < AT_START:
                lives_s, since = chance.uniform(0.0, 1.0), time.monotonic()
                until(lambda: time.monotonic() - since > lives_s, 5, "time stands still")  # noqa: B023
                moment = f"{lives_s:.2f} s after its start"
            else:
                more = chance.randint(1, 1000)
                until(lambda: senders.count >= before + more, 60, hub.said)  # noqa: B023
                moment = f"after {more} events"
            hub.kill()
            said = len(noted.said)
            say(f"round {number:2d}: killed {moment}; accepted {senders.count}, arrived {said}, said again {noted.repeats}")
        hub.start()
        more = senders.count + 50
        until(lambda: senders.count >= more, 30, hub.said)
    deadline = time.monotonic() + PATIENCE_S
    while noted.missing(senders.ledger) and time.monotonic() < deadline and not hub.complaints():
        time.sleep(0.05)
    ended = hub.stop()
    complaints = [*hub.complaints(), *([f"it ended with {ended}"] if ended else [])]
    return Account(
        accepted=senders.count, unanswered=senders.ledger.unanswered, repeats=noted.repeats, lost=frozenset(noted.missing(senders.ledger)), complaints=complaints
    )
