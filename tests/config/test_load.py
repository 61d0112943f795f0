"""leverframe.toml: what it means, and every way in which it can be wrong, with line, key and code."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from datetime import time
from pathlib import Path

import pytest
from config.wrong_hooks import WRONG_HOOKS
from config.wrong_levers import WRONG_LEVERS
from config.wrong_plugins import WRONG_PLUGINS
from fakes.github_apps import app_pem

from leverframe.chats.slack.settings import Settings as Slack
from leverframe.config import Config, ConfigErrors, control_socket, find, load, reading, socket_address, socket_path
from leverframe.config.problems import FINDINGS
from leverframe.core.projects import Project, Pusher
from leverframe.sources.github.settings import Settings as GitHubSource

ENVIRON = {"PEM": app_pem(), "SECRET": "s3cret", "HOOK": "https://hooks.slack.com/services/T/B/x", "HTTP_HOOK": "http://hooks.slack.com/services/T/B/x", "USER": "xoxp-1", "TOKEN": "xoxb-1", "EMPTY": "", "APP": "xapp-1-A1-1-x", "BROKEN_HOOK": "https://[oops/services/T", "DATABASE_BROKEN": "postgres://hub:pa#ss@db/hub", "DATABASE_URL": "postgres://hub:pw@db/hub"}
GOOD = """\
[hub]
url = "https://hub.example.com/"
locale = "ko"
timezone = "Asia/Seoul"
trusted_proxies = ["10.0.0.0/8"]

[sources.github]
secrets = ["env:SECRET", "file:old-secret"]

[chats.slack]
bot_token = "env:TOKEN"
signing_secrets = ["env:SECRET"]
[chats.slack.webhooks]
"#dev" = "env:HOOK"

[chats.team]
kind = "slack"
bot_token = "env:TOKEN"

[github]
token = "env:TOKEN"

[[routes]]
name = "pull requests"
from = "github"
repos = ["acme/*", "!acme/secret"]
events = ["pull_request.opened", "gollum"]
labels = { any = ["bug"], none = ["wip"] }
paths = ["services/web/**"]
where = "payload.pull_request.additions > 10"
to = ["slack:#dev-team", "team:C0123456789"]
thread = "off"
locale = "en"
template = "{{ event.name }}"
quiet = { from = "22:00", to = "08:00", days = ["sat", "sun"] }

[rooms."slack:#dev"]
quiet = { from = "19:00", to = "09:00" }

[people.ann]
identities = ["github:ann", "slack:U1"]

[roles.release]
members = ["slack:U1"]
allow = ["deliveries.retry"]

[projects."acme/web"]
id = 33
overview = "웹"
commit_url = "https://git.example.com/{project}/commit/{id}"

[pushers."Ann@example.com"]
name = "Ann Kim"
id = 2

