"""The doors of the playground: the page, its live feed, what people say and click, and the sample events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from leverframe.core.access import Identity
from leverframe.core.commands.definitions import Registry
from leverframe.core.conversation import Asker
from leverframe.core.details import about, detail
from leverframe.core.errors import Locale, Refused
from leverframe.ports import Clock, Exchange, PlaygroundChange, PlaygroundTalk
from leverframe.samples import Sample, Story, load, names, title
from leverframe.secrets import Secret
from leverframe.web.conversations import Conversations
from leverframe.web.doors import Handler
from leverframe.web.origins import content_policy
from leverframe.web.playground.page import render
from leverframe.work.simulate import DoorAnswer, Post, send_sample

BEAT_S = 15.0
"""After so much silence the stream says that it lives; proxies end connections that say nothing for a minute."""
RETRY_MS = 1000
PATIENCE_S = 20.0
"""What a page waits for an answer; a later one comes by the stream."""
PEOPLE = ("ann", "bob", "chris")
"""In a demo one can be each of them, so that a second person can approve."""
_PICTURES = {"Content-Security-Policy": content_policy("'self' data: https:"), "Cross-Origin-Embedder-Policy": "credentialless"}
"""Pictures of cards come from where they are, and are asked for without anybody's cookies: ``docs/decisions/0014-pictures.md``."""
_MOST_ATTEMPTS = 1_000_000
FIRST_NUMBER = 100

Complete = Callable[[Asker, str], Sequence[str]]
"""The words that may stand in the place of the last one of a line (without its mark), for who types it."""
Still: TypeAlias = Callable[[], Awaitable[bool]]
"""Whether who made a request would still be let in; the guard gives it."""
Answering: TypeAlias = Callable[["Playground", Request], Awaitable[Response]]


class Samples(msgspec.Struct, kw_only=True):
    """Where sample events go: the hub's own door, with a source's secret. Only a demo has it."""

    post: Post
    url: str
    """The hub as this machine reaches it: ``http://127.0.0.1:8080``."""
    source: str
    secret: Secret
    story: Story | None = None
    sent: dict[str, tuple[Sample, str]] = msgspec.field(default_factory=dict)
    """The last delivery of each sample, and its id: to send it once more."""


class Playground(msgspec.Struct, kw_only=True):
    """What the doors need."""

    talk: PlaygroundTalk
    clock: Clock
    locale: Locale
    timezone: str
    """IANA name; the page shows times in it."""
    samples: Samples | None = None
    beat_s: float = BEAT_S
    conversations: Conversations | None = None
    """What lines for the hub, clicks and forms become; without it all lines are talk."""
    commands: Registry | None = None
    """What is shown of commands while somebody types one."""
    complete: Complete | None = None


async def _page(playground: Playground, request: Request) -> Response:
    session = getattr(request.state, "session", None)
    return Response(
        render(
            locale=playground.locale,
            timezone=playground.timezone,
            person=_person(request),
            csrf=session.csrf if session is not None else None,
            samples=_offered(playground),
            people=PEOPLE if playground.samples is not None else (),
            levers=playground.conversations is not None,
            leads_in=_leads_in(playground, request),
        ),
        media_type="text/html",
        headers=_PICTURES,
    )


async def _feed(playground: Playground, request: Request) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    name = _person(request) or _clean(request.query_params.get("name", ""))
    changes = playground.talk.follow(_cursor(request), beat_s=playground.beat_s, name=name)
    first = await anext(changes, None)  # a page too many is refused before the answer begins
    return StreamingResponse(_stream(first, changes, request.scope["state"]["still"]), headers=headers, media_type="text/event-stream")


async def _stream(first: PlaygroundChange | None, changes: AsyncIterator[PlaygroundChange], still: Still) -> AsyncIterator[bytes]:
    """Write changes as https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream wants it.

    The stream ends at the first beat at which who reads is not let in any more: they signed out, or were locked out.
    """
    yield f"retry: {RETRY_MS}\n\n".encode()
    if first is not None:
        yield _written(first)
    async for change in changes:
        if change.name == "beat" and not await still():
            return
        yield _written(change)


