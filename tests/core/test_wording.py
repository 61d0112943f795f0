"""What a message says: the promises of the wording, one by one. Every other sentence is kept in ``wording/golden``."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from core.wording.stories import HOME, LOCALES, REPOSITORY, SEOUL, SHA, commit, event, everything, person, said
from msgspec.structs import replace

from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import Bold, Bullets, Code, Footer, Link, Message, Person, Quote, Text, plain, plain_inline
from leverframe.core.threads import parent_of
from leverframe.core.wording import compose


def _headline(message: Message) -> str:
    """Return the headline as words only, without addresses."""
    return "".join(part.login if isinstance(part, Person) else part.text for part in message.headline)


def _headlines(name: str, payload: dict[str, Any]) -> tuple[str, str]:
    return _headline(said(name, payload, "en")), _headline(said(name, payload, "ko"))


def _push(**changes: Any) -> dict[str, Any]:
    return {**everything("push", None), "created": False, "deleted": False, "forced": False, **changes}


def _pull(action: str, **changes: Any) -> dict[str, Any]:
    payload = everything("pull_request", action)
    payload["pull_request"] = {**payload["pull_request"], **changes}
    return payload


def _footer(message: Message) -> str:
    last = message.blocks[-1]
    assert isinstance(last, Footer)
    return plain_inline(last.content)


PUSHES = [
    ({}, "octocat pushed 2 commits to main in acme/web", "octocat님이 acme/web의 main 브랜치에 커밋 2개를 푸시했습니다"),
    (
        {"commits": [commit(1)]},
        "octocat pushed 1 commit to main in acme/web",
        "octocat님이 acme/web의 main 브랜치에 커밋 1개를 푸시했습니다",
    ),
    ({"commits": []}, "octocat pushed to main in acme/web", "octocat님이 acme/web의 main 브랜치에 푸시했습니다"),
    (
        {"created": True, "ref": "refs/heads/fix/cart"},
        "octocat created branch fix/cart in acme/web with 2 commits",
        "octocat님이 acme/web에 fix/cart 브랜치를 만들고 커밋 2개를 푸시했습니다",
    ),
    ({"created": True, "commits": []}, "octocat created branch main in acme/web", "octocat님이 acme/web에 main 브랜치를 만들었습니다"),
    (
        {"forced": True},
        "⚠️ octocat force-pushed 2 commits to main in acme/web",
        "⚠️ octocat님이 acme/web의 main 브랜치에 커밋 2개를 강제 푸시했습니다",
    ),
    (
        {"forced": True, "commits": []},
        "⚠️ octocat force-pushed main in acme/web",
        "⚠️ octocat님이 acme/web의 main 브랜치에 강제 푸시했습니다",
    ),
    (
        {"deleted": True, "commits": [], "after": "0" * 40},
        "octocat deleted branch main in acme/web",
        "octocat님이 acme/web의 main 브랜치를 삭제했습니다",
    ),
    (
        {"ref": "refs/tags/v1.0", "created": True, "commits": []},
        "octocat pushed tag v1.0 to acme/web",
        "octocat님이 acme/web에 v1.0 태그를 푸시했습니다",
    ),
    (
        {"ref": "refs/tags/v1.0", "forced": True, "commits": []},
        "⚠️ octocat moved tag v1.0 in acme/web",
        "⚠️ octocat님이 acme/web의 v1.0 태그를 옮겼습니다",
    ),
    (
        {"ref": "refs/tags/v1.0", "deleted": True, "commits": []},
        "octocat deleted tag v1.0 in acme/web",
        "octocat님이 acme/web의 v1.0 태그를 삭제했습니다",
    ),
]


@pytest.mark.parametrize(("changes", "english", "korean"), PUSHES)
def test_a_push_says_what_it_did(changes: dict[str, Any], english: str, korean: str) -> None:
    """Branch or tag, new, forced or deleted: a deleted branch is not an empty push."""
    assert _headlines("push", _push(**changes)) == (english, korean)


@pytest.mark.parametrize("name", ["deployment", "deployment_status"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_deployment_without_an_action_is_one_all_the_same(name: str, locale: Locale) -> None:
    """GitHub's older servers send none; “Event deployment” was all that was said."""
    whole = everything(name, "created")
    older = {key: value for key, value in whole.items() if key != "action"}
    assert said(name, older, locale) == said(name, whole, locale)


