"""What the hub kept of an attempt in English, said in a reader's language: of its own sentences the Korean.

What a chat, a runner or a vendor answered is data: it stays as it came, also inside a sentence of the hub's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, TypeAlias

from leverframe.core.definition_words import WRITTEN
from leverframe.core.details import DETAILS, Detail

if TYPE_CHECKING:
    from leverframe.core.errors import Locale

KEPT: dict[str, str] = {
    "GitHub led to an address that is not one of its storages": "GitHub가 자기 저장소가 아닌 주소로 안내함",
    "HTTP 200 without a body": "HTTP 200, 본문이 없음",
    "HTTP {status} to {where}": "HTTP {status}, 이동할 주소: {where}",
    "HTTP {status} without a queue item": "HTTP {status}, 대기열 항목이 없음",
    "HTTP {status}, a page": "HTTP {status}, 웹 페이지",
    "HTTP {status}, not an answer of GitHub's": "HTTP {status}, GitHub의 응답이 아님",
    "HTTP {status}, not an answer of Teams'": "HTTP {status}, Teams의 응답이 아님",
    "Slack answered {met}, needed: {scope}": "Slack의 응답: {met}, 필요한 스코프: {scope}",
    "Slack asks to wait": "Slack이 기다리라고 함",
    "Teams answered {met}": "Teams의 응답: {met}",
    "Teams asks to wait": "Teams가 기다리라고 함",
    "a header holds what HTTP cannot carry": "헤더에 HTTP로 보낼 수 없는 문자가 들어 있음",
    "a link leads out of the folder": "링크가 폴더 밖으로 나감",
    "a name has an empty part, . or ..": "이름에 빈 부분이나 . 또는 ..이 있음",
    "an incoming webhook's message cannot be updated": "수신 웹훅으로 보낸 메시지는 고칠 수 없음",
    "any project: {application}": "모든 프로젝트: {application}",
    "asked to wait": "기다리라는 응답을 받음",
    "cancelled in Jenkins' queue": "Jenkins 대기열에서 취소됨",
    "cancelled in the queue": "대기열에서 취소됨",
    "it ended at {when} UTC": "{when} UTC에 만료됨",
    "it says nothing of this event": "이 이벤트에 할 말이 없음",
    "it tells no commit": "응답에 커밋이 없음",
    "its process did not start": "프로세스가 시작되지 않음",
    "its process ended": "프로세스가 끝남",
    "neither a bot nor a Workflow for {room}": "{room}에 보낼 봇도 Workflow도 없음",
    "neither bot_token nor a webhook for {room}": "{room}에 보낼 bot_token도 웹훅도 없음",
    "no [chats.{chat}] in the configuration": "설정에 [chats.{chat}] 섹션이 없음",
    "no answer in time": "제때 응답이 없음",
    "no answer in {seconds} s": "{seconds}초 동안 응답이 없음",
    "no answer yet": "아직 응답이 없음",
    "no connection ({why})": "연결하지 못함({why})",
    "no connection in time": "제때 연결하지 못함",
    "no conversation": "대화가 없음",
    "no key is set, and this machine has no account of its own": "키가 설정되지 않았고 이 서버에 딸린 계정도 없음",
    "no operation": "작업이 없음",
    "no run is named “… {id}” yet": "이름이 “… {id}”인 실행이 아직 없음",
    "not JSON": "JSON이 아님",
    "not the id of a run": "실행 ID가 아님",
    "nothing lets a form be opened here": "여기에서는 양식을 열 수 없음",
    "phase {word}": "단계 {word}",
    "shown on {pages} pages": "페이지 {pages}개에 표시함",
    "synced to nothing and not to {wanted}": "{wanted}(으)로 동기화되지 않음",
    "synced to {word} and not to {wanted}": "{wanted}이(가) 아니라 {word}(으)로 동기화됨",
    "the address is not one of HTTP": "HTTP 주소가 아님",
    "the address of the webhook answered {met}": "웹훅 주소의 응답: {met}",
    "the answer is not HTTP ({met})": "응답이 HTTP가 아님({met})",
    "the answer said so": "응답이 그렇다고 함",
    "the answer's address is not Slack's": "응답 주소가 Slack의 것이 아님",
    "the answer's headers are too long": "응답 헤더가 너무 김",
    "the app is not installed yet": "앱이 아직 설치되지 않음",
    "the connection broke ({met})": "연결이 끊김({met})",
    "the event names no pull request": "이벤트에 풀 리퀘스트가 없음",
    "the event's body is past its retention": "이벤트 본문의 보존 기간이 지남",
    "the format {word} sends pushes only": "{word} 형식은 푸시만 보냄",
    "the host's certificate is not trusted": "호스트의 인증서를 믿을 수 없음",
    "the host's name is not known": "호스트 이름을 찾을 수 없음",
    "the hub is stopping": "허브가 멈추는 중",
    "the hub keeps to Teams' pace": "허브가 Teams의 속도 제한에 맞춰 기다림",
    "the incoming webhook answered {met}": "수신 웹훅의 응답: {met}",
    "the message of a Workflow cannot be updated": "Workflow로 보낸 메시지는 고칠 수 없음",
    "the order holds what is no text": "요청에 글자로 쓸 수 없는 것이 들어 있음",
    "the simulated runner is told to fail": "시뮬레이션 러너가 실패하도록 설정됨",
    "the simulated runner is told to lose its answer": "시뮬레이션 러너가 응답을 잃도록 설정됨",
    "the simulated runner is told to refuse": "시뮬레이션 러너가 거부하도록 설정됨",
    "the token: {why}": "토큰: {why}",
    "there is no such bucket": "그런 버킷이 없음",
    "user {word}": "사용자 {word}",
    "user {word} lacks {wanted}": "사용자 {word}에게 {wanted} 권한이 없음",
    "what was written is not there": "저장한 것이 그 자리에 없음",
    "{met} (needs the scope {scopes}; the token has none)": "{met} (필요한 스코프: {scopes}, 토큰의 스코프: 없음)",
    "{met} (needs the scope {scopes}; the token has {held})": "{met} (필요한 스코프: {scopes}, 토큰의 스코프: {held})",
    "{met} (needs {permission})": "{met} (필요한 권한: {permission})",
    "{name} has {count} sources": "{name}: 소스가 {count}개",
    "{name} holds what is no text": "{name}에 글자로 쓸 수 없는 것이 들어 있음",
    "{name} is at {word}, not at {wanted}": "{name}의 커밋은 {wanted}이(가) 아니라 {word}",
    "{name} is no job but a folder": "{name}은(는) 작업이 아니라 폴더",
    "{name} is {met}, the job takes {choices}": "{name} 값 {met}, 작업이 받는 값: {choices}",
    "{size} bytes; less than {most} are taken": "{size}바이트, {most}바이트 미만이어야 함",
    "“{name}” is not OWNER/NAME": "“{name}”: OWNER/NAME 형식이 아님",
    "“{name}” is not the name of an organisation": "“{name}”: 조직 이름이 아님",
}
"""The Korean of what attempts, runs and refusals keep as text."""
OF_DETAILS = (
    "answer_not_slacks", "answers_too_slowly", "at_most_bytes", "at_most_elements", "being_done", "bytes_at_most", "channel_of_playground",
    "channel_of_slack", "grant_missing", "grant_missing_of_issuer", "large_bodies", "large_bodies_of_address", "nothing_reaches_room",
    "nothing_reaches_room_of_teams", "pages_open", "resolver_busy", "resolver_silent", "roles_that_do", "room_of_teams", "slack_answered",
    "url_address_not_numbers", "url_brackets", "url_characters", "url_host_missing", "url_host_not_a_name", "url_host_uncertain", "url_port",
    "url_port_empty", "url_scheme", "url_too_long", "url_unreadable", "url_user", "url_zone",
)  # fmt: skip
"""Keys of ``core.details`` whose English is kept too."""
OF_SYSTEM = {
    "Connect call failed {where}": "{where} 연결 실패",
    "Connection refused": "연결이 거부됨",
    "Connection reset by peer": "상대가 연결을 끊음",
    "Connection timed out": "연결 시간 초과",
    "Network is unreachable": "네트워크에 닿을 수 없음",
    "No route to host": "호스트로 가는 경로가 없음",
}
"""Why there is no connection, as the system and asyncio say it; elsewhere it is somebody else's word."""
STEPS = {"Building": "빌드하는 중", "Checking health": "상태를 확인하는 중", "Rolling out": "배포하는 중"}
"""What the hub's own runner says it is doing, where something of the hub's is said of it: alone it may be anybody's word."""
_FIELDS = {
    "count": r"\d+", "line": r"\d+", "most": r"\d+", "owner": "[^:]+", "pages": r"\d+", "permission": r"[a-z_]+=\w+(?:[,;] ?[a-z_]+=\w+)*", "quoted": "'[^']*'|\"[^\"]*\"", "seconds": r"[\d.]+", "size": r"\d+", "status": r"\d+", "word": r"\S+",
}  # fmt: skip
"""What a field holds; any other holds anything. ``why…`` may be of the hub's, ``ours`` must be."""
LONGEST, DEEPEST = 400, 3
"""Characters of a text that is looked at, and how often what stands in it is looked at in its turn: nothing of the hub's is longer or deeper, and anybody's text
may come, of which each half could be looked at again and again."""
Sentences: TypeAlias = tuple[Mapping[str, str], Sequence[tuple[re.Pattern[str], str]]]


