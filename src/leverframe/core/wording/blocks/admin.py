"""Below the headline: what changed in a repository's settings, in a person's permission, in a rule."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Block, Rich
from leverframe.core.wording.blocks.fields import arrow, fields, listed, names, quote
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice


def repository(told: Told, voice: Voice) -> list[Block]:
    """What a new repository is for; before and after of an edited setting."""
    if told.action == "created":
        return quote(told, "repository", "description")
    if told.action != "edited":
        return []
    return fields(
        voice,
        *(
            (key, arrow(told.text("changes", key, "from"), told.text("repository", key)))
            for key in ("default_branch", "description", "homepage")
        ),
    )


def member(told: Told, voice: Voice) -> list[Block]:
    """The permission: GitHub tells old and new in several shapes."""
    old = told.text("changes", "permission", "from") or told.text("changes", "old_permission", "from")
    new = told.text("changes", "permission", "to") or told.text("changes", "role_name", "to")
    permission: Rich | str = arrow(old, new) or new or old
    return fields(voice, ("permission", permission))


def team_add(told: Told, voice: Voice) -> list[Block]:
    """What the team may do there."""
    return fields(voice, ("permission", told.text("team", "permission")))


def team(told: Told, voice: Voice) -> list[Block]:
    """What the team may do in the repository it was added to."""
    return team_add(told, voice) if told.action == "added_to_repository" else []


def branch_protection_rule(told: Told, voice: Voice) -> list[Block]:
    """Which settings of the rule changed."""
    if told.action != "edited":
        return []
    return fields(voice, ("changed", listed(key.replace("_", " ") for key in map(str, reading.mapping(told.payload, "changes")))))


def repository_ruleset(told: Told, voice: Voice) -> list[Block]:
    """Which parts of the ruleset changed."""
    return branch_protection_rule(told, voice)


def installation(told: Told, voice: Voice) -> list[Block]:
    """Which repositories the app sees."""
    return fields(voice, ("repositories", names(told.payload, "repositories", "full_name")))


def installation_repositories(told: Told, voice: Voice) -> list[Block]:
    """Which repositories the app sees from now on, or no longer."""
    return fields(voice, ("repositories", names(told.payload, f"repositories_{told.action}", "full_name")))
