"""Payload fields are read by the type that is asked for, or come back empty."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from leverframe.core import payload as reading

PAYLOAD: dict[str, Any] = {
    "issue": {
        "title": "Cart",
        "number": 12,
        "locked": True,
        "labels": [{"name": "bug"}, None, "wip"],
        "html_url": "https://example.com/12",
    },
    "sender": None,
    "count": True,
}


def test_fields_are_read_by_type() -> None:
    """Each accessor gives what stands at the path when it is of its type."""
    assert reading.text(PAYLOAD, "issue", "title") == "Cart"
    assert reading.number(PAYLOAD, "issue", "number") == 12
    assert reading.flag(PAYLOAD, "issue", "locked") is True
    assert reading.mapping(PAYLOAD, "issue") is PAYLOAD["issue"]
    assert reading.items(PAYLOAD, "issue", "labels") == [{"name": "bug"}]
    assert reading.web(PAYLOAD, "issue", "html_url") == "https://example.com/12"
    assert reading.text(MappingProxyType(PAYLOAD), "issue", "title") == "Cart"


@pytest.mark.parametrize(
    "path", [("issue",), ("sender", "login"), ("count",), ("missing", "deeper"), ("issue", "labels"), ("issue", "title", "x")]
)
def test_anything_else_is_the_empty_value(path: tuple[str, ...]) -> None:
    """A missing field, null, or another type is the empty value of the type, never an error."""
    assert reading.text(PAYLOAD, *path) == ""
    assert reading.number(PAYLOAD, *path) is None
    assert reading.web(PAYLOAD, *path) is None
    assert reading.moment(PAYLOAD, *path) is None


@pytest.mark.parametrize("value", [None, 7, "x", [], 1.5])
def test_a_payload_may_be_anything(value: Any) -> None:
    """Reading from what is no object at all gives the empty value."""
    assert reading.text(value, "a") == ""
    assert reading.mapping(value, "a") == {}
    assert reading.items(value, "a") == []
    assert reading.flag(value, "a") is False


MOMENTS = [
    ("2026-11-21T07:05:00Z", datetime(2026, 11, 21, 7, 5, tzinfo=UTC)),
    ("2026-11-21T16:05:00+09:00", datetime(2026, 11, 21, 7, 5, tzinfo=UTC)),
    ("2026-11-21T02:05:00.000-05:00", datetime(2026, 11, 21, 7, 5, tzinfo=UTC)),
    ("2026-11-21T07:05:00", datetime(2026, 11, 21, 7, 5, tzinfo=UTC)),
    (1_795_244_700, datetime(2026, 11, 21, 7, 5, tzinfo=UTC)),
    ("soon", None),
    ("0001-01-01T00:00:00+14:00", None),
    ("9999-12-31T23:59:59-14:00", None),
    (10**30, None),
    (-1, None),
    (True, None),
]


@pytest.mark.parametrize(("value", "expected"), MOMENTS)
def test_moments_are_utc_or_nothing(value: Any, expected: datetime | None) -> None:
    """ISO text of any offset and Unix seconds are instants; what no calendar holds is none."""
    assert reading.moment({"at": value}, "at") == expected


def test_lone_surrogates_do_not_pass() -> None:
    """A string that UTF-8 cannot carry comes back as one that it can."""
    assert reading.text({"a": "x\ud800y"}, "a") == "x?y"


PICTURES = {
    "https://example.com/a.png": True,
    "https://example.com/@ann/a.png?who=@bob#@c": True,
    "https://example.com:8443/차트.png": True,
    "http://example.com/a.png": False,
    "HTTPS://example.com/a.png": False,
    "javascript:alert(1)": False,
    "data:image/png;base64,AAAA": False,
    "https://ann@example.com/a.png": False,
    "https://ann:hunter2@example.com": False,
    "https:///ann@example.com/a.png": False,
    "https://\\ann@example.com/a.png": False,
    "https://example.com/a b.png": False,
    "https://example.com/" + "x" * 2_000: False,
    "": False,
}


@pytest.mark.parametrize(("address", "may"), PICTURES.items())
def test_what_may_be_shown_as_a_picture(address: str, may: bool) -> None:
    """An https address of the web that holds nobody's name; an @ after the host is a part of the path."""
    assert reading.is_picture(address) is may
