"""Refs, what would ship and how the checks stand, asked of GitHub."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.github_answers import Token
from github_world import World, github_world
from patience import waiting

from leverframe.core.errors import Refused
from leverframe.core.shipping import Change, Checks
from leverframe.github.repositories import GitHubRepositories

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        yield made


@pytest.fixture
def asked(world: World) -> GitHubRepositories:
    return GitHubRepositories(world.client)


async def test_no_ref_is_the_default_branch(world: World, asked: GitHubRepositories) -> None:
    """Without a ref it is the default branch, whatever that is called."""
    world.repository.default_branch = "trunk"
    sha = world.repository.commit("Begin anew", branch="trunk", parents=())
    found = await asked.resolve(REPO, None)
    assert (found.ref, found.sha) == ("trunk", sha)


@pytest.mark.parametrize("ref", ["main", "release/1.2", "heads/main", "v1.2.3", "기능/결제", "a%2Fb", "feature#1"])
async def test_a_branch_or_tag_is_resolved(world: World, asked: GitHubRepositories, ref: str) -> None:
    """A branch or a tag, also with slashes and other letters, is the commit that it is at."""
    sha = world.repository.commit("Something", branch="main")
    world.repository.branches["release/1.2"] = world.repository.branches["기능/결제"] = world.repository.branches["a%2Fb"] = sha
    world.repository.branches["feature#1"] = world.repository.tags["v1.2.3"] = sha
    found = await asked.resolve(REPO, ref)
    assert (found.ref, found.sha) == (ref, sha)
    assert found.url == f"{world.fake.url}/{REPO}/commit/{sha}"


@pytest.mark.parametrize("letters", [7, 12, 40])
async def test_a_commit_is_resolved_to_its_whole_name(world: World, asked: GitHubRepositories, letters: int) -> None:
    """A short sha becomes the whole one, also as the ref: a commit is no branch."""
    sha = world.repository.branches["main"]
    found = await asked.resolve(REPO, sha[:letters])
    assert (found.ref, found.sha) == (sha, sha)


@pytest.mark.parametrize("ref", ["nowhere", "0000000", "..", "a..b", "-x", "/x", "x/", "x.lock", "a b", "a\nb", "x~1", "x^", "x:y", "@{u}", "", "x" * 256, "\ud800"])
async def test_an_unknown_ref_is_refused(asked: GitHubRepositories, ref: str) -> None:
    """What is no branch, tag or commit, or cannot be one, is refused under a code of its own."""
    with pytest.raises(Refused) as refused:
        await asked.resolve(REPO, ref)
    assert refused.value.code == "ref_unknown"


async def test_githubs_troubles_are_refusals(world: World, asked: GitHubRepositories) -> None:
    """A missing permission is told as it is, and a limit says when to ask again."""
    world.fake.tokens["weak"] = Token(permissions={"metadata": "read"})
    with pytest.raises(Refused) as refused:
        await GitHubRepositories(world.by("weak")).resolve(REPO, "main")
    assert refused.value.code == "github_permission_missing"
    world.fake.mode = "limited"
    with pytest.raises(Refused) as refused:
        await asked.resolve(REPO, "main")
    assert (refused.value.code, refused.value.retry_after_s) == ("github_ratelimited", 30)


@pytest.mark.parametrize("mode", ["garbage", "half", "silent", "down", "lost"])
async def test_a_bad_day_is_a_refusal(world: World, asked: GitHubRepositories, mode: str) -> None:
    """Whatever GitHub answers, only ``Refused`` is raised."""
    waiting(world.outbound, mode)
    world.fake.mode = mode  # type: ignore[assignment]
    for question in (asked.resolve(REPO, None), asked.resolve(REPO, "main"), asked.shipping(REPO, "a", "b"), asked.checks(REPO, "a", ())):
        with pytest.raises(Refused):
            await question


async def test_what_ships(world: World, asked: GitHubRepositories) -> None:
    """Pull requests stand for their commits, commits without one for themselves, the newest first; everybody who wrote is named."""
    repository = world.repository
    base = repository.branches["main"]
    repository.commit("Fix a typo\n\nmore words", "bora")
    repository.commit("Begin checkout", "hana", branch="checkout")
    repository.commit("Finish checkout\n\nCo-authored-by: M <1234+minho@users.noreply.github.com>", "hana", branch="checkout")
    repository.merge(12, "New checkout", "hana", "checkout")
    head = repository.squash(13, "Faster search", "jisoo")
    found = await asked.shipping(REPO, base, head)
    assert [(change.title, change.author, change.number) for change in found.changes] == [
        ("Faster search", "jisoo", 13), ("New checkout", "hana", 12), ("Fix a typo", "bora", None),
    ]  # fmt: skip
    assert found.changes[1].url == f"https://github.com/{REPO}/pull/12"
    assert (found.total, found.behind) == (5, False)
    assert set(found.authors) == {"hana", "minho", "bora", "jisoo"}
    assert found.url == f"https://github.com/{REPO}/compare/{base}...{head}"


async def test_a_step_back_tells_what_it_takes_away(world: World, asked: GitHubRepositories) -> None:
    """To an older commit: what lies between is what would be gone."""
    old = world.repository.branches["main"]
    new = world.repository.commit("Something new", "bora")
    found = await asked.shipping(REPO, new, old)
    assert found.behind
    assert found.changes == (Change(title="Something new", author="bora", url=f"https://github.com/{REPO}/commit/{new}", sha=new),)


async def test_nothing_ships_between_equal_commits(world: World, asked: GitHubRepositories) -> None:
    """The same commit again ships nothing."""
    sha = world.repository.branches["main"]
    found = await asked.shipping(REPO, sha, sha)
    assert (found.changes, found.total, found.behind) == ((), 0, False)


async def test_a_title_that_only_looks_like_a_pull_request_is_a_commit(world: World, asked: GitHubRepositories) -> None:
    """Only what GitHub itself wrote when it merged is believed."""
    base = world.repository.branches["main"]
    head = world.repository.commit("Fix the crash (#7)", "bora")
    found = await asked.shipping(REPO, base, head)
    assert [(change.title, change.number) for change in found.changes] == [("Fix the crash (#7)", None)]


async def test_somebody_without_an_account_is_named_but_no_login(world: World, asked: GitHubRepositories) -> None:
    """A commit whose author GitHub does not know shows a name; ``authors`` holds logins only."""
    base = world.repository.branches["main"]
    head = world.repository.commit("By hand", None)
    found = await asked.shipping(REPO, base, head)
    assert (found.changes[0].author, found.authors) == ("Somebody", ())


async def test_many_commits_are_counted_and_the_newest_shown(world: World, asked: GitHubRepositories) -> None:
    """Of 320 commits the newest fifty are shown, all are counted, all authors are read, and few questions are asked."""
    base = world.repository.branches["main"]
    for number in range(320):
        head = world.repository.commit(f"Commit {number}", f"author{number % 7}")
    found = await asked.shipping(REPO, base, head)
    assert found.total == 320
    assert [change.title for change in found.changes] == [f"Commit {number}" for number in range(319, 269, -1)]
    assert len(found.authors) == 7
    assert len(world.fake.calls) <= 4 + 20


async def test_a_commit_that_is_gone_is_named(world: World, asked: GitHubRepositories) -> None:
    """A base that was rewritten away is an unknown ref, a repository that the token does not see is not found."""
    sha = world.repository.branches["main"]
    with pytest.raises(Refused) as refused:
        await asked.shipping(REPO, "f" * 40, sha)
    assert refused.value.code == "ref_unknown"
    with pytest.raises(Refused) as refused:
        await asked.shipping("acme/secret", "f" * 40, sha)
    assert refused.value.code == "github_not_found"


async def test_without_leave_to_see_pull_requests_commits_are_shown(world: World) -> None:
    """What ships is told as commits where the token may not read pull requests."""
    world.fake.tokens["code"] = Token(permissions={"metadata": "read", "contents": "read"})
    base = world.repository.branches["main"]
    head = world.repository.commit("Something", "bora")
    found = await GitHubRepositories(world.by("code")).shipping(REPO, base, head)
    assert [change.title for change in found.changes] == ["Something"]


async def checks(world: World, *required: str) -> Checks:
    return await GitHubRepositories(world.client).checks(REPO, world.repository.branches["main"], required)


async def test_checks_of_every_kind_count(world: World) -> None:
    """Check runs and commit statuses are one list: green when all are, red when one is, waiting when one waits and none is red."""
    sha = world.repository.branches["main"]
    assert await checks(world) == Checks(state="none")
    world.repository.check(sha, "build", "success")
    world.repository.check(sha, "docs", "skipped")
    world.repository.status(sha, "ci/old", "success")
    assert await checks(world) == Checks(state="success")
    world.repository.check(sha, "test", None)
    world.repository.status(sha, "ci/slow", "pending")
    assert await checks(world) == Checks(state="pending", waiting=("ci/slow", "test"))
    world.repository.status(sha, "ci/broken", "error")
    world.repository.check(sha, "lint", "timed_out")
    assert await checks(world) == Checks(state="failure", failing=("ci/broken", "lint"), waiting=("ci/slow", "test"))


async def test_only_required_checks_count(world: World) -> None:
    """Where the service names checks, others do not matter, and one that has not reported is waited for."""
    sha = world.repository.branches["main"]
    world.repository.check(sha, "flaky", "failure")
    world.repository.check(sha, "build", "success")
    assert await checks(world, "build") == Checks(state="success")
    assert await checks(world, "build", "e2e") == Checks(state="pending", waiting=("e2e",))


async def test_a_check_that_failed_once_has_failed(world: World) -> None:
    """Of two check runs of one name (a push and a pull request) the red one counts."""
    sha = world.repository.branches["main"]
    world.repository.check(sha, "test", "success", suite=1)
    world.repository.check(sha, "test", "failure", suite=2)
    assert await checks(world, "test") == Checks(state="failure", failing=("test",))


async def test_a_deployment_that_failed_does_not_block_the_next(world: World) -> None:
    """The runs of deployments are check runs of the commit too, and are left out."""
    sha = world.repository.branches["main"]
    workflow = world.repository.workflow()
    inputs = {"service": "web-app", "env": "staging"}
    await world.client.post(REPO, f"/actions/workflows/{workflow.file}/dispatches", {"ref": "main", "inputs": inputs})
    (run,) = world.repository.runs.values()
    world.repository.check(sha, "deploy", "failure", suite=run.id)
    world.repository.check(sha, "build", "success", suite=1)
    assert await checks(world) == Checks(state="success")
    assert await checks(world, "deploy") == Checks(state="failure", failing=("deploy",))
