"""Measure the hub against a bare server, in the same minutes on the same cores: ``make bench``.

Ratios and medians only: machines are noisy. The server has one core, the client the other. Results are printed and,
with ``--record``, added to docs/benchmarks.md. Needs wrk (Debian: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).parent
SECRET = "bench-secret"
SERVER_CORE, CLIENT_CORE = "0", "1"
PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def push(size: int = 8192, title: str = "") -> bytes:
    """A push as GitHub writes it, of about ``size`` bytes."""
    payload = json.loads((HERE / "push.json").read_text())
    commit = payload["commits"][0] if payload["commits"] else payload["head_commit"]
    if title:
        commit = {**commit, "message": title}
        payload["head_commit"] = commit
    payload["commits"] = [commit]
    while len(json.dumps(payload, separators=(",", ":"))) < size:
        payload["commits"].append({**commit, "id": secrets.token_hex(20), "message": " ".join(secrets.token_hex(4) for _ in range(4))})
    return json.dumps(payload, separators=(",", ":")).encode()


def signature(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


SERVICES = 200
"""So many services are deployed while people ask: a lane each."""


def slash(count: int, command: str = "/deploy", sink: int = 0) -> bytes:
    """Really signed slash commands, one a line: timestamp, signature, body. Every one is of its own, by one of a thousand people."""
    lines, now = [], int(time.time())
    for number in range(count):
        body = urlencode({
            "token": "t", "team_id": "T1", "team_domain": "bench", "channel_id": f"C{number % 20}", "channel_name": "ops", "user_id": f"U{number % 1000}",
            "user_name": "ann", "command": command, "text": f"s{number % SERVICES}{' staging' * (command == '/deploy')}", "api_app_id": "A1",
            "is_enterprise_install": "false", "response_url": f"http://127.0.0.1:{sink}/commands/T1/{number}/x", "trigger_id": secrets.token_hex(16),
        }).encode()  # fmt: skip
        lines.append(b"%d v0=%s %s" % (now, hmac.new(SECRET.encode(), b"v0:%d:" % now + body, hashlib.sha256).hexdigest().encode(), body))
    return b"\n".join(lines)


def slack_config(folder: Path, port: int, sink: int) -> Path:
    services = "".join(f'[services.s{number}.environments.staging]\nrunner = "simulated"\n' for number in range(SERVICES))
    path = folder / "leverframe.toml"
    path.write_text(
        f'[hub]\nurl = "http://127.0.0.1:{port}"\nbind = "127.0.0.1:{port}"\ndatabase = "sqlite:///{folder}/hub.db"\n'
        "commands_per_minute = { person = 0, room = 0 }\n"
        f'[chats.slack]\nkind = "slack"\nbot_token = "env:BENCH_TOKEN"\nsigning_secrets = ["env:BENCH_SECRET"]\napi_url = "http://127.0.0.1:{sink}/api/"\n'
        f'posts_per_second = 0\n[roles.all]\nmembers = ["slack:*"]\nallow = ["deploy *"]\n{services}'
    )
    return path


_ALLOW = '[outbound]\nallow = ["127.0.0.1"]\n'


def config(folder: Path, port: int, *, sink: int | None, database: str, rooms: int = 1, pacing: int = 0, more: str = "") -> Path:
    routes = "".join(
        f'[[routes]]\nname = "r{n}"\nfrom = "github"\nevents = ["push"]\nbranches = ["b{n}"]\nto = ["slack:#r{n}"]\nthread = "off"\n' for n in range(rooms)
    )
    path = folder / "leverframe.toml"
    path.write_text(
        f'[hub]\nurl = "http://127.0.0.1:{port}"\nbind = "127.0.0.1:{port}"\ndatabase = "{database}"\n'
        f'[sources.github]\nkind = "github"\nsecrets = ["env:BENCH_SECRET"]\n'
        + (
            f'[chats.slack]\nkind = "slack"\nbot_token = "env:BENCH_TOKEN"\napi_url = "http://127.0.0.1:{sink}/api/"\nposts_per_second = {pacing}\n{routes}'
            if sink
            else ""
        )
        + more
    )
    return path


@contextlib.contextmanager
def process(arguments: list[str], port: int, core: str, log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        pinned = ["taskset", "-c", core, *arguments] if shutil.which("taskset") else arguments
        started = subprocess.Popen(pinned, stdout=out, stderr=out, env={**os.environ, **(env or {})})
    try:
        deadline = time.time() + 20
        while time.time() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            if started.poll() is not None:
                raise SystemExit(f"{arguments} ended: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(10)
        started.kill()


@contextlib.contextmanager
def slack_hub(folder: Path, sink: int) -> Iterator[int]:
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    env = {"BENCH_SECRET": SECRET, "BENCH_TOKEN": "xoxb-bench"}
    with process([str(Path(PYTHON).with_name("leverframe")), "serve", "--config", str(slack_config(folder, port, sink))], port, SERVER_CORE, folder / "log", env):
        yield port


@contextlib.contextmanager
def hub(folder: Path, *, sink: int | None = None, database: str = "", rooms: int = 1, core: str = SERVER_CORE, more: str = "") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    path = config(folder, port, sink=sink, database=database or f"sqlite:///{folder}/hub.db", rooms=rooms, more=more)
    env = {"BENCH_SECRET": SECRET, "BENCH_TOKEN": "xoxb-bench"}
    with process([str(Path(PYTHON).with_name("leverframe")), "serve", "--config", str(path)], port, core, folder / "log", env) as started:
        yield port, started


def wrk(port: int, bodies: list[bytes], seconds: float, connections: int = 64, delay_ms: int = 0) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for n, body in enumerate(bodies):
            files.append(f"{folder}/{n}")
            Path(files[-1]).write_bytes(body)
            Path(f"{files[-1]}.sig").write_text("sha256=" + signature(body))
        env = {**os.environ, "BENCH_BODIES": ":".join(files), "BENCH_RUN": secrets.token_hex(6), "BENCH_DELAY_MS": str(delay_ms)}
        done = subprocess.run(
            ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(HERE / "signed.lua"), f"http://127.0.0.1:{port}"],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    if found["bad"]:
        raise SystemExit(f"{found['bad']:.0f} answers were not 2xx: the figure would be worth nothing")
    found["rate"] = found["requests"] / (found["duration_us"] / 1e6)
    return found


def ask(port: int, path: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send(port: int, body: bytes) -> int:
    return ask(port, "/in/github", "POST", body, {
        "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": secrets.token_hex(16),
        "X-Hub-Signature-256": "sha256=" + signature(body),
    })[0]  # fmt: skip


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def ingest(folder: Path, rounds: int, seconds: float, database: str = "") -> dict[str, object]:
    """Durable ingest against the bare server: one after the other, ``rounds`` times."""
    body, ratios, rates, p99 = [push()], [], [], []
    port = free_port()
    with process([PYTHON, str(HERE / "bare.py"), str(port)], port, SERVER_CORE, folder / "bare.log"), hub(folder / "ingest", database=database) as (door, _):
        wrk(port, body, 1)
        wrk(door, body, 1)
        for _ in range(rounds):
            bare, durable = wrk(port, body, seconds), wrk(door, body, seconds)
            ratios.append(durable["rate"] / bare["rate"])
            rates.append(durable["rate"])
            p99.append(durable["p99_us"] / 1000)
    return {"ratio": round(statistics.median(ratios), 3), "ratios": [round(r, 3) for r in ratios], "per_s": round(statistics.median(rates)), "p99_ms": round(statistics.median(p99), 1)}


def sustained(folder: Path, rounds: int, seconds: float, core: str = SERVER_CORE, rooms: int = 20) -> dict[str, object]:
    """Events taken in and delivered by one process, from the first request to the last message at the sink, and the bare server's rate before each round."""
    port, bare = free_port(), free_port()
    bodies = [push().replace(b"refs/heads/master", b"refs/heads/b%d" % n).replace(b"refs/tags/simple-tag", b"refs/heads/b%d" % n) for n in range(rooms)]
    rates, ratios, lags = [], [], []
    with (
        process([PYTHON, str(HERE / "sink.py"), str(port)], port, CLIENT_CORE, folder / "sink.log"),
        process([PYTHON, str(HERE / "bare.py"), str(bare)], bare, SERVER_CORE, folder / "bare3.log"),
        hub(folder / f"flow{core}", sink=port, rooms=rooms, core=core) as (door, _),
    ):
        wrk(door, bodies, 1)  # connections and caches are warm before it counts
        for _ in range(rounds):
            settled(port)
            beside = wrk(bare, bodies[:1], 2)["rate"]
            ask(port, "/reset", "POST")
            began = time.time()
            load = wrk(door, bodies, seconds, connections=128, delay_ms=20)
            stats = settled(port)
            rates.append(stats["count"] / (stats["last"] - began))
            ratios.append(rates[-1] / beside)
            lags.append(stats["last"] - began - load["duration_us"] / 1e6)
    return {"ratio": round(statistics.median(ratios), 3), "ratios": [round(r, 3) for r in ratios], "per_s": round(statistics.median(rates)), "lag_s": round(statistics.median(lags), 2)}