def kept(text: str, locale: Locale) -> str:
    """Return a kept detail in a language: what is the hub's own in it; whatever else stays as it is."""
    return text if locale != "ko" or not text else in_korean(text, _table()) or text


def of_definition(text: str) -> Detail:
    """Return what is wrong with a definition in both languages; in English where the Korean is not known."""
    return Detail(text, in_korean(text, _written()) or text)


def in_korean(text: str, table: Sentences, deep: int = DEEPEST) -> str | None:
    """Return the Korean of a text that one of the sentences says; ``None`` for one that is none of them."""
    known, shapes = table
    if text in known:
        return known[text]
    if deep < 0 or len(text) > LONGEST:
        return None
    if (both := _after(text, "; ", table, deep)) is not None:
        return both
    for shape, ko in shapes:
        if (found := shape.fullmatch(text)) is not None:
            from leverframe.core.wording.particles import with_particles  # the wording knows the refusals, and they know this

            put_in = found.groupdict()
            inner = {
                field: in_korean(value, table, deep - 1) or in_korean(value, _written(), deep - 1)
                for field, value in put_in.items() if field.startswith(("why", "ours"))
            }  # fmt: skip
            if inner.get("ours", "") is not None:
                return with_particles(ko.format_map(put_in | {field: said for field, said in inner.items() if said is not None}))
    return _after(text, ": ", table, deep)


