"""``leverframe people``, ``tokens`` and ``hook-tokens``: who may do what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import typer

from leverframe.cli.options import AsJson, ConfigAt, ListByDefault, Token, Url, at_hub
from leverframe.cli.words import said

people = typer.Typer(cls=ListByDefault, help="Who may sign in. Without a command: list.")
tokens = typer.Typer(cls=ListByDefault, help="API tokens, for programs that operate the hub. Without a command: list.")
hook_tokens = typer.Typer(cls=ListByDefault, help="Tokens for /hook and /teams/incoming. Without a command: list.")
Reach: TypeAlias = "tuple[Path | None, str | None, str | None, bool]"
"""Configuration, address, token, and whether to print JSON."""
Name = Annotated[str, typer.Argument(help="The name.", show_default=False)]


@people.command("list")
def list_people(config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List everybody who may sign in, and open invitations."""
    from leverframe.cli.output import instant, show, table

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.get("/api/people")
    if as_json:
        show(answer)
        return
    rows = ((one["name"], one["role"], instant(one["created_at"]), instant(one["disabled_at"])) for one in answer["people"])
    table(("name", "role", "created", "disabled"), rows, hub.locale)
    if answer["invitations"]:
        print()
        table(("invited", "role", "until"), ((one["name"], one["role"], instant(one["expires_at"])) for one in answer["invitations"]), hub.locale)


@people.command()
def invite(
    name: Name,
    role: Annotated[str, typer.Option(help="What they may do: viewer, admin, or a role of the configuration.")] = "viewer",
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print a one-time link that signs somebody in. Whoever has it is that person: hand it over privately."""
    from leverframe.cli.output import instant, show

    with at_hub(config, url, token, as_json) as hub:
        answer = hub.post("/api/people/invitations", {"name": name, "role": role})
    if as_json:
        show(answer)
    else:
        _once(answer["link"], f"{said(hub.locale, 'works once, until', '한 번만 쓸 수 있습니다. 만료:')} {instant(answer['expires_at'])}")


@people.command()
def withdraw(name: Name, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Take back an invitation whose link was not used yet."""
    _delete(f"/api/people/invitations/{quote(name, safe='')}", (name, "invitation withdrawn", "초대를 취소했습니다"), (config, url, token, as_json))


@people.command()
def disable(name: Name, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Lock somebody out at once. Their sessions end, and their tokens do nothing until they are invited again."""
    _delete(f"/api/people/{quote(name, safe='')}", (name, "disabled", "차단했습니다"), (config, url, token, as_json))


@tokens.command("list")
def list_tokens(config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List API tokens; their secrets are not kept."""
    _list("/api/tokens", "tokens", ("name", "grants", "by", "created_at", "expires_at", "revoked_at", "used_at"), (config, url, token, as_json))


@tokens.command("create")
def create_token(
    name: Name,
    grant: Annotated[list[str], typer.Option("--grant", help="What it may do, such as events.read; may be given several times.", show_default=False)],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it ends.")] = 90,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print a new API token. It is shown this once."""
    _create("/api/tokens", {"name": name, "grants": grant, "days": days}, (config, url, token, as_json))


@tokens.command("revoke")
def revoke_token(name: Name, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """End an API token at once."""
    _delete(f"/api/tokens/{quote(name, safe='')}", (name, "revoked", "폐기했습니다"), (config, url, token, as_json))


@hook_tokens.command("list")
def list_hook_tokens(config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List hook tokens; their secrets are not kept."""
    _list("/api/hook-tokens", "tokens", ("name", "rooms", "by", "created_at", "expires_at", "revoked_at", "used_at"), (config, url, token, as_json))


@hook_tokens.command("create")
def create_hook_token(
    name: Name,
    room: Annotated[list[str], typer.Option("--room", help="Rooms that it reaches, a glob such as slack:#dev-*; may be given several times.", show_default=False)],
    days: Annotated[int | None, typer.Option(min=1, max=366, help="Days until it ends; left out, it stays until it is revoked.", show_default=False)] = None,
    config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print a new hook token. It is for POST /hook?token=…&room=… or POST /teams/incoming/TOKEN, and is shown this once."""
    _create("/api/hook-tokens", {"name": name, "rooms": room, "days": days}, (config, url, token, as_json))


@hook_tokens.command("revoke")
def revoke_hook_token(name: Name, config: ConfigAt = None, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """End a hook token at once. Webhooks that use it are refused."""
    _delete(f"/api/hook-tokens/{quote(name, safe='')}", (name, "revoked", "폐기했습니다"), (config, url, token, as_json))


def _list(path: str, key: str, columns: tuple[str, ...], reach: Reach) -> None:
    from leverframe.cli.output import instant, show, table

    with at_hub(*reach) as hub:
        answer = hub.get(path)
    if reach[-1]:
        show(answer)
        return
    headings = tuple(column.removesuffix("_at") for column in columns)

    def cell(item: dict[str, Any], column: str) -> Any:
        value = item.get(column)
        return instant(value) if column.endswith("_at") else ", ".join(value) if isinstance(value, list) else value

    table(headings, ([cell(item, column) for column in columns] for item in answer[key]), hub.locale)


def _create(path: str, document: dict[str, Any], reach: Reach) -> None:
    from leverframe.cli.output import show

    with at_hub(*reach) as hub:
        answer = hub.post(path, {key: value for key, value in document.items() if value is not None})
    if reach[-1]:
        show(answer)
    else:
        _once(answer["token"], said(hub.locale, "shown this once; keep it where secrets are kept", "지금 한 번만 보입니다. 비밀값을 두는 곳에 보관하세요"))


def _delete(path: str, done: tuple[str, str, str], reach: Reach) -> None:
    from leverframe.cli.output import say, show

    with at_hub(*reach) as hub:
        hub.delete(path)
    show({"done": True}) if reach[-1] else say(f"{done[0]}: {said(hub.locale, done[1], done[2])}")


def _once(secret: str, remark: str) -> None:
    """Print a secret alone on stdout, so that it can be piped, and the remark beside it on stderr."""
    import sys

    from leverframe.cli.output import safe

    print(safe(secret))
    print(f"({safe(remark)})", file=sys.stderr)
