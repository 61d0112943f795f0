"""Refusals of the back office. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("change_not_stored", 409, ("The change was interrupted and is not in the storage.", "Open the entry, look at what is there, and save again."),
    ("변경이 중단되어 저장소에 반영되지 않았습니다.", "항목을 열어 지금 내용을 확인한 뒤 다시 저장하세요."))
row("change_unknown", 503, ("The storage did not answer, so it is not known yet whether this was saved.", "Wait a moment and open the entry again; the hub finds out by itself and publishes what was saved."),
    ("저장소가 응답하지 않아 저장되었는지 아직 알 수 없습니다.", "잠시 뒤 항목을 다시 열어 보세요. 허브가 스스로 확인하고, 저장된 것은 게시합니다."))
row("collection_unknown", 404, ("The site has no such collection.", "Correct the name; the console's page of sites shows which there are."),
    ("사이트에 그런 컬렉션이 없습니다.", "이름을 고치세요. 콘솔의 사이트 화면에서 어떤 것이 있는지 볼 수 있습니다."))
row("content_name_unreadable", 502, ("The storage holds an object whose name has an empty part, . or .. in it, and nothing in that folder can be listed.", "Rename that object in the storage."),
    ("저장소에 이름의 일부가 비어 있거나 . 또는 ..인 객체가 있어 그 폴더를 읽을 수 없습니다.", "저장소에서 그 객체의 이름을 바꾸세요."))
row("content_storage_away", 503, ("The storage of this site does not answer, so nothing was changed.", "Try again in a moment; when it goes on, ask whoever runs the hub."),
    ("이 사이트의 저장소가 응답하지 않아 아무것도 바뀌지 않았습니다.", "잠시 뒤에 다시 시도하세요. 계속되면 허브 운영자에게 알리세요."))
row("content_storage_denied", 502, ("The storage of this site does not let the hub in.", "Ask whoever runs the hub: the keys in [sites.NAME] storage need to list, read, write and delete."),
    ("이 사이트의 저장소가 허브의 접근을 거부했습니다.", "허브 운영자에게 알리세요. [sites.NAME] storage의 키에는 목록, 읽기, 쓰기, 삭제 권한이 필요합니다."))
row("content_storage_missing", 502, ("The bucket of this site does not exist.", "Ask whoever runs the hub: make the bucket, or correct its name in [sites.NAME] storage."),
    ("이 사이트의 버킷이 없습니다.", "허브 운영자에게 알리세요. 버킷을 만들거나 [sites.NAME] storage의 이름을 고쳐야 합니다."))
row("content_storage_unusable", 500, ("The storage of a site cannot be opened with its settings.", "Correct [sites.NAME.storage]: the detail says what is missing, or what does not go together."),
    ("사이트의 저장소를 지금 설정으로 열 수 없습니다.", "[sites.NAME.storage]를 고치세요. 빠졌거나 함께 쓸 수 없는 값은 detail에 있습니다."))
row("entry_busy", 409, ("Somebody is saving this entry at this moment.", "Wait a few seconds, then try again."),
    ("지금 다른 사람이 이 항목을 저장하고 있습니다.", "몇 초 뒤에 다시 시도하세요."))
row("entry_changed", 412, ("Somebody has changed this entry since you opened it; nothing was overwritten.", "Look at both versions, then save what shall stand."),
    ("항목을 연 뒤에 다른 사람이 고쳤습니다. 아무것도 덮어쓰지 않았습니다.", "두 버전을 비교한 뒤 남길 내용을 저장하세요."))
row("entry_exists", 409, ("There is an entry of this name already.", "Choose another name, or open the one that is there."),
    ("같은 이름의 항목이 이미 있습니다.", "다른 이름을 쓰거나 이미 있는 항목을 여세요."))
row("entry_invalid", 400, ("Some fields cannot be taken as they are.", "Correct the fields that are named; everything else stays as you wrote it."),
    ("받을 수 없는 값이 있습니다.", "표시된 칸을 고치세요. 나머지는 쓴 그대로 남아 있습니다."))
row("entry_referred", 409, ("Other entries refer to this one, so it is not deleted.", "Change or delete the entries that are named first."),
    ("다른 항목이 참조하고 있어 삭제하지 않았습니다.", "표시된 항목을 먼저 고치거나 삭제하세요."))
row("entry_too_large", 413, ("The entry is too large to be edited here.", "Edit the object in the storage, or make it smaller."),
    ("항목이 너무 커서 여기에서 편집할 수 없습니다.", "저장소에서 직접 고치거나 크기를 줄이세요."))
row("entry_unknown", 404, ("There is no such entry.", "It may have been deleted; look at the list."),
    ("그런 항목이 없습니다.", "삭제되었을 수 있습니다. 목록을 확인하세요."))
row("entry_unreadable", 409, ("The object cannot be read as an entry.", "Correct it in the storage; the reason is in detail."),
    ("객체를 항목으로 읽을 수 없습니다.", "저장소에서 고치세요. 이유는 detail에 있습니다."))
row("precondition_missing", 428, ("The request does not say which version it changes.", "Send If-Match with the ETag that you were given; * changes whatever is there."),
    ("어느 버전을 고치는지 알 수 없는 요청입니다.", "받은 ETag를 If-Match로 보내세요. *는 지금 있는 것을 고칩니다."))
row("site_unknown", 404, ("There is no such site.", "Correct the name; [sites.NAME] declares it."),
    ("그런 사이트가 없습니다.", "이름을 고치세요. [sites.NAME]으로 정합니다."))
row("upload_empty", 400, ("The file is empty.", "Choose a file with something in it."),
    ("빈 파일입니다.", "내용이 있는 파일을 고르세요."))
row("upload_unreadable", 400, ("The upload is not a form with a file.", "Send multipart/form-data with the field csrf before the field file, as the page does."),
    ("파일이 든 양식이 아닙니다.", "페이지가 하듯 multipart/form-data로 csrf 필드를 file 필드보다 먼저 보내세요."))
row("vendor_unreachable", 503, ("The certificate that proves the sender cannot be fetched now.", "The sender tries again by itself; when it goes on, let the hub reach the vendor's host over https."),
    ("보낸 쪽을 증명하는 인증서를 지금 가져올 수 없습니다.", "보낸 쪽이 스스로 다시 시도합니다. 계속되면 허브에서 그 호스트로 나가는 https를 허용하세요."))
