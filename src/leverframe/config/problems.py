"""What can be wrong with leverframe.toml: one table of code, sentence and remedy, in English and Korean.

These never travel over HTTP, so they have no status; refusals at a door stand in ``core.errors``. Keep it sorted by code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from leverframe.core.access import VERBS
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.details import Detail
from leverframe.core.errors import Locale
from leverframe.core.kept_details import of_definition
from leverframe.core.wording.particles import with_particles

Severity = Literal["error", "warning"]
SENTENCES = frozenset({"cron_invalid", "filter_invalid", "gcs_key_invalid", "github_app_key_invalid", "template_fails", "template_invalid", "value_invalid"})
"""Codes whose detail says in words what is wrong; that of any other is what was met, a name or a value."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``en`` and ``ko`` are (sentence, remedy); ``{key}``, ``{detail}`` and ``{near}`` are filled in."""

    severity: Severity
    en: tuple[str, str]
    ko: tuple[str, str]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One error or warning, and where it stands."""

    file: Path
    line: int
    key: str
    """As it is written in TOML, with the position in a list: ``routes[0].events[1]``; empty for the file itself."""
    code: str
    """A key of :data:`FINDINGS`; never translated."""
    detail: str | Detail = ""
    """What was met; never a secret."""
    near: str | None = None
    """What was probably meant."""

    @property
    def severity(self) -> Severity:
        """Return ``error`` (the hub does not start) or ``warning``."""
        return FINDINGS[self.code].severity

    def sentence(self, locale: Locale) -> str:
        """Return what is wrong."""
        return self._fill(self._row(locale)[0], locale)

    def remedy(self, locale: Locale) -> str:
        """Return what to do."""
        if self.near is not None:
            return f"Did you mean {self.near}?" if locale == "en" else with_particles(f"{self.near}을(를) 쓰려던 것인가요?")
        return self._fill(self._row(locale)[1], locale)

    def document(self, locale: Locale) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "severity": self.severity, "code": self.code, "file": str(self.file), "line": self.line, "key": self.key,
            "sentence": self.sentence(locale), "remedy": self.remedy(locale),
        }

    def _row(self, locale: Locale) -> tuple[str, str]:
        row = FINDINGS[self.code]
        return row.ko if locale == "ko" else row.en

    def _fill(self, text: str, locale: Locale) -> str:
        both = of_definition(self.detail) if self.code in SENTENCES and isinstance(self.detail, str) else self.detail
        met = both if isinstance(both, str) else both.said(locale)
        detail = TYPES[met][locale == "ko"] if self.code == "value_type" else met.removesuffix(".")
        family = FAMILIES.get(self.key.partition(".")[0], ("", ""))[locale == "ko"]
        filled = text.format(key=self.key, detail=detail, name=self.key.rpartition(".")[2], family=family)
        return with_particles(filled) if locale == "ko" else filled


class ConfigErrors(Exception):
    """leverframe.toml has errors: ``findings`` are all of them, and the warnings, by line."""

    def __init__(self, findings: tuple[Finding, ...], locale: Locale = "en") -> None:
        self.findings = findings
        self.locale = locale
        """The language that the file asks for, as far as it could be read."""
        errors = [finding for finding in findings if finding.severity == "error"]
        super().__init__("; ".join(f"{finding.file}:{finding.line}: {finding.code}: {finding.sentence('en')}" for finding in errors))


FAMILIES = {"sources": ("Sources", "소스"), "chats": ("Chats", "채팅"), "runners": ("Runners", "러너")}
GRANTS = tuple(sorted({*VERBS, *BUILT_IN.verbs}))
"""First words that a grant can have without anything of the configuration."""
TYPES: dict[str, tuple[str, str]] = {
    "string": ('a string ("…")', '문자열("…")'),
    "list": ("a list ([…])", "목록([…])"),
    "table": ("a table ({…} or [section])", "테이블({…} 또는 [섹션])"),
    "tables": ("an array of tables ([[section]])", "테이블 배열([[섹션]])"),
    "whole": ("a whole number", "정수"),
    "number": ("a number", "숫자"),
    "boolean": ("true or false", "true 또는 false"),
}
TOML: dict[str, str] = {
    "Cannot declare {} twice": "{} 섹션이 두 번 있음",
    "Cannot overwrite a value": "같은 키가 두 번 있음",
    "Duplicate inline table key {}": "{} 키가 두 번 있음",
    "Expected '=' after a key in a key/value pair": "키 뒤에 =이 있어야 함",
    "Expected ']' at the end of a table declaration": "섹션 이름 뒤에 ]가 있어야 함",
    "Expected ']]' at the end of an array declaration": "섹션 이름 뒤에 ]]가 있어야 함",
    "Expected newline or end of document after a statement": "값 뒤에서 줄이 끝나야 함",
    "Found invalid character {}": "쓸 수 없는 문자 {}",
    "Illegal character {}": "쓸 수 없는 문자 {}",
    "Invalid initial character for a key part": "키가 될 수 없는 문자로 시작함",
    "Invalid statement": "키 = 값도 [섹션]도 아님",
    "Invalid value": "값으로 읽을 수 없음",
    "Unclosed array": "[ ]가 닫히지 않음",
    "Unclosed inline table": "{{ }}가 닫히지 않음",
    "Unescaped '\\' in a string": "문자열 안의 \\는 \\\\로 씀",
    "Unterminated string": "문자열의 따옴표가 닫히지 않음",
}
"""In Korean what tomllib says, as far as people meet it; ``{}`` is what it met: https://github.com/python/cpython/blob/3.11/Lib/tomllib/_parser.py"""

