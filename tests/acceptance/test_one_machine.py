"""Hubs with one configuration on one machine, and a hub whose configuration's folder is read-only: the commands of the machine and the first link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acceptance.processes import Hub, until
from leverframe.cli.hub import Hub as Commands
from leverframe.core.errors import Refused

PATIENCE_S = 60
READ_ONLY = ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"']


def hub(folder: Path, name: str, url: str) -> Hub:
    """A hub that has its port from the environment, so that several share ``folder/leverframe.toml``."""
    made = Hub(folder, database=url, api_url="http://127.0.0.1:1")
    made.log, made.environ["PORT"] = folder.parent / f"{name}.log", str(made.port)
    made.config.write_text(f'[hub]\nurl = "http://127.0.0.1:9"\ndatabase = "{url}"\n[sources.github]\nsecrets = ["env:HUB_TEST_SECRET"]\n[chats.playground]\n')
    return made


@contextmanager
def stopped_in_the_end(*hubs: Hub) -> Iterator[None]:
    try:
        yield
    finally:
        for one in hubs:
            one.stop()


def answers(one: Hub) -> bool:
    """Return whether a command of this machine reaches a hub."""
    try:
        return bool(Commands.reach(config=one.config, url=None, token=None).get("/api/routes") == {"routes": []})
    except Refused as refused:
        assert refused.code == "hub_not_running", refused
        return False


def test_hubs_of_one_configuration_leave_each_other_the_commands_and_the_link(tmp_path: Path, postgres_url: str) -> None:
    """The second start took the socket and voided the first's link, and when either stopped "the hub is not running"."""
    first, second = (hub(tmp_path / "hub", name, postgres_url) for name in ("first", "second"))
    link = first.config.with_suffix(".admin-link")
    with stopped_in_the_end(first, second):
        first.start()
        until(lambda: answers(first), PATIENCE_S, first.said)
        token = link.read_text().strip().partition("token=")[2]
        second.start()
        assert answers(second)
        assert second.ask("GET", f"/login?token={token}").status == 200, "the first's link lives"
        assert second.ask("GET", f"/login?token={link.read_text().strip().partition('token=')[2]}").status == 200, "and so does the second's"
        second.stop()
        assert answers(first), "the socket was the first's"
        second.start()
        first.stop()
        until(lambda: answers(second), PATIENCE_S, second.said)
        second.kill()
        assert not answers(second)
        first.start()
        until(lambda: answers(first), PATIENCE_S, "a socket that a killed hub left is in nobody's way")
    assert "Traceback" not in first.said() + second.said()


def test_a_hub_starts_where_its_configurations_folder_is_read_only(tmp_path: Path, postgres_url: str) -> None:
    """Under ProtectSystem=strict, on PostgreSQL, the documented unit ended in a traceback: the socket and the link go where it may write, or are missed with a word."""
    one = hub(tmp_path / "hub", "one", postgres_url)
    one._before = [*READ_ONLY, str(one.folder)]
    with stopped_in_the_end(one):
        one.start()
        until(lambda: "event=no_control_socket" in one.said() and "event=administrator_link_not_written" in one.said(), PATIENCE_S, one.said)
        assert "STATE_DIRECTORY" in one.said() and not answers(one)
        one.stop()
        state = tmp_path / "state"
        state.mkdir()
        one.environ["STATE_DIRECTORY"] = str(state)
        one.start()
        until((state / "leverframe.sock").is_socket, PATIENCE_S, one.said)
        assert (state / "leverframe.admin-link").stat().st_mode & 0o777 == 0o600
