"""What is GitHub's own about a request: headers, forms, ping; and the settings of the source."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leverframe.core.errors import Refused
from leverframe.sources.github.settings import Settings
from leverframe.sources.github.source import GithubSource

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
SECRET = "s3cret"
SOURCE = GithubSource("github", [SECRET])
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
FORM = b"application/x-www-form-urlencoded"


def headers(body: bytes, **changes: bytes) -> dict[bytes, bytes]:
    """Return GitHub's headers for ``body``, ``changes`` being named without ``x-github-``."""
    found = {
        b"content-type": b"application/json", b"x-github-event": b"push", b"x-github-delivery": b"72d3162e-cc78-11e3-81ab-4c9367dc0958",
        b"x-hub-signature-256": b"sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex().encode(),
    }  # fmt: skip
    return found | {(f"x-github-{name}" if name in ("event", "delivery") else name.replace("_", "-")).encode(): value for name, value in changes.items()}


def refusal(body: bytes, **changes: bytes) -> str:
    with pytest.raises(Refused) as refused:
        SOURCE.accept(headers(body, **changes), body)
    return refused.value.code


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_real_payload_is_taken(path: Path) -> None:
    """GitHub's own payloads are accepted as JSON and as a form, and say the same both ways."""
    body, name, action = path.read_bytes(), *(path.stem.split("__") + [None])[:2]
    assert name is not None
    accepted = SOURCE.accept(headers(body, event=name.encode()), body)
    assert (accepted.name, accepted.action, accepted.is_ping) == (name, action, name == "ping")
    event = SOURCE.parse(accepted, id=1, received_at=NOW)
    assert (event.source, event.kind, event.name, event.action, event.repo) == ("github", "github", name, action, accepted.repo)
    form = urlencode({"payload": body}).encode()
    unwrapped = SOURCE.accept(headers(form, event=name.encode(), content_type=FORM), form)
    assert unwrapped == accepted


@given(st.text(), st.sampled_from([quote, quote_plus]))
def test_a_form_is_unwrapped_as_it_was_wrapped(text: str, wrap: object) -> None:
    """Whatever the JSON holds, the form's field gives its bytes back, whether blanks were written as + or %20."""
    body = msgspec.json.encode({"text": text.encode("utf-8", "replace").decode()})
    form = b"payload=" + (quote(body) if wrap is quote else quote_plus(body)).encode()
    assert SOURCE.accept(headers(form, content_type=FORM), form).body == body


@pytest.mark.parametrize(
    "form",
    [b"", b"payload", b"payload=", b"other=%7B%7D", b"payload=%7B%7D&payload=%7B%7D", b"xpayload=%7B%7D", b"payload=%7", b"payload=%zz", b"payload={", b"payload=[]"],
    ids=repr,
)
def test_a_form_has_exactly_one_payload(form: bytes) -> None:
    """A form without the field, with two of them, or with something else than an object in it is refused."""
    assert refusal(form, content_type=FORM) == "json_invalid"


def test_a_form_is_signed_as_a_whole() -> None:
    """The signature of a form is over the form, not over the JSON in it; other fields beside payload do no harm."""
    form = b"payload=%7B%22action%22%3A%22opened%22%7D&x=1"
    assert SOURCE.accept(headers(form, content_type=FORM + b"; charset=utf-8"), form).action == "opened"
    with pytest.raises(Refused, match="signature_invalid"):
        SOURCE.accept(headers(b'{"action":"opened"}', content_type=FORM), form)


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("event", b"", "event_missing"),
        ("event", b"pull request", "header_invalid"),
        ("event", b"pull_request.opened", "header_invalid"),
        ("event", b"../push", "header_invalid"),
        ("event", b"push\n", "header_invalid"),
        ("event", b"a" * 101, "header_invalid"),
        ("event", "푸시".encode(), "header_invalid"),
        ("delivery", b"", "delivery_id_missing"),
        ("delivery", b"two words", "header_invalid"),
        ("delivery", b"\x00", "header_invalid"),
        ("delivery", b"x" * 101, "header_invalid"),
        ("delivery", b"\xff\xfe", "header_invalid"),
        ("content_type", b"text/html", "content_type_unsupported"),
    ],
)
def test_headers_hold_what_github_writes(header: str, value: bytes, code: str) -> None:
    """An event's name is one word, a delivery's id is printable ASCII, both at most 100 long."""
    assert refusal(b"{}", **{header: value}) == code


@pytest.mark.parametrize("name", ["quantum_leap", "quantum-leap", "QuantumLeap2"])
def test_an_event_that_nobody_knows_is_taken(name: str) -> None:
    """GitHub adds events, and a payload is not to be lost for how a name is spelt: capitals and hyphens were refused as bytes that a header may not hold."""
    accepted = SOURCE.accept(headers(b"{}", event=name.encode()), b"{}")
    assert SOURCE.parse(accepted, id=1, received_at=NOW).full_name == name


@pytest.mark.parametrize(
    ("body", "action", "repo"),
    [
        (b"{}", None, None),
        (b'{"action": null, "repository": null}', None, None),
        (b'{"action": 5, "repository": {"full_name": "acme/web"}}', None, "acme/web"),
        (b'{"action": "opened", "repository": []}', "opened", None),
        (b'{"action": "opened", "repository": "acme/web"}', "opened", None),
        (b'{"action": ["x"], "repository": {"full_name": {"a": 1}}}', None, None),
        (b'{"action": "", "repository": {}}', None, None),
        (b'{"action": "a", "action": "b"}', "b", None),
        (b'{"action": "%s"}' % (b"x" * 5000), "x" * 300, None),
        ('{"action": "열림", "repository": {"full_name": "회사/웹"}}'.encode(), "열림", "회사/웹"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_field_of_another_type_is_as_good_as_none(body: bytes, action: str | None, repo: str | None) -> None:
    """An event is never refused for the type of a field that the hub happens to look at."""
    accepted = SOURCE.accept(headers(body), body)
    assert (accepted.action, accepted.repo) == (action, repo)
    assert SOURCE.parse(accepted, id=1, received_at=NOW).action == action


def test_a_ping_is_known_as_one() -> None:
    """The door answers a ping, and no route gets it."""
    assert SOURCE.accept(headers(b"{}", event=b"ping"), b"{}").is_ping


def test_settings_need_a_secret_and_hide_it() -> None:
    """A source without a secret, with an empty one or with a key that does not exist is a configuration error."""
    settings = Settings.model_validate({"secrets": ["s3cret", "older"]})
    assert settings.kind == "github"
    assert "s3cret" not in repr(settings) + repr(GithubSource("github", ["s3cret"]))
    for wrong in ({}, {"secrets": []}, {"secrets": [""]}, {"secrets": ["x"], "secret": "y"}, {"secrets": ["x"], "kind": "gitlab"}):
        with pytest.raises(ValidationError):
            Settings.model_validate(wrong)
