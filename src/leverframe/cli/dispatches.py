"""``leverframe dispatch`` and ``leverframe dispatches``: start a workflow, and what came of those that were started."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub
from leverframe.core.dispatches import EVENT_TYPE

if TYPE_CHECKING:
    from leverframe.cli.hub import Hub

dispatches = typer.Typer(cls=ListByDefault, help="Workflows that were started by repository_dispatch. Without a command: list.")
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the run has ended, and end with 1 unless it succeeded; interrupting it stops only the waiting.")]
GOOD = frozenset({"succeeded", "sent"})


def add(app: typer.Typer) -> None:
    """Add ``dispatch``."""
    app.command("dispatch")(dispatch)


def dispatch(
    project: Annotated[str, typer.Argument(help="The repository: owner/name.", show_default=False)],
    event_type: Annotated[str, typer.Argument(help="What the workflow lists under on.repository_dispatch.types.")] = EVENT_TYPE,
    payload: Annotated[Path | None, typer.Option(help="A file with the client_payload, a JSON object; - reads it from the standard input.", show_default=False)] = None,
    environment: Annotated[str, typer.Option("--environment", "--env", help="What it is for.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="Why, for people.", show_default=False)] = "",
    key: Annotated[str | None, typer.Option(help="A name of your own for this request: given again, it is answered as before and not done again.", show_default=False)] = None,
    wait: Wait = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Start a workflow of a project. Requests that come close together become one run."""
    from secrets import token_hex

    from leverframe.cli.output import show
    from leverframe.core.errors import Refused

    with at_hub(config, url, token, as_json) as hub:
        asked = {
            "project": project, "event_type": event_type, "client_payload": _read(payload), "environment": environment, "reason": reason,
            "idempotency_key": key or token_hex(16),
        }  # fmt: skip
        try:
            answer = hub.post("/api/dispatches", asked)
        except Refused as refused:
            if refused.code != "hub_unreachable":
                raise
            answer = hub.post("/api/dispatches", asked)  # the answer was lost; under its name it is not done twice
        if wait:
            _follow(hub, answer, as_json)
        elif as_json:
            show(answer)
        else:
            _tell(answer)


def _read(file: Path | None) -> dict[str, Any]:
    from leverframe.core.errors import Refused
    from leverframe.core.json_objects import read_object

    if file is None:
        return {}
    try:
        return read_object(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except (OSError, ValueError) as error:
        raise Refused("request_invalid", f"--payload: {error}") from None


def _tell(answer: Any) -> None:
    from leverframe.cli.output import safe

    print(safe(" · ".join(filter(None, [answer["status"], f"{answer['project']} {answer['event_type']}", answer["run_number"], answer["run_url"], answer["step"]]))))
    for part in (answer["code"], answer["detail"], answer["remedy"]):
        if part:
            print(safe(part))
    print(answer["id"])


def _follow(hub: Hub, answer: Any, as_json: bool) -> None:
    """Show each state until it has ended; exit with 1 unless all went well."""
    from leverframe.cli.levers import look
    from leverframe.cli.output import safe, show

    seen = ""
    while not answer["ended"]:
        now = " · ".join(filter(None, [answer["status"], answer["run_number"], answer["step"], answer["code"]]))
        if not as_json and now != seen:
            print(safe(now), file=sys.stderr, flush=True)
        seen = now
        answer = look(hub, _address(answer["id"]), answer["version"])
    if as_json:
        show(answer)
    else:
        _tell(answer)
    if answer["status"] not in GOOD:
        sys.exit(1)


def _address(id: str) -> str:
    from urllib.parse import quote

    return f"/api/dispatches/{quote(id, safe='')}"


@dispatches.command("list")
def list_dispatches(
    project: Annotated[str | None, typer.Option(help="Only of this repository.", show_default=False)] = None,
    event_type: Annotated[str | None, typer.Option("--event-type", help="Only of this event type.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20,
    before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List dispatches, the newest first."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/dispatches", project=project, event_type=event_type, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(
        ("id", "state", "project", "event", "requests", "run", "asked", "ended", "code"),
        ((one["id"], one["status"], one["project"], one["event_type"], str(one["joined"]), one["run_number"], instant(one["requested_at"]),
          instant(one["ended_at"]), one["code"]) for one in answer["dispatches"]),
        hub.locale,
    )  # fmt: skip
    more(answer, limit, hub.locale)


@dispatches.command("show")
def show_dispatch(
    dispatch: Annotated[str, typer.Argument(help="Its id: dep_….", show_default=False)],
    wait: Wait = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show one dispatch: how it stands, who asked and why."""
    from leverframe.cli.output import instant, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(_address(dispatch))
        if wait:
            _follow(hub, answer, as_json)
            return
    if as_json:
        show(answer)
        return
    _tell(answer)
    print()
    table(("at", "actor", "reason"), ((instant(one["at"]), one["by"], one["reason"]) for one in answer["requests"]), hub.locale)


@dispatches.command("retry")
def retry_dispatch(
    dispatch: Annotated[str, typer.Argument(help="Its id: dep_….", show_default=False)],
    wait: Wait = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Send a dispatch anew. GitHub refused it, or its run failed."""
    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.post(f"{_address(dispatch)}/retry")
        if wait:
            _follow(hub, answer, as_json)
        elif as_json:
            show(answer)
        else:
            _tell(answer)