@pytest.mark.parametrize(("locale", "words"), [("en", "2 commits"), ("ko", "커밋 2개")])
def test_how_many_commits_there_are_is_no_code(locale: Locale, words: str) -> None:
    """Where nothing compares them (a repository on disk), the number is plain words; it stood there as `2 commits`."""
    parts = said("push", _push(compare=None), locale).headline
    assert [part for part in parts if isinstance(part, Code)] == [Code("main")]
    assert words in plain_inline(parts)


def test_a_push_lists_its_newest_five_commits() -> None:
    """Each commit is a short linked name, its first line and its author; those before the newest five are counted and linked."""
    message = said("push", _push(commits=[commit(number) for number in range(1, 8)]), "en")
    (bullets,) = [block for block in message.blocks if isinstance(block, Bullets)]
    assert [plain_inline(item).replace(f" ({HOME}/commit/", "|").split("|")[0] for item in bullets.items[1:]] == [
        "0000003",
        "0000004",
        "0000005",
        "0000006",
        "0000007",
    ]
    assert bullets.items[0] == (Link("… 2 earlier commits", f"{HOME}/compare/a...b"),)
    assert bullets.items[-1] == (Link("0000007", f"{HOME}/commit/0000007{'0' * 33}"), Text(" Step 7 — ann"))
    assert Link("7 commits", f"{HOME}/compare/a...b") in message.headline


@pytest.mark.parametrize(("locale", "begins"), [("en", "🔔 New PR by "), ("ko", "🔔 새 PR by ")])
def test_an_opened_pull_request_begins_with_who_and_quotes_the_title(locale: Locale, begins: str) -> None:
    """A new pull request is announced by its author, with its title in bold in a quotation and a link to it."""
    message = said("pull_request", _pull("opened"), locale)
    assert message.headline[:2] == (Text(begins), Person("octocat"))
    assert Link("acme/web#34", f"{HOME}/pull/34") in message.headline
    assert message.blocks[0] == Quote((Bold("Keep the cart"), Text("\nCloses #12.")))


def test_merged_is_not_closed() -> None:
    """GitHub sends ``closed`` for both; a merged pull request is good news and says where it went."""
    merged = said("pull_request", _pull("closed", merged=True, state="closed"), "en")
    closed = said("pull_request", _pull("closed", state="closed"), "en")
    assert (_headline(merged), merged.tone) == ("🎉 octocat merged PR acme/web#34 Keep the cart into main", "good")
    assert (_headline(closed), closed.tone) == ("octocat closed PR acme/web#34 Keep the cart without merging", "neutral")
    assert "State: merged" in plain(merged) and "State: closed" in plain(closed)
    korean = said("pull_request", _pull("closed", merged=True, state="closed"), "ko")
    assert _headline(korean) == "🎉 octocat님이 PR을 main 브랜치에 병합했습니다: acme/web#34 Keep the cart"
    assert "상태: 병합됨" in plain(korean)


@pytest.mark.parametrize("name", ["pull_request_review", "pull_request_review_comment", "pull_request_review_thread", "issue_comment"])
@pytest.mark.parametrize(("merged_at", "english"), [("2026-11-20T07:00:00Z", "🎉 Someone merged PR acme/web#34 Keep the cart into main"), (None, "Someone closed PR acme/web#34 Keep the cart without merging")])
def test_what_a_review_was_about_was_merged_or_closed(name: str, merged_at: str | None, english: str) -> None:
    """Reviews tell only when their pull request was merged: a card that was first made for one said "closed without merging"."""
    payload = everything(name, "created")
    pull = {key: value for key, value in payload["pull_request"].items() if key != "merged"} | {"state": "closed"}
    if name == "issue_comment":
        payload["issue"] = {**pull, "pull_request": {"merged_at": merged_at}}
        english = english.replace(" into main", "")
        payload["issue"].pop("base")
    else:
        payload["pull_request"] = {**pull, "merged_at": merged_at}
    parent = parent_of(event(name, payload))
    assert parent is not None
    card = compose(parent, "en", SEOUL)
    assert _headline(card) == english
    assert f"State: {'merged' if merged_at else 'closed'}" in plain(card)


