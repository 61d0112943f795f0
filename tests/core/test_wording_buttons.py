"""Buttons lead where somebody has to act, and nowhere else; and code that people quote is shown as code."""

from __future__ import annotations

from typing import Any

import pytest
from core.wording.stories import HOME, everything, said

from leverframe.core.messages import Bold, Button, Buttons, Code, Footer, Message, Quote, Text
from leverframe.core.wording.quoting import spans

RUN, PULL = f"{HOME}/actions/runs/99", f"{HOME}/pull/34"


def _buttons(message: Message) -> list[Button]:
    found = [block for block in message.blocks if isinstance(block, Buttons)]
    if found:
        assert message.blocks.index(found[0]) == len(message.blocks) - 2 and isinstance(message.blocks[-1], Footer)
    return [button for block in found for button in block.buttons]


def _changed(name: str, action: str, key: str, **changes: Any) -> dict[str, Any]:
    payload = everything(name, action)
    payload[key] = {**payload[key], **changes}
    return payload


FAILED = _changed("workflow_run", "completed", "workflow_run", conclusion="failure")
CALLBACK = "https://api.github.com/repos/acme/web/actions/runs/99/deployment_protection_rule"
LEADING = [
    ("workflow_run", FAILED, "Open run", "실행 열기", RUN),
    ("deployment_status", everything("deployment_status", "created"), "Open environment", "환경 열기", "https://shop.example.com"),
    ("deployment_review", everything("deployment_review", "requested"), "Review", "검토하기", RUN),
    ("deployment_protection_rule", {**everything("deployment_protection_rule", "requested"), "deployment_callback_url": CALLBACK}, "Review", "검토하기", RUN),
    ("pull_request", _changed("pull_request", "opened", "pull_request", state="open"), "Open pull request", "PR 열기", PULL),
    ("pull_request", _changed("pull_request", "review_requested", "pull_request", state="open"), "Open pull request", "PR 열기", PULL),
    ("dependabot_alert", everything("dependabot_alert", "created"), "Open alert", "경고 열기", f"{HOME}/security/dependabot/1"),
    ("code_scanning_alert", everything("code_scanning_alert", "reopened"), "Open alert", "경고 열기", f"{HOME}/security/code-scanning/3"),
    ("secret_scanning_alert", everything("secret_scanning_alert", "created"), "Open alert", "경고 열기", f"{HOME}/security/secret-scanning/5"),
]


@pytest.mark.parametrize(("name", "payload", "english", "korean", "url"), LEADING, ids=[f"{row[0]}-{at}" for at, row in enumerate(LEADING)])
def test_a_button_leads_where_people_act(name: str, payload: dict[str, Any], english: str, korean: str, url: str) -> None:
    """What broke, waits for a decision or is dangerous has one button, above the small print, in both languages."""
    assert _buttons(said(name, payload, "en")) == [Button(english, url=url)]
    assert _buttons(said(name, payload, "ko")) == [Button(korean, url=url)]


QUIET = [
    ("workflow_run", _changed("workflow_run", "completed", "workflow_run", conclusion="success")),
    ("workflow_run", everything("workflow_run", "requested")),
    ("deployment_status", _changed("deployment_status", "created", "deployment_status", environment_url="")),
    ("deployment_status", _changed("deployment_status", "created", "deployment_status", environment_url="javascript:alert(1)")),
    ("deployment_status", _changed("deployment_status", "created", "deployment_status", state="inactive")),
    ("deployment_review", everything("deployment_review", "approved")),
    ("deployment_protection_rule", {**everything("deployment_protection_rule", "requested"), "deployment_callback_url": "https://example.com/"}),
    ("pull_request", _changed("pull_request", "closed", "pull_request", state="closed", merged=True)),
    ("pull_request", _changed("pull_request", "labeled", "pull_request", state="open")),
    ("dependabot_alert", everything("dependabot_alert", "fixed")),
    ("push", everything("push", None)),
]


@pytest.mark.parametrize(("name", "payload"), QUIET, ids=[f"{row[0]}-{at}" for at, row in enumerate(QUIET)])
def test_where_nobody_has_to_act_is_no_button(name: str, payload: dict[str, Any]) -> None:
    """Good news, what is over, and what has no web address get none."""
    assert _buttons(said(name, payload, "en")) == []


@pytest.mark.parametrize(("words", "found"), [
    ("Run `make test` first", (Text("Run "), Code("make test"), Text(" first"))),
    ("`a`, `b`", (Code("a"), Text(", "), Code("b"))),
    ("```\nx = 1\n```", (Text("```\nx = 1\n```"),)),
    ("one ` only", (Text("one ` only"),)),
    ("over `two\nlines`", (Text("over `two\nlines`"),)),
    ("``", (Text("``"),)),
    ("`" + "x" * 201 + "`", (Text("`" + "x" * 201 + "`"),)),
    ("", ()),
])  # fmt: skip
def test_backticks_that_close_on_their_line_make_code(words: str, found: tuple[Any, ...]) -> None:
    """A pair is code; a fence, an open one, one over two lines or one that is too long stays as it is written."""
    assert spans(words) == found


def test_a_quotation_shows_code_as_code() -> None:
    """What people write between backticks in descriptions, comments and commit messages reaches the chat as code."""
    pull = _changed("pull_request", "opened", "pull_request", body="Drops `cart.py`.")
    assert Quote((Bold("Keep the cart"), Text("\nDrops "), Code("cart.py"), Text("."))) in said("pull_request", pull, "en").blocks
    comment = _changed("issue_comment", "created", "comment", body="`main` is red")
    assert Quote((Code("main"), Text(" is red"))) in said("issue_comment", comment, "en").blocks
