"""``leverframe git``: repositories are linked, shown, flushed and unlinked by the command, on this machine and on another one."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from cli.conftest import Ran, entry_point
from gitlink.world import Door, bare, clone, commit, git, link, listening, until

from leverframe.core.git_links import link_key
from leverframe.gitlink import linking

CONFIG = '[hub]\nbind = "127.0.0.1:9"\n[sources.git]\nsecrets = ["env:LINKS"]\n'
ENVIRON = {"LINKS": "what links are made of"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    return bare(tmp_path)


def run(folder: Path, *arguments: str, **environ: str) -> Ran:
    return entry_point("git", *arguments, folder=folder, environ={**ENVIRON, **environ})


def test_linked_shown_and_unlinked(tmp_path: Path, repository: Path) -> None:
    """The link is what the configuration says, can be looked at, and leaves nothing behind."""
    linked = run(tmp_path, "link", "web.git", "--project", "acme/web", "--json").document
    assert (linked["project"], linked["url"], linked["linked"]) == ("acme/web", "http://127.0.0.1:9/in/git", True)
    assert run(tmp_path, "link", "web.git", "--list", "--json").document == linked
    assert "acme/web" in run(tmp_path, "link", "web.git", "--list").out
    assert run(tmp_path, "link", "web.git", "--unlink", "--json").document["linked"] is False
    again = run(tmp_path, "link", "web.git", "--list", "--json")
    assert (again.status, "git_not_linked" in again.err) == (1, True)
    assert not (repository / "leverframe").exists()
    (tmp_path / "leverframe.toml").write_text(CONFIG.replace("[hub]", '[hub]\nlocale = "ko"'))
    assert "연결되지 않은 저장소입니다" in run(tmp_path, "link", "web.git", "--list").err  # as every other command, in the hub's language
    assert "프로젝트" in (shown := run(tmp_path, "link", "web.git", "--project", "acme/web").out) and "post-receive" in shown and "waiting" not in shown


def test_on_another_machine(tmp_path: Path, repository: Path) -> None:
    """The secret that one command prints is the one that the other takes: the project's own."""
    printed = run(tmp_path, "secret", "--project", "acme/web").out.strip()
    assert run(tmp_path, "secret", "--project", "acme/web", "--json").document == {"project": "acme/web", "secret": printed}
    assert b64decode(printed) == link_key(ENVIRON["LINKS"].encode(), "acme/web")
    (tmp_path / "leverframe.toml").unlink()
    (tmp_path / "secret").write_text(printed)
    linked = run(tmp_path, "link", "web.git", "--project", "acme/web", "--url", "https://hub.example.com/", "--secret", "file:secret", "--json").document
    assert linked["url"] == "https://hub.example.com/in/git"
    assert printed in (repository / "leverframe" / "link.json").read_text()
    (tmp_path / "secret").write_text("bm8=")
    assert run(tmp_path, "link", "web.git", "--project", "acme/web", "--url", "https://hub.example.com", "--secret", "file:secret").status == 2


def test_what_waits_is_not_thrown_away(tmp_path: Path, repository: Path) -> None:
    """While the hub is away a flush says so, and unlinking what waits needs --force."""
    run(tmp_path, "link", "web.git", "--project", "acme/web")
    copy = clone(repository)
    commit(copy, "one")
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: linking.shown(linking.find(repository)).last)
    for arguments in (("flush", "web.git"), ("link", "web.git", "--unlink")):
        ran = run(tmp_path, *arguments, "--json")
        assert (ran.status, "git_hub_away" in ran.err) == (1, True)
    assert linking.shown(linking.find(repository)).waiting == 1
    assert run(tmp_path, "link", "web.git", "--unlink", "--force").status == 0


def test_a_repository_that_has_trouble_keeps_back_no_other(tmp_path: Path, repository: Path) -> None:
    """A line of cron names them all; one of them that was not linked had the ones after it never sent."""
    link(repository, "http://127.0.0.1:9")
    copy, door = clone(repository), Door()
    commit(copy, "one")
    git(copy, "push", "--quiet", "origin", "main")
    until(lambda: linking.shown(linking.find(repository)).last)
    bare(tmp_path, "not-linked.git")
    with listening(door) as url:
        link(repository, url)
        ran = run(tmp_path, "flush", "nothing", "not-linked.git", "web.git")
    assert (ran.status, ran.out.strip()) == (1, "web.git: 1") and "git_repository_unknown" in ran.err
    assert len(door.events) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("link", "nothing", "--project", "acme/web"), 1, "git_repository_unknown"),
        (("link", "web.git"), 1, "git_project_invalid"),
        (("link", "web.git", "--project", "web"), 1, "git_project_invalid"),
        (("link", "web.git", "--project", "acme/web", "--hooks", "pre-commit"), 2, "post-receive"),
        (("link", "web.git", "--project", "acme/web", "--source", "other"), 1, "source_unknown"),
        (("secret", "--project", "a b/c"), 1, "git_project_invalid"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, repository: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    """With the code and the remedy, and nothing is changed."""
    ran = run(tmp_path, *arguments)
    assert (ran.status, said in ran.err) == (status, True), ran
    assert not (repository / "leverframe").exists()