def test_a_draft_is_a_draft() -> None:
    """A draft pull request says so in its headline and in its state."""
    assert _headlines("pull_request", _pull("opened", draft=True)) == (
        "🔔 New PR by octocat: acme/web#34 (draft)",
        "🔔 새 PR by octocat: acme/web#34 (초안)",
    )
    assert _headlines("pull_request", _pull("synchronize", draft=True)) == (
        "octocat pushed new commits to draft PR acme/web#34 Keep the cart",
        "octocat님이 초안 PR에 새 커밋을 푸시했습니다: acme/web#34 Keep the cart",
    )
    assert "State: draft" in plain(said("pull_request", _pull("opened", draft=True), "en"))


@pytest.mark.parametrize("locale", LOCALES)
def test_a_bot_is_a_bot(locale: Locale) -> None:
    """A bot is marked and never mentioned as a person; in Korean it is not addressed as one."""
    payload = {**_pull("opened"), "sender": person("dependabot[bot]", "Bot")}
    message = said("pull_request", payload, locale)
    assert message.headline[1:3] == (Text("🤖 "), Bold("dependabot[bot]"))
    closed = said("issues", {**everything("issues", "closed"), "sender": person("stale[bot]", "Bot")}, locale)
    assert not any(isinstance(part, Person) for part in closed.headline)
    if locale == "ko":
        assert _headline(closed).startswith("🤖 stale[bot]이 이슈를 닫았습니다")


WIKI = [
    (["edited"], "octocat edited the wiki page Page0 in acme/web", "octocat님이 위키 페이지를 수정했습니다: Page0 (acme/web)"),
    (["created"], "octocat created the wiki page Page0 in acme/web", "octocat님이 위키 페이지를 만들었습니다: Page0 (acme/web)"),
    (
        ["edited", "edited"],
        "octocat edited the wiki pages Page0, Page1 in acme/web",
        "octocat님이 위키 페이지를 수정했습니다: Page0, Page1 (acme/web)",
    ),
    (
        ["created", "edited"],
        "octocat created and edited the wiki pages Page0, Page1 in acme/web",
        "octocat님이 위키 페이지를 만들고 수정했습니다: Page0, Page1 (acme/web)",
    ),
    (
        ["edited"] * 5,
        "octocat edited the wiki pages Page0, Page1, Page2 and 2 more in acme/web",
        "octocat님이 위키 페이지를 수정했습니다: Page0, Page1, Page2 외 2개 (acme/web)",
    ),
    (
        ["edited"] * 30,  # a push to the wiki's own repository; those behind the twentieth were left out without a word
        "octocat edited the wiki pages Page0, Page1, Page2 and 27 more in acme/web",
        "octocat님이 위키 페이지를 수정했습니다: Page0, Page1, Page2 외 27개 (acme/web)",
    ),
]


@pytest.mark.parametrize(("actions", "english", "korean"), WIKI)
def test_a_wiki_edit_says_who_what_and_each_page(actions: list[str], english: str, korean: str) -> None:
    """Created and edited are told apart, and every page of several is listed with its link and what was done to it."""
    pages = [
        {"title": f"Page{at}", "action": action, "summary": None, "html_url": f"{HOME}/wiki/Page{at}"} for at, action in enumerate(actions)
    ]
    payload = {**everything("gollum", None), "pages": pages}
    assert _headlines("gollum", payload) == (english, korean)
    message = said("gollum", payload, "ko")
    assert message.headline[0] == Person("octocat")
    for page in pages:
        assert page["html_url"] in plain(message)
    if len(pages) > 1:
        assert [plain_inline(item).rpartition(" — ")[2] for item in message.blocks[0].items] == [  # type: ignore[union-attr]
            {"edited": "수정", "created": "생성"}[action] for action in actions
        ]


