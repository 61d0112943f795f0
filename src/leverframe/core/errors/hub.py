"""Refusals of the hub itself: its doors, its store, its people. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.access import VERBS
from leverframe.core.errors.table import row

row("action_unknown", 404, ("There is no such action.", "This button's feature is not set up on this hub, or the message is an old one."),
    ("그런 동작이 없습니다.", "이 허브에 설정되지 않은 기능의 버튼이거나 오래된 메시지입니다."))
row("audit_broken", 500, ("The audit is not as it was written.", "Keep a copy of the database as it is, and find out who could write to it. The first entry that is not right is named by: leverframe audit verify"),
    ("감사 기록이 기록된 그대로가 아닙니다.", "데이터베이스 사본을 그대로 보관하고, 누가 데이터베이스에 쓸 수 있었는지 확인하세요. 처음 어긋난 항목을 알려 주는 명령: leverframe audit verify"))
row("body_expired", 410, ("The event's body is past its retention, so its message cannot be made again.", "Keep bodies longer with bodies_days under [retention]; what was sent stays where it is."),
    ("이벤트 본문의 보관 기간이 지나 메시지를 다시 만들 수 없습니다.", "[retention]의 bodies_days로 본문을 더 오래 보관하세요. 이미 보낸 메시지는 그대로 있습니다."))
row("body_too_large", 413, ("The body is larger than this door takes.", "Send at most the size in detail; GitHub itself sends at most 25 MB."),
    ("본문이 이 입구가 받는 크기보다 큽니다.", "detail에 적힌 크기 이하로 보내세요. GitHub도 25MB까지만 보냅니다."))
row("cancel_repeated", 409, ("It is being cancelled already.", "Wait for the runner; the card shows when it has ended."),
    ("이미 취소하고 있습니다.", "러너를 기다리세요. 끝나면 카드에 나타납니다."))
row("chat_unknown", 404, ("The hub has no chat of this name any more.", "Add [chats.NAME] to leverframe.toml again and restart the hub, then retry the delivery."),
    ("허브에 그런 이름의 채팅이 더는 없습니다.", "leverframe.toml에 [chats.NAME]을 다시 넣고 허브를 다시 시작한 뒤 다시 보내세요."))
row("content_type_unsupported", 415, ("The content type is not one this source sends.", "Set the webhook's content type to application/json."),
    ("이 소스가 보내는 콘텐츠 형식이 아닙니다.", "웹훅의 Content type을 application/json으로 설정하세요."))
row("csrf_invalid", 403, ("The form does not carry this session's token.", "Load the page again and send the form from there."),
    ("양식에 이 세션의 토큰이 없습니다.", "페이지를 다시 연 뒤 그 양식에서 보내세요."))
row("database_newer", 500, ("The database was written by a newer Leverframe.", "Install that version again, or restore a backup."),
    ("더 새로운 Leverframe이 쓴 데이터베이스입니다.", "그 버전을 다시 설치하거나 백업을 복원하세요."))
row("delivery_id_missing", 400, ("The delivery id is missing.", "Send the header that carries it, the one in detail or GitHub's X-GitHub-Delivery; a proxy may have removed it."),
    ("전송 ID가 없습니다.", "전송 ID가 든 헤더(detail에 적힌 것, GitHub라면 X-GitHub-Delivery)를 보내세요. 프록시가 지웠을 수 있습니다."))
row("delivery_unknown", 404, ("There is no delivery of this id.", "leverframe deliveries list shows which there are; those of old events are removed by [retention]."),
    ("이 ID의 전송이 없습니다.", "leverframe deliveries list로 확인하세요. 오래된 이벤트의 전송은 [retention]에 따라 지워집니다."))
row("demo_folder_taken", 409, ("The folder holds the configuration of another hub.", "Give the demo a folder of its own: leverframe demo --dir .demo; it would write over the file in detail."),
    ("다른 허브의 설정 파일이 있는 폴더입니다.", "데모에는 따로 폴더를 주세요: leverframe demo --dir .demo. detail에 적힌 파일을 덮어쓰게 됩니다."))
row("demo_port_taken", 409, ("The demo cannot listen on its port.", "Stop what listens there, or choose another: make run PORT=8081, or leverframe demo --port 8081."),
    ("데모가 쓸 포트를 열 수 없습니다.", "그 포트를 쓰고 있는 프로그램을 멈추거나 다른 포트를 쓰세요: make run PORT=8081 또는 leverframe demo --port 8081."))
row("demo_running", 409, ("A demo is running in this folder.", "Stop it first, or give this one another folder with --dir."),
    ("이 폴더에서 데모가 이미 실행되고 있습니다.", "먼저 그 데모를 멈추거나 --dir로 다른 폴더를 지정하세요."))
row("door_unreachable", 502, ("The hub's own door did not answer.", "Look at the hub's log; hub.bind must be reachable from this machine."),
    ("허브의 입구가 응답하지 않았습니다.", "허브 로그를 확인하세요. 이 컴퓨터에서 hub.bind에 접속할 수 있어야 합니다."))
row("event_missing", 400, ("The event's name is missing.", "Send it where detail says, or in GitHub's header X-GitHub-Event; a proxy may have removed it."),
    ("이벤트 이름이 없습니다.", "detail에 적힌 곳에, GitHub라면 X-GitHub-Event 헤더에 넣어 보내세요. 프록시가 지웠을 수 있습니다."))
row("event_unknown", 404, ("There is no event of this id, or its body is not kept any more.", "leverframe events list shows which there are; old ones are removed by [retention]."),
    ("이 ID의 이벤트가 없거나 본문이 보존 기간이 지나 지워졌습니다.", "leverframe events list로 확인하세요. 오래된 이벤트는 [retention]에 따라 지워집니다."))
row("file_exists", 409, ("The file is there already, and was left as it is.", "Use --force to replace it, or --dry-run to see what would be written."),
    ("파일이 이미 있어 그대로 두었습니다.", "바꾸려면 --force, 내용만 보려면 --dry-run을 쓰세요."))
row("file_unusable", 400, ("The file cannot be used.", "Check the path, the permissions and that it holds what the command expects."),
    ("파일을 쓸 수 없습니다.", "경로와 권한, 그리고 명령이 기대하는 내용인지 확인하세요."))
row("grant_unknown", 400, ("There is no such grant.", f"Write one of {', '.join(VERBS)}; * stands for all."),
    ("그런 권한이 없습니다.", f"{', '.join(VERBS)} 가운데 쓰세요. *는 전부입니다."))
row("header_invalid", 400, ("A header holds bytes that it may not hold.", "Send headers in plain ASCII."),
    ("헤더에 허용되지 않는 바이트가 있습니다.", "헤더는 ASCII로 보내세요."))
row("hook_event_misspelt", 400, ("GitHub has no such event, but one that is called nearly so.",
    "Correct the event in the hook's address: detail says which it may be. For an event newer than this hub write events=*."),
    ("GitHub에 그런 이벤트는 없고 비슷한 이름의 이벤트가 있습니다.",
    "훅 주소의 이벤트를 고치세요. 어느 이벤트인지는 detail에 있습니다. 이 허브보다 새로운 이벤트라면 events=*로 쓰세요."))
row("hook_room_forbidden", 403, ("This hook token may not write to this room.", "Issue one that may: leverframe hook-tokens create NAME --room CHAT:ROOM"),
    ("이 훅 토큰은 이 방에 쓸 수 없습니다.", "쓸 수 있는 토큰을 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
row("hook_room_missing", 400, ("The address names no room.", "Add room=dev-team to the hook's address."),
    ("주소에 방이 없습니다.", "훅 주소에 room=dev-team을 추가하세요."))
row("hook_token_foreign", 401, ("This is not a token of the hub's; a Slack token in an address can be read by others.",
    "Revoke it in Slack, then issue one here: leverframe hook-tokens create NAME --room CHAT:ROOM"),
    ("허브가 발급한 토큰이 아닙니다. 주소에 든 Slack 토큰은 다른 사람이 읽을 수 있습니다.",
    "Slack에서 그 토큰을 폐기한 뒤 여기서 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
row("hook_token_unknown", 401, ("The hook token is unknown, revoked or expired.", "Issue one: leverframe hook-tokens create NAME --room CHAT:ROOM"),
    ("알 수 없거나 폐기되었거나 만료된 훅 토큰입니다.", "새로 발급하세요: leverframe hook-tokens create NAME --room CHAT:ROOM"))
row("hook_workspace_not_told", 503, ("Slack does not tell now which workspace has this subdomain.", "Set subdomain on [chats.NAME] in leverframe.toml, then Slack is not asked; else send it again after Retry-After seconds."),
    ("이 subdomain의 워크스페이스가 어느 것인지 지금 Slack이 알려 주지 않습니다.", "leverframe.toml의 [chats.NAME]에 subdomain을 설정하면 Slack에 묻지 않습니다. 아니면 Retry-After 초 뒤에 다시 보내세요."))
row("hook_workspace_unknown", 404, ("No Slack workspace of the hub has this subdomain.", "Correct it in the address (acme of acme.slack.com), or leave it out; subdomain on [chats.NAME] in leverframe.toml names another."),
    ("이 subdomain을 가진 Slack 워크스페이스가 허브에 없습니다.", "주소에서 고치거나(acme.slack.com의 acme) 빼세요. 다른 이름은 leverframe.toml의 [chats.NAME]에 subdomain으로 정합니다."))
row("hub_answer_unreadable", 502, ("Something answered that is not a Leverframe hub, or not one of this version.", "Check the address; leverframe doctor tells more."),
    ("Leverframe 허브가 아니거나 버전이 다른 서버가 응답했습니다.", "주소를 확인하세요. 자세한 것은 leverframe doctor가 알려 줍니다."))
row("hub_not_running", 503, ("The hub is not running here.", "Start it with leverframe serve, name its configuration with --config, or reach one elsewhere with --url and --token."),
    ("여기에서 허브가 실행되고 있지 않습니다.", "leverframe serve로 시작하거나, --config로 설정을 지정하거나, --url과 --token으로 다른 곳의 허브에 연결하세요."))
row("hub_socket_forbidden", 403, ("The hub's socket belongs to another user.", "Run the command as the user who runs the hub, or use --url and --token."),
    ("허브 소켓이 다른 사용자의 것입니다.", "허브를 실행하는 사용자로 명령을 실행하거나 --url과 --token을 쓰세요."))
row("hub_unreachable", 503, ("The hub cannot be reached.", "Check the address, the network and the hub's log."),
    ("허브에 연결할 수 없습니다.", "주소와 네트워크, 허브 로그를 확인하세요."))
row("idempotency_key_used", 409, ("Something else was asked for under this idempotency_key.", "Give every command a key of its own; only the same one, sent again, keeps it."),
    ("이 idempotency_key로 이미 다른 명령을 요청했습니다.", "명령마다 다른 키를 쓰세요. 같은 명령을 다시 보낼 때만 같은 키를 씁니다."))
row("internal", 500, ("The hub made a mistake.", "Look for the id in detail in the hub's log, and report it."),
    ("허브 내부 오류입니다.", "detail의 ID를 허브 로그에서 찾아 알려 주세요."))
row("invitation_unknown", 404, ("Nobody of this name has an invitation that is open.", "leverframe people list shows open invitations; who has come in is locked out with leverframe people disable."),
    ("이 이름으로 열려 있는 초대가 없습니다.", "leverframe people list로 사용 전 초대를 확인하세요. 이미 들어온 사람은 leverframe people disable로 막습니다."))
row("json_invalid", 400, ("The body is not a JSON object.", "Send the payload as the vendor makes it, as a JSON object; GitHub's may also be the form field payload."),
    ("본문이 JSON 객체가 아닙니다.", "보내는 서비스가 만드는 그대로 JSON 객체로 보내세요. GitHub는 payload 폼 필드도 됩니다."))
row("key_file_unusable", 500, ("The key beside the database cannot be used.", "Put the file named in detail back from the backup, readable for the hub's user, or set hub.master_keys."),
    ("데이터베이스 옆의 키 파일을 쓸 수 없습니다.", "detail에 적힌 파일을 허브의 사용자가 읽을 수 있게 백업에서 되돌리거나 hub.master_keys를 설정하세요."))
row("link_invalid", 410, ("This link was used, is over, or was never given.", "Ask an administrator for a new one: leverframe people invite NAME --role ROLE."),
    ("이미 쓴 링크이거나 기한이 지났거나 발급된 적이 없습니다.", "관리자에게 새 링크를 요청하세요: leverframe people invite NAME --role ROLE."))
row("method_not_allowed", 405, ("This door does not take this method.", "Use the method named in the Allow header."),
    ("이 입구는 이 메서드를 받지 않습니다.", "Allow 헤더에 적힌 메서드를 쓰세요."))
row("mute_unknown", 404, ("Nothing of this name is muted.", "leverframe routes list shows what is muted, and until when."),
    ("이 이름으로 음소거된 것이 없습니다.", "leverframe routes list가 무엇이 언제까지 음소거되었는지 보여 줍니다."))
row("name_taken", 409, ("This name is taken.", "Choose another name; a revoked one is not used again."),
    ("이미 쓰인 이름입니다.", "다른 이름을 고르세요. 폐기한 이름은 다시 쓰지 않습니다."))
row("not_allowed", 403, ("You may not do this.", "Ask one of the roles named in detail, or an administrator to widen yours."),
    ("이 작업을 할 권한이 없습니다.", "detail에 적힌 역할에 부탁하거나 관리자에게 권한을 요청하세요."))
row("not_found", 404, ("There is nothing here.", "Check the address."),
    ("여기에는 아무것도 없습니다.", "주소를 확인하세요."))
row("oidc_keys_unavailable", 503, ("The keys of the token's issuer cannot be had.", "Check issuer in [oidc] and the hub's way to it; it is looked again in half a minute."),
    ("토큰 발급자의 키를 가져올 수 없습니다.", "[oidc]의 issuer와 허브에서 그곳으로 가는 네트워크를 확인하세요. 30초 뒤 다시 시도합니다."))
row("oidc_not_allowed", 403, ("The token is genuine, and the configuration allows this workflow nothing.", "Add it to [[oidc.NAME.allow]]; detail says which repository, environment and ref it has."),
    ("진짜 토큰이지만 설정이 이 워크플로에 허용한 것이 없습니다.", "[[oidc.NAME.allow]]에 추가하세요. 저장소와 환경, ref는 detail에 있습니다."))
row("oidc_token_invalid", 401, ("The token is not accepted.", "Have the job ask GitHub for a new one, with the hub's address as its audience; detail says what is wrong with this one."),
    ("토큰을 받아들이지 않습니다.", "허브 주소를 audience로 해서 GitHub에서 새로 받으세요. 무엇이 잘못되었는지는 detail에 있습니다."))
row("origin_mismatch", 403, ("The request comes from a page of another site.", "Open the hub's own page; if a proxy changes Host, set hub.url to the public address."),
    ("다른 사이트의 페이지에서 온 요청입니다.", "허브의 페이지에서 보내세요. 프록시가 Host를 바꾼다면 hub.url을 공개 주소로 설정하세요."))
row("origin_not_allowed", 403, ("This sender may not ask to send here.", "Add the origin in detail to origins of the source in leverframe.toml."),
    ("이 발신자는 여기로 보내겠다고 요청할 수 없습니다.", "detail에 적힌 출처를 leverframe.toml에서 그 소스의 origins에 추가하세요."))
row("overloaded", 503, ("The hub cannot take more just now.", "Send it again after Retry-After seconds."),
    ("지금은 더 받을 수 없습니다.", "Retry-After 초 뒤에 다시 보내세요."))
row("parameter_invalid", 400, ("This is not a parameter.", "Write key=value; the key has letters, digits, _, . and - only."),
    ("매개변수가 아닙니다.", "key=value로 쓰세요. key에는 글자, 숫자, _, ., -만 쓸 수 있습니다."))
row("person_invalid", 400, ("This names nobody.", "Mention the person, or write their name without blanks."),
    ("사람을 가리키는 값이 아닙니다.", "사람을 멘션하거나, 이름을 빈칸 없이 쓰세요."))
row("person_unknown", 404, ("Nobody of this name can sign in.", "leverframe people list shows who can; somebody disabled is not disabled again."),
    ("이 이름으로 로그인할 수 있는 사람이 없습니다.", "leverframe people list로 확인하세요. 이미 차단한 사람은 다시 차단할 수 없습니다."))
row("playground_message_not_found", 404, ("There is no such message in the playground.", "It may have been removed; a card is posted anew by itself."),
    ("플레이그라운드에 그런 메시지가 없습니다.", "지워졌을 수 있습니다. 카드는 자동으로 다시 게시됩니다."))
row("playground_person_away", 503, ("They have no page of the playground open.", "Nothing is left to do: it is shown when they come back, within a day and a half."),
    ("그 사람이 플레이그라운드를 열어 두지 않았습니다.", "따로 할 일은 없습니다. 하루 반 안에 다시 들어오면 보여 줍니다."))
row("playground_room_invalid", 400, ("This cannot be a channel of the playground.", "Write # and up to 80 letters, digits, - or _: playground:#dev-team."),
    ("플레이그라운드 채널 이름이 아닙니다.", "# 뒤에 글자, 숫자, -, _를 80자까지 쓰세요. 예: playground:#dev-team."))
row("plugin_failed", 500, ("The plugin named in detail made a mistake.", "Tell who looks after the plugin; the hub's log has the rest."),
    ("detail에 적힌 플러그인에서 오류가 났습니다.", "플러그인 담당자에게 알리세요. 자세한 내용은 허브의 로그에 있습니다."))
row("plugin_gone", 410, ("The plugin that this was for is not there any more.", "Put the plugin back, or leave it: nothing else waits for it."),
    ("이 일을 맡았던 플러그인이 더는 없습니다.", "플러그인을 다시 넣거나 그대로 두세요. 이를 기다리는 것은 없습니다."))
row("plugin_refused", 409, ("The plugin refuses: see detail.", "Do what the plugin says."),
    ("플러그인이 거절했습니다. detail을 보세요.", "플러그인이 알려 준 대로 하세요."))
row("plugin_timeout", 504, ("The plugin named in detail took too long and was stopped.", "See whether it did what was asked before trying again; timeout of [plugins.NAME] says how long it may take."),
    ("detail에 적힌 플러그인이 너무 오래 걸려 중단했습니다.", "요청한 일이 되었는지 확인한 뒤 다시 시도하세요. 제한 시간은 [plugins.NAME]의 timeout으로 정합니다."))
row("plugin_unfinished", 409, ("The hub was stopped while a plugin was at this, and does not do it twice.", "See whether it was done, then say it again if it was not."),
    ("플러그인이 처리하던 중에 허브가 멈췄습니다. 같은 일을 두 번 하지는 않습니다.", "일이 되었는지 확인하고, 되지 않았으면 다시 요청하세요."))
row("rate_limited", 429, ("Too many failed attempts from this address.", "Wait for Retry-After seconds, then check the secret."),
    ("이 주소에서 실패한 요청이 너무 많습니다.", "Retry-After 초 뒤에 비밀값을 확인하고 다시 시도하세요."))
row("ref_invalid", 400, ("This cannot be a branch, a tag or a commit.", "Write one as git shows it: main, v1.2.0, release/7."),
    ("브랜치, 태그, 커밋 이름이 될 수 없습니다.", "main, v1.2.0, release/7처럼 git에 표시되는 대로 쓰세요."))
row("request_invalid", 400, ("Something in the request cannot be used.", "Correct the field that is named in parentheses (detail), then send it again."),
    ("요청에 쓸 수 없는 값이 있습니다.", "괄호 안(detail)에 적힌 항목을 고쳐 다시 보내세요."))
row("room_unknown", 400, ("The hub has no such room.", "Write CHAT:ROOM with a chat of [chats], such as slack:#dev-team; in the room * stands for any letters."),
    ("허브에 그런 방이 없습니다.", "[chats]에 있는 채팅으로 채팅:방을 쓰세요. 예: slack:#dev-team. 방에는 *를 쓸 수 있습니다."))
row("route_unknown", 404, ("There is no route of this name.", "leverframe routes list shows which there are; a route of leverframe.toml is there after a restart."),
    ("이 이름의 라우트가 없습니다.", "leverframe routes list로 확인하세요. leverframe.toml에 더한 라우트는 다시 시작해야 생깁니다."))
row("routing_failed", 500, ("The event could not be routed, and is not tried again.", "Look for its id in the hub's log, and report it; its body is kept as [retention] says."),
    ("이벤트를 라우트에 넘기지 못했고 더는 시도하지 않습니다.", "허브 로그에서 이벤트 ID를 찾아 알려 주세요. 본문은 [retention]에 따라 보관됩니다."))
row("sign_in_required", 401, ("This needs a sign-in.", "Open your one-time link (leverframe people invite NAME --role ROLE makes one), or send Authorization: Bearer with an API token."),
    ("로그인이 필요합니다.", "일회용 링크를 여세요(leverframe people invite NAME --role ROLE로 만듭니다). 프로그램은 API 토큰을 Authorization: Bearer로 보내세요."))
row("signature_invalid", 401, ("The signature does not match the body.", "Use the same secret in the webhook's settings and in the source's secrets."),
    ("서명이 본문과 맞지 않습니다.", "웹훅 설정과 소스의 secrets에 같은 비밀값을 쓰세요."))
row("signature_missing", 401, ("The request is not signed.", "Set a secret on the webhook, and the same one in the source's secrets."),
    ("요청에 서명이 없습니다.", "웹훅에 비밀값을 설정하고 소스의 secrets에도 같은 값을 넣으세요."))
row("source_unknown", 404, ("There is no source of this name.", "Add [sources.NAME] to leverframe.toml, or correct the address."),
    ("이 이름의 소스가 없습니다.", "leverframe.toml에 [sources.NAME]을 추가하거나 주소를 고치세요."))
row("storage_unavailable", 503, ("The hub cannot write to its database just now; nothing was taken.", "Send it again after Retry-After seconds; leverframe doctor tells why."),
    ("지금 데이터베이스에 쓸 수 없어 아무것도 받지 않았습니다.", "Retry-After 초 뒤에 다시 보내세요. 원인은 leverframe doctor가 알려 줍니다."))
row("template_failed", 422, ("The route's template failed on this event.", "Correct the template at the line in detail (docs/how-to/templates.md lists the variables); then retry the delivery."),
    ("라우트의 템플릿이 이 이벤트에서 실패했습니다.", "detail에 적힌 줄의 템플릿을 고친 뒤 다시 보내세요. 변수는 docs/how-to/templates.ko.md에 있습니다."))
row("template_invalid", 422, ("The route's template cannot be read.", "Correct the line in detail."),
    ("라우트의 템플릿을 읽을 수 없습니다.", "detail에 적힌 줄을 고치세요."))
row("timestamp_stale", 401, ("The request's signed time is more than five minutes off the hub's clock.", "Set the clocks of both machines (NTP); a request that was recorded is not taken again."),
    ("서명된 요청 시각이 허브 시계와 5분 넘게 차이 납니다.", "두 컴퓨터의 시계를 맞추세요(NTP). 저장해 둔 요청은 다시 받지 않습니다."))
row("token_invalid", 401, ("The API token is unknown, revoked or expired.", "Issue another on the console's page of tokens, or with leverframe tokens create."),
    ("API 토큰이 없거나 폐기되었거나 만료되었습니다.", "콘솔의 토큰 페이지나 leverframe tokens create로 새로 발급하세요."))
row("token_unknown", 404, ("There is no live token of this name.", "leverframe tokens list and leverframe hook-tokens list show which there are; a revoked one is not revoked again."),
    ("이 이름으로 쓰고 있는 토큰이 없습니다.", "leverframe tokens list와 leverframe hook-tokens list로 확인하세요. 이미 폐기한 토큰은 다시 폐기할 수 없습니다."))
row("too_often", 429, ("Too many requests.", "Wait for Retry-After seconds."),
    ("요청이 너무 많습니다.", "Retry-After 초만큼 기다리세요."))
row("wording_failed", 500, ("The hub could not put the event into words.", "Report it with the event and the words in detail, then retry the delivery once it is mended."),
    ("이벤트를 문장으로 옮기지 못했습니다.", "이벤트와 detail의 내용을 함께 알려 주세요. 고친 다음 다시 보내면 됩니다."))
