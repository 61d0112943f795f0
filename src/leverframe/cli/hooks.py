"""``leverframe hooks``: a project's webhooks, added, tried, paused, sent again, and what they would have received."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

import typer

from leverframe.cli.options import AsJson, ConfigAt, Token, Url, at_hub
from leverframe.cli.words import said

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(no_args_is_help=True, help="Webhooks of projects: add, look, try, pause, send again.")
Project = Annotated[str, typer.Argument(help="The project: owner/name.", show_default=False)]
Hook = Annotated[str, typer.Argument(help="The webhook's id: sub_….", show_default=False)]
Secret = Annotated[str | None, typer.Option(help="What signs, as env:NAME or file:PATH; left out, the hub makes one and shows it once.", show_default=False)]
Since = Annotated[str | None, typer.Option(help="Only since: 2h, 3d, or a time such as 2026-01-31T09:00:00+09:00.", show_default=False)]
State = Literal["owed", "sent", "dead", "coalesced", "muted"]


def _path(project: str, *more: str) -> str:
    if project.count("/") < 1:
        raise typer.BadParameter("write owner/name", param_hint="PROJECT")
    return "/".join([f"/{quote(project)}/webhooks", *(quote(word, safe="") for word in more)])


@app.command()
def add(
    project: Project,
    address: Annotated[str, typer.Argument(help="Where to send it.", show_default=False)],
    format: Annotated[str, typer.Option(help="One of docs/formats.md.")] = "yobi",
    events: Annotated[str | None, typer.Option(help="Topics, with commas between them; left out, all that the format tells of.", show_default=False)] = None,
    secret: Secret = None,
    notify: Annotated[str | None, typer.Option(help="A room that is told when it fails: slack:#dev.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Add a webhook to a project."""
    asked = {"payloadUrl": address, "format": format, "events": events, "notify": notify, **_signed(secret)}
    with at_hub(config, url, token, as_json) as hub:
        _shown(hub.post(_path(project), {key: value for key, value in asked.items() if value is not None}), as_json)


@app.command()
def rotate(
    project: Project, hook: Hook, secret: Secret = None,
    overlap: Annotated[str, typer.Option(help="For how long the former secret signs too: 0, 1h, 7d.")] = "24h",
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give a webhook a new secret."""
    with at_hub(config, url, token, as_json) as hub:
        _shown(hub.post(_path(project, hook), {"action": "rotate", "overlap": overlap, **_signed(secret)}), as_json)


@app.command()
def remove(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Remove a webhook; what is owed to it becomes dead letters."""
    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.delete(_path(project, hook))
    show(answer) if as_json else say(f"{hook}: {said(hub.locale, 'removed', '지웠습니다')}")


def _signed(secret: str | None) -> dict[str, Any]:
    """Return the fields that say what signs."""
    from leverframe.secrets import SecretError, resolve

    try:
        return {"generate": True} if secret is None else {"secret": resolve(secret).reveal()}
    except SecretError as error:
        raise typer.BadParameter(str(error), param_hint="--secret") from None


def _shown(answer: dict[str, Any], as_json: bool) -> None:
    """Print a webhook's id and, where the hub made it, its secret."""
    from leverframe.cli.output import say, show

    if as_json:
        show(answer)
        return
    say(f"{answer['id']} {answer['payloadUrl']}")
    if "secret" in answer:
        say(answer["secret"])


@app.command("list")
def list_hooks(project: Project, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List a project's webhooks and how each is doing."""
    from leverframe.cli.output import show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(_path(project))
    if as_json:
        show(answer)
        return
    table(
        ("id", "state", "reason", "owed", "dead", "events", "format", "to"),
        ((one["id"], one["standing"], one["reason"], one["owed"], one["dead"], " ".join(one["events"]), one["format"], one["payloadUrl"]) for one in answer["webhooks"]),
        hub.locale,
    )  # fmt: skip


@app.command("show")
def show_hook(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show a webhook with its latest deliveries."""
    from leverframe.cli.output import instant, pairs, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(_path(project, hook))
    if as_json:
        show(answer)
        return
    past = answer.pop("deliveries")
    pairs(((key, instant(value) if key.endswith("_at") else " ".join(value) if isinstance(value, list) else value) for key, value in answer.items() if value is not None), hub.locale)
    print()
    table(
        ("id", "created", "state", "tries", "event", "code"),
        ((one["id"], instant(one["created_at"]), one["state"], len(one["attempts"]), one["event"], one["code"]) for one in past),
        hub.locale,
    )  # fmt: skip


@app.command()
def test(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Send a webhook something now, as an event would be sent."""
    _act(project, hook, {"action": "test"}, ("sent to be tried; leverframe hooks show tells what came of it", "시험 전송을 보냈습니다. 결과는 leverframe hooks show로 확인하세요"), config, url, token, as_json)


@app.command()
def pause(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have what is owed to a webhook wait."""
    _act(project, hook, {"action": "pause"}, ("paused", "멈춰 두었습니다"), config, url, token, as_json)


@app.command()
def resume(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Send what waits for a paused webhook."""
    _act(project, hook, {"action": "resume"}, ("resumed", "다시 보냅니다"), config, url, token, as_json)


@app.command()
def enable(project: Project, hook: Hook, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Switch a webhook on that was off or not active."""
    _act(project, hook, {"action": "enable"}, ("switched on", "켰습니다"), config, url, token, as_json)


@app.command()
def retry(
    project: Project, hook: Hook,
    delivery: Annotated[str | None, typer.Argument(help="One delivery's id: dlv_…. Left out: all that match the options.", show_default=False)] = None,
    status: Annotated[State, typer.Option(help="Those in this state.")] = "dead",
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="Only those made before: 2h, 3d, or a time.", show_default=False)] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="So many a second, instead of as fast as it takes them.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many there are.")] = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Send one delivery of a webhook again, or all that match. Each with the full schedule of retries."""
    if delivery is not None:
        asked: dict[str, Any] = {"action": "resend", "delivery": delivery}
    else:
        asked = {"action": "resend", "state": status, "since": since, "until": until, "rate": rate, "dry_run": dry_run}
    told = ("would be sent again", "다시 보낼 전송") if dry_run else ("owed again", "다시 보내는 전송")
    _act(project, hook, {key: value for key, value in asked.items() if value is not None}, told, config, url, token, as_json)


@app.command("would-receive")
def would_receive(
    project: Project, hook: Hook, since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many events, the newest first.")] = 50,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell which stored events a webhook would have received. It is asked as it is now; the others say why not."""
    from leverframe.cli.output import instant, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(_path(project, hook, "would-receive"), since=since, limit=limit)
    if as_json:
        show(answer)
        return
    table(
        ("id", "received", "event", "outcome", "detail"),
        ((one["id"], instant(one["received_at"]), one["event"], one["reason"], one["detail"]) for one in answer["events"]),
        hub.locale,
    )  # fmt: skip


def _act(
    project: str, hook: str, asked: dict[str, Any], told: tuple[str, str], config: Path | None, url: str | None, token: str | None, as_json: bool
) -> None:
    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.post(_path(project, hook), asked)
    if as_json:
        show(answer)
    else:
        count = answer.get("count")
        say(f"{said(hub.locale, *told)}: {count}" if count is not None else f"{answer['id']}: {said(hub.locale, *told)}")