def _written(change: PlaygroundChange) -> bytes:
    if change.name == "beat":
        return b": beat\n\n"
    data = json.dumps(change.data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {change.cursor}\nevent: {change.name}\ndata: {data}\n\n".encode()


def _cursor(request: Request) -> int | None:
    """Return where the page was: the browser's header, or ``?after=`` when the page itself connected anew."""
    shown = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) <= 16 else None


async def _read(playground: Playground, request: Request) -> Response:
    query = request.query_params
    if thread := query.get("thread"):
        return JSONResponse(await playground.talk.thread(thread))
    if room := query.get("room"):
        return JSONResponse(await playground.talk.history(room, before=query.get("before")))
    raise Refused("request_invalid", about("room, thread", "one_needed"))


async def _say(playground: Playground, request: Request) -> Response:
    asked = await _object(request)
    said = await playground.talk.say(room=_text(asked, "room"), thread=_text_or_none(asked, "thread"), name=_name(request, asked), text=_text(asked, "text"))
    answer = b"null"
    if said.exchange is not None and playground.conversations is not None:
        answer = await playground.conversations.answer(said.exchange, within_s=PATIENCE_S)
    shown = json.dumps(said.shown, ensure_ascii=False, separators=(",", ":")).encode()
    return _json(b'{"message":%b,"answer":%b}' % (shown, answer), 201)


async def _act(playground: Playground, request: Request) -> Response:
    asked = await _object(request)
    action = _text(asked, "action")
    if playground.conversations is None:
        raise Refused("action_unknown", action[:80])
    clicked = await playground.talk.click(
        name=_name(request, asked), room=_text(asked, "room"), thread=_text_or_none(asked, "thread"), message=_text_or_none(asked, "message"),
        rendering=_text(asked, "rendering"), attempt=_count(asked, "attempt"), action=action, value=_text(asked, "value"),
    )  # fmt: skip
    return await _answered(playground.conversations, clicked)


async def _submit(playground: Playground, request: Request) -> Response:
    asked = await _object(request)
    form = _text(asked, "form")
    if playground.conversations is None:
        raise Refused("action_unknown", form[:80])
    fields = asked.get("fields")
    if not isinstance(fields, dict):
        raise Refused("request_invalid", about("fields", "write_object"))
    sent = await playground.talk.submit(
        name=_name(request, asked), room=_text(asked, "room"), thread=_text_or_none(asked, "thread"), form=form, context=_text(asked, "context"),
        opening=_text(asked, "opening"), attempt=_count(asked, "attempt"), fields={_clean(field): _text(fields, field) for field in fields},
    )  # fmt: skip
    return await _answered(playground.conversations, sent)


async def _answered(conversations: Conversations, exchange: Exchange) -> Response:
    return _json(b'{"answer":%b}' % await conversations.answer(exchange, within_s=PATIENCE_S), 200)


async def _complete(playground: Playground, request: Request) -> Response:
    """Return what may stand in the place of the last word, and how its command is written."""
    name = _person(request) or _named(request.query_params.get("name", ""))
    text, commands = request.query_params.get("text", ""), playground.commands
    begun = playground.talk.begun(name=name, text=_clean(text)) if name else None
    if begun is None or commands is None or playground.complete is None:
        return JSONResponse({"offers": [], "usage": None})
    locale: Locale = request.state.locale
    by, words = begun
    first, _, rest = words.partition(" ")
    offers = [{"word": word} for word in playground.complete(by, words)]
    if rest or words.endswith(" "):
        command = commands.find(first)
        return JSONResponse({"offers": offers, "usage": None if command is None else command.usage("")})
    for offer in offers:
        command = commands.find(offer["word"])
        if command is not None:
            offer |= {"usage": command.usage(""), "summary": command.summary.of(locale)}
    return JSONResponse({"offers": offers, "usage": None})


async def _list_samples(playground: Playground, request: Request) -> Response:
    return JSONResponse({"samples": _offered(playground)})


def _offered(playground: Playground) -> list[dict[str, str]]:
    shown = names() if playground.samples is not None else ()
    return [{"name": name, "en": title(name)[0], "ko": title(name)[1]} for name in shown]