FINDINGS: dict[str, Row] = {}


def of_toml(said: str) -> Detail:
    """Return what tomllib says of a file, as the middle of a sentence; in English where the Korean is not known."""
    for sentence, ko in TOML.items():
        before, blank, after = sentence.partition("{}")
        if said == sentence or (blank and said.startswith(before) and said.endswith(after)):
            met = said[len(before) : len(said) - len(after)]
            break
    else:
        ko, met = "{}", said
    return Detail(said[:1].lower() + said[1:], ko.format(met))


def _error(code: str, en: tuple[str, str], ko: tuple[str, str]) -> None:
    FINDINGS[code] = Row(severity="error", en=en, ko=ko)


def _warning(code: str, en: tuple[str, str], ko: tuple[str, str]) -> None:
    FINDINGS[code] = Row(severity="warning", en=en, ko=ko)


_error("address_invalid", ("“{detail}” is not an address to listen on.", 'Write host and port: "127.0.0.1:8080" or "[::1]:8080".'),
       ("“{detail}”은(는) 수신 주소가 아닙니다.", '호스트와 포트를 쓰세요: "127.0.0.1:8080" 또는 "[::1]:8080".'))
_error("after_cycle", ("These environments wait for each other: {detail}.", "Take one after = … out."),
       ("이 환경들은 서로를 기다립니다: {detail}.", "after = … 하나를 지우세요."))
_error("api_url_invalid", ("“{detail}” is not the address of an API.", 'Write scheme and host: "https://github.example.com/api/v3".'),
       ("“{detail}”은(는) API 주소가 아닙니다.", '스킴과 호스트를 쓰세요: "https://github.example.com/api/v3".'))
_warning("api_url_of_pages", ("“{detail}” is where people read GitHub, not its API.", 'Write "https://api.github.com", or for an Enterprise Server "https://HOST/api/v3".'),
         ("“{detail}”은(는) 사람이 보는 GitHub 주소이고 API가 아닙니다.", '"https://api.github.com", Enterprise Server라면 "https://HOST/api/v3"로 쓰세요.'))
_warning("approvals_need_people", ("People may approve from several platforms ({detail}), and nobody's accounts there are linked: whoever might be the same person does not count.", 'Link them: [people.ann] identities = ["slack:U0123", "github:ann"].'),
         ("여러 플랫폼({detail})에서 승인할 수 있는데 아무의 계정도 연결되어 있지 않습니다. 같은 사람일 수도 있는 승인은 세지 않습니다.", '계정을 연결하세요: [people.ann] identities = ["slack:U0123", "github:ann"].'))
_warning("audit_unsigned", ("PostgreSQL has no place for a key of the hub's own, so the audit is not signed: who may write the database could make the whole chain anew, unseen.", 'Set master_keys = ["env:LEVERFRAME_MASTER_KEY"] in [hub] to a long random text.'),
         ("PostgreSQL에는 허브가 자기 키를 둘 곳이 없어 감사 기록에 서명하지 않습니다. 데이터베이스에 쓸 수 있는 사람이 기록 전체를 몰래 다시 만들 수 있습니다.", '[hub]에 master_keys = ["env:LEVERFRAME_MASTER_KEY"]를 긴 무작위 문자열로 설정하세요.'))
_warning("author_glob", ("In “{detail}” the brackets mean “one of these letters”, so no bot is called so.", "Write [[] for a bracket."),
         ("“{detail}”의 대괄호는 “이 글자 가운데 하나”라는 뜻이라 그런 봇은 없습니다.", "대괄호 자체는 [[]로 쓰세요."))
_error("chat_unknown", ("There is no chat called “{detail}”.", "Add [chats.{detail}], or correct the name before the colon."),
       ("“{detail}”라는 채팅이 없습니다.", "[chats.{detail}]을 추가하거나 콜론 앞의 이름을 고치세요."))
_error("command_needs_service", ("A runner of GitHub needs to know the repository, and no argument of {key} tells it.", 'Add an argument that is needed: {{ name = "service", kind = "service" }}, or kind = "repository".'),
       ("GitHub 러너는 저장소를 알아야 하는데 {key} 명령의 인자로는 알 수 없습니다.", '필수 인자를 추가하세요: {{ name = "service", kind = "service" }} 또는 kind = "repository".'))
_error("command_taken", ("There is a command called “{detail}” already.", "Give this one another name."),
       ("“{detail}” 명령은 이미 있습니다.", "다른 이름을 쓰세요."))
_warning("conclusion_unknown", ("Nothing on GitHub ends with “{detail}”.", "Write one of success, failure, cancelled, skipped, timed_out, neutral, action_required, startup_failure, stale, error, inactive."),
         ("GitHub에는 “{detail}”로 끝나는 것이 없습니다.", "success, failure, cancelled, skipped, timed_out, neutral, action_required, startup_failure, stale, error, inactive 가운데 쓰세요."))
