"""What is said of webhooks, in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from leverframe.core.errors import Locale
from leverframe.core.github_hooks import Hook
from leverframe.core.messages import Bold, Bullets, Code, Message, Rich, Text
from leverframe.core.wording.particles import particle

WORDS: dict[str, tuple[str, str]] = {
    "event_never": ("Hooks of this kind never hear {event}: it is left out.", "이런 종류의 웹훅은 {event} 이벤트를 받지 못해 뺐습니다."),
    "event_unknown": ("GitHub has no event {event}: it is left out.", "GitHub에 {event} 이벤트가 없어 뺐습니다."),
    "failing": ("Its last delivery failed: {message}.", "마지막 전송이 실패했습니다: {message}."),
    "insecure_ssl": (
        "GitHub does not look at the certificate (insecure_ssl): somebody on the way can read and change everything.",
        "GitHub가 인증서를 확인하지 않습니다(insecure_ssl). 중간에서 내용을 읽고 바꿀 수 있습니다."),
    "missing": ("The routes need events that it does not hear: {events}.", "라우트에 필요한 이벤트를 받지 않습니다: {events}."),
    "off": ("It is not active: nothing comes by it.", "꺼져 있어 아무것도 오지 않습니다."),
    "twins": ("Other hooks have the same address, so everything comes twice: {ids}. Delete them.", "같은 주소의 웹훅이 더 있어 모두 두 번씩 옵니다: {ids}. 삭제하세요."),
    "unsigned": ("It has no secret, and the hub takes nothing that is not signed.", "비밀값이 없습니다. 허브는 서명이 없는 것을 받지 않습니다."),
}  # fmt: skip
"""(English, Korean) by key."""
HEALTH: dict[str, tuple[str, str]] = {
    "ok": ("ok", "정상"), "failing": ("failing", "실패"), "silent": ("nothing delivered lately", "최근 전송 없음"), "off": ("off", "꺼짐"),
}  # fmt: skip


def said(key: str, locale: Locale, **values: str) -> str:
    """Return the sentence of ``key`` with ``values`` in it."""
    return WORDS[key][locale == "ko"].format(**values)


def warnings_of(hook: Hook, missing: Sequence[str], *, ours: bool, locale: Locale) -> list[str]:
    """Return what is doubtful about a hook; ``ours``: it leads to the hub, which takes only what is signed."""
    found = []
    if hook.health == "off":
        found.append(said("off", locale))
    if hook.health == "failing":
        code = f"HTTP {hook.last_code}" if hook.last_code else hook.last_status
        found.append(said("failing", locale, message=f"{code} {hook.last_message}".strip().rstrip(".")))
    if missing:
        found.append(said("missing", locale, events=", ".join(missing)))
    if ours and not hook.has_secret:
        found.append(said("unsigned", locale))
    if hook.insecure_ssl:
        found.append(said("insecure_ssl", locale))
    return found


def hooks_message(repository: str, seen: Sequence[tuple[str, datetime | None, Sequence[Hook]]], locale: Locale, zone: tzinfo) -> Message:
    """Return what is told in a chat of the hooks by which the hub hears of ``repository``: holder, when GitHub told of them, and they."""
    ko = locale == "ko"
    lines: list[Rich] = []
    for holder, at, hooks in seen:
        when = "" if at is None else f" ({at.astimezone(zone):%H:%M})"
        lines += [
            (Bold(holder), Text(f": {HEALTH[hook.health][ko]}{when} · "), Code(" ".join(hook.events) or "–"), *([Text(f" · {warnings[-1]}")] if (warnings := warnings_of(hook, (), ours=True, locale=locale)) else []))
            for hook in hooks
        ]  # fmt: skip
    if not lines:
        none = f"{repository}{particle(repository, '은/는')} 허브가 살펴보는 웹훅이 없습니다." if ko else f"The hub watches no webhook of {repository}."
        return Message(headline=(Text(none),))
    return Message(headline=(Text(f"{repository}의 웹훅" if ko else f"Webhooks of {repository}"),), blocks=(Bullets(tuple(lines)),))
