"""한국어: 자기 문장이 없는 이벤트와 아직 모르는 동작을 위한 일반형."""

from __future__ import annotations

from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.ko.grammar import inside, subject
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told

NOUNS = {
    "branch_protection_configuration": "브랜치 보호",
    "bypass_request_secret_scanning": "푸시 보호 우회 요청",
    "custom_property": "사용자 지정 속성",
    "custom_property_values": "사용자 지정 속성값",
    "deploy_key": "배포 키",
    "dismissal_request_code_scanning": "코드 스캔 경고 무시 요청",
    "dismissal_request_secret_scanning": "시크릿 스캔 경고 무시 요청",
    "enterprise": "엔터프라이즈의 익명 접근",
    "exemption_request_push_ruleset": "푸시 규칙 세트 예외 요청",
    "feature_flag": "기능 플래그",
    "github_app_authorization": "GitHub 앱 인증",
    "installation": "GitHub 앱 설치",
    "installation_repositories": "GitHub 앱이 설치된 저장소",
    "installation_target": "GitHub 앱이 설치된 계정",
    "issue_relates_to": "이슈 간의 관계",
    "marketplace_purchase": "Marketplace 요금제",
    "meta": "이 웹훅",
    "organization_custom_property": "조직의 사용자 지정 속성",
    "organization_custom_property_values": "조직의 사용자 지정 속성값",
    "org_block": "조직에서 사용자",
    "personal_access_token_request": "개인 액세스 토큰 요청",
    "project": "프로젝트",
    "project_card": "프로젝트 카드",
    "project_column": "프로젝트 열",
    "projects_v2": "프로젝트",
    "projects_v2_item": "프로젝트 항목",
    "projects_v2_status_update": "프로젝트 상태 업데이트",
    "repository_ruleset": "규칙 세트",
    "sponsorship": "후원",
    "subgroup": "하위 그룹",
    "user": "사용자",
}
VERBS = {
    "added": "추가했습니다",
    "anonymous_access_disabled": "껐습니다",
    "anonymous_access_enabled": "켰습니다",
    "approved": "승인했습니다",
    "archived": "보관했습니다",
    "blocked": "차단했습니다",
    "bypass_request_secret_scanning.created": "보냈습니다",
    "cancelled": "취소했습니다",
    "changed": "변경했습니다",
    "closed": "닫았습니다",
    "completed": "완료했습니다",
    "converted": "변환했습니다",
    "created": "만들었습니다",
    "deleted": "삭제했습니다",
    "denied": "거부했습니다",
    "deploy_key.created": "추가했습니다",
    "disabled": "껐습니다",
    "dismissal_request_code_scanning.created": "보냈습니다",
    "dismissal_request_secret_scanning.created": "보냈습니다",
    "edited": "수정했습니다",
    "enabled": "켰습니다",
    "exemption_request_push_ruleset.created": "보냈습니다",
    "moved": "옮겼습니다",
    "new_permissions_accepted": "새 권한으로 승인했습니다",
    "pending_cancellation": "종료하기로 예약했습니다",
    "pending_change": "변경하기로 예약했습니다",
    "pending_change_cancelled": "변경하지 않기로 했습니다",
    "pending_tier_change": "다른 등급으로 바꾸도록 예약했습니다",
    "personal_access_token_request.created": "보냈습니다",
    "projects_v2_status_update.created": "올렸습니다",
    "promoted_to_enterprise": "엔터프라이즈로 올렸습니다",
    "purchased": "구매했습니다",
    "removed": "제거했습니다",
    "renamed": "새 이름으로 바꿨습니다",
    "reopened": "다시 열었습니다",
    "reordered": "다시 정렬했습니다",
    "response_dismissed": "다시 검토하도록 되돌렸습니다",
    "response_submitted": "검토하고 답했습니다",
    "restored": "복원했습니다",
    "revoked": "철회했습니다",
    "sponsorship.created": "시작했습니다",
    "suspend": "일시 중지했습니다",
    "tier_changed": "다른 등급으로 바꿨습니다",
    "unblocked": "차단 해제했습니다",
    "unsuspend": "다시 시작했습니다",
    "updated": "업데이트했습니다",
}
"""By action, or by event and action where that needs a word of its own."""


def general(told: Told) -> Rich:
    """Return who, event, action, repository and what it is about, of any event at all."""
    noun, verb, it = NOUNS.get(told.event.name), VERBS.get(told.event.full_name) or VERBS.get(told.action), told.main_thing()
    about = (Text(": "), *it) if it else ()
    if noun and verb:
        noun += particle(noun, "을/를")
        return phrase(
            "{who} {inside}{noun} {verb}{about}", who=subject(told), verb=verb, noun=noun, inside=inside(told, "에서 "), about=about
        )
    name = Code(one_line(told.event.full_name) or "?")
    by = (Text(" ("), *told.who, Text(")")) if told.who else ()
    return phrase("{inside}{name} 이벤트가 발생했습니다{by}{about}", name=name, by=by, inside=inside(told, "에서 "), about=about)
