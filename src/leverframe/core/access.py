"""Who may do what: grants are words, matched one by one; what no grant covers is refused, with who could.

A grant is a verb and its arguments: ``deploy web-app staging``. Each word is a glob (``*`` crosses no ``/``, ``**`` does, a lone
``*`` is any word); trailing words left out allow anything. Nothing implies another grant, and there is no deny.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.details import Detail, detail
from leverframe.core.globs import translate

Kind: TypeAlias = Literal["anonymous", "person", "token", "operator", "playground"]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking. ``operator`` speaks over the hub's own unix socket."""

    kind: Kind
    name: str = ""
    grants: tuple[str, ...] = ()
    within: tuple[str, ...] | None = None
    """A token's: what the person who issued it holds now. It never does more; ``None`` is no such bound."""
    roles: tuple[str, ...] = ()
    """A person's: names of the roles that they hold. Approvals count by role, not by grant."""
    speaks_for: str = ""
    """A pipeline's: the account of whoever started it (``github:octocat``), proven with it."""

    @property
    def actor(self) -> str:
        """The name in the audit: ``person:ann``."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


ANONYMOUS = Identity(kind="anonymous")


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """``[roles.NAME]``: ``allow`` are grants, ``members`` are actors who hold it (``person:ann``, ``slack:U1``)."""

    allow: tuple[str, ...]
    members: tuple[str, ...] = ()


BUILT_IN: Mapping[str, Role] = {
    "admin": Role(allow=("*",)),
    "viewer": Role(allow=("events.read", "deliveries.read", "deployments.read", "routes.read")),
}


VERBS = (
    "admin",
    "approvals.ask",
    "deliveries.read",
    "deliveries.retry",
    "deployments.read",
    "dispatch",
    "events.read",
    "hooks.manage",
    "metrics.read",
    "mutes.manage",
    "playground.use",
    "publish",
    "relay",
    "routes.read",
    "routes.test",
)  # fmt: skip
"""What pages and API ask for: the first words that a grant of this version can have."""


class Allowed(msgspec.Struct, frozen=True):
    grant: str
    """The grant that covers it."""


class Denied(msgspec.Struct, frozen=True):
    reason: Detail
    who_could: tuple[str, ...]
    """Names of the roles that hold such a grant."""

    @property
    def detail(self) -> Detail:
        """Return the reason, and who could."""
        return self.reason.then(detail("roles_that_do", roles=", ".join(self.who_could) or "–"))


def held(roles: Mapping[str, Role], *, role: str | None, actor: str) -> tuple[str, ...]:
    """Return the grants of somebody with ``role`` (of their own) and of every role that names ``actor`` as a member."""
    return tuple(dict.fromkeys(grant for name in roles_of(roles, role=role, actor=actor) for grant in roles[name].allow))


def roles_of(roles: Mapping[str, Role], *, role: str | None, actor: str) -> tuple[str, ...]:
    """Return the names of the roles that :func:`held` takes grants from."""
    own = [role] if role is not None and role in roles else []
    return tuple(dict.fromkeys([*own, *(name for name, other in roles.items() if actor in other.members)]))


def allowed(identity: Identity, words: Sequence[str], roles: Mapping[str, Role] = BUILT_IN, *, globs: bool = False) -> Allowed | Denied:
    """Return whether ``identity`` may do ``words`` (verb, then arguments); ``roles`` only serve to say who could. ``globs``: a word of
    theirs is a glob and stands for all that it matches, so that only a grant as wide covers it."""
    grant = _covering(identity.grants, words, globs)
    wanted = " ".join(words)
    if grant is not None and (identity.within is None or _covering(identity.within, words, globs) is not None):
        return Allowed(grant)
    who = tuple(sorted(name for name, role in roles.items() if _covering(role.allow, words, globs) is not None))
    if grant is not None:
        return Denied(detail("grant_missing_of_issuer", actor=identity.actor, wanted=wanted), who)
    return Denied(detail("grant_missing", actor=identity.actor, wanted=wanted), who)


def exceeds(grants: Sequence[str], holder: Identity) -> tuple[str, ...]:
    """Return those of ``grants`` that are wider than what ``holder`` has: nobody hands on more than they hold."""
    bounds = [holder.grants] if holder.within is None else [holder.grants, holder.within]
    return tuple(grant for grant in grants if not all(any(_within(grant.split(), own.split()) for own in bound) for bound in bounds))


def means_nothing(grant: str, verbs: Sequence[str] = VERBS) -> bool:
    """Return whether the first word of ``grant``, a glob, is none of ``verbs``: then nothing would ever ask for it."""
    words = grant.split()
    return bool(words) and not any(matches(words[0], verb) for verb in verbs)


def _within(grant: Sequence[str], own: Sequence[str]) -> bool:
    if not grant:
        return False
    for position, pattern in enumerate(own):
        if pattern in ("*", "**"):
            continue
        if position >= len(grant):
            return False
        word = grant[position]
        # Whether one glob lies within another is not decided by matching its letters: only the very same glob does.
        if word != pattern and (any(letter in word for letter in "*?[") or not matches(pattern, word)):
            return False
    return True


def _covering(grants: Sequence[str], words: Sequence[str], globs: bool) -> str | None:
    return next((grant for grant in grants if (_within(words, grant.split()) if globs else covers(grant, words))), None)


def covers(grant: str, words: Sequence[str]) -> bool:
    """Return whether ``grant`` allows ``words``. Words that the asker leaves out are only covered by a lone ``*``."""
    patterns = grant.split()
    if not patterns or not words:
        return False
    for position, pattern in enumerate(patterns):
        if position >= len(words):
            if pattern not in ("*", "**"):
                return False
        elif not matches(pattern, words[position]):
            return False
    return True


def matches(pattern: str, word: str) -> bool:
    """Return whether the case-sensitive glob matches the whole word; a lone ``*`` matches every word."""
    return pattern == "*" or _glob(pattern).fullmatch(word) is not None


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern), re.DOTALL)
