"""Real git into a real hub: a repository that is linked by the command, pushed to over the network, with the hub there, away and killed."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes.slack import FakeSlack
from gitlink.world import bare, commit, git, idle, until

from acceptance.processes import Hub, free_port
from leverframe.core.errors import Refused
from leverframe.gitlink import linking

MARK = re.compile(r"mark-[0-9]")

SOURCE = '[sources.git]\nsecrets = ["env:HUB_TEST_SECRET"]\n'
ROUTE = '[[routes]]\nname = "pushes"\nfrom = "git"\nto = ["slack:#dev"]\n'


@contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Give the address under which ``git daemon`` serves ``folder``, to push to as well."""
    port = free_port()
    process = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", str(folder)],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"git://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def slack() -> Iterator[FakeSlack]:
    """Give a Slack in a thread of its own."""
    with FakeSlack(channels=["dev"]).in_thread() as fake:
        yield fake


def test_pushes_over_the_network_reach_the_room_once_whatever_becomes_of_the_hub(tmp_path: Path) -> None:
    """Linked by the command, pushed to by git daemon while the hub is there, while it was killed, and while it comes up: every push is one event, told in order."""
    repository = bare(tmp_path)
    with daemon(tmp_path) as address, slack() as fake, Hub(tmp_path / "hub", api_url=fake.url, routes=SOURCE + ROUTE) as hub:
        linked = json.loads(hub.command("git", "link", str(repository), "--project", "acme/web", "--json"))
        assert linked["url"] == f"http://127.0.0.1:{hub.port}/in/git"
        until(lambda: subprocess.run(["git", "ls-remote", f"{address}/web.git"], capture_output=True, check=False).returncode == 0)
        git(tmp_path, "clone", "--quiet", f"{address}/web.git", "web")
        copy = tmp_path / "web"
        pushed(copy, 0, "main")
        until(lambda: len(fake.messages("#dev")) == 1, 30)
        hub.kill()
        pushed(copy, 1, "main")
        pushed(copy, 2, "main")
        hub.spawn()
        pushed(copy, 3, "main", "main:release")
        until(hub.ready, 30)
        with contextlib.suppress(Refused):
            linking.flush(linking.find(repository))
        until(lambda: idle(repository) and len(dict.fromkeys(marks(fake))) == 4, 60)
        # The hub was killed as it may have been saying the first: then it says it again, as it promises.
        assert list(dict.fromkeys(marks(fake))) == ["mark-0", "mark-1", "mark-2", "mark-3"]
        assert Counter(marks(fake)[1:])["mark-3"] == 1
        assert "2 refs" in fake.messages("#dev")[-1].text
        assert len(json.loads(hub.command("events", "list", "--json"))["events"]) == 4


def marks(fake: FakeSlack) -> list[str]:
    """Return the commits that messages tell of, in their order."""
    return [found for message in fake.messages("#dev") for found in MARK.findall(json.dumps(message.blocks))]


def pushed(copy: Path, number: int, *refs: str) -> None:
    """Commit something and push it over the network."""
    commit(copy, f"mark-{number}", 가=str(number))
    git(copy, "push", "--quiet", "origin", *refs)
