"""Any service, by what the configuration says of it."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sources.golden import parsed

from leverframe.core.errors import Refused
from leverframe.core.messages import plain
from leverframe.core.wording import compose
from leverframe.ports import Accepted
from leverframe.secrets import resolve
from leverframe.source_rooms import generic_source
from leverframe.sources.generic.pointers import read, text_at
from leverframe.sources.generic.settings import Settings
from leverframe.sources.generic.source import GenericSource

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
TICKET = {"kind": "ticket", "what": "opened", "project": "acme/web", "by": {"name": "지호"}, "title": "결제 오류", "link": "https://desk.example.com/7", "text": "두 번 결제됨", "id": 7}
MAPPED = {"action": "/what", "repository": "/project", "actor": "/by/name", "title": "/title", "url": "/link", "body": "/text"}


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def source(now: datetime = NOW, **settings: Any) -> GenericSource:
    known = {"kind": "generic", "secrets": [resolve("s3cret")], "header": "X-Signature", "event": "/kind", "fields": MAPPED, **settings}
    made = generic_source("desk", Settings.model_validate(known), Clock(now))
    assert isinstance(made, GenericSource)
    return made


def take(source: GenericSource, payload: Any = TICKET, **headers: bytes) -> Accepted:
    body = json.dumps(payload).encode()
    given = {b"content-type": b"application/json", b"x-signature": hmac.digest(b"s3cret", body, "sha256").hex().encode()}
    return source.accept(given | {name.replace("_", "-").encode(): value for name, value in headers.items()}, body)


def test_what_is_written_in_json_is_json() -> None:
    """Some services have a type of their own for what they send, and were refused with 415."""
    assert take(source(), content_type=b"application/vnd.contentful.management.v1+json").name == "ticket"
    for type_ in (b"application/x+jsonp", b"text/x+json", b"application/cbor"):
        with pytest.raises(Refused, match="content_type_unsupported"):
            take(source(), content_type=type_)


@pytest.mark.parametrize("proof", ["hmac", "token"])
def test_what_proved_it_is_not_kept(proof: str) -> None:
    """The header is the configuration's to name, so no name tells that it holds a secret: a token in X-Api-Key was kept with the event."""
    taken = take(source(header="X-Api-Key", proof=proof), x_api_key=b"s3cret" if proof == "token" else hmac.digest(b"s3cret", json.dumps(TICKET).encode(), "sha256").hex().encode())
    assert taken.unkept == b"x-api-key"


def test_fields_are_found_by_their_pointers() -> None:
    """Event, action, repository, person, title, page and words come from where the configuration says, and are told in both languages."""
    event = parsed(source(), take(source()))
    assert (event.full_name, event.repo, event.actor and event.actor.login, event.url) == ("ticket.opened", "acme/web", "지호", "https://desk.example.com/7")
    for locale in ("en", "ko"):
        said = plain(compose(event, locale, UTC))  # type: ignore[arg-type]
        assert all(words in said for words in ("ticket.opened", "지호", "결제 오류", "두 번 결제됨"))


@pytest.mark.parametrize(
    ("algorithm", "encoding", "prefix", "signed"),
    [("sha1", "hex", "sha1=", "timestamp.body"), ("sha512", "base64", "", "timestamp:body"), ("sha256", "hex", "v0=", "timestampbody")],
)
def test_signatures_of_every_make(algorithm: str, encoding: str, prefix: str, signed: str) -> None:
    """Algorithm, encoding, prefix, and what the moment is put together with; a moment that is too far off is refused, a wrong one is no signature."""
    desk = source(algorithm=algorithm, encoding=encoding, prefix=prefix, timestamp_header="X-At", signed=signed)
    body, between = json.dumps(TICKET).encode(), {"timestamp.body": b".", "timestamp:body": b":", "timestampbody": b""}[signed]

    def sign(at: datetime) -> dict[str, bytes]:
        moment = str(int(at.timestamp())).encode()
        digest = hmac.digest(b"s3cret", moment + between + body, algorithm)
        return {"x_at": moment, "x_signature": prefix.encode() + (digest.hex().encode() if encoding == "hex" else b64encode(digest))}

    assert take(desk, **sign(NOW)).name == "ticket"
    for late in (timedelta(seconds=301), timedelta(seconds=-301)):
        with pytest.raises(Refused, match="timestamp_stale"):
            take(desk, **sign(NOW - late))
    with pytest.raises(Refused, match="signature_invalid"):
        take(desk, **{**sign(NOW), "x_at": b"1"})


def test_a_token_behind_its_word() -> None:
    """A token stands after its prefix, and only there."""
    desk = source(proof="token", header="Authorization", prefix="Bearer ")
    assert take(desk, authorization=b"Bearer s3cret").name == "ticket"
    for wrong in (b"s3cret", b"Bearer s3cre", b"bearer s3cret", b"Bearer "):
        with pytest.raises(Refused, match="signature_invalid"):
            take(desk, authorization=wrong)


def test_what_makes_a_repeat() -> None:
    """The id in the header, or in the payload, or where there is none the body itself. An id that is announced and missing is refused."""
    assert take(source(id_header="X-Id"), x_id=b"17").delivery_id == "17"
    assert take(source(id="/id")).delivery_id == "7"
    assert take(source(id="/title")).delivery_id != "결제 오류"  # an id that is no plain word stands for itself
    assert take(source()).delivery_id == take(source()).delivery_id != take(source(), {**TICKET, "id": 8}).delivery_id
    for desk in (source(id_header="X-Id"), source(id="/nothing")):
        with pytest.raises(Refused, match="delivery_id_missing"):
            take(desk)


@pytest.mark.parametrize(
    ("settings", "headers", "full_name"),
    [
        ({"event": None, "event_header": "X-Event"}, {"x_event": b"invoice.paid"}, "invoice.opened"),
        ({"event": None, "event_name": "ticket_changed"}, {}, "ticket_changed.opened"),
        ({"event": "/nothing", "event_name": "other"}, {}, "other.opened"),
        ({"event": "/title", "fields": {}}, {}, "_"),
    ],
)
def test_what_an_event_is_called(settings: dict[str, Any], headers: dict[str, bytes], full_name: str) -> None:
    """By its header, by the payload, or by the configuration; letters that routes cannot name become _."""
    accepted = take(source(**settings), **headers)
    assert parsed(source(**settings), accepted).full_name.startswith(full_name.partition(".")[0])


@pytest.mark.parametrize(
    "wrong",
    [{"event": None}, {"event": "kind"}, {"event": "/a~2"}, {"header": "X Y"}, {"algorithm": "md5"}, {"proof": "token", "timestamp_header": "X-At"}, {"fields": {"titel": "/x"}}],
    ids=repr,
)
def test_settings_that_lead_nowhere_are_refused(wrong: dict[str, Any]) -> None:
    """No name for events, a pointer that is none, a header that cannot be, an algorithm that proves nothing, a field that is not known."""
    with pytest.raises(ValidationError):
        source(**wrong)


def test_pointers_are_those_of_the_rfc() -> None:
    """~1 is a slash, ~0 a tilde, numbers are places in lists; what is not there is nothing, and so are lists and objects."""
    document = {"a/b": {"~": [10, {"c": True}]}, "": 1.5, "n": None, "o": {}}
    cases = {"/a~1b/~0/0": "10", "/a~1b/~0/1/c": "true", "/": "1.5", "/n": "", "/o": "", "/x": "", "/a~1b/~0/2": "", "/a~1b/~0/01": "", "/a~1b/~0/-": ""}
    assert {pointer: text_at(document, read(pointer)) for pointer in cases} == cases