def test_a_comment_on_a_pull_request_is_not_one_on_an_issue() -> None:
    """GitHub calls both ``issue_comment``; the link leads to the comment, whose words are quoted."""
    payload = everything("issue_comment", "created")
    payload["issue"] = {**payload["issue"], "pull_request": {"html_url": f"{HOME}/pull/12"}}
    assert _headlines("issue_comment", payload) == (
        "octocat commented on PR acme/web#12 Cart forgets its items",
        "octocat님이 PR에 댓글을 남겼습니다: acme/web#12 Cart forgets its items",
    )
    message = said("issue_comment", payload, "en")
    assert Link("acme/web#12 Cart forgets its items", f"{HOME}/issues/12#issuecomment-5") in message.headline
    assert Quote((Text("I see it too."),)) in message.blocks
    assert "I see it too." not in plain(said("issue_comment", {**payload, "action": "deleted"}, "en"))


CONCLUSIONS = [
    ("success", "✅", "succeeded", "성공했습니다", "good"),
    ("failure", "❌", "failed", "실패했습니다", "bad"),
    ("timed_out", "❌", "timed out", "시간 초과로 중단되었습니다", "bad"),
    ("startup_failure", "❌", "could not start", "시작하지 못했습니다", "bad"),
    ("action_required", "⚠️", "needs somebody to act", "사람의 조치를 기다립니다", "warning"),
    ("cancelled", "", "was cancelled", "취소되었습니다", "neutral"),
    ("neutral", "", "finished without a verdict", "판정 없이 끝났습니다", "neutral"),
    ("skipped", "", "was skipped", "건너뛰었습니다", "neutral"),
    ("stale", "", "went stale", "오래되어 만료되었습니다", "neutral"),
    ("something new", "", "finished", "끝났습니다", "neutral"),
]


@pytest.mark.parametrize(("conclusion", "sign", "english", "korean", "tone"), CONCLUSIONS)
def test_a_workflow_run_says_how_it_ended(conclusion: str, sign: str, english: str, korean: str, tone: str) -> None:
    """Every conclusion has its own words, sign and tone, also one that GitHub adds later; the duration is told when known."""
    payload = everything("workflow_run", "completed")
    payload["workflow_run"] = {**payload["workflow_run"], "conclusion": conclusion}
    message = said("workflow_run", payload, "en")
    assert _headlines("workflow_run", payload) == (
        f"{sign} Workflow CI #36 {english} on main in acme/web after 3 min 5 s".strip(),
        f"{sign} acme/web의 main 브랜치에서 CI #36 워크플로{'를' if conclusion == 'skipped' else '가'} {korean} (3분 5초)".strip(),
    )
    assert message.tone == tone


def test_a_run_started_again_does_not_say_how_it_ended_before() -> None:
    """The payload of a second attempt may still carry the first one's conclusion."""
    message = said("workflow_run", everything("workflow_run", "requested"), "en")
    assert (_headline(message), message.tone) == ("⏳ Workflow CI #36 was requested on main in acme/web", "progress")


def test_who_broke_it_is_mentioned_and_nobody_else_below() -> None:
    """The small print mentions the actor of a failure, and only names the actor of anything else."""
    failed, passed = everything("workflow_run", "completed"), everything("workflow_run", "completed")
    passed["workflow_run"] = {**passed["workflow_run"], "conclusion": "success"}
    assert Person("octocat") in said("workflow_run", failed, "en").blocks[-1].content  # type: ignore[union-attr]
    assert Text("octocat") in said("workflow_run", passed, "en").blocks[-1].content  # type: ignore[union-attr]


REVIEWS = [
    ("approved", "✅ octocat approved PR", "✅ octocat님이 PR을 승인했습니다", "good"),
    ("changes_requested", "✋ octocat requested changes on PR", "✋ octocat님이 PR에 변경을 요청했습니다", "warning"),
    ("commented", "octocat reviewed PR", "octocat님이 PR을 리뷰했습니다", "neutral"),
]


