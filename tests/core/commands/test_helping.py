"""Help shows what this person may do here; nobody is told of levers that they cannot pull."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from core.commands.team import ADMIN, ANN, BOB, KNOWN, NOBODY, OPEN, ROLES

from leverframe.core.access import Identity
from leverframe.core.commands.builtin import BUILT_IN, DEPLOY, LOCK
from leverframe.core.commands.helping import Refusal, complete, help_for, help_message, who_can, why
from leverframe.core.messages import plain, plain_inline

SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)


def test_help_lists_what_somebody_may_use() -> None:
    """The headline names the slash commands, as Korean teams know it; the lines below say how each is written."""
    assert plain_inline(help_message(BUILT_IN, ADMIN, KNOWN, "ko").headline) == "사용 명령: /deploy, /status, /rollback"
    assert plain_inline(help_message(BUILT_IN, BOB, KNOWN, "ko").headline) == "사용 명령: /deploy, /status"
    bob = plain(help_message(BUILT_IN, BOB, KNOWN, "en"))
    assert "/deploy SERVICE ENV" in bob and "rollback" not in bob and "lock" not in bob
    assert plain_inline(help_message(BUILT_IN, NOBODY, KNOWN, "en", "!").headline) == "Commands: !status"


def test_help_for_a_command_says_where_it_may_be_used() -> None:
    """Or who could, to whom it may not."""
    assert "You may use it for web-app → staging, shop.io → staging." in plain(help_for(DEPLOY, BOB, KNOWN, ROLES, "en"))
    refused = plain(help_for(LOCK, BOB, KNOWN, ROLES, "en"))
    assert "You may not use it. Who could: admin, release" in refused
    assert "이 명령을 쓸 권한이 없습니다. 할 수 있는 역할: admin, release" in plain(help_for(LOCK, BOB, KNOWN, ROLES, "ko"))


def test_who_can_names_roles_and_members() -> None:
    """The question that everybody asks before they ask somebody."""
    assert plain(who_can(("deploy", "web-app", "production"), ROLES, "en")).splitlines() == [
        "Who may do deploy web-app production:", "• admin: slack:U0ROOT", "• release: slack:U0ANN, github:octocat",
    ]  # fmt: skip
    assert plain(who_can(("deploy", "web-app", "staging"), ROLES, "en")).count("•") == 3
    assert plain(who_can(("deploy",), {}, "ko")) == "deploy를 할 수 있는 역할이 없습니다."


def test_why_explains_a_refusal_by_the_roles_as_they_are_now() -> None:
    """Who could do it is looked up when it is asked, since roles change."""
    refusal = Refusal(line="deploy web-app production", code="not_allowed", at=AT, words=("deploy", "web-app", "production"))
    assert plain(why(refusal, ROLES, "en", SEOUL)).splitlines() == [
        "deploy web-app production was refused (2026-11-21 16:05 KST).", "⛔ You may not do this: deploy web-app production",
        "Who could: admin, release. Ask one of them, or an administrator for a role.",
    ]  # fmt: skip
    assert "Nobody could" in plain(why(refusal, {}, "en", SEOUL))


def test_why_explains_other_refusals_by_their_code() -> None:
    """A refusal that is no matter of grants has its sentence and its remedy."""
    told = plain(why(Refusal(line="deploy web-app x", code="environment_unknown", at=AT, detail="x"), ROLES, "ko", SEOUL))
    assert "이 서비스에 없는 환경입니다." in told and "(environment_unknown)" in told
    assert plain(why(None, ROLES, "en", SEOUL)) == "Nothing that you asked for was refused."


@pytest.mark.parametrize(
    ("identity", "text", "words"),
    [
        (ADMIN, "", tuple(command.name for command in BUILT_IN)),
        (ADMIN, "un", ("unlock", "unsubscribe")),
        (BOB, "lo", ()),
        (BOB, "deploy ", ("web-app", "shop.io")),
        (BOB, "deploy web-app ", ("staging",)),
        (ADMIN, "deploy web-app p", ("production",)),
        (ADMIN, "deploy web-app staging ", ()),
        (ADMIN, "deploy web-app staging --", ("--reason", "--dm")),
        (ADMIN, "/status A", ("api",)),
        (ADMIN, f"settle {OPEN} ", ("ran", "did-not-run")),
        (ANN, "approve ", (OPEN,)),
        (BOB, "approve ", ()),
        (ADMIN, "help who", ("who-can",)),
        (ADMIN, "xyzzy ", ()),
        (ADMIN, 'deploy "web', ()),
    ],
)
def test_a_line_is_completed_by_what_somebody_may_use(identity: Identity, text: str, words: tuple[str, ...]) -> None:
    """The next word is offered, and never one that would be refused."""
    assert complete(text, BUILT_IN, KNOWN, identity) == words
