"""leverframe.toml: found, read whole, checked whole, and handed on as one value.

>>> config = load(find())      # raises ConfigErrors with every error, each with file, line, key, code and remedy
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import tzinfo
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from leverframe.config.github import GitHub
from leverframe.config.lines import locate
from leverframe.config.models import Config, Hub, Person, Quiet, Retention, Role, Room, RouteSection
from leverframe.config.outbound import OutboundSection
from leverframe.config.problems import ConfigErrors, Finding, Severity, of_toml
from leverframe.config.reading import NOT_BUILT_SECTIONS, Reading, near
from leverframe.core.details import detail
from leverframe.core.errors import Locale
from leverframe.core.hosts import is_loopback
from leverframe.core.people import People
from leverframe.secrets import SecretError, resolve

if TYPE_CHECKING:
    from leverframe.config.sites import SiteSettings

__all__ = [
    "Config", "ConfigErrors", "Control", "Finding", "GitHub", "Hub", "Person", "Quiet", "Retention", "Role", "Room", "Severity", "control_socket",
    "find", "load", "locale_of", "socket_address", "socket_path",
]  # fmt: skip
DATABASE: str = Hub.model_fields["database"].default
PLACEHOLDER = "https://placeholder.invalid"
"""Stands for a secret: what is held against it takes it for an address as well as for a token."""
UNIT_FOLDERS = ("/run/leverframe", "/var/lib/leverframe")
"""What ``RuntimeDirectory=leverframe`` and ``StateDirectory=leverframe`` give a unit of systemd."""
SECTIONS = (
    "hub", "sources", "chats", "routes", "rooms", "people", "roles", "github", "outbound", "retention", "services", "runners", "commands", "plugins",
    "projects", "pushers", "dispatches", "policies", "oidc", "sites",
)  # fmt: skip


def find(named: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the absolute path of the configuration: ``named``, else ``LEVERFRAME_CONFIG``, else ./leverframe.toml.

    The file need not exist: :func:`load` says so.
    """
    environ = os.environ if environ is None else environ
    return Path(named or environ.get("LEVERFRAME_CONFIG") or "leverframe.toml").expanduser().absolute()


def locale_of(path: Path, environ: Mapping[str, str]) -> Locale:
    """Return the language that the file ``path`` asks for, however wrong it is; without a file or a word of it the terminal's."""
    reading = Reading(file=path, lines={}, environ=environ)
    return _locale(_parse(path, reading), reading)


def load(path: Path, environ: Mapping[str, str] | None = None, *, secrets: bool = True) -> Config:
    """Return what the file ``path`` says, with secrets resolved; ``warnings`` hold what is doubtful.

    ``environ`` is where ``env:`` references and ``PORT`` are read (the process's environment if left out). Without ``secrets``
    those that are not there yet are placeholders: for what looks at the rest. Raises :class:`ConfigErrors` with every error and
    warning of the file.
    """
    path = path.absolute()
    environ = os.environ if environ is None else environ
    reading = Reading(file=path, lines={}, environ=environ, placeholder="" if secrets else PLACEHOLDER)
    document = _parse(path, reading)
    config = None if document is None else _compose(document, reading)
    if config is None:
        raise ConfigErrors(_by_line(reading), _locale(document, reading))
    return config


def socket_path(config: Config, environ: Mapping[str, str] | None = None) -> Path:
    """Return where the running hub listens for the commands of this machine, mode 0600.

    For a SQLite file that is ``FILE.sock`` beside it. For PostgreSQL it is ``leverframe.sock`` (named as the configuration is) in the
    folder that systemd gives the hub to write (``RUNTIME_DIRECTORY``, else ``STATE_DIRECTORY``), else beside the configuration:
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=
    """
    return _sockets(config.path, config.hub.database, os.environ if environ is None else environ)[0]


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Give an address that the socket ``path`` can have, meanwhile: 108 bytes at most, however deep its folder lies.

    https://man7.org/linux/man-pages/man7/unix.7.html; through /proc a folder that is open has a short name:
    https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
    """
    if len(os.fsencode(path)) <= 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Control(NamedTuple):
    """How the commands of this machine reach its hub, and how they speak."""

    socket: Path
    locale: Locale
    zone: tzinfo | None
    """Where times are shown; ``None`` where the file names no time zone that there is."""


def control_socket(path: Path, environ: Mapping[str, str] | None = None) -> Control:
    """Return :func:`socket_path`, the language and the time zone of the file ``path``, without needing what is in the hub's environment and not in
    the operator's: the secrets that the file refers to, and the folder that systemd gave (then it is looked for where the unit in
    docs/how-to/run.md has it). Raises :class:`ConfigErrors` for a file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    reading = Reading(file=path, lines={}, environ=environ)
    document = _parse(path, reading)
    if document is None:
        raise ConfigErrors(_by_line(reading), _locale(document, reading))
    hub = document.get("hub")
    database = str(hub.get("database", DATABASE)) if isinstance(hub, dict) else DATABASE
    if database.startswith(("env:", "file:")):
        try:
            database = resolve(database, folder=path.parent, environ=environ).reveal()
        except SecretError:
            database = "postgresql://"  # an address that is kept secret is a server's
    sockets = _sockets(path, database, environ)
    return Control(next(filter(_is_there, sockets), sockets[0]), _locale(document, reading), _zone(hub))


