"""What ``leverframe doctor`` finds out about a Teams chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leverframe.cli.diagnosis import Finding, State
from leverframe.cli.slack_check import rooms_of
from leverframe.cli.words import said
from leverframe.core.errors import Refused, document
from leverframe.core.kept_details import kept

if TYPE_CHECKING:
    from leverframe.config import Config

_NOUNS = {"keys": "서명 키", "room": "방", "token": "토큰", "webhook": "Workflow"}
_ENGLISH = {"keys": "keys of Teams", "webhook": "Workflow"}


async def look(config: Config, name: str) -> list[Finding]:
    """Return what is and what is not in order with ``[chats.NAME]`` of kind teams, as Microsoft tells it."""
    from leverframe.app import SystemClock
    from leverframe.chats.teams.check import diagnose
    from leverframe.net import Outbound
    from leverframe.teams_rooms import teams_chats

    settings, locale = teams_chats(config)[name], config.hub.locale
    outbound, findings = Outbound(), []
    try:
        looked = await diagnose(settings, outbound, SystemClock(), [room for room in rooms_of(config, name) if room not in settings.webhooks])
    finally:
        await outbound.close()
    for one in looked:
        told = document(Refused(one.code), locale) if one.code else {"title": one.detail or "ok", "remedy": ""}
        noun, _, rest = one.subject.partition(" ")
        subject = f"{said(locale, _ENGLISH.get(noun, noun), _NOUNS[noun])} {rest}".rstrip()
        state: State = "ok" if one.level == "ok" else "error"
        detail = f" ({kept(one.detail, locale)})" if one.code and one.detail else ""
        findings.append(Finding(what=f"chats.{name}", state=state, found=f"{subject}: {told['title']}{detail}", remedy=told["remedy"]))
    return findings
