"""GitHub's REST API: what is sent, and every refusal under a code of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import msgspec
import pytest
from aiohttp import web
from fakes.github import TOKEN, FakeGitHub
from fakes.github_answers import PERMISSIONS, Token
from fakes.github_repository import Repository
from github_world import World, github_world

from leverframe.core.errors import PROBLEMS
from leverframe.github.client import _moment, quoted
from leverframe.github.errors import Trouble

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"


class Listed(msgspec.Struct):
    page: list[dict[str, object]] = msgspec.field(name="check_runs")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        yield made


async def trouble(world: World, path: str = "/commits/main", *, token: str | None = TOKEN, repository: str = REPO) -> Trouble:
    """Ask for something that is refused."""
    found = await world.by(token).get(repository, path, dict[str, object], cap=1_000_000)
    assert isinstance(found, Trouble)
    assert found.code in PROBLEMS
    return found


async def test_what_is_asked_is_read(world: World) -> None:
    """An answer is read as the shape that was asked for."""
    found = await world.client.get(REPO, "", dict[str, object])
    assert isinstance(found, dict)
    assert found["default_branch"] == "main"


async def test_a_wrong_token_is_named(world: World) -> None:
    """A token that GitHub does not know is said to be wrong, revoked or expired, and no value is shown."""
    found = await trouble(world, token="github_pat_wrong")
    assert (found.code, found.detail, found.surely_not, found.again) == ("github_token_invalid", "Bad credentials", True, False)


async def test_no_token_is_named_without_asking(world: World) -> None:
    """Without a token GitHub is not asked at all."""
    assert (await trouble(world, token=None)).code == "github_token_missing"
    assert world.fake.calls == []


async def test_an_expired_token_is_named(world: World) -> None:
    """A token whose end GitHub had told is called expired once it is over."""
    world.fake.tokens[TOKEN].expires_at = world.clock.now() + timedelta(hours=1)
    assert isinstance(await world.client.get(REPO, "", dict[str, object]), dict)
    world.clock.advance(hours=2)
    found = await world.client.get(REPO, "", dict[str, object])
    assert isinstance(found, Trouble)
    assert (found.code, found.detail) == ("github_token_expired", "it ended at 2026-11-23 10:00 UTC")


async def test_a_missing_permission_is_named(world: World) -> None:
    """A 403 tells which permission would do, as GitHub says it."""
    world.fake.tokens["weak"] = Token(permissions={"metadata": "read"})
    found = await trouble(world, token="weak")
    assert found.code == "github_permission_missing"
    assert found.detail == "Resource not accessible by personal access token (needs contents=read)"


async def test_what_the_token_may_not_see_is_not_found(world: World) -> None:
    """A private repository that the token does not see looks like one that does not exist."""
    world.fake.tokens["other"] = Token(repositories=["acme/other"])
    assert (await trouble(world, token="other")).code == "github_not_found"
    assert (await trouble(world, repository="acme/nowhere")).code == "github_not_found"


@pytest.mark.parametrize("name", ["", "web-app", "acme/", "acme/web-app/x", "../orgs", "acme/..", "acme/web app", "acme/웹", "acme/a?b", "\ud800/x"])
async def test_what_is_no_repository_is_not_asked_for(world: World, name: str) -> None:
    """A name that is not OWNER/NAME never becomes part of an address."""
    assert (await trouble(world, repository=name)).code == "github_not_found"
    assert world.fake.calls == []


async def test_single_sign_on_is_named(world: World) -> None:
    """A token that the organisation has not authorised leads to the page where it is."""
    world.fake.tokens["sso"] = Token(sso=True)
    found = await trouble(world, token="sso")
    assert found.code == "github_sso_required"
    assert "https://github.com/orgs/acme/sso" in found.detail


@pytest.mark.parametrize(
    ("change", "code"),
    [(lambda repository: setattr(repository, "moved", True), "github_moved"), (lambda repository: repository.commits.clear(), "github_conflict")],
)
async def test_a_repository_in_another_state_is_named(world: World, change: Callable[[Repository], None], code: str) -> None:
    """A repository that was renamed is not followed, and an empty one is a conflict."""
    change(world.repository)
    assert (await trouble(world)).code == code


async def test_an_archived_repository_is_named(world: World) -> None:
    """What is archived takes no dispatch."""
    world.repository.archived = True
    found = await world.client.post(REPO, "/dispatches", {"event_type": "deploy"})
    assert isinstance(found, Trouble)
    assert found.code == "github_archived"


async def test_a_primary_limit_is_waited_out_without_asking(world: World) -> None:
    """Until the limit's end nobody asks GitHub again, and everybody is told how long that is."""
    world.fake.next_modes.append("exhausted")
    found = await world.client.get(REPO, "", dict[str, object])
    assert isinstance(found, Trouble)
    assert (found.code, found.after_s, found.again, found.surely_not) == ("github_ratelimited", 600, True, True)
    world.clock.advance(seconds=400)
    found = await world.client.get(REPO, "", dict[str, object])
    assert isinstance(found, Trouble)
    assert (found.code, found.after_s) == ("github_ratelimited", 200)
    assert len(world.fake.calls) == 1
    world.clock.advance(seconds=200)
    assert isinstance(await world.client.get(REPO, "", dict[str, object]), dict)


@pytest.mark.parametrize(("retry_after_s", "wait_s"), [(30, 30), (0, 1), (None, 60)])
async def test_a_secondary_limit_says_how_long(world: World, retry_after_s: int | None, wait_s: float) -> None:
    """A secondary limit is waited out as ``Retry-After`` says, a minute without it."""
    world.fake.retry_after_s = retry_after_s
    world.fake.next_modes.append("limited")
    found = await world.client.get(REPO, "", dict[str, object])
    assert isinstance(found, Trouble)
    assert (found.code, found.after_s) == ("github_ratelimited", wait_s)