def settled(port: int) -> dict[str, float]:
    """Return the sink's count once it has stood still for a second."""
    last, since = -1.0, time.time()
    while True:
        stats: dict[str, float] = json.loads(ask(port, "/stats")[1])
        if stats["count"] != last:
            last, since = stats["count"], time.time()
        elif time.time() - since > 1:
            return stats
        time.sleep(0.05)


def latency(folder: Path, count: int = 100) -> dict[str, object]:
    """From the 202 to the message at the sink, one event at a time."""
    port = free_port()
    with process([PYTHON, str(HERE / "sink.py"), str(port)], port, CLIENT_CORE, folder / "sink2.log"), hub(folder / "idle", sink=port) as (door, started):
        idle_mb = rss_mb(started.pid)
        waits = [wait_ms(door, port) for _ in range(count)]
        return {"median_ms": round(statistics.median(waits), 1), "p95_ms": round(sorted(waits)[int(count * 0.95)], 1), "idle_rss_mb": round(idle_mb, 1)}


def wait_ms(door: int, sink: int) -> float:
    """Send one event; return the milliseconds from its 202 to its message at the sink."""
    mark = f"mark-{secrets.token_hex(6)}"
    body = push(title=mark).replace(b"refs/heads/master", b"refs/heads/b0").replace(b"refs/tags/simple-tag", b"refs/heads/b0")
    assert send(door, body) == 202
    accepted = time.time()
    while mark not in (marks := json.loads(ask(sink, "/stats")[1])["marks"]) and time.time() < accepted + 5:
        time.sleep(0.002)
    return (float(marks[mark]) - accepted) * 1000