async def _send(playground: Playground, request: Request) -> Response:
    name, samples = request.path_params["name"], playground.samples
    if samples is None or name not in names():
        raise Refused("not_found", detail("sample", met=name[:80]))
    again = (await _object(request)).get("again") is True
    if again and name in samples.sent:
        sample, delivery = samples.sent[name]
        answer = await send_sample(samples.post, samples.url, samples.secret.reveal(), samples.source, sample, delivery_id=delivery)
    else:
        if samples.story is None:
            # Every issue and pull request leaves a message, so a hub that starts again does not speak of an old one.
            samples.story = Story(FIRST_NUMBER + await playground.talk.count())
        sample = load(name, samples.story.ids(name, playground.clock.now()))
        answer = await send_sample(samples.post, samples.url, samples.secret.reveal(), samples.source, sample)
        samples.sent[name] = (sample, answer.delivery_id)
    return JSONResponse(_told(name, answer))


def _told(name: str, answer: DoorAnswer) -> dict[str, Any]:
    return {
        "sample": name,
        "status": answer.status,
        "event": answer.event_id,
        "duplicate": answer.duplicate,
        "elapsed_ms": round(answer.elapsed_s * 1000),
        "code": answer.problem.get("code"),
        "remedy": answer.problem.get("remedy"),
    }


def _leads_in(playground: Playground, request: Request) -> bool:
    """Return whether the page leads into the console by itself: a demo's does for whom it is open (``POST /playground/console``)."""
    identity: Identity | None = getattr(request.state, "identity", None)
    return playground.samples is not None and identity is not None and identity.kind == "playground"


def _person(request: Request) -> str | None:
    """Return the name of who is signed in, ``token:NAME`` of a token; in an open playground people name themselves."""
    identity: Identity | None = getattr(request.state, "identity", None)
    match identity:
        case Identity(kind="person", name=name):
            return name
        case Identity(kind="token"):
            return identity.actor
        case _:
            return None


def _name(request: Request, asked: dict[str, Any]) -> str:
    return _person(request) or _named(_text(asked, "name"))


def _named(name: str) -> str:
    """Return the name that somebody gave themselves; that of a token is nobody's to take."""
    name = _clean(name)
    if name.strip().lower().startswith("token:"):
        raise Refused("request_invalid", about("name", "token_names"))
    return name


async def _object(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("request_invalid", about("Content-Type", "json_needed"))
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Refused("request_invalid", about("body", "not_json")) from error
    if not isinstance(found, dict):
        raise Refused("request_invalid", about("body", "not_an_object"))
    return found


def _text(asked: dict[str, Any], key: str) -> str:
    value = asked.get(key)
    if not isinstance(value, str):
        raise Refused("request_invalid", about(_clean(key)[:80], "write_text"))
    return _clean(value)


def _text_or_none(asked: dict[str, Any], key: str) -> str | None:
    return None if asked.get(key) is None else _text(asked, key)


def _count(asked: dict[str, Any], key: str) -> int:
    value = asked.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_ATTEMPTS:
        raise Refused("request_invalid", about(key, "write_number"))
    return value


def _clean(text: str) -> str:
    """Return ``text`` without lone surrogates: JSON may hold them, and neither the database nor the page could take one."""
    return text.encode("utf-8", "replace").decode()


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, media_type="application/json")


_DOORS: tuple[tuple[str, str, Answering], ...] = (
    ("GET", "/playground", _page),
    ("GET", "/playground/feed", _feed),
    ("GET", "/playground/messages", _read),
    ("POST", "/playground/messages", _say),
    ("POST", "/playground/actions", _act),
    ("POST", "/playground/forms", _submit),
    ("GET", "/playground/completions", _complete),
    ("GET", "/playground/samples", _list_samples),
    ("POST", "/playground/samples/{name}", _send),
)


def doors(playground: Playground) -> list[tuple[str, str, Handler]]:
    """Return every door: method, path, handler. All ask for the permission ``playground`` and take small JSON bodies."""
    return [(method, path, partial(handler, playground)) for method, path, handler in _DOORS]
