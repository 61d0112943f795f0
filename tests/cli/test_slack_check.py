"""``leverframe doctor`` on Slack: what Slack tells of app and rooms, and what the running hub tells of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli.conftest import Ran, entry_point, serving
from databases import open_new_sqlite
from fakes.slack import TOKEN, FakeSlack
from fakes.slack_apps import CONFIG_TOKEN

from leverframe.app import SystemClock
from leverframe.ports import Installation
from leverframe.secrets.keys import key_file, keys_for
from leverframe.slack_rooms import TOKENS
from leverframe.store.installations import Installations

SCOPES = ("chat:write", "channels:read", "groups:read", "users:read", "usergroups:read")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace where the app lacks two scopes, and has joined #dev only."""
    fake = FakeSlack(channels=["dev"], scopes=SCOPES, user_groups={("S0001", "release"): ["U1"]})
    fake.channel("ops", member=False)
    with fake.in_thread():
        yield fake


def findings(ran: Ran) -> dict[str, str]:
    """Return state by what was found of Slack."""
    return {one["found"]: one["state"] for one in ran.document["findings"] if one["what"] == "chats.slack"}


def test_what_the_manifest_asks_for_and_slack_does_not_report_is_named(slack: FakeSlack, tmp_path: Path) -> None:
    """Each scope with what it is for, each room of the configuration, each group of a role."""
    (tmp_path / "leverframe.toml").write_text(
        f'[chats.slack]\nbot_token = "env:TOKEN"\nsigning_secrets = ["env:TOKEN"]\napi_url = "{slack.url}"\nlistens = ["mentions"]\n[hub]\naudit_room = "slack:#ops"\n'
        '[sources.github]\nsecrets = ["env:TOKEN"]\n[[routes]]\nname = "r"\nfrom = "github"\nto = ["slack:#dev"]\n[roles.x]\nmembers = ["slack:@release", "slack:@relase"]\n'
    )
    found = findings(entry_point("doctor", "--json", folder=tmp_path, environ={"TOKEN": TOKEN}))
    missing = {text.partition(": ")[0]: state for text, state in found.items() if text.startswith("scope") and state != "ok"}
    assert missing == {"scope commands": "error", "scope chat:write.public": "warning", "scope app_mentions:read": "warning"}
    assert {text: state for text, state in found.items() if text.startswith(("room", "group"))} == {
        "room #dev: C000000000X": "ok", "room #ops: The bot is not a member of the channel.": "error", "group @release: 1": "ok",
        "group @relase: The workspace has no such user group.": "warning",
    }  # fmt: skip


@pytest.mark.parametrize(("locale", "differs", "same"), [
    ("en", "manifest /deploy: The app at Slack is not as its manifest says. (URL “https://old.example.com/slack/commands” at Slack, “https://hub.example.com/slack/commands” here)",
     "manifest: the app at Slack is as the manifest says"),
    ("ko", "매니페스트 /deploy: Slack의 앱이 매니페스트와 다릅니다. (URL: Slack “https://old.example.com/slack/commands”, 허브 “https://hub.example.com/slack/commands”)",
     "매니페스트: Slack의 앱이 매니페스트와 같습니다"),
])  # fmt: skip
def test_the_printed_manifest_is_what_the_app_is_compared_with(slack: FakeSlack, tmp_path: Path, locale: str, differs: str, same: str) -> None:
    """What was pasted as printed is the same; an address that moved is told with what to do. The token is set for this alone, and shown nowhere."""
    (tmp_path / "leverframe.toml").write_text(
        f'[hub]\nlocale = "{locale}"\nurl = "https://hub.example.com"\n[chats.slack]\nbot_token = "env:TOKEN"\nsigning_secrets = ["env:TOKEN"]\napi_url = "{slack.url}"\n'
        'config_token = "env:SLACK_CONFIG_TOKEN"\n'
    )
    slack.configure(entry_point("slack", "manifest", "--json", folder=tmp_path).document)
    environ = {"TOKEN": TOKEN}
    without = findings(entry_point("doctor", "--json", folder=tmp_path, environ=environ))
    assert [state for text, state in without.items() if "config_token" in text] == ["skipped"]
    environ["SLACK_CONFIG_TOKEN"] = CONFIG_TOKEN
    assert findings(entry_point("doctor", "--json", folder=tmp_path, environ=environ))[same] == "ok"
    assert slack.manifest is not None
    [deploy] = [one for one in slack.manifest["features"]["slash_commands"] if one["command"] == "/deploy"]
    deploy["url"] = "https://old.example.com/slack/commands"
    ran = entry_point("doctor", "--json", folder=tmp_path, environ=environ)
    assert ran.status == 1 and findings(ran)[differs] == "error" and CONFIG_TOKEN not in ran.out + ran.err
    [remedy] = [one["remedy"] for one in ran.document["findings"] if one["found"] == differs]
    assert "leverframe slack manifest" in remedy and "api.slack.com/apps" in remedy


def test_tokens_of_installations_are_tried(slack: FakeSlack, tmp_path: Path) -> None:
    """Read beside a hub that may run; a key that is gone is told and no new one made."""

    async def install() -> None:
        database = await open_new_sqlite(tmp_path / "leverframe.db", SystemClock())
        kept = Installation(chat="slack", team="T1", token=TOKEN, scopes=(), installed_at=datetime(2026, 11, 21, tzinfo=UTC))
        await Installations(database, keys_for(TOKENS, [], tmp_path / "leverframe.db")).keep(kept)
        await database.close()

    (tmp_path / "leverframe.toml").write_text(f'[chats.slack]\nclient_id = "1.2"\nclient_secret = "env:TOKEN"\napi_url = "{slack.url}"\n')
    before = findings(entry_point("doctor", "--json", folder=tmp_path, environ={"TOKEN": TOKEN}))
    assert list(before.values()) == ["error"] and not key_file(tmp_path / "leverframe.db").exists()
    asyncio.run(install())
    found = findings(entry_point("doctor", "--json", folder=tmp_path, environ={"TOKEN": TOKEN}))
    assert found["token T1: leverframe (Fake)"] == "ok"
    key = key_file(tmp_path / "leverframe.db")
    key.unlink()
    gone = entry_point("doctor", "--json", folder=tmp_path, environ={"TOKEN": TOKEN})
    assert f"The key beside the database cannot be used. ({key})" in findings(gone) and not key.exists()
    key.write_bytes(b"another key, which is long enough to be one")
    assert "A secret that was kept cannot be read any more." in findings(entry_point("doctor", "--json", folder=tmp_path, environ={"TOKEN": TOKEN}))


def test_a_connection_that_is_not_open_is_told(slack: FakeSlack, tmp_path: Path) -> None:
    """The running hub says whether it hears: not while Slack gives it no connection."""
    (tmp_path / "app-token").write_text(slack.app_token)
    more = f'[chats.slack]\napp_token = "file:app-token"\napi_url = "{slack.url}"\n'
    slack.mode = "down"
    with serving(tmp_path, more=more) as hub:
        environ = {"CLI_TEST_SECRET": "s3cret"}
        closed = findings(hub.run("doctor", "--json", environ=environ))
        assert closed["Socket Mode: The hub's connection to Slack (Socket Mode) is not open, so it hears nothing."] == "error"
