"""Webhooks as GitHub keeps them: what one is, what it can hear, what the routes would have it hear, and what is to be changed.

https://docs.github.com/en/webhooks/types-of-webhooks, …/rest/repos/webhooks, …/rest/orgs/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from leverframe.core.github_events import EVENTS, near
from leverframe.core.globs import Globs
from leverframe.core.payload import number, text
from leverframe.core.routes import POST_BY_DEFAULT, Route
from leverframe.core.services import Catalogue

Kind: TypeAlias = Literal["repository", "organisation", "app"]
Health: TypeAlias = Literal["ok", "failing", "silent", "off"]
"""``silent``: it has delivered nothing for a month, or never. ``off``: it is not active."""
EVERYTHING = "*"
ALWAYS = frozenset({"ping"})
"""What every hook sends, and none can be asked for."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_APPS_ONLY = frozenset({
    "deployment_protection_rule", "deployment_review", "github_app_authorization", "installation", "installation_repositories", "installation_target", "merge_group",
    "repository_dispatch", "security_advisory", "workflow_dispatch",
})  # fmt: skip
NEVER: Mapping[Kind, frozenset[str]] = {
    "repository": _APPS_ONLY | {
        "custom_property", "marketplace_purchase", "membership", "org_block", "organization", "personal_access_token_request", "projects_v2", "projects_v2_item",
        "projects_v2_status_update", "sponsorship", "team",
    },
    "organisation": _APPS_ONLY,
    "app": frozenset({"projects_v2", "projects_v2_item", "projects_v2_status_update", "repository_import", "sponsorship"}),
}  # fmt: skip
"""Events that hooks of a kind never hear: https://docs.github.com/en/webhooks/webhook-events-and-payloads tells each one's availability."""


class Holder(msgspec.Struct, frozen=True):
    """What has hooks: a repository, an organisation, or the hub's own app, which has one."""

    kind: Kind
    name: str = ""
    """``owner/name``, a login, or nothing."""

    def __str__(self) -> str:
        """Return it as it is written: ``acme/web``, ``acme``, ``@app``."""
        return self.name or "@app"


APP = Holder("app")


def read_holder(written: str) -> Holder | None:
    """Return what ``OWNER/NAME``, ``OWNER`` or ``@app`` names; ``None`` when it is none of these."""
    if written == "@app":
        return APP
    parts = written.split("/")
    if len(parts) > 2 or not all(_NAME.fullmatch(part) and part.strip(".") for part in parts):
        return None
    return Holder("repository" if len(parts) == 2 else "organisation", written)


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One hook, as GitHub tells it."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    content_type: str
    insecure_ssl: bool
    has_secret: bool
    last_code: int | None
    """The HTTP status of its last delivery; ``None`` where none is known."""
    last_status: str
    """GitHub's word for it: ``active``, ``timeout``, ``unused``."""
    last_message: str
    whole: Mapping[str, Any]
    """GitHub's own object; its secret is masked there."""

    @property
    def health(self) -> Health:
        """Return how it does, by its last delivery."""
        if not self.active:
            return "off"
        if self.last_code is None or self.last_status == "unused":
            return "silent"
        return "ok" if 200 <= self.last_code < 300 else "failing"


def read_hook(whole: Mapping[str, Any]) -> Hook:
    """Return a hook of GitHub's JSON; what is not there is empty."""
    config = whole.get("config")
    settings: Mapping[str, Any] = config if isinstance(config, dict) else {}
    last = whole.get("last_response")
    answered: Mapping[str, Any] = last if isinstance(last, dict) else {}
    events = whole.get("events")
    return Hook(
        id=number(whole, "id") or 0, url=text(settings, "url"), events=tuple(sorted(name for name in events if isinstance(name, str))) if isinstance(events, list) else (),
        active=whole.get("active") is not False, content_type=text(settings, "content_type") or "form", insecure_ssl=str(settings.get("insecure_ssl", "0")) == "1",
        has_secret=bool(settings.get("secret")), last_code=number(answered, "code"), last_status=text(answered, "status"), last_message=text(answered, "message"),
        whole=whole,
    )  # fmt: skip