def crowd(folder: Path, count: int = 150, owed: int = 100_000) -> dict[str, object]:
    """The wait of a healthy room beside a dead one that is owed ``owed`` messages, and without it: two hubs, one event at each in turn."""
    port = free_port()
    with process([PYTHON, str(HERE / "sink.py"), str(port)], port, CLIENT_CORE, folder / "sink3.log"):
        with hub(folder / "crowded", sink=port) as (door, _):
            assert send(door, push()) == 202
        owe(folder / "crowded" / "hub.db", owed)
        with hub(folder / "crowded", sink=port) as (crowded, _), hub(folder / "alone", sink=port) as (alone, _):
            wait_ms(crowded, port), wait_ms(alone, port)
            beside, without = zip(*((wait_ms(crowded, port), wait_ms(alone, port)) for _ in range(count)), strict=True)
        refused = json.loads(ask(port, "/stats")[1])["refused"]
    with contextlib.closing(sqlite3.connect(folder / "crowded" / "hub.db")) as database:
        left = database.execute("SELECT count(*) FROM deliveries WHERE state = 0").fetchone()[0]
    return {
        "owed": left, "refused": refused, "ratio": round(statistics.median(beside) / statistics.median(without), 3),
        "beside_ms": round(statistics.median(beside), 1), "without_ms": round(statistics.median(without), 1),
        "beside_p95_ms": round(sorted(beside)[int(count * 0.95)], 1), "without_p95_ms": round(sorted(without)[int(count * 0.95)], 1),
    }  # fmt: skip


