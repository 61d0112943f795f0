"""What each section of leverframe.toml takes. Rooms bring their own ``Settings``; ``reading`` composes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from leverframe.config.github import GitHub
from leverframe.config.outbound import OutboundSection
from leverframe.config.problems import Finding
from leverframe.config.section import Section
from leverframe.core.approvals import Policy
from leverframe.core.commands.configured import Configured
from leverframe.core.commands.definitions import Registry
from leverframe.core.details import Unusable, detail
from leverframe.core.dispatches import Manner
from leverframe.core.errors import Locale
from leverframe.core.hosts import is_loopback
from leverframe.core.people import People
from leverframe.core.projects import Project, Pusher
from leverframe.core.routes import Labels, Route
from leverframe.core.routes import Quiet as QuietHours
from leverframe.secrets import Secret, SecretError, resolve

if TYPE_CHECKING:
    from leverframe.config.oidc import OidcSection
    from leverframe.config.sites import SiteSettings
    from leverframe.core.services import Catalogue
    from leverframe.plugins.loading import Found, Plugin

Names = Annotated[list[str], Field(min_length=1)]
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]
Rate = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)


def _url(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise PydanticCustomError("url_invalid", "{shown}", {"shown": value})
    if parts.scheme == "http" and not is_loopback(host):
        raise PydanticCustomError("url_not_https", "{shown}", {"shown": value})
    return f"{parts.scheme}://{parts.netloc}"


def _bind(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535 or (":" in host) != (host[0] == "[" and host[-1] == "]"):
        raise PydanticCustomError("address_invalid", "{shown}", {"shown": value})
    return value


def _database(value: Any, info: ValidationInfo) -> Any:
    """Accept the two kinds of database, under every name that hosters give PostgreSQL's, or a reference to the address."""
    if not isinstance(value, str):
        return value
    if value.startswith(("env:", "file:")):
        try:
            context = info.context or {}
            value = resolve(value, folder=context.get("folder", Path()), environ=context.get("environ")).reveal()
        except SecretError as error:
            if (info.context or {}).get("placeholder"):
                return "postgresql://placeholder.invalid/hub"
            raise PydanticCustomError(error.code, "{subject}", {"subject": error.subject}) from None
    scheme, _, rest = value.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest not in ("/", "/:memory:"):
        return value
    if scheme in ("postgresql", "postgres") and rest:
        if not _is_postgres(f"postgresql://{rest}"):
            raise PydanticCustomError("database_address_invalid", "{shown}", {"shown": "postgresql://…"})  # what is wrong may be half a password
        return f"postgresql://{rest}"
    raise PydanticCustomError("database_unsupported", "{shown}", {"shown": f"{scheme}://…" if "://" in value else "…"})


_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:@\[\]]*)(:\d{1,5})?")


def _is_postgres(url: str) -> bool:
    """Return whether libpq would read the address as it is meant: a password with one of ``#/?@[`` ends too early, and the rest of it
    becomes host, port or database.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    user, at, hosts = parts.netloc.partition("@")
    named = (hosts if at else user).split(",")
    odd = parts.fragment or (not at and "@" in parts.path) or any(part and "=" not in part for part in parts.query.split("&"))
    return not odd and all(_HOST.fullmatch(host) for host in named)


def _timezone(value: Any) -> Any:
    if isinstance(value, str):
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # an unknown name, "../x", a folder of the database
            raise PydanticCustomError("timezone_unknown", "{shown}", {"shown": value}) from None
    return value


def _network(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return ip_network(value)
        except ValueError:
            raise Unusable(detail("network_is_none", met=value)) from None
    return value


def _time(value: Any) -> Any:
    if isinstance(value, str):
        hours, _, minutes = value.partition(":")
        if len(value) != 5 or not (hours.isdigit() and minutes.isdigit()) or int(hours) > 23 or int(minutes) > 59:
            raise Unusable(detail("time_is_none", met=value))
        return time(int(hours), int(minutes))
    return value


class CommandRates(Section):
    """How many commands a minute are taken."""

    person: Rate = Field(20, description="Commands a minute of one person; 0 is no limit.")
    room: Rate = Field(60, description="Commands a minute in one room; 0 is no limit.")


class Hub(Section):
    """The hub itself."""

    url: Annotated[str, BeforeValidator(_url)] = Field("", description="How the outside reaches the hub: `https://hub.example.com`. Left out, it is the loopback address that `bind` names.")
    bind: Annotated[str, BeforeValidator(_bind)] = Field(
        "127.0.0.1:8080", description="Where the hub listens. Left out, the environment variable `PORT` makes it `0.0.0.0:$PORT`."
    )
    database: Annotated[str, BeforeValidator(_database)] = Field(
        "sqlite:///leverframe.db", repr=False,
        description="`sqlite:///FILE`, relative to leverframe.toml, or `postgresql://…`. `env:NAME` and `file:PATH` read the address from there.",
    )
    locale: Locale = Field("en", description="The language of messages and pages: `en` or `ko`.")
    timezone: Annotated[str, BeforeValidator(_timezone)] = Field("UTC", description="The time zone of shown times and quiet hours, such as `Asia/Seoul`.")
    master_keys: list[Secret] = Field([], description="Keys for what the database keeps: the first encrypts, and signs the audit; the others are still known. Left out, SQLite has a key in a file beside it, and on PostgreSQL the audit is not signed.")
    trusted_proxies: list[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]] = Field(
        [], description="Networks of proxies whose `X-Forwarded-For` is believed: `10.0.0.0/8`."
    )
    audit_room: str | None = Field(None, description="A room that is told of everything people do with commands: `slack:#audit`.")
    commands_per_minute: CommandRates = Field(
        CommandRates.model_construct(), description="How often commands are taken: `{ person = 20, room = 60 }`. Who is above that is told how long to wait."
    )

    @property
    def host(self) -> str:
        """Return the host of ``bind``, without brackets."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Return the port of ``bind``; 0 lets the system choose."""
        return int(self.bind.rpartition(":")[2])