async def test_nobody_there(world: World) -> None:
    """Where nothing listens, nothing happened and it may be asked again."""
    await world.fake.leave()
    found = await trouble(world)
    assert (found.code, found.surely_not, found.again) == ("github_unreachable", True, True)


@pytest.mark.parametrize(("status", "kind", "body", "code"), [
    (200, "text/html", b"<html>a proxy</html>", "github_answer_invalid"),
    (404, "text/html", b"<html>GitHub Enterprise</html>", "github_host_wrong"),
    (403, "text/html", b"<html>blocked</html>", "github_answer_invalid"),
    (200, "application/json", b"[1, 2", "github_answer_invalid"),
    (200, "application/json", b"[]", "github_answer_invalid"),
    (200, "application/json", b"\xff\xfe", "github_answer_invalid"),
    (200, "application/json", b"", "github_answer_invalid"),
    (403, "application/json", b"[]", "github_answer_invalid"),
    (410, "application/json", b'{"message": "This API version is gone"}', "github_gone"),
    (403, "application/json", b'{"message": "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled"}',
     "github_ip_refused"),
    (422, "application/json", b'{"message": "Validation Failed", "errors": [{"resource": "Hook", "code": "custom", "message": "Hook exists"}, 7]}', "github_refused"),
    (418, "application/json", b'{"message": "teapot"}', "github_refused"),
    (500, "application/json", b'{"message": "Server Error"}', "github_unavailable"),
    (504, "text/html", b"", "github_unavailable"),
])  # fmt: skip
async def test_other_answers(world: World, status: int, kind: str, body: bytes, code: str) -> None:
    """Whatever answers, and whatever it says, has a code; what is not GitHub's is said to be another's."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, content_type=kind)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        found = await world.by(TOKEN, api_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/v3/").get(REPO, "", dict[str, object])
    finally:
        await runner.cleanup()
    assert isinstance(found, Trouble)
    assert found.code == code
    assert len(found.detail) <= 500


async def test_a_list_is_read_to_its_end(world: World) -> None:
    """Pages are read until one is not full, or as many as were asked for."""
    sha = world.repository.branches["main"]
    for number in range(250):
        world.repository.check(sha, f"check {number}", "success")
    path = f"/commits/{sha}/check-runs"
    whole = await world.client.pages(REPO, path, Listed, most=10)
    assert isinstance(whole, list)
    assert [len(listed.page) for listed in whole] == [100, 100, 50]
    some = await world.client.pages(REPO, path, Listed, most=2)
    assert isinstance(some, list)
    assert [len(listed.page) for listed in some] == [100, 100]


@pytest.mark.parametrize(("written", "hour"), [("2026-12-01 09:00:00 UTC", 9), ("2026-12-01 09:00:00 +0900", 0), ("soon", None), ("", None), ("9999-99-99", None)])
def test_when_a_token_ends(written: str, hour: int | None) -> None:
    """The end of a token is read in both of the ways that GitHub writes it; anything else is no end."""
    found = _moment(written)
    assert (None if found is None else found.hour) == hour


@pytest.mark.parametrize(("api_url", "shown"), [
    ("https://api.github.com", "https://github.com"), ("https://api.acme.ghe.com/", "https://acme.ghe.com"), ("https://git.acme.com/api/v3", "https://git.acme.com"),
])  # fmt: skip
async def test_where_people_read(world: World, api_url: str, shown: str) -> None:
    """The pages that belong to an API are known: github.com, a tenant of ghe.com, an Enterprise Server."""
    assert world.by(TOKEN, api_url=api_url).web_url == shown


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:1/x", "https://evil.example/x", "https://blob.core.windows.net.evil.example/x", "http://a.blob.core.windows.net/x",
    "https://a.blob.core.windows.net:8443/x", "file:///etc/passwd", "//x", "https://[::1", "",
])  # fmt: skip
async def test_no_address_is_fetched_that_is_not_githubs(world: World, url: str) -> None:
    """Where GitHub's answer leads elsewhere than to its storages, nobody goes."""
    found = await world.client.elsewhere(url, {}, cap=1000)
    assert isinstance(found, Trouble)
    assert found.code == "github_answer_invalid"


def test_segments_stay_segments() -> None:
    """A name with a slash or a question mark stays one part of the path."""
    assert quoted("a/b", "c?d", "한", "\ud800") == "/a%2Fb/c%3Fd/%ED%95%9C/%3F"


async def test_the_fake_is_strict(world: World) -> None:
    """The fake refuses as GitHub does: an unknown version, a body that is no JSON, more than ten keys of a payload."""
    sent = world.outbound
    url, headers = f"{world.fake.url}/repos/{REPO}", {"Authorization": f"Bearer {TOKEN}"}
    assert (await sent.get(url, {**headers, "X-GitHub-Api-Version": "2020-01-01"})).status == 400
    assert (await sent.get(url, {})).status == 401
    assert (await sent.get(url, {**headers, "User-Agent": ""})).status == 403
    assert (await sent.post_json(f"{url}/dispatches", b"{", headers)).status == 400
    assert (await world.client.post(REPO, "/dispatches", {"event_type": "x" * 101})).status == 422
    many = {str(number): 1 for number in range(11)}
    assert (await world.client.post(REPO, "/dispatches", {"event_type": "x", "client_payload": many})).status == 422
    assert FakeGitHub().tokens[TOKEN].permissions == PERMISSIONS