_error("cron_invalid", ("This is not a line of cron: {detail}.", 'Write minute, hour, day of month, month and day of week: "0 18 * * FRI".'),
       ("cron 형식이 아닙니다: {detail}.", '분, 시, 일, 월, 요일을 쓰세요: "0 18 * * FRI".'))
_error("database_address_invalid", ("The address of the database cannot be read.", "In a user's name or password write # as %23, / as %2F, ? as %3F, @ as %40, [ as %5B and % as %25: postgresql://user:password@host/name."),
       ("데이터베이스 주소를 읽을 수 없습니다.", "사용자 이름과 비밀번호의 #은 %23, /는 %2F, ?는 %3F, @는 %40, [는 %5B, %는 %25로 쓰세요: postgresql://user:password@host/name."))
_error("database_unavailable", ("PostgreSQL needs a package that is not installed.", "Run pip install 'leverframe[postgresql]', or use SQLite."),
       ("PostgreSQL에 필요한 패키지가 설치되어 있지 않습니다.", "pip install 'leverframe[postgresql]'을 실행하거나 SQLite를 쓰세요."))
_error("database_unsupported", ("The database “{detail}” is not supported.", 'Write "sqlite:///leverframe.db" (a file beside leverframe.toml) or "postgresql://user@host/name".'),
       ("데이터베이스 “{detail}”은(는) 지원하지 않습니다.", '"sqlite:///leverframe.db"(leverframe.toml 옆의 파일) 또는 "postgresql://user@host/name"을 쓰세요.'))
_error("destination_invalid", ("“{detail}” does not name a room.", 'Write chat and room: "slack:#dev-team".'),
       ("“{detail}”은(는) 방 이름이 아닙니다.", '채팅과 방을 쓰세요: "slack:#dev-team".'))
_error("dispatch_project_twice", ("“{detail}” stands here twice: GitHub does not tell names apart by their case.", "Keep one of them."),
       ("“{detail}”이(가) 두 번 있습니다. GitHub는 저장소 이름의 대소문자를 구별하지 않습니다.", "하나만 남기세요."))
_error("duration_invalid", ("“{detail}” is not a length of time.", 'Write "30s", "30m", "4h", "1d" or "1d12h"; a year at most.'),
       ("“{detail}”은(는) 기간이 아닙니다.", '"30s", "30m", "4h", "1d", "1d12h"처럼 쓰세요. 최대 1년입니다.'))
_error("environment_unknown", ("The service has no environment called “{detail}”.", "Correct the name, or add the environment."),
       ("이 서비스에는 “{detail}”라는 환경이 없습니다.", "이름을 고치거나 환경을 추가하세요."))
_warning("event_unknown", ("GitHub's documented events have no “{detail}”.", "Compare it with GitHub's page of webhook events; an event that GitHub added lately works all the same."),
         ("GitHub 문서에 “{detail}” 이벤트가 없습니다.", "GitHub의 웹훅 이벤트 문서와 비교하세요. 최근에 추가된 이벤트라면 그대로 동작합니다."))
_error("file_missing", ("There is no configuration file.", "Run leverframe init to write one, or name it with --config or LEVERFRAME_CONFIG."),
       ("설정 파일이 없습니다.", "leverframe init으로 만들거나 --config 또는 LEVERFRAME_CONFIG로 지정하세요."))
_error("file_unreadable", ("The configuration file cannot be read: {detail}.", "Correct its permissions, and save it as UTF-8 text."),
       ("설정 파일을 읽을 수 없습니다: {detail}.", "권한을 고치고 UTF-8 텍스트로 저장하세요."))
_error("filter_invalid", ("The filter is not one: {detail}.", "Correct the expression, in CEL (https://cel.dev); it sees payload and event."),
       ("필터 식이 올바르지 않습니다: {detail}.", "CEL(https://cel.dev) 식을 고치세요. payload와 event를 쓸 수 있습니다."))
_error("filter_unavailable", ("Filters need the package for CEL, which is not installed.", "Run pip install 'leverframe[cel]', or use the structured keys."),
       ("CEL 패키지가 설치되어 있지 않아 필터를 쓸 수 없습니다.", "pip install 'leverframe[cel]'을 실행하거나 구조화된 키를 쓰세요."))
_error("follow_needs_after", ("{key} does not say what it follows.", 'Add after = "staging", the environment that has to succeed first.'),
       ("{key}이(가) 무엇을 따르는지 알 수 없습니다.", '먼저 성공해야 하는 환경을 쓰세요: after = "staging".'))
_warning("gates_need_app", ("There is no [github.app]: only an app can be a protection rule of an environment, and answer it.", "Add [github] app = {{ id = …, key = \"file:app.pem\" }}."),
         ("[github.app]이 없습니다. 환경의 보호 규칙이 되고 답하는 일은 앱만 할 수 있습니다.", "[github] app = {{ id = …, key = \"file:app.pem\" }}를 추가하세요."))
