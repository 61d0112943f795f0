"""Slack goes away and behaves badly while a real hub speaks to it: nothing is lost, and each thread keeps its order."""

from __future__ import annotations

import re
from pathlib import Path

from fakes.slack import FakeSlack
from services.ports import free_port
from work.github import comment, issue

from acceptance.processes import Hub, until

THREADS, WORDS = 4, 12
ROUTES = '[[routes]]\nname = "all"\nfrom = "github"\nevents = ["issues", "issue_comment"]\nto = ["slack:#dev"]\n'


def heard(slack: FakeSlack) -> dict[str | None, list[tuple[int, int]]]:
    """Return what was said in each thread: (thread, word), in its order."""
    found: dict[str | None, list[tuple[int, int]]] = {}
    for message in slack.messages("#dev"):
        if said := re.search(r"thread (\d+) word (\d+)", message.text + str(message.blocks)):
            found.setdefault(message.thread_ts, []).append((int(said[1]), int(said[2])))
    return found


def test_a_slack_that_is_away_and_unwell(tmp_path: Path) -> None:
    """Closed, then answering 429, 503, nonsense, half an answer or none after taking the message: every comment stands below its card, in order."""
    slack = FakeSlack(channels=["dev"], port=free_port())
    with slack.in_thread():
        hub = Hub(tmp_path / "hub", api_url=slack.url, routes=ROUTES)
    with hub:

        def say(numbers: range) -> None:
            for number in numbers:
                for thread in range(THREADS):
                    assert hub.take("issue_comment", comment(number=thread, body=f"thread {thread} word {number:02d}")).status == 202

        for thread in range(THREADS):
            assert hub.take("issues", issue("opened", number=thread)).status == 202
        say(range(WORDS // 3))  # nobody listens there
        slack.next_modes.extend(["limited", "ok", "down", "ok", "ok", "garbage", "ok", "half", "ok", "lost", "ok", "ok", "lost"])
        with slack.in_thread():
            say(range(WORDS // 3, WORDS))
            # Not as many messages as that: one whose answer was lost stands there twice.
            until(lambda: len({word for said in heard(slack).values() for word in said}) >= THREADS * WORDS, 40, hub.said)
        threads = heard(slack)
        for said in threads.values():
            first_time = list(dict.fromkeys(said))
            assert first_time == [(said[0][0], number) for number in range(WORDS)]
        assert len(threads) == THREADS and None not in threads
        assert not slack.next_modes
        assert hub.complaints() == []
