"""Grants: words, matched one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.access import BUILT_IN, Allowed, Denied, Identity, Role, allowed, covers, exceeds, held
from leverframe.core.details import Detail


@pytest.mark.parametrize(
    ("grant", "words", "yes"),
    [
        ("deploy web-app staging", "deploy web-app staging main", True),
        ("deploy web-app staging", "deploy web-app staging", True),
        ("deploy web-app staging", "deploy web-app production", False),
        ("deploy web-app staging", "deploy web-app", False),
        ("deploy web-app *", "deploy web-app", True),
        ("deploy web-app", "deploy web-app production release/1", True),
        ("deploy * staging", "deploy web-app staging", True),
        ("deploy web-app staging release/*", "deploy web-app staging release/1", True),
        ("deploy web-app staging release/*", "deploy web-app staging release/1/2", False),
        ("deploy web-app staging release/**", "deploy web-app staging release/1/2", True),
        ("deploy web-app staging *", "deploy web-app staging release/1", True),
        ("hooks.manage acme/*", "hooks.manage acme/web", True),
        ("hooks.manage acme/*", "hooks.manage other/web", False),
        ("hooks.manage *", "hooks.manage acme/web", True),
        ("deliveries.*", "deliveries.retry", True),
        ("deliveries.read", "deliveries.retry", False),
        ("deploy web-app", "approve web-app", False),
        ("Deploy", "deploy", False),
        ("*", "admin", True),
        ("*", "deploy web-app production", True),
        ("", "admin", False),
        ("admin", "", False),
    ],
)
def test_a_grant_covers_words_by_glob(grant: str, words: str, yes: bool) -> None:
    """Each word is a glob; trailing words left out allow anything; a word that the asker leaves out needs a lone star."""
    assert covers(grant, words.split()) is yes


def test_nobody_has_a_grant_by_default() -> None:
    """No grant means refused, with the reason and the roles that hold one."""
    found = allowed(Identity(kind="person", name="bo"), ("deliveries", "retry"), {**BUILT_IN, "ops": Role(allow=("deliveries *",))})
    assert found == Denied(Detail("person:bo has no grant for deliveries retry", "person:bo에게 deliveries retry 권한이 없음"), ("admin", "ops"))
    assert found.detail.en == "person:bo has no grant for deliveries retry; roles that do: admin, ops"


def test_a_token_is_bound_by_its_own_grants_and_by_its_issuers() -> None:
    """Both must cover what is asked."""
    token = Identity(kind="token", name="ci", grants=("events.*",), within=("events.read", "admin"))
    assert allowed(token, ("events.read",)) == Allowed("events.*")
    assert isinstance(allowed(token, ("events.delete",)), Denied)
    assert isinstance(allowed(token, ("admin",)), Denied)


def test_roles_give_what_they_allow_to_who_has_or_joins_them() -> None:
    """A person has their own role and every role that names them; an unknown role gives nothing."""
    roles = {**BUILT_IN, "release": Role(members=("slack:U1", "person:bo"), allow=("deploy web-app", "events.read"))}
    assert held(roles, role="viewer", actor="person:bo") == ("events.read", "deliveries.read", "deployments.read", "routes.read", "deploy web-app")
    assert held(roles, role=None, actor="slack:U1") == ("deploy web-app", "events.read")
    assert held(roles, role="gone", actor="slack:U2") == ()


@pytest.mark.parametrize(
    ("own", "asked", "wider"),
    [
        ("*", "deploy * production", False), ("deploy web-app", "deploy web-app staging", False), ("deploy web-app *", "deploy web-app", False),
        ("deploy web-app staging", "deploy web-app", True), ("events.*", "events.*", False), ("events.*", "events.read", False),
        ("events.?ead", "events.*", True), ("deploy ?", "deploy *", True), ("deploy ?abc?", "deploy [abc]", True), ("events.read", "admin", True),
        ("events.read", "*", True), ("deploy *", "deploy **", False), ("deploy a*", "deploy ab*", True), ("events.read", "", True),
    ],
)
def test_nobody_hands_on_more_than_they_hold(own: str, asked: str, wider: bool) -> None:
    """A grant that might be wider than one's own is refused: globs are only compared as they stand."""
    holder = Identity(kind="person", name="bo", grants=(own,))
    assert exceeds((asked,), holder) == ((asked,) if wider else ())


words = st.lists(st.sampled_from(["a", "b", "ab", "a/b", "events.read"]), min_size=1, max_size=4)
grants = st.lists(st.sampled_from(["a", "*", "**", "?", "[ab]", "a*", "*/b", "events.*", "[*]", "ab"]), min_size=1, max_size=4)


@given(own=grants, handed=grants, asked=words)
def test_what_is_handed_on_never_allows_more(own: list[str], handed: list[str], asked: list[str]) -> None:
    """Whatever a grant covers that does not exceed one's own is covered by one's own."""
    holder = Identity(kind="person", grants=(" ".join(own),))
    if not exceeds((" ".join(handed),), holder) and covers(" ".join(handed), asked):
        assert covers(" ".join(own), asked)
