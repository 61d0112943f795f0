"""Projects and pushers."""

from __future__ import annotations

import pytest

from leverframe.core.projects import NOBODY, RESERVED_OWNERS, Project, Pusher, is_project, pusher_of


@pytest.mark.parametrize(("name", "can_be"), [
    ("acme/web", True), ("acme/web.site_2-x", True), ("한글/프로젝트", True), ("group/sub/web", True), ("acme", False), ("acme/", False),
    ("/web", False), ("acme/..", False), ("./web", False), ("acme/w b", False), ("a/" + "x" * 101, False), ("acme/<b>", False), ("", False),
    *((f"{owner}/web", False) for owner in sorted(RESERVED_OWNERS)), ("Console/web", False),
])  # fmt: skip
def test_a_project_has_an_owner_that_is_no_address_of_the_hub(name: str, can_be: bool) -> None:
    """Words of letters, digits and ``. - _``; the hub's own first words are nobody's name, however they are written."""
    assert is_project(name) is can_be


def test_a_commit_s_page_follows_from_the_pattern_or_the_project_s_page() -> None:
    """Without either nothing is made up."""
    pattern = Project(name="a/b", commit_url="https://git.example.com/{project}.git/commit/?id={id}")
    assert pattern.commit("f00/ba") == "https://git.example.com/a/b.git/commit/?id=f00%2Fba"
    assert Project(name="a/b", web="https://x.example/a/b/").commit("f00") == "https://x.example/a/b/commit/f00"
    assert Project(name="a/b").commit("f00") is None


def test_a_project_without_an_id_has_the_same_number_every_time() -> None:
    """However its letters are written; another project has another."""
    assert Project(name="acme/web").number == Project(name="Acme/Web").number != Project(name="acme/api").number
    assert Project(name="acme/web", id=33).number == 33


def test_a_pusher_is_known_by_login_or_address() -> None:
    """Letters' case does not matter, and nobody is known under an empty name."""
    ann = Pusher(name="Ann")
    assert pusher_of({"ann@example.com": ann, "": ann}, "", "bob", "Ann@Example.com") == ann
    assert pusher_of({"ann@example.com": ann}, "", "bob") == NOBODY
