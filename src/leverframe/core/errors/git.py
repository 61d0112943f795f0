"""Refusals of ``leverframe git``. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("git_hook_taken", 409, ("Two hooks of other programs are there already, and neither is replaced.", "Put the one in detail where your own hook calls it, or take it away, then link again."),
    ("다른 프로그램의 훅이 이미 둘 있어 어느 것도 바꾸지 않았습니다.", "detail에 적힌 훅을 직접 쓰는 훅에서 부르게 옮기거나 지운 뒤 다시 연결하세요."))
row("git_hooks_elsewhere", 409, ("core.hooksPath leads out of this repository: a hook there would speak for every repository that uses it.", "Give this repository hooks of its own (git config core.hooksPath hooks), then link again."),
    ("core.hooksPath가 저장소 밖을 가리킵니다. 거기에 훅을 넣으면 그 폴더를 쓰는 모든 저장소에서 실행됩니다.", "이 저장소에 자기 훅 폴더를 주고(git config core.hooksPath hooks) 다시 연결하세요."))
row("git_hub_away", 503, ("The hub did not take it now; everything stays noted, in order.", "See that the hub runs and that the address and the secret of the link are right, then: leverframe git flush."),
    ("지금 허브가 받지 않았습니다. 모두 순서대로 저장되어 있습니다.", "허브가 실행 중인지, 연결의 주소와 비밀값이 맞는지 확인한 뒤 leverframe git flush를 실행하세요."))
row("git_not_linked", 404, ("This repository is not linked.", "Link it: leverframe git link PATH --project OWNER/NAME."),
    ("연결되지 않은 저장소입니다.", "연결하세요: leverframe git link PATH --project OWNER/NAME."))
row("git_project_invalid", 400, ("This is not the name of a project.", "Write OWNER/NAME, without blanks."),
    ("프로젝트 이름이 아닙니다.", "빈칸 없이 OWNER/NAME으로 쓰세요."))
row("git_repository_unknown", 404, ("There is no git repository here, or git is not installed.", "Name the folder of a repository, bare or a working copy; git must be in PATH."),
    ("여기에 git 저장소가 없거나 git이 설치되어 있지 않습니다.", "bare 저장소나 작업 사본의 폴더를 지정하세요. git이 PATH에 있어야 합니다."))
