"""Whose hook a delivery came by, as GitHub's headers and body tell it."""

from __future__ import annotations

from typing import Any

import pytest

from leverframe.core.recovery import holder_of

REPO, ORG = {"repository": {"full_name": "acme/web"}}, {"organization": {"login": "acme"}}


@pytest.mark.parametrize(
    ("target", "payload", "holder"),
    [
        ("repository", REPO, "acme/web"), ("repository", {**REPO, **ORG}, "acme/web"), (None, REPO, "acme/web"), ("organization", {**REPO, **ORG}, "acme"),
        ("organization", ORG, "acme"), ("integration", REPO, "@app"), ("repository", ORG, None), ("organization", REPO, None), ("business", {**REPO, **ORG}, None),
        ("", REPO, None), ("repository", {"repository": "acme/web"}, None), ("repository", {"repository": {"full_name": "acme"}}, None),
        ("organization", {"organization": {"login": "../x"}}, None), ("organization", {"organization": {"login": "a/b"}}, None),
    ],
)  # fmt: skip
def test_a_delivery_says_whose_hook_sent_it(target: str | None, payload: dict[str, Any], holder: str | None) -> None:
    """An old server without the header has hooks of repositories; an enterprise's hook and anything odd is nobody's."""
    headers = {} if target is None else {"x-github-hook-installation-target-type": target}
    found = holder_of(headers, payload)
    assert (None if found is None else str(found)) == holder
