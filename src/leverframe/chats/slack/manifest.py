"""The app's manifest, made from the commands: what Slack is to be told, and what it is asked to allow.

https://docs.slack.dev/reference/app-manifest, https://github.com/slackapi/manifest-schema
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from leverframe.core.commands.definitions import SHARED, Command
from leverframe.core.errors import Locale
from leverframe.core.findings import Finding

Purpose = tuple[str, str]
"""What a scope is for, in English and Korean."""
NEEDED: Mapping[str, Purpose] = {
    "commands": ("for slash commands", "슬래시 명령에 필요합니다"),
    "chat:write": ("to post at all", "메시지를 올리려면 꼭 필요합니다"),
    "chat:write.public": ("to post to public channels that the bot has not joined", "봇이 들어가지 않은 공개 채널에 올릴 때 필요합니다"),
    "channels:read": ("to know public channels by name", "공개 채널을 이름으로 찾을 때 필요합니다"),
    "groups:read": ("to know private channels by name", "비공개 채널을 이름으로 찾을 때 필요합니다"),
    "users:read": ("to know people by name", "사람을 이름으로 찾을 때 필요합니다"),
}
OPTIONAL: Mapping[str, Purpose] = {"incoming-webhook": ("for rooms reached by an incoming webhook", "수신 웹훅으로 닿는 방에 필요합니다")}
_OF_FEATURES: Mapping[str, Mapping[str, Purpose]] = {
    "mentions": {"app_mentions:read": ("to hear @mentions of the bot", "봇을 @멘션한 말을 듣는 데 필요합니다")},
    "threads": {
        "channels:history": ("to hear !commands in public channels and their threads", "공개 채널과 스레드의 !명령을 듣는 데 필요합니다"),
        "groups:history": ("to hear !commands in private channels and their threads", "비공개 채널과 스레드의 !명령을 듣는 데 필요합니다"),
    },
    "user_groups": {"usergroups:read": ("for roles with members of a user group", "사용자 그룹을 구성원으로 둔 역할에 필요합니다")},
    "mails": {"users:read.email": ("for roles with members named by e-mail address", "이메일 주소로 구성원을 적은 역할에 필요합니다")},
    "names_and_icons": {"chat:write.customize": ("for username and icon on a route", "라우트의 username과 icon에 필요합니다")},
}
_EVENTS = {"mentions": ("app_mention",), "threads": ("message.channels", "message.groups")}
_SHOWN_MAX = 80
_DESCRIPTION_MAX, _HINT_MAX, _COMMAND_MAX, _COMMANDS_MAX = 2_000, 1_000, 32, 50
_WORDS: Mapping[Locale, Mapping[str, str]] = {
    "en": {"app": "Hears what happens, tells the right room, and lets people pull levers.", "shared": "Everything that Leverframe can do: deploy, approve, lock …"},
    "ko": {"app": "일어난 일을 듣고 알맞은 방에 알리며, 채팅에서 배포하고 승인합니다.", "shared": "Leverframe의 모든 명령: 배포, 승인, 잠금 등"},
}  # fmt: skip


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is used for beyond commands and buttons: each asks for no more than it needs."""

    socket_mode: bool = False
    """Slack needs no address of the hub's."""
    mentions: bool = False
    """``@leverframe deploy …``."""
    threads: bool = False
    """``!deploy …``, also in threads, where Slack has no slash commands."""
    user_groups: bool = False
    """Roles whose members are a Slack user group."""
    mails: bool = False
    """Roles whose members are named by their e-mail address."""
    names_and_icons: bool = False
    """Routes that post with a name and an icon of their own."""
    install: bool = False
    """``/slack/install``: other workspaces, or this one without copying a token."""
    rotation: bool = False
    """Tokens that end after twelve hours and are renewed; cannot be switched off again."""


NO_FEATURES = Features()


