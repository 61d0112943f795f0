"""Somebody really pushes: what the hub is told is what happened, in order, once, and nobody waits for it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from gitlink.world import Door, bare, clone, commit, git, idle, link, listening, until

from leverframe.core.wording import compose
from leverframe.gitlink import linking, sender


@pytest.fixture
def door() -> Iterator[Door]:
    yield Door()


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door) as address:
        yield address


def words(door: Door, locale: str = "en") -> str:
    headline = compose(door.events[-1], locale, UTC).headline  # type: ignore[arg-type]
    return "".join(getattr(part, "text", "") or getattr(part, "login", "") for part in headline)


def test_a_push_is_an_event(tmp_path: Path, door: Door, url: str) -> None:
    """One branch with two commits: GitHub's push, with who pushed, the files of each commit and where to look at them."""
    copy = clone(link_new(tmp_path, url))
    commit(copy, "첫 커밋\n\n본문", 문서="가나다")
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: door.events)
    first = door.events[0]
    assert (first.full_name, first.repo, first.branches, first.actor and first.actor.login) == ("push", "acme/web", ("main",), "ann")
    assert first.payload["created"]
    assert first.paths == ("문서",)

    one, two = commit(copy, "Change", 문서="라"), commit(copy, "Remove", src__py="x")
    git(copy, "rm", "--quiet", "src.py")
    three = commit(copy, "Gone")
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: len(door.events) == 2)
    second = door.events[1].payload
    assert [one["id"] for one in second["commits"]] == [one, two, three]
    assert [(c["added"], c["modified"], c["removed"]) for c in second["commits"]] == [([], ["문서"], []), (["src.py"], [], []), ([], [], ["src.py"])]
    assert (second["before"], second["after"], second["head_commit"]["id"], second["forced"]) == (first.payload["after"], three, three, False)
    assert second["commits"][0]["url"] == f"https://git.example.com/acme/web/commit/{one}"
    assert second["commits"][0]["author"] == {"name": "Ann", "email": "ann@example.com"}
    assert words(door) == "ann pushed 3 commits to main in acme/web"


def link_new(folder: Path, url: str) -> Path:
    repository = bare(folder)
    link(repository, url)
    return repository


def test_everything_that_one_push_did_is_one_event(tmp_path: Path, door: Door, url: str) -> None:
    """Branches made, moved, forced and deleted and tags, in one push: one event that says of each what was done, with its commits."""
    copy = clone(link_new(tmp_path, url))
    commit(copy, "base", a__txt="1")
    git(copy, "push", "--quiet", "origin", "main", "main:old", "main:rewritten")
    until(lambda: len(door.events) == 1)
    assert door.events[0].branches == ("main", "old", "rewritten")
    assert len(door.events[0].payload["commits"]) == 1  # the commit is on all three, and is told once

    base = git(copy, "rev-parse", "HEAD")
    moved = commit(copy, "on main", b__txt="2")
    git(copy, "checkout", "--quiet", "-b", "feature/새-기능", base)
    new = commit(copy, "on the feature", c__txt="3")
    git(copy, "checkout", "--quiet", "--orphan", "rewritten")
    forced = commit(copy, "begun anew", d__txt="4")
    git(copy, "tag", "-a", "v1.0", "-m", "release", moved)
    git(copy, "push", "--quiet", "--force", "origin", "main", "feature/새-기능", "rewritten", ":old", "v1.0")
    until(lambda: len(door.events) == 2)
    refs = {one["ref"]: one for one in door.events[1].payload["refs"]}
    assert set(refs) == {"refs/heads/main", "refs/heads/feature/새-기능", "refs/heads/rewritten", "refs/heads/old", "refs/tags/v1.0"}
    done = {ref: (one["created"], one["deleted"], one["forced"], [c["id"] for c in one["commits"]]) for ref, one in refs.items()}
    assert done["refs/heads/main"] == (False, False, False, [moved])
    assert done["refs/heads/feature/새-기능"] == (True, False, False, [new])
    assert done["refs/heads/rewritten"] == (False, False, True, [forced])
    assert done["refs/heads/old"] == (False, True, False, [])
    assert done["refs/tags/v1.0"] == (True, False, False, [])
    assert refs["refs/tags/v1.0"]["head_commit"]["id"] == moved
    assert {c["id"] for c in door.events[1].payload["commits"]} == {moved, new, forced}
    assert words(door).startswith("⚠️ ann pushed 5 refs to acme/web: ")
    assert "rewritten (force-pushed, 1 commit)" in words(door) or "and 1 more" in words(door)
    assert words(door, "ko").startswith("⚠️ ann님이 acme/web에 ref 5개를 푸시했습니다: ")
    assert compose(door.events[1], "en", UTC).tone == "warning"
    git(copy, "tag", "-f", "v1.0", forced)
    git(copy, "push", "--quiet", "--force", "origin", "v1.0")  # it was told as one that was not forced
    until(lambda: len(door.events) == 3)
    assert (door.events[2].payload["forced"], door.events[2].payload["head_commit"]["id"]) == (True, forced)
    assert words(door) == "⚠️ ann moved tag v1.0 in acme/web"


