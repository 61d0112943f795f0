"""``leverframe simulate KIND``: a sample event, or one from a file, signed as its source signs and sent to the hub's door."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from msgspec.structs import replace

from leverframe.cli.options import misconfigured
from leverframe.cli.output import fail, refuse, say, show, table
from leverframe.config import ConfigErrors, find, load
from leverframe.core.details import about
from leverframe.core.errors import Locale, Refused
from leverframe.net import Outbound
from leverframe.samples import Sample, Story, names, title, vendors
from leverframe.samples import load as sample_of
from leverframe.samples.vendors import VENDORS, Sent
from leverframe.secrets import SecretError, resolve
from leverframe.work.simulate import DoorAnswer, send_sample, send_signed

if TYPE_CHECKING:
    from leverframe.config import Config


KINDS = ("github", *VENDORS)


def run(
    *, kind: str, event: str | None, payload: Path | None, url: str | None, source: str | None, secret: str | None, config: Path | None, as_json: bool
) -> int:
    """Send the event; return the exit status. What is not given is taken from the configuration."""
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind} is none of {', '.join(KINDS)}", param_hint="KIND")
    if event is None:
        _list(kind, as_json)
        return 0
    locale: Locale = "en"
    try:
        sample = _from_file(kind, event, payload) if payload is not None else _sample(event) if kind == "github" else _of_vendor(kind, event)
        settings = None
        if url is None or source is None or secret is None or kind == "generic":
            loaded = load(find(config))
            locale = loaded.hub.locale
            source, settings = _source(loaded, kind, source)
            secret_value = settings.secrets[0].reveal()
            url = url or local_url(loaded)
        if secret is not None:
            secret_value = resolve(secret).reveal()
        answer = asyncio.run(_send(url, secret_value, source, kind, sample, settings, fresh=payload is None))
    except ConfigErrors as errors:
        misconfigured(errors, as_json=as_json)
    except SecretError as error:
        raise typer.BadParameter(str(error), param_hint="--secret") from None
    except Refused as refused:
        if refused.code == "door_unreachable":  # said to a person at a terminal: most often the hub was not started
            refused = Refused("hub_not_running", f"{url}: {refused.detail}")
        refuse(refused, as_json=as_json, locale=locale)
    if answer.event_id is None:
        fail({"title": f"HTTP {answer.status}", **answer.problem}, as_json=as_json, locale=locale)
    if as_json:
        show({"id": answer.event_id, "duplicate": answer.duplicate, "delivery_id": answer.delivery_id, "elapsed_ms": round(answer.elapsed_s * 1000, 1)})
    else:
        say(f"{sample.event} → {url}/in/{source}: {answer.event_id} ({answer.elapsed_s * 1000:.0f} ms)")
    return 0


async def _send(url: str, secret: str, source: str, kind: str, sample: Sample, settings: Any, *, fresh: bool) -> DoorAnswer:
    outbound = Outbound()
    try:
        if kind == "github":
            return await send_sample(outbound, url, secret, source, sample)
        sent = Sent(event=sample.event, body=sample.payload, secret=secret, id=str(uuid.uuid4()), at=datetime.now(UTC), settings=settings)
        if fresh:
            sent = replace(sent, body=vendors.renewed(kind, sent))
        headers = {"Content-Type": "application/json", "User-Agent": "leverframe-simulate", **VENDORS[kind].headers(sent)}
        return await send_signed(outbound, url, source, sent.body, headers, sent.id)
    finally:
        await outbound.close()


def _sample(name: str) -> Sample:
    known = names()
    chosen = name if name in known else next((other for other in known if other.partition(".")[0] == name), None)
    if chosen is None:
        raise typer.BadParameter(f"no sample is called {name}; there are: {', '.join(known)}", param_hint="EVENT")
    # Numbers of their own for every call: seconds since 2024 count up, as GitHub's do.
    story = Story(int(time.time()) - 1_704_067_200)
    return sample_of(chosen, story.ids(chosen, datetime.now(UTC)))


def _of_vendor(kind: str, name: str) -> Sample:
    known = VENDORS[kind].samples
    if name not in known:
        raise typer.BadParameter(f"no sample is called {name}; there are: {', '.join(known) or 'none, give --payload'}", param_hint="EVENT")
    return Sample(name=name, event=name, payload=vendors.sample(kind, name), title_en=known[name], title_ko=known[name])


def _from_file(kind: str, event: str, path: Path) -> Sample:
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        is_object = isinstance(json.loads(body), dict)
    except OSError as error:
        raise Refused("file_unusable", f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refused("file_unusable", f"{path}: {error}") from None
    if not is_object:
        raise Refused("file_unusable", about(str(path), "not_an_object"))
    return Sample(name=event, event=event.partition(".")[0] if kind == "github" else event, payload=body, title_en=event, title_ko=event)


def _source(config: Config, kind: str, name: str | None) -> tuple[str, Any]:
    """Return the name and the settings of the first source of a kind, or of the one that is named."""
    for key, settings in config.sources.items():
        if settings.kind == kind and name in (None, key):  # type: ignore[attr-defined]
            return key, settings
    raise Refused("source_unknown", name or f'kind = "{kind}"')


def local_url(config: Config) -> str:
    """Return where the hub listens on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.hub.host, config.hub.host)
    return f"http://[{host}]:{config.hub.port}" if ":" in host else f"http://{host}:{config.hub.port}"


def _list(kind: str, as_json: bool) -> None:
    titles = {name: title(name)[0] for name in names()} if kind == "github" else VENDORS[kind].samples
    if as_json:
        show([{"name": name, "event": name.partition(".")[0] if kind == "github" else name, "title": what} for name, what in titles.items()])
    else:
        table(("name", "what"), titles.items())