def owe(path: Path, count: int) -> None:
    """Owe the room ``#dead`` ``count`` messages about the newest event, directly."""
    now = int(time.time() * 1e6)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        (event,) = database.execute("SELECT max(id) FROM events").fetchone()
        database.executemany(
            "INSERT INTO deliveries (id, event_id, destination, order_key, role, route, state, attempt, created_at, scheduled_at) VALUES (?,?,'slack:#dead','',0,'r0',0,0,?,?)",
            ((event - count + n, event, now, now) for n in range(count)),
        )
        database.execute("INSERT INTO destinations (name, due_at, failures) VALUES ('slack:#dead', ?, 0)", (now,))


def slack(folder: Path, rounds: int, seconds: float) -> dict[str, object]:
    """Slash commands: at 500 a second, the wait for the answer; at full load, the rate beside Slack Bolt's and the bare server's."""
    sink = free_port()
    found: dict[str, object] = {}
    with process([PYTHON, str(HERE / "sink.py"), str(sink)], sink, CLIENT_CORE, folder / "sink4.log"):
        for command in ("/deploy", "/status"):
            with slack_hub(folder / f"steady{command.replace('/', '-')}", sink) as door:
                steady(door, sink, command, 2)
                found[command] = steady(door, sink, command, seconds * 2)
        bolt, bare, ratios, rates, peers = free_port(), free_port(), [], [], []
        with (
            process([PYTHON, str(HERE / "bolt.py"), str(bolt), SECRET], bolt, SERVER_CORE, folder / "bolt.log"),
            process([PYTHON, str(HERE / "bare.py"), str(bare)], bare, SERVER_CORE, folder / "bare2.log"),
        ):
            for number in range(rounds):
                with slack_hub(folder / f"full{number}", sink) as door:
                    ours = flood(door, sink, seconds)
                    with contextlib.closing(sqlite3.connect(f"file:{folder}/full{number}/hub.db?mode=ro", uri=True)) as database:
                        [kept] = database.execute("SELECT count(*) FROM inbox").fetchone()
                    ours = min(ours, kept / seconds)  # what was told to come again is not counted
                theirs, plain = flood(bolt, sink, seconds), flood(bare, sink, seconds, path="/in/github")
                ratios.append(ours / theirs)
                rates.append(ours / plain)
                peers.append(theirs / plain)
    return found | {
        "to_bolt": round(statistics.median(ratios), 2), "to_bolt_each": [round(one, 2) for one in ratios], "to_bare": round(statistics.median(rates), 3),
        "bolt_to_bare": round(statistics.median(peers), 3),
    }  # fmt: skip


def steady(port: int, sink: int, command: str, seconds: float, rate: int = 500) -> dict[str, object]:
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, PYTHON, str(HERE / "steady.py"), str(port), str(rate), str(seconds)], input=slash(int(rate * seconds), command, sink),
        capture_output=True, check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    if found["bad"]:
        raise SystemExit(f"{found['bad']} answers were not 200: the figure would be worth nothing")
    return found


def flood(port: int, sink: int, seconds: float, path: str = "/slack/commands", connections: int = 64) -> float:
    """Return commands a second, as many as go through 64 connections."""
    with tempfile.NamedTemporaryFile() as lines:
        lines.write(slash(int(seconds * (40_000 if path != "/slack/commands" else 10_000)), sink=sink))
        lines.flush()
        done = subprocess.run(
            ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(HERE / "slack.lua"), f"http://127.0.0.1:{port}"],
            env={**os.environ, "BENCH_LINES": lines.name, "BENCH_PATH": path}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if found["bad"]:
        raise SystemExit(f"{found['bad']} answers were not 2xx: the figure would be worth nothing")
    return float(found["requests"] / (found["duration_us"] / 1e6))


