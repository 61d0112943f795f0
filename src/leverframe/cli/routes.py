"""``leverframe routes``: which there are, why they fire, and silence for a while."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from leverframe.cli.options import AsJson, ConfigAt, ListByDefault, Token, Url, at_hub
from leverframe.cli.words import said
from leverframe.core.details import about
from leverframe.core.errors import Locale
from leverframe.core.routes import POST_BY_DEFAULT

EVENTS_SHOWN = 4
app = typer.Typer(cls=ListByDefault, help="The routes, why they fire, and silence for a while. Without a command: list.")
Target = Annotated[str, typer.Argument(help="A route's name, or a room: slack:#dev-team.", show_default=False)]


@app.command("list")
def list_routes(config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the routes that the hub runs with, and what is muted."""
    from leverframe.cli.output import instant, show, table

    with at_hub(config, url, token, as_json) as hub:
        routes, mutes = hub.get("/api/routes")["routes"], hub.get("/api/mutes")["mutes"]
    if as_json:
        show({"routes": routes, "mutes": mutes})
        return
    rows = ((one["name"], one["source"], _events(one["events"], hub.locale), ", ".join(one["destinations"])) for one in routes)
    table(("route", "from", "events", "to"), rows, hub.locale)
    if mutes:
        print()
        table(("muted", "until", "reason", "by"), ((_muted(one["target"], hub.locale), instant(one["until"]), one["reason"], one["by"]) for one in mutes), hub.locale)


@app.command()
def explain(
    event: Annotated[str | None, typer.Option("--event", help="A stored event: evt_….", show_default=False)] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A payload as GitHub sends it; - is standard input.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option("--name", help="With --file: the event's name, such as push.", show_default=False)] = None,
    source: Annotated[str | None, typer.Option("--source", help="With --file: the source; else the first.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell for each route why it fires for an event, or does not. A stored one, or one from a file."""
    from urllib.parse import quote

    from leverframe.cli.output import safe, show

    if (event is None) == (file is None):
        raise typer.BadParameter("give either --event, or --file with --name", param_hint="--event")
    if file is not None and name is None:
        raise typer.BadParameter("--file needs the event's name, such as --name push", param_hint="--name")
    with at_hub(config, url, token, as_json) as hub:
        if event is not None:
            answer = hub.get(f"/api/events/{quote(event, safe='')}/explain")
        else:
            assert file is not None
            answer = hub.post("/api/routes/explain", {"source": source, "event": name, "payload": _payload(file)})
    if as_json:
        show(answer)
        return
    for one in answer["routes"]:
        mark = "✓" if one["fired"] else "✗"
        print(f"{mark} {safe(one['route'])}: {safe(one['reason'])}" + (f" → {safe(', '.join(one['destinations']))}" if one["fired"] else ""))


@app.command("test")
def test_route(
    route: Annotated[str, typer.Argument(help="The route's name.", show_default=False)],
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Send a sample message through a route, whatever its filters say."""
    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.post("/api/routes/test", {"route": route})
    if as_json:
        show(answer)
        return
    say(f"{route}: {said(hub.locale, 'owed to', '보낼 곳')} {', '.join(answer['destinations'])}")
    say(f"    → {said(hub.locale, 'what became of it', '결과 보기')}: leverframe deliveries list --route {shlex.quote(route)}")


@app.command()
def mute(
    target: Target,
    until: Annotated[str, typer.Option(help="How long: 30m, 2h, 3d, or a time such as 2026-01-31T09:00:00+09:00.")] = "1h",
    reason: Annotated[str, typer.Option(help="Why; shown to whoever wonders.", show_default=False)] = "",
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Silence a route or a room until a time. What it would have said is kept as muted."""
    from leverframe.cli.output import instant, say, show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.post("/api/mutes", {"target": _target(hub.get("/api/routes")["routes"], target), "until": until, "reason": reason})
    show(answer) if as_json else say(f"{target}: {said(hub.locale, 'muted until', '음소거, 끝나는 때')} {instant(answer['until'])}")


@app.command()
def unmute(target: Target, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """End the silence of a route or a room."""
    from urllib.parse import quote

    from leverframe.cli.output import say, show

    with at_hub(config, url, token, as_json) as hub:
        hub.delete(f"/api/mutes/{quote(_target(hub.get('/api/routes')['routes'], target), safe='')}")
    show({"done": True}) if as_json else say(f"{target}: {said(hub.locale, 'not muted any more', '음소거를 풀었습니다')}")


def _events(events: list[str], locale: Locale) -> str:
    """Return the first few events of a route, and how many more there are: the whole list is in --json."""
    if tuple(events) == POST_BY_DEFAULT:
        return said(locale, "those posted by default", "기본으로 알리는 이벤트")
    more = f" (+{len(events) - EVENTS_SHOWN})" if len(events) > EVENTS_SHOWN else ""
    return ", ".join(events[:EVENTS_SHOWN]) + more


def _muted(target: str, locale: Locale) -> str:
    """Return what is muted as people say it: ``room slack:#dev-team``."""
    kind, _, name = target.partition(":")
    return f"{said(locale, kind, {'route': '라우트', 'room': '방'}.get(kind, kind))} {name}"


def _target(routes: list[dict[str, Any]], said: str) -> str:
    """Return the mute's target: the route of this name, else the room."""
    if any(route["name"] == said for route in routes) or ":" not in said:
        return f"route:{said}"
    return f"room:{said}"


def _payload(file: Path) -> Any:
    import json

    from leverframe.core.errors import Refused

    try:
        found = json.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        raise Refused("file_unusable", f"{file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refused("file_unusable", f"{file}: {error}") from None
    if not isinstance(found, dict):
        raise Refused("file_unusable", about(str(file), "not_an_object"))
    return found
