"""Refusals of projects' webhooks and of the guard before them. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("event_looped", 508, ("The event has been in this hub before.", "Two hubs send to each other: remove one of the two webhooks, or choose other events for it."),
    ("이 허브를 이미 거쳐 간 이벤트입니다.", "두 허브가 서로에게 보내고 있습니다. 두 웹훅 중 하나를 지우거나 다른 이벤트를 고르세요."))
row("hook_answer_lost", 502, ("The subscriber did not answer in time, or broke off.", "It is tried again; the receiver may have it already, and recognises it by its id. It should answer first and work afterwards."),
    ("구독자가 제시간에 응답하지 않았거나 연결이 끊어졌습니다.", "다시 시도합니다. 받는 쪽이 이미 받았을 수 있으며 ID로 알아볼 수 있습니다. 먼저 응답하고 나중에 처리하게 하세요."))
row("hook_busy", 502, ("The subscriber asked for a pause.", "It is tried again after the time that it asked for, a day at most."),
    ("구독자가 잠시 뒤에 보내 달라고 했습니다.", "요청한 시간이 지나면 다시 시도합니다. 하루를 넘기지는 않습니다."))
row("hook_changed", 409, ("Somebody else has changed the webhook meanwhile.", "Load it again, look at what it is now, and change that."),
    ("그 사이 다른 사람이 웹훅을 바꾸었습니다.", "다시 불러와 지금 내용을 확인한 뒤 바꾸세요."))
row("hook_failing", 502, ("The webhook failed for so long that it was switched off.", "It is tried now and then and comes back by itself; then send its dead letters again."),
    ("웹훅이 너무 오래 실패해 꺼졌습니다.", "가끔 다시 시도하며 되살아나면 저절로 켜집니다. 그 뒤 포기한 전송을 다시 보내세요."))
row("hook_field_invalid", 400, ("A field of the webhook is not right.", "Correct the field in detail and send the form again."),
    ("웹훅의 항목 하나가 올바르지 않습니다.", "detail에 적힌 항목을 고친 뒤 다시 보내세요."))
row("hook_format_unknown", 502, ("The webhook's format is none that this hub has.", "Choose another format for it."),
    ("이 허브에 없는 웹훅 형식입니다.", "다른 형식을 고르세요."))
row("hook_gone", 502, ("The subscriber says that it is gone for good (410).", "The webhook was ended; switch it on again if that was a mistake."),
    ("구독자가 더는 없다고 응답했습니다(410).", "웹훅을 끝냈습니다. 잘못이라면 다시 켜세요."))
row("hook_ignored", 409, ("The webhook's format does not tell of this event.", "Nothing was to be sent; choose another format if it should be."),
    ("웹훅 형식이 이 이벤트를 다루지 않습니다.", "보낼 것이 없었습니다. 보내야 한다면 다른 형식을 고르세요."))
row("hook_inactive", 409, ("The webhook is not active.", "Make it active, then send the dead letters again."),
    ("웹훅이 비활성 상태입니다.", "활성으로 바꾼 뒤 포기한 전송을 다시 보내세요."))
row("hook_key_parked", 502, ("What belongs together keeps failing and waits apart.", "The receiver refuses one delivery again and again: look at its attempts; everything else goes on."),
    ("같은 대상의 전송이 계속 실패해 따로 기다립니다.", "받는 쪽이 한 전송을 계속 거절합니다. 시도 기록을 확인하세요. 나머지는 그대로 보냅니다."))
row("hook_loop", 508, ("The receiver is a hub that this event has been in before.", "Two hubs send to each other: remove one of the two webhooks, or choose other events for it."),
    ("받는 쪽이 이 이벤트가 이미 거쳐 간 허브입니다.", "두 허브가 서로에게 보내고 있습니다. 두 웹훅 중 하나를 지우거나 다른 이벤트를 고르세요."))
row("hook_redirected", 502, ("The subscriber redirects, which is not followed.", "Write the address where it really is into the webhook."),
    ("구독자가 다른 주소로 보냈지만 따라가지 않습니다.", "웹훅에 실제 주소를 적으세요."))
row("hook_refused", 502, ("The subscriber did not take it.", "Only 2xx is success; it is tried again. The attempt shows the status and what was answered."),
    ("구독자가 받지 않았습니다.", "2xx만 성공이며 다시 시도합니다. 시도 기록에 상태와 응답이 있습니다."))
row("hook_removed", 410, ("The webhook was removed.", "What it was still owed is not sent any more."),
    ("웹훅이 지워졌습니다.", "남아 있던 전송은 더 보내지 않습니다."))
row("hook_too_long", 400, ("A field of the webhook is too long.", "Shorten the field in detail; its limit is in bytes, and a Korean letter has three."),
    ("웹훅의 항목 하나가 너무 깁니다.", "detail에 적힌 항목을 줄이세요. 한도는 바이트로 세며 한글 한 글자는 3바이트입니다."))
row("hook_too_many", 409, ("The project has as many webhooks as it may.", "Remove those that nobody needs any more."),
    ("프로젝트에 더 추가할 수 있는 웹훅이 없습니다.", "필요 없는 웹훅을 지우세요."))
row("hook_unknown", 404, ("The project has no webhook of this id.", "Look at the project's list; a webhook is reached through its own project only."),
    ("프로젝트에 이 ID의 웹훅이 없습니다.", "프로젝트의 목록을 확인하세요. 웹훅은 자기 프로젝트를 통해서만 볼 수 있습니다."))
row("hook_unreachable", 502, ("The subscriber could not be reached.", "It is tried again; check its name, its port and its certificate."),
    ("구독자에 연결할 수 없습니다.", "다시 시도합니다. 이름, 포트, 인증서를 확인하세요."))
row("host_unknown", 400, ("No address is known for the host.", "Check the host's name; the hub asks the resolver of the machine that it runs on."),
    ("이 호스트의 주소를 알 수 없습니다.", "호스트 이름을 확인하세요. 허브가 실행되는 컴퓨터의 DNS에서 찾습니다."))
row("url_forbidden", 400, ("The hub does not send to this address: it is not one of the open internet.", "If it is meant, the operator names its network or its host under allow in [outbound]."),
    ("열린 인터넷의 주소가 아니어서 허브가 보내지 않습니다.", "의도한 주소라면 운영자가 [outbound]의 allow에 네트워크나 호스트를 적어야 합니다."))
row("url_invalid", 400, ("The address cannot be sent to.", "Write it as https://host/path; detail says what is wrong with it."),
    ("보낼 수 없는 주소입니다.", "https://host/path 형태로 쓰세요. 무엇이 잘못되었는지는 detail에 있습니다."))