def test_ten_thousand_commits_are_one_request(tmp_path: Path, door: Door, url: str) -> None:
    """The newest ten thousand are listed, oldest first, and the number of all is told."""
    copy = clone(link_new(tmp_path, url))
    stream = "".join(
        f"commit refs/heads/main\ncommitter 지호 <jiho@example.com> {1_700_000_000 + n} +0900\ndata {len(str(n))}\n{n}\nM 100644 inline 파일-{n % 7}\ndata {len(str(n))}\n{n}\n\n"
        for n in range(10_500)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=copy, input=stream.encode(), check=True)
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: door.events, 60)
    payload = door.events[0].payload
    assert payload["size"] == 10_500
    assert [one["message"] for one in payload["commits"]] == [str(number) for number in range(500, 10_500)]
    assert payload["commits"][-1]["timestamp"] == "2023-11-15T10:08:19+09:00"
    assert payload["commits"][-1]["author"]["name"] == "지호"
    assert payload["commits"][-1]["modified"] == ["파일-6"]
    assert words(door) == "ann created branch main in acme/web with 10,500 commits"


def test_a_mirror_with_thousands_of_branches_is_told_soon(tmp_path: Path) -> None:
    """Each new branch was held against all others one by one: of 4,000 the hub heard after a hundred seconds of work."""
    names = [f"refs/heads/b/{number}" for number in range(20_000)]
    pushed = sender.Push(sender.Git(tmp_path), (), "".join(f"{'1' * 40} {name}\n" for name in [*names, "refs/heads/main"]))
    began_s = time.process_time()
    assert pushed._others(*names) == ["1" * 40]
    assert time.process_time() - began_s < 1.0


def test_a_merge_brings_what_it_merged(tmp_path: Path, door: Door, url: str) -> None:
    """The commits of the merged branch and the merge itself, and no commit that was there before."""
    copy = clone(link_new(tmp_path, url))
    base = commit(copy, "base", a__txt="1")
    git(copy, "push", "--quiet", "origin", "main")
    git(copy, "checkout", "--quiet", "-b", "side", base)
    side = commit(copy, "side", b__txt="1")
    git(copy, "checkout", "--quiet", "main")
    own = commit(copy, "own", c__txt="1")
    git(copy, "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: len(door.events) == 2)
    told = door.events[1].payload["commits"]
    assert {one["id"] for one in told} == {side, own, git(copy, "rev-parse", "HEAD")}
    assert told[-1]["message"] == "merged"
    assert set(door.events[1].paths or ()) == {"b.txt", "c.txt"}


def test_names_that_are_no_text_and_messages_that_are_no_ascii(tmp_path: Path, door: Door, url: str) -> None:
    """Quotes, line breaks and bytes that are no UTF-8 in names of files, and Korean in another encoding in a message, reach the hub as text."""
    copy = clone(link_new(tmp_path, url))
    (copy / 'a "b"\n\t한글.txt').write_text("1")
    with open(bytes(copy) + b"/\xff\xfe", "w") as file:
        file.write("1")
    git(copy, "add", "-A")
    message = tmp_path / "message"
    message.write_bytes("배포 절차".encode("euc-kr"))
    git(copy, "-c", "i18n.commitEncoding=euc-kr", "commit", "--quiet", "-F", str(message))
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: door.events)
    assert set(door.events[0].paths or ()) == {'a "b"\n\t한글.txt', "��"}
    assert door.events[0].payload["commits"][0]["message"] == "배포 절차"


