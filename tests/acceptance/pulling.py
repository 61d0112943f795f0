"""Levers under random kills: people in Slack deploy, approve and cancel while the hub is killed again and again; what came of every word is accounted for.

The works behind the runner count every start where no kill reaches, and now and then lose an answer on its way.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.slack import FakeSlack, Message
from fakes.slack_app import ACTIONS, COMMANDS, SIGNING_SECRET, SlackApp
from services.ports import free_port

from acceptance.crashing import AT_START
from acceptance.processes import Hub, until

SERVICES = 24
GUARDED = 4
"""Every fourth service waits for somebody else's approval."""
PATIENCE_S = 420
"""For runs whose answer was lost in a kill: until the hub says that it does not know, and somebody has settled it."""
REF = re.compile(r"ref-[0-9a-f]{12}")
_ENDS = ("✅", "❌", "🚫", "⌛")


class Works:
    """A service that deploys when it is asked by HTTP, and the repository of what it deploys."""

    def __init__(self, chance: random.Random) -> None:
        self.starts: Counter[str] = Counter()
        """By correlation id: how often it was asked for."""
        self.of: dict[str, str] = {}
        """The ref of each."""
        self.looked: Counter[str] = Counter()
        self.ended: dict[str, str] = {}
        self._lock, self._chance = threading.Lock(), chance
        works = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*works.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, said = works.post(self.path, json.loads(body))
                if status:
                    self._answer(status, said)
                else:  # it is done, and its answer is lost
                    self.close_connection = True

            def _answer(self, status: int, said: object) -> None:
                body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.github.sha" if isinstance(said, str) else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[Works]:
        """Be there."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join(10)
            self._server.server_close()

    def post(self, path: str, asked: dict[str, Any]) -> tuple[int, object]:
        """Do what is asked; 0 is an answer that is lost."""
        id = asked["correlation_id"]
        with self._lock:
            if path == "/cancel":
                if self.ended.setdefault(id, "cancelled") != "cancelled":
                    return 409, {"detail": "it has ended"}
                return 200, {}
            self.starts[id] += 1
            self.of[id] = asked["ref"]
            return (0 if self._chance.random() < 0.05 else 202), {"id": len(self.starts), "state": "queued"}

    def get(self, path: str) -> tuple[int, object]:
        """Say how a deployment stands, or what a ref is."""
        parts = urlsplit(path)
        if parts.path == "/status":
            (id,) = parse_qs(parts.query)["id"]
            with self._lock:
                if id not in self.starts:
                    return 404, {"detail": "no such deployment"}
                self.looked[id] += 1
                state = self.ended.get(id) or ("running" if self.looked[id] < 2 else self.ended.setdefault(id, "succeeded"))
                return 200, {"id": 1, "state": state}
        tail = parts.path.removeprefix("/repos/acme/web")
        if tail.startswith("/compare/"):
            return 200, {"status": "ahead", "total_commits": 0, "commits": [], "behind_by": 0}
        if tail.startswith("/commits/"):
            return 200, hashlib.sha1(tail.encode(), usedforsecurity=False).hexdigest()
        return 200, {"default_branch": "main"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of the words."""

    accepted: int
    unanswered: int
    """Requests that a kill cut off; they were sent again as they were."""
    settled: int
    """Deployments of which the hub did not know whether they ran, and said so."""
    twice: tuple[str, ...]
    """Correlation ids that were started more than once."""
    doubled: tuple[str, ...]
    """Words that became more than one deployment."""
    forgotten: tuple[str, ...]
    """Words that were answered, and whose card does not tell an end."""
    complaints: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Return whether the hub kept its word."""
        return not (self.twice or self.doubled or self.forgotten or self.complaints)


@dataclass
class Team:
    """People in one channel, and the hub that hears them."""

    hub: Hub
    slack: FakeSlack
    app: SlackApp
    works: Works
    chance: random.Random
    accepted: set[str] = field(default_factory=set)
    unanswered: int = 0
    settled: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def room(self) -> str:
        """The channel's id."""
        return self.slack._channels["ops"].id

    def insist(self, path: str, fields: dict[str, str]) -> None:
        """Send a request until it is answered, signed anew each time, as a person or Slack would."""
        while True:
            request = self.app.sign(path, urlencode(fields).encode())
            try:
                status = self.hub.ask("POST", request.path, request.body, dict(request.headers), timeout_s=10).status
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                status = 0
            if status == 200:
                return
            if self.stopping.wait(0.1):
                return

    def click(self, action: str, value: str, user: str) -> None:
        """Press a button."""
        self.insist(ACTIONS, {"payload": json.dumps(self.app.clicked(f"{action}~0", value, user=user, channel=self.room))})

    def deploy(self) -> None:
        """Ask for one deployment after the other."""
        while not self.stopping.is_set():
            ref = f"ref-{secrets.token_hex(6)}"
            line = f"/deploy s{self.chance.randrange(SERVICES)} live {ref}"
            self.insist(COMMANDS, self.app.slash_fields(line, user="U1", channel=self.room, name="ops"))
            if self.stopping.is_set():
                return
            self.accepted.add(ref)
            self.stopping.wait(0.6)

    def cards(self) -> dict[str, list[Message]]:
        """Return the cards, by the ref that each is about."""
        found: dict[str, list[Message]] = {}
        for message in list(self.slack.messages("#ops")):
            if message.thread_ts is None and not message.text.startswith("🚨") and (ref := REF.search(json.dumps(message.blocks))) is not None:
                found.setdefault(ref[0], []).append(message)
        return found

    def tend(self) -> None:
        """Approve, twice, what waits; settle what nobody knows; cancel now and then."""
        while not self.stopping.wait(0.3):
            self.tend_once()

    def tend_once(self) -> None:
        """Press what there is to press, once."""
        for ref, cards in self.cards().items():
            for action, value in [each for card in cards for each in _buttons(card)]:
                if action == "approve":
                    for user in ("U2", "U3"):
                        self.click("approve", value, user)
                elif action == "settle_ran" and value not in self.settled:
                    ran = any(self.works.starts[id] for id, of in list(self.works.of.items()) if of == ref)
                    self.settled.add(value)
                    self.click("settle_ran" if ran else "settle_not", value, "U2")
                elif action == "cancel" and self.chance.random() < 0.002:
                    self.click("cancel", value, "U3")

    def forgotten(self) -> list[str]:
        """Return what was answered and has no card that tells its end."""
        cards = self.cards()
        return sorted(ref for ref in self.accepted if not any(card.text.startswith(_ENDS) for card in cards.get(ref, ())))


