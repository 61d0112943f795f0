"""Refusals of cards and their buttons. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("card_invalid", 400, ("The card is not one that can be shown.", "Correct what detail names; the formats are MessageCard, Adaptive Card, and the envelope that Workflows take (docs/how-to/teams-cards.md)."),
    ("보여 줄 수 없는 카드입니다.", "detail에 적힌 곳을 고치세요. MessageCard, Adaptive Card, Workflows가 받는 봉투 형식을 쓸 수 있습니다(docs/how-to/teams-cards.ko.md)."))
row("card_replaced", 409, ("The card has changed since this button was shown.", "Look at the card as it is now, and press there."),
    ("이 버튼이 표시된 뒤에 카드가 바뀌었습니다.", "지금 카드를 확인하고 거기서 누르세요."))
row("card_token_expired", 410, ("This button has expired.", "Look at the card's newest message, and press there."),
    ("만료된 버튼입니다.", "가장 새로운 카드에서 누르세요."))
row("card_token_invalid", 401, ("The hub never made this button.", "Press a button of the hub's own card. A card of your own needs an API token with the grant dispatch OWNER/PROJECT EVENT_TYPE."),
    ("허브가 만든 버튼이 아닙니다.", "허브의 카드에서 누르세요. 직접 만든 카드에는 dispatch OWNER/PROJECT EVENT_TYPE 권한의 API 토큰이 필요합니다."))
row("card_unknown", 410, ("The hub does not know this card any more.", "Post it again; how long cards are kept is bodies_days under [retention]."),
    ("허브에 더는 남아 있지 않은 카드입니다.", "카드를 다시 보내세요. 보관 기간은 [retention]의 bodies_days입니다."))
row("press_form_elsewhere", 409, ("This button asks for more, which cannot be asked here.", "Press it in another chat of the hub, or type the command."),
    ("더 입력해야 하는 버튼이라 여기서는 누를 수 없습니다.", "허브의 다른 채팅에서 누르거나 명령을 입력하세요."))
row("press_form_invalid", 400, ("The form is not filled in as the card asks.", "What is wrong stands below each field."),
    ("카드가 요구하는 대로 입력되지 않았습니다.", "각 입력란 아래에 이유가 나와 있습니다."))
row("press_not_sent", 502, ("The request could not be sent; nothing has happened there.", "Detail says why. Press again when it is mended."),
    ("요청을 보내지 못했습니다. 대상에서는 아무 일도 일어나지 않았습니다.", "원인은 detail에 있습니다. 고친 뒤 다시 누르세요."))
row("press_project_missing", 400, ("Neither the address nor the token says which project.", "Add project=owner/name to the address, or use a token whose only grant is dispatch OWNER/PROJECT EVENT_TYPE."),
    ("주소에도 토큰에도 프로젝트가 없습니다.", "주소에 project=owner/name을 추가하거나, 권한이 dispatch OWNER/PROJECT EVENT_TYPE 하나뿐인 토큰을 쓰세요."))
row("press_refused", 502, ("The target did not take it.", "Detail is what it answered; ask who runs it."),
    ("대상이 요청을 받아들이지 않았습니다.", "대상의 응답이 detail에 있습니다. 대상을 운영하는 사람에게 문의하세요."))
row("press_under_way", 409, ("This button was pressed just now, and no answer has come yet.", "Wait for it: the card shows what came of it."),
    ("이 버튼은 방금 눌렸고 아직 응답이 오지 않았습니다.", "기다리면 카드에 결과가 나타납니다."))
row("press_unknown", 504, ("No answer came: it may have been carried out. The hub does not send it twice by itself.", "Look at where it goes, then press again if it was not done."),
    ("응답이 오지 않아 처리되었는지 알 수 없습니다. 허브가 스스로 두 번 보내지는 않습니다.", "대상 시스템을 확인하고, 처리되지 않았으면 다시 누르세요."))
