"""What the walk to GitHub says at each step, in English and Korean: what is found, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.kept_details import kept

_YAML = "on:\n  repository_dispatch:\n    types: [{type}]"
WORDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "app": (("the GitHub App {name}", ""), ("GitHub App {name}", "")),
    "ends": (("it ends at {at}", ""), ("{at}에 끝납니다", "")),
    "ends_soon": (
        ("it ends at {at}", "Make a new one on GitHub before that and set it in [github] token; a GitHub App's ends never."),
        ("{at}에 끝납니다", "그 전에 GitHub에서 새 토큰을 만들어 [github] token에 설정하세요. GitHub App은 끝나지 않습니다.")),
    "event_type": (("{file} on {branch} starts with “{type}”", ""), ("{branch} 브랜치의 {file}: “{type}”에서 시작합니다", "")),
    "event_type_missing": (
        ("no workflow on {branch} starts with the event type “{type}”; those there start with: {others}", f"Put this into a workflow on {{branch}}:\n{_YAML}"),
        ("{branch} 브랜치에 이벤트 종류 “{type}”에서 시작하는 워크플로가 없습니다. 지금 시작하는 종류: {others}", f"{{branch}} 브랜치의 워크플로에 넣으세요:\n{_YAML}")),
    "hook": (("hook {id} hears what the routes need", ""), ("웹훅 {id}: 라우트에 필요한 이벤트를 모두 받습니다", "")),
    "hook_failing": (
        ("hook {id}: its last delivery failed ({message})", "leverframe github hooks deliveries shows what GitHub got from the hub; the hub has it sent again by itself."),
        ("웹훅 {id}: 마지막 전송이 실패했습니다({message})", "leverframe github hooks deliveries로 GitHub가 받은 응답을 보세요. 허브가 스스로 다시 보내게 합니다.")),
    "hook_lacks": (
        ("hook {id} does not hear what the routes need: {events}", "leverframe github hooks sync, or add-events by hand: a hook made on GitHub's page has only push."),
        ("웹훅 {id}: 라우트에 필요한 이벤트를 받지 않습니다: {events}", "leverframe github hooks sync를 실행하거나 add-events로 추가하세요. GitHub 페이지에서 만든 웹훅은 push만 받습니다.")),
    "hook_missing": (
        ("no hook there leads to {url}", "Declare it in [[github.hooks]] and run leverframe github hooks sync; a hook of the organisation does too."),
        ("{url}(으)로 이어지는 웹훅이 없습니다", "[[github.hooks]]에 선언하고 leverframe github hooks sync를 실행하세요. 조직의 웹훅이 있어도 됩니다.")),
    "hook_off": (("hook {id} is not active", "leverframe github hooks edit --active."), ("웹훅 {id}: 꺼져 있습니다", "leverframe github hooks edit --active로 켜세요.")),
    "never_ends": (("GitHub tells no end of it", ""), ("GitHub가 알리는 만료일이 없습니다", "")),
    "no_push": (
        ("whose token it is may not write to {repository}", "Give this account the role Write in the repository, or use another's token: it must have been invited there."),
        ("토큰의 계정에 {repository} 쓰기 권한이 없습니다", "저장소에서 이 계정에 Write 역할을 주거나, 초대된 다른 계정의 토큰을 쓰세요.")),
    "no_scopes": (("permissions instead of scopes: each is tried below as far as reading goes", ""), ("범위 대신 권한을 쓰는 토큰입니다. 아래에서 읽기로 확인합니다", "")),
    "repository": (("{repository}, default branch {branch}", ""), ("{repository}, 기본 브랜치 {branch}", "")),
    "scopes_dispatch": (("scopes for starting workflows: {held}", ""), ("워크플로 시작에 필요한 범위가 있습니다: {held}", "")),
    "scopes_dispatch_missing": (
        ("to start workflows a classic token needs the scope {needed}; it has: {held}", "Tick {needed} on the token's page on GitHub."),
        ("워크플로를 시작하려면 classic 토큰에 {needed} 범위가 필요합니다. 지금: {held}", "GitHub의 토큰 페이지에서 {needed}를 체크하세요.")),
    "scopes_hooks": (("scopes for webhooks: {held}", ""), ("웹훅에 필요한 범위가 있습니다: {held}", "")),
    "scopes_hooks_missing": (
        ("to keep webhooks a classic token needs the scope {needed}; it has: {held}", "Tick {needed} on the token's page on GitHub."),
        ("웹훅을 관리하려면 classic 토큰에 {needed} 범위가 필요합니다. 지금: {held}", "GitHub의 토큰 페이지에서 {needed}를 체크하세요.")),
    "token_classic": (("a classic token of {login}", ""), ("{login}의 classic 토큰", "")),
    "token_fine": (("a fine-grained token of {login}", ""), ("{login}의 fine-grained 토큰", "")),
    "token_installation": (
        ("a token of a GitHub App's installation, which ends within an hour", "Give the hub the app itself: [github.app] id and key."),
        ("한 시간 안에 끝나는 GitHub App 설치 토큰입니다", "앱 자체를 설정하세요: [github.app]의 id와 key.")),
    "token_oauth": (("a token of {login}, by an OAuth app", ""), ("{login}의 OAuth 앱 토큰", "")),
    "token_unknown": (("a token of {login}", ""), ("{login}의 토큰", "")),
    "token_user": (("a token of {login}, by a GitHub App", ""), ("GitHub App을 통한 {login}의 토큰", "")),
    "workflow": (("{file} is on {branch}, enabled, and can be started", ""), ("{branch} 브랜치의 {file}: 켜져 있고 시작할 수 있습니다", "")),
    "workflow_missing": (
        ("there is no {file} on {branch}; there are: {known}", "Correct workflow in leverframe.toml, or merge the file into {branch}: only there GitHub looks."),
        ("{branch} 브랜치에 {file} 파일이 없습니다. 있는 것: {known}", "leverframe.toml의 workflow를 고치거나 파일을 {branch} 브랜치에 병합하세요. GitHub는 그곳만 봅니다.")),
    "workflow_not_by_hand": (
        ("{file} on {branch} cannot be started from outside", "Put this into it:\non:\n  workflow_dispatch:"),
        ("{branch} 브랜치의 {file}: 밖에서 시작할 수 없습니다", "파일에 넣으세요:\non:\n  workflow_dispatch:")),
}  # fmt: skip
"""By key: (what is found, what to do), English and then Korean."""


def said(key: str, code: str, detail: str, values: Mapping[str, str], locale: Locale) -> tuple[str, str]:
    """Return what is found and what to do: of a sentence of this table, or of the refusal ``code``."""
    if key:
        found, remedy = WORDS[key][locale == "ko"]
        return found.format(**values), remedy.format(**values)
    row = PROBLEMS[code]
    title, remedy = row.ko if locale == "ko" else row.en
    return title + (f" ({kept(detail, locale)})" if detail else ""), remedy
