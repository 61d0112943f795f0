"""What Slack refuses, and what the hub refuses of Slack. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("slack_account_inactive", 502, ("The bot's account or its workspace was switched off.", "Install the Slack app again and set the new bot_token."),
    ("봇 계정이나 워크스페이스가 비활성화되었습니다.", "Slack 앱을 다시 설치하고 새 bot_token을 설정하세요."))
row("slack_action_prohibited", 502, ("The workspace does not let this webhook post there.", "Ask an administrator of the workspace to allow it, or use another room."),
    ("워크스페이스 설정이 이 웹훅의 게시를 막습니다.", "워크스페이스 관리자에게 허용을 요청하거나 다른 방을 쓰세요."))
row("slack_answer_invalid", 502, ("What answered is not Slack.", "Check api_url and the proxy on the way; it is tried again."),
    ("Slack이 아닌 곳에서 응답했습니다.", "api_url과 중간 프록시를 확인하세요. 다시 시도합니다."))
row("slack_answer_lost", 502, ("Slack's answer was lost on the way.", "It is tried again; the message may appear twice."),
    ("Slack의 응답을 받지 못했습니다.", "다시 시도합니다. 메시지가 두 번 보일 수 있습니다."))
row("slack_app_unknown", 403, ("The request is of another Slack app.", "Set app_id on [chats.NAME] to this app's, or leave it out."),
    ("다른 Slack 앱에서 온 요청입니다.", "[chats.NAME]의 app_id를 이 앱의 것으로 바꾸거나 빼세요."))
row("slack_cant_update_message", 502, ("This message cannot be changed by this bot.", "It is said anew; post to the room by the bot, not by a webhook, if cards are to be updated."),
    ("이 봇이 고칠 수 없는 메시지입니다.", "새 메시지로 보냅니다. 카드를 갱신하려면 웹훅 대신 봇으로 보내세요."))
row("slack_channel_is_archived", 502, ("The webhook's channel is archived.", "Unarchive the channel, or make a webhook for another one."),
    ("웹훅의 채널이 보관 처리되었습니다.", "채널 보관을 풀거나 다른 채널의 웹훅을 만드세요."))
row("slack_channel_not_found", 502, ("Slack does not know this channel, or the bot may not see it.", "Correct the name in the route; invite the bot to a private channel: /invite @BOT."),
    ("Slack에 이 채널이 없거나 봇이 볼 수 없습니다.", "라우트의 이름을 고치세요. 비공개 채널이라면 /invite @봇 으로 초대하세요."))
row("slack_config_token_expired", 502, ("The app configuration token is over; Slack lets it live for 12 hours.", "Make a new one at api.slack.com/apps → Your App Configuration Tokens → Generate Token, and set config_token; the hub itself does not need it."),
    ("앱 구성 토큰의 기한이 지났습니다. Slack은 12시간만 쓰게 합니다.", "api.slack.com/apps → Your App Configuration Tokens → Generate Token에서 새로 만들어 config_token에 넣으세요. 허브를 돌리는 데는 필요 없습니다."))
row("slack_config_token_invalid", 502, ("Slack does not accept the app configuration token.", "Copy the Access Token (xoxe.xoxp-…, not the Refresh Token) from api.slack.com/apps → Your App Configuration Tokens into config_token."),
    ("Slack이 앱 구성 토큰을 받아들이지 않습니다.", "api.slack.com/apps → Your App Configuration Tokens의 Access Token(xoxe.xoxp-…)을 config_token에 넣으세요. Refresh Token이 아닙니다."))
row("slack_edit_window_closed", 502, ("The workspace does not let this message be changed any more.", "It is said anew."),
    ("워크스페이스 설정상 더는 고칠 수 없는 메시지입니다.", "새 메시지로 보냅니다."))
row("slack_form_late", 502, ("The form could not be opened in time.", "Try again; Slack lets a form be opened for three seconds only."),
    ("양식을 제때 열지 못했습니다.", "다시 시도하세요. Slack은 양식을 3초 안에만 열 수 있게 합니다."))
row("slack_group_unknown", 502, ("The workspace has no such user group.", "Correct the handle or id in [roles]: Slack shows both under People → User groups; until then nobody is a member by it."),
    ("워크스페이스에 그런 사용자 그룹이 없습니다.", "[roles]의 핸들이나 ID를 고치세요. Slack의 사람 → 사용자 그룹에서 볼 수 있습니다. 그때까지 이 그룹으로는 아무도 구성원이 아닙니다."))
row("slack_install_failed", 502, ("The Slack app was not installed.", "Open /slack/install again; client_id, client_secret and the redirect address must be those of the app's page."),
    ("Slack 앱이 설치되지 않았습니다.", "/slack/install을 다시 여세요. client_id, client_secret, 리디렉션 주소가 앱 페이지와 같아야 합니다."))
row("slack_install_state_invalid", 400, ("This installation was not begun in this browser, took too long, or is finished already.", "Open /slack/install again in this browser."),
    ("이 브라우저에서 시작하지 않았거나, 너무 오래 걸렸거나, 이미 끝난 설치입니다.", "이 브라우저에서 /slack/install을 다시 여세요."))
row("slack_invalid_auth", 502, ("Slack does not accept the bot's token.", "Copy the Bot User OAuth Token (xoxb-…) from the app's page into bot_token; messages wait until then."),
    ("Slack이 봇 토큰을 받아들이지 않습니다.", "앱 페이지의 Bot User OAuth Token(xoxb-…)을 bot_token에 넣으세요. 메시지는 그때까지 기다립니다."))
row("slack_invalid_blocks", 502, ("Slack does not accept how this message is built.", "Report it with the event; a template of your own can be made simpler."),
    ("Slack이 이 메시지의 구성을 받아들이지 않습니다.", "이벤트와 함께 알려 주세요. 직접 쓴 템플릿이라면 단순하게 줄여 보세요."))
row("slack_is_archived", 502, ("The channel is archived.", "Unarchive the channel, or send the route to another one."),
    ("보관 처리된 채널입니다.", "채널 보관을 풀거나 라우트를 다른 채널로 바꾸세요."))
row("slack_manifest_app_not_eligible", 502, ("Slack does not hand out the manifest of this app.", "It does so for some kinds of apps only: compare by eye with leverframe slack manifest, and leave config_token out."),
    ("Slack이 이 앱의 매니페스트를 내주지 않습니다.", "Slack은 일부 종류의 앱만 내줍니다. leverframe slack manifest와 직접 비교하고 config_token은 빼세요."))
row("slack_manifest_app_not_found", 502, ("The Slack app whose manifest is asked for is not known.", "Set app_id on [chats.NAME] to the App ID of Basic Information; make config_token in the app's workspace, as one of the app's collaborators."),
    ("매니페스트를 물어볼 Slack 앱을 찾지 못했습니다.", "[chats.NAME]의 app_id에 Basic Information의 App ID를 넣으세요. config_token은 앱이 있는 워크스페이스에서 앱의 공동 작업자(Collaborator)가 만들어야 합니다."))
row("slack_manifest_differs", 502, ("The app at Slack is not as its manifest says.", "Print it with leverframe slack manifest, paste it at api.slack.com/apps → the app → App Manifest, and save; where scopes changed, install the app again."),
    ("Slack의 앱이 매니페스트와 다릅니다.", "leverframe slack manifest로 출력해 api.slack.com/apps → 앱 → App Manifest에 붙여 넣고 저장하세요. 권한이 바뀌었다면 앱을 다시 설치하세요."))
row("slack_manifest_refused", 502, ("Slack does not tell the app's manifest.", "Look up the error named here at docs.slack.dev/reference/methods/apps.manifest.export; the hub itself does not need it."),
    ("Slack이 앱의 매니페스트를 알려 주지 않습니다.", "여기 적힌 오류를 docs.slack.dev/reference/methods/apps.manifest.export 에서 찾아보세요. 허브를 돌리는 데는 필요 없습니다."))
row("slack_message_not_found", 502, ("The message to change is not there any more.", "It is said anew."),
    ("고칠 메시지가 더는 없습니다.", "새 메시지로 보냅니다."))
row("slack_missing_scope", 502, ("The bot's token lacks a scope.", "Add the scope that is named here under OAuth & Permissions, then install the app again; messages wait until then."),
    ("봇 토큰에 권한 범위(scope)가 부족합니다.", "OAuth & Permissions에서 여기 적힌 scope를 추가하고 앱을 다시 설치하세요. 메시지는 그때까지 기다립니다."))
row("slack_msg_blocks_too_long", 502, ("The message is longer than Slack takes.", "Say less in the route's template."),
    ("Slack이 받을 수 있는 것보다 긴 메시지입니다.", "라우트의 템플릿을 줄이세요."))
row("slack_msg_too_long", 502, ("The message is longer than Slack takes.", "Say less in the route's template."),
    ("Slack이 받을 수 있는 것보다 긴 메시지입니다.", "라우트의 템플릿을 줄이세요."))
row("slack_no_service", 502, ("The incoming webhook was removed or switched off.", "Make a new one on the Slack app's page and set it in [chats.NAME.webhooks]."),
    ("수신 웹훅이 삭제되었거나 꺼져 있습니다.", "Slack 앱 페이지에서 새로 만들어 [chats.NAME.webhooks]에 넣으세요."))
row("slack_not_authed", 502, ("There is no token for Slack.", "Set bot_token on the chat, or a webhook for the room."),
    ("Slack 토큰이 없습니다.", "채팅에 bot_token을, 또는 그 방의 웹훅을 설정하세요."))
row("slack_not_in_channel", 502, ("The bot is not a member of the channel.", "In the channel: /invite @BOT; or give the app the scope chat:write.public."),
    ("봇이 채널의 구성원이 아닙니다.", "채널에서 /invite @봇 을 입력하거나 앱에 chat:write.public 권한을 주세요."))
row("slack_ratelimited", 502, ("Slack asks to send more slowly.", "It is tried again when Slack says; posts_per_second makes it slower."),
    ("Slack이 더 천천히 보내라고 합니다.", "Slack이 정한 시간 뒤 다시 시도합니다. posts_per_second로 더 늦출 수 있습니다."))
row("slack_refused", 502, ("Slack refuses this message.", "Look up the error named here at docs.slack.dev/reference/methods/chat.postMessage."),
    ("Slack이 이 메시지를 거절했습니다.", "여기 적힌 오류를 docs.slack.dev/reference/methods/chat.postMessage 에서 찾아보세요."))
row("slack_request_stale", 401, ("The request is more than five minutes off the hub's clock.", "Set the clock of the hub's machine (NTP); a request that was recorded is not taken again."),
    ("요청 시각이 허브의 시계와 5분 넘게 다릅니다.", "허브 서버의 시계를 맞추세요(NTP). 녹화된 요청은 다시 받지 않습니다."))
row("slack_restricted_action", 502, ("A setting of the workspace does not let the bot post there.", "Ask an administrator of the workspace to allow it, or use another channel."),
    ("워크스페이스 설정이 봇의 게시를 막습니다.", "워크스페이스 관리자에게 허용을 요청하거나 다른 채널을 쓰세요."))
row("slack_signature_invalid", 401, ("Slack's signature does not match the body.", "Copy the Signing Secret of the app's page (Basic Information) into signing_secrets; a proxy must pass the body unchanged."),
    ("Slack 서명이 본문과 맞지 않습니다.", "앱 페이지(Basic Information)의 Signing Secret을 signing_secrets에 넣으세요. 프록시는 본문을 바꾸면 안 됩니다."))
row("slack_signature_missing", 401, ("The request does not carry Slack's signature.", "Only Slack sends here; a proxy must pass X-Slack-Signature and X-Slack-Request-Timestamp."),
    ("요청에 Slack 서명이 없습니다.", "여기로는 Slack만 보냅니다. 프록시는 X-Slack-Signature와 X-Slack-Request-Timestamp를 전달해야 합니다."))
row("slack_signing_secret_missing", 401, ("The hub cannot tell whether this is Slack: it has no signing secret.", "Set signing_secrets on [chats.NAME] to the Signing Secret of the app's page."),
    ("허브에 서명 비밀값이 없어 Slack인지 확인할 수 없습니다.", "앱 페이지의 Signing Secret을 [chats.NAME]의 signing_secrets에 넣으세요."))
row("slack_socket_closed", 502, ("The hub's connection to Slack (Socket Mode) is not open, so it hears nothing.", "The hub's log says why; check app_token, its scope connections:write, Socket Mode on the app's page, and that the hub may open wss:// to the outside."),
    ("허브와 Slack의 연결(Socket Mode)이 열려 있지 않아 아무것도 듣지 못합니다.", "이유는 허브의 로그에 있습니다. app_token과 connections:write 권한, 앱 페이지의 Socket Mode, 외부로 나가는 wss:// 연결을 확인하세요."))
row("slack_team_unknown", 403, ("The request is of another Slack workspace.", "Set team_id on [chats.NAME] to this workspace's, or leave it out."),
    ("다른 Slack 워크스페이스에서 온 요청입니다.", "[chats.NAME]의 team_id를 이 워크스페이스의 것으로 바꾸거나 빼세요."))
row("slack_token_expired", 502, ("The bot's token is over.", "Install the app again and set the new bot_token; messages wait until then."),
    ("봇 토큰의 기한이 지났습니다.", "앱을 다시 설치하고 새 bot_token을 설정하세요. 메시지는 그때까지 기다립니다."))
row("slack_token_revoked", 502, ("The bot's token was revoked.", "Install the app again and set the new bot_token; messages wait until then."),
    ("봇 토큰이 폐기되었습니다.", "앱을 다시 설치하고 새 bot_token을 설정하세요. 메시지는 그때까지 기다립니다."))
row("slack_unavailable", 502, ("Slack has troubles of its own.", "It is tried again; see https://slack-status.com."),
    ("Slack에 장애가 있습니다.", "다시 시도합니다. https://slack-status.com 을 보세요."))
row("slack_unreachable", 502, ("Slack cannot be reached.", "Check the hub's network, DNS and certificates; it is tried again."),
    ("Slack에 연결할 수 없습니다.", "허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
