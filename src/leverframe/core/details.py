"""What the hub itself says in the detail of a refusal, in English and Korean: one table.

Names, values and what a vendor said stay as they are. Logs and the audit keep the English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from leverframe.core.errors import Locale

DETAILS: dict[str, tuple[str, str]] = {
    "address_nor_path": ("“{met}” is neither an http address nor a path", "“{met}”: http 주소도 경로도 아님"),
    "address_without_id": ("“{met}” is no http address with {{id}} in it", "“{met}”: {{id}}가 든 http 주소가 아님"),
    "answer_not_slacks": ("HTTP {status}, not an answer of Slack's", "HTTP {status}, Slack의 응답이 아님"),
    "answers_too_slowly": ("the answer takes longer than Slack waits", "Slack이 기다리는 시간 안에 답하지 못함"),
    "at_least_one": ("at least one", "하나 이상 필요"),
    "at_most": ("at most {most}", "최대 {most}개"),
    "at_most_bytes": ("at most {most} bytes", "최대 {most}바이트"),
    "at_most_characters": ("at most {most} characters", "최대 {most}자"),
    "at_most_days": ("at most {most} days", "최대 {most}일"),
    "at_most_elements": ("at most {most} elements in a card", "카드 하나에 요소는 최대 {most}개"),
    "at_most_fields": ("at most {most} fields", "필드는 최대 {most}개"),
    "begins_with_no_chat": ("{met} begins with none of {known}", "{met}: 앞에 쓸 수 있는 채팅: {known}"),
    "being_done": ("it is being done", "처리 중"),
    "body_empty_of_commands": ("no command, no payload and no event", "명령도 페이로드도 이벤트도 없음"),
    "bytes_at_most": ("{size} bytes, at most {most}", "{size}바이트, 최대 {most}바이트"),
    "channel_of_playground": (
        "A channel of the playground is # and up to 80 letters, digits, - or _: write it as #dev-team.",
        "플레이그라운드 채널은 # 뒤에 글자, 숫자, -, _를 80자까지 씁니다. 예: #dev-team"),
    "channel_of_slack": (
        '"{room}" is not a channel of Slack: write its name in lower case ("#dev-team") or its id ("C0123456789").',
        '"{room}": Slack 채널이 아닙니다. 소문자 이름("#dev-team")이나 ID("C0123456789")를 쓰세요.'),
    "channel_unknown": ("there is no channel {met}", "{met} 채널이 없음"),
    "characters_from": ("1 to {most} characters", "1자에서 {most}자까지"),
    "chat_not_installable": ("there is none of this name that can be installed", "이 이름으로 설치할 수 있는 채팅이 없음"),
    "choose_one": ("choose at least one", "하나 이상 고르세요"),
    "clock_off": ("{seconds} seconds off the hub's clock", "허브 시계와 {seconds}초 차이"),
    "database_versions": ("database at {at}, this program at {head}", "데이터베이스 {at}, 이 프로그램 {head}"),
    "either": ("{one} or {other}", "{one} 또는 {other}"),
    "event_name_needed": ("set event, event_header or event_name, so that routes can name what comes", "라우트가 이벤트를 가리킬 수 있게 event, event_header, event_name 가운데 하나를 설정하세요"),
    "form_of_payload": ("the form must have exactly one field named payload", "양식에 payload 필드가 정확히 하나 있어야 함"),
    "form_of_somebody_else": ("the form was opened for somebody else, or changed", "다른 사람에게 열린 양식이거나 내용이 바뀐 양식"),
    "format_tells_only": ("the format {format} tells of {topics} only", "{format} 형식이 보낼 수 있는 이벤트: {topics}"),
    "from_to": ("from {least} to {most}", "{least}에서 {most}까지"),
    "grant_missing": ("{actor} has no grant for {wanted}", "{actor}에게 {wanted} 권한이 없음"),
    "grant_missing_of_issuer": ("who issued {actor} does not hold {wanted}", "{actor}를 발급한 사람에게 {wanted} 권한이 없음"),
    "grants_not_held": ("you do not hold {grants}", "본인에게 없는 권한: {grants}"),
    "header_name": ("a header's name is letters, digits and -", "헤더 이름에는 영문자, 숫자, -만 쓸 수 있음"),
    "header_name_is_none": ("is no name of a header", "헤더 이름이 아님"),
    "header_value": ("holds what no header may hold", "헤더에 쓸 수 없는 문자가 들어 있음"),
    "holder_is_none": ("“{met}” is not OWNER/REPO, OWNER or @app", "“{met}”: OWNER/REPO, OWNER, @app 가운데 하나로 쓰세요"),
    "holds_nul": ("holds a NUL", "NUL 문자가 들어 있음"),
    "hook_hears_no_push": ("the hook does not hear push, so GitHub would send nothing; ping it instead", "웹훅이 push를 받지 않아 GitHub가 아무것도 보내지 않음. 대신 ping을 쓰세요"),
    "hook_secret_needed": ("a hook to another address needs one of its own", "다른 주소로 보내는 웹훅에는 따로 필요"),
    "hook_test_of_repositories": ("only hooks of a repository can be tested; ping does for the others", "저장소의 웹훅만 테스트할 수 있음. 나머지는 ping을 쓰세요"),
    "id_shape": ("an id is {prefix}_ and 13 letters or digits", "ID는 {prefix}_ 뒤에 글자와 숫자 13자"),
    "issuer_not_configured": ("the configuration has no such issuer", "설정에 이 발급자가 없음"),
    "json_needed": ("application/json is needed", "application/json이어야 함"),
    "json_or_form": ("application/json, or a form", "application/json 또는 양식"),
    "key_too_short": ("32 characters at least", "32자 이상이어야 함"),
    "large_bodies": ("too many large bodies at once", "큰 본문이 동시에 너무 많음"),
    "large_bodies_of_address": ("too many large bodies at once from one address", "한 주소에서 큰 본문이 동시에 너무 많음"),
    "list_of_objects": ("a list of 1 to {most} objects", "객체 1개에서 {most}개까지의 목록이어야 함"),
    "may_not_be_empty": ("may not be empty", "비울 수 없음"),
    "missing": ("missing", "없음"),
    "more_than": ("more than {size}", "{size} 초과"),
    "must_be_address": ("must be an http(s) address", "http(s) 주소여야 함"),
    "must_be_flag": ("must be true or false", "true 또는 false여야 함"),
    "must_be_json_text": ("must be text: the JSON as a string", "글자여야 함(JSON을 문자열로)"),
    "must_be_list": ("must be a list", "목록이어야 함"),
    "must_be_object": ("must be an object", "객체여야 함"),
    "must_be_text": ("must be text", "글자여야 함"),
    "must_be_whole": ("must be a whole number", "정수여야 함"),
    "name_of_person": (
        "letters, digits and . _ @ + - only, at most 64, beginning with a letter or digit", "영문자, 숫자, . _ @ + -만 최대 64자까지, 영문자나 숫자로 시작"),
    "neither_json_nor_form": ("neither JSON nor a form in UTF-8", "JSON도 UTF-8 양식도 아님"),
    "nests_too_deep": ("nests deeper than {most} levels", "{most}단계보다 깊게 중첩됨"),
    "network_is_none": ("“{met}” is not a network such as 10.0.0.0/8", "“{met}”: 10.0.0.0/8 같은 네트워크가 아님"),
    "network_nor_host": ("“{met}” is neither a network nor a host", "“{met}”: 네트워크도 호스트도 아님"),
    "no_boundary": ("the Content-Type names no boundary", "Content-Type에 boundary가 없음"),
    "no_code_of_slack": ("Slack brought no code", "Slack이 code를 보내지 않음"),
    "no_place_in_list": ("is no place in the list", "목록에 없는 위치"),
    "no_tenant_named": ("the request names no tenant", "요청에 테넌트가 없음"),
    "no_workspace_named": ("the request names no workspace", "요청에 워크스페이스가 없음"),
    "none_of": ("{met} is none of {known}", "{met}: 쓸 수 있는 값: {known}"),
    "none_of_actions": ("{met} is none of {known}; without one the webhook is removed", "{met}: 쓸 수 있는 값: {known}. action 없이 보내면 웹훅을 삭제함"),
    "not_an_address": ("not an http or https address", "http나 https 주소가 아님"),
    "not_an_object": ("not a JSON object", "JSON 객체가 아님"),
    "not_json": ("not JSON", "JSON이 아님"),
    "not_shown": ("holds a character that cannot be shown", "표시할 수 없는 문자가 들어 있음"),
    "not_utf8": ("not UTF-8", "UTF-8이 아님"),
    "nothing_reaches_room": (
        'Nothing reaches "{room}": set bot_token on [chats.{chat}], or add the room to [chats.{chat}.webhooks].',
        '"{room}"에 보낼 방법이 없습니다. [chats.{chat}]에 bot_token을 설정하거나 [chats.{chat}.webhooks]에 방을 추가하세요.'),
    "nothing_reaches_room_of_teams": (
        'Nothing reaches "{room}": add it to [chats.{chat}.webhooks], or set app_id and app_password on [chats.{chat}].',
        '"{room}"에 보낼 방법이 없습니다. [chats.{chat}.webhooks]에 방을 추가하거나 [chats.{chat}]에 app_id와 app_password를 설정하세요.'),
    "nul_in_path": ("a NUL in the path", "경로에 NUL 문자가 있음"),
    "one_needed": ("one of them is needed", "둘 가운데 하나가 필요"),
    "one_of": ("one of {known}", "다음 가운데 하나: {known}"),
    "one_of_needed": ("one of {known} is needed", "다음 가운데 하나가 필요: {known}"),
    "only": ("only {known}", "{known}만 쓸 수 있음"),
    "options_of_verify": ("--key is 64 digits in hexadecimal, --head is SEQUENCE:LINK, as verify prints them", "--key는 16진수 64자리, --head는 SEQUENCE:LINK이며 verify가 출력한 그대로 씁니다"),
    "pages_open": ("{count} pages are open", "열려 있는 페이지 {count}개"),
    "past": ("is past", "지난 시각"),
    "patterns_of_git": ("only {{project}}, {{id}}, {{before}} and {{after}} are filled in", "{{project}}, {{id}}, {{before}}, {{after}}만 쓸 수 있음"),
    "perhaps": ("perhaps {near}", "혹시 {near}"),
    "processes_alive": ("{count} processes are alive on this database", "이 데이터베이스에서 프로세스 {count}개가 실행 중"),
    "resolver_busy": ("too many names are being asked for", "조회 중인 이름이 너무 많음"),
    "resolver_silent": ("no answer from the resolver in time", "이름 조회가 제때 끝나지 않음"),
    "roles_that_do": ("roles that do: {roles}", "할 수 있는 역할: {roles}"),
    "room_of_teams": (
        '"{room}" is not a room of Teams: write "#" and its name ("#dev", "#Team/dev"), its id ("19:…@thread.tacv2"), or a person\'s object id.',
        '"{room}": Teams의 방이 아닙니다. "#"과 이름("#dev", "#Team/dev"), ID("19:…@thread.tacv2"), 사람의 개체 ID 가운데 하나를 쓰세요.'),
    "sample": ("sample {met}", "샘플 {met}"),
    "secret_after_prefix": ("after whsec_ comes base64", "whsec_ 뒤에는 base64가 와야 함"),
    "secret_removed": ("takes the secret away, so there is none to give", "비밀값을 없애므로 새 비밀값을 함께 줄 수 없음"),
    "secret_rotated": ("action=rotate changes it", "action=rotate로 바꾸세요"),
    "secrets_or_topics": ("write secrets or topics: else nobody could prove who they are", "secrets나 topics를 쓰세요. 없으면 아무도 자신을 증명할 수 없습니다"),
    "slack_answered": ("Slack answered {said}", "Slack의 응답: {said}"),
    "target_of_mute": ("route:NAME or room:CHAT:ROOM", "route:이름 또는 room:채팅:방"),
    "there_twice": ("is there twice", "두 번 있음"),
    "time_is_none": ("“{met}” is not a time such as 22:00", "“{met}”: 22:00 같은 시각이 아님"),
    "timestamp_needs_hmac": ('a token covers no moment: timestamp_header needs proof = "hmac"', '토큰은 시각을 증명하지 못함. timestamp_header에는 proof = "hmac"이 필요'),
    "token_audience": ("it is for another audience", "audience가 이 허브가 아님"),
    "token_character": ("it holds a character that no token has, perhaps the end of a line", "토큰에 없는 문자가 들어 있음. 줄바꿈일 수 있습니다"),
    "token_early": ("its time has not begun", "아직 쓸 수 있는 시각이 아님"),
    "token_expired": ("it has expired", "기한이 지남"),
    "token_is_none": ("not a token", "토큰이 아님"),
    "token_key": ("the issuer has no such key", "발급자에게 그런 키가 없음"),
    "token_names": ("token: is what the names of API tokens begin with", "token:은 API 토큰의 이름에만 씁니다"),
    "token_no_jwt": ("it is no JSON web token", "JSON web token이 아님"),
    "token_not_rs256": ("it is not signed by RS256 with a named key", "RS256과 이름 있는 키로 서명하지 않음"),
    "token_of_other_issuer": ("another issuer signed it", "다른 발급자가 서명함"),
    "token_part_no_base64": ("a part of it is no base64", "일부가 base64가 아님"),
    "token_part_no_json": ("a part of it is no JSON", "일부가 JSON이 아님"),
    "token_part_no_object": ("a part of it is no JSON object", "일부가 JSON 객체가 아님"),
    "token_signature": ("its signature is not the issuer's", "서명이 발급자의 것이 아님"),
    "too_long": ("too long", "너무 김"),
    "twice": ("{name} stands there twice", "{name} 헤더가 두 번 있음"),
    "two_tenants": ("two tenants", "테넌트가 둘"),
    "until_at_most": (
        "at most {most} days from now; take a route out of leverframe.toml to end it for good", "지금부터 최대 {most}일. 라우트를 아예 없애려면 leverframe.toml에서 지우세요"),
    "url_address_not_numbers": ("its address is not written as four decimal numbers", "주소를 10진수 네 개로 쓰지 않음"),
    "url_brackets": ("what stands in brackets is not an IPv6 address", "대괄호 안이 IPv6 주소가 아님"),
    "url_characters": ("it holds a space, a control character or a backslash", "공백, 제어 문자나 백슬래시가 들어 있음"),
    "url_host_missing": ("it names no host", "호스트가 없음"),
    "url_host_not_a_name": ("its host is not a name that DNS can have", "호스트가 DNS 이름이 아님"),
    "url_host_uncertain": ("its host holds a letter that is not the same everywhere: write it as xn--…", "호스트에 곳에 따라 다르게 읽는 글자가 있음. xn--… 형식으로 쓰세요"),
    "url_port": ("its port is neither 80 nor 443 nor above 1023", "포트는 80, 443 또는 1024 이상이어야 함"),
    "url_port_empty": ("its port is empty", "포트가 비어 있음"),
    "url_scheme": ("it begins with neither https:// nor http://", "https://나 http://로 시작하지 않음"),
    "url_scheme_needed": ("an address begins with https:// or http://", "주소는 https://나 http://로 시작해야 함"),
    "url_too_long": ("it is too long", "너무 김"),
    "url_unreadable": ("it cannot be read as a URL", "URL로 읽을 수 없음"),
    "url_user": ("it holds a user name or a password", "사용자 이름이나 비밀번호가 들어 있음"),
    "url_zone": ("its address has a zone id", "주소에 zone ID가 있음"),
    "workspace_of_somebody_else": ("Slack names no workspace, or another one", "Slack의 응답에 워크스페이스가 없거나 다른 워크스페이스임"),
    "write_address": ("write an address: https://blog.example.com", "주소를 쓰세요: https://blog.example.com"),
    "write_folder": ("write a folder of the storage: images", "저장소의 폴더를 쓰세요: images"),
    "write_length": ("write 0, 30m, 24h or 7d", "0, 30m, 24h, 7d처럼 쓰세요"),
    "write_number": ("write a number", "숫자로 쓰세요"),
    "write_object": ("write an object", "객체로 쓰세요"),
    "write_path_or_address": ("write a path or an https address: /images", "경로나 https 주소를 쓰세요: /images"),
    "write_text": ("write text", "글자로 쓰세요"),
    "write_time": ("write 30m, 2h, 3d or a time such as 2026-01-31T09:00:00+09:00", "30m, 2h, 3d 또는 2026-01-31T09:00:00+09:00 같은 시각으로 쓰세요"),
    "write_true_or_false": ("true or false", "true 또는 false"),
    "write_value": ("write text, a number, true or false", "글자, 숫자, true, false 가운데 하나로 쓰세요"),
    "write_whole": ("write a whole number", "정수로 쓰세요"),
    "zero_or": ("0, or from {least} to {most}", "0 또는 {least}에서 {most}까지"),
    "zero_or_a_second": ("0, or up to {most} a second", "0 또는 초당 {most}건까지"),
}  # fmt: skip
"""What a detail says by its key: English and Korean."""

OF_FIELDS: dict[str, str] = {
    "bool_parsing": "true 또는 false여야 함",
    "bool_type": "true 또는 false여야 함",
    "datetime_from_date_parsing": "시각이 아님",
    "datetime_parsing": "시각이 아님",
    "dict_type": "객체여야 함",
    "extra_forbidden": "없는 항목",
    "finite_number": "유한한 수여야 함",
    "float_parsing": "숫자여야 함",
    "float_type": "숫자여야 함",
    "greater_than": "{gt}보다 커야 함",
    "greater_than_equal": "{ge} 이상이어야 함",
    "int_from_float": "정수여야 함",
    "int_parsing": "정수여야 함",
    "int_type": "정수여야 함",
    "json_invalid": "JSON이 아님",
    "less_than": "{lt}보다 작아야 함",
    "less_than_equal": "{le} 이하여야 함",
    "list_type": "목록이어야 함",
    "literal_error": "다음 가운데 하나여야 함: {expected}",
    "missing": "없음",
    "model_attributes_type": "객체여야 함",
    "model_type": "객체여야 함",
    "string_pattern_mismatch": "{pattern} 형식이어야 함",
    "string_too_long": "최대 {max_length}자",
    "string_too_short": "최소 {min_length}자",
    "string_type": "글자여야 함",
    "too_long": "최대 {max_length}개",
    "too_short": "최소 {min_length}개",
}
"""In Korean what pydantic says of a field, by its kinds of errors: https://docs.pydantic.dev/latest/errors/validation_errors/"""


