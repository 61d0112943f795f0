"""``leverframe teams``: what Microsoft Teams has to be told of this hub."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from leverframe.cli.options import AsJson, ConfigAt
from leverframe.cli.words import said

app = typer.Typer(no_args_is_help=True, help="What Microsoft Teams has to be told of this hub.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def manifest(
    chat: Annotated[str | None, typer.Option("--chat", help="The NAME of [chats.NAME], where there are several of Teams.", show_default=False)] = None,
    package: Annotated[Path | None, typer.Option("--package", help="Write the app package, a zip with icons that Teams takes, to this file.", show_default=False)] = None,
    config: ConfigAt = None, as_json: AsJson = False,
) -> None:
    """Print the manifest of the Teams app. It is made from the configuration: its bot and its commands. Secrets need not be there yet."""
    from leverframe.chats.teams.manifest import manifest as made
    from leverframe.chats.teams.manifest import package as packed
    from leverframe.cli.options import misconfigured
    from leverframe.cli.output import refuse
    from leverframe.config import ConfigErrors, find, load
    from leverframe.core.errors import Refused
    from leverframe.core.hosts import is_loopback
    from leverframe.teams_rooms import teams_chats

    try:
        loaded = load(find(config), secrets=False)
    except ConfigErrors as errors:
        misconfigured(errors, as_json=as_json)
    locale = loaded.hub.locale
    chats = {name: settings for name, settings in teams_chats(loaded).items() if settings.app_id is not None}
    if chat is None and len(chats) == 1:
        [chat] = chats
    if chat is None or chat not in chats:
        names = ", ".join(chats)
        missing = f"--chat {names}" if names else said(locale, "app_id on [chats.teams] is missing", "[chats.teams]에 app_id가 없습니다")
        refuse(Refused("request_invalid", missing), as_json=as_json, locale=locale)
    document = made(loaded.registry, loaded.hub.url, chats[chat], locale=locale)
    if package is None:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        package.write_bytes(packed(document))
        print(json.dumps({"package": str(package)}, indent=2, ensure_ascii=False) if as_json else said(locale, f"{package}: upload it in Teams under Apps → Manage your apps → Upload an app.", f"{package}: Teams의 앱 → 앱 관리 → 앱 업로드에서 올리세요."))
    from urllib.parse import urlsplit

    if is_loopback(urlsplit(loaded.hub.url).hostname or ""):
        print(said(locale, f"! {loaded.hub.url} is this machine: Teams cannot call it. Set hub.url.",
                   f"! {loaded.hub.url} 은(는) 이 컴퓨터의 주소라 Teams가 호출할 수 없습니다. hub.url을 설정하세요."), file=sys.stderr)  # fmt: skip