@pytest.mark.parametrize(("state", "english", "korean", "tone"), REVIEWS)
def test_a_review_says_its_verdict(state: str, english: str, korean: str, tone: str) -> None:
    """Approved, changes requested and commented are three different messages."""
    payload = everything("pull_request_review", "submitted")
    payload["review"] = {**payload["review"], "state": state}
    found = _headlines("pull_request_review", payload)
    assert (found[0].startswith(english), found[1].startswith(korean)) == (True, True)
    assert said("pull_request_review", payload, "en").tone == tone


def test_a_closed_issue_says_why() -> None:
    """Not planned is not completed: the reason stands in the headline and in the card's state."""
    payload = everything("issues", "closed")
    payload["issue"] = {**payload["issue"], "state": "closed", "state_reason": "not_planned"}
    message = said("issues", payload, "ko")
    assert _headlines("issues", payload) == (
        "octocat closed issue acme/web#12 Cart forgets its items as not planned",
        "octocat님이 이슈를 계획 없음으로 닫았습니다: acme/web#12 Cart forgets its items",
    )
    assert "상태: 닫힘 (계획 없음)" in plain(message)


def test_a_found_secret_is_never_shown() -> None:
    """A secret scanning alert names the kind of secret, not the secret."""
    for locale in LOCALES:
        message = said("secret_scanning_alert", everything("secret_scanning_alert", "created"), locale)
        assert "Slack API Token" in plain(message)
        assert "xoxb-never-shown" not in repr(message)
        assert message.tone == "bad"


@pytest.mark.parametrize("locale", LOCALES)
def test_an_unknown_event_is_told_in_the_general_form(locale: Locale) -> None:
    """Who, event, action, repository and the best link are told of an event that did not exist when this was written."""
    payload = {
        "action": "sparkled",
        "unicorn": {"title": "Rainbow", "html_url": f"{HOME}/unicorns/1"},
        "repository": REPOSITORY,
        "sender": person("octocat"),
    }
    expected = {
        "en": "Event unicorn.sparkled by octocat in acme/web: Rainbow",
        "ko": "acme/web에서 unicorn.sparkled 이벤트가 발생했습니다 (octocat): Rainbow",
    }
    message = said("unicorn", payload, locale)
    assert _headline(message) == expected[locale]
    assert Link("Rainbow", f"{HOME}/unicorns/1") in message.headline


@pytest.mark.parametrize("locale", LOCALES)
def test_an_unknown_action_of_a_known_event_is_told_in_the_general_form(locale: Locale) -> None:
    """GitHub adds actions; the event is told all the same, with its title."""
    message = said("issues", everything("issues", "teleported"), locale)
    assert "issues.teleported" in _headline(message)
    assert "Cart forgets its items" in _headline(message)


NOBODY = [
    (
        "pull_request_review", "dismissed", {"review": {"state": "dismissed", "user": None}},
        "octocat dismissed the review by somebody of PR acme/web#34 Keep the cart",
        "octocat님이 누군가의 PR 리뷰를 무효화했습니다: acme/web#34 Keep the cart",
    ),
    ("member", "added", {"member": None}, "octocat added somebody to acme/web as a collaborator", "octocat님이 누군가를 acme/web 저장소의 협업자로 추가했습니다"),
    ("membership", "removed", {"member": None}, "octocat removed somebody from team Release", "octocat님이 누군가를 Release 팀에서 제외했습니다"),
    ("organization", "member_added", {"membership": None, "invitation": None}, "somebody joined organization acme", "누군가가 acme 조직에 들어왔습니다"),
    ("delete", None, {"ref_type": None}, "octocat deleted ref main in acme/web", "octocat님이 acme/web의 main 참조를 삭제했습니다"),
    ("create", None, {"ref_type": None}, "octocat created ref main in acme/web", "octocat님이 acme/web에 main 참조를 만들었습니다"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "action", "changes", "english", "korean"), NOBODY)
