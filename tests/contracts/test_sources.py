"""Every source keeps the same promises: what is not proven is refused, what is proven is read, hostile bytes change nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.sources import HARNESSES, NOW, SECRET, Harness, spliced
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.ports import Accepted, Source

EVERY = pytest.mark.parametrize("harness", HARNESSES.values(), ids=HARNESSES.keys())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
HEADER = st.binary(max_size=120)


def source(harness: Harness) -> Source:
    return harness.make([SECRET])


def refusal(source: Source, headers: dict[bytes, bytes], body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        source.accept(headers, body)
    assert 400 <= refused.value.status < 500
    return refused.value.code


@EVERY
def test_a_signed_event_is_read(harness: Harness) -> None:
    """A request as the vendor sends it is taken, and its repository and id are known."""
    accepted = source(harness).accept(harness.headers(harness.body, SECRET), harness.body)
    assert (accepted.repo, accepted.is_ping) == (harness.repo, False)
    assert accepted.delivery_id
    event = source(harness).parse(accepted, id=1, received_at=NOW)
    assert (event.full_name, event.repo, event.delivery_id) == (harness.name, harness.repo, accepted.delivery_id)


@EVERY
def test_every_secret_is_good_while_rotating(harness: Harness) -> None:
    """With two secrets, what either of them signed is taken; what the one before them signed is not."""
    rotating = harness.make(["new", SECRET])
    for secret in ("new", SECRET):
        assert rotating.accept(harness.headers(harness.body, secret), harness.body).repo == harness.repo
    assert refusal(rotating, harness.headers(harness.body, "old"), harness.body) == "signature_invalid"


@EVERY
def test_a_source_without_a_secret_cannot_be_made(harness: Harness) -> None:
    """No secret and an empty secret are errors at once, not doors that anybody opens."""
    for secrets in ([], [""], [SECRET, ""]):
        with pytest.raises(ValueError, match="secret"):
            harness.make(secrets)


@EVERY
def test_an_unsigned_request_is_refused(harness: Harness) -> None:
    """Without a signature, or with an empty one, nothing is taken."""
    headers = harness.headers(harness.body, SECRET)
    assert refusal(source(harness), headers | {harness.signature: b""}, harness.body) == "signature_missing"
    del headers[harness.signature]
    assert refusal(source(harness), headers, harness.body) == "signature_missing"


@EVERY
def test_a_signature_must_be_exactly_right(harness: Harness) -> None:
    """Another body, another prefix, another case, a part, an addition and bytes that are no text are all refused."""
    right = harness.headers(harness.body, SECRET)[harness.signature]
    computed = right.removeprefix(harness.prefix)
    for wrong in (
        *((computed, harness.prefix) if harness.prefix else ()), harness.prefix + computed.swapcase(), right.swapcase(), right[:-1], right + b"0", b" " + right, right + b"\n",
        harness.prefix + b"0" * len(computed), harness.prefix + "é".encode(), b"\xff" * len(right), b"sha1=" + computed[:40],
    ):  # fmt: skip
        headers = harness.headers(harness.body, SECRET) | {harness.signature: wrong}
        assert refusal(source(harness), headers, harness.body) == "signature_invalid"
    if harness.covers_body:
        assert refusal(source(harness), harness.headers(harness.body, SECRET), harness.body + b" ") == "signature_invalid"


@EVERY
def test_the_signature_is_looked_at_first(harness: Harness) -> None:
    """Who does not know the secret learns nothing else: neither that the JSON is broken nor which header is missing."""
    assert refusal(source(harness), {harness.signature: harness.prefix + b"0" * 64}, b"{broken") == "signature_invalid"


@EVERY
def test_missing_headers_are_named(harness: Harness) -> None:
    """Each required header that is missing has a refusal of its own."""
    codes = set()
    for header in harness.required:
        headers = harness.headers(harness.body, SECRET)
        del headers[header]
        codes.add(refusal(source(harness), headers, harness.body))
    assert len(codes) == len(harness.required)


@EVERY
@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from([0, 1, 2]), value=HEADER)
def test_hostile_headers_are_refused_or_harmless(harness: Harness, name: int, value: bytes) -> None:
    """Any bytes in a required header lead to a 4xx refusal, or to an event whose texts every database can keep."""
    headers = harness.headers(harness.body, SECRET) | {harness.required[name % len(harness.required)]: value}
    try:
        accepted = source(harness).accept(headers, harness.body)
    except Refused as refused:
        assert 400 <= refused.status < 500
    else:
        assert storable(accepted)


@EVERY
def test_a_body_of_another_type_is_refused(harness: Harness) -> None:
    """XML, text and no type at all are not what this vendor sends."""
    for content_type in harness.foreign_types:
        headers = harness.headers(harness.body, SECRET) | {b"content-type": content_type}
        assert refusal(source(harness), headers, harness.body) == "content_type_unsupported"


@EVERY
def test_json_may_say_its_charset(harness: Harness) -> None:
    """A content type with parameters, in any case, is still JSON."""
    for content_type in harness.types:
        headers = harness.headers(harness.body, SECRET) | {b"content-type": content_type}
        assert source(harness).accept(headers, harness.body).repo == harness.repo


@EVERY
@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"[]", b"null", b'"text"', b"1", b"{}{}", b"{'a': 1}", b'{"a": 1,}', b'{"a": NaN}', b'{"a": 01}', b'{"a": "\x00"}',
        b'{"a": "\xff"}', b'{"\xff": 1}', b'{"a": "\xed\xa0\x80"}', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"a=1&b=2", b"<a/>", b'{"a": tru}', b'{"a": "\\q"}', b'{"a": "\n"}',
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(harness: Harness, body: bytes) -> None:
    """Broken JSON, also where nobody would look at it, other values than an object, and bytes that are not UTF-8 are refused."""
    if harness.any_json and body in (b"", b"[]", b"null", b'"text"', b"1"):
        source(harness).accept(harness.headers(body, SECRET), body)
        return
    assert refusal(source(harness), harness.headers(body, SECRET), body) == "json_invalid"


@EVERY
@settings(max_examples=25, deadline=None)
@given(body=st.binary(max_size=200))
@example(body=b"{}")
@example(body=b'{"":"","":false}')  # bytes at random are an object now and then, though of no event
def test_any_bytes_are_refused_or_read(harness: Harness, body: bytes) -> None:
    """No body raises anything but a 4xx refusal, though it is signed."""
    try:
        accepted = source(harness).accept(harness.headers(body, SECRET), body)
    except Refused as refused:
        assert refused.code in ("json_invalid", "event_missing")
    else:
        assert source(harness).parse(accepted, id=1, received_at=NOW).id == 1


@EVERY
def test_unknown_events_are_taken(harness: Harness) -> None:
    """A kind of event that the vendor invents tomorrow is an event like others."""
    if not harness.open_ended:
        pytest.skip("this vendor tells of one kind of event")
    body = harness.unknown_body or harness.body
    accepted = source(harness).accept(harness.headers(body, SECRET) | dict(harness.unknown), body)
    event = source(harness).parse(accepted, id=1, received_at=NOW)
    assert event.repo == harness.repo
    assert event.full_name != harness.name


@EVERY
@pytest.mark.parametrize("escaped", [b"\\u0000", b"\\ud800", b"\\udc00 \\ud83d", b"\\ud83d\\u0041"], ids=repr)
def test_characters_that_no_database_keeps_become_replacements(harness: Harness, escaped: bytes) -> None:
    """A NUL or half a surrogate pair, which JSON can spell, is no reason to lose an event, and does not reach the store."""
    body = spliced(harness.body.replace(b"acme", b"ac" + escaped + b"me"), b'"title": "x%sy", "%s": 1, "path": "C:\\\\u0000"' % (escaped, escaped))
    accepted = source(harness).accept(harness.headers(body, SECRET), body)
    assert storable(accepted)
    event = source(harness).parse(accepted, id=1, received_at=NOW)
    assert_clean(event.payload)
    kept = told(event)
    assert kept["path"] == "C:\\u0000"
    assert "\ufffd" in kept["title"]


@EVERY
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 30, "9" * 6_000], ids=lambda number: number[:6])
def test_numbers_that_nothing_holds_are_no_reason_to_lose_an_event(harness: Harness, number: str) -> None:
    """Numbers beyond floats and beyond thousands of digits are accepted, and the rest of the payload is there."""
    body = spliced(harness.body, b'"n": %s' % number.encode())
    event = source(harness).parse(source(harness).accept(harness.headers(body, SECRET), body), id=1, received_at=NOW)
    assert event.full_name == harness.name
    assert told(event)["n"] in (number, 10**30 - 1)


@EVERY
@settings(max_examples=25, deadline=None)
@given(name=st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=30), payload=st.dictionaries(st.text(max_size=12), JSON, max_size=6), body=HEADER)
def test_parsing_never_raises(harness: Harness, name: str, payload: dict[str, Any], body: bytes) -> None:
    """Whatever was accepted, also bytes that a store might give back damaged, becomes an event."""
    for content in (body, json.dumps(payload).encode()):
        accepted = Accepted(name=name, action=None, delivery_id="1", body=content, repo="acme/web")
        event = source(harness).parse(accepted, id=7, received_at=NOW)
        assert (event.id, event.name, event.received_at, event.repo) == (7, name, NOW, "acme/web")


def told(event: Event) -> dict[str, Any]:
    """Return what the vendor sent, wherever in the payload it is kept."""
    return {**event.payload, **event.payload.get("original", {})}


def storable(accepted: Accepted) -> bool:
    for text in (accepted.name, accepted.action, accepted.delivery_id, accepted.repo):
        assert_clean(text)
    return True


def assert_clean(value: object) -> None:
    match value:
        case str():
            assert "\x00" not in value
            value.encode()
        case dict():
            assert_clean(list(value.items()))
        case list() | tuple():
            for item in value:
                assert_clean(item)
        case _:
            pass