def _after(text: str, between: str, table: Sentences, deep: int) -> str | None:
    """Return the Korean of what is said after something else, or of something; that too where it is the hub's."""
    first, stands, second = text.partition(between)
    ours = in_korean(second, table, deep - 1) if stands else None
    return None if ours is None else f"{STEPS.get(first) or in_korean(first, table, deep - 1) or first}{between}{ours}"


@cache
def _table() -> Sentences:
    placed = [(en, ko) for en, ko in WRITTEN.items() if "{ours}" in en]  # the line of a template that failed
    return sentences([*KEPT.items(), *(DETAILS[key] for key in OF_DETAILS), *placed])


@cache
def _written() -> Sentences:
    return sentences([*KEPT.items(), *OF_SYSTEM.items(), *WRITTEN.items()])


def sentences(rows: Iterable[tuple[str, str]]) -> Sentences:
    """Return the sentences as they are, and the shapes of those that something is put into."""
    known: dict[str, str] = {}
    shapes = []
    for en, ko in rows:
        shape, fields = "", set[str]()
        for before, field, _, _ in Formatter().parse(en):
            shape += re.escape(before)
            if field:
                shape += f"(?P={field})" if field in fields else f"(?P<{field}>{_FIELDS.get(field, '.+')})"
                fields.add(field)
        if fields:
            shapes.append((re.compile(shape, re.DOTALL), ko))
        else:
            known[en.format()] = ko.format()
    return known, shapes
