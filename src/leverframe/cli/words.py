"""What commands say to people, in their language. Ids, states, codes and JSON are the same in both."""

from __future__ import annotations

from leverframe.core.errors import Locale

HEADINGS = {
    "act": "한 일", "active": "켜짐", "actor": "누가", "asked": "요청", "at": "시각", "by": "만든 사람", "code": "코드", "created": "생성", "dead": "실패 보관", "decision": "결정", "declared": "선언", "destination": "방", "detail": "자세히",
    "disabled": "차단", "ended": "종료", "environment": "환경", "event": "이벤트", "events": "이벤트", "expires": "만료", "format": "형식", "from": "소스", "grants": "권한", "guid": "GUID", "health": "상태", "id": "ID", "invited": "초대", "last": "마지막 전송",
    "muted": "음소거", "name": "이름", "outcome": "결과", "owed": "대기", "project": "프로젝트", "reason": "이유", "received": "수신", "repository": "저장소", "requests": "요청 수", "revoked": "폐기", "role": "역할",
    "rooms": "방", "route": "라우트", "routes": "라우트", "run": "실행", "service": "서비스", "source": "소스", "state": "상태", "status": "HTTP", "target": "대상", "title": "제목", "to": "방", "took": "소요",
    "tries": "시도", "try": "회차", "until": "까지", "used": "최근 사용", "version": "버전", "what": "내용",
}  # fmt: skip
"""Headings of tables: English to Korean."""

LABELS = {
    **HEADINGS,
    "action": "동작", "attempts": "시도", "concurrency": "동시 요청 수", "content_type": "콘텐츠 형식", "created_at": "생성", "delivery_id": "보낸 쪽 ID", "ended_at": "종료",
    "event_id": "이벤트 ID", "has_secret": "비밀값", "health_at": "상태 시각", "hub": "허브", "insecure_ssl": "인증서 확인 안 함", "made_at": "만든 때", "made_by": "만든 사람", "next_try_at": "다음 시도",
    "notify": "알릴 방", "overlap_until": "이전 비밀값 기한", "path": "페이지", "paused": "일시 정지", "payloadUrl": "Payload URL", "per_second": "초당 요청 수", "received_at": "수신",
    "recovered": "복구", "refused": "거절", "remedy": "해결", "repo": "저장소", "scheduled_at": "예정", "secrets": "비밀값 수", "standing": "사용 상태", "thread": "스레드",
    "unlinked": "연결 해제", "url": "주소", "waiting": "대기", "waits": "대기 이유", "waits_after": "대기 전 오류",
}  # fmt: skip
"""What stands before the values of one thing: English, as the API calls it, to Korean."""


def label(word: str, locale: Locale) -> str:
    """Return the name of a value in ``locale``; one that is somebody else's (a header, a hook of git) is the same in both."""
    return LABELS.get(word, word) if locale == "ko" else word


def heading(word: str, locale: Locale) -> str:
    """Return a heading in ``locale``."""
    return HEADINGS[word] if locale == "ko" else word


def said(locale: Locale, en: str, ko: str) -> str:
    """Return the sentence of ``locale``."""
    return ko if locale == "ko" else en