_error("gcs_key_invalid", ("{key} is not the key of a service account: {detail}.", "Make one on the account's page (Keys → Add key → JSON) and name the file as it was downloaded: \"file:key.json\"."),
       ("{key}이(가) 서비스 계정의 키가 아닙니다: {detail}.", "서비스 계정 페이지의 키 → 키 추가 → JSON으로 만들고 내려받은 파일을 그대로 쓰세요: \"file:key.json\"."))
_error("github_app_key_invalid", ("{key} is not the private key of a GitHub App: {detail}.", "Make one on the app's page (Private keys → Generate a private key) and name the file as it was downloaded: \"file:app.pem\"."),
       ("{key}이(가) GitHub App의 개인 키가 아닙니다: {detail}.", "앱 페이지의 Private keys → Generate a private key로 만들고 내려받은 파일을 그대로 쓰세요: \"file:app.pem\"."))
_error("github_token_and_app", ("The hub can be one only: [github] has both token and app.", "Take token out to speak as the app, or app to speak with the token."),
       ("[github]에 token과 app이 함께 있습니다. 허브는 둘 중 하나로만 접속합니다.", "앱으로 접속하려면 token을, 토큰을 쓰려면 app을 지우세요."))
_warning("grant_unknown", ("Nothing asks for the grant “{detail}”.", f"Write one of {', '.join(GRANTS)}, or a command of [commands]."),
         ("“{detail}” 권한을 확인하는 곳이 없습니다.", f"{', '.join(GRANTS)} 가운데 쓰거나 [commands]의 명령을 쓰세요."))
_error("hook_event_never", ("A hook of this kind never hears “{detail}”.", "Take it out; a GitHub App or an organisation's hook hears more: docs/how-to/github.md."),
       ("이런 종류의 웹훅은 “{detail}” 이벤트를 받지 못합니다.", "지우세요. GitHub App이나 조직의 웹훅은 더 많은 이벤트를 받습니다: docs/how-to/github.ko.md."))
_error("hook_event_unknown", ("GitHub has no event “{detail}” that a hook can be given.", "Write names without actions, as GitHub's page of webhook events has them."),
       ("GitHub에 웹훅이 받을 수 있는 “{detail}” 이벤트가 없습니다.", "GitHub의 웹훅 이벤트 문서에 있는 이름을 동작 없이 쓰세요."))
_error("hook_holder_needed", ("{key} does not say whose hook it is.", 'Write repository = "owner/name", or organisation = "owner".'),
       ("{key}이(가) 누구의 웹훅인지 알 수 없습니다.", 'repository = "소유자/이름"이나 organisation = "조직" 가운데 하나를 쓰세요.'))
_warning("hook_insecure_ssl", ("GitHub does not look at the certificate when it sends to this hook, so somebody on the way can read and change everything.", "Give the hub a certificate that is trusted and take {key} out."),
         ("GitHub가 이 웹훅으로 보낼 때 인증서를 확인하지 않아, 중간에서 내용을 읽고 바꿀 수 있습니다.", "허브에 신뢰할 수 있는 인증서를 두고 {key}을(를) 지우세요."))
_error("hook_source_needed", ("{key} does not say which source it leads to, and there is not exactly one of kind github.", 'Add [sources.github], or write source = "…".'),
       ("{key}이(가) 어느 소스로 이어지는지 알 수 없습니다. github 종류의 소스가 하나가 아닙니다.", '[sources.github]를 추가하거나 source = "…"를 쓰세요.'))
_error("hook_twice", ("Two hooks of “{detail}” lead to the same source.", "Leave one of them, with the events of both."),
       ("“{detail}”의 웹훅 둘이 같은 소스로 이어집니다.", "두 웹훅의 이벤트를 하나로 합치세요."))
_warning("hooks_need_token", ("Hooks are made by GitHub's API, and [github] has no token and no app.", 'Add [github] token = "env:GH_TOKEN" with the permission Webhooks, or app.'),
         ("웹훅은 GitHub API로 만드는데 [github]에 token도 app도 없습니다.", 'Webhooks 권한이 있는 [github] token = "env:GH_TOKEN"이나 app을 추가하세요.'))
_warning("icon_invalid", ("“{detail}” is neither an emoji nor an address.", 'Write ":rocket:" or "https://…/icon.png".'),
         ("“{detail}”은(는) 이모지도 주소도 아닙니다.", '":rocket:" 또는 "https://…/icon.png"로 쓰세요.'))
_error("identity_invalid", ("“{detail}” does not say where somebody is called so.", 'Write the source or chat and the name there: "github:ann", "slack:U0123".'),
       ("“{detail}”은(는) 어디에서 쓰는 이름인지 알 수 없습니다.", '소스나 채팅과 그곳의 이름을 쓰세요: "github:ann", "slack:U0123".'))
_error("identity_twice", ("“{detail}” is claimed by two people.", "Leave it with one of them."),
       ("“{detail}”을(를) 두 사람이 쓰고 있습니다.", "한 사람에게만 두세요."))
_warning("identity_unknown", ("No source or chat is called “{detail}”, so nobody is known by this name.", "Correct the name before the colon, or add its section."),
         ("“{detail}”라는 소스나 채팅이 없어 이 이름으로는 아무도 알아볼 수 없습니다.", "콜론 앞의 이름을 고치거나 그 섹션을 추가하세요."))
