"""The app's manifest: whole, within Slack's schema, and asking for no more than is used."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes.slack import TOKEN, FakeSlack

from leverframe.chats.slack.check import diagnose
from leverframe.chats.slack.manifest import Features, compare, differences, manifest
from leverframe.chats.slack.settings import Settings
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.definitions import Bilingual, Command
from leverframe.net import Outbound
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio

URL = "https://hub.example.com"
ALL = Features(mentions=True, threads=True, user_groups=True, mails=True, names_and_icons=True, install=True, rotation=True)
ASKED = ["commands", "chat:write", "chat:write.public", "channels:read", "groups:read", "users:read"]


def faults(made: dict[str, Any]) -> Iterator[str]:
    """Yield what Slack's schema would say (read from slackapi/manifest-schema, version 1)."""
    allowed = {
        "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
        "display_information": {"name", "description", "background_color", "long_description"},
        "features": {"app_home", "bot_user", "slash_commands", "shortcuts", "unfurl_domains"},
        "oauth_config": {"redirect_urls", "scopes", "token_management_enabled", "pkce_enabled"},
        "settings": {"event_subscriptions", "incoming_webhooks", "interactivity", "org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled"},
    }
    for section, keys in allowed.items():
        yield from (f"{section}: {key}" for key in set(made[section] if section else made) - keys)
    if not 1 <= len(made["display_information"]["name"]) <= 35 or not 1 <= len(made["display_information"]["description"]) <= 140:
        yield "display_information"
    slash = made["features"]["slash_commands"]
    if not 1 <= len(slash) <= 50 or len({one["command"] for one in slash}) != len(slash):
        yield "slash_commands"
    for one in slash:
        if set(one) - {"command", "url", "description", "usage_hint", "should_escape"}:
            yield f"{one['command']}: keys"
        if not re.fullmatch(r"/\S{1,31}", one["command"]) or not 1 <= len(one["description"]) <= 2_000 or not 1 <= len(one.get("usage_hint", "x")) <= 1_000:
            yield f"{one['command']}: lengths"
    scopes = made["oauth_config"]["scopes"]
    if not set(scopes["bot_optional"]) <= set(scopes["bot"]):
        yield "an optional scope must be among the bot's"
    if made["settings"]["interactivity"]["is_enabled"] is not True:
        yield "interactivity"


@pytest.mark.parametrize("features", [Features(), ALL, Features(socket_mode=True, mentions=True, threads=True)])
@pytest.mark.parametrize("locale", ["en", "ko"])
def test_the_manifest_is_one_that_slack_takes(features: Features, locale: Any) -> None:
    """Whatever is on, in both languages."""
    assert list(faults(manifest(BUILT_IN, URL, features, locale=locale))) == []


def test_it_asks_for_no_more_than_is_used() -> None:
    """Six scopes, incoming webhooks if somebody wants them, and no event."""
    made = manifest(BUILT_IN, URL)
    assert made["oauth_config"] == {"scopes": {"bot": [*ASKED, "incoming-webhook"], "bot_optional": ["incoming-webhook"]}}
    assert "event_subscriptions" not in made["settings"]
    assert not made["settings"]["token_rotation_enabled"] and not made["settings"]["socket_mode_enabled"]


@pytest.mark.parametrize(
    ("feature", "scopes", "events"),
    [
        ("mentions", ["app_mentions:read"], ["app_mention"]),
        ("threads", ["channels:history", "groups:history"], ["message.channels", "message.groups"]),
        ("user_groups", ["usergroups:read"], []),
        ("mails", ["users:read.email"], []),
        ("names_and_icons", ["chat:write.customize"], []),
    ],
)
def test_a_feature_that_is_on_brings_its_own(feature: str, scopes: list[str], events: list[str]) -> None:
    """One feature, its scopes and its events, and nothing else."""
    made = manifest(BUILT_IN, URL, Features(**{feature: True}))
    assert made["oauth_config"]["scopes"]["bot"] == [*ASKED, *scopes, "incoming-webhook"]
    assert made["settings"].get("event_subscriptions", {"bot_events": []})["bot_events"] == events


def test_every_command_says_what_it_is_and_how_it_is_written() -> None:
    """/lever and the top-level commands, each with description, an example and its address."""
    slash = {one["command"]: one for one in manifest(BUILT_IN, URL + "/")["features"]["slash_commands"]}
    assert {"/lever", "/deploy", "/status", "/rollback"} <= set(slash)
    assert slash["/deploy"]["usage_hint"] == "web-app staging" and slash["/deploy"]["url"] == f"{URL}/slack/commands"
    assert slash["/lever"]["usage_hint"] == "deploy web-app staging"
    korean = {one["command"]: one for one in manifest(BUILT_IN, URL, locale="ko")["features"]["slash_commands"]}
    assert all(re.search("[가-힣]", one["description"]) for one in korean.values())