[retention]
bodies_days = 7
"""
INSTALL = "[chats.slack]\nclient_id = '1.2'\nclient_secret = 'env:SECRET'\n"
KEY = "master_keys = ['env:SECRET']\n"
SOURCE = '[sources.github]\nsecrets = ["env:SECRET"]\n'
CHAT = '[chats.slack]\nbot_token = "env:TOKEN"\n'
ROUTE = '[[routes]]\nname = "a"\nfrom = "github"\nto = ["slack:#dev"]\n'


def read(folder: Path, text: str, environ: Mapping[str, str] = ENVIRON) -> Config:
    """Write ``text`` as leverframe.toml and load it."""
    (folder / "old-secret").write_text("old\n")
    path = folder / "leverframe.toml"
    path.write_text(text, "utf-8")
    return load(path, environ)


def findings(folder: Path, text: str, environ: Mapping[str, str] = ENVIRON) -> list[tuple[int, str, str]]:
    """Return (line, key, code) of every error and warning."""
    try:
        found = read(folder, text, environ).warnings
    except ConfigErrors as errors:
        found = errors.findings
    return [(finding.line, finding.key, finding.code) for finding in found]


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    """Every section arrives, secrets resolved, without errors or warnings."""
    config = read(tmp_path, GOOD)
    assert config.warnings == ()
    assert (config.hub.url, config.hub.locale, config.hub.timezone) == ("https://hub.example.com", "ko", "Asia/Seoul")
    source, slack = config.sources["github"], config.chats["slack"]
    assert isinstance(source, GitHubSource) and [secret.reveal() for secret in source.secrets] == ["s3cret", "old"]
    assert isinstance(slack, Slack) and slack.webhooks["#dev"].reveal() == ENVIRON["HOOK"]
    assert isinstance(config.chats["team"], Slack)
    (route,) = config.routes
    assert (route.name, route.source, route.to, route.thread) == ("pull requests", "github", ("slack:#dev-team", "team:C0123456789"), "off")
    assert route.events == ("pull_request.opened", "gollum")
    assert config.rooms["slack:#dev"].quiet is not None and config.rooms["slack:#dev"].quiet.start == time(19)
    assert config.people.identities == {"ann": ("github:ann", "slack:U1")}
    assert config.roles["release"].allow == ["deliveries.retry"]
    assert (config.retention.bodies_days, config.retention.events_days) == (7, 90)
    assert config.projects == {"acme/web": Project(name="acme/web", id=33, overview="웹", commit_url="https://git.example.com/{project}/commit/{id}")}
    assert config.pushers == {"ann@example.com": Pusher(name="Ann Kim", id=2)}


def test_nothing_of_a_secret_is_shown(tmp_path: Path) -> None:
    """The repr of a configuration holds no secret and no database password."""
    shown = repr(read(tmp_path, GOOD.replace("[hub]", '[hub]\ndatabase = "env:DATABASE_URL"')))
    assert "s3cret" not in shown and "xoxb" not in shown and "pw@" not in shown


def test_an_empty_file_is_a_hub_on_this_machine(tmp_path: Path) -> None:
    """Everything has a default: loopback, SQLite beside the file."""
    config = read(tmp_path, "", {})
    assert (config.hub.url, config.hub.bind, config.hub.host, config.hub.port) == ("http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", 8080)
    assert config.sqlite_path == tmp_path / "leverframe.db"


@pytest.mark.parametrize(
    ("hub", "environ", "bind", "url"),
    [
        ("", {"PORT": "5000"}, "0.0.0.0:5000", "http://127.0.0.1:5000"),
        ('bind = "127.0.0.1:9000"', {"PORT": "5000"}, "127.0.0.1:9000", "http://127.0.0.1:9000"),
        ('url = "https://hub.example.com"', {"PORT": "5000"}, "0.0.0.0:5000", "https://hub.example.com"),
        ('bind = "[::1]:9000"', {}, "[::1]:9000", "http://127.0.0.1:9000"),
        ("", {"PORT": ""}, "127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_port_is_honoured_where_bind_is_left_out(tmp_path: Path, hub: str, environ: dict[str, str], bind: str, url: str) -> None:
    """A hoster's PORT listens to the outside; a written bind wins."""
    config = read(tmp_path, f"[hub]\n{hub}\n", environ)
    assert (config.hub.bind, config.hub.url) == (bind, url)


@pytest.mark.parametrize(
    ("database", "sqlite", "socket", "address"),
    [
        ("sqlite:///hub.db", "hub.db", "hub.db.sock", "sqlite:///hub.db"),
        ("sqlite:///data/hub.db", "data/hub.db", "data/hub.db.sock", "sqlite:///data/hub.db"),
        ("sqlite:////var/lib/hub.db", "/var/lib/hub.db", "/var/lib/hub.db.sock", "sqlite:////var/lib/hub.db"),
        ("postgresql://db/hub", None, "leverframe.sock", "postgresql://db/hub"),
        ("env:DATABASE_URL", None, "leverframe.sock", "postgresql://hub:pw@db/hub"),
    ],
)
def test_where_the_database_and_the_socket_are(tmp_path: Path, database: str, sqlite: str | None, socket: str, address: str) -> None:
    """A SQLite file and the socket beside it are relative to the configuration; PostgreSQL's socket is beside the configuration.

    That is so where nobody gave the hub a folder to write; see the tests that follow.
    """
    config = read(tmp_path, f'[hub]\ndatabase = "{database}"\n')
    assert config.hub.database == address
    assert config.sqlite_path == (None if sqlite is None else tmp_path / sqlite)
    assert socket_path(config, {}) == tmp_path / socket
    assert control_socket(config.path, {}) == (tmp_path / socket, "en", None)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/hub"}, "/var/lib/hub"),
        ({"STATE_DIRECTORY": "/var/lib/hub:/var/lib/more"}, "/var/lib/hub"),
        ({"STATE_DIRECTORY": "/var/lib/hub", "RUNTIME_DIRECTORY": "/run/hub"}, "/run/hub"),
    ],
)
def test_under_systemd_the_socket_is_where_the_hub_may_write(tmp_path: Path, environ: dict[str, str], folder: str) -> None:
    """Under ProtectSystem=strict the configuration's folder is read-only, and the documented unit could not start on PostgreSQL."""
    config = read(tmp_path, '[hub]\ndatabase = "postgresql://db/hub"\n')
    assert socket_path(config, environ) == Path(folder, "leverframe.sock")
    lite = read(tmp_path, '[hub]\ndatabase = "sqlite:///hub.db"\n')
    assert socket_path(lite, environ) == tmp_path / "hub.db.sock", "which lies where the hub may write anyway"


def test_an_operators_shell_finds_the_socket_of_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not the unit's environment, so the socket is looked for where the documented unit has it; else it is beside the configuration."""
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.setattr("leverframe.config.UNIT_FOLDERS", (str(tmp_path / "run"), str(state)))
    path = read(tmp_path, '[hub]\ndatabase = "postgresql://db/hub"\n').path
    assert control_socket(path, {})[0] == path.with_suffix(".sock")
    (state / "leverframe.sock").touch()
    assert control_socket(path, {})[0] == state / "leverframe.sock"