def test_a_branch_brings_what_was_new_when_it_was_pushed(tmp_path: Path) -> None:
    """While the hub is away a branch comes in and others begin at it. What a new branch had brought was what no other branch had when
    somebody looked, which was later: the first was told to have brought nothing."""
    door, repository = Door(), bare(tmp_path)
    with listening(door) as url:
        pass
    link(repository, url)
    copy = clone(repository)
    for number, branch in enumerate(("main", "기능", "main:refs/heads/copy", "main:refs/tags/v1")):
        if number < 2:
            git(copy, "checkout", "--quiet", "-b" if number else "-B", branch)
            commit(copy, f"one {number}", a__txt=str(number))
            commit(copy, f"two {number}", b__txt=str(number))
        git(copy, "push", "--quiet", "origin", branch)
    until(lambda: linking.shown(linking.find(repository)).waiting == 4)
    with listening(door, int(url.rpartition(":")[2])):
        linking.flush(linking.find(repository))
        until(lambda: len(door.events) == 4)
    assert [[one["message"] for one in event.payload["commits"]] for event in door.events] == [["one 0", "two 0"], ["one 1", "two 1"], [], []]


def test_long_messages_of_many_commits_fit_into_a_request(tmp_path: Path, door: Door, url: str) -> None:
    """Two thousand commits with four thousand letters of Korean each were more than the hub takes, and the push was refused for good."""
    copy, words = clone(link_new(tmp_path, url)), f"제목\n\n{'가' * 4_000}".encode()
    stream = b"".join(
        b"commit refs/heads/main\ncommitter A <a@example.com> %d +0900\ndata %d\n%s\n" % (1_700_000_000 + n, len(words), words) for n in range(2_500)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=copy, input=stream, check=True)
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: door.events, 60)
    told = door.events[0].payload["commits"]
    assert len(told) == 2_500 and {one["message"][:2] for one in told} == {"제목"}
    assert 6_000_000 < sum(len(one["message"].encode()) for one in told) < 10_000_000


def test_while_the_hub_is_away_pushes_wait_in_order(tmp_path: Path) -> None:
    """Nobody who pushes waits or fails; once the hub is back the next push sends everything, in order, once."""
    door, repository = Door(), bare(tmp_path)
    with listening(door) as url:
        pass
    link(repository, url)
    copy = clone(repository)
    commits = []
    for number in range(3):
        commits.append(commit(copy, str(number), a__txt=str(number)))
        git(copy, "push", "--quiet", "origin", "main")
    until(lambda: linking.shown(linking.find(repository)).last)
    assert door.events == []
    assert linking.shown(linking.find(repository)).waiting == 3
    with listening(door, int(url.rpartition(":")[2])):
        commits.append(commit(copy, "3", a__txt="3"))
        git(copy, "push", "--quiet", "origin", "main")
        until(lambda: len(door.events) == 4)
    assert [event.payload["after"] for event in door.events] == commits
    until(lambda: idle(repository))
    assert (door.repeats, linking.shown(linking.find(repository)).last) == (0, "")


def test_flush_sends_what_waits(tmp_path: Path) -> None:
    """Without another push; and says so when the hub is still away."""
    door, repository = Door(), bare(tmp_path)
    with listening(door) as url:
        pass
    link(repository, url)
    copy = clone(repository)
    commit(copy, "one")
    git(copy, "push", "--quiet", "origin", "main")
    with pytest.raises(linking.Refused, match="git_hub_away"):
        linking.flush(linking.find(repository))
    with listening(door, int(url.rpartition(":")[2])):
        assert linking.flush(linking.find(repository)) == 1
        assert linking.flush(linking.find(repository)) == 0
    assert len(door.events) == 1


def test_a_hub_that_comes_back_soon_is_tried_again(tmp_path: Path) -> None:
    """A hub that is being upgraded: the push is told without another one."""
    door = Door()
    door.answers = [503, 502]
    with listening(door) as url:
        repository = bare(tmp_path)
        link(repository, url, waits_s=(0.05, 0.05))
        copy = clone(repository)
        commit(copy, "one")
        git(copy, "push", "--quiet", "origin", "main")
        until(lambda: door.events)


