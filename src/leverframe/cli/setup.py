"""``serve``, ``init``, ``check``, ``doctor``, ``demo``, ``simulate`` and ``teams``: to set a hub up, look after it and try it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from leverframe.cli.options import AsJson, ConfigAt
from leverframe.cli.teams import app as teams

DEMO_PORT = 8080
Language = Literal["en", "ko"]


def add(app: typer.Typer) -> None:
    """Add the commands, in the order in which people need them."""
    for command, short in (
        (init, "Write a first leverframe.toml, with comments."), (check, "Tell what is wrong with leverframe.toml."),
        (serve, "Run the hub."), (doctor, "Look whether the hub can work."), (demo, "Run a hub that needs nothing set up."),
    ):  # fmt: skip
        app.command(short_help=short)(command)
    app.command(short_help="Send the hub an event as its source would.")(simulate)
    app.add_typer(teams, name="teams")


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("leverframe.toml"),
    locale: Annotated[Language, typer.Option(help="Language of the comments and of the hub.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented leverframe.toml: GitHub in, Slack out, pull requests and wiki edits to #dev-team."""
    from leverframe.cli.output import refuse, say, show
    from leverframe.cli.starter import starter
    from leverframe.core.errors import Refused

    text = starter(locale)
    if dry_run:
        show({"file": str(file.absolute()), "text": text}) if as_json else print(text, end="")
        return
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        refuse(Refused("file_exists", str(file)), as_json=as_json, locale=locale)
    except OSError as error:
        refuse(Refused("file_unusable", f"{file}: {error.strerror}"), as_json=as_json, locale=locale)
    if as_json:
        show({"file": str(file.absolute())})
    elif locale == "ko":
        say(f"{file} 파일을 만들었습니다. 다음: 환경 변수를 설정하고 leverframe check, 그다음 leverframe serve.")
    else:
        say(f"Wrote {file}. Next: set the environment variables that it names, leverframe check, then leverframe serve.")


def check(config: ConfigAt = None, as_json: AsJson = False) -> None:
    """Read the configuration and tell every error and warning in it, with file, line, key and remedy."""
    from leverframe.cli.output import say, show
    from leverframe.cli.serving import report
    from leverframe.config import ConfigErrors, find, load

    path, plugins = find(config), []
    try:
        loaded = load(path)
    except ConfigErrors as errors:
        findings, locale = errors.findings, errors.locale
    else:
        findings, locale, plugins = loaded.warnings, loaded.hub.locale, [plugin for plugin, _ in loaded.plugins]
    wrong = sum(finding.severity == "error" for finding in findings)
    doubtful = len(findings) - wrong
    if as_json:
        added = [{"name": one.name, "where": one.where, "adds": one.adds()} for one in plugins]
        show({"file": str(path), "ok": not wrong, "findings": [finding.document(locale) for finding in findings], "plugins": added})
    else:
        if findings:
            print(report(findings, locale), file=sys.stderr)
        for one in plugins:
            say(f"plugins.{one.name} ({one.where}): {'; '.join(one.adds(locale)) or '–'}")
        if locale == "ko":
            say(f"{path}: 오류 {wrong}개, 경고 {doubtful}개")
        else:
            say(f"{path}: {wrong} error{'s' * (wrong != 1)}, {doubtful} warning{'s' * (doubtful != 1)}")
    sys.exit(1 if wrong else 0)


def serve(config: ConfigAt = None) -> None:
    """Run the hub until it is told to stop. What it prints is its log, one line of key=value pairs each, so there is no --json."""
    from leverframe.cli.serving import serve as run

    sys.exit(run(config))


def doctor(
    what: Annotated[Literal["github"] | None, typer.Argument(help="github: walk from the token to a repository's workflow instead.", show_default=False)] = None,
    repository: Annotated[str | None, typer.Argument(metavar="OWNER/REPO", help="The repository, for github.", show_default=False)] = None,
    workflow: Annotated[str | None, typer.Option(help="github: a workflow that is to be started: deploy.yml.", show_default=False)] = None,
    event_type: Annotated[str | None, typer.Option(help="github: an event type that is sent; webhook, where nothing else is configured.", show_default=False)] = None,
    config: ConfigAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Look whether the hub can work: configuration, database, disk, clock, chats, public address; each with its remedy. Or walk to a repository on GitHub."""
    if what is None:
        from leverframe.cli.diagnosis import run

        sys.exit(run(config, as_json=as_json))
    if repository is None:
        raise typer.BadParameter("name the repository: leverframe doctor github OWNER/REPO", param_hint="OWNER/REPO")
    from leverframe.cli.github_doctor import run as walk

    sys.exit(walk(config, repository, workflow=workflow, event_type=event_type, as_json=as_json))


def demo(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on this machine; 0 takes a free one.")] = DEMO_PORT,
    folder: Annotated[Path | None, typer.Option("--dir", help="Where the demo keeps its data.", show_default=".demo")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what the demo kept; other files stay.")] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    locale: Annotated[Language | None, typer.Option(help="Language of messages and pages; left out, the terminal's (LANG).", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Run a hub with a chat on a page, sample events and nothing to set up. With --json the first line is its addresses."""
    from leverframe.cli.demo import run
    from leverframe.cli.output import refuse
    from leverframe.core.errors import Refused

    spoken = locale or _spoken()
    try:
        status = run(port=port, folder=folder or Path(".demo"), fresh=fresh, open_browser=open_browser, locale=spoken, as_json=as_json)
    except Refused as refused:
        refuse(refused, as_json=as_json, locale=spoken)
    sys.exit(status)


def _spoken() -> Language:
    return "ko" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ko") else "en"


def simulate(
    kind: Annotated[str, typer.Argument(help="The kind of source: github, gitlab, gitea, bitbucket, git, alertmanager, argocd_notifications, jenkins, standard_webhooks, cloudevents, generic.", show_default=False)],
    event: Annotated[str | None, typer.Argument(help="A sample's name, such as pull_request.opened; left out, all names are listed. With --payload: the name of the event.", show_default=False)] = None,
    payload: Annotated[Path | None, typer.Option("--payload", help="A file to send instead of the sample; - is standard input.", show_default=False)] = None,
    url: Annotated[str | None, typer.Option("--url", help="The hub's address; else that of the configuration.", show_default=False)] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source's name; else the first one of the kind.", show_default=False)] = None,
    secret: Annotated[str | None, typer.Option("--secret", help="The webhook's secret, as env:NAME or file:PATH; else the source's first.", show_default=False)] = None,
    config: ConfigAt = None,
    as_json: AsJson = False,
) -> None:
    """Send a sample event, or one from a file, as its source would: really signed, over real HTTP."""
    from leverframe.cli.simulation import run

    sys.exit(run(kind=kind, event=event, payload=payload, url=url, source=source, secret=secret, config=config, as_json=as_json))
