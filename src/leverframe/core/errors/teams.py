"""What Microsoft Teams refuses, and what the hub refuses of Teams. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("teams_answer_invalid", 502, ("What answered is not Teams.", "Check the addresses on [chats.NAME] and the proxy on the way; it is tried again."),
    ("Teams가 아닌 곳에서 응답했습니다.", "[chats.NAME]의 주소와 중간 프록시를 확인하세요. 다시 시도합니다."))
row("teams_answer_lost", 502, ("Teams' answer was lost on the way.", "It is tried again; the message may appear twice."),
    ("Teams의 응답을 받지 못했습니다.", "다시 시도합니다. 메시지가 두 번 보일 수 있습니다."))
row("teams_blocked", 502, ("The conversation was closed to the bot: somebody blocked it, or moderation does not let it post.", "Unblock the bot in Teams, or let it post in the channel's moderation settings."),
    ("이 대화에서 봇이 차단되었거나 채널 관리 설정이 봇의 게시를 막습니다.", "Teams에서 봇 차단을 풀거나 채널 관리 설정에서 봇의 게시를 허용하세요."))
row("teams_bot_disabled", 502, ("An administrator of the tenant has switched the bot off.", "Allow the app in the Teams admin center (Teams apps → Manage apps); messages wait until then."),
    ("테넌트 관리자가 이 봇을 껐습니다.", "Teams 관리 센터(Teams 앱 → 앱 관리)에서 앱을 허용하세요. 메시지는 그때까지 기다립니다."))
row("teams_cannot_update", 502, ("The message of a Workflow cannot be changed.", "It is said anew; post to the room by the bot, not by a Workflow, if cards are to be updated."),
    ("Workflow로 보낸 메시지는 고칠 수 없습니다.", "새 메시지로 보냅니다. 카드를 갱신하려면 Workflow 대신 봇으로 보내세요."))
row("teams_invalid_auth", 502, ("Microsoft does not accept the bot's id and secret.", "Compare app_id, app_password and tenant_ids on [chats.NAME] with the app registration; a client secret ends by itself. Messages wait until then."),
    ("Microsoft가 봇의 ID와 비밀값을 받아들이지 않습니다.", "[chats.NAME]의 app_id, app_password, tenant_ids를 앱 등록과 비교하세요. 클라이언트 비밀은 기한이 있습니다. 메시지는 그때까지 기다립니다."))
row("teams_keys_unavailable", 503, ("The keys that Teams signs with cannot be fetched now.", "Check that the hub may open https:// to the address in openid_url; Teams or the person tries again."),
    ("Teams의 서명 키를 지금 가져올 수 없습니다.", "허브에서 openid_url의 주소로 https 연결이 되는지 확인하고 다시 시도하세요."))
row("teams_message_not_found", 502, ("The message to change is not there any more.", "It is said anew."),
    ("고칠 메시지가 더는 없습니다.", "새 메시지로 보냅니다."))
row("teams_not_in_room", 502, ("The bot is not a member of the conversation.", "Add the app to the team, the chat or for yourself: Apps → the app → Add."),
    ("봇이 이 대화의 구성원이 아닙니다.", "팀이나 채팅에 앱을 추가하거나 자신에게 설치하세요: 앱 → 해당 앱 → 추가."))
row("teams_not_private", 502, ("The answer is for you alone, and there is no way to you.", "Add the app for yourself: Apps → the app → Add; then ask again."),
    ("본인에게만 보일 답인데 전할 방법이 없습니다.", "자신에게 앱을 추가한 뒤 다시 물어보세요: 앱 → 해당 앱 → 추가."))
row("teams_outgoing_unknown", 404, ("There is no outgoing webhook of this name.", "Write its security token into [chats.NAME.outgoing] under the name in the address."),
    ("이 이름의 나가는 웹훅이 없습니다.", "주소에 쓴 이름으로 보안 토큰을 [chats.NAME.outgoing]에 넣으세요."))
row("teams_refused", 502, ("Teams refuses this message.", "The detail has Microsoft's words."),
    ("Teams가 이 메시지를 거절했습니다.", "자세한 이유는 detail에 있습니다."))
row("teams_room_ambiguous", 502, ("Several teams have a channel of this name.", 'Write the team too ("#Team/channel"), or give its id a name in [chats.NAME.rooms].'),
    ("같은 이름의 채널이 여러 팀에 있습니다.", '팀까지 쓰거나("#팀/채널") [chats.NAME.rooms]에서 ID에 이름을 붙이세요.'))
row("teams_room_not_found", 502, ("Teams does not know this conversation, or the bot may not see it.", "Correct the id; add the app to the team."),
    ("Teams에 이 대화가 없거나 봇이 볼 수 없습니다.", "ID를 고치고 팀에 앱을 추가하세요."))
row("teams_room_unknown", 502, ("The hub does not know where this room is.", "Add the app to the team and mention it there once, or give the channel's id a name in [chats.NAME.rooms]; a room without the bot needs a Workflow in [chats.NAME.webhooks]."),
    ("이 방이 어디 있는지 허브가 모릅니다.", "팀에 앱을 추가하고 그곳에서 한 번 멘션하거나 [chats.NAME.rooms]에서 채널 ID에 이름을 붙이세요. 봇이 없는 방에는 [chats.NAME.webhooks]의 Workflow가 필요합니다."))
row("teams_service_unknown", 403, ("The request names an address that is not Microsoft's for the answers.", "Nothing is posted there. In another cloud, add the address to service_urls on [chats.NAME]."),
    ("요청이 알려 준 응답 주소가 Microsoft의 주소가 아닙니다.", "그 주소로는 아무것도 보내지 않습니다. 다른 클라우드라면 [chats.NAME]의 service_urls에 추가하세요."))
row("teams_signature_invalid", 401, ("The signature of the outgoing webhook does not match the body.", "Copy the security token that Teams showed when the webhook was made into [chats.NAME.outgoing]; a proxy must pass the body unchanged."),
    ("나가는 웹훅의 서명이 본문과 맞지 않습니다.", "웹훅을 만들 때 Teams가 보여 준 보안 토큰을 [chats.NAME.outgoing]에 넣으세요. 프록시는 본문을 바꾸면 안 됩니다."))
row("teams_signature_missing", 401, ("The request does not carry the signature of an outgoing webhook.", "Only Teams sends here; a proxy must pass the header Authorization."),
    ("요청에 나가는 웹훅의 서명이 없습니다.", "여기로는 Teams만 보냅니다. 프록시는 Authorization 헤더를 전달해야 합니다."))
row("teams_stale", 401, ("The request is more than five minutes off the hub's clock.", "Set the clock of the hub's machine (NTP); a request that was recorded is not taken again."),
    ("요청 시각이 허브의 시계와 5분 넘게 다릅니다.", "허브 서버의 시계를 맞추세요(NTP). 녹화된 요청은 다시 받지 않습니다."))
row("teams_tenant_unknown", 403, ("The request is of another tenant.", "Add its directory id to tenant_ids on [chats.NAME], if its people are to be heard."),
    ("다른 테넌트에서 온 요청입니다.", "그곳 사람들의 말을 들으려면 [chats.NAME]의 tenant_ids에 디렉터리 ID를 추가하세요."))
row("teams_throttled", 502, ("Teams asks to send more slowly.", "It is tried again when Teams says; posts_per_second makes it slower."),
    ("Teams가 더 천천히 보내라고 합니다.", "Teams가 정한 시간 뒤 다시 시도합니다. posts_per_second로 더 늦출 수 있습니다."))
row("teams_token_expired", 401, ("The token of the request is over, or does not hold yet.", "Set the clock of the hub's machine (NTP); a request that was recorded is not taken again."),
    ("요청의 토큰이 만료되었거나 아직 유효하지 않습니다.", "허브 서버의 시계를 맞추세요(NTP). 녹화된 요청은 다시 받지 않습니다."))
row("teams_token_invalid", 401, ("The request is not proven to be Teams'.", "Only Teams sends here. Compare app_id on [chats.NAME] with the bot's; in another cloud set openid_url and issuer."),
    ("Teams에서 온 요청인지 확인되지 않습니다.", "여기로는 Teams만 보냅니다. [chats.NAME]의 app_id를 봇의 것과 비교하고, 다른 클라우드라면 openid_url과 issuer를 설정하세요."))
row("teams_token_missing", 401, ("The request carries no token of Teams'.", "Only Teams sends here; a proxy must pass the header Authorization."),
    ("요청에 Teams의 토큰이 없습니다.", "여기로는 Teams만 보냅니다. 프록시는 Authorization 헤더를 전달해야 합니다."))
row("teams_too_big", 502, ("The message is longer than Teams takes.", "Say less in the route's template."),
    ("Teams가 받을 수 있는 것보다 긴 메시지입니다.", "라우트의 템플릿을 줄이세요."))
row("teams_unavailable", 502, ("Teams has troubles of its own.", "It is tried again; see https://status.cloud.microsoft."),
    ("Teams에 장애가 있습니다.", "다시 시도합니다. https://status.cloud.microsoft 를 보세요."))
row("teams_unreachable", 502, ("Teams cannot be reached.", "Check the hub's network, DNS and certificates; it is tried again."),
    ("Teams에 연결할 수 없습니다.", "허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
row("teams_webhook_forbidden", 502, ("The Workflow does not let the hub post.", "In the Workflow's trigger let anyone start it, and copy its address anew into [chats.NAME.webhooks]."),
    ("Workflow가 허브의 게시를 허용하지 않습니다.", "Workflow의 트리거에서 누구나 시작할 수 있게 하고 주소를 [chats.NAME.webhooks]에 다시 넣으세요."))
row("teams_webhook_gone", 502, ("The Workflow was removed or switched off, or its address has changed.", "Make it anew, or let another owner switch it on; set its address in [chats.NAME.webhooks]."),
    ("Workflow가 삭제되었거나 꺼졌거나 주소가 바뀌었습니다.", "새로 만들거나 다른 소유자가 켜고, 그 주소를 [chats.NAME.webhooks]에 넣으세요."))
