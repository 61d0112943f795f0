"""``leverframe slack``: what Slack has to be told of this hub."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from leverframe.cli.options import ConfigAt
from leverframe.cli.words import said

app = typer.Typer(no_args_is_help=True, help="What Slack has to be told of this hub.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def manifest(
    chat: Annotated[str | None, typer.Option("--chat", help="The NAME of [chats.NAME], where there are several of Slack.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json/--yaml", help="As JSON, or as YAML; Slack takes both.")] = False,
    config: ConfigAt = None,
) -> None:
    """Print the manifest of the Slack app. It is made from the configuration: commands, scopes and addresses. Secrets need not be there yet."""
    from leverframe.chats.slack.manifest import manifest as made
    from leverframe.cli.options import misconfigured
    from leverframe.cli.output import refuse
    from leverframe.config import ConfigErrors, find, load
    from leverframe.core.errors import Refused
    from leverframe.core.hosts import is_loopback
    from leverframe.slack_rooms import features, slack_chats

    try:
        loaded = load(find(config), secrets=False)
    except ConfigErrors as errors:
        misconfigured(errors, as_json=as_json)
    locale, chats = loaded.hub.locale, slack_chats(loaded)
    if chat is None and len(chats) == 1:
        [chat] = chats
    if chat is None or chat not in chats:
        names = ", ".join(chats)
        missing = f"--chat {names}" if names else said(locale, "[chats.slack] is missing", "[chats.slack]이 없습니다")
        refuse(Refused("request_invalid", missing), as_json=as_json, locale=locale)
    wanted = features(loaded, chat)
    document = made(loaded.registry, loaded.hub.url, wanted, locale=locale)
    print(json.dumps(document, indent=2, ensure_ascii=False) if as_json else "\n".join(yaml(document)))
    if not wanted.socket_mode and is_loopback(_host(loaded.hub.url)):
        print(said(locale, f"! {loaded.hub.url} is this machine: Slack cannot call it. Set hub.url, or app_token for Socket Mode.",
                   f"! {loaded.hub.url} 은(는) 이 컴퓨터의 주소라 Slack이 호출할 수 없습니다. hub.url을 설정하거나, Socket Mode를 쓰려면 app_token을 설정하세요."), file=sys.stderr)  # fmt: skip


def yaml(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the lines of ``value`` (tables, lists, text, numbers, truth) as YAML; text is quoted as JSON does, which is YAML too."""
    pad = "  " * depth
    pairs = value.items() if isinstance(value, dict) else [("-", item) for item in value]
    for key, item in pairs:
        head = f"{pad}-" if key == "-" else f"{pad}{key}:"
        if isinstance(item, (dict, list)) and item:
            inner = list(yaml(item, depth + 1))
            if key == "-":
                yield f"{head} {inner[0].lstrip()}"
                yield from inner[1:]
            else:
                yield head
                yield from inner
        else:
            yield f"{head} {json.dumps(item, ensure_ascii=False)}"


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or ""
