"""``leverframe approvals``: ask people, wait for their decision, and what was asked before."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub

if TYPE_CHECKING:
    from leverframe.cli.hub import Hub

approvals = typer.Typer(cls=ListByDefault, help="What people were asked to approve for pipelines. Without a command: list.")
Id = Annotated[str, typer.Argument(help="Its id: dep_….", show_default=False)]
WAIT_S = 30
AWAY_S = 120.0
"""So long may a hub be away (it restarts) before one who waits gives up."""
_AWAY = frozenset({"hub_not_running", "hub_unreachable", "overloaded", "storage_unavailable"})


@approvals.command("list")
def list_approvals(
    project: Annotated[str | None, typer.Option(help="Only of this repository.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20,
    before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List approvals, the newest first."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/approvals", project=project, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(
        ("id", "decision", "outcome", "project", "environment", "title", "actor", "asked"),
        ((one["id"], one["decision"], one["outcome"] or "", one["project"], one["environment"], one["title"], ", ".join(one["decided_by"]), instant(one["requested_at"]))
         for one in answer["approvals"]),
        hub.locale,
    )  # fmt: skip
    more(answer, limit, hub.locale)


@approvals.command("show")
def show_approval(approval: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show one: what was asked, who said what, and what came of it."""
    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get(_address(approval))
    if as_json:
        show(answer)
    else:
        _tell(answer)


@approvals.command("ask")
def ask(
    project: Annotated[str, typer.Argument(help="The repository: owner/name.", show_default=False)],
    title: Annotated[str, typer.Argument(help="What is asked, in one line.", show_default=False)],
    environment: Annotated[str, typer.Option("--environment", "--env", help="What it is for: production.", show_default=False)] = "",
    text: Annotated[str, typer.Option(help="What will happen.", show_default=False)] = "",
    room: Annotated[list[str] | None, typer.Option("--room", help="Where it is asked: slack:#deploys; may be given several times.", show_default=False)] = None,
    policy: Annotated[str, typer.Option(help="A name of [policies], or JSON.", show_default=False)] = "",
    on_approve: Annotated[str, typer.Option(help="JSON: what is done on a yes, as POST /api/approvals takes it.", show_default=False)] = "{}",
    on_reject: Annotated[str, typer.Option(help="JSON: what is done on a no.", show_default=False)] = "{}",
    key: Annotated[str | None, typer.Option(help="A name of your own for this question: given again, it is not asked twice.", show_default=False)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the decision, and end with 1 unless it is a yes.")] = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Ask people for approval, in several rooms at once."""
    from secrets import token_hex

    from leverframe.cli.output import show

    with at_hub(config, url, token, as_json) as hub:
        document: dict[str, Any] = {
            "project": project, "title": title, "environment": environment, "text": text, "rooms": room or [], "on_approve": _json("on-approve", on_approve),
            "on_reject": _json("on-reject", on_reject), "idempotency_key": key or token_hex(16),
        }  # fmt: skip
        if policy:
            document["policy"] = _json("policy", policy) if policy.startswith("{") else policy
        answer = hub.post("/api/approvals", document)
        if wait:
            _wait(hub, answer["id"], "decided", as_json)
        elif as_json:
            show(answer)
        else:
            _tell(answer)


@approvals.command("wait")
def wait_for(
    approval: Id,
    until: Annotated[str, typer.Option(help="decided, or ended: what was to be done on a yes has ended too.")] = "decided",
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Wait for the decision, and end with 1 unless it is a yes."""
    with at_hub(config, url, token, as_json) as hub:
        _wait(hub, approval, until, as_json)


@approvals.command("cancel")
def cancel(approval: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Take a question back."""
    _act(approval, "cancel", (config, url, token, as_json))


@approvals.command("retry")
def retry(approval: Id, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Do anew what could not be done on the answer."""
    _act(approval, "retry", (config, url, token, as_json))


def _act(approval: str, what: str, options: tuple[Any, Any, Any, bool]) -> None:
    from leverframe.cli.output import show

    with at_hub(*options) as hub:
        answer = hub.post(f"{_address(approval)}/{what}")
    if options[3]:
        show(answer)
    else:
        _tell(answer)


def _address(id: str) -> str:
    return f"/api/approvals/{quote(id, safe='')}"


def _json(name: str, text: str) -> Any:
    from leverframe.core.errors import Refused

    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused("request_invalid", f"--{name}: {error}") from None


def _wait(hub: Hub, id: str, until: str, as_json: bool) -> None:
    from leverframe.cli.hub import Answered
    from leverframe.cli.output import show
    from leverframe.core.errors import Refused

    away = time.monotonic() + AWAY_S
    while True:
        try:
            answer = hub.get(_address(id), wait=WAIT_S, until=until)
            away = time.monotonic() + AWAY_S
            if answer["ended"] or (until == "decided" and answer["decision"] != "pending"):
                break
        except (Answered, Refused) as error:
            code = error.problem.get("code") if isinstance(error, Answered) else error.code
            if code not in _AWAY or time.monotonic() > away:
                raise
            time.sleep(1.0)
    if as_json:
        show(answer)
    else:
        _tell(answer)
    if answer["decision"] != "approved" or (until == "ended" and answer["outcome"] not in ("succeeded", "done", "sent")):
        sys.exit(1)


def _tell(answer: Any) -> None:
    from leverframe.cli.output import safe

    print(safe(" · ".join(filter(None, [answer["decision"], answer["outcome"], answer["title"], answer["run_number"], answer["run_url"]]))))
    for vote in answer["votes"]:
        print(safe(f"{'+' if vote['approves'] else '-'} {vote['name']}{': ' + vote['reason'] if vote['reason'] else ''}"))
    for part in (answer["code"], answer["detail"], answer["remedy"]):
        if part:
            print(safe(part))
    print(answer["id"])
