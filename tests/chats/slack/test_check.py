"""What ``leverframe doctor`` finds out about a Slack, without saying a word in any room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fakes.slack import SCOPES, TOKEN, FakeSlack
from fakes.slack_apps import CONFIG_TOKEN
from pydantic import ValidationError

from leverframe.chats.slack.check import Finding, diagnose
from leverframe.chats.slack.manifest import manifest
from leverframe.chats.slack.settings import Settings
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.errors import PROBLEMS
from leverframe.net import Outbound

pytestmark = pytest.mark.anyio


READING = (*SCOPES, "channels:read", "groups:read", "usergroups:read")


async def look(
    fake: FakeSlack, *, rooms: Sequence[str] = (), members: Sequence[str] = (), installed: Mapping[str, str] | None = None, ours: Any = None, **settings: object
) -> dict[str, Finding]:
    outbound = Outbound()
    found = await diagnose(Settings.model_validate({"api_url": fake.url, **settings}), outbound, ours, rooms=rooms, members=members, installed=installed)
    await outbound.close()
    assert fake.messages("#dev") == []
    assert all(finding.code in PROBLEMS for finding in found if finding.level not in ("ok", "skipped"))
    return {finding.subject: finding for finding in found}


async def test_all_is_well() -> None:
    """A good token says who it is and where; every scope is there."""
    async with FakeSlack(scopes=SCOPES) as fake:
        found = await look(fake, bot_token=TOKEN)
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["token"].detail == "leverframe (Fake)"


async def test_a_missing_scope_is_named() -> None:
    """Without chat:write nothing works; without the others something optional does not."""
    async with FakeSlack(scopes=("commands",)) as fake:
        found = await look(fake, bot_token=TOKEN)
    levels = {subject: finding.level for subject, finding in found.items()}
    assert levels == {"token": "ok", "scope chat:write": "error", "scope chat:write.public": "warning", "scope chat:write.customize": "warning"}


async def test_a_wrong_token_is_found() -> None:
    """The code tells which remedy to show."""
    async with FakeSlack() as fake:
        found = await look(fake, bot_token="xoxb-wrong")
    assert found["token"].code == "slack_invalid_auth"


async def test_a_slack_that_is_not_there_is_found() -> None:
    """No connection is told apart from a wrong token."""
    async with FakeSlack() as fake:
        found = await look(fake, bot_token=TOKEN, api_url="http://127.0.0.1:1/api/")
    assert found["token"].code == "slack_unreachable"


async def test_webhooks_are_tried_without_a_message() -> None:
    """A live webhook refuses an empty message, a revoked one does not know it."""
    async with FakeSlack(channels=["dev"]) as fake:
        found = await look(fake, webhooks={"#dev": fake.webhook("#dev"), "#gone": fake.url.replace("/api/", "/services/T0/B0/gone")})
    assert (found["webhook #dev"].level, found["webhook #gone"].code) == ("ok", "slack_no_service")


async def test_nothing_configured_is_found() -> None:
    """A chat without token and webhooks can reach nobody."""
    async with FakeSlack() as fake:
        found = await look(fake)
    assert found["token"].code == "slack_not_authed"


async def test_rooms_that_the_bot_cannot_reach_are_found() -> None:
    """By name and by id, on whichever page of the list they stand: unknown, archived, not joined; people and rooms of webhooks are not looked for."""
    async with FakeSlack(scopes=READING, channels=[f"c{number}" for number in range(1200)]) as fake:
        fake.channel("old", archived=True)
        other, secret = fake.channel("other", member=False), fake.channel("secret", member=False, private=True)
        fake.channel("private", private=True)
        rooms = ["#c1", "c1199", "#old", "#other", "#private", "#secret", "#gone", other.id, secret.id, "U0123", "#hook"]
        found = await look(fake, bot_token=TOKEN, rooms=rooms, webhooks={"#hook": fake.webhook("#c1")})
        assert {subject: one.code for subject, one in found.items() if subject.startswith("room ")} == {
            "room #c1": "", "room c1199": "", "room #old": "slack_is_archived", "room #other": "", "room #private": "", "room #secret": "slack_channel_not_found",
            "room #gone": "slack_channel_not_found", f"room {other.id}": "", f"room {secret.id}": "slack_channel_not_found",
        }  # fmt: skip
        fake.scopes = tuple(scope for scope in READING if scope != "chat:write.public")
        found = await look(fake, bot_token=TOKEN, rooms=["#other", "#c1"])
        assert (found["room #other"].code, found["room #c1"].code) == ("slack_not_in_channel", "")


async def test_without_the_scopes_to_see_them_nothing_is_said_of_rooms() -> None:
    """The scope is what is missing; and a Slack that refuses the list is told once."""
    async with FakeSlack(scopes=SCOPES) as fake:
        assert not [subject for subject in await look(fake, bot_token=TOKEN, rooms=["#dev"]) if subject.startswith("room")]
    async with FakeSlack(scopes=READING) as fake:
        fake.next_modes.extend(["ok", "down"])
        found = await look(fake, bot_token=TOKEN, rooms=["#dev"])
        assert (found["room"].level, found["room"].code) == ("warning", "slack_unavailable")


async def test_user_groups_that_roles_name_are_looked_for() -> None:
    """A handle that is none makes nobody a member, so it is told; how many are in the others is told too."""
    async with FakeSlack(scopes=READING, user_groups={("S0123", "admins"): ["U1", "U2"]}) as fake:
        found = await look(fake, bot_token=TOKEN, members=["@Admins", "S0123", "@adminz"])
    assert {subject: (one.level, one.detail) for subject, one in found.items() if subject.startswith("group")} == {
        "group @Admins": ("ok", "2"), "group S0123": ("ok", "2"), "group @adminz": ("warning", ""),
    }  # fmt: skip


async def test_the_token_of_socket_mode_is_tried() -> None:
    """A connection is asked for and not opened; a bot's token there is told."""
    async with FakeSlack() as fake:
        assert (await look(fake, bot_token=TOKEN, app_token=fake.app_token))["socket"].level == "ok"
        assert (await look(fake, bot_token=TOKEN, app_token=TOKEN))["socket"].code == "slack_invalid_auth"
        assert fake.sockets == []