@pytest.mark.parametrize("folder", ["hub", f"{'d' * 100}/{'한' * 60}"])
def test_a_socket_may_lie_in_a_deep_folder(tmp_path: Path, folder: str) -> None:
    """An address of a socket has 108 bytes: in a deeper folder the hub ran, and no command reached it."""
    path = tmp_path / folder / "leverframe.db.sock"
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as asking:
        with socket_address(path) as address:
            listening.bind(address)
        listening.listen()
        with socket_address(path) as address:
            asking.connect(address)
        assert path.is_socket()
    with pytest.raises(FileNotFoundError), socket_address(tmp_path / "nowhere" / ("x" * 100)):
        pass


def test_the_socket_is_found_without_the_secrets(tmp_path: Path) -> None:
    """An operator's shell, which lacks the hub's environment, still finds the hub."""
    path = tmp_path / "leverframe.toml"
    path.write_text('[hub]\nlocale = "ko"\n[chats.slack]\nbot_token = "env:NOT_HERE"\n')
    assert control_socket(path, {}) == (tmp_path / "leverframe.db.sock", "ko", None)


@pytest.mark.parametrize(("written", "zone"), [("'Asia/Seoul'", "Asia/Seoul"), ("'Asia/Soul'", "None"), ("'../etc'", "None"), ("5", "None")])
def test_commands_show_times_where_the_hub_does(tmp_path: Path, written: str, zone: str) -> None:
    """A zone that is none is the hub's to refuse: commands that look for its socket go on."""
    path = tmp_path / "leverframe.toml"
    path.write_text(f"[hub]\ntimezone = {written}\n")
    assert str(control_socket(path, {}).zone) == zone


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config comes before LEVERFRAME_CONFIG, which comes before the working directory."""
    monkeypatch.chdir(tmp_path)
    assert find(None, {}) == tmp_path / "leverframe.toml"
    assert find(None, {"LEVERFRAME_CONFIG": "/etc/hub.toml"}) == Path("/etc/hub.toml")
    assert find(Path("other.toml"), {"LEVERFRAME_CONFIG": "/etc/hub.toml"}) == tmp_path / "other.toml"


WRONG: list[tuple[str, str, list[tuple[int, str, str]]]] = [
    ("not TOML", "[hub]\nurl = x\n", [(2, "", "toml_invalid")]),
    ("TOML that ends too early", "[hub]\nurl = [\n", [(2, "", "toml_invalid")]),
    ("unknown section", "[routs]\n", [(1, "routs", "key_unknown")]),
    ("a bucket of no site", "[sources.x]\nkind = 'bucket'\nsite = 'blog'\ntopics = ['arn:aws:sns:us-east-1:123456789012:t']\n", [(3, "sources.x.site", "site_unknown")]),
    ("a bucket that nobody vouches for", "[sources.x]\nkind = 'bucket'\nsite = 'blog'\n", [(1, "sources.x", "value_invalid")]),
    ("planned section", "[windows.x]\n", [(1, "windows", "key_not_built")]),
    ("unknown key", "[hub]\n\nlocall = 'ko'\n", [(3, "hub.locall", "key_unknown")]),
    ("a section that is no table", "hub = 1\n", [(1, "hub", "value_type")]),
    ("sources that are no tables", "[sources]\ngithub = 1\n", [(2, "sources.github", "value_type")]),
    ("routes that are no tables", "routes = 1\n", [(1, "routes", "value_type")]),
    ("one route that is no table", "routes = [1]\n", [(1, "routes[0]", "value_type")]),
    ("a project without an owner", "[projects.web]\n", [(1, "projects.web", "project_name_invalid")]),
    ("a project of the hub's own", "[projects.\"api/web\"]\n", [(1, "projects.\"api/web\"", "project_name_invalid")]),
    ("a commit's page without a place for the commit", "[projects.\"a/b\"]\ncommit_url = 'https://x.example/'\n", [(2, "projects.\"a/b\".commit_url", "value_invalid")]),
    ("a project's page that is none", "[projects.\"a/b\"]\nweb = 'javascript:x'\n", [(2, "projects.\"a/b\".web", "value_invalid")]),
    ("a pusher's id that is no number", "[pushers.ann]\nid = 'x'\n", [(2, "pushers.ann.id", "value_type")]),
    ("a number for a string", "[hub]\nbind = 8080\n", [(2, "hub.bind", "value_type")]),
    ("a string for a number", "[retention]\nbodies_days = 'x'\n", [(2, "retention.bodies_days", "value_type")]),
    ("out of range", "[retention]\nbodies_days = 0\n", [(2, "retention.bodies_days", "value_invalid")]),
    ("not a choice", "[hub]\nlocale = 'fr'\n", [(2, "hub.locale", "value_choice")]),
    ("time zone", "[hub]\ntimezone = 'Asia/Seol'\n", [(2, "hub.timezone", "timezone_unknown")]),
    ("time zone that is a path", "[hub]\ntimezone = '../x'\n", [(2, "hub.timezone", "timezone_unknown")]),
    ("bind without port", "[hub]\nbind = 'localhost'\n", [(2, "hub.bind", "address_invalid")]),
    ("bind with a port too high", "[hub]\nbind = 'localhost:70000'\n", [(2, "hub.bind", "address_invalid")]),
    ("bind to IPv6 without brackets", "[hub]\nbind = '::1:80'\n", [(2, "hub.bind", "address_invalid")]),
    ("url without scheme", "[hub]\nurl = 'hub.example.com'\n", [(2, "hub.url", "url_invalid")]),
    ("url with a path", "[hub]\nurl = 'https://example.com/hub'\n", [(2, "hub.url", "url_invalid")]),
    ("url with a user", "[hub]\nurl = 'https://a:b@example.com'\n", [(2, "hub.url", "url_invalid")]),
    ("public url in the clear", "[hub]\nurl = 'http://hub.example.com'\n", [(2, "hub.url", "url_not_https")]),
    ("private url in the clear", "[hub]\nurl = 'http://10.0.0.1'\n", [(2, "hub.url", "url_not_https")]),
    ("loopback may be http", "[hub]\nurl = 'http://127.0.0.1:8080'\n", []),
    ("localhost may be http", "[hub]\nurl = 'http://localhost:8080'\n", []),
    ("open to the outside without url", "[hub]\nbind = '0.0.0.0:80'\n", [(1, "hub.url", "url_missing")]),
    ("unknown database", "[hub]\ndatabase = 'mysql://x'\n", [(2, "hub.database", "database_unsupported")]),
    ("database in memory", "[hub]\ndatabase = 'sqlite://'\n", [(2, "hub.database", "database_unsupported")]),
    ("database reference that is not set", "[hub]\ndatabase = 'env:NOPE'\n", [(2, "hub.database", "secret_env_missing")]),
    ("password written down", f"[hub]\ndatabase = 'postgresql://a:b@c/d'\n{KEY}", [(2, "hub.database", "secret_literal")]),
    *[(f"a database's address, {why}", f"[hub]\ndatabase = 'postgresql://{address}'\n", [(2, "hub.database", "database_address_invalid")])
      for why, address in (("brackets", "[::1/x"), ("# in a password", "a:b#c@d/e"), ("/ in a password", "a:b/c@d/e"), ("? in a password", "a:b?c@d/e"),
                           ("/ in a password of digits", "a:12/c@d/e"), ("? in a password of digits", "a:12?c@d/e"), ("@ in a password", "a:b@c@d/e"),
                           ("a port that is none", "d:port/e"))],
    ("a database's address by a reference", "[hub]\ndatabase = 'env:DATABASE_BROKEN'\n", [(2, "hub.database", "database_address_invalid")]),
    ("an audit that nobody signs", "[hub]\ndatabase = 'postgresql://d/e'\n", [(2, "hub.database", "audit_unsigned")]),
    *[("a database's address", f"[hub]\ndatabase = 'postgresql://{address}'\n{KEY}", [])
      for address in ("d/e", "a@d:5432/e", "/e?host=/run/postgresql&user=a@b", "a@%2Frun%2Fpostgresql/e", "[::1]:5432/e", "a@d:5432,[::1]:5433/e", "d/e?sslmode=require")],
    ("GitHub's address", "[github]\napi_url = 'http://[x'\n", [(2, "github.api_url", "api_url_invalid")]),
    ("an app without a key", "[github]\napp = { id = 1 }\n", [(2, "github.app.key", "key_missing")]),
    ("an app's key that is none", "[github]\napp = { id = 1, key = 'env:SECRET' }\n", [(2, "github.app.key", "github_app_key_invalid")]),
    ("an app's number that is none", "[github]\napp = { id = true, key = 'env:PEM' }\n", [(2, "github.app.id", "value_type")]),
    ("token and app", "[github]\ntoken = 'env:TOKEN'\napp = { id = 1, key = 'env:PEM' }\n", [(3, "github.app", "github_token_and_app")]),
    *[(f"where people read {host}", f"[github]\napi_url = 'https://{host}'\n", [(2, "github.api_url", "api_url_of_pages")])
      for host in ("github.com", "github.example.com", "acme.ghe.com/")],
    *[(f"the API at {host}", f"[github]\napi_url = 'https://{host}'\n", []) for host in ("api.github.com", "api.acme.ghe.com", "github.example.com/api/v3/")],
    ("Slack's address", f"{CHAT}api_url = 'not a url'\n", [(3, "chats.slack.api_url", "api_url_invalid")]),
    ("addresses of APIs", f"[github]\napi_url = 'http://ghe.corp:8443/api/v3'\n{CHAT}api_url = 'https://slack-gov.com/api/'\n", []),
    ("proxy", "[hub]\ntrusted_proxies = ['10.0.0.0/40']\n", [(2, "hub.trusted_proxies[0]", "value_invalid")]),
    ("source without secrets", "[sources.github]\n", [(1, "sources.github.secrets", "key_missing")]),
    ("source with no secret", "[sources.github]\nsecrets = []\n", [(2, "sources.github.secrets", "list_empty")]),
    ("secret that is not set", "[sources.github]\nsecrets = [\n'env:NOPE',\n]\n", [(3, "sources.github.secrets[0]", "secret_env_missing")]),
    ("secret that is empty", "[sources.github]\nsecrets = ['env:EMPTY']\n", [(2, "sources.github.secrets[0]", "secret_empty")]),
    ("secret file", "[sources.github]\nsecrets = ['file:gone']\n", [(2, "sources.github.secrets[0]", "secret_file_unreadable")]),
    ("secret scheme", "[sources.github]\nsecrets = ['vault:a#b']\n", [(2, "sources.github.secrets[0]", "secret_scheme_unsupported")]),
    ("secret written down", "[sources.github]\nsecrets = ['x']\n", [(2, "sources.github.secrets[0]", "secret_literal")]),
    ("webhook written down", f"{CHAT}[chats.slack.webhooks]\n'#x' = 'https://x'\n", [(4, 'chats.slack.webhooks."#x"', "secret_literal")]),
    ("secret that is no string", "[sources.github]\nsecrets = [1]\n", [(2, "sources.github.secrets[0]", "value_type")]),
    ("half a bot", "[chats.teams]\napp_id = '11111111-2222-4333-8444-555555555555'\n", [(1, "chats.teams.app_password", "teams_bot_half")]),
    (
        "a bot that hears nobody", "[chats.teams]\napp_id = '11111111-2222-4333-8444-555555555555'\napp_password = 'env:SECRET'\n",
        [(1, "chats.teams.tenant_ids", "teams_tenants_missing")],
    ),
    ("a tenant by its name", "[chats.teams]\ntenant_ids = ['acme.example']\n", [(2, "chats.teams.tenant_ids[0]", "teams_id_invalid")]),
    ("a Workflow that is none", "[chats.teams.webhooks]\n'#dev' = 'env:SECRET'\n", [(2, 'chats.teams.webhooks."#dev"', "teams_webhook_invalid")]),
    ("an address of Teams", "[chats.teams]\nservice_url = 'smba'\n", [(2, "chats.teams.service_url", "api_url_invalid")]),
    ("unknown kind", "[chats.x]\nkind = 'slak'\n", [(2, "chats.x.kind", "kind_unknown")]),
    ("kind that is no string", "[chats.x]\nkind = 1\n", [(2, "chats.x.kind", "value_type")]),
    ("name that fits no address", "[sources.'a b']\nkind = 'github'\nsecrets = ['env:SECRET']\n", [(1, 'sources."a b"', "name_invalid")]),
    *[("a name of the hub's own", f"[sources.{name}]\nkind = 'github'\nsecrets = ['env:SECRET']\n", [(1, f"sources.{name}", "name_reserved")]) for name in ("hook", "hub")],
    *[("a name of somebody whom the hub knows itself", f"[chats.{name}]\nkind = 'playground'\n", [(1, f"chats.{name}", "name_reserved")]) for name in ("person", "token", "operator", "mail")],
    ("unknown key of a room", f"{CHAT}webhook = {{}}\n", [(3, "chats.slack.webhook", "key_unknown")]),
    ("route that lacks all", "[[routes]]\n", [(1, "routes[0].from", "key_missing"), (1, "routes[0].name", "key_missing"), (1, "routes[0].to", "key_missing")]),
    ("unknown source", f"{CHAT}{ROUTE}", [(5, "routes[0].from", "source_unknown")]),
    ("unknown chat", f"{SOURCE}{ROUTE}", [(6, "routes[0].to[0]", "chat_unknown")]),
    ("no room", SOURCE + CHAT + ROUTE.replace("slack:#dev", "slack"), [(8, "routes[0].to[0]", "destination_invalid")]),
    ("a room that Slack cannot have", SOURCE + CHAT + ROUTE.replace("#dev", "#Dev Team"), [(8, "routes[0].to[0]", "room_invalid")]),
    ("two routes of one name", SOURCE + CHAT + ROUTE + ROUTE, [(10, "routes[1].name", "route_name_twice")]),
    ("misspelt event", f"{SOURCE}{CHAT}{ROUTE}events = ['*', 'pussh']\n", [(9, "routes[0].events[1]", "event_unknown")]),
    ("misspelt action", f"{SOURCE}{CHAT}{ROUTE}events = ['issues.opend']\n", [(9, "routes[0].events[0]", "event_unknown")]),
    ("events that are all right", f"{SOURCE}{CHAT}{ROUTE}events = ['*', 'push', 'issues.opened', '!star', '!issues.labeled']\n", []),
    ("no events", f"{SOURCE}{CHAT}{ROUTE}events = []\n", [(9, "routes[0].events", "list_empty")]),
    ("filter", f"{SOURCE}{CHAT}{ROUTE}where = 'payload.'\n", [(9, "routes[0].where", "filter_invalid")]),
    ("template", f"{SOURCE}{CHAT}{ROUTE}template = '{{% if %}}'\n", [(9, "routes[0].template", "template_invalid")]),
    ("an attribute that is none", f"{SOURCE}{CHAT}{ROUTE}template = '{{{{ repo.full_name }}}}'\n", [(9, "routes[0].template", "template_invalid")]),
    ("a template without answer", f"{SOURCE}{CHAT}{ROUTE}events = ['push']\ntemplate = '{{{{ subject.title }}}}'\n", [(10, "routes[0].template", "template_fails")]),
    ("whole objects", f"{SOURCE}{CHAT}{ROUTE}events = ['issues']\ntemplate = '{{{{ actor }}}} {{{{ subject }}}} {{{{ event }}}}'\n", []),
    ("unknown label key", f"{SOURCE}{CHAT}{ROUTE}labels = {{ an = ['x'] }}\n", [(9, "routes[0].labels.an", "key_unknown")]),
    ("quiet hours", f"{SOURCE}{CHAT}{ROUTE}quiet = {{ from = '25:00', to = '08:00' }}\n", [(9, "routes[0].quiet.from", "value_invalid")]),
    ("paths without token", f"{SOURCE}{CHAT}{ROUTE}paths = ['a/**']\n", [(9, "routes[0].paths", "paths_need_token")]),
    ("paths of pushes need none", f"{SOURCE}{CHAT}{ROUTE}paths = ['a/**']\nevents = ['push']\n", []),
    ("a team that nobody is known to be in", f"{SOURCE}[roles.a]\nmembers = ['github:acme/release', 'github:ann']\n", [(4, "roles.a.members[0]", "teams_need_token")]),
    ("a team, with a token", f"{SOURCE}[github]\ntoken = 'env:SECRET'\n[roles.a]\nmembers = ['github:acme/release']\n", []),
    ("room of no chat", "[rooms.'slack:#x']\n", [(1, 'rooms."slack:#x"', "chat_unknown")]),
    ("identity of two people", f"{SOURCE}[people.a]\nidentities = ['github:x']\n[people.b]\nidentities = ['github:x']\n", [(6, "people.b.identities[0]", "identity_twice")]),
    ("an ending that GitHub does not know", f"{SOURCE}{CHAT}{ROUTE}conclusions = ['failed', 'fail*', '!success']\n", [(9, "routes[0].conclusions[0]", "conclusion_unknown")]),
    ("a bot's brackets", f"{SOURCE}{CHAT}{ROUTE}authors = ['dependabot[bot]', '!renovate[[]bot]']\n", [(9, "routes[0].authors[0]", "author_glob")]),
    ("an emoji without colons", f"{SOURCE}{CHAT}{ROUTE}icon = 'rocket'\n", [(9, "routes[0].icon", "icon_invalid")]),
    ("icons", f"{SOURCE}{CHAT}{ROUTE}icon = ':flag-kr:'\n", []),
    ("a repository without owner", f"{SOURCE}{CHAT}{ROUTE}repos = ['acme', '*', '**', 'acme/*']\n", [(9, "routes[0].repos[0]", "repository_glob")]),
    ("an identity of nowhere", "[people.a]\nidentities = ['ann']\n", [(2, "people.a.identities[0]", "identity_invalid")]),
    ("an identity of no chat", f"{CHAT}[people.a]\nidentities = ['slak:U1']\n[roles.x]\nmembers = ['teams:x', 'person:a']\n", [(4, "people.a.identities[0]", "identity_unknown"), (6, "roles.x.members[0]", "identity_unknown")]),
    ("an identity by the kind of a chat", "[chats.acme]\nkind = 'slack'\nbot_token = 'env:SECRET'\n[people.a]\nidentities = ['slack:U1', 'acme:U1']\n", [(5, "people.a.identities[0]", "identity_unknown")]),
    ("an identity by the kind of a source", "[sources.ghes]\nkind = 'github'\nsecrets = ['env:SECRET']\n[people.a]\nidentities = ['github:a', 'ghes:a']\n", []),
    ("a grant that nothing asks for", "[roles.x]\nallow = ['fly', 'deploy web *', 'events.*', '*', 'status']\n", [(2, "roles.x.allow[0]", "grant_unknown"), (2, "roles.x.allow[4]", "grant_unknown")]),
    ("a person's token", "[chats.slack]\nbot_token = 'env:USER'\n", [(2, "chats.slack.bot_token", "slack_token_kind")]),
    ("an app's token that is none", "[chats.slack]\napp_token = 'env:SECRET'\n", [(2, "chats.slack.app_token", "slack_app_token_kind")]),
    ("half a client", "[chats.slack]\nclient_id = '1.2'\n", [(1, "chats.slack.client_secret", "slack_client_half")]),
    ("the other half", "[chats.slack]\nclient_secret = 'env:SECRET'\n", [(1, "chats.slack.client_id", "slack_client_half")]),
    ("tokens beside PostgreSQL", f"[hub]\ndatabase = 'postgresql://d/e'\n{INSTALL}", [(2, "hub.database", "audit_unsigned"), (4, "chats.slack.client_id", "master_keys_needed")]),
    ("tokens beside PostgreSQL with a key", f"[hub]\ndatabase = 'postgresql://d/e'\n{KEY}{INSTALL}", []),
    ("tokens beside SQLite", INSTALL, []),
    ("a webhook that is no address", f"{CHAT}[chats.slack.webhooks]\n'#x' = 'env:BROKEN_HOOK'\n", [(4, 'chats.slack.webhooks."#x"', "webhook_invalid")]),
    ("a webhook in the clear", f"{CHAT}[chats.slack.webhooks]\n'#x' = 'env:HTTP_HOOK'\n", [(4, 'chats.slack.webhooks."#x"', "webhook_invalid")]),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in (*WRONG, *WRONG_HOOKS)], ids=[case[0] for case in (*WRONG, *WRONG_HOOKS)])
def test_what_is_wrong_is_told_with_line_key_and_code(tmp_path: Path, text: str, expected: list[tuple[int, str, str]]) -> None:
    """Each mistake is found once, where it stands, under its code."""
    assert findings(tmp_path, text) == expected


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    """A mistake hides no other: those of a route that is itself wrong are told as well."""
    text = '[hub]\nlocale = "fr"\n[chats.slack]\nbot_token = "env:NOPE"\n[[routes]]\nname = 1\nfrom = "githib"\nto = ["slak:#x"]\n[oops]\n'
    assert [code for _, _, code in findings(tmp_path, text)] == ["value_choice", "secret_env_missing", "value_type", "source_unknown", "chat_unknown", "key_unknown"]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("[hub]\nlocall = 'ko'\n", "locale"),
        ("[routs]\n", "[routes]"),
        ("[chats.x]\nkind = 'slak'\n", 'kind = "slack"'),
        (f"{SOURCE}{CHAT}{ROUTE}evnts = ['push']\n", "events"),
        (f"{SOURCE}{CHAT}{ROUTE}labels = {{ an = ['x'] }}\n", "any"),
        (SOURCE + CHAT + ROUTE.replace('"github"', '"githib"'), '"github"'),
        (SOURCE + CHAT + ROUTE.replace("slack:#dev", "slak:#dev"), '"slack:#dev"'),
        (f"{SOURCE}{CHAT}{ROUTE}events = ['pul_request.opened']\n", '"pull_request.opened"'),
        (f"{SOURCE}{CHAT}{ROUTE}events = ['issues.opend']\n", '"issues.opened"'),
        (f"{SOURCE}{CHAT}{ROUTE}events = ['!issues.opend']\n", '"!issues.opened"'),
        (f"{SOURCE}{CHAT}{ROUTE}events = ['issues.*']\n", '"issues"'),
        (f"{SOURCE}{CHAT}{ROUTE}conclusions = ['failed']\n", '"failure"'),
        (f"{SOURCE}{CHAT}{ROUTE}authors = ['!dependabot[bot]']\n", '"!dependabot[[]bot]"'),
        (f"{SOURCE}{CHAT}{ROUTE}icon = 'rocket'\n", '":rocket:"'),
        (f"{SOURCE}{CHAT}{ROUTE}repos = ['!acme']\n", '"!acme/*"'),
        (f"{CHAT}[people.a]\nidentities = ['slak:U1']\n", '"slack:U1"'),
        ("[roles.x]\nallow = ['deliveries.rety']\n", '"deliveries.retry"'),
    ],
)
def test_what_was_meant_is_guessed(tmp_path: Path, text: str, near: str) -> None:
    """A name close to a known one is answered with that one as the remedy."""
    try:
        (finding,) = read(tmp_path, text).warnings
    except ConfigErrors as errors:
        (finding,) = errors.findings
    assert finding.near == near and near in finding.remedy("en") and near in finding.remedy("ko")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file and one that is not text have codes of their own."""
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path / "leverframe.toml", {})
    assert [finding.code for finding in caught.value.findings] == ["file_missing"]
    (tmp_path / "leverframe.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path / "leverframe.toml", {})
    assert [finding.code for finding in caught.value.findings] == ["file_unreadable"]


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Editors of Windows write one; it was told as “not TOML” in a line where nothing was wrong."""
    assert findings(tmp_path, "\ufeff[hub]\nlocall = 'ko'\n") == [(2, "hub.locall", "key_unknown")]


def test_a_misspelt_table_of_many_is_offered_as_one_of_many(tmp_path: Path) -> None:
    """[[route]] was answered with [routes], which is the next error."""
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, "[[route]]\nname = 'x'\n")
    assert caught.value.findings[0].remedy("en") == "Did you mean [[routes]]?"


def test_a_port_that_is_no_number_is_told(tmp_path: Path) -> None:
    """PORT comes from a hoster; when it is wrong the hub does not listen somewhere else."""
    assert findings(tmp_path, "", {"PORT": "http"}) == [(1, "hub.bind", "port_invalid")]


def test_an_error_speaks_the_language_of_the_file(tmp_path: Path) -> None:
    """Errors are in the hub's language, with Korean particles that fit the word; the code stays."""
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, "[hub]\nlocale = 'ko'\nurll = 'x'\n")
    (finding,) = caught.value.findings
    assert caught.value.locale == "ko"
    assert (finding.sentence("ko"), finding.remedy("ko")) == ("hub.urll 키는 없습니다.", "url을 쓰려던 것인가요?")
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, "[hub]\nlocale = 'ko'\nbind = 1\n")
    assert caught.value.findings[0].sentence("ko") == 'hub.bind는 문자열("…")이어야 합니다.'