_error("issuer_invalid", ("“{detail}” cannot be an issuer of tokens.", "Write https://HOST, as its discovery document says; only a loopback address may be http."),
       ("“{detail}”은(는) 토큰 발급자가 될 수 없습니다.", "검색 문서에 적힌 https://HOST를 쓰세요. 루프백 주소만 http를 쓸 수 있습니다."))
_error("key_missing", ("{key} is missing.", "Add {name} = … here."),
       ("{key}이(가) 없습니다.", "여기에 {name} = …을 추가하세요."))
_error("key_not_built", ("{key} is planned and not there yet in this version.", "Take it out, or update Leverframe."),
       ("{key}은(는) 아직 이 버전에 없는 기능입니다.", "지우거나 Leverframe을 업데이트하세요."))
_error("key_unknown", ("There is no key {key}.", "Take it out; docs/configuration.md lists every key."),
       ("{key} 키는 없습니다.", "지우세요. 모든 키는 docs/configuration.md에 있습니다."))
_error("kind_not_built", ("{family} of kind “{detail}” are not built yet in this version.", "Take {key} out, or update Leverframe."),
       ("{family} 종류 “{detail}”은(는) 아직 이 버전에 없습니다.", "{key}을(를) 지우거나 Leverframe을 업데이트하세요."))
_error("kind_unknown", ("There is no kind “{detail}” here.", 'Write kind = "…" with one of the kinds in docs/configuration.md.'),
       ("“{detail}”라는 종류는 없습니다.", 'docs/configuration.md에 있는 종류로 kind = "…"를 쓰세요.'))
_error("list_empty", ("{key} is empty, so it could never match.", "Name at least one item, or leave the key out."),
       ("{key}이(가) 비어 있어 아무것도 맞을 수 없습니다.", "하나 이상 쓰거나 키를 지우세요."))
_error("master_keys_needed", ("With {key} set, tokens of workspaces are kept encrypted, and beside PostgreSQL there is no place for a key of the hub's own.", 'Set master_keys = ["env:LEVERFRAME_MASTER_KEY"] in [hub] to a long random text: openssl rand -base64 32.'),
       ("{key}을(를) 쓰면 워크스페이스의 토큰을 암호화해 보관하는데, PostgreSQL에는 허브가 자기 키를 둘 곳이 없습니다.", '[hub]에 master_keys = ["env:LEVERFRAME_MASTER_KEY"]를 긴 무작위 문자열로 설정하세요: openssl rand -base64 32.'))
_error("name_invalid", ("“{detail}” cannot be a name: it stands in addresses and in “chat:room”.", "Use lower-case letters, digits, - and _."),
       ("“{detail}”은(는) 이름으로 쓸 수 없습니다. 주소와 “채팅:방”에 들어갑니다.", "영문 소문자, 숫자, -, _만 쓰세요."))
_error("name_reserved", ("“{detail}” is a name of the hub's own.", 'Give it another, such as [sources.github-2] with kind = "github".'),
       ("“{detail}”은(는) 허브가 쓰는 이름입니다.", '다른 이름을 쓰세요. 예: [sources.github-2]와 kind = "github".'))
_error("on_invalid", ("Nothing starts on “{detail}”.", 'Write "push" and a branch: "push main", "push release/*".'),
       ("“{detail}”(으)로는 아무것도 시작되지 않습니다.", '"push"와 브랜치를 쓰세요: "push main", "push release/*".'))
_error("organisation_invalid", ("“{detail}” is not an organisation of GitHub.", 'Write its login, as in its address: "acme".'),
       ("“{detail}”은(는) GitHub 조직이 아닙니다.", '주소에 나오는 이름을 쓰세요: "acme".'))
_warning("paths_need_token", ("Files of pull requests are read from GitHub, and there is no [github] token.", 'Add [github] token = "env:GH_TOKEN"; until then {key} matches pushes only.'),
         ("풀 리퀘스트의 파일은 GitHub에서 읽는데 [github] token이 없습니다.", '[github] token = "env:GH_TOKEN"을 추가하세요. 그 전에는 {key}이(가) push에만 맞습니다.'))
_warning("plugin_adds_nothing", ("The plugin “{detail}” adds nothing.", "Decorate its functions: @command, @on_message, @on_event, @on_happening; or begin its file's name with _."),
         ("플러그인 “{detail}”이(가) 추가하는 것이 없습니다.", "함수에 @command, @on_message, @on_event, @on_happening을 붙이거나, 플러그인이 아니면 파일 이름을 _로 시작하세요."))
_error("plugin_broken", ("A plugin cannot be read: {detail}.", "Correct it, or set enabled = false for it."),
       ("플러그인을 읽을 수 없습니다: {detail}.", "고치거나 그 플러그인에 enabled = false를 설정하세요."))
_error("plugin_kind_taken", ("There are two kinds of room called “{detail}”.", "Give the plugin's another name."),
       ("“{detail}” 종류가 이미 있습니다.", "플러그인 쪽에 다른 이름을 쓰세요."))
