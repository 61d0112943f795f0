"""Two hubs on one PostgreSQL: one dies and the other takes over; the database goes away and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from services.postgres import Server
from work.github import comment

from acceptance.processes import ROUTES, Answer, Arrivals, Hub, Senders, arrivals, mark, push, until

PATIENCE_S = 90
"""How long a busy machine may take for anything; a lease lasts 15 s."""


COMMENTS = 360
THREADS = '[[routes]]\nname = "issues"\nfrom = "github"\nevents = ["issue_comment.created"]\nto = ["slack:#r0"]\n'


class Pair:
    """Two hubs, one PostgreSQL of their own, one Slack."""

    def __init__(self, folder: Path, server: Server, noted: Arrivals) -> None:
        self.server, self.noted = server, noted
        self.url = server.create_database()
        self.first, self.second = (
            Hub(folder / name, database=self.url, api_url=noted.slack.url, routes=ROUTES + THREADS) for name in ("first", "second")
        )

    def ask(self, query: str) -> str:
        """Return what the database holds."""
        return self.server.sql(query, self.url.rpartition("/")[2])

    def arrived(self, senders: Senders) -> None:
        """Return when everything that was answered 202 has been said."""
        until(lambda: not self.noted.missing(senders.ledger), PATIENCE_S, lambda: f"{len(self.noted.missing(senders.ledger))} of {senders.count} missing")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with Server() as server, arrivals() as noted:
        made = Pair(tmp_path_factory.mktemp("pair"), server, noted)
        try:
            made.first.start()  # before the other: its boot is the smaller one
            made.second.start()
            yield made
        finally:
            made.first.stop()
            made.second.stop()


def test_a_thread_keeps_its_order(pair: Pair) -> None:
    """Comments of one issue that come to either hub in turn, each after the last was accepted, are said in their order.

    They were not, once: both hubs routed neighbouring events at the same time, and of these 360 comments a dozen overtook others.
    """
    words = [mark() for _ in range(COMMENTS)]
    for number, one in enumerate(words):
        assert (pair.first, pair.second)[number % 2].take("issue_comment", comment(body=one)).status == 202
    until(lambda: set(words) <= pair.noted.said.keys(), PATIENCE_S, lambda: f"{len(set(words) - pair.noted.said.keys())} missing")
    assert [one for one in pair.noted.said if one in set(words)] == words


def refusal(hub: Hub) -> Answer | None:
    """Send one event; return the answer when it was not taken."""
    answer = hub.take("push", push(mark()))
    return answer if answer.status != 202 else None


def test_the_database_goes_away_and_comes_back(pair: Pair) -> None:
    """Killed and started again under load: 503 with Retry-After and readiness red while it is away, then all is well without a restart, nothing accepted lost."""
    with Senders([pair.first, pair.second]) as senders:
        until(lambda: senders.count > 100, PATIENCE_S, pair.first.said)
        pair.server.kill()
        for hub in (pair.first, pair.second):
            answer = until(lambda: refusal(hub), PATIENCE_S, hub.said)  # noqa: B023
            assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
            assert int(answer.headers["retry-after"]) > 0
            assert (answer.document["code"], bool(answer.document["remedy"])) == ("storage_unavailable", True)
            until(lambda: hub.ask("GET", "/readyz").status == 503, PATIENCE_S, hub.said)  # noqa: B023
            assert hub.ask("GET", "/healthz").status == 200
        pair.server.start()
        for hub in (pair.first, pair.second):
            until(hub.ready, PATIENCE_S, hub.said)
        before = senders.count
        until(lambda: senders.count > before + 100, PATIENCE_S, pair.first.said)
    assert set(senders.ledger.refused) == {503}
    pair.arrived(senders)
    assert pair.first.complaints() == pair.second.complaints() == []


def test_the_survivor_takes_over(pair: Pair) -> None:
    """What a killed process was about to send is sent by the other once its lease is over; the other takes events in all the time."""
    boots = dict(zip(pair.ask("SELECT boot FROM processes ORDER BY boot").splitlines(), (pair.first, pair.second), strict=True))
    owed_by = "SELECT boot FROM deliveries JOIN destinations ON name = destination WHERE boot IS NOT NULL AND state = 0 GROUP BY boot HAVING count(*) > 10"
    # A room is held for seconds by whoever sends to it.
    pair.noted.slack.slow_s, pair.noted.slack.mode = 3.0, "slow"
    with Senders([pair.first, pair.second], pause_s=0.01) as senders:
        dead = until(lambda: pair.ask(f"{owed_by} LIMIT 1"), PATIENCE_S, pair.first.said)
        boots.pop(dead).kill()
        (survivor,) = boots.values()
        assert dead in pair.ask(owed_by)
        pair.noted.slack.mode = "ok"
        before = senders.count
        until(lambda: senders.count > before + 50, PATIENCE_S, survivor.said)
    pair.arrived(senders)
    until(lambda: pair.ask("SELECT count(*) FROM destinations WHERE due_at IS NOT NULL") == "0", PATIENCE_S, survivor.said)
    assert survivor.complaints() == []