def test_where_slack_sends_what() -> None:
    """Clicks to one door, events to another, the installation back to a third."""
    settings = manifest(BUILT_IN, URL, ALL)["settings"]
    assert settings["interactivity"]["request_url"] == f"{URL}/slack/actions"
    assert settings["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert manifest(BUILT_IN, URL, ALL)["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert settings["token_rotation_enabled"] is True


def test_socket_mode_needs_no_address() -> None:
    """No public address, so none is in the manifest."""
    made = manifest(BUILT_IN, "http://127.0.0.1:8080", Features(socket_mode=True, mentions=True))
    assert made["settings"]["socket_mode_enabled"] is True and "127.0.0.1" not in str(made)


def test_more_commands_than_slack_takes_stay_words_of_lever() -> None:
    """Fifty slash commands at most; the shared one is always among them."""
    many = [Command(name=f"c{at}", title=Bilingual("C", "C"), summary=Bilingual("x" * 3_000, "가"), top_level=True) for at in range(60)]
    made = manifest(many, URL)
    assert list(faults(made)) == [] and made["features"]["slash_commands"][0]["command"] == "/lever"


def test_a_missing_scope_is_named() -> None:
    """What Slack reports is compared with what the manifest asks for; an optional scope may be missing."""
    made = manifest(BUILT_IN, URL, Features(threads=True))
    found = {finding.subject: finding for finding in compare(made, {"chat:write", "channels:read"})}
    assert found["scope commands"].level == "error" and found["scope commands"].code == "slack_missing_scope"
    assert found["scope channels:history"].level == "warning" and "!commands" in found["scope channels:history"].purpose[0]
    assert found["scope chat:write"].level == "ok" and "scope incoming-webhook" not in found
    assert all(finding.level == "ok" for finding in compare(made, made["oauth_config"]["scopes"]["bot"]))


async def test_the_doctor_compares_the_manifest_with_what_slack_reports() -> None:
    """The scopes come with Slack's own answer."""
    outbound = Outbound()
    async with FakeSlack(scopes=("chat:write", "commands")) as slack:
        findings = await diagnose(Settings(bot_token=Secret(TOKEN), api_url=slack.url), outbound, manifest(BUILT_IN, URL))
    await outbound.close()
    assert [finding.detail for finding in findings if finding.code == "slack_missing_scope"] == ASKED[2:]


OURS = manifest(BUILT_IN, URL, Features(mentions=True, install=True))
SOCKET = manifest(BUILT_IN, URL, Features(socket_mode=True, mentions=True))


def command(made: Any, name: str) -> Any:
    """Return a slash command of a manifest."""
    return next(one for one in made["features"]["slash_commands"] if one["command"] == name)


Change = Callable[[Any], object]
DIFFERENT: dict[str, tuple[Any, Change, list[tuple[str, str, str]]]] = {
    "a command too few": (OURS, lambda app: app["features"]["slash_commands"].remove(command(app, "/status")), [("error", "/status", "does not have")]),
    "no command at all": (
        OURS, lambda app: app.pop("features"), [("error", one["command"], "does not have") for one in OURS["features"]["slash_commands"]],
    ),
    "a command too many": (OURS, lambda app: app["features"]["slash_commands"].append({"command": "/ship"}), [("warning", "/ship", "does not know")]),
    "another address": (
        OURS, lambda app: command(app, "/deploy").update(url="https://old.example.com/slack/commands"), [("error", "/deploy", "https://old.example.com/slack/commands")],
    ),
    "other words": (
        OURS, lambda app: command(app, "/deploy").update(description="Ship it", usage_hint="what"), [("warning", "/deploy", "“Ship it”"), ("warning", "/deploy", "“what”")],
    ),
    "very many words": (OURS, lambda app: command(app, "/deploy").update(description="x" * 2_000), [("warning", "/deploy", f"“{'x' * 79}…”")]),
    "no hint": (OURS, lambda app: command(app, "/deploy").pop("usage_hint"), [("warning", "/deploy", "“” at Slack")]),
    "names as text": (OURS, lambda app: command(app, "/status").update(should_escape=False), [("warning", "/status", "should_escape")]),
    "events to another address": (
        OURS, lambda app: app["settings"]["event_subscriptions"].update(request_url=f"{URL}/events"), [("error", "event_subscriptions", f"{URL}/slack/events")],
    ),
    "an event too few": (OURS, lambda app: app["settings"]["event_subscriptions"].update(bot_events=[]), [("error", "event_subscriptions", "app_mention")]),
    "no events": (
        OURS, lambda app: app["settings"].pop("event_subscriptions"), [("error", "event_subscriptions", "URL"), ("error", "event_subscriptions", "app_mention")],
    ),
    "an event too many": (OURS, lambda app: app["settings"]["event_subscriptions"]["bot_events"].append("team_join"), []),
    "no buttons": (OURS, lambda app: app["settings"].update(interactivity={"is_enabled": False}), [("error", "interactivity", "off")]),
    "clicks to another address": (OURS, lambda app: app["settings"]["interactivity"].update(request_url="x"), [("error", "interactivity", "request URL")]),
    "no address for options": (OURS, lambda app: app["settings"]["interactivity"].pop("message_menu_options_url"), [("error", "interactivity", "options load URL")]),
    "Socket Mode is on": (OURS, lambda app: app["settings"].update(socket_mode_enabled=True), [("error", "socket_mode_enabled", "on at Slack")]),
    "Socket Mode is off": (SOCKET, lambda app: app["settings"].update(socket_mode_enabled=False), [("error", "socket_mode_enabled", "off at Slack")]),
    "addresses that Socket Mode does not use": (SOCKET, lambda app: command(app, "/deploy").update(url="https://old.example.com"), []),
    "nowhere to come back to": (OURS, lambda app: app["oauth_config"].pop("redirect_urls"), [("error", "redirect_urls", "/slack/oauth_redirect")]),
    "another host to come back to": (OURS, lambda app: app["oauth_config"].update(redirect_urls=[f"{URL}.evil.example"]), [("error", "redirect_urls", URL)]),
    "the host alone to come back to": (OURS, lambda app: app["oauth_config"].update(redirect_urls=[f"{URL}/"]), []),
    "scopes too few": (
        OURS, lambda app: app["oauth_config"]["scopes"].update(bot=[one for one in ASKED if one not in ("commands", "users:read")]),
        [("error", "scopes", "commands"), ("warning", "scopes", "users:read"), ("warning", "scopes", "app_mentions:read")],
    ),
    "a scope too many": (OURS, lambda app: app["oauth_config"]["scopes"]["bot"].append("files:write"), [("warning", "scopes", "files:write")]),
    "an optional scope too few": (OURS, lambda app: app["oauth_config"]["scopes"]["bot"].remove("incoming-webhook"), []),
    "rotated tokens that the hub renews": (OURS, lambda app: app["settings"].update(token_rotation_enabled=True), []),
    "rotated tokens that nobody renews": (
        SOCKET, lambda app: app["settings"].update(token_rotation_enabled=True), [("error", "token_rotation_enabled", "client_secret")],
    ),
    "no rotated tokens": (
        manifest(BUILT_IN, URL, ALL), lambda app: app["settings"].update(token_rotation_enabled=False), [("warning", "token_rotation_enabled", "off")],
    ),
    "a name of the operator's": (OURS, lambda app: app["display_information"].update(name="Ops", background_color="#000000"), []),
    "nothing": (OURS, lambda app: app.pop("_metadata"), []),
}  # fmt: skip


@pytest.mark.parametrize(("ours", "change", "told"), DIFFERENT.values(), ids=DIFFERENT)
def test_each_difference_that_matters_is_told(ours: Any, change: Change, told: list[tuple[str, str, str]]) -> None:
    """What keeps something from working is an error, the rest a warning; each in both languages, with one code."""
    theirs = copy.deepcopy(ours)
    change(theirs)
    found = differences(ours, theirs)
    assert [(one.level, one.subject) for one in found] == [(level, f"manifest {subject}") for level, subject, _ in told]
    for one, (_, _, words) in zip(found, told, strict=True):
        assert one.code == "slack_manifest_differs" and words in one.purpose[0]
        assert re.search("[가-힣]", one.purpose[1])


@pytest.mark.parametrize("junk", [None, 1, "x", [], [None, 1, "x", {}], {}, {"x": None}])
def test_a_manifest_of_any_shape_is_compared(junk: Any) -> None:
    """Slack may say null, or something new, anywhere: nothing is taken for what it is not, and nothing breaks."""
    whole = {one.subject for one in differences(OURS, {})}
    for theirs in (
        {"features": junk, "settings": junk, "oauth_config": junk},
        {"features": {"slash_commands": junk}, "settings": {"event_subscriptions": junk, "interactivity": junk}, "oauth_config": {"scopes": junk, "redirect_urls": junk}},
    ):
        found = {one.subject for one in differences(OURS, theirs)}
        assert found - {"manifest scopes"} == whole - {"manifest scopes"}