_error("plugin_name_invalid", ("“{detail}” cannot be the name of a plugin.", "Write lower-case letters, digits, - and _, a letter first; a file that is no plugin begins with _."),
       ("“{detail}”은(는) 플러그인 이름으로 쓸 수 없습니다.", "소문자로 시작해 소문자, 숫자, -, _만 쓰세요. 플러그인이 아닌 파일은 이름을 _로 시작하세요."))
_error("plugin_not_isolable", ("A plugin in a process of its own cannot be a room: {detail}.", "Take isolated = true out, or put the class into a plugin of its own."),
       ("별도 프로세스에서 도는 플러그인은 이것을 추가할 수 없습니다: {detail}.", "isolated = true를 지우거나 그 클래스를 다른 플러그인으로 옮기세요."))
_error("plugin_unknown", ("There is no plugin called “{detail}”.", "Put {detail}.py into the folder of [plugins], or install the package that has it."),
       ("“{detail}”라는 플러그인이 없습니다.", "[plugins]의 folder에 {detail}.py를 넣거나, 그 플러그인이 든 패키지를 설치하세요."))
_error("plugins_folder_unreadable", ("The folder of plugins cannot be read: {detail}.", "Make the folder, or correct {key}."),
       ("플러그인 폴더를 읽을 수 없습니다: {detail}.", "폴더를 만들거나 {key}를 고치세요."))
_error("policy_unknown", ("There is no policy called “{detail}”.", "Add [policies.{detail}], or correct the name."),
       ("“{detail}”라는 정책이 없습니다.", "[policies.{detail}]을 추가하거나 이름을 고치세요."))
_error("port_invalid", ("The environment variable PORT is “{detail}”, which is not a port.", "Set PORT to a number from 1 to 65535, or write hub.bind."),
       ("환경 변수 PORT가 “{detail}”인데 포트 번호가 아닙니다.", "PORT를 1부터 65535 사이로 설정하거나 hub.bind를 쓰세요."))
_error("project_name_invalid", ("“{detail}” cannot be a project.", "Write owner/name in letters, digits, ., - and _; the owner is none of the hub's own first words, such as api or console."),
       ("“{detail}”은(는) 프로젝트 이름으로 쓸 수 없습니다.", "소유자/이름을 글자, 숫자, ., -, _로 쓰세요. api, console처럼 허브가 쓰는 단어는 소유자가 될 수 없습니다."))
_warning("repository_glob", ("A repository is called owner/name, and * crosses no /, so “{detail}” matches none.", 'Write "owner/name" or "owner/*"; a lone "*" is every repository.'),
         ("저장소 이름은 소유자/이름이고 *는 /를 넘지 않으므로 “{detail}”에 맞는 저장소가 없습니다.", '"소유자/이름"이나 "소유자/*"로 쓰세요. "*" 하나는 모든 저장소입니다.'))
_error("repository_invalid", ("“{detail}” is not a repository of GitHub.", 'Write "owner/name".'),
       ("“{detail}”은(는) GitHub 저장소가 아닙니다.", '"소유자/이름"으로 쓰세요.'))
_error("repository_missing", ("{key} needs the repository of the service “{detail}”, which is not set.", 'Add repository = "owner/name" to [services.{detail}].'),
       ("{key}에는 서비스 “{detail}”의 저장소가 필요한데 정해져 있지 않습니다.", '[services.{detail}]에 repository = "소유자/이름"을 추가하세요.'))
_warning("role_lacks_grant", ("The role may not do what it is named for here: {detail}.", "Add these words to allow of the role; without a grant its members are refused."),
         ("이 역할에는 여기서 맡긴 일의 권한이 없습니다: {detail}.", "역할의 allow에 이 단어들을 추가하세요. 권한이 없으면 구성원이 거절됩니다."))
_error("role_unknown", ("There is no role called “{detail}”.", "Add [roles.{detail}], or correct the name."),
       ("“{detail}”라는 역할이 없습니다.", "[roles.{detail}]을 추가하거나 이름을 고치세요."))
_error("room_invalid", ("This is not a room of the chat. {detail}", "Correct {key}."),
       ("이 채팅의 방이 아닙니다. {detail}", "{key}을(를) 고치세요."))
_warning("room_missing", ("{key} starts deployments by itself, and no room is told of them.", 'Add room = "slack:#deploys" to [services.{detail}].'),
         ("{key}에 따라 배포가 스스로 시작되는데 알릴 방이 없습니다.", '[services.{detail}]에 room = "slack:#deploys"를 추가하세요.'))
_error("route_name_twice", ("Two routes are called “{detail}”.", "Give each route a name of its own."),
       ("“{detail}”라는 라우트가 둘입니다.", "라우트마다 다른 이름을 쓰세요."))
_error("runner_unknown", ("There is no runner called “{detail}”.", "Add [runners.{detail}], or name simulated, github_actions or repository_dispatch, which need no section."),
       ("“{detail}”라는 러너가 없습니다.", "[runners.{detail}]을 추가하거나, 섹션이 필요 없는 simulated, github_actions, repository_dispatch 가운데 쓰세요."))
