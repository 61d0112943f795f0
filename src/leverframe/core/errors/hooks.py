"""Refusals of projects' webhooks and of the guard before them. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("hook_changed", 409, ("Somebody else has changed the webhook meanwhile.", "Load it again, look at what it is now, and change that."),
    ("그 사이 다른 사람이 웹훅을 바꾸었습니다.", "다시 불러와 지금 내용을 확인한 뒤 바꾸세요."))
row("hook_field_invalid", 400, ("A field of the webhook is not right.", "Correct the field in detail and send the form again."),
    ("웹훅의 항목 하나가 올바르지 않습니다.", "detail에 적힌 항목을 고친 뒤 다시 보내세요."))
row("hook_too_long", 400, ("A field of the webhook is too long.", "Shorten the field in detail; its limit is in bytes, and a Korean letter has three."),
    ("웹훅의 항목 하나가 너무 깁니다.", "detail에 적힌 항목을 줄이세요. 한도는 바이트로 세며 한글 한 글자는 3바이트입니다."))
row("hook_too_many", 409, ("The project has as many webhooks as it may.", "Remove those that nobody needs any more."),
    ("프로젝트에 더 추가할 수 있는 웹훅이 없습니다.", "필요 없는 웹훅을 지우세요."))
row("hook_unknown", 404, ("The project has no webhook of this id.", "Look at the project's list; a webhook is reached through its own project only."),
    ("프로젝트에 이 ID의 웹훅이 없습니다.", "프로젝트의 목록을 확인하세요. 웹훅은 자기 프로젝트를 통해서만 볼 수 있습니다."))
row("host_unknown", 400, ("No address is known for the host.", "Check the host's name; the hub asks the resolver of the machine that it runs on."),
    ("이 호스트의 주소를 알 수 없습니다.", "호스트 이름을 확인하세요. 허브가 실행되는 컴퓨터의 DNS에서 찾습니다."))
row("url_forbidden", 400, ("The hub does not send to this address: it is not one of the open internet.", "If it is meant, the operator names its network or its host under allow in [outbound]."),
    ("열린 인터넷의 주소가 아니어서 허브가 보내지 않습니다.", "의도한 주소라면 운영자가 [outbound]의 allow에 네트워크나 호스트를 적어야 합니다."))
row("url_invalid", 400, ("The address cannot be sent to.", "Write it as https://host/path; detail says what is wrong with it."),
    ("보낼 수 없는 주소입니다.", "https://host/path 형태로 쓰세요. 무엇이 잘못되었는지는 detail에 있습니다."))
