"""``leverframe deliveries``: what is owed, sent and dead, and sending again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub
from leverframe.cli.words import said

if TYPE_CHECKING:
    from leverframe.cli.hub import Hub

app = typer.Typer(cls=ListByDefault, help="What is owed, sent and dead, and sending again. Without a command: list.")
POLL_S = 1.0
HEADINGS = ("id", "created", "state", "tries", "event", "route", "destination", "code")
State = Literal["owed", "sent", "dead", "coalesced", "muted"]
Status = Annotated[State | None, typer.Option(help="Only in this state: owed, sent, dead, coalesced or muted.", show_default=False)]
Destination = Annotated[str | None, typer.Option(help="Only to this room: slack:#dev-team.", show_default=False)]
OfRoute = Annotated[str | None, typer.Option("--route", help="Only of this route.", show_default=False)]
Since = Annotated[str | None, typer.Option(help="Only those made since: 2h, 3d, or a time such as 2026-01-31T09:00:00+09:00.", show_default=False)]


@app.command("list")
def list_deliveries(
    status: Status = None, destination: Destination = None, route: OfRoute = None, since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20,
    before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List deliveries, the newest first."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/deliveries", state=status, destination=destination, route=route, since=since, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(
        HEADINGS,
        ((item["id"], instant(item["created_at"]), item["state"], item["attempts"], item["event"], item["route"], item["destination"], item["code"])
         for item in answer["deliveries"]),
        hub.locale,
    )  # fmt: skip
    more(answer, limit, hub.locale)


@app.command("show")
def show_delivery(
    delivery: Annotated[str, typer.Argument(help="The delivery's id: dlv_….", show_default=False)],
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show one delivery and every attempt at it."""
    from urllib.parse import quote

    from leverframe.cli.output import instant, pairs, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(f"/api/deliveries/{quote(delivery, safe='')}")
    if as_json:
        show(answer)
        return
    tries = answer.pop("tries")
    pairs(((key, instant(value) if key.endswith("_at") else value) for key, value in answer.items() if value is not None), hub.locale)
    print()
    table(
        ("try", "at", "took", "outcome", "status", "code", "detail"),
        ((one["number"], instant(one["started_at"]), f"{one['duration_ms']} ms", one["outcome"], one["status"], one["code"], one["detail"])
         for one in tries),
        hub.locale,
    )  # fmt: skip


@app.command()
def retry(
    delivery: Annotated[str | None, typer.Argument(help="One delivery's id: dlv_…. Left out: all that match the options.", show_default=False)] = None,
    status: Annotated[State | None, typer.Option(help="Every delivery in this state that matches the other options: dead, most often.", show_default=False)] = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="Only those made before: 2h, 3d, or a time.", show_default=False)] = None,
    destination: Destination = None, route: OfRoute = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="So many a second, instead of as fast as the rooms take them.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many there are.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Show the progress until none of them is owed, and end with 1 when one died again; interrupting it stops only the showing.")] = True,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Send one delivery again, or all that match. Each with the full schedule of retries."""
    from urllib.parse import quote

    from leverframe.cli.output import instant_of, say, show

    if delivery is None and status is None:
        raise typer.BadParameter("give a delivery's id, or --status dead and what narrows it", param_hint="DELIVERY")
    if delivery is not None and any((status, since, until, destination, route, rate, dry_run)):
        raise typer.BadParameter("an id goes without the other options", param_hint="DELIVERY")
    with at_hub(config, url, token, as_json) as hub:
        if delivery is not None:
            answer = hub.post(f"/api/deliveries/{quote(delivery, safe='')}/retry")
            show(answer) if as_json else say(f"{delivery}: {said(hub.locale, 'owed again', '다시 보냅니다')}")
            return
        filters = {"since": instant_of(since), "until": instant_of(until), "destination": destination, "route": route}
        which = {key: value for key, value in filters.items() if value is not None}
        # Whatever else is owed (held by quiet hours, just come in) is none of ours: these ids are followed, and no others.
        which.setdefault("until", datetime.now(UTC).isoformat())
        followed = _ids(hub, str(status), which) if wait and not dry_run and not as_json else set()
        answer = hub.post("/api/deliveries/retry", {"state": status, **which, "rate_per_s": rate, "dry_run": dry_run})
        count = int(answer["count"])
        if as_json:
            show(answer)
        elif dry_run:
            say(f"{said(hub.locale, 'would be sent again', '다시 보낼 전송')}: {count}")
        else:
            say(f"{said(hub.locale, 'owed again', '다시 보내는 전송')}: {count}")
        if followed:
            _follow(hub, followed, which)


def _follow(hub: Hub, followed: set[str], which: dict[str, str]) -> None:
    """Show how many of these deliveries are no longer owed, until none is; exit with 1 when one of them died again."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(said(hub.locale, "sending", "보내는 중"), total=len(followed))
        while left := _ids(hub, "owed", which) & followed:
            bar.update(task, completed=len(followed) - len(left))
            time.sleep(POLL_S)
        bar.update(task, completed=len(followed))
    dead = len(_ids(hub, "dead", which) & followed)
    print(f"{said(hub.locale, 'none of them is owed any more; dead', '모두 처리했습니다. 포기한 전송')}: {dead}", file=sys.stderr)
    if dead:
        sys.exit(1)


def _ids(hub: Hub, state: str, which: dict[str, str]) -> set[str]:
    """Return the ids of all deliveries that match and are in a state now."""
    found: set[str] = set()
    before: str | None = None
    while True:
        page = hub.get("/api/deliveries", **which, state=state, limit=500, before=before)
        found.update(item["id"] for item in page["deliveries"])
        before = page["next"]
        if before is None:
            return found