_error("secret_empty", ("The secret {key} is empty ({detail}).", "Put a value there: an empty secret would let anybody in."),
       ("비밀값 {key}이(가) 비어 있습니다 ({detail}).", "값을 넣으세요. 빈 비밀값은 누구나 통과시킵니다."))
_error("secret_env_missing", ("The environment variable {detail} is not set.", "Set {detail} where the hub starts."),
       ("환경 변수 {detail}이(가) 설정되어 있지 않습니다.", "허브를 시작하는 곳에서 {detail}을(를) 설정하세요."))
_error("secret_file_unreadable", ("The secret file cannot be read: {detail}.", "Correct the path (relative to leverframe.toml) or the permissions."),
       ("비밀값 파일을 읽을 수 없습니다: {detail}.", "경로(leverframe.toml 기준)나 권한을 고치세요."))
_warning("secret_literal", ("The secret {key} is written down in the file.", 'Put it into an environment variable and write "env:NAME", or into a file and write "file:PATH".'),
         ("비밀값 {key}이(가) 파일에 그대로 적혀 있습니다.", '환경 변수에 두고 "env:NAME", 또는 파일에 두고 "file:PATH"로 쓰세요.'))
_error("secret_scheme_unsupported", ("Secrets of the form {detail}: are not supported.", "Use env:NAME or file:PATH, which most secret stores can write; a value that has a colon itself can only stand there."),
       ("{detail}: 형식의 비밀값은 지원하지 않습니다.", "env:NAME 또는 file:PATH를 쓰세요. 비밀 저장소 대부분이 둘 중 하나로 내보낼 수 있습니다. 콜론이 들어 있는 값도 그렇게만 쓸 수 있습니다."))
_error("service_name_invalid", ("“{detail}” cannot be a name: people type it in commands.", "Use letters, digits, ., - and _; 63 at most."),
       ("“{detail}”은(는) 이름으로 쓸 수 없습니다. 사람들이 명령에 입력합니다.", "영문자, 숫자, ., -, _만 63자까지 쓰세요."))
_warning("services_need_token", ("There is no [github] token, so nothing can be deployed by {key}: branches and commits are read from GitHub.", 'Add [github] token = "env:GH_TOKEN".'),
         ("[github] token이 없어 {key}(으)로는 아무것도 배포할 수 없습니다. 브랜치와 커밋은 GitHub에서 읽습니다.", '[github] token = "env:GH_TOKEN"을 추가하세요.'))
_error("site_unknown", ("There is no site called “{detail}”.", "Add [sites.{detail}], or correct the name."),
       ("“{detail}”라는 사이트가 없습니다.", "[sites.{detail}]을 추가하거나 이름을 고치세요."))
_error("sites_unavailable", ("Sites need packages that are not installed.", "Run pip install 'leverframe[sites]', or take [sites] out."),
       ("사이트에 필요한 패키지가 설치되어 있지 않습니다.", "pip install 'leverframe[sites]'를 실행하거나 [sites]를 지우세요."))
_warning("slack_app_token_kind", ("{key} is not an app-level token: it does not begin with “xapp-”.", "Make one with the scope connections:write under Basic Information → App-Level Tokens of the Slack app."),
         ("{key}이(가) 앱 수준 토큰이 아닙니다. “xapp-”로 시작해야 합니다.", "Slack 앱의 Basic Information → App-Level Tokens에서 connections:write 권한으로 만드세요."))
_error("slack_client_half", ("client_id and client_secret belong together; {key} is missing.", "Copy both from Basic Information → App Credentials of the Slack app, or leave both out."),
       ("client_id와 client_secret은 함께 써야 합니다. {key}이(가) 없습니다.", "Slack 앱의 Basic Information → App Credentials에서 둘 다 복사하거나, 둘 다 지우세요."))
_error("slack_socket_unavailable", ("Socket Mode (app_token) needs a package that is not installed.", "Run pip install 'leverframe[socket-mode]', or leave app_token out and let Slack call hub.url."),
       ("Socket Mode(app_token)에 필요한 패키지가 설치되어 있지 않습니다.", "pip install 'leverframe[socket-mode]'를 실행하거나, app_token을 지우고 Slack이 hub.url을 호출하게 하세요."))
_warning("slack_token_kind", ("{key} is not a bot's token: it begins with “{detail}”.", "Copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the Slack app."),
         ("{key}이(가) 봇 토큰이 아닙니다. “{detail}”로 시작합니다.", "Slack 앱의 OAuth & Permissions에서 Bot User OAuth Token(xoxb-…)을 복사하세요."))
_error("source_unknown", ("There is no source called “{detail}”.", "Add [sources.{detail}], or correct the name."),
       ("“{detail}”라는 소스가 없습니다.", "[sources.{detail}]을 추가하거나 이름을 고치세요."))
_error("teams_bot_half", ("app_id and app_password belong together; {key} is missing.", "Copy both from the app registration of the bot, or leave both out."),
       ("app_id와 app_password는 함께 써야 합니다. {key}이(가) 없습니다.", "봇의 앱 등록에서 둘 다 복사하거나, 둘 다 지우세요."))
