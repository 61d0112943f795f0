"""한국어: 저장소, 사람, 팀, 조직, 규칙."""

from __future__ import annotations

from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import addressed, inside, subject
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_REPOSITORY = {
    "anonymous_access_disabled": "{who} {it} 저장소의 익명 Git 접근을 껐습니다",
    "anonymous_access_enabled": "⚠️ {who} {it} 저장소의 익명 Git 접근을 켰습니다",
    "archived": "🗄️ {who} {it} 저장소를 보관했습니다",
    "created": "{who} {it} 저장소를 만들었습니다",
    "deleted": "⚠️ {who} {it} 저장소를 삭제했습니다",
    "edited": "{who} {it} 저장소의 설정을 수정했습니다",
    "privatized": "🔒 {who} {it} 저장소를 비공개로 전환했습니다",
    "publicized": "⚠️ {who} {it} 저장소를 공개로 전환했습니다",
    "renamed": "{who} {old}저장소의 이름을 {it}{to} 바꿨습니다",
    "transferred": "⚠️ {who} {source}{it}{to} 저장소를 이전했습니다",
    "unarchived": "{who} {it} 저장소의 보관을 해제했습니다",
}


def repository(told: Told) -> Rich:
    if told.action not in _REPOSITORY:
        return general(told)
    old = told.text("changes", "repository", "name", "from")
    source = told.text("changes", "owner", "from", "organization", "login") or told.text("changes", "owner", "from", "user", "login")
    return phrase(
        _REPOSITORY[told.action],
        who=subject(told), it=told.repo_link(), to=particle(told.repo, "으로/로"), old=(Code(old), Text(" ")) if old else (),
        source=f"{source}에서 " if source else "",
    )  # fmt: skip


def public(told: Told) -> Rich:
    return phrase(_REPOSITORY["publicized"], who=subject(told), it=told.repo_link())


def repository_import(told: Told) -> Rich:
    state = {
        "success": "✅ {it} 저장소 가져오기가 성공했습니다",
        "failure": "❌ {it} 저장소 가져오기가 실패했습니다",
        "cancelled": "{it} 저장소 가져오기가 취소되었습니다",
    }
    return phrase(state.get(told.text("status"), "{it} 저장소 가져오기 상태가 바뀌었습니다"), it=told.repo_link())


_MEMBER = {
    "added": "{who} {whom} {it} 저장소의 협업자로 추가했습니다",
    "edited": "{who} {inside}{whom_of}의 권한을 변경했습니다",
    "removed": "{who} {whom} {it} 저장소의 협업자에서 제외했습니다",
}


def member(told: Told) -> Rich:
    if told.action not in _MEMBER:
        return general(told)
    person = told.person("member")
    return phrase(
        _MEMBER[told.action],
        who=subject(told), whom=addressed(person, "을/를"), whom_of=addressed(person), it=told.repo_link(), inside=inside(told, "에서 "),
    )  # fmt: skip


_MEMBERSHIP = {"added": "{who} {whom} {team} 팀에 추가했습니다", "removed": "{who} {whom} {team} 팀에서 제외했습니다"}


def membership(told: Told) -> Rich:
    if told.action not in _MEMBERSHIP:
        return general(told)
    return phrase(_MEMBERSHIP[told.action], who=subject(told), whom=addressed(told.person("member"), "을/를"), team=told.team())


_ORGANIZATION = {
    "deleted": "⚠️ {who} {it} 조직을 삭제했습니다",
    "member_added": "{whom_who} {it} 조직에 들어왔습니다",
    "member_invited": "{who} {whom} {it} 조직에 초대했습니다",
    "member_removed": "{who} {whom} {it} 조직에서 제외했습니다",
    "renamed": "{who} {old}조직의 이름을 {it}{to} 바꿨습니다",
}
_LEFT = "{whom_who} {it} 조직에서 나갔습니다"


def organization(told: Told) -> Rich:
    template = _ORGANIZATION.get(told.action)
    if template is None:
        return general(told)
    old, new = told.text("changes", "login", "from"), told.text("organization", "login")
    whom = told.newcomer()
    return phrase(
        _LEFT if told.action == "member_removed" and whom == told.who else template,
        who=subject(told), whom=addressed(whom, "을/를"), whom_who=addressed(whom, "이/가"), it=told.named("organization", "login"),
        old=(Code(old), Text(" ")) if old else (), to=particle(new, "으로/로"),
    )  # fmt: skip


_TEAM = {
    "added_to_repository": "{who} {team} 팀을 {it} 저장소에 추가했습니다",
    "created": "{who} {team} 팀을 만들었습니다",
    "deleted": "{who} {team} 팀을 삭제했습니다",
    "edited": "{who} {team} 팀을 수정했습니다",
    "removed_from_repository": "{who} {team} 팀을 {it} 저장소에서 제외했습니다",
}


def team(told: Told) -> Rich:
    if told.action not in _TEAM:
        return general(told)
    return phrase(_TEAM[told.action], who=subject(told), team=told.team(), it=told.repo_link())


def team_add(told: Told) -> Rich:
    return phrase(_TEAM["added_to_repository"], who=subject(told), team=told.team(), it=told.repo_link())


_RULE = {
    "created": "🔒 {who} {at}{rule} 브랜치 보호 규칙을 만들었습니다",
    "deleted": "⚠️ {who} {inside}{rule} 브랜치 보호 규칙을 삭제했습니다",
    "edited": "{who} {inside}{rule} 브랜치 보호 규칙을 수정했습니다",
}


def branch_protection_rule(told: Told) -> Rich:
    if told.action not in _RULE:
        return general(told)
    return phrase(_RULE[told.action], who=subject(told), rule=told.named("rule", "name"), inside=inside(told), at=inside(told, "에 "))


_INSTALLATION = {
    "created": "{who} {account} 계정에 {app_object} 설치했습니다",
    "deleted": "{who} {account} 계정에서 {app_object} 제거했습니다",
    "new_permissions_accepted": "{who} {account} 계정에서 {app}의 새 권한을 승인했습니다",
    "suspend": "{who} {account} 계정에서 {app_object} 일시 중지했습니다",
    "unsuspend": "{who} {account} 계정에서 {app_object} 다시 시작했습니다",
}


def installation(told: Told) -> Rich:
    if told.action not in _INSTALLATION:
        return general(told)
    name = told.text("installation", "app_slug") or "GitHub 앱"
    app = told.linked(name, "installation", "html_url")
    return phrase(
        _INSTALLATION[told.action],
        who=subject(told), app=app, app_object=(*app, Text(particle(name, "을/를"))),
        account=told.named("installation", "account", "login"),
    )  # fmt: skip


def ping(told: Told) -> Rich:
    zen = told.text("zen")
    return phrase("🏓 {inside}웹훅이 연결되었습니다{zen}", inside=inside(told), zen=f": {zen}" if zen else "")
