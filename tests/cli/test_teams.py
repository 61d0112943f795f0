"""``leverframe teams manifest`` and ``leverframe doctor`` on Teams."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Ran, entry_point
from fakes.teams import APP, SECRET, TENANT, FakeTeams

BOT = (
    f'[hub]\nurl = "https://hub.example.com"\n[chats.teams]\napp_id = "{APP}"\napp_password = "env:NOWHERE"\ntenant_ids = ["{TENANT}"]\n'
)  # fmt: skip


def manifest(folder: Path, text: str, *options: str) -> Ran:
    """Run the command on a configuration, in an environment without any secret."""
    (folder / "leverframe.toml").write_text(text)
    return entry_point("teams", "manifest", *options, folder=folder)


def test_before_there_is_an_app_there_is_its_manifest(tmp_path: Path) -> None:
    """The bot by its id, the scopes in which it speaks, the first commands with a sentence each, and the hub's host; reading what is not for it only when asked."""
    ran = manifest(tmp_path, BOT)
    assert ran.status == 0, ran
    found = json.loads(ran.out)
    [bot] = found["bots"]
    assert (found["manifestVersion"], found["id"], bot["botId"], bot["scopes"]) == ("1.17", APP, APP, ["team", "groupChat", "personal"])
    [offered] = bot["commandLists"]
    assert offered["commands"][0]["title"] == "deploy" and len(offered["commands"]) <= 10
    assert all(0 < len(one["title"]) <= 32 and 0 < len(one["description"]) <= 128 for one in offered["commands"])
    assert found["validDomains"] == ["hub.example.com"] and "authorization" not in found
    assert len(found["description"]["short"]) <= 80
    assert manifest(tmp_path, BOT, "--json").document == found  # as every other command takes it
    listening = json.loads(manifest(tmp_path, BOT + 'listens = ["threads"]\n').out)
    assert {one["name"] for one in listening["authorization"]["permissions"]["resourceSpecific"]} == {"ChannelMessage.Read.Group", "ChatMessage.Read.Chat"}


def test_the_package_is_ready_to_be_uploaded(tmp_path: Path) -> None:
    """A zip with the manifest and both icons in the sizes that Teams asks for."""
    ran = manifest(tmp_path, BOT, "--package", str(tmp_path / "app.zip"))
    assert ran.status == 0, ran
    with zipfile.ZipFile(io.BytesIO((tmp_path / "app.zip").read_bytes())) as archive:
        assert json.loads(archive.read("manifest.json"))["id"] == APP
        sizes = {name: struct.unpack(">II", archive.read(name)[16:24]) for name in ("color.png", "outline.png")}
    assert sizes == {"color.png": (192, 192), "outline.png": (32, 32)}


def test_without_a_bot_there_is_no_manifest(tmp_path: Path) -> None:
    """What is missing is named; a hub that only this machine reaches is warned of."""
    assert manifest(tmp_path, '[chats.slack]\nbot_token = "env:NOWHERE"\n').status == 2
    assert "hub.url" in manifest(tmp_path, BOT.replace("https://hub.example.com", "http://127.0.0.1:8080")).err


@pytest.fixture
def teams() -> Iterator[FakeTeams]:
    """A tenant whose bot is in one channel and not in another."""
    fake = FakeTeams()
    with fake.in_thread():
        yield fake


def doctor(folder: Path, teams: FakeTeams, secret: str = SECRET) -> dict[str, str]:
    """Return state by what was found of Teams."""
    inside, outside = teams.channel("in"), teams.channel("out", member=False)
    (folder / "secret").write_text(secret)
    (folder / "leverframe.toml").write_text(
        f'[chats.teams]\napp_id = "{APP}"\napp_password = "file:secret"\ntenant_ids = ["{TENANT}"]\nservice_url = "{teams.service}"\nlogin_url = "{teams.url}/login/"\n'
        f'openid_url = "{teams.url}/v1/.well-known/openidconfiguration"\n[chats.teams.rooms]\n"#in" = "{inside.id}"\n"#out" = "{outside.id}"\n'
    )  # fmt: skip
    ran = entry_point("doctor", "--json", folder=folder)
    return {one["found"]: one["state"] for one in ran.document["findings"] if one["what"] == "chats.teams"}


def test_doctor_asks_microsoft(teams: FakeTeams, tmp_path: Path) -> None:
    """The secret is tried, the keys are fetched, and each room with an id is asked whether the bot is in it."""
    found = doctor(tmp_path, teams)
    assert found[f"token: {APP}"] == found["keys of Teams: ok"] == found["room #in: ok"] == "ok"
    [wrong] = [what for what, state in found.items() if state == "error"]
    assert wrong.startswith("room #out: The bot is not a member")


def test_doctor_tells_a_secret_that_is_not_taken(teams: FakeTeams, tmp_path: Path) -> None:
    """Microsoft's own words are there, and the secret is not."""
    teams.keys_down = True
    found = doctor(tmp_path, teams, "wrong~secret")
    assert all(state == "error" for state in found.values()) and len(found) == 2
    assert any("AADSTS7000215" in what for what in found) and not any("wrong~secret" in what for what in found)
