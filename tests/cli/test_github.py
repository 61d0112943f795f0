"""``leverframe github hooks`` against a running hub and a strict GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import CONFIG, Ran, RunningHub, serving
from fakes.github import TOKEN, FakeGitHub
from fakes.github_hooks import FakeHook

DECLARED = """
[github]
token = "{token}"
api_url = "{url}"

[[github.hooks]]
repository = "acme/web-app"
"""


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    """A GitHub with one repository, to which this machine is a public one."""
    fake = FakeGitHub(reaches_loopback=True)

    async def send(url: str, headers: dict[str, str], body: bytes) -> int:
        return 202

    fake.deliveries.send = send
    fake.repository()
    with fake.in_thread():
        yield fake


@pytest.fixture(scope="module")
def running(github: FakeGitHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that declares a hook of that repository; its one route takes pushes and the wiki."""
    with serving(tmp_path_factory.mktemp("github"), more=DECLARED.format(token=TOKEN, url=github.url)) as hub:
        yield hub


@pytest.fixture
def hooks(github: FakeGitHub) -> list[FakeHook]:
    """The hooks of the repository, none at first."""
    hooks = github.repositories["acme/web-app"].hooks
    hooks.clear()
    github.next_modes.clear()
    return hooks


def document(ran: Ran) -> Any:
    """Return the JSON that a command printed; the hub, in the same process, may have logged before it."""
    return json.JSONDecoder().raw_decode(ran.out[re.search(r"^[\[{]", ran.out, re.MULTILINE).start() :])[0]  # type: ignore[union-attr]


def test_sync_shows_then_does_then_has_nothing_to_do(running: RunningHub, hooks: list[FakeHook]) -> None:
    """A dry run prints a diff and ends with 1; sync does it; a dry run after that ends with 0."""
    dry = running.run("github", "hooks", "sync", "--dry-run")
    assert dry.status == 1 and "+   events: gollum" in dry.out and "+   secret: ***" in dry.out and "to change: 1" in dry.out
    assert hooks == [] and re.match(r"# as the hub read /\S+/leverframe.toml at 20\d\d-", dry.out)
    done = running.run("github", "hooks", "sync")
    assert (done.status, done.out.splitlines()[-1]) == (0, "changed: 1")
    assert hooks[0].events == ["gollum", "push"] and hooks[0].config["secret"] == "s3cret"
    assert document(running.run("github", "hooks", "sync", "--dry-run", "--json"))["hooks"][0]["state"] == "unchanged"


def test_sync_says_when_the_file_was_edited_since(running: RunningHub, hooks: list[FakeHook], github: FakeGitHub) -> None:
    """A file that was edited and not read yet is not what is planned: that is said."""
    file = running.folder / "leverframe.toml"
    now, read = file.read_text(), CONFIG.format(port=1, locale="en") + DECLARED.format(token=TOKEN, url=github.url)
    try:
        file.write_text(read)
        assert "edited" not in running.run("github", "hooks", "sync", "--dry-run").err
        file.write_text(read + "# edited\n")
        assert "! the file has been edited since: restart the hub to have that planned" in running.run("github", "hooks", "sync", "--dry-run").err
        assert document(running.run("github", "hooks", "sync", "--dry-run", "--json"))["config_changed"] is True
    finally:
        file.write_text(now)


def test_hooks_are_made_listed_and_changed(running: RunningHub, hooks: list[FakeHook]) -> None:
    """Each command changes what it says and nothing else; --json is GitHub's own object."""
    made = running.run("github", "hooks", "create", "acme/web-app", "push", "--json")
    assert document(made)["config"]["secret"] == "********" and document(made)["events"] == ["push"]
    id = str(document(made)["id"])
    listed = running.run("github", "hooks", "list", "acme/web-app")
    assert id in listed.out and f"! {id}: The routes need events that it does not hear: gollum." in listed.err
    assert running.run("github", "hooks", "add-events", "acme/web-app", id, "gollum", "issues").status == 0
    assert running.run("github", "hooks", "remove-events", "acme/web-app", id, "issues").status == 0
    edited = running.run("github", "hooks", "edit", "acme/web-app", id, "--content-type", "form", "--insecure-ssl", "--inactive")
    assert edited.status == 0 and "certificate" in edited.err
    assert hooks[0].events == ["push", "gollum"] and hooks[0].config["secret"] == "s3cret" and not hooks[0].active
    assert (hooks[0].config["content_type"], hooks[0].config["insecure_ssl"]) == ("form", "1")
    assert document(running.run("github", "hooks", "show", "acme/web-app", id, "--json"))["id"] == int(id)


