"""Kill the hub at random moments under load, again and again, and account for everything that it answered: ``make chaos``.

Signed pushes come over several connections to a real ``leverframe serve``; a Slack that counts stands behind it. Then people in
Slack deploy and approve, and a service that counts is asked to deploy. Exit status 1 when an event that was accepted never
arrived, when a deployment was started twice or forgotten, or when the hub's log has an error that nobody expects.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from acceptance.crashing import crash
from acceptance.processes import Hub, arrivals
from acceptance.pulling import pull
from services.postgres import Server


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database; PostgreSQL with a real server of its own."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/hub.db"
        return
    with Server() as server:
        yield server.create_database()


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the hub at random moments under load and account for every event.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seed", type=int, default=None, help="for the same moments again; a new one each time if left out")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    failed = False
    for kind in ["sqlite", "postgresql"] if asked.database == "both" else [asked.database]:
        print(f"{kind}: {asked.rounds} rounds, seed {seed}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="leverframe-chaos-") as name, database(kind, Path(name)) as url, arrivals() as noted:
            hub = Hub(Path(name) / "hub", database=url, api_url=noted.slack.url)
            account = crash(hub, noted, rounds=asked.rounds, chance=random.Random(seed), say=lambda line: print(f"  {line}", flush=True))
            print(
                f"{kind}: {account.accepted} accepted, {len(account.lost)} lost, {account.repeats} said again, "
                f"{account.unanswered} cut off and sent again, {time.monotonic() - began:.0f} s",
                flush=True,
            )
            for line in account.complaints[:20]:
                print(f"  unexpected: {line[:300]}")
            failed |= bool(account.lost or account.complaints)
            if account.lost:
                print(f"  lost: {' '.join(sorted(account.lost)[:20])}")
        failed |= not levers(kind, rounds=asked.rounds, seed=seed)
    return int(failed)


def levers(kind: str, *, rounds: int, seed: int) -> bool:
    """Return whether every lever was pulled once."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leverframe-chaos-") as name, database(kind, Path(name)) as url:
        account = pull(Path(name) / "hub", database=url, rounds=rounds, chance=random.Random(seed), say=lambda line: print(f"  {line}", flush=True))
    print(
        f"{kind}, levers: {account.accepted} commands answered, {account.unanswered} cut off and sent again, {len(account.twice)} started twice, "
        f"{len(account.doubled)} done twice, {len(account.forgotten)} forgotten, {account.settled} settled by a person, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    for line in (*account.twice, *account.doubled, *account.forgotten, *account.complaints)[:20]:
        print(f"  unexpected: {line[:300]}")
    return account.good


if __name__ == "__main__":
    sys.exit(main())
