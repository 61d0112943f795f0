"""Write the pages of docs/ that follow from the code: ``make docs``. With ``--check`` only say which are stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leverframe.chats.playground.settings import Settings as Playground
from leverframe.chats.slack.settings import Settings as Slack
from leverframe.chats.teams.settings import Settings as Teams
from leverframe.config import dispatches, github, models, oidc, outbound, plugins, projects, services
from leverframe.config import sites as site_sections
from leverframe.config.problems import FINDINGS
from leverframe.config.reading import KINDS
from leverframe.core.commands.definitions import Kind
from leverframe.core.errors import PROBLEMS
from leverframe.core.events import Event
from leverframe.core.projects import Project
from leverframe.core.topics import TOPICS, topic_of
from leverframe.core.wording.levers import LEVER
from leverframe.observe import Metrics
from leverframe.payloads import FORMATS
from leverframe.ports import Accepted
from leverframe.ports.payloads import Ignored, Occasion
from leverframe.samples import Story, accepted, load, names
from leverframe.sources.github.source import GithubHook
from leverframe.sources.hub import HubSource

DOCS = Path(__file__).resolve().parents[1] / "docs"
_DAY = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
_STARTED = json.dumps({"action": "started", "deployment": {
    "id": "dep_0jvj8z4k00001", "state": "running", "service": "web-app", "environment": "production", "requested_by": "dana-whitfield", "ref": "main",
    "run_number": "12", "run_url": "https://github.com/acme/web-app/actions/runs/17000100012",
}}).encode()  # fmt: skip
WRITTEN = "<!-- Written by tools/docs.py from the code. Change the code, then run: make docs -->"

SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("[hub]", models.Hub, ""),
    ("[chats.NAME]", Slack, "A chat of kind `slack`. NAME is the first half of a room: `slack:#dev-team`."),
    ("[chats.NAME]", Teams, "A chat of kind `teams`. NAME is the first half of a room: `teams:#dev`."),
    ("[chats.NAME]", Playground, "A chat of kind `playground`."),
    ("[[routes]]", models.RouteSection, "All keys of a route must hold; the items of a list are alternatives, and `!` excludes."),
    ("[rooms.\"CHAT:ROOM\"]", models.Room, ""),
    ("[people.NAME]", models.Person, ""),
    ("[roles.NAME]", models.Role, ""),
    ("[github]", github.GitHub, ""),
    ("[[github.gates]]", github.GateSection, ""),
    ("[github.app]", github.GitHubApp, "The hub as a GitHub App."),
    ("[projects.\"OWNER/NAME\"]", projects.ProjectSection, "A project whose webhooks should say more of it than its source does: [Webhooks](how-to/webhooks.md)."),
    ("[pushers.\"NAME\"]", projects.PusherSection, "Somebody who pushes. NAME is a login, or an e-mail address as git has it."),
    ("[outbound]", outbound.OutboundSection, ""),
    ("[[github.hooks]]", github.HookSection, "A webhook that GitHub shall have: [Connect GitHub](how-to/github.md#let-the-hub-keep-the-webhooks)."),
    ("[retention]", models.Retention, ""),
    ("[plugins]", plugins.PluginsSection, ""),
    ("[plugins.NAME]", plugins.PluginSection, "One plugin. Whatever else stands here is its own: [Write a plugin](how-to/plugins.md)."),
    ("[services.NAME]", services.ServiceSection, ""),
    ("[services.NAME.environments.NAME]", services.EnvironmentSection, "An environment of a service. The keys of its runner stand beside these: see below, by kind."),
    ("[oidc.NAME]", oidc.OidcSection, "Pipelines that sign in with a token that their host signs: GitHub Actions, with no secret in the repository. NAME is yours to choose: `github`."),
    ("[[oidc.NAME.allow]]", oidc.AllowSection, ""),
    ("[policies.NAME]", services.Approvals, "Who has to agree to what a pipeline asks by `POST /api/approvals`, under a name."),
    ("[dispatches.\"OWNER/NAME\"]", dispatches.DispatchSection, "How `POST /api/dispatches` is done for a project. Left out, any project that the grants name may be dispatched to, one run at a time and without waiting for others."),
    ("[sites.NAME]", site_sections.SiteSection, "A static site whose content is kept in object storage, and edited in the console: [Sites](how-to/sites.md). `storage` says where: see below, by kind."),
    ("[sites.NAME.collections.NAME]", site_sections.CollectionSection, ""),
    ("[sites.NAME.collections.NAME.fields.NAME]", site_sections.FieldSection, ""),
)
STORAGES = [import_module(module).Settings for module in site_sections.STORAGES.values()]
SOURCES = [import_module(module).Settings for module in KINDS["sources"].values()]
RUNNERS = [import_module(module) for module in KINDS["runners"].values()]
COMMAND: tuple[tuple[str, str, str], ...] = (
    ("runner", "needed", "What does the work: a key of `[runners]`, or `simulated`, `github_actions` or `repository_dispatch`. Its keys of an environment stand here too."),
    ("arguments", "", "The words that it takes, in their order: `[{ name = \"service\", kind = \"service\" }]`."),
    ("options", "", "What may be written as `--name value`; with the keys of arguments."),
    ("arguments.name", "needed", "What it is called."),
    ("arguments.kind", "`text`", f"What may be written: {', '.join(f'`{kind}`' for kind in get_args(Kind))}."),
    ("arguments.label", "", "What stands over its field in a form, if not `name`."),
    ("arguments.hint", "", "What stands below the field."),
    ("arguments.required", "`true`", "Whether it must be given; those of `options` need not, unless this says so."),
    ("arguments.choices", "", "Of the kind `choice`: the words that may be written."),
    ("arguments.default", "", "What is taken when it is left out."),
    ("arguments.rest", "`false`", "Whether it takes all words that are left."),
    ("arguments.secret", "`false`", "Whether it is never shown again, and no grant asks for it."),
    ("title", "", "The head of its form; as `summary`, `label` and `hint` one string, or `{ en = \"…\", ko = \"…\" }`."),
    ("summary", "", "One sentence for help."),
    ("example", "", "What people may write after the name: `web-app staging`."),
    ("roles", "", "Roles that may use it with any arguments; others need a grant that begins with NAME."),
    ("top_level", "`false`", "Whether it is a slash command of its own in Slack; else it is a word of `/lever`."),
)



SHARED = {
    "--json": "Print JSON, for programs.",
    "--config, -c": "The configuration; else `LEVERFRAME_CONFIG`, else `./leverframe.toml`. The hub that runs with it is asked.",
    "--url": "A hub elsewhere: its address.",
    "--token": "An API token for `--url`; better given as `LEVERFRAME_TOKEN`.",
}
"""Options that most commands have and that the page tells once."""


def errors() -> str:
    """Return the page of every refusal and every finding of ``leverframe check``, in both languages."""
    lines = [
        "# Errors", "", WRITTEN, "",
        "A refusal is an `application/problem+json` document (RFC 9457) with `code`, `title`, `status` and `remedy`.",
        "The code never changes and is never translated. The rest, and what the hub says in `detail`, follows `Accept-Language`, else the hub's `locale`;",
        "logs and the audit have the English `detail`.", "",
        "거절은 `application/problem+json` 문서(RFC 9457)로 답합니다. `code`는 바뀌지 않고 번역되지도 않습니다. 나머지와 허브가 쓰는 `detail`은 `Accept-Language`를,",
        "없으면 허브의 `locale`을 따릅니다. 로그와 감사 기록의 `detail`은 영어입니다.", "",
        "## At the doors", "",
    ]
    for code, problem in sorted(PROBLEMS.items()):
        lines += [f"### `{code}`", "", f"HTTP {problem.status}", "", f"- {' '.join(problem.en)}", f"- {' '.join(problem.ko)}", ""]
    lines += ["## In leverframe.toml", "", "What `leverframe check` says, with file, line and key.", ""]
    for code, row in sorted(FINDINGS.items()):
        lines += [f"### `{code}` ({row.severity})", "", f"- {' '.join(row.en)}", f"- {' '.join(row.ko)}", ""]
    return _page(lines)


def configuration() -> str:
    """Return the page of every key of leverframe.toml."""
    lines = [
        "# leverframe.toml", "", WRITTEN, "",
        "`leverframe init` writes a first one, `leverframe check` says what is wrong with it. It is looked for at `--config`, then at",
        "`LEVERFRAME_CONFIG`, then in the working directory. A secret is written `env:NAME` or `file:PATH`.", "",
    ]
    sources = [("[sources.NAME]", model, _plain(model.__doc__)) for model in SOURCES]
    for heading, model, lead in (SECTIONS[0], *sources, *SECTIONS[1:]):
        kind = model.model_fields.get("kind")
        named = f" kind = \"{kind.default}\"" if kind else ""
        lines += [f"## `{heading}`{named}", "", lead or (model.__doc__ or "").strip(), "", "| key | default | what |", "| --- | --- | --- |"]
        lines += [f"| `{key}` | {default} | {what} |" for key, default, what in _keys(model, "")]
        lines.append("")
    for storage in STORAGES:
        kind = storage.model_fields["kind"].default
        lines += [f"## `[sites.NAME.storage]` kind = \"{kind}\"", "", _plain(storage.__doc__), "", "| key | default | what |", "| --- | --- | --- |"]
        lines += [f"| `{key}` | {default} | {what} |" for key, default, what in _keys(storage, "") if key != "kind"]
        lines.append("")
    for room in RUNNERS:
        kind = room.Settings.model_fields["kind"].default
        lines += [f"## `[runners.NAME]` kind = \"{kind}\"", "", _plain(room.Settings.__doc__), "", "| key | default | what |", "| --- | --- | --- |"]
        lines += [f"| `{key}` | {default} | {what} |" for key, default, what in _keys(room.Settings, "")]
        about = _plain(room.Target.__doc__.partition("\n")[2])
        lines += ["", "In an environment:" if not about else f"In an environment. {about}", "", "| key | default | what |", "| --- | --- | --- |"]
        lines += [f"| `{key}` | {default} | {what} |" for key, default, what in _keys(room.Target, "")]
        lines.append("")
    lines += ["## `[commands.NAME]`", "", "A command without code. People write `/lever NAME`.", "", "| key | default | what |", "| --- | --- | --- |"]
    lines += [f"| `{key}` | {default} | {what} |" for key, default, what in COMMAND]
    return _page(lines)


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        what = f"May be left out where NAME is `{field.default}`." if name == "kind" else field.description or ""
        yield key, _default(field), what.replace("|", "\\|")
        inner = next((one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if inner is not None:
            yield from _keys(inner, f"{key}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value: Any = field.default_factory() if field.default_factory else field.default  # type: ignore[call-arg]
    if value is None or value in ("", [], {}) or isinstance(value, BaseModel):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def formats() -> str:
    """Return the page of what each payload format sends for each topic, in both languages."""
    lines = [
        "# Webhook formats", "", WRITTEN, "",
        "What a project's [webhook](how-to/webhooks.md) is sent. A subscription chooses topics (`events`) and one format (`format`).", "",
        "프로젝트의 [웹훅](how-to/webhooks.ko.md)이 받는 내용입니다. 구독마다 주제(`events`)와 형식(`format`)을 고릅니다.", "",
        "| format | what it sends | 보내는 내용 |", "| --- | --- | --- |",
        *(f"| `{found.name}` | {found.sends[0]} | {found.sends[1]} |" for found in FORMATS.values()), "",
        "## Topics", "", "An event is named as GitHub names it, whatever source it comes from; `lever` is [the hub's own](how-to/webhooks.md#what-the-hub-does-itself).",
        "`*` is every topic. A dash: the format does not tell of it, and nothing is sent.", "",
        "이벤트 이름은 소스와 상관없이 GitHub의 이름입니다. `lever`는 [허브 자신의 이벤트](how-to/webhooks.ko.md#허브가-스스로-하는-일)입니다. `*`는 모든 주제입니다. –는 그 형식이 다루지 않아 보내지 않는 것입니다.", "",
        f"| topic | what | 내용 | events | {' | '.join(f'`{name}`' for name in FORMATS)} |", f"| --- | --- | --- | --- |{' --- |' * len(FORMATS)}",
    ]
    for topic in TOPICS:
        events = ", ".join(f"`{event}`" for event in topic.events) or "every other"
        sent = (" yes" if found.topics is None or topic.name in found.topics else " –" for found in FORMATS.values())
        lines.append(f"| `{topic.name}` | {topic.en} | {topic.ko} | {events} |{' |'.join(sent)} |")
    lines += [
        "", "## By example", "", "What each format sends for an event of each topic. `yobi` sends its one JSON, for pushes. `text` is what `slack` and `hangout` say too.", "",
        "주제마다 한 이벤트를 각 형식이 어떻게 보내는지입니다. `yobi`는 푸시에만 정해진 JSON을 보냅니다. `slack`과 `hangout`의 문장은 `text`와 같습니다.", "",
        "| topic | event | `github`: header | `standard_webhooks`: type | `cloudevents`: type, subject | `text` (English, 한국어) | `slack`: fields beside it | `hangout`: thread |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |", *_examples(),
    ]
    return _page(lines)


def _examples() -> Iterator[str]:
    """Return a row of each topic that there is a sample of."""
    rows: dict[str, str] = {}
    for name in names():
        sample = load(name, Story(100).ids(name, _DAY))
        event = GithubHook("github").parse(accepted(sample), id=1 << 40, received_at=_DAY)
        topic = topic_of(event.name)
        if topic not in rows:
            rows[topic] = _example(topic, event, sample.payload)
    own = Accepted(name=LEVER, action="started", delivery_id="evt_0", repo="acme/web-app", body=_STARTED)
    rows[LEVER] = _example(LEVER, HubSource().parse(own, id=1 << 40, received_at=_DAY), _STARTED)
    yield from (rows[topic.name] for topic in TOPICS if topic.name in rows)


def _example(topic: str, event: Event, body: bytes) -> str:
    sent = {format: _sent(event, body, format) for format in FORMATS}
    slack, cloud = sent["slack"], sent["cloudevents"]
    fields = ", ".join(field["title"] for one in slack.get("attachments", ()) for field in one["fields"]) or "–"
    thread = sent["hangout"]["thread"].get("threadKey")
    text = "<br>".join(_code(_sent(event, body, "text", locale)["text"]) for locale in ("en", "ko"))
    subject = f", {_code(cloud['subject'])}" if "subject" in cloud else ""
    return (
        f"| `{topic}` | `{event.full_name}` | `X-GitHub-Event: {event.name}` | {_code(sent['standard_webhooks']['type'])} | {_code(cloud['type'])}{subject} "
        f"| {text} | {fields} | {_code(thread) if thread else '–'} |"
    )


def _sent(event: Event, body: bytes, format: str, locale: Any = "en") -> dict[str, Any]:
    """Return what a format sends, ``{}`` for what it does not tell of."""
    payload = FORMATS[format].render(Occasion(
        event=event, headers={}, body=body, project=Project(name=event.repo or ""), hub_url="https://hub.example.com", locale=locale, zone=UTC))
    return {} if isinstance(payload, Ignored) else json.loads(payload.body)  # type: ignore[no-any-return]


def _code(words: str) -> str:
    return f"`{words.replace('|', chr(92) + '|')}`"


def metrics() -> str:
    """Return the page of every metric."""
    lines = [
        "# Metrics", "", WRITTEN, "", "`GET /metrics`, in Prometheus' format; open on loopback, elsewhere with a token.", "",
        "| name | kind | labels | what |", "| --- | --- | --- | --- |",
    ]
    for metric in vars(Metrics()).values():
        for family in metric.describe() if hasattr(metric, "describe") else ():
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = ", ".join(f"`{label}`" for label in (metric if hasattr(metric, "_labelnames") else family)._labelnames)
            lines.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return _page(lines)


def commands() -> str:
    """Return the page of every command of the program."""
    app = typer.main.get_command(import_module("leverframe.cli.commands").app)
    lines = [
        "# Commands", "", WRITTEN, "",
        "Exit status: 0 done, 1 refused or failed, 2 wrong usage. `--help` after a command says what is here and the options that most take:", "",
        "| option | what |", "| --- | --- |", *(f"| `{name}` | {what} |" for name, what in SHARED.items()), "",
    ]
    lines += _command(app, "leverframe")
    return _page(lines)


def _command(command: Any, name: str) -> list[str]:
    context = typer.Context(command, info_name=name)
    lines: list[str] = []
    children = getattr(command, "commands", {})
    if not children or (command.invoke_without_command and name != "leverframe"):
        lines += _one(command, context, name)
    for child, found in children.items():
        if not found.hidden:
            lines += _command(found, f"{name} {child}")
    return lines


def _one(command: Any, context: typer.Context, name: str) -> list[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## `{name}`", "", f"`{name} {usage}`", "", _plain(command.help), ""]
    rows = [
        f"| `{', '.join((*parameter.opts, *parameter.secondary_opts))}` | {_plain(getattr(parameter, 'help', ''))} |"
        for parameter in command.params if parameter.param_type_name == "option" and not parameter.hidden
        and ", ".join((*parameter.opts, *parameter.secondary_opts)) not in {*SHARED, "--help"}
    ]
    return [*lines, "| option | what |", "| --- | --- |", *rows, ""] if rows else lines


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("\f", " ").split()).replace("|", "\\|")


def _page(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "configuration.md": configuration,
    "errors.md": errors,
    "formats.md": formats,
    "metrics.md": metrics,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them; return 1 when one is stale."""
    stale = [name for name, write in PAGES.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != write()]
    if arguments == ["--check"]:
        if stale:
            print(f"Stale: {', '.join(f'docs/{name}' for name in stale)}. Run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(PAGES[name]())
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
