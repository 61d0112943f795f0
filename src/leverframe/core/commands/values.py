"""One word read as what its argument takes: the same for typed lines, forms and the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from leverframe.core import ids
from leverframe.core.commands.definitions import Argument, Known, Registry, Value
from leverframe.core.commands.words import Word

_REF = re.compile(r"(?!-)(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|\Z)))[^\s~^:?*\[\\/\x00-\x1f\x7f][^\s~^:?*\[\\\x00-\x1f\x7f]*(?<![/.])")
"""https://git-scm.com/docs/git-check-ref-format; one that begins with ``-`` would be an option of git's."""
_REPOSITORY = re.compile(r"[\w.*?-]{1,100}/[\w.*?-]{1,100}", re.ASCII)
_REPOSITORY_PAGE = re.compile(r"https?://[^/\s]+/|git@[^:\s]+:")
_PERSON = re.compile(r"[^\s<>\"'`]+")
_DURATION = re.compile(
    r"(?:(\d{1,4})(?:d|day|days|일))?(?:(\d{1,5})(?:h|hour|hours|시간))?(?:(\d{1,6})(?:m|min|minute|minutes|분))?(?:(\d{1,8})(?:s|sec|second|seconds|초))?",
    re.IGNORECASE,
)
_LONGEST_S = 366 * 86_400
_YES = frozenset({"yes", "y", "true", "on", "1", "예", "네"})
_NO = frozenset({"no", "n", "false", "off", "0", "아니오", "아니요"})
_LOOKED_AT = 80
"""Characters of a word that is compared with the names that there are."""
OFFERED = 3


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """The word is not what the argument takes."""

    code: str
    met: str
    offered: tuple[str, ...] = ()
    """Words that could stand there instead, the likeliest first."""


def read_value(argument: Argument, word: Word, known: Known, registry: Registry, *, service: str = "") -> Value | Wrong:
    """Return what ``word`` means for ``argument``: text, seconds for a duration, an integer for a number, a truth for a flag.

    ``service`` is the service that an environment has to belong to. Names are taken whatever the case of their letters.
    """
    text = word.text.strip()
    if len(text) > argument.most:
        return Wrong(code="command_value_long", met=_met(argument, text))
    found = _read(argument, word, text, known, registry, service)
    return Wrong(code=found.code, met="***") if isinstance(found, Wrong) and argument.secret else found


def _read(argument: Argument, word: Word, text: str, known: Known, registry: Registry, service: str) -> Value | Wrong:
    match argument.kind:
        case "service":
            return _one_of(text, known.services, "service_unknown")
        case "environment":
            return _one_of(text, known.services.get(service, ()), "environment_unknown", all_offered=True)
        case "choice":
            return _one_of(text, argument.choices, "choice_unknown", all_offered=True)
        case "route":
            return _one_of(text, known.routes, "route_unknown")
        case "command":
            command = registry.find(text.lstrip("/!"))
            return command.name if command is not None else Wrong(code="command_unknown", met=_met(argument, text), offered=close(text, registry.words))
        case "deployment":
            return _deployment(text, known)
        case "id":
            prefix = text.partition("_")[0].lower()
            return _id(prefix, text) or Wrong(code="id_invalid", met=_met(argument, text))
        case "ref":
            return text if _REF.fullmatch(text) else Wrong(code="ref_invalid", met=_met(argument, text))
        case "repository":
            name = _REPOSITORY_PAGE.sub("", text, count=1).removesuffix(".git").rstrip("/")
            return name if _REPOSITORY.fullmatch(name) else Wrong(code="repository_invalid", met=_met(argument, text))
        case "person":
            name = word.id or text.removeprefix("@")
            return name if _PERSON.fullmatch(name) else Wrong(code="person_invalid", met=_met(argument, text))
        case "room":
            name = word.id or text
            return name if _PERSON.fullmatch(name) else Wrong(code="room_unknown", met=_met(argument, text))
        case "number":
            return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else Wrong(code="number_invalid", met=_met(argument, text))
        case "duration":
            return duration_s(text) or Wrong(code="duration_invalid", met=_met(argument, text))
        case "flag":
            if text.casefold() in _YES or text.casefold() in _NO:
                return text.casefold() in _YES
            return Wrong(code="choice_unknown", met=_met(argument, text), offered=("yes", "no"))
        case "text":
            return text if text else Wrong(code="command_word_missing", met="")


def duration_s(text: str) -> int | None:
    """Return the seconds of ``2h``, ``1d12h``, ``30분``, ``45s``; ``None`` when it is no duration, none at all or more than a year."""
    found = _DURATION.fullmatch("".join(text.split()))
    if found is None:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    seconds = days * 86_400 + hours * 3_600 + minutes * 60 + rest
    return seconds if 0 < seconds <= _LONGEST_S else None


def duration_text(seconds: int) -> str:
    """Return ``1d12h``: what :func:`duration_s` reads back."""
    parts = [(seconds // 86_400, "d"), (seconds % 86_400 // 3_600, "h"), (seconds % 3_600 // 60, "m"), (seconds % 60, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def close(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that ``word`` may have been meant for, the likeliest first."""
    by_folded = {name.casefold(): name for name in names}
    folded = word[:_LOOKED_AT].casefold()
    begins = [name for key, name in by_folded.items() if len(folded) > 1 and key.startswith(folded)]
    alike = [by_folded[key] for key in get_close_matches(folded, by_folded, n=OFFERED, cutoff=0.6)]
    return tuple(dict.fromkeys([*begins, *alike]))[:OFFERED]


def _one_of(text: str, names: Iterable[str], code: str, *, all_offered: bool = False) -> str | Wrong:
    every = tuple(names)
    if text in every:
        return text
    folded = [name for name in every if name.casefold() == text.casefold()]
    if len(folded) == 1:
        return folded[0]
    offered = close(text, every)
    return Wrong(code=code, met=text[:_LOOKED_AT], offered=tuple(dict.fromkeys([*offered, *every]))[:OFFERED] if all_offered else offered)


def _deployment(text: str, known: Known) -> str | Wrong:
    id = _id("dep", text)
    if id is not None:
        return id
    open_ones = known.deployments or {}
    folded = text[:_LOOKED_AT].casefold().removeprefix("dep_")
    meant = [id for id, about in open_ones.items() if text in (about.service, about.environment) or (len(folded) >= 4 and folded in id)]
    return Wrong(code="deployment_id_invalid", met=text[:_LOOKED_AT], offered=tuple(dict.fromkeys([*meant, *close(text, open_ones)]))[:OFFERED])


def _id(prefix: str, text: str) -> str | None:
    """Return the id as the hub writes it, ``None`` when it is none."""
    if not re.fullmatch("[a-z]{3}", prefix):
        return None
    try:
        return ids.show(prefix, ids.read(prefix, text))
    except ValueError:
        return None


def _met(argument: Argument, text: str) -> str:
    return "***" if argument.secret else text[:_LOOKED_AT]
