"""What is kept of attempts in English is shown in the reader's language."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from leverframe.core.definition_words import WRITTEN
from leverframe.core.details import DETAILS, detail
from leverframe.core.errors import Refused, document
from leverframe.core.kept_details import KEPT, OF_DETAILS, STEPS, kept, of_definition

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("en", KEPT)
def test_each_is_found_again_with_what_is_put_in(en: str) -> None:
    """As the code fills it, so it is read: in Korean, with the same values; in English as it was kept."""
    values = {field: "issues=7" if field == "permission" else "7" for _, field, _, _ in Formatter().parse(en) if field}
    text, ko = en.format(**values), kept(en.format(**values), "ko")
    assert not HANGUL.search(en) and HANGUL.search(ko) and ko.count("7") == text.count("7")
    assert not re.search(r"은\(는\)|이\(가\)|\(으\)로", ko) and kept(text, "en") == text


@pytest.mark.parametrize("en", WRITTEN)
def test_what_is_wrong_with_a_definition_is_said_in_both(en: str) -> None:
    """Every sentence of the table is read back, with its values."""
    values = {field: "syntax error" if field == "ours" else "'7'" if field == "quoted" else "7" for _, field, _, _ in Formatter().parse(en) if field}
    both = of_definition(en.format(**values))
    assert both.en == en.format(**values) and (HANGUL.search(both.ko) or en.startswith("'end of"))
    assert not re.search(r"은\(는\)|이\(가\)|을\(를\)|\(으\)로|syntax", both.ko)


@pytest.mark.parametrize(
    ("en", "ko"),
    [
        ("0 18 * *: five fields are needed: minute, hour, day of month, month, day of week", "0 18 * *: 분, 시, 일, 월, 요일 다섯 항목이 필요함"),
        ("there is no foo; a filter sees payload and event", "foo가 없음; 필터에서는 payload와 event를 쓸 수 있음"),
        ("“=” cannot stand here (line 1, column 3)", "“=”은(는) 여기에 쓸 수 없음(1행 3열)"),
        ("line 1: subject has no titel; it has key, title", "1행: subject에 titel이 없음; 쓸 수 있는 것: key, title"),
        ("push: line 1: UndefinedError: None has no attribute 'title'", "push: 1행: UndefinedError: None에 'title'이 없음"),
        ("line 1: expected token 'end of print statement', got 'foo'", "1행: '}}'이 와야 하는데 'foo'가 있음"),
        ("deploy: where needs a service before it", "deploy: where 앞에 service 인자가 필요함"),
    ],
)  # fmt: skip
def test_a_definition_is_put_right_by_whoever_reads_korean(en: str, ko: str) -> None:
    """What a check finds in [commands], cron lines, conditions and templates."""
    assert of_definition(en).ko == ko and of_definition("something new of Jinja's").ko == "something new of Jinja's"


def test_the_table_is_sorted() -> None:
    """Whoever adds a sentence finds the place, and one with more of its own words stands before one that holds anything."""
    assert list(KEPT) == sorted(KEPT) and list(OF_DETAILS) == sorted(OF_DETAILS) and list(WRITTEN) == sorted(WRITTEN)
    assert not {en for en, _ in map(DETAILS.get, OF_DETAILS)} & set(KEPT)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "ko"),
    [
        ("the event's body is past its retention", "이벤트 본문의 보존 기간이 지남"),
        ("no connection (ConnectionResetError)", "연결하지 못함(ConnectionResetError)"),
        ("no connection (Connection refused)", "연결하지 못함(연결이 거부됨)"),
        ("no connection (Connect call failed ('127.0.0.1', 9))", "연결하지 못함(('127.0.0.1', 9) 연결 실패)"),
        ("the token: no answer in time", "토큰: 제때 응답이 없음"),
        ("Checking health: the simulated runner is told to fail", "상태를 확인하는 중: 시뮬레이션 러너가 실패하도록 설정됨"),
        ("blog.example.com: no answer from the resolver in time", "blog.example.com: 이름 조회가 제때 끝나지 않음"),
        ("person:bo has no grant for admin; roles that do: ops, release", "person:bo에게 admin 권한이 없음; 할 수 있는 역할: ops, release"),
        ("synced to v1 and not to main", "main이 아니라 v1로 동기화됨"),
        ("Not Found (needs the scope repo; the token has none)", "Not Found (필요한 스코프: repo, 토큰의 스코프: 없음)"),
        ("deploy/web is no job but a folder", "deploy/web은 작업이 아니라 폴더"),
    ],
)  # fmt: skip
def test_it_is_said_as_people_say_it(text: str, ko: str) -> None:
    """Particles fit, one thing is said after another, and what others named stays."""
    assert kept(text, "ko") == ko


@pytest.mark.parametrize("text", ["", "not_in_channel", "Connection refused", "failed", "failed: exit status 1", *STEPS, "line 3: x is undefined", "the build failed", "Sync error: one or more objects failed to apply", "HTTP 503", "배포가 실패했습니다", "lint failed (needs rebase)"])
def test_what_others_said_stays(text: str) -> None:
    """A runner's or a chat's words are data, also where a word of ours stands in them."""
    assert kept(text, "ko") == text
    assert kept(f"the incoming webhook answered {text}", "ko") == (f"수신 웹훅의 응답: {text}" if text else "the incoming webhook answered ")


@pytest.mark.parametrize("text", ["; : " * 100 + "x", "line 1: " * 50 + "x", "; " * 5000 + "x", ": " * 200, " (needs the scope ; the token has " * 300, "the token: " * 36])
def test_whatever_text_comes_it_is_soon_looked_at(text: str) -> None:
    """Anybody's text may be a detail. Each half of one was looked at in its turn, twice, and its halves again: forty letters of a stranger's ``Origin`` held up
    the hub for a second, a hundred for good.
    """
    assert kept(text, "ko").endswith(text[-20:]) and document(Refused("not_found", text), "ko")["detail"].endswith(text[-20:]) and of_definition(text).en == text


def test_a_refusal_that_was_kept_is_told_in_the_readers_language() -> None:
    """A command's refusal is kept with what was said: asked for again it was English on a Korean hub."""
    again = Refused("not_allowed", detail("grant_missing", actor="person:bo", wanted="deploy web-app production").en)
    assert document(again)["detail"] == "person:bo has no grant for deploy web-app production"
    assert document(again, "ko")["detail"] == "person:bo에게 deploy web-app production 권한이 없음"
