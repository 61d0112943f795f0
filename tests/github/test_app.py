"""The hub as a GitHub App: its statement, and a token for each account, got when it is needed and kept while it holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from fakes.github_apps import App as FakeApp
from fakes.github_apps import app_key, app_pem
from github_world import World, github_world

from leverframe.github.app import App, KeyInvalid, read_key
from leverframe.github.client import GitHub, Organisation
from leverframe.github.errors import Trouble
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        yield made


@pytest.fixture
def app(world: World) -> Iterator[FakeApp]:
    made = FakeApp()
    made.install("acme")
    world.fake.apps.append(made)
    yield made


def by_app(world: World, *, id: str = "Iv23fake", installation: int | None = None) -> GitHub:
    """Return a client that speaks as the app."""
    credentials = App(world.outbound, world.clock, id=id, key=Secret(app_pem()), installation=installation, api_url=world.fake.url)
    return GitHub(world.outbound, credentials, world.clock, api_url=world.fake.url)


async def asked(client: GitHub, repository: str = REPO) -> dict[str, object] | Trouble:
    """Ask for a repository."""
    return await client.get(repository, "", dict[str, object])


@pytest.mark.parametrize("id", ["Iv23fake", "4711"])
async def test_one_token_serves_many_requests(world: World, app: FakeApp, id: str) -> None:
    """The installation of the owner is looked up once, and its token used by all who ask, at once or later."""
    client = by_app(world, id=id)
    for found in [*await asyncio.gather(*(asked(client) for _ in range(5))), await asked(client)]:
        assert isinstance(found, dict) and found["full_name"] == REPO
    assert app.issued == ["ghs_fake_0"]


async def test_a_token_is_renewed_before_it_ends(world: World, app: FakeApp) -> None:
    """Five minutes before its end a token is replaced, so that no request meets its end."""
    client = by_app(world)
    assert isinstance(await asked(client), dict)
    world.clock.advance(minutes=54)
    assert isinstance(await asked(client), dict) and len(app.issued) == 1
    world.clock.advance(minutes=2)
    assert isinstance(await asked(client), dict) and len(app.issued) == 2


async def test_a_token_that_was_revoked_is_replaced(world: World, app: FakeApp) -> None:
    """A token that GitHub takes no longer is replaced, and what it was for is asked again, once."""
    client = by_app(world)
    assert isinstance(await asked(client), dict)
    world.fake.tokens[app.issued[0]].ends_at = world.clock.now() - timedelta(seconds=1)
    assert isinstance(await asked(client), dict)
    assert len(app.issued) == 2
    assert [call.status for call in world.fake.calls if call.path == f"/repos/{REPO}"] == [200, 401, 200]


async def test_each_account_has_a_token_of_its_own(world: World, app: FakeApp) -> None:
    """A request is made with the token of the account that it is about, whether a repository or the organisation itself."""
    app.install("other")
    world.fake.repository("other/site")
    client = by_app(world)
    for repository in (REPO, "other/site", REPO):
        assert isinstance(await asked(client, repository), dict)
    await client.get(Organisation("acme"), "/hooks", list[object])
    assert len(app.issued) == 2


async def test_one_installation_may_be_named(world: World, app: FakeApp) -> None:
    """With an installation in the configuration none is looked up."""
    client = by_app(world, installation=app.installations[0].id)
    assert isinstance(await asked(client), dict)
    assert not any(call.path.endswith("/installation") for call in world.fake.calls)


async def test_the_app_speaks_for_itself(world: World, app: FakeApp) -> None:
    """What is about no account is asked with the statement itself."""
    found = await by_app(world).get(None, "/app", dict[str, object])
    assert isinstance(found, dict) and found["slug"] == "leverframe"


async def test_where_it_is_not_installed_is_told(world: World, app: FakeApp) -> None:
    """An account without the app, and a repository that its installation leaves out, are named."""
    world.fake.repository("other/site")
    found = await asked(by_app(world), "other/site")
    assert isinstance(found, Trouble) and (found.code, found.detail) == ("github_app_not_installed", "other/site")
    found = await asked(by_app(world, installation=999))
    assert isinstance(found, Trouble) and (found.code, found.detail) == ("github_app_not_installed", "installation 999")


async def test_a_suspended_installation_is_told(world: World, app: FakeApp) -> None:
    """A suspended installation is no missing permission."""
    app.installations[0].suspended = True
    found = await asked(by_app(world))
    assert isinstance(found, Trouble) and found.code == "github_app_suspended"


async def test_an_app_that_github_does_not_know_is_told(world: World, app: FakeApp) -> None:
    """A wrong id, or a clock that is far off, is the app's trouble and not a token's."""
    found = await asked(by_app(world, id="Iv23other"))
    assert isinstance(found, Trouble) and found.code == "github_app_refused"
    late = by_app(world)
    world.fake.now = lambda: world.clock.now() - timedelta(minutes=5)
    found = await asked(late)
    assert isinstance(found, Trouble) and found.code == "github_app_refused" and "Expiration time" in found.detail or "Issued at" in found.detail


@pytest.mark.parametrize(("mode", "code"), [("down", "github_unavailable"), ("lost", "github_answer_lost"), ("garbage", "github_answer_invalid"), ("limited", "github_ratelimited")])
async def test_no_token_surely_did_nothing(world: World, app: FakeApp, mode: str, code: str) -> None:
    """Where no token can be had, a lever was surely not pulled, whatever went wrong."""
    world.fake.mode = mode  # type: ignore[assignment]
    found = await by_app(world).post(REPO, "/dispatches", {"event_type": "x"}, once=True)
    assert isinstance(found, Trouble) and found.code == code and found.surely_not
    assert world.fake.dispatched == []


def test_a_key_is_read_as_it_comes() -> None:
    """A key is read from a file, and from a variable whose line ends are written out."""
    assert read_key(app_pem()).key_size == read_key(app_pem().replace("\n", "\\n")).key_size == 2048


@pytest.mark.parametrize("pem", [
    "", "x", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
    app_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode(),
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
])  # fmt: skip
def test_what_is_no_key_is_refused(pem: str) -> None:
    """What is not an unencrypted RSA key is refused without showing any of it."""
    with pytest.raises(KeyInvalid) as refused:
        read_key(pem)
    assert "AAAA" not in str(refused.value)
