"""The commands that every hub has."""

from __future__ import annotations

from leverframe.core.commands.definitions import Argument, Bilingual, Command, Registry

_SERVICE = Argument(name="service", kind="service", label=Bilingual("Service", "서비스"))
_ENVIRONMENT = Argument(name="environment", kind="environment", label=Bilingual("Environment", "환경"))
_ANY_SERVICE = Argument(name="service", kind="service", label=Bilingual("Service", "서비스"), required=False)
_ANY_ENVIRONMENT = Argument(name="environment", kind="environment", label=Bilingual("Environment", "환경"), required=False)
_DEPLOYMENT = Argument(name="deployment", kind="deployment", label=Bilingual("Deployment", "배포"), hint=Bilingual("Its id: dep_…", "배포 ID: dep_…"))
_REASON = Argument(
    name="reason", kind="text", label=Bilingual("Reason", "이유"), hint=Bilingual("Everybody sees it.", "모두에게 보입니다."), required=False, rest=True, most=300
)
_WHY_BACK = Argument(
    name="reason", kind="text", label=Bilingual("Reason", "이유"), hint=Bilingual("The lane is locked with it.", "이 이유로 레인이 잠깁니다."),
    required=False, rest=True, most=300,
)  # fmt: skip
_PROGRESS = Argument(
    name="dm", kind="flag", label=Bilingual("Progress by direct message", "진행 상황을 개인 메시지로 받기"), required=False
)
_BREAK_GLASS = Argument(
    name="reason", kind="text", label=Bilingual("Reason to go ahead without approval", "승인 없이 진행하는 이유"),
    hint=Bilingual("Only in an emergency, where the policy allows it; it is announced.", "정책이 허용하는 긴급 상황에만 쓰며, 모두에게 알려집니다."),
    required=False, rest=True, most=300,
)  # fmt: skip