@pytest.mark.parametrize(
    ("package", "text", "expected"),
    [
        ("asyncpg", f"[hub]\ndatabase = 'postgresql://db/hub'\n{KEY}", (2, "hub.database", "database_unavailable")),
        ("websockets", "[chats.slack]\napp_token = 'env:APP'\n", (2, "chats.slack.app_token", "slack_socket_unavailable")),
        ("cel", f"{SOURCE}{CHAT}{ROUTE}where = 'true'\n", (9, "routes[0].where", "filter_unavailable")),
    ],
)
def test_a_package_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, text: str, expected: tuple[int, str, str]
) -> None:
    """What needs an extra says so before the hub starts, with the line to run."""
    monkeypatch.setitem(sys.modules, package, None)
    assert findings(tmp_path, text) == [expected]


def test_every_kind_of_finding_is_tried_here() -> None:
    """No code of the table is without a test."""
    alone = {"file_missing", "file_unreadable", "gcs_key_invalid", "kind_not_built", "port_invalid", "database_unavailable", "filter_unavailable", "sites_unavailable", "slack_socket_unavailable", "teams_unavailable"}
    tried = {code for *_, expected in (*WRONG, *WRONG_HOOKS, *WRONG_LEVERS, *WRONG_PLUGINS) for _, _, code in expected}
    assert tried | alone == set(FINDINGS)