class Detail(msgspec.Struct, frozen=True):
    """A detail in both languages."""

    en: str
    ko: str

    def said(self, locale: Locale) -> str:
        """Return it in a language."""
        return self.ko if locale == "ko" else self.en

    def within(self, before: str) -> Detail:
        """Return it after the name of what it is said of: ``payloadUrl: may not be empty``."""
        return Detail(f"{before}: {self.en}", f"{before}: {self.ko}")

    def then(self, more: Detail) -> Detail:
        """Return it with something more said after it."""
        return Detail(f"{self.en}; {more.en}", f"{self.ko}; {more.ko}")


def detail(key: str, /, **values: object) -> Detail:
    """Return what ``key`` of the table says, with ``values`` put in; raises ``KeyError`` for an unknown key."""
    en, ko = DETAILS[key]
    return Detail(en.format(**values), ko.format(**values))


def about(what: str, key: str, /, **values: object) -> Detail:
    """Return what ``key`` says of ``what``, a field, an option or a name: ``payloadUrl: may not be empty``."""
    return detail(key, **values).within(what)


class Unusable(ValueError):
    """A value that cannot be used; ``detail`` says why."""

    def __init__(self, detail: Detail) -> None:
        super().__init__(detail.en)
        self.detail = detail


def of_field(kind: str, message: str, context: Mapping[str, object]) -> Detail:
    """Return what pydantic says of a field (``type``, ``msg`` and ``ctx`` of its error); in English where the Korean is not known."""
    if isinstance(cause := context.get("error"), Unusable):
        return cause.detail
    ko = OF_FIELDS.get(kind)
    return Detail(message, message if ko is None else ko.format_map(context))