class Retention(Section):
    """How long things are kept, in days."""

    events_days: Days = Field(90, description="Days that events are kept, with their deliveries and attempts, what people said to the hub, and deployments; of each environment the last fifty deployments stay.")
    bodies_days: Days = Field(30, description="Days that the bodies of events are kept; after that an event can no longer be sent again.")
    dead_days: Days = Field(90, description="Days that dead letters are kept.")
    audit_days: Days = Field(400, description="Days that audit entries are kept.")


class Quiet(Section):
    """Hours in which messages wait."""

    start: Annotated[time, BeforeValidator(_time)] = Field(alias="from", description="When it begins: `22:00`, in `hub.timezone`.")
    end: Annotated[time, BeforeValidator(_time)] = Field(alias="to", description="When it ends; earlier than `from` means the next morning.")
    days: Annotated[list[Weekday], Field(min_length=1)] | None = Field(None, description="Days on which it begins: `[\"sat\", \"sun\"]`. Left out, every day.")

    def hours(self) -> QuietHours:
        """Return it as the core's value."""
        return QuietHours(start=self.start, end=self.end, days=None if self.days is None else frozenset(WEEKDAYS.index(day) for day in self.days))


class Room(Section):
    """What holds for one room, whatever route fills it."""

    quiet: Quiet | None = Field(None, description="Hours in which messages wait: `{ from = \"22:00\", to = \"08:00\" }`.")


class Person(Section):
    """Somebody who is known under several names."""

    identities: Names = Field(
        description="Who they are in sources and chats: `[\"github:ann\", \"slack:U0123\"]`. A known login is mentioned in the chat, and approvals count "
        "people: all of somebody's accounts are one."
    )


class Role(Section):
    """What its members may do."""

    members: list[str] = Field(
        [], description="Who has it: people (`slack:U0123`, `github:octocat`, `mail:ann@example.com`), Slack's user groups (`slack:S0123`, `slack:@admins`) and "
        "GitHub's teams (`github:acme/release`)."
    )
    allow: list[str] = Field(
        [], description="Grants: `[\"deploy web-app staging\", \"approve web-app *\", \"events.read\"]`. The command, then its arguments, each a glob; what is left out is any."
    )


class LabelsSection(Section):
    """Labels of an issue or a pull request."""

    any: Names | None = Field(None, description="At least one of these.")
    all: Names | None = Field(None, description="All of these.")
    none: Names | None = Field(None, description="None of these.")