def test_both_languages_say_it() -> None:
    """Every row has both languages, with the same fields filled in."""
    assert list(FINDINGS) == sorted(FINDINGS)
    for code, row in FINDINGS.items():
        for en, ko in zip(row.en, row.ko, strict=True):
            assert en and any("가" <= letter <= "힣" for letter in ko), code
            assert ("{detail}" in en) == ("{detail}" in ko), code


def test_a_kind_that_is_not_built_is_told_by_its_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a user a room is a channel: what is missing is a source, or a chat."""
    monkeypatch.setitem(reading.NOT_BUILT_KINDS, "sources", frozenset({"pigeons"}))
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, "[sources.pigeons]\n")
    (finding,) = caught.value.findings
    assert (finding.code, finding.key) == ("kind_not_built", "sources.pigeons")
    assert (finding.sentence("en"), finding.sentence("ko")) == (
        "Sources of kind “pigeons” are not built yet in this version.", "소스 종류 “pigeons”는 아직 이 버전에 없습니다.",
    )  # fmt: skip


def test_what_needs_no_secrets_reads_the_rest(tmp_path: Path) -> None:
    """Before there is an app there are no tokens: a file that refers to them is read all the same where nobody needs them, mistakes are not."""
    text = (
        "[hub]\ndatabase = 'env:NOWHERE'\nmaster_keys = ['env:NOWHERE']\n[chats.slack]\nbot_token = 'env:NOWHERE'\nsigning_secrets = ['file:gone']\n"
        "app_token = 'env:NOWHERE'\n[chats.slack.webhooks]\n'#x' = 'env:NOWHERE'\n"
    )
    (tmp_path / "leverframe.toml").write_text(text)
    config = load(tmp_path / "leverframe.toml", {}, secrets=False)
    assert config.chats["slack"].app_token is not None  # type: ignore[attr-defined]
    assert not [finding for finding in config.warnings if finding.severity == "error"]
    (tmp_path / "leverframe.toml").write_text(text + "[chats.slack.wehooks]\n")
    with pytest.raises(ConfigErrors):
        load(tmp_path / "leverframe.toml", {}, secrets=False)