def test_an_answer_that_was_lost_is_no_second_event(tmp_path: Path) -> None:
    """The hub took it and went away before it said so: it is sent again under the same id, which the hub knows."""
    door = Door()
    door.forgets = True
    with listening(door) as url:
        repository = bare(tmp_path)
        link(repository, url)
        copy = clone(repository)
        commit(copy, "one")
        git(copy, "push", "--quiet", "origin", "main")
        until(lambda: linking.shown(linking.find(repository)).last)
        linking.flush(linking.find(repository))
    assert (len(door.events), door.repeats) == (1, 1)


def test_what_the_hub_refuses_for_good_holds_up_nothing(tmp_path: Path) -> None:
    """A request that is no request is put aside, with everything in it; what comes after goes on. A wrong secret is not for good."""
    door = Door()
    with listening(door) as url:
        repository = bare(tmp_path)
        link(repository, url)
        copy = clone(repository)
        door.answers = [400]
        for number in range(2):
            commit(copy, str(number))
            git(copy, "push", "--quiet", "origin", "main")
            until(lambda: idle(repository))
        shown = linking.shown(linking.find(repository))
        assert (len(door.events), shown.refused, shown.waiting) == (1, 1, 0)
        door.answers = [401]
        commit(copy, "2")
        git(copy, "push", "--quiet", "origin", "main")
        until(lambda: "401" in linking.shown(linking.find(repository)).last)
        assert linking.shown(linking.find(repository)).waiting == 1


def test_who_pushes_does_not_wait_for_a_slow_hub(tmp_path: Path) -> None:
    """The hub takes its time; the push is over before it has answered."""
    door, pushed, waited = Door(), threading.Event(), []
    take = door.take

    def slowly(headers: dict[bytes, bytes], body: bytes) -> int | None:
        waited.append(pushed.wait(30))
        return take(headers, body)

    door.take = slowly  # type: ignore[method-assign]
    with listening(door) as url:
        copy = clone(link_new(tmp_path, url))
        commit(copy, "one")
        git(copy, "push", "--quiet", "origin", "main")
        pushed.set()
        until(lambda: door.events)
    assert waited == [True]


def test_many_pushes_at_once_are_all_told(tmp_path: Path, door: Door, url: str) -> None:
    """Several people push to branches of their own at the same moment: each push is told, none twice."""
    repository = link_new(tmp_path, url)
    copies = []
    for number in range(6):
        copy = clone(repository, f"copy{number}")
        git(copy, "checkout", "--quiet", "-b", f"b{number}")
        commit(copy, f"of {number}", **{f"f{number}": "1"})
        copies.append(copy)
    threads = [threading.Thread(target=git, args=(copy, "push", "--quiet", "origin", "HEAD")) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(door.events) == 6 and idle(repository))
    assert {event.branches for event in door.events} == {(f"b{number}",) for number in range(6)}
    assert door.repeats == 0


def test_commits_and_merges_of_a_working_copy(tmp_path: Path, door: Door, url: str) -> None:
    """With its hooks a working copy tells of commits, of one that was amended as forced, of a merge, and of nothing in the middle of a rebase."""
    git(tmp_path, "init", "--quiet", "copy")
    copy = tmp_path / "copy"
    link(copy, url, "post-commit", "post-merge")
    first = commit(copy, "one", a="1")
    until(lambda: len(door.events) == 1)
    assert (door.events[0].payload["after"], door.events[0].actor and door.events[0].actor.login) == (first, "Ann")
    git(copy, "commit", "--quiet", "--amend", "-m", "one, amended")
    until(lambda: len(door.events) == 2)
    assert door.events[1].payload["forced"]
    git(copy, "checkout", "--quiet", "-b", "side")
    commit(copy, "side", b="1")
    until(lambda: len(door.events) == 3)
    git(copy, "checkout", "--quiet", "main")
    git(copy, "merge", "--quiet", "side")
    until(lambda: len(door.events) == 4)
    assert (door.events[3].branches, door.events[3].payload["hook"]) == (("main",), "post-merge")
    git(copy, "checkout", "--quiet", "--detach")
    commit(copy, "on no branch", c="1")
    until(lambda: idle(copy))
    assert len(door.events) == 4