def manifest(commands: Iterable[Command], url: str, features: Features = NO_FEATURES, *, locale: Locale = "en") -> dict[str, Any]:
    """Return the manifest of the app, ready for https://api.slack.com/apps → Create New App → From a manifest.

    ``url`` is the hub's, as the outside reaches it (``hub.url``). ``/lever`` comes first; of commands beyond Slack's fifty,
    and of those whose names Slack does not take, there is no slash command: they are words of ``/lever``.
    """
    hub, words, given = url.rstrip("/"), _WORDS[locale], () if features.socket_mode else ("url",)
    every = [command for command in commands if len(command.name) < _COMMAND_MAX]
    shared = next((f"{command.name} {command.example}" for command in every if command.top_level and command.example), "help")
    slash = [_slash(SHARED, words["shared"], shared), *(_slash(one.name, one.summary.of(locale), one.hint()) for one in every if one.top_level)]
    for one in slash:
        one.update(dict.fromkeys(given, f"{hub}/slack/commands"))
    bot = scopes(features)
    oauth: dict[str, Any] = {"scopes": {"bot": [*bot, *OPTIONAL], "bot_optional": list(OPTIONAL)}}
    if features.install:
        oauth["redirect_urls"] = [f"{hub}/slack/oauth_redirect"]
    actions = {} if features.socket_mode else {"request_url": f"{hub}/slack/actions", "message_menu_options_url": f"{hub}/slack/actions"}
    settings: dict[str, Any] = {
        "interactivity": {"is_enabled": True, **actions},
        "incoming_webhooks": {"incoming_webhooks_enabled": True},
        "org_deploy_enabled": False,
        "socket_mode_enabled": features.socket_mode,
        "token_rotation_enabled": features.rotation,
    }
    events = [event for feature, names in _EVENTS.items() if getattr(features, feature) for event in names]
    if events:
        request = {} if features.socket_mode else {"request_url": f"{hub}/slack/events"}
        settings["event_subscriptions"] = {**request, "bot_events": events}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {"name": "Leverframe", "description": words["app"]},
        "features": {
            # Direct messages of the bot's are shown in its own tab; nothing is read there.
            "app_home": {"home_tab_enabled": False, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True},
            "bot_user": {"display_name": "leverframe", "always_online": True},
            "slash_commands": slash[:_COMMANDS_MAX],
        },
        "oauth_config": oauth,
        "settings": settings,
    }


def scopes(features: Features = NO_FEATURES) -> dict[str, Purpose]:
    """Return the scopes that are asked for, each with what it is for."""
    found = dict(NEEDED)
    for feature, more in _OF_FEATURES.items():
        if getattr(features, feature):
            found.update(more)
    return found


def compare(manifest: Mapping[str, Any], reported: Collection[str]) -> list[Finding]:
    """Return a finding for every scope that ``manifest`` asks for: ``ok``, or ``slack_missing_scope`` with its name.

    ``reported`` are the scopes that Slack tells with every answer (``x-oauth-scopes``). Without ``chat:write`` or ``commands``
    nothing works (``error``), without another one something does not (``warning``), and an optional one may be left out.
    """
    asked: Mapping[str, Any] = manifest["oauth_config"]["scopes"]
    purposes: dict[str, Purpose] = dict(NEEDED) | {scope: why for more in _OF_FEATURES.values() for scope, why in more.items()}
    findings = []
    for scope in asked["bot"]:
        if scope in asked.get("bot_optional", ()):
            continue
        missing = scope not in reported
        level = _weight(scope) if missing else "ok"
        code, detail = ("slack_missing_scope", scope) if missing else ("", "")
        findings.append(Finding(level=level, subject=f"scope {scope}", code=code, detail=detail, purpose=purposes.get(scope, ("", ""))))
    return findings


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Finding]:
    """Return a finding (``slack_manifest_differs``) for each way in which the app at Slack is not what ``ours`` says; none when it is.

    ``theirs`` is what https://docs.slack.dev/reference/methods/apps.manifest.export tells, of whatever shape. What keeps
    something from working is an ``error``; words, and what the hub does not use, are a ``warning``. Name, colours and the like
    are the operator's.
    """
    return [*_commands(ours, theirs), *_heard(ours, theirs), *_asked(ours, theirs)]


def _commands(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Finding]:
    here, there = ({str(one["command"]): one for one in _tables(made, "features", "slash_commands") if "command" in one} for made in (ours, theirs))
    for name, mine in here.items():
        other = there.get(name)
        if other is None:
            yield _differs("error", name, ("Slack does not have this command", "Slack에 이 명령이 없습니다"))
            continue
        if "url" in mine:
            yield from _value("error", name, ("URL", "URL"), mine["url"], other.get("url"))
        yield from _value("warning", name, ("description", "설명"), mine["description"], other.get("description"))
        yield from _value("warning", name, ("usage hint", "사용법 힌트"), mine.get("usage_hint"), other.get("usage_hint"))
        if not other.get("should_escape"):
            yield _differs("warning", name, ("people and channels come as text, not as ids: switch should_escape on", "사람과 채널이 ID가 아닌 글자로 옵니다. should_escape를 켜세요"))
    for name in there:
        if name not in here:
            yield _differs("warning", name, ("the hub does not know this command", "허브에 없는 명령입니다"))