# --- names of events


class Unfit(msgspec.Struct, frozen=True):
    """A name that such a hook cannot be given."""

    name: str
    why: Literal["unknown", "never"]
    """``never``: it exists, but hooks of this kind never hear it."""
    near: str | None = None


def unfit(names: Iterable[str], kind: Kind) -> tuple[Unfit, ...]:
    """Return what of ``names`` GitHub would refuse for a hook of this kind, or never send by it, each with the name that is probably meant."""
    found = []
    for name in names:
        if name == EVERYTHING:
            continue
        if name not in EVENTS or name in ALWAYS:
            found.append(Unfit(name, "unknown", near(name.partition(".")[0], [known for known in EVENTS if known not in NEVER[kind] | ALWAYS])))
        elif name in NEVER[kind]:
            found.append(Unfit(name, "never"))
    return tuple(found)


def wanted(routes: Iterable[Route], catalogue: Catalogue, source: str, holder: Holder) -> tuple[str, ...]:
    """Return the events that ``source`` should hear of ``holder`` so that every route can fire and deployments can follow, sorted.

    What the routes name and such a hook never hears is among them (see :func:`unfit`), unless it only belongs to the events by default.
    """
    names: set[str] = set()
    for route in routes:
        if route.source != source or not _may_be_of(route.repos, holder):
            continue
        asked = [item for item in route.events or () if not item.startswith("!")]
        if EVERYTHING in asked or (route.events is not None and not asked):
            return (EVERYTHING,)
        names |= {item.partition(".")[0] for item in asked} or {name.partition(".")[0] for name in POST_BY_DEFAULT} - NEVER[holder.kind]
    for service in catalogue.services.values():
        for environment in service.values():
            if environment.repository is not None and _is_of(environment.repository, holder):
                names |= {when.partition(" ")[0] for when in environment.on}
    return tuple(sorted(names - ALWAYS))


def _is_of(repository: str, holder: Holder) -> bool:
    repository, name = repository.casefold(), holder.name.casefold()
    return repository == name or holder.kind == "app" or (holder.kind == "organisation" and repository.partition("/")[0] == name)


def _may_be_of(repos: Sequence[str] | None, holder: Holder) -> bool:
    """Return whether a route with these globs of repositories may fire for something of ``holder``."""
    if repos is None or holder.kind == "app":
        return True
    if holder.kind == "repository":
        return Globs(_all_meant(repos)).holds((holder.name,))
    # Of an organisation some repository must fit: the part before the slash tells.
    owners = [item for item in repos if not item.startswith("!")]
    if any(item[1:] in (f"{holder.name}/*", f"{holder.name}/**", "*", "**") for item in repos if item.startswith("!")):
        return False
    return not owners or any("**" in item or item == "*" or Globs((item.partition("/")[0],)).holds((holder.name,)) for item in owners)


def _all_meant(repos: Sequence[str]) -> list[str]:
    """Return the globs with a lone ``*`` as what it means in ``repos``: every repository."""
    return ["**" if item == "*" else "!**" if item == "!*" else item for item in repos]


def missing(hook: Hook, events: Iterable[str]) -> tuple[str, ...]:
    """Return which of ``events`` the hook does not hear."""
    return () if EVERYTHING in hook.events else tuple(name for name in events if name not in hook.events)