_error("teams_id_invalid", ("“{detail}” is not an id of Microsoft Entra.", "Copy it from the app registration's overview: 00000000-0000-0000-0000-000000000000."),
       ("“{detail}”은(는) Microsoft Entra의 ID가 아닙니다.", "앱 등록의 개요에서 복사하세요: 00000000-0000-0000-0000-000000000000."))
_warning("teams_need_token", ("Nobody is known to be in “{detail}”: who is in a team is read from GitHub, and [github] has neither token nor app.", 'Add [github] token = "env:GH_TOKEN", with read access to the organisation\'s members.'),
         ("“{detail}”에 누가 있는지 알 수 없습니다. 팀 구성원은 GitHub에서 읽는데 [github]에 token도 app도 없습니다.", '조직 구성원을 읽을 수 있는 토큰으로 [github] token = "env:GH_TOKEN"을 추가하세요.'))
_error("teams_tenants_missing", ("The bot would hear nobody: {key} is empty.", "Write the Directory (tenant) ID of the app registration; people of other tenants are refused."),
       ("{key}이(가) 비어 있어 봇이 아무 말도 듣지 못합니다.", "앱 등록의 디렉터리(테넌트) ID를 쓰세요. 다른 테넌트의 사람은 거절합니다."))
_error("teams_unavailable", ("A bot in Teams needs a package that is not installed.", "Run pip install 'leverframe[teams]', or leave app_id out and use webhooks only."),
       ("Teams 봇에 필요한 패키지가 설치되어 있지 않습니다.", "pip install 'leverframe[teams]'를 실행하거나, app_id를 지우고 webhooks만 쓰세요."))
_error("teams_webhook_invalid", ("{key} is not the https address of a Workflow.", "Copy it from the Workflow “Send webhook alerts to a channel” in Teams."),
       ("{key}이(가) Workflow의 https 주소가 아닙니다.", "Teams의 Workflow “채널에 웹후크 알림 보내기”에서 복사하세요."))
_warning("template_fails", ("The template has no answer to a sample of {detail}.", "Correct it, or ask first: {{% if subject %}}…{{% endif %}}. docs/how-to/templates.md lists the variables."),
         ("템플릿이 샘플 이벤트에서 실패합니다. {detail}.", "고치거나 {{% if subject %}}…{{% endif %}}로 먼저 확인하세요. 변수는 docs/how-to/templates.ko.md에 있습니다."))
_error("template_invalid", ("The template cannot be used: {detail}.", "Correct the template; docs/how-to/templates.md lists the variables."),
       ("템플릿을 쓸 수 없습니다: {detail}.", "템플릿을 고치세요. 변수는 docs/how-to/templates.ko.md에 있습니다."))
_error("timezone_unknown", ("There is no time zone “{detail}”.", 'Write a name of the IANA database: "Asia/Seoul", "UTC".'),
       ("“{detail}” 시간대는 없습니다.", 'IANA 시간대 이름을 쓰세요: "Asia/Seoul", "UTC".'))
_error("toml_invalid", ("This is not TOML: {detail}.", "Correct the line; strings stand in quotes."),
       ("TOML 문법에 맞지 않습니다: {detail}.", "이 줄을 고치세요. 문자열은 따옴표로 둘러쌉니다."))
_error("url_invalid", ("“{detail}” is not the address of a hub.", 'Write scheme and host only: "https://hub.example.com".'),
       ("“{detail}”은(는) 허브 주소가 아닙니다.", '스킴과 호스트만 쓰세요: "https://hub.example.com".'))
_warning("url_missing", ("The hub listens to the outside and hub.url is not set, so links in messages lead to this machine only.", 'Add url = "https://…" to [hub].'),
         ("허브가 외부 주소에서 수신하는데 hub.url이 없어 메시지의 링크가 이 컴퓨터로만 이어집니다.", '[hub]에 url = "https://…"를 추가하세요.'))
_error("url_not_https", ("hub.url is public and not https: signatures and cookies would travel in the clear.", "Put TLS in front and write https://…; only a loopback address may be http."),
       ("hub.url이 공개 주소인데 https가 아닙니다. 서명과 쿠키가 그대로 드러납니다.", "앞단에 TLS를 두고 https://…로 쓰세요. 루프백 주소만 http를 쓸 수 있습니다."))
_error("value_choice", ("{key} must be one of {detail}.", "Write one of these."),
       ("{key}은(는) {detail} 중 하나여야 합니다.", "이 가운데 하나를 쓰세요."))
_error("value_invalid", ("{key} cannot be used: {detail}.", "Correct the value; docs/configuration.md describes it."),
       ("{key} 값을 쓸 수 없습니다: {detail}.", "값을 고치세요. 설명은 docs/configuration.md에 있습니다."))
_error("value_type", ("{key} must be {detail}.", "Write {detail}."),
       ("{key}은(는) {detail}이어야 합니다.", "{detail}로 쓰세요."))
_error("webhook_invalid", ("{key} is not the https address of an incoming webhook.", "Copy it from Incoming Webhooks of the Slack app: https://hooks.slack.com/services/…."),
       ("{key}이(가) 수신 웹훅의 https 주소가 아닙니다.", "Slack 앱의 Incoming Webhooks에서 복사하세요: https://hooks.slack.com/services/…."))