def _heard(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the ways by which events and clicks come in."""
    socket, other = (bool(_table(made, "settings").get("socket_mode_enabled")) for made in (ours, theirs))
    if socket != other:
        off, on = ("off at Slack, but app_token is set", "app_token이 있지만 Slack에서 꺼져 있습니다"), ("on at Slack, but there is no app_token", "Slack에서 켜져 있지만 app_token이 없습니다")
        yield _differs("error", "socket_mode_enabled", off if socket else on)
    mine, other_events = (_table(made, "settings", "event_subscriptions") for made in (ours, theirs))
    if "request_url" in mine:
        yield from _value("error", "event_subscriptions", ("request URL", "요청 URL"), mine["request_url"], other_events.get("request_url"))
    for event in mine.get("bot_events", ()):
        if event not in _names(other_events, "bot_events"):
            yield _differs("error", "event_subscriptions", (f"Slack does not send {event}", f"Slack이 보내지 않는 이벤트: {event}"))
    mine, buttons = (_table(made, "settings", "interactivity") for made in (ours, theirs))
    if not buttons.get("is_enabled"):
        yield _differs("error", "interactivity", ("off: buttons and forms do nothing", "꺼져 있어 버튼과 양식이 동작하지 않습니다"))
    elif "request_url" in mine:
        yield from _value("error", "interactivity", ("request URL", "요청 URL"), mine["request_url"], buttons.get("request_url"))
        options = ("options load URL", "선택지 URL")
        yield from _value("error", "interactivity", options, mine["message_menu_options_url"], buttons.get("message_menu_options_url"))


def _asked(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare what the app asks whoever installs it to allow, and how its tokens are given."""
    mine, other = _table(ours, "oauth_config"), _table(theirs, "oauth_config")
    wanted, optional = mine["scopes"]["bot"], mine["scopes"].get("bot_optional", ())
    asked = _names(_table(other, "scopes"), "bot")
    for scope in wanted:
        if scope not in asked and scope not in optional:
            yield _differs(_weight(scope), "scopes", (f"the app does not ask for {scope}", f"앱이 요청하지 않는 권한: {scope}"))
    for scope in asked:
        if scope not in wanted:
            yield _differs("warning", "scopes", (f"the app asks for {scope}, which the hub does not use", f"허브가 쓰지 않는 권한을 앱이 요청합니다: {scope}"))
    # Slack takes an address that begins with one of these: https://docs.slack.dev/authentication/installing-with-oauth
    begins = [url.rstrip("/") for url in _names(other, "redirect_urls")]
    for url in mine.get("redirect_urls", ()):
        if not any(url == begin or url.startswith(f"{begin}/") for begin in begins):
            yield _differs("error", "redirect_urls", (f"Slack does not know {url}", f"Slack에 없는 주소입니다: {url}"))
    rotates, rotated = (bool(_table(made, "settings").get("token_rotation_enabled")) for made in (ours, theirs))
    if rotates and not rotated:
        yield _differs("warning", "token_rotation_enabled", ("off at Slack", "Slack에서 꺼져 있습니다"))
    elif rotated and not (rotates or "redirect_urls" in mine):
        words = (
            "on, for good: the bot's token ends after 12 hours; with client_id and client_secret the hub renews it",
            "켜져 있고 끌 수 없습니다. 봇 토큰이 12시간 뒤 끝납니다. client_id와 client_secret을 설정하면 허브가 갱신합니다",
        )
        yield _differs("error", "token_rotation_enabled", words)


def _differs(level: str, subject: str, words: Purpose) -> Finding:
    return Finding(level=level, subject=f"manifest {subject}", code="slack_manifest_differs", purpose=words)


def _value(level: str, subject: str, what: Purpose, mine: object, other: object) -> Iterator[Finding]:
    here, there = (str(value or "") for value in (mine, other))
    if here != there:
        here, there = _short(here), _short(there)
        yield _differs(level, subject, (f"{what[0]} “{there}” at Slack, “{here}” here", f"{what[1]}: Slack “{there}”, 허브 “{here}”"))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"


def _table(made: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for key in path:
        found = made.get(key)
        made = found if isinstance(found, Mapping) else {}
    return made


def _tables(made: Mapping[str, Any], section: str, key: str) -> list[Mapping[str, Any]]:
    found = _table(made, section).get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _names(table: Mapping[str, Any], key: str) -> list[str]:
    found = table.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _weight(scope: str) -> str:
    return "error" if scope in ("chat:write", "commands") else "warning"


def _slash(name: str, description: str, hint: str) -> dict[str, Any]:
    # Escaped: a person or a channel in the text comes as an id, which nobody else can take as a name.
    slash = {"command": f"/{name}", "description": description[:_DESCRIPTION_MAX], "should_escape": True}
    return slash | ({"usage_hint": hint[:_HINT_MAX]} if hint.strip() else {})
