"""``leverframe github``: GitHub's webhooks, looked at and changed through the hub."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, Token, Url, at_hub
from leverframe.cli.words import said

if TYPE_CHECKING:
    from leverframe.cli.hub import Hub

app = typer.Typer(no_args_is_help=True, help="GitHub's webhooks, and what GitHub could not deliver.")
hooks = typer.Typer(no_args_is_help=True, help="Webhooks at GitHub. Of a repository (OWNER/REPO), an organisation (OWNER) or the hub's own GitHub App (@app).")
app.add_typer(hooks, name="hooks")

MOST_WAIT_S = 120
"""So long in all GitHub's rate limit is waited for before the command gives up."""
T = TypeVar("T")
Of = Annotated[str, typer.Argument(metavar="OWNER/REPO", help="A repository; OWNER is an organisation, @app the hub's own GitHub App.", show_default=False)]
Id = Annotated[int, typer.Argument(metavar="HOOK", help="The hook's id, as list shows it.", show_default=False)]
Names = Annotated[list[str], typer.Argument(metavar="EVENT...", help="Names of events: push issues gollum.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Secret = Annotated[str | None, typer.Option(help="Its secret, as env:NAME or file:PATH.", show_default=False)]
ContentType = Annotated[Literal["json", "form"] | None, typer.Option(help="How the body is written: json or form.", show_default=False)]
Insecure = Annotated[bool | None, typer.Option("--insecure-ssl/--verify-ssl", help="Whether GitHub looks at the certificate.", show_default=False)]
Active = Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it sends anything.", show_default=False)]


def _patient(hub: Hub, ask: Callable[[], T]) -> T:
    """Return what ``ask`` gives; GitHub's rate limit is waited for, and the waiting shown, for up to two minutes in all."""
    from leverframe.cli.hub import Answered

    left = MOST_WAIT_S
    while True:
        try:
            return ask()
        except Answered as answered:
            wait_s = answered.retry_after_s
            if answered.problem.get("code") != "github_ratelimited" or wait_s is None or wait_s > left:
                raise
            print(said(hub.locale, f"GitHub asks to wait: going on in {wait_s} s", f"GitHub가 기다리라고 합니다. {wait_s}초 뒤에 계속합니다"), file=sys.stderr)
            sleep(wait_s)
            left -= wait_s


@app.command()
def recoveries(
    state: Annotated[Literal["owed", "recovered", "lost"] | None, typer.Option(help="Only these: owed, recovered or lost.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20, before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show what GitHub could not deliver, and what became of it. The hub has it sent again."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/github/recoveries", state=state, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(
        ("id", "at", "from", "event", "status", "state", "tries", "to", "code"),
        ((one["id"], instant(one["first_tried_at"]), one["of"], one["event"], one["status"], one["state"], one["tries"], one["event_id"], one["code"]) for one in answer["recoveries"]),
        hub.locale,
    )  # fmt: skip
    more(answer, limit, hub.locale)


@app.command()
def watches(config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show whose delivery logs are read, for what did not come in. Those that are declared, and any by which something came."""
    from leverframe.cli.output import instant, safe, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/github/watches")
    if as_json:
        show(answer)
        return
    table(
        ("repository", "declared", "at", "code"),
        ((one["of"], "✓" if one["declared"] else "–", instant(one["looked_at"]), one["code"]) for one in answer["watches"]), hub.locale,
    )  # fmt: skip
    for one in answer["watches"]:
        if one["code"] is not None:
            print(f"! {safe(one['of'])}: {safe(one['detail'] or one['code'])}\n    → {safe(one['remedy'] or '')}", file=sys.stderr)


@hooks.command("list")
def list_hooks(of: Of, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List webhooks and their health. What each hears, how its last delivery went, and what the routes miss."""
    from leverframe.cli.output import safe, show, table
    from leverframe.core.wording.github_hooks import HEALTH

    with at_hub(config, url, token, as_json) as hub:
        answer = _patient(hub, lambda: hub.get("/api/github/hooks", of=of))
    if as_json:
        show([one["github"] for one in answer["hooks"]])
        return
    table(
        ("id", "active", "health", "last", "to", "events"),
        ((one["id"], "✓" if one["active"] else "–", HEALTH[one["health"]][hub.locale == "ko"], _last(one), one["source"] or one["url"], ", ".join(one["events"])) for one in answer["hooks"]),
        hub.locale,
    )  # fmt: skip
    for one in answer["hooks"]:
        for warning in one["warnings"]:
            print(f"! {one['id']}: {safe(warning)}", file=sys.stderr)


@hooks.command("show")
def show_hook(of: Of, hook: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show one webhook. With --json GitHub's own object, whole."""
    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        answer = _patient(hub, lambda: hub.get(f"/api/github/hooks/{hook}", of=of))
        show(answer["github"]) if as_json else _tell(hub, answer)


@hooks.command()
def create(
    of: Of, events: Names,
    source: Annotated[str | None, typer.Option(help="The source that it leads to; the only one of kind github, if left out.", show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", help="Another address than the hub's; needs --secret.", show_default=False)] = None,
    secret: Secret = None, content_type: Annotated[Literal["json", "form"], typer.Option(help="How the body is written.")] = "json",
    insecure_ssl: Annotated[bool, typer.Option("--insecure-ssl", help="GitHub does not look at the certificate: somebody on the way can read everything.")] = False,
    inactive: Annotated[bool, typer.Option("--inactive", help="It sends nothing yet.")] = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a webhook. It hears these events, signed with the secret of its source."""
    asked = {
        "of": of, "events": events, "source": source, "url": to, "secret": _secret(secret), "content_type": content_type, "insecure_ssl": insecure_ssl, "active": not inactive,
    }  # fmt: skip
    _changed(lambda hub: hub.post("/api/github/hooks", asked), config, url, token, as_json)


@hooks.command("add-events")
def add_events(of: Of, hook: Id, events: Names, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have a webhook hear these events too. Everything else stays."""
    _changed(lambda hub: hub.patch(f"/api/github/hooks/{hook}", {"of": of, "add_events": events}), config, url, token, as_json)


@hooks.command("remove-events")
def remove_events(of: Of, hook: Id, events: Names, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have a webhook hear these events no more. Everything else stays."""
    _changed(lambda hub: hub.patch(f"/api/github/hooks/{hook}", {"of": of, "remove_events": events}), config, url, token, as_json)


@hooks.command()
def edit(
    of: Of, hook: Id, active: Active = None, content_type: ContentType = None, insecure_ssl: Insecure = None,
    to: Annotated[str | None, typer.Option("--to", help="Another address.", show_default=False)] = None, secret: Secret = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Change the settings of a webhook. What is not named stays, the secret too."""
    given = {"active": active, "content_type": content_type, "insecure_ssl": insecure_ssl, "url": to, "secret": _secret(secret)}
    changes = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise typer.BadParameter("name what is to change: --active, --content-type, --insecure-ssl, --to or --secret", param_hint="HOOK")
    _changed(lambda hub: hub.patch(f"/api/github/hooks/{hook}", {"of": of, **changes}), config, url, token, as_json)


@hooks.command()
def ping(of: Of, hook: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have GitHub send a ping."""
    _asked(f"{hook}/pings", of, config, url, token, as_json)


@hooks.command()
def test(of: Of, hook: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have GitHub send the latest push again."""
    _asked(f"{hook}/tests", of, config, url, token, as_json)


@hooks.command()
def deliveries(
    of: Of, hook: Id, failed: Annotated[bool, typer.Option("--failed", help="Only those that failed; those without an answer too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many, the newest first.")] = 30,
    cursor: Annotated[str | None, typer.Option(help="Go on where a former list ended.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show GitHub's delivery log of a webhook, the newest first."""
    from leverframe.cli.output import instant, safe, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = _patient(hub, lambda: hub.get(f"/api/github/hooks/{hook}/deliveries", of=of, limit=limit, cursor=cursor))
    lines = [one for one in answer["deliveries"] if not failed or not 200 <= one["status_code"] < 300]
    if as_json:
        show({"deliveries": [one["github"] for one in lines], "next": answer["next"]})
        return
    table(
        ("id", "at", "event", "status", "what", "guid"),
        ((one["id"], instant(one["delivered_at"]), f"{one['event']}.{one['action']}".rstrip("."), one["status_code"] or "–",
          one["status"] + (said(hub.locale, " (again)", " (다시)") if one["redelivery"] else ""), one["guid"]) for one in lines),
        hub.locale,
    )  # fmt: skip
    if answer["next"]:
        print(f"… {said(hub.locale, 'more', '더 보기')}: --cursor {safe(answer['next'])}", file=sys.stderr)


@hooks.command()
def redeliver(
    of: Of, hook: Id, delivery: Annotated[int, typer.Argument(metavar="DELIVERY", help="The delivery's id, as deliveries shows it.", show_default=False)],
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Have GitHub send a delivery again, under the same GUID. What the hub has already is not told twice."""
    _asked(f"{hook}/deliveries/{delivery}/attempts", of, config, url, token, as_json)


@hooks.command()
def delete(of: Of, hook: Id, yes: Yes = False, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Delete a webhook."""
    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        if not yes:
            one = _patient(hub, lambda: hub.get(f"/api/github/hooks/{hook}", of=of))
            _confirm(hub, said(hub.locale, f"Delete hook {hook} of {of} ({one['url']})?", f"{of}의 웹훅 {hook}({one['url']})을 삭제할까요?"))
        _patient(hub, lambda: hub.delete(f"/api/github/hooks/{hook}", of=of))
        show({"deleted": hook}) if as_json else say(said(hub.locale, f"hook {hook} is deleted", f"웹훅 {hook}을 삭제했습니다"))


@hooks.command()
def sync(
    of: Annotated[str | None, typer.Argument(metavar="OWNER/REPO", help="Only this one's hooks.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is to be done; ends with 1 when there is anything.")] = False,
    secret: Annotated[bool, typer.Option("--secret", help="Write the secrets anew, as after a change of secrets in [sources.NAME].")] = False,
    yes: Yes = False, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make the webhooks what leverframe.toml declares. [[github.hooks]] as the running hub has read it; what is there already is found by its address."""
    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        asked: dict[str, Any] = {"of": of, "secret": secret}
        plan = _patient(hub, lambda: hub.post("/api/github/hooks/sync", {**asked, "dry_run": True}))
        answer = plan
        if not dry_run:
            if not yes and any(one["removes"] for one in plan["hooks"]):
                _show_plan(hub, plan, file=sys.stderr)
                _confirm(hub, said(hub.locale, "Events are taken away. Go on?", "빠지는 이벤트가 있습니다. 계속할까요?"))
            answer = _patient(hub, lambda: hub.post("/api/github/hooks/sync", {**asked, "dry_run": False}))
        show(answer) if as_json else _show_plan(hub, answer)
    states = {one["state"] for one in answer["hooks"]}
    if "failed" in states or (dry_run and "planned" in states):
        sys.exit(1)


def _show_plan(hub: Hub, answer: dict[str, Any], file: Any = None) -> None:
    from leverframe.cli.output import instant, safe
    from leverframe.core.errors import PROBLEMS

    path, at = safe(answer["config"]), instant(answer["config_read_at"])
    print(said(hub.locale, f"# as the hub read {path} at {at}", f"# 허브가 {at}에 읽은 {path} 기준"), file=file)
    if answer["config_changed"]:
        print(said(hub.locale, "! the file has been edited since: restart the hub to have that planned", "! 그 뒤에 파일이 바뀌었습니다. 바뀐 내용까지 보려면 허브를 다시 시작하세요"), file=sys.stderr)
    if not answer["hooks"]:
        print(said(hub.locale, "nothing is declared: add [[github.hooks]] to leverframe.toml", "선언된 웹훅이 없습니다. leverframe.toml에 [[github.hooks]]를 추가하세요"), file=file)
    for one in answer["hooks"]:
        for line in one["lines"]:
            print(safe(line), file=file)
        for warning in one["warnings"]:
            print(f"! {safe(one['of'])}: {safe(warning)}", file=file)
        if one["code"] is not None:
            row = PROBLEMS.get(one["code"])
            title, remedy = ("", "") if row is None else row.ko if hub.locale == "ko" else row.en
            print(f"✗ {safe(one['of'])}: {one['code']}: {title} {safe(one['detail'] or '')}\n    → {remedy}", file=file)
    count = len([one for one in answer["hooks"] if one["state"] in ("planned", "done")])
    print(said(hub.locale, f"to change: {count}", f"바꿀 웹훅: {count}") if answer["dry_run"] else said(hub.locale, f"changed: {count}", f"바꾼 웹훅: {count}"), file=file)


def _changed(ask: Callable[[Hub], Any], config: Path | None, url: str | None, token: str | None, as_json: bool) -> None:
    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        answer = _patient(hub, lambda: ask(hub))
        show(answer["github"]) if as_json else _tell(hub, answer)


def _asked(path: str, of: str, config: Path | None, url: str | None, token: str | None, as_json: bool) -> None:
    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        answer = _patient(hub, lambda: hub.post(f"/api/github/hooks/{path}", {"of": of}))
        show(answer) if as_json else say(said(hub.locale, "GitHub sends it", "GitHub가 보냅니다"))


def _tell(hub: Hub, one: dict[str, Any]) -> None:
    from leverframe.cli.output import pairs, safe
    from leverframe.core.wording.github_hooks import HEALTH

    pairs([
        ("id", one["id"]), ("url", one["url"]), ("source", one["source"] or "–"), ("events", ", ".join(one["events"])), ("active", one["active"]),
        ("content_type", one["content_type"]), ("insecure_ssl", one["insecure_ssl"]), ("health", HEALTH[one["health"]][hub.locale == "ko"]), ("last", _last(one)),
    ], hub.locale)  # fmt: skip
    for warning in one["warnings"]:
        print(f"! {safe(warning)}", file=sys.stderr)


def _last(one: dict[str, Any]) -> str:
    last = one["last_response"]
    return f"{last['code'] or ''} {last['message'] or last['status'] or ''}".strip() or "–"


def _secret(reference: str | None) -> str | None:
    from leverframe.secrets import LITERAL, SecretError, resolve

    if reference is None:
        return None
    try:
        found = resolve(reference, environ=os.environ)
    except SecretError as error:
        raise typer.BadParameter(f"{error.code}: {error.subject}", param_hint="--secret") from None
    if found.reference == LITERAL:
        raise typer.BadParameter("write env:NAME or file:PATH: what stands on a command line can be read by others", param_hint="--secret")
    return found.reveal()


def _confirm(hub: Hub, question: str) -> None:
    """Ask; without somebody to answer the command is refused."""
    from leverframe.cli.output import safe

    if not sys.stdin.isatty():
        print(f"{safe(question)} {said(hub.locale, 'Say --yes.', '--yes를 붙이세요.')}", file=sys.stderr)
        sys.exit(2)
    if not typer.confirm(safe(question)):
        sys.exit(1)
