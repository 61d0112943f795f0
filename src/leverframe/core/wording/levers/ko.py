"""한국어: 명령, 배포, 승인, 잠금에 대한 말. Korean: what is said about commands, deployments, approvals and locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from leverframe.core.commands.builtin import LOCK
from leverframe.core.commands.definitions import Command, Mark
from leverframe.core.commands.parsing import Mistake
from leverframe.core.errors import PROBLEMS
from leverframe.core.kept_details import kept
from leverframe.core.messages import Block, Bold, Bullets, Buttons, Code, Message, Paragraph, Person, Rich, Text
from leverframe.core.wording.ko.grammar import duration
from leverframe.core.wording.levers import cards, tables
from leverframe.core.wording.levers.cards import Language, where
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import DeploymentView, FreezeView, LockView
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase

HEADLINES = {
    "asked": "🚀 {kind} 요청: {what} 처리 중...",
    "waiting": "{kind} 승인 필요: {what}",
    "queued": "⏳ {kind} 대기: {what}{place}",
    "starting": "🚀 {kind} 요청: {what} 처리 중...",
    "running": "🚀 {kind} 요청: {what} 처리 중...",
    "succeeded": "✅ {kind} 성공: {what}{run}",
    "failed": "❌ {kind} 실패: {what}{run}",
    "cancelled": "🚫 {kind} 취소: {what}{run}",
    "rejected": "🚫 {kind} 반려: {what}",
    "expired": "⌛ {kind} 만료: {what}",
    "unknown": "❓ {kind} 결과 알 수 없음: {what}{run}",
    "gate.asked": "✋ 승인이 필요합니다: {what}",
    "gate.cancelled": "🚫 요청이 취소되었습니다: {what}",
    "gate.dead": "❌ 찬성했지만 전달하지 못했습니다: {what}",
    "gate.dropped": "🚫 찬성한 뒤 취소되었습니다: {what}{run}",
    "gate.expired": "⌛ 기한 안에 결정되지 않았습니다: {what}",
    "gate.failed": "❌ 승인되었지만 실행이 실패했습니다: {what}{run}",
    "gate.queued": "👍 찬성했고, 전달하는 중입니다: {what}",
    "gate.rejected": "👎 반려되었습니다: {what}",
    "gate.running": "🚀 승인되었고 GitHub가 받았습니다: {what}{run}",
    "gate.starting": "👍 찬성했고, 전달하는 중입니다: {what}",
    "gate.succeeded": "✅ 승인되었습니다: {what}{run}",
    "gate.unknown": "❓ 찬성했지만 GitHub가 들었는지 알 수 없습니다: {what}",
    "gate.waiting": "✋ 승인이 필요합니다: {what}",
}
WORDS = {
    "about": "대상",
    "approvals": "승인",
    "approvers": "승인할 수 있는 역할",
    "begins_at": "시작 예정",
    "behind": "되돌리는 변경",
    "break_glass": "승인 없이 진행",
    "button.approve": "승인",
    "button.cancel": "취소",
    "button.reject": "반려",
    "button.retry": "재시도",
    "button.rollback": "롤백",
    "button.settle_not": "실행되지 않음",
    "button.review_there": "GitHub에서 검토",
    "button.settle_ran": "실행됨",
    "cancelling_by": "취소를 요청한 사람",
    "changes": "변경",
    "checks": "CI 검사",
    "checks.failure": "실패",
    "checks.none": "없음",
    "checks.pending": "진행 중",
    "checks.success": "통과",
    "ended_by": "처리한 사람",
    "expires": "만료",
    "freeze": "배포 중지 기간",
    "history.none": "아직 배포한 적이 없습니다.",
    "history.title": "📜 배포 이력",
    "kind.deploy": "배포",
    "kind.dispatch": "워크플로 실행",
    "kind.gate": "승인",
    "kind.rollback": "롤백",
    "lead.unknown": "러너의 응답을 받지 못했습니다. 실행 결과를 확인하고 아래에서 알려 주세요. 그 전에는 아무것도 다시 시작하지 않습니다.",
    "lead.waiting": "지금 승인하시겠습니까?",
    "lead.waits_there": "GitHub에서만 할 수 있는 승인을 기다리고 있습니다.",
    "lock": "잠금",
    "nothing_live": "아직 배포 없음",
    "parameters": "매개변수",
    "queue.none": "실행 중이거나 대기 중인 배포가 없습니다.",
    "queue.title": "⏳ 대기열",
    "reason": "이유",
    "requested_by": "요청한 사람",
    "rollback_to": "마지막 성공 버전",
    "run": "실행",
    "shipped": "배포된 변경",
    "ships": "배포될 변경",
    "state.asked": "요청됨",
    "state.cancelled": "취소됨",
    "state.expired": "만료됨",
    "state.failed": "실패",
    "state.queued": "대기 중",
    "state.running": "실행 중",
    "state.starting": "시작 중",
    "state.succeeded": "성공",
    "state.unknown": "결과 알 수 없음",
    "state.waiting": "승인 대기 중",
    "status.none": "아직 서비스가 없습니다. leverframe.toml에 [services.NAME]을 추가하세요.",
    "status.title": "🚦 배포 현황",
    "step": "단계",
    "step.Building": "빌드하는 중",
    "step.Checking health": "상태를 확인하는 중",
    "step.Rolling out": "배포하는 중",
    "step.Waiting for Argo CD's controller": "Argo CD 컨트롤러를 기다리는 중",
    "step.Waiting for a machine": "실행할 서버를 기다리는 중",
    "took": "걸린 시간",
    "try": "시도",
    "until_unlocked": "해제할 때까지",
    "version": "버전",
    "waiting": "대기",
}
NOTES = {
    "approval_needed": "✋ 승인이 필요합니다: {what}",
    "approval_void": "✋ 승인한 내용이 바뀌어({detail}) 다시 승인해야 합니다: {what}",
    "approved": "👍 승인 완료: {what}{by}",
    "cancel_asked": "🚫 취소하는 중: {what}{by}",
    "cancel_refused": "⚠️ 러너가 취소하지 못합니다: {what}",
    "cancelled": "🚫 취소: {what}{by}",
    "expired": "⌛ 만료: {what}",
    "failed": "❌ 실패: {what}{run}",
    "found": "🔎 실행을 찾았습니다: {what}{run}",
    "glass_broken": "🚨 승인 없이 진행합니다: {what}{by}",
    "lost": "⚠️ 러너의 응답을 받지 못했습니다. 다른 일을 하기 전에 실행부터 찾습니다: {what}",
    "rejected": "👎 반려: {what}{by}",
    "retry_asked": "🔁 다시 실행합니다: {what}{by}",
    "retrying": "🔁 실패하여 다시 실행합니다: {what} ({try_number}번째 시도, 최대 {tries}번)",
    "settled": "✍️ 결과를 직접 확정: {what}{by}",
    "start_delayed": "⏳ 러너가 아직 받지 않아 다시 시도합니다: {what}",
    "started": "🚀 시작: {what}{run}",
    "succeeded": "✅ 성공: {what}{run}",
    "unknown": "❓ 어떻게 끝났는지 알 수 없습니다: {what}{run}",
    "gate.approved": "👍 찬성했고, 전달하는 중입니다: {what}{by}",
    "gate.started": "🚀 GitHub가 받았습니다: {what}{run}",
    "gate.succeeded": "✅ 끝났습니다: {what}{run}",
}
ALERTS = {
    "failed": "🚨 {kind} 최종 실패: {what}{run}",
    "glass_broken": "🚨 {by} 승인 없이 진행합니다: {what}",
    "unknown": "🚨 확인이 필요합니다. 어떻게 끝났는지 알 수 없습니다: {what}{run}",
}
OUTCOMES = {"done": "✅ {who} ({room}): {line} 실행", "failed": "❌ {who} ({room}): {line} 실패", "refused": "⛔ {who} ({room}): {line} 거절"}


def _more(number: int) -> str:
    """Return how many are not listed."""
    return f"외 {number:,}건"


def _nth(place: int) -> str:
    return f"대기열 {place}번째"


def _until(moment: str) -> str:
    return f"{moment}까지"


LANGUAGE = Language(locale="ko", words=WORDS, headlines=HEADLINES, duration=duration, more=_more, nth=_nth, until=_until)


def deployment(view: DeploymentView, zone: tzinfo) -> Message:
    """Return the card of a deployment, in whatever state it is."""
    return cards.card(view, LANGUAGE, zone)


def asked(service: str, environment: str, kind: str = "deploy") -> Message:
    """Return the answer to the command itself, at once and before anything is known."""
    return Message(headline=phrase(HEADLINES["asked"], kind=WORDS[f"kind.{kind}"], what=where(service, environment)), tone="progress")


def note(what: str, view: DeploymentView, *, by: str = "", code: str = "", detail: str = "") -> Message:
    """Return a line below the card; ``what`` is a key of ``NOTES``, ``by`` the name of who did it."""
    told = phrase(
        NOTES.get(f"gate.{what}", NOTES[what]) if view.kind == "gate" else NOTES[what], what=cards.named(view), run=cards.run(view), by=_by(by), detail=detail or "?",
        try_number=str(view.try_number), tries=str(view.tries),
    )  # fmt: skip
    return Message(headline=told, blocks=tuple(cards.problem(code, "" if what == "approval_void" else detail, LANGUAGE)))


def alert(what: str, view: DeploymentView, *, by: str = "", detail: str = "") -> Message:
    """Return what the room is to look at; ``what`` is a key of ``ALERTS``. A rollback is offered where there is one."""
    told = phrase(
        ALERTS[what], kind=WORDS[f"kind.{view.kind}"], what=cards.named(view), run=cards.run(view),
        by=(Person(by), Text("님이")) if by else "누군가가",
    )  # fmt: skip
    blocks = cards.problem(view.code if what == "failed" else "", detail or (view.reason if what == "glass_broken" else ""), LANGUAGE)
    keys = {"failed": ("rollback",) if view.rollback_ref else (), "unknown": ("settle_ran", "settle_not")}.get(what, ())
    if keys:
        blocks.append(Buttons(tuple(cards.action(key, view, LANGUAGE) for key in keys)))
    return Message(headline=told, blocks=tuple(blocks), tone="bad" if what == "failed" else "warning")


def vote_counted(view: DeploymentView) -> Message:
    """Return the answer to a vote that counts. Of a gate nothing is called approved before whoever passes it on has done so."""
    counted = f" ({view.approvals_given}/{view.approvals_needed})" if view.approvals_needed > 1 else ""
    if view.kind == "gate" and view.deed != "none":
        decided = view.approvals_given >= view.approvals_needed
        return Message(headline=phrase(NOTES["gate.approved"] if decided else "👍 찬성 의견을 집계했습니다: {what}{counted}", what=cards.named(view), counted=counted, by=()), tone="good")
    return Message(headline=phrase("👍 승인 완료: {what}{counted}", what=cards.named(view), counted=counted), tone="good")


def vote_repeated(view: DeploymentView, *, approves: bool) -> Message:
    """Return the answer to somebody who has said the same before."""
    said = "승인" if approves else "반려"
    return Message(headline=phrase(f"이미 {said}하셨습니다: {{what}}", what=cards.named(view)))


def decided_already(view: DeploymentView) -> Message:
    """Return the answer to a click that comes too late."""
    told = phrase("이미 늦었습니다. 지금 상태: {what} {state}", what=cards.named(view), state=WORDS[f"state.{view.state}"])
    return Message(headline=told, blocks=tuple(cards.problem(view.code, "", LANGUAGE)))


def taken(key: str, view: DeploymentView) -> Message:
    """Return the answer to a button that was taken: ``cancel``, ``reject``, ``retry``, ``rollback``, ``settle_ran``, ``settle_not``."""
    return Message(headline=phrase("👌 {button}: {what}", button=WORDS[f"button.{key}"], what=cards.named(view)))


def refused(code: str, detail: str = "", *, wait_s: int | None = None) -> Message:
    """Return why something is not done, and what to do, or how many seconds to wait."""
    row = PROBLEMS.get(code, PROBLEMS["internal"])
    blocks: list[Block] = [] if wait_s else [Paragraph((Text(row.ko[1]),))]
    blocks += [Paragraph((Text(kept(detail, "ko")),))] if detail else []
    blocks += [Paragraph((Text(f"{duration(wait_s)} 뒤에 다시 해 주세요."),))] if wait_s else []
    return Message(headline=phrase("⛔ {what} ({code})", what=row.ko[0], code=Code(code)), blocks=tuple(blocks), tone="warning")


def denied(words: str, who_could: Sequence[str] = ()) -> Message:
    """Return that somebody has no grant for ``words``, and which roles have one."""
    who = f"할 수 있는 역할: {cards.names(who_could, LANGUAGE)}. 그 역할에 부탁하거나 관리자에게 역할을 요청하세요." if who_could else "할 수 있는 역할이 없습니다. 관리자가 역할에 권한을 줄 수 있습니다."
    return Message(headline=phrase("⛔ 권한이 없습니다: {words}", words=Code(words)), blocks=(Paragraph((Text(who),)),), tone="warning")


def mistaken(mistake: Mistake) -> Message:
    """Return what is wrong with a line, what may have been meant, and how it is written."""
    row = PROBLEMS.get(mistake.code, PROBLEMS["internal"])
    label = mistake.argument.label.ko if mistake.argument is not None else ""
    met = f": {mistake.met}" if mistake.met else f": {label}" if label else ""
    blocks: list[Block] = []
    if mistake.suggestions:
        blocks += [Paragraph((Text("혹시 이것인가요?"),)), Bullets(tuple((Code(line),) for line in mistake.suggestions))]
    else:
        blocks.append(Paragraph((Text(row.ko[1]),)))
    if mistake.usage:
        blocks.append(Paragraph((Text("사용법: "), Code(mistake.usage))))
    return Message(headline=phrase("{what}{met}", what=row.ko[0].removesuffix("."), met=met or "."), blocks=tuple(blocks), tone="warning")


def locked(lock: LockView, zone: tzinfo) -> Message:
    """Return that a lane is locked."""
    return Message(headline=phrase("🔒 잠금: {what} · {it}", what=where(lock.service, lock.environment), it=cards.lock_words(lock, LANGUAGE, zone)), tone="warning")


def unlocked(lock: LockView, by: str) -> Message:
    """Return that a lane is open again."""
    return Message(headline=phrase("🔓 잠금 해제: {what}{by}", what=where(lock.service, lock.environment), by=_by(by)), tone="good")


def lock_held(lock: LockView, zone: tzinfo, mark: Mark = "/") -> Message:
    """Return that somebody else has the lock, and what can be done."""
    line = LOCK.written(f"{lock.service} {lock.environment}", mark)
    told = phrase("🔒 이미 잠겨 있습니다: {what} · {it}", what=where(lock.service, lock.environment), it=cards.lock_words(lock, LANGUAGE, zone))
    ways = Bullets(((Code(f"{line} --wait"), Text(" 풀리면 알려 드립니다.")), (Code(f"{line} --steal"), Text(" 잠금을 가져오고, 잠근 사람에게 알립니다."))))
    return Message(headline=told, blocks=(ways,), tone="warning")


def lock_awaited(lock: LockView, place: int) -> Message:
    """Return that somebody will be told when the lock frees; ``place`` is theirs among those who wait."""
    return Message(headline=phrase("⏳ 잠금이 풀리면 알려 드립니다: {what} ({place})", what=where(lock.service, lock.environment), place=_nth(place)))


def lock_freed(lock: LockView, *, tell: Sequence[str] = ()) -> Message:
    """Return that a lock is over, to those who waited for it."""
    people: Rich = tuple(part for name in tell[:5] for part in (Person(name), Text(" ")))
    return Message(headline=phrase("🔓 {people}잠금이 풀렸습니다: {what}", people=people, what=where(lock.service, lock.environment)), tone="good")


def lock_stolen(lock: LockView, former: str) -> Message:
    """Return that somebody took over a lock, to who had it."""
    told = phrase(
        "🔒 {by}님이 {former}님의 잠금을 가져갔습니다: {what}", by=Bold(lock.by), former=Person(former), what=where(lock.service, lock.environment)
    )  # fmt: skip
    return Message(headline=told, blocks=(Paragraph((Text(lock.reason),)),) if lock.reason else (), tone="warning")


def frozen(service: str, environment: str, freeze: FreezeView, zone: tzinfo) -> Message:
    """Return that nothing goes there for now."""
    end = f" {cards.until(freeze.until, LANGUAGE, zone)}" if freeze.until else ""
    why = f" ({freeze.reason})" if freeze.reason else ""
    return Message(headline=phrase("❄️ {what}{topic}{end} 배포 중지 기간입니다{why}.", what=where(service, environment), topic=particle(environment, "은/는"), end=end, why=why), tone="warning")


def status(rows: Sequence[LaneRow], zone: tzinfo) -> Message:
    """Return what runs where."""
    return tables.status(rows, LANGUAGE, zone)


def queue(rows: Sequence[LaneRow], zone: tzinfo) -> Message:
    """Return what runs and what waits."""
    return tables.queue(rows, LANGUAGE, zone)


def history(past: Sequence[DeploymentView], zone: tzinfo) -> Message:
    """Return past deployments."""
    return tables.history(past, LANGUAGE, zone)


def subscribed(repository: str, events: Sequence[str], room: str) -> Message:
    """Return that a room is told about a repository."""
    which = ", ".join(events) or "기본으로 알리는 이벤트"
    return Message(headline=phrase("🔔 {room}에 {repo} 소식을 알립니다: {which}", room=room, repo=Bold(repository), which=which), tone="good")


def unsubscribed(repository: str, room: str) -> Message:
    """Return that a room is told no more about a repository."""
    return Message(headline=phrase("🔕 {room}에 {repo} 소식을 더는 알리지 않습니다.", room=room, repo=Bold(repository)))


def help_list(commands: Sequence[Command], mark: Mark) -> Message:
    """Return the commands that somebody may use, and how."""
    if not commands:
        return Message(headline=(Text("여기서 쓸 수 있는 명령이 없습니다. 관리자에게 역할을 요청하세요."),))
    rows = tuple((Code(command.usage(mark)), Text(f" {command.summary.ko}")) for command in commands)
    return Message(headline=(Text(f"사용 명령: {', '.join(_listed(commands, mark))}"),), blocks=(Bullets(rows),))


def help_for(command: Command, mark: Mark, *, may: bool, targets: Sequence[str] = (), who_could: Sequence[str] = ()) -> Message:
    """Return how one command is written, and where somebody may use it (``web-app → staging``) or who could."""
    arguments = tuple((Code(found.placeholder), Text(f" {found.label.ko}. {found.hint.ko}".rstrip())) for found in command.arguments)
    options = tuple((Code(found.option_placeholder), Text(f" {found.label.ko}. {found.hint.ko}".rstrip())) for found in command.options)
    blocks: list[Block] = [Paragraph((Text("사용법: "), Code(command.usage(mark))))]
    blocks += [Bullets((*arguments, *options))] if arguments or options else []
    blocks += [Paragraph((Text("예: "), Code(command.written(command.example, mark))))] if command.example else []
    if not may:
        who = f"할 수 있는 역할: {cards.names(who_could, LANGUAGE)}" if who_could else "할 수 있는 역할이 없습니다."
        blocks.append(Paragraph((Text(f"이 명령을 쓸 권한이 없습니다. {who}"),)))
    elif targets:
        blocks.append(Paragraph((Text(f"쓸 수 있는 곳: {cards.names(targets, LANGUAGE)}"),)))
    return Message(headline=(Bold(command.written(mark=mark)), Text(f" {command.summary.ko}")), blocks=tuple(blocks))


def who_can(words: str, roles: Sequence[tuple[str, Sequence[str]]]) -> Message:
    """Return which roles may do ``words``, and who holds each (roles that people hold of their own have no members here)."""
    if not roles:
        return Message(headline=phrase("{words}{object} 할 수 있는 역할이 없습니다.", words=Code(words), object=particle(words, "을/를")), tone="warning")
    rows = tuple((Bold(name), Text(f": {cards.names(members, LANGUAGE)}" if members else "")) for name, members in roles)
    return Message(headline=phrase("{words}{object} 할 수 있는 역할:", words=Code(words), object=particle(words, "을/를")), blocks=(Bullets(rows),))


def why(line: str, when: str, because: Message) -> Message:
    """Return that ``line`` (empty: what could not be read as one) was refused at ``when``, and ``because`` of what."""
    told = phrase("{line} 명령이 거절되었습니다 ({when}).", line=Code(line) if line else "입력하신", when=when)
    return Message(headline=told, blocks=(Paragraph(because.headline), *because.blocks))


def why_nothing() -> Message:
    """Return that nothing was refused."""
    return Message(headline=(Text("거절된 요청이 없습니다."),))


def mirrored(outcome: str, *, who: str, room: str, line: str, code: str = "") -> Message:
    """Return an act for the audit room; ``outcome`` is a key of ``OUTCOMES``."""
    told = phrase(OUTCOMES[outcome], who=Bold(who), room=room, line=Code(line))
    return Message(headline=(*told, *((Text(f" ({code})"),) if code else ())))


def written(usage: str) -> Message:
    """Return how a command is written, where no form can be opened for it."""
    return Message(headline=phrase("한 줄로 쓰세요: {usage}", usage=Code(usage)))


def _by(name: str) -> Rich:
    return (Text(" · "), Person(name), Text("님")) if name else ()



def _listed(commands: Sequence[Command], mark: Mark) -> list[str]:
    first = [command for command in commands if command.top_level] or list(commands)
    return [command.written(mark=mark) for command in first]