def _zone(hub: Any) -> tzinfo | None:
    name = hub.get("timezone") if isinstance(hub, dict) else None
    with suppress(LookupError, ValueError, OSError):  # a name that is none is the hub's to refuse
        return ZoneInfo(name) if isinstance(name, str) else None
    return None


def _sockets(path: Path, database: str, environ: Mapping[str, str]) -> list[Path]:
    """Return where a hub's socket is, and then where else it may be when that hub has another environment."""
    scheme, _, rest = database.partition(":///")
    if scheme == "sqlite":
        file = path.parent / rest
        return [file.with_name(file.name + ".sock")]
    given = [Path(environ[name].partition(":")[0]) for name in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY") if environ.get(name)]
    return [folder / path.with_suffix(".sock").name for folder in (*given, path.parent, *map(Path, UNIT_FOLDERS))]


def _is_there(socket: Path) -> bool:
    try:
        return socket.exists()
    except PermissionError:
        return True  # in a folder of another user, who is then told about


_LOCALE = re.compile(r"""^\[hub\][^\[]*?^\s*locale\s*=\s*["'](\w+)["']""", re.MULTILINE)


def _parse(path: Path, reading: Reading) -> dict[str, Any] | None:
    try:
        text = path.read_text("utf-8-sig")  # editors of Windows put a mark before the text
    except FileNotFoundError:
        reading.found("file_missing", ())
        return None
    except OSError as error:
        reading.found("file_unreadable", (), error.strerror or type(error).__name__)
        return None
    except UnicodeDecodeError:
        reading.found("file_unreadable", (), detail("not_utf8"))
        return None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reading.locale = found[1] if (found := _LOCALE.search(text)) is not None else ""
        said, _, at = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+)", at)
        last = max(len(text.splitlines()), 1)
        reading.findings.append(
            Finding(file=path, line=int(line[1]) if line else last, key="", code="toml_invalid", detail=of_toml(said or str(error)))
        )
        return None
    reading.lines = locate(text)
    return document


