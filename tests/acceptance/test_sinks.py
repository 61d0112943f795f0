"""Slack goes away and behaves badly while a real hub speaks to it: nothing is lost, and each thread keeps its order."""

from __future__ import annotations

import re
from pathlib import Path

from fakes.slack import FakeSlack
from work.github import comment, issue

from acceptance.processes import Hub, until

THREADS, WORDS = 4, 12
ROUTES = '[[routes]]\nname = "all"\nfrom = "github"\nevents = ["issues", "issue_comment"]\nto = ["slack:#dev"]\n'


def test_a_slack_that_is_away_and_unwell(tmp_path: Path) -> None:
    """Closed, then answering 429, 503, nonsense, half an answer or none after taking the message: every comment stands below its card, in order."""
    slack = FakeSlack(channels=["dev"])
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
            until(lambda: sum(message.thread_ts is not None for message in slack.messages("#dev")) >= THREADS * WORDS, 40, hub.said)
        heard: dict[str | None, list[tuple[int, int]]] = {}
        for message in slack.messages("#dev"):
            if found := re.search(r"thread (\d+) word (\d+)", message.text + str(message.blocks)):
                heard.setdefault(message.thread_ts, []).append((int(found[1]), int(found[2])))
        for said in heard.values():
            first_time = list(dict.fromkeys(said))
            assert first_time == [(said[0][0], number) for number in range(WORDS)]
        assert len(heard) == THREADS and None not in heard
        assert not slack.next_modes
        assert hub.complaints() == []
