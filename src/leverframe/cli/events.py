"""``leverframe events``: what came in."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub

app = typer.Typer(cls=ListByDefault, help="What came in. Without a command: list.")
POLL_S = 1.0
HEADINGS = ("id", "received", "source", "event", "repository", "routes")


@app.command("list")
def list_events(
    name: Annotated[str | None, typer.Option(help="Only this event: push, or pull_request.opened.", show_default=False)] = None,
    repo: Annotated[str | None, typer.Option(help="Only of this repository: owner/name.", show_default=False)] = None,
    source: Annotated[str | None, typer.Option(help="Only from this source.", show_default=False)] = None,
    since: Annotated[str | None, typer.Option(help="Only those since: 2h, 3d, or a time such as 2026-01-31T09:00:00+09:00.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20,
    before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List events, the newest first."""
    from leverframe.cli.output import more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/events", event=name, source=source, repo=repo, since=since, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(HEADINGS, map(_row, answer["events"]), hub.locale)
    more(answer, limit, hub.locale)


@app.command("show")
def show_event(
    event: Annotated[str, typer.Argument(help="The event's id: evt_….", show_default=False)],
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show one event: its headers, its body and where it went."""
    from urllib.parse import quote

    from leverframe.cli.output import instant, pairs, printed_json, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(f"/api/events/{quote(event, safe='')}")
    if as_json:
        show(answer)
        return
    payload, headers, fired = answer.pop("payload"), answer.pop("headers"), answer.pop("fired")
    pairs(((key, instant(value) if key.endswith("_at") else value) for key, value in answer.items() if value is not None), hub.locale)
    if fired:
        print()
        table(("route", "to", "state"), ((one["route"], one["destination"], one["state"]) for one in fired), hub.locale)
    if headers is not None:
        print()
        pairs(headers.items())
        print()
        print(printed_json(payload))


@app.command()
def tail(
    name: Annotated[str | None, typer.Option(help="Only this event: push, or pull_request.opened.", show_default=False)] = None,
    repo: Annotated[str | None, typer.Option(help="Only of this repository: owner/name.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show events as they come, until interrupted. With --json one document a line."""
    import json

    from leverframe.cli.output import safe

    with at_hub(config, url, token, as_json) as hub:
        seen: str | None = None
        while True:
            items: list[dict[str, Any]] = hub.get("/api/events", event=name, repo=repo, limit=100)["events"]
            # Ids grow with time, and are read as text in the same order.
            fresh = [item for item in reversed(items) if seen is None or item["id"] > seen]
            for item in fresh[-10:] if seen is None else fresh:
                print(json.dumps(item) if as_json else "  ".join(safe(cell) for cell in _row(item)), flush=True)
            seen = max([seen or "", *(item["id"] for item in items)])
            time.sleep(POLL_S)


def _row(item: dict[str, Any]) -> tuple[Any, ...]:
    from leverframe.cli.output import instant

    routes = dict.fromkeys(one["route"] for one in item["fired"])
    return (item["id"], instant(item["received_at"]), item["source"], item["event"], item["repo"], ", ".join(routes))
