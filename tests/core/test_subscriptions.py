"""What a subscription can be: limits in bytes, told with the field and the number; secrets that overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leverframe.core.errors import Refused
from leverframe.core.subscriptions import (
    LONGEST_OVERLAP,
    MOST_SECRETS,
    Health,
    SealedSecret,
    Subscription,
    check,
    check_secret,
    live,
    rotated,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def some(**over: Any) -> Subscription:
    """Return one that can be."""
    given: dict[str, Any] = {"id": 1, "project": "acme/web", "url": "https://example.com/", "events": ("push",), "format": "yobi", "made_by": "person:ann", "made_at": NOW}
    return Subscription(**given | over)


@pytest.mark.parametrize(("over", "said"), [
    ({"url": "https://e.example/" + "x" * 1_983}, "hook_too_long: payloadUrl: 2001 bytes, at most 2000"),
    ({"url": "https://e.example/" + "가" * 661}, "hook_too_long: payloadUrl: 2001 bytes, at most 2000"),
    ({"url": ""}, "hook_field_invalid: payloadUrl"), ({"events": ()}, "hook_field_invalid: events"), ({"concurrency": 0}, "hook_field_invalid: concurrency"),
    ({"concurrency": 65}, "hook_field_invalid: concurrency"), ({"per_s": -1.0}, "hook_field_invalid: per_second"), ({"per_s": float("nan")}, "hook_field_invalid: per_second"),
    ({"per_s": float("inf")}, "hook_field_invalid: per_second"),
])  # fmt: skip
def test_what_no_subscription_can_have_is_refused(over: dict[str, Any], said: str) -> None:
    """The field is named, and the limit that it breaks."""
    with pytest.raises(Refused) as refused:
        check(some(**over))
    assert str(refused.value).startswith(said)


def test_limits_are_of_bytes_and_what_is_just_within_them_is_taken() -> None:
    """2,000 bytes of address, 250 of secret; a Korean letter has three."""
    check(some(url="https://e.example/" + "x" * 1_982, concurrency=64, per_s=0.5))
    check_secret("가" * 83 + "x")
    check_secret("")
    with pytest.raises(Refused, match="hook_too_long: secret: 252 bytes, at most 250"):
        check_secret("가" * 84)
    with pytest.raises(Refused, match="hook_field_invalid: secret"):
        check_secret("two\r\nlines")


def test_what_happens_is_owed_unless_it_is_inactive_or_switched_off() -> None:
    """Paused and degraded ones are owed it all the same."""
    assert some(paused=True).takes and some(health=Health.DEGRADED).takes
    assert not some(active=False).takes and not some(health=Health.DISABLED).takes
    assert some().shown_id == "sub_0000000000001" and some().destination == "hooks:sub_0000000000001"


def test_secrets_overlap_while_they_are_rotated_and_never_longer_than_they_may() -> None:
    """However often it is rotated, only so many sign; a subscription can also be left without any."""
    kept: tuple[SealedSecret, ...] = ()
    for number in range(9):
        kept = rotated(kept, str(number), now=NOW, overlap=timedelta(days=1))
    assert [one.sealed for one in kept] == ["8", "7", "6", "5", "4"] and len(kept) == MOST_SECRETS
    assert [one.sealed for one in live(kept, NOW + timedelta(days=1))] == ["8"]
    assert [one.sealed for one in rotated(kept, "9", now=NOW, overlap=timedelta(0))] == ["9"]
    assert rotated(kept, None, now=NOW, overlap=timedelta(0)) == ()
    with pytest.raises(Refused, match="overlap: at most 7 days"):
        rotated(kept, "9", now=NOW, overlap=LONGEST_OVERLAP + timedelta(seconds=1))