def test_deliveries_are_shown_and_sent_again(running: RunningHub, hooks: list[FakeHook]) -> None:
    """A ping is asked for, seen in the log, and sent again."""
    id = str(document(running.run("github", "hooks", "create", "acme/web-app", "push", "--json"))["id"])
    for command in ("ping", "test"):
        assert "GitHub sends it\n" in running.run("github", "hooks", command, "acme/web-app", id).out
    listed = document(running.run("github", "hooks", "deliveries", "acme/web-app", id, "--json"))
    assert [one["event"] for one in listed["deliveries"]] == ["push", "ping", "ping"]
    again = running.run("github", "hooks", "redeliver", "acme/web-app", id, str(listed["deliveries"][0]["id"]))
    assert again.status == 0
    shown = running.run("github", "hooks", "deliveries", "acme/web-app", id)
    assert "OK (again)" in shown.out
    assert running.run("github", "hooks", "deliveries", "acme/web-app", id, "--failed").out == "–\n"


def test_what_destroys_asks_first(running: RunningHub, hooks: list[FakeHook]) -> None:
    """Without --yes, and with nobody to answer, nothing is deleted."""
    id = str(document(running.run("github", "hooks", "create", "acme/web-app", "push", "--json"))["id"])
    refused = running.run("github", "hooks", "delete", "acme/web-app", id)
    assert refused.status == 2 and "--yes" in refused.err and len(hooks) == 1
    assert running.run("github", "hooks", "delete", "acme/web-app", id, "--yes").status == 0 and hooks == []
    gone = running.run("github", "hooks", "delete", "acme/web-app", id, "--yes")
    assert gone.status == 1 and gone.err.startswith("github_hook_unknown")


def test_misspelt_events_are_told_with_the_near_one(running: RunningHub, hooks: list[FakeHook]) -> None:
    """What GitHub would refuse is refused before it is sent."""
    refused = running.run("github", "hooks", "create", "acme/web-app", "issue")
    assert refused.status == 1 and "github_event_unknown: GitHub has no such event. (issue: perhaps issues)" in refused.err


def test_a_secret_is_never_written_on_a_command_line(running: RunningHub, hooks: list[FakeHook], tmp_path: Path) -> None:
    """A secret comes from a variable or a file: other people of the machine see command lines."""
    command = ("github", "hooks", "create", "acme/web-app", "push", "--to", "https://other.example.com/", "--secret")
    refused = running.run(*command, "hunter2")
    assert refused.status == 2 and "hunter2" not in refused.err
    assert running.run(*command, "env:ELSEWHERE", environ={"ELSEWHERE": "x9"}).status == 0
    assert hooks[0].config["secret"] == "x9"


def test_a_rate_limit_is_waited_for_and_shown(running: RunningHub, hooks: list[FakeHook], github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's wait is shown and kept, for two minutes in all; then the command says what GitHub says."""
    waited: list[float] = []
    monkeypatch.setattr("leverframe.cli.github.sleep", waited.append)
    github.retry_after_s = 50
    github.next_modes.append("limited")
    shown = running.run("github", "hooks", "list", "acme/web-app")
    assert len(waited) == 2 and all(30 < one <= 50 for one in waited)  # less what has passed since, by the clock
    assert re.findall(r"GitHub asks to wait: going on in (\d+) s", shown.err) == [f"{one:g}" for one in waited]
    assert shown.status == 1 and "github_ratelimited" in shown.err