# --- what is declared, and what is to be done for it


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """``[[github.hooks]]``: how a hook shall be. ``events`` that come from the routes are added and nothing is taken away; those that are
    written down are all that it shall hear."""

    holder: Holder
    source: str
    url: str
    aliases: tuple[str, ...] = ()
    """Other addresses that lead to the same door."""
    events: tuple[str, ...]
    from_routes: bool
    content_type: str = "json"
    insecure_ssl: bool = False
    active: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a hook what is declared. Nothing to do: :attr:`is_done`."""

    declared: Declared
    hook: Hook | None
    """The hook that is there; ``None``: it is made."""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    """Events that it hears and no route asks for; they stay."""
    configure: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What of its address's settings changes: ``content_type``, ``insecure_ssl``; ``secret`` with no value is the source's own."""
    active: bool | None = None
    twins: tuple[int, ...] = ()
    """Other hooks with the same address: everything comes twice by them."""
    unfit: tuple[Unfit, ...] = ()

    @property
    def is_done(self) -> bool:
        """Return whether the hook is as it shall be."""
        return self.hook is not None and not (self.add or self.remove or self.configure or self.active is not None)

    def lines(self) -> tuple[str, ...]:
        """Return it like a diff: ``+`` is added, ``-`` taken away, ``~`` changed, a space stays."""
        declared, hook = self.declared, self.hook
        if hook is None:
            return (
                f"+ {declared.holder}: {declared.url}", *(f"+   events: {name}" for name in declared.events),
                f"+   content_type: {declared.content_type}", f"+   insecure_ssl: {int(declared.insecure_ssl)}", "+   secret: ***", f"+   active: {str(declared.active).lower()}",
            )  # fmt: skip
        return (
            f"{' ' if self.is_done else '~'} {declared.holder}: {hook.url} (hook {hook.id})",
            *(f"+   events: {name}" for name in self.add), *(f"-   events: {name}" for name in self.remove), *(f"    events: {name}" for name in self.extra),
            *(line for key, value in self.configure.items() for line in _changed(hook, key, value)),
            *([f"-   active: {str(hook.active).lower()}", f"+   active: {str(self.active).lower()}"] if self.active is not None else ()),
        )  # fmt: skip


def _changed(hook: Hook, key: str, value: str) -> tuple[str, ...]:
    match key:
        case "secret":
            return ("~   secret: ***",) if hook.has_secret else ("+   secret: ***",)
        case "insecure_ssl":
            return f"-   insecure_ssl: {int(hook.insecure_ssl)}", f"+   insecure_ssl: {value}"
        case _:
            return f"-   {key}: {hook.content_type if key == 'content_type' else hook.url}", f"+   {key}: {value}"


def plan(declared: Declared, hooks: Sequence[Hook], *, secret: bool = False) -> Plan:
    """Return what is to be done so that ``declared`` holds, given the hooks that are there; ``secret``: its secret is written anew in any case."""
    addresses = [same_address(url) for url in (declared.url, *declared.aliases)]
    found = sorted((hook for hook in hooks if same_address(hook.url) in addresses), key=lambda hook: (not hook.active, hook.id))
    wrong = unfit(declared.events, declared.holder.kind)
    events = tuple(name for name in declared.events if not any(one.name == name for one in wrong))
    if not found:
        return Plan(declared=replace(declared, events=events), hook=None, unfit=wrong)
    hook = found[0]
    extra = () if EVERYTHING in events else tuple(name for name in hook.events if name not in events)
    # A hook that hears everything hears what is written down, and more: only then is that taken away.
    add = events if EVERYTHING in extra and not declared.from_routes else missing(hook, events)
    configure: dict[str, str] = {}
    if hook.content_type != declared.content_type:
        configure["content_type"] = declared.content_type
    if hook.insecure_ssl != declared.insecure_ssl:
        configure["insecure_ssl"] = str(int(declared.insecure_ssl))
    if secret or not hook.has_secret:
        configure["secret"] = ""
    return Plan(
        declared=declared, hook=hook, add=add, remove=() if declared.from_routes else extra, extra=extra if declared.from_routes else (),
        configure=configure, active=None if hook.active == declared.active else declared.active, twins=tuple(other.id for other in found[1:]), unfit=wrong,
    )  # fmt: skip


def same_address(url: str) -> str:
    """Return an address in the one form by which two that lead to the same place are the same text."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    host = (parts.hostname or "") + (f":{port}" if port not in (None, usual) else "")
    return f"{parts.scheme.lower()}://{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")