def test_whom_github_does_not_name_is_somebody(name: str, action: str | None, changes: dict[str, Any], english: str, korean: str) -> None:
    """GitHub names no deleted account: a question mark stood there, and two blanks where a ref's type was missing."""
    assert _headlines(name, {**everything(name, action), **changes}) == (english, korean)


BARE = [
    ({"ref": "refs/tags/v2", "before": "0" * 40, "after": SHA}, "octocat pushed tag v2 to acme/web", "octocat님이 acme/web에 v2 태그를 푸시했습니다"),
    ({"ref": "refs/tags/v2", "before": SHA, "after": "0" * 40}, "octocat deleted tag v2 in acme/web", "octocat님이 acme/web의 v2 태그를 삭제했습니다"),
    ({"before": "0" * 64, "after": SHA}, "octocat created branch main in acme/web", "octocat님이 acme/web에 main 브랜치를 만들었습니다"),
    ({"before": SHA, "after": "0" * 40}, "octocat deleted branch main in acme/web", "octocat님이 acme/web의 main 브랜치를 삭제했습니다"),
]


@pytest.mark.parametrize(("changes", "english", "korean"), BARE)
def test_a_push_without_flags_is_told_by_its_commits(changes: dict[str, Any], english: str, korean: str) -> None:
    """A proxy or a replay may leave out ``created`` and ``deleted``: a new tag was told as a moved one, with a warning, and a gone branch as a push."""
    payload = {key: value for key, value in _push(commits=[], **changes).items() if key not in ("created", "deleted", "forced")}
    assert _headlines("push", payload) == (english, korean)


@pytest.mark.parametrize(
    ("reason", "told"),
    [("GIT_TREE_INVALID", "(잘못된 Git 트리)"), ("INVALID_MERGE_COMMIT", "(잘못된 병합 커밋)"), ("UNKNOWN_REMOVAL_REASON", "(이유 알 수 없음)")],
)
def test_every_reason_to_leave_the_merge_queue_is_korean(reason: str, told: str) -> None:
    """All that GitHub documents have words; three were shown in English on a Korean hub."""
    assert _headline(said("pull_request", {**everything("pull_request", "dequeued"), "reason": reason}, "ko")).endswith(told)


def test_nobody_is_somebody() -> None:
    """An event without a sender has a whole sentence."""
    payload = everything("issues", "opened")
    del payload["sender"]
    assert _headlines("issues", payload) == (
        "Someone opened issue acme/web#12 Cart forgets its items",
        "누군가가 이슈를 열었습니다: acme/web#12 Cart forgets its items",
    )


def test_the_small_print_says_where_and_when_in_the_zone() -> None:
    """The footer holds the repository as a link, the branch, and the payload's own time in the configured zone."""
    footer = said("push", _push(repository={**REPOSITORY, "pushed_at": 1_795_244_700}), "en").blocks[-1]
    assert isinstance(footer, Footer)
    assert plain_inline(footer.content) == f"acme/web ({HOME}) · main · 2026-11-21 16:05 KST"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (ZoneInfo("Asia/Seoul"), "2026-11-21 16:05 KST"),
        (ZoneInfo("America/New_York"), "2026-11-21 02:05 EST"),
        (ZoneInfo("America/Sao_Paulo"), "2026-11-21 04:05 -03"),
        (timezone(timedelta(hours=5, minutes=30)), "2026-11-21 12:35 UTC+05:30"),
    ],
)
def test_a_payload_without_a_time_shows_when_it_came_in(zone: Any, shown: str) -> None:
    """Where the payload tells no time, or an impossible one, the moment of receipt is shown."""
    payload = everything("issues", "opened")
    for stated in (None, "soon", "9999-12-31T23:59:59-14:00", True, 10**30, []):
        payload["issue"] = {**payload["issue"], "updated_at": stated}
        assert _footer(compose(event("issues", payload), "en", zone)).endswith(shown)


