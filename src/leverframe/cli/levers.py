"""``leverframe do`` and ``leverframe deployments``: commands as in a chat, and what came of them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leverframe.cli.options import AsJson, Before, ConfigAt, ListByDefault, Token, Url, at_hub
from leverframe.cli.words import said

if TYPE_CHECKING:
    from leverframe.cli.hub import Hub
    from leverframe.core.messages import Message

deployments = typer.Typer(cls=ListByDefault, help="What is and was deployed. Without a command: list.")
WAIT_S = 30
"""How long the hub is asked to hold its answer until something changes."""
AGAIN_S = 1.0
AWAY_S = 120.0
"""So long may a hub be away (it restarts) before one who follows a deployment gives up."""
_AWAY = frozenset({"hub_not_running", "hub_unreachable", "overloaded", "storage_unavailable"})
Wait = Annotated[bool, typer.Option("--wait", help="Show the progress until it has ended, and end with 1 unless it succeeded; interrupting it stops only the showing.")]


def add(app: typer.Typer) -> None:
    """Add ``do``: its own options come before the line, all that follows is the line's."""
    app.command("do", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})(do)


def do(
    line: Annotated[list[str], typer.Argument(help="The command as in a chat, with its options: deploy web-app staging main. help lists what there is.", show_default=False)],
    room: Annotated[str | None, typer.Option(help="Show its card there: slack:#deploys.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option(help="A name of your own for this request: given again, it is answered as before and not done again.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")] = False,
    wait: Wait = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give the hub a command as in a chat. Options of leverframe come before the line: leverframe do --wait deploy web-app staging."""
    from leverframe.cli.hub import Answered
    from leverframe.cli.output import WRONG_USAGE, fail, safe, show

    with at_hub(config, url, token, as_json) as hub:
        try:
            answer = _give(hub, _joined(line), room, key, dry_run)
        except Answered as answered:
            problem = answered.problem
            if as_json or not problem.get("text"):
                fail(problem, as_json=as_json, locale=hub.locale)
            for words in str(problem["text"]).splitlines():
                print(safe(words), file=sys.stderr)
            sys.exit(2 if problem.get("code") in WRONG_USAGE else 1)
        id = answer["deployment"]
        if not as_json:
            print_words(answer["text"])
            if id is not None:
                print(id)
        elif not (wait and id is not None):
            show(answer)
        if wait and id is not None:
            _follow(hub, id, as_json)


def _joined(words: list[str]) -> str:
    """Return the words as one line; what the shell kept together stays together, and ``--for`` is an option as in a chat. One word alone is a whole line."""
    from leverframe.core.commands.words import quoted

    if len(words) == 1:
        return words[0]

    def one(word: str) -> str:
        name, equals, value = word.partition("=")
        if any(sign.isspace() for sign in name):
            return quoted(word)
        name = name if name.startswith("--") else quoted(name)
        return f"{name}={quoted(value)}" if equals else name

    return " ".join(map(one, words))


def _give(hub: Hub, line: str, room: str | None, key: str | None, dry_run: bool) -> Any:
    """Return what the hub answers; where its answer is lost it is asked once more under the same key, which does nothing twice."""
    from secrets import token_hex

    from leverframe.core.errors import Refused

    asked = {"line": line, "room": room, "idempotency_key": key or token_hex(16), "dry_run": dry_run}
    document = {name: value for name, value in asked.items() if value is not None}
    try:
        return hub.post("/api/commands", document)
    except Refused as refused:
        if refused.code != "hub_unreachable":
            raise
    return hub.post("/api/commands", document)


@deployments.command("list")
def list_deployments(
    service: Annotated[str | None, typer.Option(help="Only of this service.", show_default=False)] = None,
    environment: Annotated[str | None, typer.Option("--environment", "--env", help="Only to this environment.", show_default=False)] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state: asked, waiting, queued, starting, running, succeeded, failed, cancelled, expired or unknown.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")] = 20,
    before: Before = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """List deployments, the newest first."""
    from leverframe.cli.output import instant, more, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/deployments", service=service, environment=environment, state=state, limit=limit, before=before)
    if as_json:
        show(answer)
        return
    table(
        ("id", "state", "service", "environment", "version", "actor", "asked", "ended", "code"),
        ((one["id"], one["state"], one["service"], one["environment"], f"{one['ref']} {one['sha'][:7]}".strip(), one["requested_by"] or one["cause"],
          instant(one["requested_at"]), instant(one["ended_at"]), one["code"]) for one in answer["deployments"]),
        hub.locale,
    )  # fmt: skip
    more(answer, limit, hub.locale)


@deployments.command("show")
def show_deployment(
    deployment: Annotated[str, typer.Argument(help="The deployment's id: dep_….", show_default=False)],
    wait: Wait = False,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show one deployment as its card does, with all that happened to it."""
    from leverframe.cli.output import instant, show, table

    with at_hub(config, url, token, as_json) as hub:
        if wait:
            _follow(hub, deployment, as_json)
            return
        answer = hub.get(_address(deployment))
    if as_json:
        show(answer)
        return
    print_words(_words(_card(answer, hub.locale)))
    print()
    table(
        ("at", "what", "actor", "run", "detail"),
        ((instant(one["at"]), f"{one['what']} {one['number']}" if one["number"] > 1 else one["what"], one["by"], one["run_number"], one["detail"])
         for one in answer["timeline"]),
        hub.locale,
    )  # fmt: skip


def _address(id: str) -> str:
    from urllib.parse import quote

    return f"/api/deployments/{quote(id, safe='')}"


def _card(answer: Any, locale: Any) -> Message:
    """Return the deployment's card, without buttons."""
    import msgspec
    from msgspec.structs import replace

    from leverframe.cli.output import zone
    from leverframe.core.messages import Buttons
    from leverframe.core.wording.levers import LEVERS
    from leverframe.core.wording.levers.view import view

    card = LEVERS[locale].deployment(replace(view(answer), log_tail=answer["log_tail"][-2_000:]), zone())
    return msgspec.structs.replace(card, blocks=tuple(block for block in card.blocks if not isinstance(block, Buttons)))


def _words(message: Message) -> str:
    from leverframe.core.messages import plain

    return plain(message)


def print_words(text: str) -> None:
    """Print words of somebody else's, so that a terminal takes none of them for commands."""
    from leverframe.cli.output import safe

    for line in text.splitlines():
        print(safe(line))


def _follow(hub: Hub, id: str, as_json: bool) -> None:
    """Show how a deployment goes until it has ended; exit with 1 unless it succeeded."""
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

    from leverframe.cli.output import safe, show

    console = Console(stderr=True, highlight=False)
    answer = look(hub, _address(id), None)
    with Status("", console=console) as status:
        shown = ""
        while True:
            now = safe(_progress(answer, hub.locale))
            if not as_json and console.is_terminal:
                status.update(Text(now))
            elif not as_json and now != shown:
                print(now, file=sys.stderr, flush=True)  # a log keeps each step
            shown = now
            if answer["ended"]:
                break
            answer = look(hub, _address(id), answer["version"])
    if as_json:
        show(answer)
    else:
        print_words(_words(_card(answer, hub.locale)))
    if answer["state"] != "succeeded":
        sys.exit(1)


def _progress(answer: Any, locale: Any) -> str:
    """Return on one line how it stands: what a card's head says, the step, the votes, the try."""
    from leverframe.core.messages import plain_inline

    found = [plain_inline(_card(answer, locale).headline), answer["step"] if answer["state"] in ("starting", "running") else ""]
    if answer["state"] == "waiting":
        approved = sum(1 for vote in answer["votes"] if vote["approves"])
        found.append(f"{said(locale, 'approved by', '승인')} {approved}/{answer['approvals_needed']}")
    if answer["tries"] > 1:
        found.append(f"{said(locale, 'try', '시도')} {answer['try_number']}/{answer['tries']}")
    return " · ".join(part for part in found if part)


def look(hub: Hub, address: str, seen: int | None) -> Any:
    """Return what is at ``address`` once it is not as it was ``seen``; a hub that restarts is waited for."""
    from leverframe.cli.hub import Answered
    from leverframe.core.errors import Refused

    until = time.monotonic() + AWAY_S
    while True:
        try:
            return hub.get(address, seen=seen, wait=None if seen is None else WAIT_S)
        except (Answered, Refused) as error:
            code = error.problem.get("code") if isinstance(error, Answered) else error.code
            if seen is None or code not in _AWAY or time.monotonic() > until:
                raise
        time.sleep(AGAIN_S)