async def test_tokens_of_installed_workspaces_are_tried() -> None:
    """Each by itself, named by its workspace; with them there is a token."""
    async with FakeSlack(scopes=READING) as fake:
        found = await look(fake, installed={"T1": TOKEN, "T2": "xoxb-gone"}, rooms=["#dev"])
    assert (found["token T1"].level, found["token T2"].code, found["room #dev"].level) == ("ok", "slack_invalid_auth", "ok") and "token" not in found


OURS = manifest(BUILT_IN, "https://hub.example.com")
ALL = tuple(OURS["oauth_config"]["scopes"]["bot"])


async def test_the_app_at_slack_is_compared_with_the_manifest() -> None:
    """Which app is asked of the bot, or said by app_id; a difference is a finding of its own."""
    async with FakeSlack(scopes=ALL) as fake:
        fake.configure(OURS)
        found = await look(fake, bot_token=TOKEN, config_token=CONFIG_TOKEN, ours=OURS)
        assert {one.level for one in found.values()} == {"ok"} and found["manifest"].detail == "A1"
        assert fake.manifest is not None
        fake.manifest["features"]["slash_commands"].pop()
        fake.calls.clear()
        found = await look(fake, app_id="A1", bot_token="xoxb-wrong", config_token=CONFIG_TOKEN, ours=OURS)
        assert {subject for subject, one in found.items() if one.code == "slack_manifest_differs"} == {f"manifest {OURS['features']['slash_commands'][-1]['command']}"}
        assert [call.method for call in fake.calls] == ["auth.test", "apps.manifest.export"]


async def test_without_a_configuration_token_it_is_said_that_nothing_was_compared() -> None:
    """No warning: most run without one. Without a manifest to compare nothing is said."""
    async with FakeSlack(scopes=ALL) as fake:
        found = await look(fake, bot_token=TOKEN, ours=OURS)
        assert found["manifest"].level == "skipped" and all("config_token" in words for words in found["manifest"].purpose)
        assert "manifest" not in await look(fake, bot_token=TOKEN, config_token=CONFIG_TOKEN)
        assert {call.method for call in fake.calls} == {"auth.test"}


@pytest.mark.parametrize(
    ("config_token", "app_id", "mode", "code"),
    [
        ("xoxe-1-refresh", "A1", "ok", "slack_config_token_invalid"),
        (TOKEN, "A1", "ok", "slack_config_token_invalid"),
        (CONFIG_TOKEN, "A2", "ok", "slack_manifest_app_not_found"),
        (CONFIG_TOKEN, "B1", "ok", "slack_manifest_app_not_found"),
        (CONFIG_TOKEN, "A1", "ok", "slack_manifest_app_not_eligible"),
        (CONFIG_TOKEN, "A1", "down", "slack_unavailable"),
        (CONFIG_TOKEN, "A1", "limited", "slack_ratelimited"),
        (CONFIG_TOKEN, "A1", "garbage", "slack_answer_invalid"),
        (CONFIG_TOKEN, "A1", "half", "slack_answer_lost"),
    ],
)
async def test_what_keeps_it_from_being_compared_is_a_warning(config_token: str, app_id: str, mode: Any, code: str) -> None:
    """The hub serves without: each of Slack's refusals has its code, and none fails the doctor."""
    async with FakeSlack(scopes=ALL) as fake:
        fake.next_modes.extend(["ok", mode])
        found = (await look(fake, bot_token=TOKEN, config_token=config_token, app_id=app_id, ours=OURS))["manifest"]
        assert (found.level, found.code) == ("warning", code)


async def test_a_configuration_token_that_is_over_is_told() -> None:
    """They live for twelve hours; and where no bot says which app it is of, app_id is asked for."""
    async with FakeSlack(scopes=ALL, config_token_expired=True) as fake:
        assert (await look(fake, bot_token=TOKEN, config_token=CONFIG_TOKEN, ours=OURS))["manifest"].code == "slack_config_token_expired"
        fake.scopes = tuple(scope for scope in ALL if scope != "users:read")
        assert (await look(fake, bot_token=TOKEN, config_token=CONFIG_TOKEN, ours=OURS))["manifest"].code == "slack_manifest_app_not_found"


def test_a_configuration_token_that_is_not_set_stops_nobody() -> None:
    """It is set for the doctor, for half a day: the line stays in the file. It is as secret as the others."""
    context = {"environ": {"EMPTY": "", "SLACK_CONFIG_TOKEN": CONFIG_TOKEN}}
    for name in ("NOWHERE", "EMPTY"):
        assert Settings.model_validate({"config_token": f"env:{name}"}, context=context).config_token is None
    with pytest.raises(ValidationError, match="secret_file_unreadable"):
        Settings.model_validate({"config_token": "file:nowhere"}, context=context)
    there = Settings.model_validate({"config_token": "env:SLACK_CONFIG_TOKEN"}, context=context)
    assert there.config_token is not None and there.config_token.reveal() == CONFIG_TOKEN
    assert CONFIG_TOKEN not in repr(there) + there.model_dump_json()
