"""The app's manifest and package, made from the commands: what Teams is to be told of the bot.

https://learn.microsoft.com/en-us/microsoftteams/platform/resources/schema/manifest-schema
https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from leverframe.chats.teams.settings import Settings
from leverframe.core.commands.definitions import Command
from leverframe.core.errors import Locale

_COMMANDS_MAX, _TITLE_MAX, _DESCRIPTION_MAX = 10, 32, 128
_WORDS: Mapping[Locale, tuple[str, str]] = {
    "en": ("Tells what happens, and lets people pull levers.", "Hears what happens, tells the right room, and lets people deploy, approve and lock from the chat."),
    "ko": ("일어난 일을 알리고 채팅에서 배포합니다.", "일어난 일을 듣고 알맞은 방에 알리며, 채팅에서 배포하고 승인하고 잠급니다."),
}
_SCOPES = ["team", "groupChat", "personal"]
_READS = ("ChannelMessage.Read.Group", "ChatMessage.Read.Chat")
"""What lets a bot hear messages that do not mention it.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents
"""


def manifest(commands: Iterable[Command], url: str, settings: Settings, *, locale: Locale = "en") -> dict[str, Any]:
    """Return the manifest of the app; ``url`` is the hub's, as the outside reaches it. The first ten commands are offered where people mention the bot."""
    short, full = _WORDS[locale]
    offered = [command for command in commands if len(command.name) <= _TITLE_MAX]
    offered.sort(key=lambda command: not command.top_level)
    listed = [{"title": command.name, "description": command.summary.of(locale)[:_DESCRIPTION_MAX] or command.name} for command in offered[:_COMMANDS_MAX]]
    made: dict[str, Any] = {
        "$schema": "https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.schema.json", "manifestVersion": "1.17", "version": "1.0.0",
        "id": settings.app_id, "developer": {"name": "Leverframe", "websiteUrl": url, "privacyUrl": url, "termsOfUseUrl": url},
        "name": {"short": "Leverframe", "full": "Leverframe"}, "description": {"short": short, "full": full}, "icons": {"outline": "outline.png", "color": "color.png"},
        "accentColor": "#1F4E79",
        "bots": [{
            "botId": settings.app_id, "scopes": _SCOPES, "supportsFiles": False, "isNotificationOnly": False,
            "commandLists": [{"scopes": _SCOPES, "commands": listed}],
        }],
        "validDomains": [urlsplit(url).netloc],
    }  # fmt: skip
    if "threads" in settings.listens:
        made["webApplicationInfo"] = {"id": settings.app_id, "resource": url}
        made["authorization"] = {"permissions": {"resourceSpecific": [{"name": name, "type": "Application"} for name in _READS]}}
    return made


def package(made: Mapping[str, Any]) -> bytes:
    """Return the app package, a zip with the manifest and its two icons, ready to be uploaded."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("manifest.json", json.dumps(made, indent=2, ensure_ascii=False).encode()),
            ("color.png", _png(192, lambda x, y: b"\xff\xff\xff\xff" if _lever(x, y) else b"\x1f\x4e\x79\xff")),
            ("outline.png", _png(32, lambda x, y: b"\xff\xff\xff\xff" if _lever(x, y) else b"\x00\x00\x00\x00")),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _lever(x: float, y: float) -> bool:
    """Return whether a point of the unit square is of the picture: a lever that leans to the right over its frame."""
    on_frame = 0.18 < x < 0.82 and 0.74 < y < 0.82
    on_lever = 0.22 < y < 0.74 and abs(x - (0.70 - 0.45 * (y - 0.22))) < 0.045
    on_grip = (x - 0.70) ** 2 + (y - 0.22) ** 2 < 0.008
    return on_frame or on_lever or on_grip


def _png(size: int, colour: Callable[[float, float], bytes]) -> bytes:
    """Return a picture. https://www.w3.org/TR/png-3/"""
    rows = b"".join(b"\0" + b"".join(colour((x + 0.5) / size, (y + 0.5) / size) for x in range(size)) for y in range(size))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
