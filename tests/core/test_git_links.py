"""What addresses of git's projects name."""

from __future__ import annotations

import time

import pytest

from leverframe.core.git_links import project_of


@pytest.mark.parametrize(("address", "project"), [
    ("git@github.com:acme/web.git", "acme/web"), ("https://git.example.com/acme/web", "acme/web"), ("https://ann:x@git.example.com/acme/web.git/", "acme/web"),
    ("ssh://git@git.example.com:2222/group/sub/web.git", "group/sub/web"), ("git@host:/acme/web", "acme/web"), ("https://git.example.com//acme/web", "acme/web"),
    ("https://git.example.com/web", ""), ("/srv/git/web.git", ""), ("host:////web", ""), ("", ""),
])  # fmt: skip
def test_owner_and_name_of_an_address(address: str, project: str) -> None:
    """However it is cloned; what names no owner is no project."""
    assert project_of(address) == project


def test_an_address_of_slashes_costs_no_time() -> None:
    """Whoever may set up a job in a shared Jenkins writes its repository's address: one of slashes held the hub up for minutes, before the answer."""
    began = time.process_time()
    assert project_of("a://b" + "/" * 100_000 + "?") == ""
    assert time.process_time() - began < 1
