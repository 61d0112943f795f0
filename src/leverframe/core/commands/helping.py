"""What people are told about commands: help for what they may do here, completion, who can, and why they were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from leverframe.core.access import Denied, Identity, Role, allowed
from leverframe.core.commands.definitions import Argument, Command, Known, Mark, Registry
from leverframe.core.commands.permission import could, environments_for, services_for, usable
from leverframe.core.commands.words import Word, split
from leverframe.core.errors import Locale
from leverframe.core.messages import Message
from leverframe.core.wording.footers import shown_time
from leverframe.core.wording.levers import LEVERS

COMPLETIONS = 20


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked for and refused, as it is kept for :func:`why`."""

    line: str
    """What was asked for, without secrets: ``Parsed.line()``; empty when it could not be read."""
    code: str
    at: datetime
    words: tuple[str, ...] = ()
    """For ``not_allowed``: the words that no grant covered."""
    detail: str = ""


def help_message(registry: Registry, identity: Identity, known: Known, locale: Locale, mark: Mark = "/") -> Message:
    """Return the commands that ``identity`` may use with at least one of the services and environments of the hub."""
    return LEVERS[locale].help_list(usable(identity, registry, known), mark)


def help_for(command: Command, identity: Identity, known: Known, roles: Mapping[str, Role], locale: Locale, mark: Mark = "/") -> Message:
    """Return how a command is written, and where ``identity`` may use it, or which roles could."""
    may = command in usable(identity, Registry([command]), known)
    who = () if may else tuple(sorted(name for name, role in roles.items() if could(Identity(kind="person", grants=role.allow), command)))
    return LEVERS[locale].help_for(command, mark, may=may, targets=_targets(command, identity, known) if may else (), who_could=who)


def who_can(words: Sequence[str], roles: Mapping[str, Role], locale: Locale) -> Message:
    """Return the roles that may do ``words`` (``deploy web-app production``), and their members; none of the words may be left out."""
    found = [(name, role.members) for name, role in sorted(roles.items()) if not isinstance(_asked(role, words), Denied)]
    return LEVERS[locale].who_can(" ".join(words), found)


def why(refusal: Refusal | None, roles: Mapping[str, Role], locale: Locale, zone: tzinfo) -> Message:
    """Return why something was refused, as far as roles stand now; ``None`` when nothing was."""
    say = LEVERS[locale]
    if refusal is None:
        return say.why_nothing()
    if refusal.code == "not_allowed" and refusal.words:
        who = tuple(name for name, role in sorted(roles.items()) if not isinstance(_asked(role, refusal.words), Denied))
        because = say.denied(" ".join(refusal.words), who)
    else:
        because = say.refused(refusal.code, refusal.detail)
    return say.why(refusal.line, shown_time(refusal.at, zone), because)


def complete(text: str, registry: Registry, known: Known, identity: Identity) -> tuple[str, ...]:
    """Return the words that may stand in the place of the last one of ``text`` (or after it, when it ends with a blank).

    Only what ``identity`` may use is offered, at most twenty words.
    """
    words = split(text)
    if not isinstance(words, tuple):
        return ()
    begun = words[-1].text if words and not text[-1:].isspace() else ""
    before = words[:-1] if begun else words
    if not before:
        return _begin_with(begun.lstrip("/!"), [command.name for command in usable(identity, registry, known)])
    command = registry.find(before[0].text.lstrip("/!"))
    if command is None:
        return ()
    if begun.startswith("-"):
        return _begin_with(begun, [f"--{option.name}" for option in command.options])
    previous = before[-1].text
    option = command.argument(previous[2:]) if previous.startswith("--") else None
    if option is not None and option in command.options and option.kind != "flag":
        return _begin_with(begun, option.choices)
    return _begin_with(begun, _offers(command, before[1:], registry, known, identity))


def _offers(command: Command, given: Sequence[Word], registry: Registry, known: Known, identity: Identity) -> Sequence[str]:
    """Return what may stand at the next place of the command."""
    plain = [word.text for word in given if not word.text.startswith("--") and "=" not in word.text]
    if len(plain) >= len(command.arguments):
        return ()
    service = next((word for word, argument in zip(plain, command.arguments, strict=False) if argument.kind == "service"), "")
    return choices(command.arguments[len(plain)], command, registry, known, identity, service=service)


def choices(
    argument: Argument, command: Command, registry: Registry, known: Known, identity: Identity, *, service: str | None = None
) -> tuple[str, ...]:
    """Return the words that ``identity`` may choose from for an argument; none where anything can be written.

    Environments are those of ``service``; of every service that may be chosen, without it.
    """
    match argument.kind:
        case "service":
            return services_for(identity, command, known)
        case "environment":
            services = services_for(identity, command, known) if service is None else (service,)
            return tuple(dict.fromkeys(name for one in services for name in environments_for(identity, command, known, one)))
        case "choice":
            return argument.choices
        case "route":
            return known.routes
        case "command":
            return tuple(found.name for found in registry)
        case "deployment":
            return tuple(
                id for id, about in (known.deployments or {}).items()
                if command.permission != "deployment" or could(identity, command, about.service, about.environment)
            )  # fmt: skip
        case "flag":
            return ("yes", "no")
        case "ref" | "id" | "person" | "room" | "repository" | "number" | "duration" | "text":
            return ()


def _targets(command: Command, identity: Identity, known: Known) -> tuple[str, ...]:
    """Return where ``identity`` may use the command: ``web-app → staging``."""
    kinds = {argument.kind for argument in command.arguments}
    if command.permission == "deployment" or "environment" in kinds:
        return tuple(
            f"{service} → {environment}" for service in known.services for environment in environments_for(identity, command, known, service)
        )  # fmt: skip
    return services_for(identity, command, known) if "service" in kinds else ()


def _asked(role: Role, words: Sequence[str]) -> object:
    return allowed(Identity(kind="person", grants=role.allow), words)


def _begin_with(begun: str, words: Sequence[str]) -> tuple[str, ...]:
    folded = begun.casefold()
    return tuple(word for word in words if word.casefold().startswith(folded))[:COMPLETIONS]
