"""Every refusal: one table of code, HTTP status, sentence and remedy, in English and Korean.

The code never changes and is never translated. Raise :class:`Refused` with a code of this table; whatever answers
(door, page, CLI) shows the sentence and the remedy. Keep the table sorted by code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from leverframe.core.access import VERBS

Locale = Literal["en", "ko"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One row: ``en`` and ``ko`` are (what is wrong, what to do)."""

    status: int
    en: tuple[str, str]
    ko: tuple[str, str]


PROBLEMS: dict[str, Problem] = {}


def _row(code: str, status: int, en: tuple[str, str], ko: tuple[str, str]) -> None:
    PROBLEMS[code] = Problem(status=status, en=en, ko=ko)


class Refused(Exception):
    """The hub does not do it; ``code`` is a key of :data:`PROBLEMS`, ``detail`` names what was met (never a secret)."""

    def __init__(self, code: str, detail: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail, self.retry_after_s = code, detail, retry_after_s
        self.status = PROBLEMS[code].status


def document(refused: Refused, locale: Locale = "en") -> dict[str, Any]:
    """Return the ``application/problem+json`` document (RFC 9457) of a refusal, with ``code`` and ``remedy`` added."""
    problem = PROBLEMS[refused.code]
    title, remedy = problem.ko if locale == "ko" else problem.en
    found: dict[str, Any] = {"type": "about:blank", "title": title, "status": problem.status, "code": refused.code, "remedy": remedy}
    if refused.detail:
        found["detail"] = refused.detail
    return found


_row("action_unknown", 404, ("There is no such action.", "This button's feature is not set up on this hub, or the message is an old one."),
     ("그런 동작이 없습니다.", "이 허브에 설정되지 않은 기능의 버튼이거나 오래된 메시지입니다."))
_row("approval_author", 403, ("You wrote one of the commits, and the policy does not let their authors approve.", "Ask somebody else who may approve; who-can names them."),
     ("배포할 커밋의 작성자는 정책상 승인할 수 없습니다.", "승인할 수 있는 다른 사람에게 부탁하세요. who-can이 알려 줍니다."))
_row("approval_by_token", 403, ("An approval counts people, and an API token is nobody.", "Vote in a chat, in the console, or with leverframe do on the hub's machine."),
     ("승인은 사람만 할 수 있으며 API 토큰으로는 할 수 없습니다.", "채팅이나 콘솔에서, 또는 허브가 있는 컴퓨터에서 leverframe do로 승인하세요."))
_row("approval_decided", 409, ("It is decided already.", "The card shows how, and by whom."),
     ("이미 결정된 승인 요청입니다.", "누가 어떻게 결정했는지 카드에 나와 있습니다."))
_row("approval_expired", 410, ("Nobody approved it in time.", "Ask for the deployment again; approvals.expires says how long is waited."),
     ("승인 기한이 지났습니다.", "배포를 다시 요청하세요. 기한은 approvals.expires로 정합니다."))
_row("approval_own", 403, ("You asked for it yourself, and the policy wants somebody else's approval.", "Ask one of the others who may approve; who-can names them."),
     ("직접 요청한 배포는 정책상 스스로 승인할 수 없습니다.", "승인할 수 있는 다른 사람에게 부탁하세요. who-can이 알려 줍니다."))
_row("approval_rejected", 409, ("Somebody who may approve has rejected it.", "Talk to them (their reason is in detail), then ask for the deployment again."),
     ("승인 권한이 있는 사람이 거절했습니다.", "detail의 사유를 확인하고 상의한 뒤 다시 요청하세요."))
_row("approval_repeated", 409, ("You have said so already.", "Nothing is left to do for you; a person counts once, with all their accounts."),
     ("이미 같은 의견을 냈습니다.", "더 할 일이 없습니다. 계정이 여럿이어도 한 사람은 한 번만 셉니다."))
_row("approval_role_missing", 403, ("Your vote does not count here.", "Ask a member of one of the roles named in detail."),
     ("이 승인에는 의견이 집계되지 않습니다.", "detail에 적힌 역할의 구성원에게 부탁하세요."))
_row("approval_unlinked", 403, ("The hub cannot tell whether this account is another person's.", "Ask an administrator to link the account in detail to its person: [people.NAME] identities."),
     ("이 계정이 다른 사람의 것인지 허브가 알 수 없습니다.", "detail의 계정을 [people.NAME] identities에 연결해 달라고 관리자에게 부탁하세요."))
_row("argocd_answer_invalid", 502, ("What answered is not Argo CD, or not one that the hub understands.", "Check url of the runner, with Argo CD's root path if it has one, and the proxy on the way."),
     ("Argo CD가 아니거나 허브가 이해할 수 없는 응답입니다.", "러너의 url(루트 경로 포함)과 중간 프록시를 확인하세요."))
_row("argocd_answer_lost", 502, ("Argo CD's answer was lost on the way; the sync may have begun.", "The hub looks for it; if it stays unknown, look at the application in Argo CD and settle it by hand."),
     ("Argo CD의 응답을 받지 못했습니다. 동기화가 시작되었을 수 있습니다.", "허브가 찾습니다. 계속 알 수 없으면 Argo CD의 애플리케이션을 확인하고 직접 결과를 정하세요."))
_row("argocd_application_unknown", 502, ("Argo CD has no such application in this project.", "Correct application, project and namespace of the environment."),
     ("이 프로젝트에 그런 Argo CD 애플리케이션이 없습니다.", "환경의 application, project, namespace를 고치세요."))
_row("argocd_auto_sync", 502, ("The application syncs by itself, so Argo CD lets nobody choose its revision or roll it back.",
     "Set revision = \"target\" of the environment and change git instead, or switch auto-sync off."),
     ("자동 동기화 중인 애플리케이션이라 Argo CD가 리비전 지정이나 롤백을 허용하지 않습니다.",
     "환경에 revision = \"target\"을 설정하고 git을 바꾸거나, 자동 동기화를 끄세요."))
_row("argocd_history_unknown", 502, ("The application's history has no such entry.", "Choose an id that argocd app history shows."),
     ("애플리케이션 이력에 그런 항목이 없습니다.", "argocd app history에 나오는 ID를 고르세요."))
_row("argocd_operation_in_progress", 502, ("The application is busy with another operation.", "It is tried again; or terminate the other one in Argo CD."),
     ("애플리케이션이 다른 작업을 하고 있습니다.", "다시 시도합니다. 아니면 Argo CD에서 다른 작업을 중단하세요."))
_row("argocd_operation_not_begun", 502, ("Argo CD's controller has not begun the operation, so it cannot be ended yet.", "Ask again in a moment; if it stays so, look at the application controller."),
     ("Argo CD 컨트롤러가 작업을 시작하지 않아 아직 중단할 수 없습니다.", "잠시 뒤 다시 시도하세요. 계속되면 application controller를 확인하세요."))
_row("argocd_operation_unknown", 404, ("Argo CD does not remember this operation any more.", "It remembers the last one only; look at the application's history."),
     ("Argo CD가 이 작업을 더는 기억하지 않습니다.", "마지막 작업만 기억합니다. 애플리케이션 이력을 확인하세요."))
_row("argocd_permission_missing", 502, ("The hub's token may not do this, or there is no such application.", "Allow the token get and sync on applications of the project; set project of the environment to learn which it is."),
     ("허브의 토큰에 권한이 없거나 그런 애플리케이션이 없습니다.", "프로젝트의 applications에 get과 sync를 허용하세요. 환경에 project를 설정하면 어느 쪽인지 알 수 있습니다."))
_row("argocd_rate_limited", 502, ("Argo CD, or a proxy before it, asks to send more slowly.", "It is tried again when it says."),
     ("Argo CD나 그 앞의 프록시가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
_row("argocd_redirected", 502, ("Argo CD, or a proxy before it, sends the hub elsewhere; the hub follows no redirect.", "Set url of the runner to the address in detail."),
     ("Argo CD나 그 앞의 프록시가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 url을 detail에 적힌 주소로 바꾸세요."))
_row("argocd_refused", 502, ("Argo CD refuses this.", "Look at its words in detail; the commit must be in the application's repository."),
     ("Argo CD가 거절했습니다.", "detail에 적힌 말을 확인하세요. 커밋이 애플리케이션의 저장소에 있어야 합니다."))
_row("argocd_source_missing", 502, ("The application has several sources, and which one the commit is of is not said.", "Set source of the environment to the source's position, from 1."),
     ("소스가 여러 개인 애플리케이션인데 커밋이 어느 소스의 것인지 정해지지 않았습니다.", "환경의 source에 소스의 순서를 1부터 세어 설정하세요."))
_row("argocd_sync_done", 409, ("The sync is done and only the application's health is waited for; there is nothing to end.", "Roll back instead."),
     ("동기화가 끝나 애플리케이션 상태만 기다리고 있어 중단할 것이 없습니다.", "대신 롤백하세요."))
_row("argocd_sync_window", 502, ("A sync window of the project does not allow this now.", "Wait for the window, or allow manual syncs in it."),
     ("프로젝트의 동기화 시간대(sync window)가 지금은 허용하지 않습니다.", "시간대를 기다리거나 그 시간대에 수동 동기화를 허용하세요."))
_row("argocd_token_refused", 502, ("Argo CD does not accept the token.", "Make a new one with argocd proj role create-token or argocd account generate-token, and set token of the runner."),
     ("Argo CD가 토큰을 받아들이지 않습니다.", "argocd proj role create-token이나 argocd account generate-token으로 새로 만들어 러너의 token에 넣으세요."))
_row("argocd_unavailable", 502, ("Argo CD has troubles of its own.", "The hub looks again; see the log of argocd-server."),
     ("Argo CD에 장애가 있습니다.", "허브가 다시 확인합니다. argocd-server의 로그를 보세요."))
_row("argocd_unreachable", 502, ("Argo CD cannot be reached.", "Check url, the hub's network, DNS and certificates; it is tried again."),
     ("Argo CD에 연결할 수 없습니다.", "url과 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
_row("audit_broken", 500, ("The audit is not as it was written.", "Keep a copy of the database as it is, and find out who could write to it. The first entry that is not right is named by: leverframe audit verify"),
     ("감사 기록이 기록된 그대로가 아닙니다.", "데이터베이스 사본을 그대로 보관하고, 누가 데이터베이스에 쓸 수 있었는지 확인하세요. 처음 어긋난 항목을 알려 주는 명령: leverframe audit verify"))
_row("body_expired", 410, ("The event's body is past its retention, so its message cannot be made again.", "Keep bodies longer with bodies_days under [retention]; what was sent stays where it is."),
     ("이벤트 본문의 보관 기간이 지나 메시지를 다시 만들 수 없습니다.", "[retention]의 bodies_days로 본문을 더 오래 보관하세요. 이미 보낸 메시지는 그대로 있습니다."))
_row("body_too_large", 413, ("The body is larger than this door takes.", "Send at most the size in detail; GitHub itself sends at most 25 MB."),
     ("본문이 이 입구가 받는 크기보다 큽니다.", "detail에 적힌 크기 이하로 보내세요. GitHub도 25MB까지만 보냅니다."))
_row("break_glass_reason_missing", 400, ("Going ahead without approval takes a reason.", "Say why; the reason is announced to everybody."),
     ("승인 없이 진행하려면 사유가 필요합니다.", "사유를 적으세요. 사유는 모두에게 알려집니다."))
_row("break_glass_repeated", 409, ("Somebody has broken the glass already.", "Nothing is left to do; the card shows who, and why."),
     ("이미 비상 진행이 선언되었습니다.", "더 할 일이 없습니다. 누가 왜 했는지 카드에 나와 있습니다."))
_row("break_glass_role_missing", 403, ("You may not go ahead without approval.", "Ask a member of one of the roles named in detail (approvals.break_glass)."),
     ("승인 없이 진행할 권한이 없습니다.", "detail에 적힌 역할(approvals.break_glass)의 구성원에게 부탁하세요."))
_row("cancel_repeated", 409, ("It is being cancelled already.", "Wait for the runner; the card shows when it has ended."),
     ("이미 취소하고 있습니다.", "러너를 기다리세요. 끝나면 카드에 나타납니다."))
_row("chat_unknown", 404, ("The hub has no chat of this name any more.", "Add [chats.NAME] to leverframe.toml again and restart the hub, then retry the delivery."),
     ("허브에 그런 이름의 채팅이 더는 없습니다.", "leverframe.toml에 [chats.NAME]을 다시 넣고 허브를 다시 시작한 뒤 다시 보내세요."))
_row("checks_failing", 409, ("Continuous integration has failed for this commit.", "Mend the checks named in detail, or deploy another commit."),
     ("이 커밋의 CI가 실패했습니다.", "detail에 적힌 검사를 고치거나 다른 커밋을 배포하세요."))
_row("checks_missing", 409, ("Continuous integration has said nothing of this commit.", "Run the checks that the service requires, then try again."),
     ("이 커밋에 대한 CI 결과가 없습니다.", "서비스가 요구하는 검사를 실행한 뒤 다시 시도하세요."))
_row("checks_pending", 409, ("Continuous integration took too long for this commit.", "Wait for the checks named in detail, then try again."),
     ("이 커밋의 CI가 너무 오래 걸렸습니다.", "detail에 적힌 검사가 끝나면 다시 시도하세요."))
_row("choice_unknown", 400, ("This is none of the words that may stand here.", "Write one of those that are offered."),
     ("여기에 쓸 수 있는 말이 아닙니다.", "제시된 말 가운데 하나를 쓰세요."))
_row("command_character_invalid", 400, ("The line holds a character that cannot be seen.", "Type it again instead of pasting it."),
     ("보이지 않는 문자가 들어 있습니다.", "붙여 넣지 말고 직접 입력하세요."))
_row("command_option_empty", 400, ("The option has no value.", "Write the value after it: --for 2h."),
     ("옵션에 값이 없습니다.", "옵션 뒤에 값을 쓰세요. 예: --for 2h."))
_row("command_option_twice", 400, ("The option is given twice.", "Write it once."),
     ("옵션을 두 번 썼습니다.", "한 번만 쓰세요."))
_row("command_option_unknown", 400, ("The command has no such option.", "The usage line shows its options; put a word that only looks like one in quotes."),
     ("이 명령에 없는 옵션입니다.", "사용법에서 옵션을 확인하세요. 옵션이 아닌 말이면 따옴표로 묶으세요."))
_row("command_quote_open", 400, ("A quotation mark is opened and never closed.", "Close it, or leave it out."),
     ("따옴표가 닫히지 않았습니다.", "따옴표를 닫거나 빼세요."))
_row("command_rate_limited", 429, ("Too many commands in a minute.", "Wait a moment, then try again."),
     ("1분 동안 명령이 너무 많았습니다.", "잠시 뒤에 다시 시도하세요."))
_row("command_too_long", 413, ("The line is too long for a command.", "Write at most 4,000 characters."),
     ("명령으로 쓰기에는 너무 깁니다.", "4,000자 이하로 쓰세요."))
_row("command_unknown", 404, ("There is no such command.", "help shows the commands that you may use here."),
     ("그런 명령이 없습니다.", "help로 여기서 쓸 수 있는 명령을 확인하세요."))
_row("command_value_long", 413, ("One of the words is too long.", "Say it shorter."),
     ("너무 긴 값이 있습니다.", "더 짧게 쓰세요."))
_row("command_word_extra", 400, ("There is a word too many.", "Leave it out, or put words that belong together in quotes."),
     ("필요 없는 말이 더 있습니다.", "빼거나, 함께 묶을 말이면 따옴표로 묶으세요."))
_row("command_word_missing", 400, ("Something is missing.", "Write what the usage line shows without brackets."),
     ("빠진 것이 있습니다.", "사용법에서 대괄호 없이 적힌 것을 모두 쓰세요."))
_row("content_type_unsupported", 415, ("The content type is not one this source sends.", "Set the webhook's content type to application/json."),
     ("이 소스가 보내는 콘텐츠 형식이 아닙니다.", "웹훅의 Content type을 application/json으로 설정하세요."))
_row("csrf_invalid", 403, ("The form does not carry this session's token.", "Load the page again and send the form from there."),
     ("양식에 이 세션의 토큰이 없습니다.", "페이지를 다시 연 뒤 그 양식에서 보내세요."))
_row("database_newer", 500, ("The database was written by a newer Leverframe.", "Install that version again, or restore a backup."),
     ("더 새로운 Leverframe이 쓴 데이터베이스입니다.", "그 버전을 다시 설치하거나 백업을 복원하세요."))
_row("delivery_id_missing", 400, ("The delivery id is missing.", "Send the header X-GitHub-Delivery; a proxy may have removed it."),
     ("전송 ID가 없습니다.", "X-GitHub-Delivery 헤더를 보내세요. 프록시가 지웠을 수 있습니다."))
_row("delivery_unknown", 404, ("There is no delivery of this id.", "leverframe deliveries list shows which there are; those of old events are removed by [retention]."),
     ("이 ID의 전송이 없습니다.", "leverframe deliveries list로 확인하세요. 오래된 이벤트의 전송은 [retention]에 따라 지워집니다."))
_row("demo_folder_taken", 409, ("The folder holds the configuration of another hub.", "Give the demo a folder of its own: leverframe demo --dir .demo; it would write over the file in detail."),
     ("다른 허브의 설정 파일이 있는 폴더입니다.", "데모에는 따로 폴더를 주세요: leverframe demo --dir .demo. detail에 적힌 파일을 덮어쓰게 됩니다."))
_row("demo_running", 409, ("A demo is running in this folder.", "Stop it first, or give this one another folder with --dir."),
     ("이 폴더에서 데모가 이미 실행되고 있습니다.", "먼저 그 데모를 멈추거나 --dir로 다른 폴더를 지정하세요."))
_row("deployment_ended", 409, ("The deployment is over.", "Ask for a new one; the card shows how this one ended."),
     ("이미 끝난 배포입니다.", "새로 요청하세요. 어떻게 끝났는지 카드에 나와 있습니다."))
_row("deployment_id_invalid", 400, ("This is not the id of a deployment.", "Copy it from the deployment's card or from queue: dep_ and thirteen letters and digits."),
     ("배포 ID가 아닙니다.", "배포 카드나 queue 명령에서 복사하세요. dep_와 글자 13개로 된 값입니다."))
_row("deployment_not_failed", 409, ("Only a deployment that failed is tried again.", "Ask for a new deployment."),
     ("실패한 배포만 다시 시도할 수 있습니다.", "새 배포를 요청하세요."))
_row("deployment_not_unknown", 409, ("There is nothing to settle: the hub knows how this deployment stands.", "The card shows it."),
     ("허브가 상태를 아는 배포라 확정할 것이 없습니다.", "상태는 카드에 나와 있습니다."))
_row("deployment_out_of_order", 409, ("The same commit is not live in the environment that comes first.", "Deploy it to the environment in detail, then ask again."),
     ("앞선 환경에 같은 커밋이 배포되어 있지 않습니다.", "detail에 적힌 환경에 먼저 배포한 뒤 다시 요청하세요."))
_row("deployment_under_way", 409, ("The deployment has begun already.", "Wait for it, or cancel it."),
     ("이미 시작된 배포입니다.", "끝나기를 기다리거나 취소하세요."))
_row("deployment_unknown", 404, ("There is no deployment of this id.", "history shows which there are; an id begins with dep_."),
     ("이 ID의 배포가 없습니다.", "history로 확인하세요. ID는 dep_로 시작합니다."))
_row("door_unreachable", 502, ("The hub's own door did not answer.", "Look at the hub's log; hub.bind must be reachable from this machine."),
     ("허브의 입구가 응답하지 않았습니다.", "허브 로그를 확인하세요. 이 컴퓨터에서 hub.bind에 접속할 수 있어야 합니다."))
_row("duration_invalid", 400, ("This is not a length of time that can be used.", "Write 30m, 2h or 1d12h, at most a year."),
     ("쓸 수 있는 기간이 아닙니다.", "30m, 2h, 1d12h 또는 2시간처럼 쓰세요. 1년까지 됩니다."))
_row("environment_unknown", 404, ("The service has no such environment.", "Write one of its environments, after the service."),
     ("이 서비스에 없는 환경입니다.", "서비스 이름 뒤에 그 서비스의 환경을 쓰세요."))
_row("event_missing", 400, ("The event's name is missing.", "Send the header X-GitHub-Event; a proxy may have removed it."),
     ("이벤트 이름이 없습니다.", "X-GitHub-Event 헤더를 보내세요. 프록시가 지웠을 수 있습니다."))
_row("event_name_unknown", 400, ("GitHub has no event of this name.", "Write names such as push, pull_request.opened or issues, or * for all; left out, it is what is posted by default."),
     ("GitHub에 이런 이름의 이벤트가 없습니다.", "push, pull_request.opened, issues 같은 이름이나 전부를 뜻하는 *를 쓰세요. 비우면 기본으로 알리는 이벤트입니다."))
_row("event_unknown", 404, ("There is no event of this id, or its body is not kept any more.", "leverframe events list shows which there are; old ones are removed by [retention]."),
     ("이 ID의 이벤트가 없거나 본문이 보존 기간이 지나 지워졌습니다.", "leverframe events list로 확인하세요. 오래된 이벤트는 [retention]에 따라 지워집니다."))
_row("file_exists", 409, ("The file is there already, and was left as it is.", "Use --force to replace it, or --dry-run to see what would be written."),
     ("파일이 이미 있어 그대로 두었습니다.", "바꾸려면 --force, 내용만 보려면 --dry-run을 쓰세요."))
_row("file_unusable", 400, ("The file cannot be used.", "Check the path, the permissions and that it holds what the command expects."),
     ("파일을 쓸 수 없습니다.", "경로와 권한, 그리고 명령이 기대하는 내용인지 확인하세요."))
_row("github_answer_invalid", 502, ("What answered is not GitHub.", "Check [github] api_url (for an Enterprise Server https://HOST/api/v3) and the proxy on the way."),
     ("GitHub가 아닌 곳에서 응답했습니다.", "[github] api_url(Enterprise Server는 https://HOST/api/v3)과 중간 프록시를 확인하세요."))
_row("github_answer_lost", 502, ("GitHub's answer was lost on the way.", "The hub asks again; what may have been started is looked for before anything is started again."),
     ("GitHub의 응답을 받지 못했습니다.", "허브가 다시 묻습니다. 시작되었을 수 있는 실행은 먼저 찾아본 뒤에만 다시 시작합니다."))
_row("github_archived", 502, ("The repository is archived.", "Unarchive it in its settings on GitHub, or take the service out of leverframe.toml."),
     ("보관 처리된 저장소입니다.", "GitHub의 저장소 설정에서 보관을 풀거나 leverframe.toml에서 서비스를 빼세요."))
_row("github_branch_moved", 409, ("The branch is no longer at the commit that was asked for.",
     "Deploy again to take the new commit; or give the workflow an input for the commit (inputs.sha) and have it check that out."),
     ("브랜치가 요청한 커밋에서 이미 옮겨 갔습니다.", "다시 배포해 새 커밋을 쓰거나, 워크플로에 커밋 입력(inputs.sha)을 두고 그 커밋을 체크아웃하게 하세요."))
_row("github_commit_needs_input", 422, ("GitHub starts a workflow at a branch or tag, not at a commit.",
     "Name a branch or tag; or give the workflow an input for the commit (inputs.sha = \"commit\") and have it check that out. Rollbacks need this too."),
     ("GitHub는 커밋이 아니라 브랜치나 태그에서 워크플로를 시작합니다.",
     "브랜치나 태그를 쓰거나, 워크플로에 커밋 입력(inputs.sha = \"commit\")을 두고 그 커밋을 체크아웃하게 하세요. 롤백에도 필요합니다."))
_row("github_conflict", 502, ("GitHub cannot do this in the present state.", "Look at the reason in detail; it may pass by itself."),
     ("지금 상태에서는 GitHub가 할 수 없는 일입니다.", "detail의 이유를 확인하세요. 곧 저절로 풀릴 수 있습니다."))
_row("github_gone", 502, ("GitHub has taken this away: the feature is off, or this version of its API has ended.", "Switch the feature on in the repository's settings, or update Leverframe."),
     ("GitHub에서 없어진 기능이거나 끝난 API 버전입니다.", "저장소 설정에서 기능을 켜거나 Leverframe을 업데이트하세요."))
_row("github_inputs_refused", 502, ("The workflow does not take these inputs.",
     "Make on.workflow_dispatch.inputs of the workflow fit: it is given service, env, correlation_id and the parameters; [services.….environments.…] inputs renames them."),
     ("워크플로가 이 입력을 받지 않습니다.",
     "워크플로의 on.workflow_dispatch.inputs를 맞추세요. service, env, correlation_id와 매개변수를 보냅니다. 이름은 [services.….environments.…] inputs로 바꿉니다."))
_row("github_inputs_too_many", 502, ("There are more inputs than GitHub takes: 25, on an Enterprise Server 10.", "Take parameters out, or leave inputs out with an empty name."),
     ("GitHub가 받는 입력 수(25개, Enterprise Server는 10개)를 넘었습니다.", "매개변수를 줄이거나 이름을 비워 입력을 빼세요."))
_row("github_ip_refused", 502, ("The organisation's IP allow list does not have the hub's address.", "Have an owner of the organisation add it."),
     ("조직의 IP 허용 목록에 허브의 주소가 없습니다.", "조직 소유자에게 추가를 요청하세요."))
_row("github_moved", 502, ("The repository has another name now.", "Correct repository in leverframe.toml; no redirect is followed."),
     ("저장소 이름이 바뀌었습니다.", "leverframe.toml의 repository를 고치세요. 리디렉션은 따르지 않습니다."))
_row("github_not_found", 502, ("GitHub does not have this, or the token may not see it.",
     "Check the spelling of repository; give the token access to it: a fine-grained token names its repositories, a classic one needs the scope repo."),
     ("GitHub에 없거나 토큰으로 볼 수 없습니다.", "repository의 철자를 확인하고 토큰에 접근을 허용하세요. fine-grained 토큰은 저장소를 지정하고 classic 토큰은 repo 범위가 필요합니다."))
_row("github_payload_too_large", 413, ("The order is larger than GitHub takes.", "Make the parameters shorter."),
     ("GitHub가 받을 수 있는 크기를 넘는 요청입니다.", "매개변수를 줄이세요."))
_row("github_permission_missing", 502, ("The token lacks a permission.",
     "Give it what detail names: Actions write starts workflows, Contents write sends repository_dispatch, Checks, Commit statuses and Pull requests read show what ships."),
     ("토큰에 권한이 부족합니다.",
     "detail에 적힌 권한을 주세요. 워크플로 시작은 Actions write, repository_dispatch는 Contents write, 배포 내용 표시는 Checks·Commit statuses·Pull requests read입니다."))
_row("github_ratelimited", 502, ("GitHub asks to wait.", "The hub goes on when GitHub says; a token of its own gives it more requests."),
     ("GitHub가 기다리라고 합니다.", "GitHub가 정한 시간이 지나면 허브가 계속합니다. 허브 전용 토큰을 쓰면 한도가 늘어납니다."))
_row("github_refused", 502, ("GitHub refuses this.", "Look at its words in detail, correct what they name, then try again."),
     ("GitHub가 거절했습니다.", "detail에 적힌 GitHub의 설명대로 고친 뒤 다시 시도하세요."))
_row("github_repository_missing", 422, ("The service has no repository.", "Set repository = \"OWNER/NAME\" on [services.NAME] in leverframe.toml."),
     ("서비스에 저장소가 없습니다.", "leverframe.toml의 [services.NAME]에 repository = \"OWNER/NAME\"을 설정하세요."))
_row("github_run_not_listed", 502, ("GitHub does not list the run yet.",
     "The hub looks again. If it never appears, put the id into the workflow's run-name: ${{ inputs.correlation_id }}, for repository_dispatch ${{ github.event.client_payload.correlation_id }}."),
     ("GitHub 목록에 아직 실행이 없습니다.",
     "허브가 다시 찾습니다. 계속 없으면 워크플로의 run-name에 ${{ inputs.correlation_id }}를, repository_dispatch라면 ${{ github.event.client_payload.correlation_id }}를 넣으세요."))
_row("github_sso_required", 502, ("The organisation asks for single sign-on, and the token is not authorised for it.", "Open the token on GitHub, choose Configure SSO and authorise it for the organisation."),
     ("조직이 SSO를 요구하는데 토큰이 승인되지 않았습니다.", "GitHub의 토큰 페이지에서 Configure SSO를 눌러 조직에 승인하세요."))
_row("github_token_expired", 502, ("The GitHub token has expired.", "Make a new one on GitHub and set it in [github] token."),
     ("GitHub 토큰의 기한이 지났습니다.", "GitHub에서 새 토큰을 만들어 [github] token에 설정하세요."))
_row("github_token_invalid", 502, ("GitHub does not accept the token: it is wrong, revoked or expired.", "Make a new one on GitHub and set it in [github] token; a token of another server does not do either."),
     ("GitHub가 토큰을 받아들이지 않습니다. 틀렸거나 폐기되었거나 만료되었습니다.", "GitHub에서 새 토큰을 만들어 [github] token에 설정하세요. 다른 서버의 토큰도 쓸 수 없습니다."))
_row("github_token_missing", 502, ("There is no token for GitHub.", "Set token in [github] of leverframe.toml, such as \"env:GH_TOKEN\"."),
     ("GitHub 토큰이 없습니다.", "leverframe.toml의 [github]에 token을 설정하세요. 예: \"env:GH_TOKEN\"."))
_row("github_trigger_missing", 502, ("The workflow cannot be started from outside.", "Add workflow_dispatch to its on: section, on the branch that is deployed and on the default branch."),
     ("밖에서 시작할 수 없는 워크플로입니다.", "배포할 브랜치와 기본 브랜치의 워크플로에서 on:에 workflow_dispatch를 추가하세요."))
_row("github_unavailable", 502, ("GitHub has troubles of its own.", "The hub asks again; see https://www.githubstatus.com."),
     ("GitHub에 장애가 있습니다.", "허브가 다시 묻습니다. https://www.githubstatus.com 을 보세요."))
_row("github_unreachable", 502, ("GitHub cannot be reached.", "Check [github] api_url and the hub's network, DNS and certificates."),
     ("GitHub에 연결할 수 없습니다.", "[github] api_url과 허브의 네트워크, DNS, 인증서를 확인하세요."))
_row("github_workflow_disabled", 502, ("The workflow is disabled.", "Enable it on the repository's Actions page."),
     ("비활성화된 워크플로입니다.", "저장소의 Actions 페이지에서 활성화하세요."))
_row("github_workflow_unknown", 502, ("The repository has no such workflow.", "Correct workflow in leverframe.toml; the file must be in .github/workflows on the default branch."),
     ("저장소에 그런 워크플로가 없습니다.", "leverframe.toml의 workflow를 고치세요. 파일은 기본 브랜치의 .github/workflows에 있어야 합니다."))
_row("grant_unknown", 400, ("There is no such grant.", f"Write one of {', '.join(VERBS)}; * stands for all."),
     ("그런 권한이 없습니다.", f"{', '.join(VERBS)} 가운데 쓰세요. *는 전부입니다."))
_row("header_invalid", 400, ("A header holds bytes that it may not hold.", "Send headers in plain ASCII."),
     ("헤더에 허용되지 않는 바이트가 있습니다.", "헤더는 ASCII로 보내세요."))
_row("hook_room_forbidden", 403, ("This hook token may not write to this room.", "Issue one that may: leverframe hook-tokens create NAME --room CHAT:ROOM"),
     ("이 훅 토큰은 이 방에 쓸 수 없습니다.", "쓸 수 있는 토큰을 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
_row("hook_room_missing", 400, ("The address names no room.", "Add room=dev-team to the hook's address."),
     ("주소에 방이 없습니다.", "훅 주소에 room=dev-team을 추가하세요."))
_row("hook_token_foreign", 401, ("This is not a token of the hub's; a Slack token in an address can be read by others.",
     "Revoke it in Slack, then issue one here: leverframe hook-tokens create NAME --room CHAT:ROOM"),
     ("허브가 발급한 토큰이 아닙니다. 주소에 든 Slack 토큰은 다른 사람이 읽을 수 있습니다.",
     "Slack에서 그 토큰을 폐기한 뒤 여기서 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
_row("hook_token_unknown", 401, ("The hook token is unknown, revoked or expired.", "Issue one: leverframe hook-tokens create NAME --room CHAT:ROOM"),
     ("알 수 없거나 폐기되었거나 만료된 훅 토큰입니다.", "새로 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
_row("hook_workspace_unknown", 404, ("No Slack chat of the hub has this subdomain.", "Set subdomain on [chats.NAME] in leverframe.toml, or leave it out of the address."),
     ("이 subdomain을 가진 Slack이 허브에 없습니다.", "leverframe.toml의 [chats.NAME]에 subdomain을 설정하거나 주소에서 빼세요."))
_row("http_runner_address_unknown", 502, ("The runner's service does not know the address.", "Check url, status_url and cancel_url of the runner: they take POST, GET and POST."),
     ("러너 서비스에 없는 주소입니다.", "러너의 url, status_url, cancel_url을 확인하세요. 각각 POST, GET, POST를 받습니다."))
_row("http_runner_answer_invalid", 502, ("The runner's service answered with what the hub does not understand.", "It answers with JSON as docs/how-to/runners.md shows, or with nothing; a page comes from a proxy."),
     ("러너 서비스의 응답을 허브가 이해할 수 없습니다.", "docs/how-to/runners.ko.md에 적힌 JSON이나 빈 본문으로 답해야 합니다. 웹 페이지라면 프록시가 보낸 것입니다."))
_row("http_runner_answer_lost", 502, ("The answer of the runner's service was lost on the way; it may have started.", "With status_url the hub looks by itself; else look at the service and settle it by hand."),
     ("러너 서비스의 응답을 받지 못했습니다. 시작되었을 수 있습니다.", "status_url이 있으면 허브가 스스로 확인합니다. 없으면 서비스를 확인하고 직접 결과를 정하세요."))
_row("http_runner_cancel_unsupported", 409, ("This runner cannot end a deployment.", "Set cancel_url of the runner, or end it in the service itself."),
     ("이 러너는 배포를 중단할 수 없습니다.", "러너에 cancel_url을 설정하거나 서비스에서 직접 중단하세요."))
_row("http_runner_credentials_refused", 502, ("The runner's service does not accept the token or the signature.", "Set token and secret of the runner to what the service expects, and compare the clocks of both machines."),
     ("러너 서비스가 토큰이나 서명을 받아들이지 않습니다.", "러너의 token과 secret을 서비스에 맞추고 두 컴퓨터의 시계를 비교하세요."))
_row("http_runner_rate_limited", 502, ("The runner's service asks to send more slowly.", "It is tried again when it says."),
     ("러너 서비스가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
_row("http_runner_redirected", 502, ("The runner's service sends the hub elsewhere; the hub follows no redirect.", "Set the runner's addresses to what stands in detail."),
     ("러너 서비스가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 주소를 detail에 적힌 것으로 바꾸세요."))
_row("http_runner_refused", 502, ("The runner's service refuses this.", "Look at its words in detail, and at its log."),
     ("러너 서비스가 거절했습니다.", "detail에 적힌 말과 서비스의 로그를 확인하세요."))
_row("http_runner_run_unknown", 404, ("The runner's service knows nothing of this deployment.", "It answers 404 at status_url, or was never asked; look at the service."),
     ("러너 서비스가 이 배포를 알지 못합니다.", "status_url이 404로 답했거나 요청받은 적이 없습니다. 서비스를 확인하세요."))
_row("http_runner_unavailable", 502, ("The runner's service has troubles of its own.", "The hub asks again; see the service's log."),
     ("러너 서비스에 장애가 있습니다.", "허브가 다시 확인합니다. 서비스의 로그를 보세요."))
_row("http_runner_unreachable", 502, ("The runner's service cannot be reached.", "Check its address, the hub's network, DNS and certificates; it is tried again."),
     ("러너 서비스에 연결할 수 없습니다.", "주소와 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
_row("hub_answer_unreadable", 502, ("Something answered that is not a Leverframe hub, or not one of this version.", "Check the address; leverframe doctor tells more."),
     ("Leverframe 허브가 아니거나 버전이 다른 서버가 응답했습니다.", "주소를 확인하세요. 자세한 것은 leverframe doctor가 알려 줍니다."))
_row("hub_not_running", 503, ("The hub is not running here.", "Start it with leverframe serve, name its configuration with --config, or reach one elsewhere with --url and --token."),
     ("여기에서 허브가 실행되고 있지 않습니다.", "leverframe serve로 시작하거나, --config로 설정을 지정하거나, --url과 --token으로 다른 곳의 허브에 연결하세요."))
_row("hub_socket_forbidden", 403, ("The hub's socket belongs to another user.", "Run the command as the user who runs the hub, or use --url and --token."),
     ("허브 소켓이 다른 사용자의 것입니다.", "허브를 실행하는 사용자로 명령을 실행하거나 --url과 --token을 쓰세요."))
_row("hub_unreachable", 503, ("The hub cannot be reached.", "Check the address, the network and the hub's log."),
     ("허브에 연결할 수 없습니다.", "주소와 네트워크, 허브 로그를 확인하세요."))
_row("id_invalid", 400, ("This is not an id of the hub's.", "Copy it from where it is shown: three letters, _ and thirteen letters and digits."),
     ("허브의 ID가 아닙니다.", "표시된 곳에서 복사하세요. 글자 3개와 _, 그리고 글자 13개로 된 값입니다."))
_row("idempotency_key_used", 409, ("Something else was asked for under this idempotency_key.", "Give every command a key of its own; only the same one, sent again, keeps it."),
     ("이 idempotency_key로 이미 다른 명령을 요청했습니다.", "명령마다 다른 키를 쓰세요. 같은 명령을 다시 보낼 때만 같은 키를 씁니다."))
_row("internal", 500, ("The hub made a mistake.", "Look for the id in detail in the hub's log, and report it."),
     ("허브 내부 오류입니다.", "detail의 ID를 허브 로그에서 찾아 알려 주세요."))
_row("invitation_unknown", 404, ("Nobody of this name has an invitation that is open.", "leverframe people list shows open invitations; who has come in is locked out with leverframe people disable."),
     ("이 이름으로 열려 있는 초대가 없습니다.", "leverframe people list로 사용 전 초대를 확인하세요. 이미 들어온 사람은 leverframe people disable로 막습니다."))
_row("jenkins_answer_invalid", 502, ("What answered is not Jenkins, or not one that the hub understands.", "Check url of the runner, with Jenkins' path if it has one, and the proxy on the way."),
     ("Jenkins가 아니거나 허브가 이해할 수 없는 응답입니다.", "러너의 url(경로 포함)과 중간 프록시를 확인하세요."))
_row("jenkins_answer_lost", 502, ("Jenkins' answer was lost on the way; the build may have been queued.", "The hub looks for the build; if it stays unknown, look at the job in Jenkins and settle it by hand."),
     ("Jenkins의 응답을 받지 못했습니다. 빌드가 대기열에 들어갔을 수 있습니다.", "허브가 빌드를 찾습니다. 계속 알 수 없으면 Jenkins의 작업을 확인하고 직접 결과를 정하세요."))
_row("jenkins_build_unknown", 404, ("Jenkins does not know this build any more.", "It was deleted, or its job was; look at the job in Jenkins."),
     ("Jenkins에 이 빌드가 더는 없습니다.", "빌드나 작업이 삭제되었습니다. Jenkins의 작업을 확인하세요."))
_row("jenkins_credentials_refused", 502, ("Jenkins does not accept the user and the token.", "Make an API token on the user's Security page in Jenkins and set user and token of the runner."),
     ("Jenkins가 사용자와 토큰을 받아들이지 않습니다.", "Jenkins 사용자 설정의 Security에서 API 토큰을 만들어 러너의 user와 token에 넣으세요."))
_row("jenkins_crumb_refused", 502, ("Jenkins does not accept the crumb that it gave.", "Use an API token instead of a password: it needs no crumb; or let the proxy pass Jenkins' cookies on."),
     ("Jenkins가 스스로 발급한 crumb을 받아들이지 않습니다.", "비밀번호 대신 crumb이 필요 없는 API 토큰을 쓰거나, 프록시가 Jenkins의 쿠키를 전달하게 하세요."))
_row("jenkins_job_disabled", 502, ("The job is disabled in Jenkins.", "Enable the job in Jenkins, then deploy again."),
     ("Jenkins에서 비활성화된 작업입니다.", "Jenkins에서 작업을 활성화한 뒤 다시 배포하세요."))
_row("jenkins_job_unknown", 502, ("Jenkins has no such job, or the hub's user may not see it.", "Write the job with its folders (deploy/web-app), check url, and give the user Job/Read."),
     ("Jenkins에 이 작업이 없거나 허브의 사용자가 볼 수 없습니다.", "작업을 폴더와 함께(deploy/web-app) 쓰고, url을 확인하고, 사용자에게 Job/Read 권한을 주세요."))
_row("jenkins_not_parameterised", 502, ("The job takes no parameters.", "In the job: This project is parameterized, and add SERVICE, ENV, REF and LEVERFRAME_ID as string parameters."),
     ("매개변수를 받지 않는 작업입니다.", "작업에서 '이 프로젝트는 매개변수가 있습니다'를 켜고 SERVICE, ENV, REF, LEVERFRAME_ID를 문자열 매개변수로 추가하세요."))
_row("jenkins_not_queued", 502, ("Jenkins did not put the build into its queue.", "A plugin of Jenkins refuses it; look at the job's page and Jenkins' log."),
     ("Jenkins가 빌드를 대기열에 넣지 않았습니다.", "Jenkins 플러그인이 거절했습니다. 작업 페이지와 Jenkins 로그를 확인하세요."))
_row("jenkins_parameter_refused", 502, ("The job does not take this value for a parameter.", "Add the value to the parameter's choices in Jenkins, or correct it here."),
     ("작업이 받지 않는 매개변수 값입니다.", "Jenkins에서 매개변수의 선택지에 값을 추가하거나 여기에서 값을 고치세요."))
_row("jenkins_parameters_missing", 502, ("The job does not declare every parameter that the hub sends; Jenkins would drop them.",
     "Add the parameters named in detail to the job, or give them other names under parameters of the environment."),
     ("허브가 보내는 매개변수 가운데 작업에 선언되지 않은 것이 있어 Jenkins가 버립니다.",
     "detail에 적힌 매개변수를 작업에 추가하거나, 환경의 parameters에서 이름을 바꾸세요."))
_row("jenkins_permission_missing", 502, ("The hub's user may not do this in Jenkins.", "Give the user the permission in detail (Job/Read, Job/Build, Job/Cancel)."),
     ("허브의 사용자에게 Jenkins 권한이 없습니다.", "detail에 적힌 권한(Job/Read, Job/Build, Job/Cancel)을 사용자에게 주세요."))
_row("jenkins_rate_limited", 502, ("Jenkins, or a proxy before it, asks to send more slowly.", "It is tried again when it says."),
     ("Jenkins나 그 앞의 프록시가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
_row("jenkins_redirected", 502, ("Jenkins, or a proxy before it, sends the hub elsewhere; the hub follows no redirect.", "Set url of the runner to the address in detail, or let the hub pass the proxy's sign-in."),
     ("Jenkins나 그 앞의 프록시가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 url을 detail에 적힌 주소로 바꾸거나, 허브가 프록시의 로그인을 거치지 않게 하세요."))
_row("jenkins_refused", 502, ("Jenkins refuses this.", "Look at the answer in detail and at Jenkins' log."),
     ("Jenkins가 거절했습니다.", "detail에 적힌 응답과 Jenkins 로그를 확인하세요."))
_row("jenkins_trigger_token_refused", 502, ("The job does not accept the trigger token.", "Set trigger_token of the runner to the token under Trigger builds remotely in the job."),
     ("작업이 트리거 토큰을 받아들이지 않습니다.", "작업의 '빌드를 원격으로 유발'에 적힌 토큰을 러너의 trigger_token에 넣으세요."))
_row("jenkins_unavailable", 502, ("Jenkins has troubles of its own, or is starting.", "The hub looks again; see Jenkins' log."),
     ("Jenkins에 장애가 있거나 시작하는 중입니다.", "허브가 다시 확인합니다. Jenkins 로그를 보세요."))
_row("jenkins_unreachable", 502, ("Jenkins cannot be reached.", "Check url, the hub's network, DNS and certificates; it is tried again."),
     ("Jenkins에 연결할 수 없습니다.", "url과 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
_row("json_invalid", 400, ("The body is not a JSON object.", "Send the payload as GitHub makes it, as JSON or as form field payload."),
     ("본문이 JSON 객체가 아닙니다.", "GitHub가 만드는 그대로 JSON 또는 payload 폼 필드로 보내세요."))
_row("key_file_unusable", 500, ("The key beside the database cannot be used.", "Put the file named in detail back from the backup, readable for the hub's user, or set hub.master_keys."),
     ("데이터베이스 옆의 키 파일을 쓸 수 없습니다.", "detail에 적힌 파일을 허브의 사용자가 읽을 수 있게 백업에서 되돌리거나 hub.master_keys를 설정하세요."))
_row("link_invalid", 410, ("This link was used, is over, or was never given.", "Ask an administrator for a new one: leverframe people invite NAME --role ROLE."),
     ("이미 쓴 링크이거나 기한이 지났거나 발급된 적이 없습니다.", "관리자에게 새 링크를 요청하세요: leverframe people invite NAME --role ROLE."))
_row("lock_held", 409, ("Somebody else holds the lock.", "Ask them, wait for a notice when it frees, or steal it with a reason."),
     ("다른 사람이 잠갔습니다.", "그 사람에게 부탁하거나, 풀릴 때 알림을 받거나, 사유를 적고 가져오세요."))
_row("lock_none", 409, ("This is not locked.", "status shows what is locked, and by whom."),
     ("잠겨 있지 않습니다.", "무엇이 누구에 의해 잠겼는지는 status가 보여 줍니다."))
_row("method_not_allowed", 405, ("This door does not take this method.", "Use the method named in the Allow header."),
     ("이 입구는 이 메서드를 받지 않습니다.", "Allow 헤더에 적힌 메서드를 쓰세요."))
_row("mute_unknown", 404, ("Nothing of this name is muted.", "leverframe routes list shows what is muted, and until when."),
     ("이 이름으로 음소거된 것이 없습니다.", "leverframe routes list가 무엇이 언제까지 음소거되었는지 보여 줍니다."))
_row("name_taken", 409, ("This name is taken.", "Choose another name; a revoked one is not used again."),
     ("이미 쓰인 이름입니다.", "다른 이름을 고르세요. 폐기한 이름은 다시 쓰지 않습니다."))
_row("not_allowed", 403, ("You may not do this.", "Ask one of the roles named in detail, or an administrator to widen yours."),
     ("이 작업을 할 권한이 없습니다.", "detail에 적힌 역할에 부탁하거나 관리자에게 권한을 요청하세요."))
_row("not_found", 404, ("There is nothing here.", "Check the address."),
     ("여기에는 아무것도 없습니다.", "주소를 확인하세요."))
_row("number_invalid", 400, ("This is not a whole number.", "Write digits only: 3."),
     ("정수가 아닙니다.", "3처럼 숫자만 쓰세요."))
_row("origin_mismatch", 403, ("The request comes from a page of another site.", "Open the hub's own page; if a proxy changes Host, set hub.url to the public address."),
     ("다른 사이트의 페이지에서 온 요청입니다.", "허브의 페이지에서 보내세요. 프록시가 Host를 바꾼다면 hub.url을 공개 주소로 설정하세요."))
_row("overloaded", 503, ("The hub cannot take more just now.", "Send it again after Retry-After seconds."),
     ("지금은 더 받을 수 없습니다.", "Retry-After 초 뒤에 다시 보내세요."))
_row("parameter_invalid", 400, ("This is not a parameter.", "Write key=value; the key has letters, digits, _, . and - only."),
     ("매개변수가 아닙니다.", "key=value로 쓰세요. key에는 글자, 숫자, _, ., -만 쓸 수 있습니다."))
_row("person_invalid", 400, ("This names nobody.", "Mention the person, or write their name without blanks."),
     ("사람을 가리키는 값이 아닙니다.", "사람을 멘션하거나, 이름을 빈칸 없이 쓰세요."))
_row("person_unknown", 404, ("Nobody of this name can sign in.", "leverframe people list shows who can; somebody disabled is not disabled again."),
     ("이 이름으로 로그인할 수 있는 사람이 없습니다.", "leverframe people list로 확인하세요. 이미 차단한 사람은 다시 차단할 수 없습니다."))
_row("playground_message_not_found", 404, ("There is no such message in the playground.", "It may have been removed; a card is posted anew by itself."),
     ("플레이그라운드에 그런 메시지가 없습니다.", "지워졌을 수 있습니다. 카드는 자동으로 다시 게시됩니다."))
_row("playground_room_invalid", 400, ("This cannot be a channel of the playground.", "Write # and up to 80 letters, digits, - or _: playground:#dev-team."),
     ("플레이그라운드 채널 이름이 아닙니다.", "# 뒤에 글자, 숫자, -, _를 80자까지 쓰세요. 예: playground:#dev-team."))
_row("queue_expired", 410, ("Its turn did not come in time.", "See with queue what holds the lane, then ask for the deployment again."),
     ("기한 안에 차례가 오지 않았습니다.", "queue로 무엇이 막고 있는지 확인한 뒤 다시 요청하세요."))
_row("rate_limited", 429, ("Too many failed attempts from this address.", "Wait for Retry-After seconds, then check the secret."),
     ("이 주소에서 실패한 요청이 너무 많습니다.", "Retry-After 초 뒤에 비밀값을 확인하고 다시 시도하세요."))
_row("ref_invalid", 400, ("This cannot be a branch, a tag or a commit.", "Write one as git shows it: main, v1.2.0, release/7."),
     ("브랜치, 태그, 커밋 이름이 될 수 없습니다.", "main, v1.2.0, release/7처럼 git에 표시되는 대로 쓰세요."))
_row("ref_unknown", 422, ("The repository has no such branch, tag or commit.", "Check the spelling; a branch may have been deleted or not been pushed yet."),
     ("저장소에 그런 브랜치, 태그, 커밋이 없습니다.", "철자를 확인하세요. 삭제되었거나 아직 푸시되지 않은 브랜치일 수 있습니다."))
_row("repository_invalid", 400, ("This is not the name of a repository.", "Write OWNER/NAME: acme/web."),
     ("저장소 이름이 아닙니다.", "acme/web처럼 소유자/이름으로 쓰세요."))
_row("request_invalid", 400, ("Something in the request cannot be used.", "Correct the field that is named in parentheses (detail), then send it again."),
     ("요청에 쓸 수 없는 값이 있습니다.", "괄호 안(detail)에 적힌 항목을 고쳐 다시 보내세요."))
_row("rollback_nowhere", 409, ("There is no earlier deployment that worked to go back to.", "Deploy a commit that works: deploy SERVICE ENV REF."),
     ("되돌아갈 만한, 이전에 성공한 배포가 없습니다.", "정상인 커밋을 배포하세요: deploy SERVICE ENV REF."))
_row("room_unknown", 400, ("The hub has no such room.", "Write CHAT:ROOM with a chat of [chats], such as slack:#dev-team; in the room * stands for any letters."),
     ("허브에 그런 방이 없습니다.", "[chats]에 있는 채팅으로 채팅:방을 쓰세요. 예: slack:#dev-team. 방에는 *를 쓸 수 있습니다."))
_row("route_unknown", 404, ("There is no route of this name.", "leverframe routes list shows which there are; a route of leverframe.toml is there after a restart."),
     ("이 이름의 라우트가 없습니다.", "leverframe routes list로 확인하세요. leverframe.toml에 더한 라우트는 다시 시작해야 생깁니다."))
_row("routing_failed", 500, ("The event could not be routed, and is not tried again.", "Look for its id in the hub's log, and report it; its body is kept as [retention] says."),
     ("이벤트를 라우트에 넘기지 못했고 더는 시도하지 않습니다.", "허브 로그에서 이벤트 ID를 찾아 알려 주세요. 본문은 [retention]에 따라 보관됩니다."))
_row("run_absent", 502, ("The runner has no such run.", "It did not start, so that it may be tried again."),
     ("러너에 그런 실행이 없습니다.", "시작되지 않았으므로 다시 시도해도 됩니다."))
_row("run_ended", 409, ("The run has ended already.", "There is nothing left to cancel; the card shows how it ended."),
     ("이미 끝난 실행입니다.", "취소할 것이 없습니다. 결과는 카드에 표시됩니다."))
_row("run_failed", 502, ("The run failed.", "Read its log at the runner; then try again, or roll back."),
     ("실행이 실패했습니다.", "러너의 로그를 확인한 뒤 다시 시도하거나 롤백하세요."))
_row("run_vanished", 502, ("The runner does not know the run any more.", "It is looked for; if it stays away, look at the runner and settle it."),
     ("러너에서 실행이 사라졌습니다.", "허브가 찾고 있습니다. 계속 없으면 러너를 확인하고 settle로 확정하세요."))
_row("runner_answer_lost", 502, ("The runner's answer was lost on the way; it may have started.", "The hub looks for the run; if it stays unknown, look at the runner and settle it by hand."),
     ("러너의 응답을 받지 못해 시작되었는지 알 수 없습니다.", "허브가 실행을 찾습니다. 끝내 알 수 없으면 러너를 확인하고 직접 정리하세요."))
_row("runner_refused", 502, ("The runner refuses to start this.", "Look at the reason in detail, correct it, then deploy again."),
     ("러너가 시작을 거절했습니다.", "detail의 이유를 확인해 고친 뒤 다시 배포하세요."))
_row("runner_target_invalid", 422, ("The environment's keys do not fit its runner.", "Correct the key in detail on [services.NAME.environments.NAME]; leverframe check shows what it takes."),
     ("환경의 설정이 러너와 맞지 않습니다.", "[services.NAME.environments.NAME]에서 detail에 적힌 키를 고치세요. leverframe check가 쓸 수 있는 키를 알려 줍니다."))
_row("runner_unknown", 409, ("The configuration has no such runner.", "Name a key of [runners] in the environment's runner, then restart the hub."),
     ("설정에 그런 러너가 없습니다.", "환경의 runner에 [runners]의 키를 쓰고 허브를 다시 시작하세요."))
_row("secret_not_kept", 409, ("The hub has no key to keep a secret with.", "Set hub.master_keys in leverframe.toml, then restart the hub."),
     ("비밀값을 보관할 키가 허브에 없습니다.", "leverframe.toml에 hub.master_keys를 설정하고 허브를 다시 시작하세요."))
_row("secret_not_opened", 500, ("A secret that was kept cannot be read any more.", "Put the former key back among hub.master_keys (or the key file beside the database), then try again."),
     ("보관한 비밀값을 더는 읽을 수 없습니다.", "이전 키를 hub.master_keys(또는 데이터베이스 옆의 키 파일)에 되돌려 놓고 다시 시도하세요."))
_row("service_unknown", 404, ("There is no such service.", "Write one of [services] in leverframe.toml; status shows them."),
     ("그런 서비스가 없습니다.", "leverframe.toml의 [services]에 있는 이름을 쓰세요. status로 볼 수 있습니다."))
_row("sign_in_required", 401, ("This needs a sign-in.", "Open your one-time link (leverframe people invite NAME --role ROLE makes one), or send Authorization: Bearer with an API token."),
     ("로그인이 필요합니다.", "일회용 링크를 여세요(leverframe people invite NAME --role ROLE로 만듭니다). 프로그램은 API 토큰을 Authorization: Bearer로 보내세요."))
_row("signature_invalid", 401, ("The signature does not match the body.", "Use the same secret in the webhook's settings and in the source's secrets."),
     ("서명이 본문과 맞지 않습니다.", "웹훅 설정과 소스의 secrets에 같은 비밀값을 쓰세요."))
_row("signature_missing", 401, ("The request is not signed.", "Set a secret on the webhook, and the same one in the source's secrets."),
     ("요청에 서명이 없습니다.", "웹훅에 비밀값을 설정하고 소스의 secrets에도 같은 값을 넣으세요."))
_row("slack_account_inactive", 502, ("The bot's account or its workspace was switched off.", "Install the Slack app again and set the new bot_token."),
     ("봇 계정이나 워크스페이스가 비활성화되었습니다.", "Slack 앱을 다시 설치하고 새 bot_token을 설정하세요."))
_row("slack_action_prohibited", 502, ("The workspace does not let this webhook post there.", "Ask an administrator of the workspace to allow it, or use another room."),
     ("워크스페이스 설정이 이 웹훅의 게시를 막습니다.", "워크스페이스 관리자에게 허용을 요청하거나 다른 방을 쓰세요."))
_row("slack_answer_invalid", 502, ("What answered is not Slack.", "Check api_url and the proxy on the way; it is tried again."),
     ("Slack이 아닌 곳에서 응답했습니다.", "api_url과 중간 프록시를 확인하세요. 다시 시도합니다."))
_row("slack_answer_lost", 502, ("Slack's answer was lost on the way.", "It is tried again; the message may appear twice."),
     ("Slack의 응답을 받지 못했습니다.", "다시 시도합니다. 메시지가 두 번 보일 수 있습니다."))
_row("slack_app_unknown", 403, ("The request is of another Slack app.", "Set app_id on [chats.NAME] to this app's, or leave it out."),
     ("다른 Slack 앱에서 온 요청입니다.", "[chats.NAME]의 app_id를 이 앱의 것으로 바꾸거나 빼세요."))
_row("slack_cant_update_message", 502, ("This message cannot be changed by this bot.", "It is said anew; post to the room by the bot, not by a webhook, if cards are to be updated."),
     ("이 봇이 고칠 수 없는 메시지입니다.", "새 메시지로 보냅니다. 카드를 갱신하려면 웹훅 대신 봇으로 보내세요."))
_row("slack_channel_is_archived", 502, ("The webhook's channel is archived.", "Unarchive the channel, or make a webhook for another one."),
     ("웹훅의 채널이 보관 처리되었습니다.", "채널 보관을 풀거나 다른 채널의 웹훅을 만드세요."))
_row("slack_channel_not_found", 502, ("Slack does not know this channel, or the bot may not see it.", "Correct the name in the route; invite the bot to a private channel: /invite @BOT."),
     ("Slack에 이 채널이 없거나 봇이 볼 수 없습니다.", "라우트의 이름을 고치세요. 비공개 채널이라면 /invite @봇 으로 초대하세요."))
_row("slack_edit_window_closed", 502, ("The workspace does not let this message be changed any more.", "It is said anew."),
     ("워크스페이스 설정상 더는 고칠 수 없는 메시지입니다.", "새 메시지로 보냅니다."))
_row("slack_form_late", 502, ("The form could not be opened in time.", "Try again; Slack lets a form be opened for three seconds only."),
     ("양식을 제때 열지 못했습니다.", "다시 시도하세요. Slack은 양식을 3초 안에만 열 수 있게 합니다."))
_row("slack_install_failed", 502, ("The Slack app was not installed.", "Open /slack/install again; client_id, client_secret and the redirect address must be those of the app's page."),
     ("Slack 앱이 설치되지 않았습니다.", "/slack/install을 다시 여세요. client_id, client_secret, 리디렉션 주소가 앱 페이지와 같아야 합니다."))
_row("slack_install_state_invalid", 400, ("This installation was not begun in this browser, took too long, or is finished already.", "Open /slack/install again in this browser."),
     ("이 브라우저에서 시작하지 않았거나, 너무 오래 걸렸거나, 이미 끝난 설치입니다.", "이 브라우저에서 /slack/install을 다시 여세요."))
_row("slack_invalid_auth", 502, ("Slack does not accept the bot's token.", "Copy the Bot User OAuth Token (xoxb-…) from the app's page into bot_token; messages wait until then."),
     ("Slack이 봇 토큰을 받아들이지 않습니다.", "앱 페이지의 Bot User OAuth Token(xoxb-…)을 bot_token에 넣으세요. 메시지는 그때까지 기다립니다."))
_row("slack_invalid_blocks", 502, ("Slack does not accept how this message is built.", "Report it with the event; a template of your own can be made simpler."),
     ("Slack이 이 메시지의 구성을 받아들이지 않습니다.", "이벤트와 함께 알려 주세요. 직접 쓴 템플릿이라면 단순하게 줄여 보세요."))
_row("slack_is_archived", 502, ("The channel is archived.", "Unarchive the channel, or send the route to another one."),
     ("보관 처리된 채널입니다.", "채널 보관을 풀거나 라우트를 다른 채널로 바꾸세요."))
_row("slack_message_not_found", 502, ("The message to change is not there any more.", "It is said anew."),
     ("고칠 메시지가 더는 없습니다.", "새 메시지로 보냅니다."))
_row("slack_missing_scope", 502, ("The bot's token lacks a scope.", "Add the scope that is named here under OAuth & Permissions, then install the app again; messages wait until then."),
     ("봇 토큰에 권한 범위(scope)가 부족합니다.", "OAuth & Permissions에서 여기 적힌 scope를 추가하고 앱을 다시 설치하세요. 메시지는 그때까지 기다립니다."))
_row("slack_msg_blocks_too_long", 502, ("The message is longer than Slack takes.", "Say less in the route's template."),
     ("Slack이 받을 수 있는 것보다 긴 메시지입니다.", "라우트의 템플릿을 줄이세요."))
_row("slack_msg_too_long", 502, ("The message is longer than Slack takes.", "Say less in the route's template."),
     ("Slack이 받을 수 있는 것보다 긴 메시지입니다.", "라우트의 템플릿을 줄이세요."))
_row("slack_no_service", 502, ("The incoming webhook was removed or switched off.", "Make a new one on the Slack app's page and set it in [chats.NAME.webhooks]."),
     ("수신 웹훅이 삭제되었거나 꺼져 있습니다.", "Slack 앱 페이지에서 새로 만들어 [chats.NAME.webhooks]에 넣으세요."))
_row("slack_not_authed", 502, ("There is no token for Slack.", "Set bot_token on the chat, or a webhook for the room."),
     ("Slack 토큰이 없습니다.", "채팅에 bot_token을, 또는 그 방의 웹훅을 설정하세요."))
_row("slack_not_in_channel", 502, ("The bot is not a member of the channel.", "In the channel: /invite @BOT; or give the app the scope chat:write.public."),
     ("봇이 채널의 구성원이 아닙니다.", "채널에서 /invite @봇 을 입력하거나 앱에 chat:write.public 권한을 주세요."))
_row("slack_ratelimited", 502, ("Slack asks to send more slowly.", "It is tried again when Slack says; posts_per_second makes it slower."),
     ("Slack이 더 천천히 보내라고 합니다.", "Slack이 정한 시간 뒤 다시 시도합니다. posts_per_second로 더 늦출 수 있습니다."))
_row("slack_refused", 502, ("Slack refuses this message.", "Look up the error in detail at docs.slack.dev/reference/methods/chat.postMessage."),
     ("Slack이 이 메시지를 거절했습니다.", "detail의 오류를 docs.slack.dev/reference/methods/chat.postMessage 에서 찾아보세요."))
_row("slack_request_stale", 401, ("The request is more than five minutes off the hub's clock.", "Set the clock of the hub's machine (NTP); a request that was recorded is not taken again."),
     ("요청 시각이 허브의 시계와 5분 넘게 다릅니다.", "허브 서버의 시계를 맞추세요(NTP). 녹화된 요청은 다시 받지 않습니다."))
_row("slack_restricted_action", 502, ("A setting of the workspace does not let the bot post there.", "Ask an administrator of the workspace to allow it, or use another channel."),
     ("워크스페이스 설정이 봇의 게시를 막습니다.", "워크스페이스 관리자에게 허용을 요청하거나 다른 채널을 쓰세요."))
_row("slack_signature_invalid", 401, ("Slack's signature does not match the body.", "Copy the Signing Secret of the app's page (Basic Information) into signing_secrets; a proxy must pass the body unchanged."),
     ("Slack 서명이 본문과 맞지 않습니다.", "앱 페이지(Basic Information)의 Signing Secret을 signing_secrets에 넣으세요. 프록시는 본문을 바꾸면 안 됩니다."))
_row("slack_signature_missing", 401, ("The request does not carry Slack's signature.", "Only Slack sends here; a proxy must pass X-Slack-Signature and X-Slack-Request-Timestamp."),
     ("요청에 Slack 서명이 없습니다.", "여기로는 Slack만 보냅니다. 프록시는 X-Slack-Signature와 X-Slack-Request-Timestamp를 전달해야 합니다."))
_row("slack_signing_secret_missing", 401, ("The hub cannot tell whether this is Slack: it has no signing secret.", "Set signing_secrets on [chats.NAME] to the Signing Secret of the app's page."),
     ("허브에 서명 비밀값이 없어 Slack인지 확인할 수 없습니다.", "앱 페이지의 Signing Secret을 [chats.NAME]의 signing_secrets에 넣으세요."))
_row("slack_team_unknown", 403, ("The request is of another Slack workspace.", "Set team_id on [chats.NAME] to this workspace's, or leave it out."),
     ("다른 Slack 워크스페이스에서 온 요청입니다.", "[chats.NAME]의 team_id를 이 워크스페이스의 것으로 바꾸거나 빼세요."))
_row("slack_token_expired", 502, ("The bot's token is over.", "Install the app again and set the new bot_token; messages wait until then."),
     ("봇 토큰의 기한이 지났습니다.", "앱을 다시 설치하고 새 bot_token을 설정하세요. 메시지는 그때까지 기다립니다."))
_row("slack_token_revoked", 502, ("The bot's token was revoked.", "Install the app again and set the new bot_token; messages wait until then."),
     ("봇 토큰이 폐기되었습니다.", "앱을 다시 설치하고 새 bot_token을 설정하세요. 메시지는 그때까지 기다립니다."))
_row("slack_unavailable", 502, ("Slack has troubles of its own.", "It is tried again; see https://slack-status.com."),
     ("Slack에 장애가 있습니다.", "다시 시도합니다. https://slack-status.com 을 보세요."))
_row("slack_unreachable", 502, ("Slack cannot be reached.", "Check the hub's network, DNS and certificates; it is tried again."),
     ("Slack에 연결할 수 없습니다.", "허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
_row("source_unknown", 404, ("There is no source of this name.", "Add [sources.NAME] to leverframe.toml, or correct the address."),
     ("이 이름의 소스가 없습니다.", "leverframe.toml에 [sources.NAME]을 추가하거나 주소를 고치세요."))
_row("storage_unavailable", 503, ("The hub cannot write to its database just now; nothing was taken.", "Send it again after Retry-After seconds; leverframe doctor tells why."),
     ("지금 데이터베이스에 쓸 수 없어 아무것도 받지 않았습니다.", "Retry-After 초 뒤에 다시 보내세요. 원인은 leverframe doctor가 알려 줍니다."))
_row("subscription_none", 404, ("This room has not subscribed to it.", "subscribe in the same room, with the same repository, is what this takes back; routes of leverframe.toml stay."),
     ("이 방은 그것을 구독하고 있지 않습니다.", "같은 방에서 같은 저장소로 한 subscribe만 취소합니다. leverframe.toml의 라우트는 그대로입니다."))
_row("template_failed", 422, ("The route's template failed on this event.", "Correct the template at the line in detail (docs/how-to/templates.md lists the variables); then retry the delivery."),
     ("라우트의 템플릿이 이 이벤트에서 실패했습니다.", "detail에 적힌 줄의 템플릿을 고친 뒤 다시 보내세요. 변수는 docs/how-to/templates.ko.md에 있습니다."))
_row("template_invalid", 422, ("The route's template cannot be read.", "Correct the line in detail."),
     ("라우트의 템플릿을 읽을 수 없습니다.", "detail에 적힌 줄을 고치세요."))
_row("token_invalid", 401, ("The API token is unknown, revoked or expired.", "Issue another on the console's page of tokens, or with leverframe tokens create."),
     ("API 토큰이 없거나 폐기되었거나 만료되었습니다.", "콘솔의 토큰 페이지나 leverframe tokens create로 새로 발급하세요."))
_row("token_unknown", 404, ("There is no live token of this name.", "leverframe tokens list and leverframe hook-tokens list show which there are; a revoked one is not revoked again."),
     ("이 이름으로 쓰고 있는 토큰이 없습니다.", "leverframe tokens list와 leverframe hook-tokens list로 확인하세요. 이미 폐기한 토큰은 다시 폐기할 수 없습니다."))
_row("too_often", 429, ("Too many requests.", "Wait for Retry-After seconds."),
     ("요청이 너무 많습니다.", "Retry-After 초만큼 기다리세요."))
_row("wording_failed", 500, ("The hub could not put the event into words.", "Report it with the event and the words in detail, then retry the delivery once it is mended."),
     ("이벤트를 문장으로 옮기지 못했습니다.", "이벤트와 detail의 내용을 함께 알려 주세요. 고친 다음 다시 보내면 됩니다."))
