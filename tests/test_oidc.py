"""Tokens that others sign for machines: what is proven, what is not, and keys that change."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from clock import VirtualClock
from fakes.oidc import FakeIssuer, issuing, part

from leverframe.core.access import Identity
from leverframe.core.errors import Refused
from leverframe.core.workflows import Allowance, identity_of
from leverframe.net import Outbound
from leverframe.oidc import Issuer
from leverframe.web.pipelines import Pipelines

pytestmark = pytest.mark.anyio
HUB = "https://hub.example.com"
ALLOW = Allowance(repositories=("acme/*", "!acme/secret"), environments=("production",), refs=("refs/heads/*",), grants=("approvals.ask {repository} *", "dispatch {repository} deploy"))


@pytest.fixture
async def made() -> AsyncIterator[tuple[FakeIssuer, Issuer, VirtualClock]]:
    clock, outbound = VirtualClock(), Outbound()
    with issuing() as fake:
        issuer = Issuer(outbound, clock, issuer=fake.url, audience=HUB)
        yield fake, issuer, clock
        await issuer.close()
    await outbound.close()


Made = tuple[FakeIssuer, Issuer, VirtualClock]


async def test_a_genuine_token_is_taken(made: Made) -> None:
    """Signed by the issuer, for this hub, in its time; the keys are asked for once."""
    fake, issuer, clock = made
    for _ in range(3):
        claims = await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
    assert claims["repository"] == "acme/web" and fake.asked.count("/.well-known/jwks") == 1
    assert (await issuer.claims(fake.sign(audience=["x", HUB], now=clock.now().timestamp())))["actor"] == "octocat"


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"audience": "https://elsewhere.example"}, "audience"), ({"audience": None}, "audience"), ({"exp": 1}, "expired"), ({"exp": None}, "expired"), ({"exp": "soon"}, "expired"),
     ({"nbf": 9_999_999_999}, "begun"), ({"iss": "https://evil.example"}, "issuer"), ({"by": "forger"}, "signature"), ({"kid": "nobody's"}, "no such key"),
     ({"head": {"alg": "none"}}, "RS256"), ({"head": {"alg": "HS256"}}, "RS256"), ({"head": {"kid": None}}, "RS256"), ({"head": {"crit": ["exp"]}}, "RS256")],
)  # fmt: skip
async def test_what_is_not_genuine(made: Made, changed: dict[str, Any], why: str) -> None:
    """Forged, expired, for somebody else, from another issuer, by another algorithm: each is told, none is taken."""
    fake, issuer, clock = made
    with pytest.raises(Refused) as refused:
        await issuer.claims(fake.sign(**{"audience": HUB, "now": clock.now().timestamp(), **changed}))
    assert refused.value.code == "oidc_token_invalid" and why in refused.value.detail


async def test_what_is_no_token(made: Made) -> None:
    """Garbage in every part is a refusal, never an error."""
    fake, issuer, clock = made
    good = fake.sign(audience=HUB, now=clock.now().timestamp())
    head, said, signature = good.split(".")
    deep = urlsafe_b64encode(b"[" * 9_000).decode()
    for token in ("", "a.b", "a.b.c.d", "é.é.é", f"{head}.{said}.", f"{head}.{said}.{signature[:-3]}AAA", f"{head}.{said}x.{signature}", f".{said}.{signature}",
                  f"{part([])}.{said}.{signature}", f"{head}.{part('x')}.{signature}", f"{head}.{deep}.{signature}", "a" * 20_000 + "..", f"{head}.{said}.%%%"):  # fmt: skip
        with pytest.raises(Refused) as refused:
            await issuer.claims(token)
        assert refused.value.code == "oidc_token_invalid"


async def test_keys_rotate(made: Made) -> None:
    """A new key is looked for when it signs, at most once in a while; old keys serve while new ones are fetched."""
    fake, issuer, clock = made
    await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
    fake.kids.append("two")
    with pytest.raises(Refused, match="no such key"):
        await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
    clock.advance(seconds=31)
    assert await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
    asked = len(fake.asked)
    for number in range(50):
        with pytest.raises(Refused):
            await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp(), kid=f"made up {number}", by="two"))
    assert len(fake.asked) == asked
    clock.advance(hours=13)
    fake.down = True
    assert await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))


async def test_an_issuer_that_is_away(made: Made) -> None:
    """Nothing can be told: come again. Keys that are said to be at another host are not fetched."""
    fake, issuer, clock = made
    fake.down = True
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
        assert refused.value.code == "oidc_keys_unavailable"
    fake.down, fake.jwks_at = False, "https://keys.evil.example/jwks"
    clock.advance(seconds=31)
    with pytest.raises(Refused, match="oidc_keys_unavailable"):
        await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))
    fake.jwks_at = None
    clock.advance(seconds=31)
    assert await issuer.claims(fake.sign(audience=HUB, now=clock.now().timestamp()))


async def test_what_a_workflow_may(made: Made) -> None:
    """The grants of every allowance that it meets, for its own repository; whoever started it is known. No allowance is a refusal that says what it has."""
    fake, issuer, clock = made
    pipelines = Pipelines({"github": (issuer, [ALLOW])})
    found = await pipelines.identity(fake.sign(audience=HUB, now=clock.now().timestamp()))
    assert found == Identity(
        kind="token", name="github:acme/web", grants=("approvals.ask acme/web *", "dispatch acme/web deploy"), speaks_for="github:octocat"
    )
    for claims in ({"repository": "acme/secret"}, {"repository": "evil/web"}, {"environment": None}, {"environment": "staging"}, {"ref": "refs/pull/1/merge"}, {"repository": "acme/*"}, {"repository": 7}):
        with pytest.raises(Refused) as refused:
            await pipelines.identity(fake.sign(audience=HUB, now=clock.now().timestamp(), **claims))
        assert refused.value.code == "oidc_not_allowed"
    with pytest.raises(Refused, match="oidc_token_invalid"):
        await pipelines.identity(fake.sign(audience=HUB, iss="https://token.actions.githubusercontent.com"))


def test_claims_that_are_not_asked_for_do_not_matter() -> None:
    """An allowance that names only repositories is met by any of their workflows."""
    found = identity_of({"repository": "acme/web"}, [Allowance(repositories=("acme/web",), grants=("dispatch {repository} *",))])
    assert isinstance(found, Identity) and (found.grants, found.speaks_for) == (("dispatch acme/web *",), "")
