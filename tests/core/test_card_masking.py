"""Cards as pages show them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from leverframe.core.cards import masking
from leverframe.sources.teams.source import read_card

SEED = (Path(__file__).parents[1] / "sources" / "teams" / "fixtures" / "approval__seed.json").read_bytes()


@pytest.mark.parametrize("kept", [SEED, msgspec.json.encode({"of": "evt_1", "card": msgspec.to_builtins(read_card(SEED)), "presses": []})], ids=["as posted", "as kept"])
def test_what_buttons_send_with_them_is_not_shown(kept: bytes) -> None:
    """The values of headers and the query of an address, in both forms that are kept; the rest is as it was."""
    shown = masking.shown(kept.replace(b'"web"', b'"hunter2"')).decode()
    assert "code=abc" not in shown and "hunter2" not in shown and "X-Team" in shown
    assert "https://functions.example.com/api/approve?***" in shown and "event_type" in shown and "배포 승인 요청" in shown


def test_the_query_of_an_image_is_not_shown() -> None:
    """An address of an image is often signed: whoever has its query may fetch it. It was masked as it is kept, and stood there as it was posted."""
    address = "https://bucket.example.com/chart.png?X-Amz-Signature=hunter2"
    card = {"title": "t", "sections": [{"activityImage": address, "heroImage": {"image": address}, "images": [{"image": address, "title": "Chart"}]}]}
    shown = masking.shown(json.dumps(card).encode()).decode()
    assert "hunter2" not in shown and shown.count("https://bucket.example.com/chart.png?***") == 3 and "Chart" in shown


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 5_000, b'{"headers":[[],1,null],"target":7}', b'{"text":"lf_' + b"a" * 20 + b'"}'])
def test_anything_can_be_shown(body: bytes) -> None:
    """Whatever it is, and a token within a text is masked."""
    assert b"lf_a" not in masking.shown(body)
    json.dumps(masking.shown(body).decode())
