"""Refusals of commands, deployments, approvals and locks. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("approval_author", 403, ("You wrote one of the commits, and the policy does not let their authors approve.", "Ask somebody else who may approve; who-can names them."),
    ("배포할 커밋의 작성자는 정책상 승인할 수 없습니다.", "승인할 수 있는 다른 사람에게 부탁하세요. who-can이 알려 줍니다."))
row("approval_by_token", 403, ("An approval counts people, and an API token is nobody.", "Vote in a chat, in the console, or with leverframe do on the hub's machine."),
    ("승인은 사람만 할 수 있으며 API 토큰으로는 할 수 없습니다.", "채팅이나 콘솔에서, 또는 허브가 있는 컴퓨터에서 leverframe do로 승인하세요."))
row("approval_decided", 409, ("It is decided already.", "The card shows how, and by whom."),
    ("이미 결정된 승인 요청입니다.", "누가 어떻게 결정했는지 카드에 나와 있습니다."))
row("approval_expired", 410, ("Nobody approved it in time.", "Ask for the deployment again; approvals.expires says how long is waited."),
    ("승인 기한이 지났습니다.", "배포를 다시 요청하세요. 기한은 approvals.expires로 정합니다."))
row("approval_own", 403, ("You asked for it yourself, and the policy wants somebody else's approval.", "Ask one of the others who may approve; who-can names them."),
    ("직접 요청한 배포는 정책상 스스로 승인할 수 없습니다.", "승인할 수 있는 다른 사람에게 부탁하세요. who-can이 알려 줍니다."))
row("approval_rejected", 409, ("Somebody who may approve has rejected it.", "Talk to them (their reason is given here), then ask for the deployment again."),
    ("승인 권한이 있는 사람이 거절했습니다.", "여기 적힌 사유를 확인하고 상의한 뒤 다시 요청하세요."))
row("approval_repeated", 409, ("You have said so already.", "Nothing is left to do for you; a person counts once, with all their accounts."),
    ("이미 같은 의견을 냈습니다.", "더 할 일이 없습니다. 계정이 여럿이어도 한 사람은 한 번만 셉니다."))
row("approval_role_missing", 403, ("Your vote does not count here.", "Ask a member of one of the roles named here."),
    ("이 승인에는 의견이 집계되지 않습니다.", "여기 적힌 역할의 구성원에게 부탁하세요."))
row("approval_unknown", 404, ("There is no such approval.", "Look its id up on the page of approvals."),
    ("그런 승인 요청이 없습니다.", "승인 페이지에서 ID를 확인하세요."))
row("approval_unlinked", 403, ("The hub cannot tell whether this account is another person's.", "Ask an administrator to link the account named here to its person: [people.NAME] identities."),
    ("이 계정이 다른 사람의 것인지 허브가 알 수 없습니다.", "여기 적힌 계정을 [people.NAME] identities에 연결해 달라고 관리자에게 부탁하세요."))
row("break_glass_off", 409, ("Nobody may go ahead without approval here.", "Leave --reason out; approvals.break_glass of the environment names the roles that may."),
    ("여기서는 아무도 승인 없이 진행할 수 없습니다.", "--reason을 빼고 다시 요청하세요. 승인 없이 진행할 수 있는 역할은 환경의 approvals.break_glass에 정합니다."))
row("break_glass_reason_missing", 400, ("Going ahead without approval takes a reason.", "Say why; the reason is announced to everybody."),
    ("승인 없이 진행하려면 사유가 필요합니다.", "사유를 적으세요. 사유는 모두에게 알려집니다."))
row("break_glass_repeated", 409, ("Somebody has broken the glass already.", "Nothing is left to do; the card shows who, and why."),
    ("이미 비상 진행이 선언되었습니다.", "더 할 일이 없습니다. 누가 왜 했는지 카드에 나와 있습니다."))
row("break_glass_role_missing", 403, ("You may not go ahead without approval.", "Ask a member of one of the roles named here (approvals.break_glass)."),
    ("승인 없이 진행할 권한이 없습니다.", "여기 적힌 역할(approvals.break_glass)의 구성원에게 부탁하세요."))
row("callback_refused", 502, ("Whoever asked does not take the answer.", "Have the address answer with a 2xx; then retry: the answer is sent again under the same id."),
    ("요청한 쪽이 답을 받지 않습니다.", "주소가 2xx로 답하게 한 뒤 다시 시도하세요. 같은 ID로 다시 보냅니다."))
row("callback_unreachable", 502, ("Whoever asked cannot be reached.", "Check the callback's address; it is tried again for a day."),
    ("요청한 쪽에 연결할 수 없습니다.", "콜백 주소를 확인하세요. 하루 동안 다시 시도합니다."))
row("checks_failing", 409, ("Continuous integration has failed for this commit.", "Mend the checks named here, or deploy another commit."),
    ("이 커밋의 CI가 실패했습니다.", "여기 적힌 검사를 고치거나 다른 커밋을 배포하세요."))
row("checks_missing", 409, ("Continuous integration has said nothing of this commit.", "Run the checks that the service requires, then try again."),
    ("이 커밋에 대한 CI 결과가 없습니다.", "서비스가 요구하는 검사를 실행한 뒤 다시 시도하세요."))
row("checks_pending", 409, ("Continuous integration took too long for this commit.", "Wait for the checks named here, then try again."),
    ("이 커밋의 CI가 너무 오래 걸렸습니다.", "여기 적힌 검사가 끝나면 다시 시도하세요."))
row("choice_unknown", 400, ("This is none of the words that may stand here.", "Write one of those that are offered."),
    ("여기에 쓸 수 있는 말이 아닙니다.", "제시된 말 가운데 하나를 쓰세요."))
row("command_character_invalid", 400, ("The line holds a character that cannot be seen.", "Type it again instead of pasting it."),
    ("보이지 않는 문자가 들어 있습니다.", "붙여 넣지 말고 직접 입력하세요."))
row("command_option_empty", 400, ("The option has no value.", "Write the value after it: --for 2h."),
    ("옵션에 값이 없습니다.", "옵션 뒤에 값을 쓰세요. 예: --for 2h."))
row("command_option_twice", 400, ("The option is given twice.", "Write it once."),
    ("옵션을 두 번 썼습니다.", "한 번만 쓰세요."))
row("command_option_unknown", 400, ("The command has no such option.", "The usage line shows its options; put a word that only looks like one in quotes."),
    ("이 명령에 없는 옵션입니다.", "사용법에서 옵션을 확인하세요. 옵션이 아닌 말이면 따옴표로 묶으세요."))
row("command_quote_open", 400, ("A quotation mark is opened and never closed.", "Close it, or leave it out."),
    ("따옴표가 닫히지 않았습니다.", "따옴표를 닫거나 빼세요."))
row("command_rate_limited", 429, ("Too many commands in a minute.", "Wait a moment, then try again."),
    ("1분 동안 명령이 너무 많았습니다.", "잠시 뒤에 다시 시도하세요."))
row("command_too_long", 413, ("The line is too long for a command.", "Write at most 4,000 characters."),
    ("명령으로 쓰기에는 너무 깁니다.", "4,000자 이하로 쓰세요."))
row("command_unknown", 404, ("There is no such command.", "help shows the commands that you may use here."),
    ("그런 명령이 없습니다.", "help로 여기서 쓸 수 있는 명령을 확인하세요."))
row("command_value_long", 413, ("One of the words is too long.", "Say it shorter."),
    ("너무 긴 값이 있습니다.", "더 짧게 쓰세요."))
row("command_word_extra", 400, ("There is a word too many.", "Leave it out, or put words that belong together in quotes."),
    ("필요 없는 말이 더 있습니다.", "빼거나, 함께 묶을 말이면 따옴표로 묶으세요."))
row("command_word_missing", 400, ("Something is missing.", "Write what the usage line shows without brackets."),
    ("빠진 것이 있습니다.", "사용법에서 대괄호 없이 적힌 것을 모두 쓰세요."))
row("deployment_ended", 409, ("The deployment is over.", "Ask for a new one; the card shows how this one ended."),
    ("이미 끝난 배포입니다.", "새로 요청하세요. 어떻게 끝났는지 카드에 나와 있습니다."))
row("deployment_id_invalid", 400, ("This is not the id of a deployment.", "Copy it from the deployment's card or from queue: dep_ and thirteen letters and digits."),
    ("배포 ID가 아닙니다.", "배포 카드나 queue 명령에서 복사하세요. dep_와 글자 13개로 된 값입니다."))
row("deployment_not_failed", 409, ("Only a deployment that failed is tried again.", "Ask for a new deployment."),
    ("실패한 배포만 다시 시도할 수 있습니다.", "새 배포를 요청하세요."))
row("deployment_not_unknown", 409, ("There is nothing to settle: the hub knows how this deployment stands.", "The card shows it."),
    ("허브가 상태를 아는 배포라 확정할 것이 없습니다.", "상태는 카드에 나와 있습니다."))
row("deployment_out_of_order", 409, ("The same commit is not live in the environment that comes first.", "Deploy it to the environment named here, then ask again."),
    ("앞선 환경에 같은 커밋이 배포되어 있지 않습니다.", "여기 적힌 환경에 먼저 배포한 뒤 다시 요청하세요."))
row("deployment_under_way", 409, ("The deployment has begun already.", "Wait for it, or cancel it."),
    ("이미 시작된 배포입니다.", "끝나기를 기다리거나 취소하세요."))
row("deployment_unknown", 404, ("There is no deployment of this id.", "history shows which there are; an id begins with dep_."),
    ("이 ID의 배포가 없습니다.", "history로 확인하세요. ID는 dep_로 시작합니다."))
row("dispatch_key_taken", 422, ("The payload has a key that the hub writes itself.", "Call the key named here something else."),
    ("허브가 직접 쓰는 키가 client_payload에 있습니다.", "여기 적힌 키의 이름을 바꾸세요."))
row("dispatch_keys_too_many", 422, ("GitHub takes ten keys at the top of client_payload.", "Put several into one object; what is inside an object is not counted."),
    ("GitHub는 client_payload의 최상위 키를 열 개까지만 받습니다.", "여러 값을 객체 하나에 넣으세요. 객체 안의 키는 세지 않습니다."))
row("dispatch_payload_invalid", 422, ("The payload holds what JSON has no word for.", "Leave out NaN and Infinity, and halves of surrogate pairs."),
    ("client_payload에 JSON으로 쓸 수 없는 값이 있습니다.", "NaN, Infinity, 반쪽짜리 유니코드 문자를 빼세요."))
row("dispatch_project_invalid", 422, ("This is no repository of GitHub's.", "Write it as owner/name."),
    ("GitHub 저장소 이름이 아닙니다.", "소유자/이름으로 쓰세요."))
row("dispatch_too_large", 413, ("The payload is larger than GitHub takes: less than 64 KB, with what the hub adds.", "Send where the data is, and have the workflow fetch it."),
    ("client_payload가 GitHub의 한도(허브가 더하는 값을 포함해 64KB 미만)를 넘습니다.", "데이터가 있는 주소를 보내고 워크플로가 내려받게 하세요."))
row("dispatch_type_invalid", 422, ("GitHub takes an event type of 1 to 100 characters.", "Shorten it; no line breaks, and no blanks around it."),
    ("GitHub의 event_type은 1~100자입니다.", "짧게 줄이고, 줄바꿈과 앞뒤 공백을 빼세요."))
row("dispatch_unknown", 404, ("There is no such dispatch.", "Look its id up on the page of dispatches."),
    ("그런 디스패치가 없습니다.", "디스패치 페이지에서 ID를 확인하세요."))
row("duration_invalid", 400, ("This is not a length of time that can be used.", "Write 30m, 2h or 1d12h, at most a year."),
    ("쓸 수 있는 기간이 아닙니다.", "30m, 2h, 1d12h 또는 2시간처럼 쓰세요. 1년까지 됩니다."))
row("environment_unknown", 404, ("The service has no such environment.", "Write one of its environments, after the service."),
    ("이 서비스에 없는 환경입니다.", "서비스 이름 뒤에 그 서비스의 환경을 쓰세요."))
row("event_name_unknown", 400, ("GitHub has no event of this name.", "Write names such as push, pull_request.opened or issues, or * for all; left out, it is what is posted by default."),
    ("GitHub에 이런 이름의 이벤트가 없습니다.", "push, pull_request.opened, issues 같은 이름이나 전부를 뜻하는 *를 쓰세요. 비우면 기본으로 알리는 이벤트입니다."))
row("id_invalid", 400, ("This is not an id of the hub's.", "Copy it from where it is shown: three letters, _ and thirteen letters and digits."),
    ("허브의 ID가 아닙니다.", "표시된 곳에서 복사하세요. 글자 3개와 _, 그리고 글자 13개로 된 값입니다."))
row("identity_unproven", 403, ("Nothing proves here who you are, so nothing can be done for you here.", "Speak to the bot in its place; or, where everybody who may use this webhook may do everything, set trust_outgoing = true."),
    ("여기서는 누구인지 증명되지 않아 명령을 실행할 수 없습니다.", "봇에게 말하세요. 이 웹훅을 쓸 수 있는 사람이 모두 무엇이든 해도 된다면 trust_outgoing = true를 설정하세요."))
row("levers_none", 404, ("This hub has nothing to pull: no services, no commands, nobody at GitHub.", "Add [services.NAME], or [github] with a token, to leverframe.toml and start the hub again."),
    ("이 허브에는 배포하거나 실행할 것이 없습니다. 서비스도 명령도 GitHub 토큰도 설정되어 있지 않습니다.", "leverframe.toml에 [services.NAME]이나 토큰이 있는 [github]를 추가하고 허브를 다시 시작하세요."))
row("lock_held", 409, ("Somebody else holds the lock.", "Ask them, wait for a notice when it frees, or steal it with a reason."),
    ("다른 사람이 잠갔습니다.", "그 사람에게 부탁하거나, 풀릴 때 알림을 받거나, 사유를 적고 가져오세요."))
row("lock_none", 409, ("This is not locked.", "status shows what is locked, and by whom."),
    ("잠겨 있지 않습니다.", "무엇이 누구에 의해 잠겼는지는 status가 보여 줍니다."))
row("number_invalid", 400, ("This is not a whole number.", "Write digits only: 3."),
    ("정수가 아닙니다.", "3처럼 숫자만 쓰세요."))
row("policy_unknown", 422, ("The configuration has no such policy.", "Write a name of [policies], or the policy itself."),
    ("설정에 그런 정책이 없습니다.", "[policies]의 이름이나 정책 내용을 쓰세요."))
row("queue_expired", 410, ("Its turn did not come in time.", "See with queue what holds the lane, then ask for the deployment again."),
    ("기한 안에 차례가 오지 않았습니다.", "queue로 무엇이 막고 있는지 확인한 뒤 다시 요청하세요."))
row("repository_invalid", 400, ("This is not the name of a repository.", "Write OWNER/NAME: acme/web."),
    ("저장소 이름이 아닙니다.", "acme/web처럼 소유자/이름으로 쓰세요."))
row("rollback_late", 409, ("Something has been deployed there since, and it worked.", "See with status what runs there; rollback SERVICE ENV goes back from that."),
    ("그 뒤에 성공한 배포가 있습니다.", "지금 배포된 것은 status로 확인하세요. 거기서 되돌리려면 rollback 서비스 환경을 쓰세요."))
row("rollback_nowhere", 409, ("There is no earlier deployment that worked to go back to.", "Deploy a commit that works: deploy SERVICE ENV REF."),
    ("되돌아갈 만한, 이전에 성공한 배포가 없습니다.", "정상인 커밋을 배포하세요: deploy SERVICE ENV REF."))
row("rollback_under_way", 409, ("Somebody has asked for a rollback there already.", "Wait for the one named here, or cancel it."),
    ("이미 요청된 롤백이 있습니다.", "여기 적힌 롤백이 끝나기를 기다리거나 취소하세요."))
row("secret_not_kept", 409, ("The hub has no key to keep a secret with.", "Set hub.master_keys in leverframe.toml, then restart the hub."),
    ("비밀값을 보관할 키가 허브에 없습니다.", "leverframe.toml에 hub.master_keys를 설정하고 허브를 다시 시작하세요."))
row("secret_not_opened", 500, ("A secret that was kept cannot be read any more.", "Put the former key back among hub.master_keys (or the key file beside the database), then try again."),
    ("보관한 비밀값을 더는 읽을 수 없습니다.", "이전 키를 hub.master_keys(또는 데이터베이스 옆의 키 파일)에 되돌려 놓고 다시 시도하세요."))
row("service_unknown", 404, ("There is no such service.", "Write one of [services] in leverframe.toml; status shows them."),
    ("그런 서비스가 없습니다.", "leverframe.toml의 [services]에 있는 이름을 쓰세요. status로 볼 수 있습니다."))
row("subscription_none", 404, ("This room has not subscribed to it.", "subscribe in the same room, with the same repository, is what this takes back; routes of leverframe.toml stay."),
    ("이 방은 그것을 구독하고 있지 않습니다.", "같은 방에서 같은 저장소로 한 subscribe만 취소합니다. leverframe.toml의 라우트는 그대로입니다."))