def test_long_words_are_cut_between_words() -> None:
    """A title fits a line and a comment some 300 characters; neither ends inside a word."""
    payload = everything("issue_comment", "created")
    payload["comment"] = {**payload["comment"], "body": "carrot " * 200}
    payload["issue"] = {**payload["issue"], "title": "carrot " * 36}
    message = said("issue_comment", payload, "en")
    (quote,) = [block for block in message.blocks if isinstance(block, Quote)]
    assert len(plain_inline(quote.content)) <= 300
    assert plain_inline(quote.content).endswith("carrot…")
    assert len(_headline(message)) < 220
    assert _headline(message).endswith("carrot…")


def test_template_comments_and_images_are_left_out_of_quotations() -> None:
    """What a chat cannot show, and what only the author was to read, is not quoted."""
    payload = everything("issues", "opened")
    body = "<!-- Please\nfill in -->\r\nIt broke.\r\n\r\n\r\n![screen](https://example.com/a.png)<img src='x'>\r\nBadly. <!-- unfinished"
    payload["issue"] = {**payload["issue"], "body": body}
    assert Quote((Text("It broke.\nBadly."),)) in said("issues", payload, "en").blocks


def test_a_title_cannot_break_or_rearrange_the_headline() -> None:
    """Line breaks, control characters, direction marks and lone surrogates in a title do not reach the headline."""
    payload = everything("issues", "opened")
    payload["issue"] = {**payload["issue"], "title": "one\r\ntwo\x00\x1b[31m \u202ethree\ud800"}
    found = event("issues", everything("issues", "opened"))
    for locale in LOCALES:
        headline = plain_inline(compose(_with(found, payload), locale, ZoneInfo("UTC")).headline)
        assert "one two[31m three" in headline
        assert not any(sign in headline for sign in "\r\n\x00\x1b\u202e\ud800")


def _with(found: Event, payload: dict[str, Any]) -> Event:
    """Return the event with a payload that no JSON text could hold."""
    return replace(found, payload=payload)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://example.com/a b", "data:text/html,x", "https://example.com/\n", 7, None, ""]
)
def test_only_addresses_that_a_browser_may_open_become_links(address: Any) -> None:
    """An address that is no plain http or https address is not linked, and the words stay."""
    payload = {**everything("gollum", None), "pages": [{"title": "Home", "action": "edited", "html_url": address}]}
    message = said("gollum", payload, "en")
    assert Text("Home") in message.headline


DEPLOYMENTS = [
    ("success", "✅ Deployment of main in acme/web to production succeeded", "good"),
    ("failure", "❌ Deployment of main in acme/web to production failed", "bad"),
    ("error", "❌ Deployment of main in acme/web to production failed with an error", "bad"),
    ("in_progress", "⏳ Deployment of main in acme/web to production is running", "progress"),
    ("queued", "⏳ Deployment of main in acme/web to production is queued", "progress"),
    ("pending", "⏳ Deployment of main in acme/web to production is pending", "progress"),
    ("inactive", "Deployment of main in acme/web to production is no longer active", "neutral"),
]


@pytest.mark.parametrize(("state", "headline", "tone"), DEPLOYMENTS)
def test_a_deployment_says_how_it_stands(state: str, headline: str, tone: str) -> None:
    """Each state of a deployment has its words and tone, and its card shows environment, state and commit."""
    payload = everything("deployment_status", "created")
    payload["deployment_status"] = {**payload["deployment_status"], "state": state}
    message = said("deployment_status", payload, "en")
    assert (_headline(message), message.tone) == (headline, tone)
    assert "Environment: production" in plain(message)
    assert f"Commit: 6113728 ({HOME}/commit/{SHA})" in plain(message)


def test_a_card_shows_how_its_pull_request_stands() -> None:
    """State, branches, size, labels and reviewers are shown with every change, because a card is edited in place."""
    assert plain(said("pull_request", _pull("labeled"), "en")).splitlines()[1:6] == [
        "State: open",
        "Branch: main ← keep-cart",
        "Changes: +10 −2, 3 files",
        "Labels: bug",
        "Reviewers: bob",
    ]