class RouteSection(Section):
    """A rule from events to rooms."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="What the route is called; unique.")
    source: str = Field(alias="from", description="The source that it listens to: a key of `[sources]`.")
    repos: Names | None = Field(None, description="Repositories: `[\"acme/*\", \"!acme/secret\"]`.")
    events: Names | None = Field(None, description="`event`, `event.action` or `*`. Left out: the events that are worth a message by default.")
    branches: Names | None = Field(None, description="Branch of a push, base of a pull request, head branch of a workflow.")
    labels: LabelsSection | None = Field(None, description="`{ any = […], all = […], none = […] }`.")
    authors: Names | None = Field(None, description="Login of the sender: `[\"!dependabot[[]bot]\"]`.")
    paths: Names | None = Field(None, description="Files touched: `[\"services/web/**\"]`. Those of pull requests need `[github] token`.")
    conclusions: Names | None = Field(None, description="How a workflow, check, status or deployment ended: `[\"failure\"]`.")
    environments: Names | None = Field(None, description="Environment of a deployment.")
    where: str | None = Field(None, description="A CEL expression, for the rest: `payload.pull_request.additions > 10`.")
    to: Names = Field(description="Rooms: `[\"slack:#dev-team\"]`.")
    thread: Literal["subject", "off"] = Field("subject", description="`subject`: one card per issue, pull request, run or deployment, replies in its thread. `off`: one message per event.")
    locale: Locale | None = Field(None, description="The language of this route's messages, if not the hub's.")
    template: str | None = Field(None, description="A Jinja template (sandboxed) for the text, in place of the built-in wording: [Templates](how-to/templates.md).")
    username: str | None = Field(None, description="The name under which messages are posted (Slack: needs the scope `chat:write.customize`).")
    icon: str | None = Field(None, description="The picture of messages: `:rocket:` or an https address.")
    quiet: Quiet | None = Field(None, description="Hours in which this route's messages wait: `{ from = \"22:00\", to = \"08:00\" }`.")

    def route(self) -> Route:
        """Return it as the core's value."""
        labels = self.labels
        return Route(
            name=self.name, source=self.source, repos=_tuple(self.repos), events=_tuple(self.events), branches=_tuple(self.branches),
            labels=None if labels is None else Labels(any=tuple(labels.any or ()), all=tuple(labels.all or ()), none=tuple(labels.none or ())),
            authors=_tuple(self.authors), paths=_tuple(self.paths), conclusions=_tuple(self.conclusions), environments=_tuple(self.environments),
            where=self.where, to=tuple(self.to), thread=self.thread, locale=self.locale, template=self.template, username=self.username, icon=self.icon,
            quiet=None if self.quiet is None else self.quiet.hours(),
        )  # fmt: skip


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """leverframe.toml, checked: what ``app.build`` is given."""

    path: Path
    """The file, absolute; relative paths in it are relative to its folder."""
    hub: Hub
    github: GitHub
    outbound: OutboundSection
    retention: Retention
    sources: Mapping[str, BaseModel]
    """Each source's own ``Settings``, by name; ``kind`` tells which room they belong to."""
    chats: Mapping[str, BaseModel]
    routes: tuple[Route, ...]
    rooms: Mapping[str, Room]
    """By ``chat:room``."""
    people: People
    """Who of ``[people]`` has which accounts."""
    roles: Mapping[str, Role]
    """With the grants that ``roles`` of a command of ``[commands]`` gives."""
    catalogue: Catalogue
    """What is deployed where."""
    registry: Registry
    """Every command: the built-in ones, then those of ``[commands]``."""
    configured: Mapping[str, Configured]
    """The commands of ``[commands]`` with what does their work, by name."""
    runners: Mapping[str, BaseModel]
    """Each runner's own ``Settings``, by name; also of one that is only named by its kind. ``kind`` tells which room they belong to."""
    oidc: Mapping[str, OidcSection] = msgspec.field(default_factory=dict)
    """Whose tokens pipelines sign in with, by name."""
    policies: Mapping[str, Policy] = msgspec.field(default_factory=dict)
    """Who has to agree, by the names that approvals of pipelines call it."""
    manners: Mapping[str, Manner] = msgspec.field(default_factory=dict)
    """How dispatches are made, by project in small letters."""
    plugins: tuple[tuple[Plugin, Found], ...] = ()
    """What was read of each plugin, and where it is."""
    projects: Mapping[str, Project] = msgspec.field(default_factory=dict)
    """By name, folded (``str.casefold``)."""
    pushers: Mapping[str, Pusher] = msgspec.field(default_factory=dict)
    """By login or e-mail address, folded."""
    sites: Mapping[str, SiteSettings] = msgspec.field(default_factory=dict)
    """The sites of the back office, by name."""
    warnings: tuple[Finding, ...] = ()

    @property
    def sqlite_path(self) -> Path | None:
        """Return the absolute path of the SQLite file, ``None`` on PostgreSQL."""
        scheme, _, rest = self.hub.database.partition(":///")
        return self.path.parent / rest if scheme == "sqlite" else None