def subscribers(folder: Path, rounds: int, seconds: float, each: int = 1_000) -> dict[str, object]:
    """One event to 1,000 subscribers, one of them dead and one slow; then 100,000 deliveries owed to 100, to the outbound client's own rate.

    ``cpu_ratio`` is the same in processor time, which says more on a machine that others use too.
    """
    sys.path.insert(0, str(HERE))
    from subscribers import owe, subscribe

    port, found = free_port(), {}
    with process([PYTHON, str(HERE / "sink.py"), str(port)], port, CLIENT_CORE, folder / "sink5.log"):
        crowd = folder / "subscribers"
        crowd.mkdir()
        urls = [f"http://127.0.0.1:{port}/s{n}" for n in range(998)] + [f"http://127.0.0.1:{free_port()}/dead", f"http://127.0.0.1:{port}/slow"]
        subscribe(crowd / "hub.db", urls)
        with hub(crowd, sink=port, rooms=0, more=_ALLOW) as (door, _):
            waits = []
            for number in range(rounds + 1):
                ask(port, "/reset", "POST")
                assert send(door, push(title=f"event {number}")) == 202
                accepted = time.time()
                while (stats := json.loads(ask(port, "/stats")[1]))["count"] < 998 and time.time() < accepted + 20:
                    time.sleep(0.02)
                waits.append(stats["last"] - accepted if stats["count"] >= 998 else 99.0)
            found |= {"fan_out_s": round(statistics.median(waits[1:]), 2), "fan_out_each": [round(one, 2) for one in waits]}
        ratios, rates, cpu = [], [], []
        for number in range(rounds):
            owed = folder / f"owed{number}"
            owed.mkdir()
            names = subscribe(owed / "hub.db", [f"http://127.0.0.1:{port}/s{n}" for n in range(100)])
            with hub(owed, sink=port, rooms=0, more=_ALLOW) as (door, _):
                assert send(door, push()) == 202
                settled(port)
            owe(owed / "hub.db", names, each)
            done = subprocess.run(
                ["taskset", "-c", SERVER_CORE, PYTHON, str(HERE / "subscribers.py"), f"http://127.0.0.1:{port}/client", "8192", str(seconds), "512"],  # as many under way as the hub lets be
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            alone = json.loads(done.stdout)
            ask(port, "/reset", "POST")
            with hub(owed, sink=port, rooms=0, more=_ALLOW) as (_, started):
                before, stats = cpu_s(started.pid), drained(port, 100 * each)
                spent_s = cpu_s(started.pid) - before
            rates.append(stats["count"] / (stats["last"] - stats["first"]))
            ratios.append(rates[-1] / alone["per_s"])
            cpu.append(alone["cpu_s"] / (spent_s / stats["count"]))
    return found | {
        "owed": 100 * each, "drained_per_s": round(statistics.median(rates)), "ratio": round(statistics.median(ratios), 3), "ratios": [round(one, 3) for one in ratios],
        "cpu_ratio": round(statistics.median(cpu), 3),
    }  # fmt: skip


def drained(port: int, count: int) -> dict[str, float]:
    """Return the sink's count once it has come to ``count``."""
    last, since = -1.0, time.time()
    while True:
        stats: dict[str, float] = json.loads(ask(port, "/stats")[1])
        if stats["count"] >= count:
            return stats
        if stats["count"] != last:
            last, since = stats["count"], time.time()
        if time.time() - since > 30:
            raise SystemExit(f"it stands still at {stats['count']:.0f} of {count}")
        time.sleep(0.05)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cold_start(folder: Path, rounds: int = 5) -> dict[str, object]:
    """From the start of the process to the first 202."""
    seconds, memory = [], []
    for n in range(rounds):
        here = folder / f"cold{n}"
        here.mkdir()
        port = free_port()
        path = config(here, port, sink=None, database=f"sqlite:///{here}/hub.db")
        began = time.time()
        started = subprocess.Popen([str(Path(PYTHON).with_name("leverframe")), "serve", "--config", str(path)], env={**os.environ, "BENCH_SECRET": SECRET},
                                   stdout=(here / "log").open("wb"), stderr=subprocess.STDOUT)  # fmt: skip
        try:
            while True:
                with contextlib.suppress(OSError):
                    if send(port, push()) == 202:
                        break
                time.sleep(0.005)
            seconds.append(time.time() - began)
            time.sleep(1)
            memory.append(rss_mb(started.pid))
        finally:
            started.kill()
            started.wait()
    return {"first_202_s": round(statistics.median(seconds), 2), "rss_mb": round(statistics.median(memory), 1)}


def growth(folder: Path, pairs: int, seconds: float, stored: int = 1_000_000) -> dict[str, object]:
    """Ingest with a million stored events beside an empty store, in turn."""
    full = folder / "full"
    with hub(full) as (door, _):
        assert send(door, push()) == 202
    fill(full / "hub.db", stored)
    body, ratios = [push()], []
    with hub(full) as (grown, _), hub(folder / "empty") as (empty, _):
        wrk(grown, body, 1)
        wrk(empty, body, 1)
        for _ in range(pairs):
            ratios.append(wrk(grown, body, seconds)["rate"] / wrk(empty, body, seconds)["rate"])
    return {"stored": stored, "ratio": round(statistics.median(ratios), 3), "ratios": [round(r, 3) for r in ratios]}


def fill(path: Path, count: int) -> None:
    """Put ``count`` old events with small bodies into a store, directly."""
    from leverframe.core.ids import EPOCH_MS

    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")
    first = (int(time.time() * 1000) - EPOCH_MS - 86_400_000) << 20
    now = int(time.time() * 1e6)
    with database:
        database.executemany(
            "INSERT INTO events (id, dedupe, source, delivery_id, name, action, repo, carried, received_at) VALUES (?,?,'github',?,'push',NULL,'acme/web',NULL,?)",
            ((first + n, os.urandom(16), secrets.token_hex(16), now) for n in range(count)),
        )
        database.executemany("INSERT INTO bodies (event_id, codec, headers, body) VALUES (?,0,?,?)", ((first + n, b"[]", b'{"ref":"refs/heads/main"}') for n in range(count)))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help="ingest, sustained, latency, crowd, cold, growth, postgres, slack, subscribers; all of them if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--record", action="store_true", help="add the results to docs/benchmarks.md")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: sudo apt-get install -y wrk")
    wanted = asked.what or ["cold", "latency", "crowd", "ingest", "sustained", "growth", "postgres", "slack", "subscribers"]
    results: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(prefix="leverframe-bench-") as name:
        folder = Path(name)
        for what in wanted:
            print(f"{what} …", file=sys.stderr, flush=True)
            match what:
                case "ingest":
                    results[what] = ingest(folder, asked.rounds, asked.seconds)
                case "sustained":
                    results[what] = {
                        "on one core": sustained(folder, asked.rounds, asked.seconds * 2),
                        "on both": sustained(folder, asked.rounds, asked.seconds * 2, f"{SERVER_CORE},{CLIENT_CORE}"),
                    }
                case "latency":
                    results[what] = latency(folder)
                case "crowd":
                    results[what] = crowd(folder)
                case "cold":
                    results[what] = cold_start(folder)
                case "growth":
                    results[what] = growth(folder, asked.rounds, asked.seconds)
                case "postgres":
                    with postgres() as url:
                        (folder / "pg").mkdir()
                        results[what] = ingest(folder / "pg", asked.rounds, asked.seconds, database=url)
                case "slack":
                    results[what] = slack(folder, asked.rounds, asked.seconds)
                case "subscribers":
                    results[what] = subscribers(folder, asked.rounds, asked.seconds)
                case _:
                    parser.error(f"unknown: {what}")
            print(json.dumps({what: results[what]}), flush=True)
    if asked.record:
        record(results)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A real PostgreSQL of its own, on the client's core."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from services.postgres import Server

    with Server() as server:
        yield server.create_database()


def record(results: dict[str, dict[str, object]]) -> None:
    page = HERE.parent / "docs" / "benchmarks.md"
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    lines = [f"\n## {time.strftime('%Y-%m-%d')} · {os.cpu_count()} cores, {cpu}, Python {sys.version.split()[0]}\n\n"]
    lines += [f"- **{what}** {json.dumps(found)}\n" for what, found in results.items()]
    page.write_text(page.read_text() + "".join(lines))


if __name__ == "__main__":
    main()
