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


def heading(word: str, locale: Locale) -> str:
    """Return a heading in ``locale``."""
    return HEADINGS[word] if locale == "ko" else word


def said(locale: Locale, en: str, ko: str) -> str:
    """Return the sentence of ``locale``."""
    return ko if locale == "ko" else en