DEPLOY = Command(
    name="deploy", title=Bilingual("Deploy", "배포"), summary=Bilingual("Deploy a service to an environment.", "서비스를 환경에 배포합니다."),
    arguments=(
        _SERVICE, _ENVIRONMENT,
        Argument(
            name="ref", kind="ref", label=Bilingual("Branch, tag or commit", "브랜치, 태그 또는 커밋"), required=False,
            hint=Bilingual("Left empty: the default branch.", "비워 두면 기본 브랜치를 배포합니다."), most=250,
        ),
    ),
    options=(_BREAK_GLASS, _PROGRESS), parameters=True, example="web-app staging", top_level=True, aliases=("배포",),
)  # fmt: skip
STATUS = Command(
    name="status", title=Bilingual("Status", "상태"), summary=Bilingual("Show what runs where.", "어디에 무엇이 배포되어 있는지 봅니다."),
    arguments=(_ANY_SERVICE, _ANY_ENVIRONMENT), example="web-app", acts=False, permission="free", top_level=True, aliases=("상태",),
)  # fmt: skip
ROLLBACK = Command(
    name="rollback", title=Bilingual("Roll back", "롤백"),
    summary=Bilingual("Go back to the last deployment that worked, and lock the lane.", "마지막으로 성공한 배포로 되돌리고 레인을 잠급니다."),
    arguments=(_SERVICE, _ENVIRONMENT), options=(_WHY_BACK, _PROGRESS), example="web-app production", top_level=True, aliases=("롤백",),
)  # fmt: skip
LOCK = Command(
    name="lock", title=Bilingual("Lock", "잠금"), summary=Bilingual("Let nobody deploy there for a while.", "한동안 아무도 배포하지 못하게 잠급니다."),
    arguments=(_SERVICE, _ENVIRONMENT, _REASON),
    options=(
        Argument(
            name="for", kind="duration", label=Bilingual("For how long", "기간"), required=False,
            hint=Bilingual("30m, 2h, 1d; left empty: until it is unlocked.", "30m, 2h, 1d 또는 2시간; 비워 두면 해제할 때까지 잠급니다."),
        ),
        Argument(
            name="wait", kind="flag", label=Bilingual("Tell me when somebody else's lock frees", "다른 사람의 잠금이 풀리면 알려 주기"), required=False
        ),
        Argument(name="steal", kind="flag", label=Bilingual("Take over somebody else's lock", "다른 사람의 잠금을 가져오기"), required=False),
    ),
    example="web-app production database migration --for 2h", aliases=("잠금",),
)  # fmt: skip
UNLOCK = Command(
    name="unlock", title=Bilingual("Unlock", "잠금 해제"), summary=Bilingual("Open a locked lane again.", "잠긴 레인을 다시 엽니다."),
    arguments=(_SERVICE, _ENVIRONMENT), example="web-app production", aliases=("해제",),
)  # fmt: skip
APPROVE = Command(
    name="approve", title=Bilingual("Approve", "승인"), summary=Bilingual("Vote for a deployment that waits.", "승인을 기다리는 배포에 찬성합니다."),
    arguments=(_DEPLOYMENT,), example="dep_…", permission="deployment", aliases=("승인",),
)  # fmt: skip
REJECT = Command(
    name="reject", title=Bilingual("Reject", "반려"), summary=Bilingual("Vote against a deployment that waits; it ends.", "승인을 기다리는 배포를 반려합니다."),
    arguments=(_DEPLOYMENT, _REASON), example="dep_… not on a Friday", permission="deployment", aliases=("반려",),
)  # fmt: skip
CANCEL = Command(
    name="cancel", title=Bilingual("Cancel", "취소"), summary=Bilingual("Stop a deployment, wherever it is.", "어느 단계에 있든 배포를 취소합니다."),
    arguments=(_DEPLOYMENT,), example="dep_…", permission="deployment", aliases=("취소",),
)  # fmt: skip
QUEUE = Command(
    name="queue", title=Bilingual("Queue", "대기열"), summary=Bilingual("Show what runs and what waits, in order.", "실행 중이거나 대기 중인 배포를 순서대로 봅니다."),
    arguments=(_ANY_SERVICE, _ANY_ENVIRONMENT), example="web-app production", acts=False, permission="free", aliases=("대기열",),
)  # fmt: skip
HISTORY = Command(
    name="history", title=Bilingual("History", "이력"), summary=Bilingual("Show past deployments.", "지난 배포를 봅니다."),
    arguments=(_SERVICE, _ANY_ENVIRONMENT), example="web-app production", acts=False, permission="free", aliases=("이력",),
)  # fmt: skip
RETRY = Command(
    name="retry", title=Bilingual("Try again", "재시도"), summary=Bilingual("Run a failed deployment once more.", "실패한 배포를 다시 실행합니다."),
    arguments=(_DEPLOYMENT,), example="dep_…", permission="deployment", aliases=("재시도",),
)  # fmt: skip
SETTLE = Command(
    name="settle", title=Bilingual("Settle", "결과 확정"),
    summary=Bilingual("Say whether a deployment ran whose outcome is unknown.", "결과를 알 수 없는 배포가 실행되었는지 알려 줍니다."),
    arguments=(
        _DEPLOYMENT,
        Argument(name="outcome", kind="choice", label=Bilingual("What happened", "결과"), choices=("ran", "did-not-run")),
    ),
    example="dep_… did-not-run", permission="deployment", aliases=("확정",),
)  # fmt: skip
_REPOSITORY = Argument(
    name="repository", kind="repository", label=Bilingual("Repository", "저장소"), hint=Bilingual("acme/web; * stands for any name.", "acme/web; * 는 모든 이름을 뜻합니다.")
)
_EVENTS = Argument(
    name="events", kind="text", label=Bilingual("Events", "이벤트"), required=False, rest=True,
    hint=Bilingual("pull_request.opened, gollum …; left empty: what is posted by default.", "pull_request.opened, gollum …; 비워 두면 기본으로 알리는 이벤트입니다."),
)  # fmt: skip
SUBSCRIBE = Command(
    name="subscribe", title=Bilingual("Subscribe", "구독"), summary=Bilingual("Tell this room what happens in a repository.", "저장소에서 일어나는 일을 이 방에 알립니다."),
    arguments=(_REPOSITORY, _EVENTS), example="acme/web pull_request.opened", aliases=("구독",),
)  # fmt: skip
UNSUBSCRIBE = Command(
    name="unsubscribe", title=Bilingual("Unsubscribe", "구독 해제"), summary=Bilingual("Tell this room no more of it.", "이 방에 더는 알리지 않습니다."),
    arguments=(_REPOSITORY, _EVENTS), example="acme/web", aliases=("구독해제",),
)  # fmt: skip
HOOKS = Command(
    name="hooks", title=Bilingual("Webhooks", "웹훅"), summary=Bilingual("Show what the webhooks of a repository hear, and how they do.", "저장소의 웹훅이 무엇을 받는지, 잘 되고 있는지 봅니다."),
    arguments=(Argument(name="repository", kind="repository", label=Bilingual("Repository", "저장소"), hint=Bilingual("As in acme/web.", "예: acme/web")),),
    example="acme/web", acts=False, aliases=("웹훅",),
)  # fmt: skip
_COMMAND = Argument(name="command", kind="command", label=Bilingual("Command", "명령"))
WHO_CAN = Command(
    name="who-can", title=Bilingual("Who can", "누가 할 수 있나"), summary=Bilingual("Show who may do something.", "누가 할 수 있는지 봅니다."),
    arguments=(
        _COMMAND,
        Argument(name="arguments", kind="text", label=Bilingual("Its arguments", "명령의 인자"), required=False, rest=True),
    ),
    example="deploy web-app production", acts=False, permission="free", aliases=("whocan", "누가"),
)  # fmt: skip
WHY = Command(
    name="why", title=Bilingual("Why", "이유"), summary=Bilingual("Show why you were refused.", "왜 거절되었는지 봅니다."),
    arguments=(
        Argument(
            name="id", kind="id", label=Bilingual("Id", "ID"), required=False,
            hint=Bilingual("Left empty: your last refusal.", "비워 두면 가장 최근에 거절된 것입니다."),
        ),
    ),
    acts=False, permission="free", aliases=("왜",),
)  # fmt: skip
HELP = Command(
    name="help", title=Bilingual("Help", "도움말"), summary=Bilingual("Show what you may do here.", "여기서 할 수 있는 일을 봅니다."),
    arguments=(Argument(name="command", kind="command", label=Bilingual("Command", "명령"), required=False),),
    example="deploy", acts=False, permission="free", aliases=("도움말",),
)  # fmt: skip

BUILT_IN = Registry((
    DEPLOY, STATUS, ROLLBACK, LOCK, UNLOCK, APPROVE, REJECT, CANCEL, QUEUE, HISTORY, RETRY, SETTLE, SUBSCRIBE, UNSUBSCRIBE, HOOKS, WHO_CAN, WHY, HELP,
))  # fmt: skip
"""All of them, in the order of help."""
