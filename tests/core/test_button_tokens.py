"""Tokens of buttons that left the hub in a card."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core import button_tokens
from leverframe.core.button_tokens import Signed
from leverframe.core.errors import Refused

NOW = datetime(2026, 11, 29, tzinfo=UTC)
KEY, OLD = b"k" * 32, b"o" * 32
SAID = Signed(action="approve", value="dep_1", chat="teams", card="dlv_1", ends=int((NOW + timedelta(hours=1)).timestamp()), nonce="n")


def test_what_was_signed_is_read() -> None:
    """With any of the keys in use, until it ends."""
    token = button_tokens.sign(SAID, OLD)
    assert button_tokens.read(token, [KEY, OLD], NOW) == SAID
    with pytest.raises(Refused, match="card_token_expired"):
        button_tokens.read(token, [KEY, OLD], NOW + timedelta(hours=1))


def _forged() -> dict[str, str]:
    token = button_tokens.sign(SAID, KEY)
    head, _, mac = token.removeprefix("lfb1.").partition(".")
    other = base64.urlsafe_b64encode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).replace(b"dep_1", b"dep_2")).decode().rstrip("=")
    return {
        "another deployment": f"lfb1.{other}.{mac}", "another key": button_tokens.sign(SAID, b"x" * 32), "no signature": f"lfb1.{head}.", "no body": f"lfb1..{mac}",
        "another kind": f"lf_.{head}.{mac}", "nothing": "", "endless": "lfb1." + "a" * 100_000, "other letters": f"lfb1.{head}é.{mac}", "an API token": "lf_abcdefgh",
    }  # fmt: skip


@pytest.mark.parametrize("token", _forged().values(), ids=list(_forged()))
def test_what_was_not_signed_is_refused(token: str) -> None:
    """By whatever it differs."""
    with pytest.raises(Refused, match="card_token_invalid"):
        button_tokens.read(token, [KEY], NOW)


def test_a_hub_without_a_key_takes_none() -> None:
    """An empty set of keys proves nothing."""
    with pytest.raises(Refused, match="card_token_invalid"):
        button_tokens.read(button_tokens.sign(SAID, b""), [], NOW)


@given(st.text(max_size=200))
def test_nothing_else_gets_through(text: str) -> None:
    """A refusal, and no other exception."""
    with pytest.raises(Refused):
        button_tokens.read(f"lfb1.{text}", [KEY], NOW)