def _buttons(card: Message) -> list[tuple[str, str]]:
    return [
        (one["action_id"].partition("~")[0], one.get("value", "")) for block in card.blocks if block["type"] == "actions" for one in block["elements"]
    ]  # fmt: skip


def _sections(works: Works) -> str:
    approvals = 'approvals = { required = 1, expires = "30m" }\n'
    services = "".join(
        f'[services.s{n}]\nrepository = "acme/web"\n[services.s{n}.environments.live]\nrunner = "works"\n{approvals if n % GUARDED == 0 else ""}'
        for n in range(SERVICES)
    )
    return (
        'signing_secrets = ["env:HUB_TEST_SIGNING"]\n'
        f'[github]\ntoken = "env:HUB_TEST_TOKEN"\napi_url = "{works.url}"\n'
        f'[runners.works]\nkind = "http"\nurl = "{works.url}/deploy"\nstatus_url = "{works.url}/status"\ncancel_url = "{works.url}/cancel"\n'
        "[hub.commands_per_minute]\nperson = 0\nroom = 0\n"
        f'[roles.all]\nmembers = ["slack:*"]\nallow = ["deploy *", "approve *", "cancel *", "settle *"]\n{services}'
    )


def pull(folder: Path, *, database: str = "", rounds: int, chance: random.Random, say: Callable[[str], object] = lambda line: None) -> Account:
    """Kill a hub ``rounds`` times while people deploy, start it once more, and wait until everything has come to its end (or patience has)."""
    slack = FakeSlack(channels=["ops"], port=free_port())
    with Works(random.Random(chance.random())).serving() as works, slack.in_thread():
        hub = Hub(folder, database=database, api_url=slack.url, routes=_sections(works))
        hub.environ["HUB_TEST_SIGNING"] = SIGNING_SECRET
        team = Team(hub, slack, SlackApp(slack), works, chance)
        threads = [threading.Thread(target=do, daemon=True) for do in (*[team.deploy] * 4, team.tend)]
        for thread in threads:
            thread.start()
        for number in range(1, rounds + 1):
            hub.spawn()
            if chance.random() < AT_START:
                lives_s = chance.uniform(0.3, 2.0)
                time.sleep(lives_s)
                moment = f"{lives_s:.2f} s after its start"
            else:
                before, more = len(team.accepted), chance.randint(1, 12)
                until(lambda: len(team.accepted) >= before + more, 60, hub.said)  # noqa: B023
                lives_s = chance.uniform(0.0, 6.0)
                time.sleep(lives_s)
                moment = f"after {more} commands and {lives_s:.2f} s"
            hub.kill()
            say(f"round {number:2d}: killed {moment}; {len(team.accepted)} answered, {len(works.starts)} started, {len(team.settled)} settled")
        hub.start()
        time.sleep(2)
        deadline = time.monotonic() + PATIENCE_S
        team.stopping.set()
        for thread in threads:
            thread.join(30)
        while team.forgotten() and time.monotonic() < deadline and not hub.complaints():
            team.stopping.clear()
            team.tend_once()
            time.sleep(0.3)
        ended = hub.stop()
        made = Counter(works.of.values())
        return Account(
            accepted=len(team.accepted), unanswered=team.unanswered, settled=len(team.settled), forgotten=tuple(team.forgotten()),
            twice=tuple(id for id, times in works.starts.items() if times > 1), doubled=tuple(ref for ref, times in made.items() if times > 1),
            complaints=(*hub.complaints(), *([f"it ended with {ended}"] if ended else [])),
        )  # fmt: skip
