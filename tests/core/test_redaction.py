"""Secrets do not reach the audit, whoever let them come so far: each shape that is known, and all that is named a secret."""

from __future__ import annotations

import time

import pytest

from leverframe.core.redaction import LONGEST, redacted, redacted_detail

A = "0123456789abcdefABCDEF0123456789"
JOIN = "".join  # so that no secret scanner takes these for real ones


@pytest.mark.parametrize(
    "secret",
    [
        JOIN(("xox", "b-1234567890-", A)), JOIN(("xox", "e.xoxp-1-", A)), JOIN(("xa", "pp-1-A0-", A)), JOIN(("xw", "fp-", A)),
        JOIN(("gh", "p_", A)), JOIN(("gh", "s_", A)), JOIN(("github", "_pat_", A)), JOIN(("gl", "pat-", A)),
        JOIN(("wh", "sec_", A, "+/==")), JOIN(("wh", "sk_", A)), JOIN(("lf", "_", A)), JOIN(("lfh", "_", A)),
        JOIN(("AK", "IA", "ABCDEFGHIJKLMNOP")), JOIN(("AI", "za", A, "abcd")), JOIN(("sk", "_live_", A)), JOIN(("hv", "s.", A)),
        JOIN(("ey", "JhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxIn0.", A)),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg and cut he",
        JOIN(("https://hooks.slack", ".com/services/T0/B0/", A)),
    ],
)  # fmt: skip
def test_a_token_of_a_known_shape_is_masked_wherever_it_stands(secret: str) -> None:
    """Alone, in a line, in quotes, as part of an address."""
    body = secret.removeprefix("https://hooks.slack.com/")
    for text in (secret, f"deploy web-app staging {secret}", f'reason="try {secret}"', f"https://ci.example.com/?x={secret}&y=1"):
        shown = redacted(text)
        assert body not in shown and "***" in shown and A not in shown
    assert redacted(f"deploy web-app {secret}").startswith("deploy web-app ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("deploy web staging password=hunter2", "deploy web staging password=***"),
        ('run db.password="two words" x=1', 'run db.password="***" x=1'),
        ("DB_PASSWORD=a clientSecret=b api-key=c", "DB_PASSWORD=*** clientSecret=*** api-key=***"),
        ("password: hunter2", "password: ***"),
        ("비밀번호: 가나다 암호=라", "비밀번호: *** 암호=***"),
        ('{"token": "abc", "user": "ann"}', '{"token": "***", "user": "ann"}'),
        ("login --password 'a b' --force", "login --password '***' --force"),
        ("Authorization: Bearer abcdef.ghi", "Authorization: ***"),
        ("Authorization: token abc", "Authorization: ***"),
        ("with Basic dXNlcjpwYXNz", "with Basic ***"),
        ("postgresql://hub:p@ss:w@db.example.com/hub", "postgresql://***@db.example.com/hub"),
        ("reason=password=hunter2", "reason=password=***"),
        ("KEY-----MIIEowIBAAKCAQEA-----END", "***"),
        ("line " + "aB3+" * 16, "line ***"),
        ('reason="the password: hunter2 is old"', 'reason="the password: *** is old"'),
    ],
)
def test_what_is_named_a_secret_is_masked(text: str, shown: str) -> None:
    """By its name, in the forms in which people and programs write it, in English and Korean."""
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "person:ann", "token:ci", "source:github", "tokens.issue", "hook-tokens", "deploy web-app staging 0123456789abcdef0123456789abcdef01234567",
        "secret scanning is on", "POST /teams/incoming/{token}", "GET /api/tokens/{name}", "playground:#dev-team", "author=ann keyboard=us",
        "the token was revoked", "basic understanding", 'reason="fixes the login"', "slack:T012/U034", "배포 web-app staging", "https://ci.example.com:8080/job",
        "sha256:" + "0a" * 32, "a=b=c=d x=y", "password=", "aud_0000000000001", "--password", "",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    """Names of tokens, ids, commits and sentences about secrets are what the audit is read for."""
    assert redacted(text) == text


def test_details_are_masked_by_name_and_by_shape() -> None:
    """However deep; numbers stay, for a count of tokens is no token."""
    detail = {
        "password": "x", "count": 3, "tokens": 7, "line": "run password=x", "nested": {"api_key": ["a", "b"], "deep": [{"note": "token: abc"}]}, "ok": None,
        JOIN(("gh", "p_", A)): "key",
    }  # fmt: skip
    assert redacted_detail(detail) == {
        "password": "***", "count": 3, "tokens": 7, "line": "run password=***", "nested": {"api_key": "***", "deep": [{"note": "token: ***"}]}, "ok": None,
        "***": "key",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["a", "=:", "-----BEGIN ", "password= ", "--a ", "eyJ", "eyJ-", "a.b-", "://", "://a:", 'a="', "a='b:\"", "-----BEGIN A-----", "x=y:", "Basic ", "A", "aB1/", "a/", "token", "--", "-a", "secrets "], ids=repr
)
def test_hostile_text_costs_no_time(text: str) -> None:
    """Masking is linear: tried in every way, 20,000 characters would take minutes; and no more are looked at. Beginnings of JSON Web
    Tokens, each looked at to the end, took most of a second: a path of them that nobody signed in for was enough."""
    began = time.process_time()
    shown = redacted(text * LONGEST)
    assert time.process_time() - began < 0.4
    assert len(shown) <= LONGEST * 2