def _compose(document: dict[str, Any], reading: Reading) -> Config | None:
    from leverframe.config.checking import check  # not for commands that only look for the socket
    from leverframe.config.doubts import keys_meaning
    from leverframe.config.levers import read_levers, with_commands
    from leverframe.config.plugins import commands_of, read_plugins
    from leverframe.config.projects import read_projects, read_pushers

    for name, value in document.items():
        if name in NOT_BUILT_SECTIONS:
            reading.found("key_not_built", (name,))
        elif name not in SECTIONS:
            reading.found("key_unknown", (name,), near=near(name, SECTIONS, "[[{}]]" if isinstance(value, list) else "[{}]"))
    hub = _hub(document.get("hub", {}), reading)
    github = reading.section(GitHub, document.get("github", {}), ("github",))
    outbound = reading.section(OutboundSection, document.get("outbound", {}), ("outbound",))
    retention = reading.section(Retention, document.get("retention", {}), ("retention",))
    plugins = read_plugins(document, reading)  # before the rooms, of which they may add kinds
    sources = reading.rooms("sources", document.get("sources", {}))
    chats = reading.rooms("chats", document.get("chats", {}))
    rooms = reading.named(Room, "rooms", document.get("rooms", {}))
    people = reading.named(Person, "people", document.get("people", {}))
    roles = reading.named(Role, "roles", document.get("roles", {}))
    projects, pushers = read_projects(document, reading), read_pushers(document, reading)
    routes = _routes(document.get("routes", []), reading)
    sites = _sites(document, reading)
    levers = read_levers(document, reading, commands_of(plugins))
    manners = {}
    if "dispatches" in document:
        from leverframe.config.dispatches import read_dispatches

        manners = read_dispatches(document["dispatches"], reading)
    policies = {}
    if "policies" in document:
        from leverframe.config.services import Approvals

        policies = {name: one.policy() for name, one in reading.named(Approvals, "policies", document["policies"]).items() if isinstance(one, Approvals)}
    oidc = {}
    if "oidc" in document:
        from leverframe.config.oidc import read_oidc

        oidc = read_oidc(document["oidc"], reading)
    check(reading, document=document, sources=sources, chats=chats, levers=levers)
    if isinstance(hub, Hub):
        keys_meaning(reading, hub, chats)
    if not (isinstance(hub, Hub) and isinstance(github, GitHub) and isinstance(retention, Retention) and isinstance(outbound, OutboundSection)):
        return None
    if any(finding.severity == "error" for finding in reading.findings):
        return None
    return Config(
        path=reading.file, hub=hub, github=github, outbound=outbound, retention=retention, rooms=rooms,
        people=People(identities={name: tuple(person.identities) for name, person in people.items()}),
        roles=with_commands(roles, levers.configured.values()),
        catalogue=levers.catalogue, registry=levers.registry, configured=levers.configured, runners=levers.runners, manners=manners, policies=policies, oidc=oidc,
        sources={name: settings for name, settings in sources.items() if settings is not None},
        chats={name: settings for name, settings in chats.items() if settings is not None},
        routes=tuple(route.route() for route in routes), plugins=tuple(plugins), projects=projects, pushers=pushers,
        sites=sites, warnings=_by_line(reading),
    )  # fmt: skip


def _sites(document: Mapping[str, Any], reading: Reading) -> dict[str, SiteSettings]:
    if "sites" not in document:
        return {}
    from leverframe.config.sites import read_sites

    return read_sites(document, reading)


def _routes(value: Any, reading: Reading) -> list[RouteSection]:
    if not isinstance(value, list):
        reading.found("value_type", ("routes",), "tables")
        return []
    sections = [reading.section(RouteSection, table, ("routes", number)) for number, table in enumerate(value)]
    return [section for section in sections if isinstance(section, RouteSection)]


def _hub(table: Any, reading: Reading) -> BaseModel | None:
    """Read ``[hub]``: what it leaves out comes from ``PORT`` and from ``bind``."""
    port = reading.environ.get("PORT")
    if isinstance(table, dict) and "bind" not in table and port:
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
            reading.found("port_invalid", ("hub", "bind"), port)
        else:
            table = {**table, "bind": f"0.0.0.0:{port}"}
    hub = reading.section(Hub, table, ("hub",))
    if not isinstance(hub, Hub):
        return hub
    if not str(table.get("database", "")).startswith(("env:", "file:")) and urlsplit(hub.database).password:
        reading.found("secret_literal", ("hub", "database"))
    if hub.database.startswith("postgresql:") and find_spec("asyncpg") is None:
        reading.found("database_unavailable", ("hub", "database"))
    if hub.database.startswith("postgresql:") and not hub.master_keys:
        reading.found("audit_unsigned", ("hub", "database"))
    if hub.url:
        return hub
    if not is_loopback(hub.host):
        reading.found("url_missing", ("hub", "url"))
    return hub.model_copy(update={"url": f"http://127.0.0.1:{hub.port}"})


def _by_line(reading: Reading) -> tuple[Finding, ...]:
    return tuple(sorted(reading.findings, key=lambda finding: (finding.line, finding.key)))


def _locale(document: dict[str, Any] | None, reading: Reading) -> Locale:
    """Return the language to speak of errors in: the file's, also where it is no TOML but says so in a line of [hub], else the terminal's."""
    hub = (document or {}).get("hub")
    said = hub.get("locale") if isinstance(hub, dict) else reading.locale
    return "ko" if (said or (reading.environ.get("LC_ALL") or reading.environ.get("LANG", ""))[:2]) == "ko" else "en"
