"""Which grant a command takes, and whether somebody holds one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leverframe.core.access import BUILT_IN, Allowed, Denied, Identity, Role, allowed, matches
from leverframe.core.commands.definitions import Command, Known, Registry, Subject, Value


def grant_words(command: Command, values: Mapping[str, Value], subject: Subject | None = None) -> tuple[str, ...] | None:
    """Return the words that a grant has to cover: the command's name, then its arguments in the order of its definition.

    Empty for a command that is free to everybody. For one whose grant is written by the deployment that it names
    (``approve web-app production``), ``None`` until ``subject`` says which service and environment that is.
    """
    match command.permission:
        case "free":
            return ()
        case "deployment":
            return None if subject is None else (command.name, subject.service, subject.environment)
        case "words":
            words = [str(values.get(argument.name, "")) for argument in command.arguments if argument.in_grants]
            while words and not words[-1]:
                words.pop()
            return (command.name, *words)


def permitted(
    identity: Identity, command: Command, values: Mapping[str, Value], roles: Mapping[str, Role] = BUILT_IN, subject: Subject | None = None
) -> Allowed | Denied | None:
    """Return whether ``identity`` may do it; ``None`` when that can only be said once ``subject`` is known."""
    words = grant_words(command, values, subject)
    if words is None:
        return None
    return allowed(identity, words, roles, globs=_names_several(command, values)) if words else Allowed("")


def _names_several(command: Command, values: Mapping[str, Value]) -> bool:
    """Return whether a repository is named by a glob (``subscribe acme/*``)."""
    return any(argument.kind == "repository" and not {"*", "?"}.isdisjoint(str(values.get(argument.name, ""))) for argument in command.arguments)


def could(identity: Identity, command: Command, *words: str) -> bool:
    """Return whether ``identity`` may do the command with some arguments that begin with ``words``: for help, forms and completion."""
    if not command.needs_grant:
        return True
    asked = (command.name, *words)
    return _some(identity.grants, asked) and (identity.within is None or _some(identity.within, asked))


def usable(identity: Identity, registry: Registry, known: Known) -> tuple[Command, ...]:
    """Return the commands that ``identity`` may do with at least one of the services and environments that there are."""
    return tuple(command for command in registry if any(could(identity, command, *words) for words in _targets(command, known)))


def services_for(identity: Identity, command: Command, known: Known) -> tuple[str, ...]:
    """Return the services that ``identity`` may use the command with, in at least one environment where it takes one."""
    if command.permission != "deployment" and not any(argument.kind == "environment" for argument in command.arguments):
        return tuple(service for service in known.services if could(identity, command, service))
    return tuple(service for service in known.services if environments_for(identity, command, known, service))


def environments_for(identity: Identity, command: Command, known: Known, service: str) -> tuple[str, ...]:
    """Return the environments of ``service`` that ``identity`` may use the command with."""
    return tuple(environment for environment in known.services.get(service, ()) if could(identity, command, service, environment))


def _targets(command: Command, known: Known) -> Iterable[tuple[str, ...]]:
    """Return the beginnings of the command's grants for what there is; nothing but its name where it is not about services."""
    kinds = [argument.kind for argument in command.arguments if argument.in_grants]
    if command.permission == "deployment" or kinds[:2] == ["service", "environment"]:
        return [(service, environment) for service, environments in known.services.items() for environment in environments] or [()]
    if kinds[:1] == ["service"]:
        return [(service,) for service in known.services] or [()]
    return [()]


def _some(grants: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether one of ``grants`` covers some line that begins with ``words``."""
    return any(_begins(grant.split(), words) for grant in grants)


def _begins(patterns: Sequence[str], words: Sequence[str]) -> bool:
    return bool(patterns) and all(matches(pattern, word) for pattern, word in zip(patterns, words, strict=False))
