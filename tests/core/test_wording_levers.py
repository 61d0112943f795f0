"""What is said about deployments, approvals, locks and commands, in both languages.

``LEVERFRAME_REWRITE_GOLDEN=1 pytest tests/core/test_wording_levers.py`` writes the golden files anew; the difference is then to be read.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from core.commands.team import wrong
from core.some_deployment import situations
from core.wording.stories import GOLDEN, LOCALES
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leverframe.core.commands.builtin import BUILT_IN, DEPLOY
from leverframe.core.deployments.effects import Alert, Noted
from leverframe.core.deployments.snapshot import snapshot
from leverframe.core.deployments.values import State
from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import Button, Buttons, Message, plain, plain_inline
from leverframe.core.wording import compose
from leverframe.core.wording.levers import DEPLOYMENT, LEVERS, Levers, en, ko
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import STATES, DeploymentView, FreezeView, LockView, view

SEOUL = ZoneInfo("Asia/Seoul")
ID = "dep_01h0000000001"
SNAPSHOT: Mapping[str, Any] = {
    "id": ID, "service": "web-app", "environment": "production", "lane": "web-app/production", "ref": "main",
    "sha": "6113728f27ae82c7b1a177c8d03f9e96e0adf246", "sha_url": "https://github.com/acme/web/commit/6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "requested_by": "ann", "runner": "ci", "requested_at": "2026-11-21T07:05:00Z", "parameters": {"replicas": "3"},
    "approvals_needed": 2, "votes": [{"name": "bob", "approves": True}], "approvers": ["release", "admin"],
    "changes": [
        {"title": "Cart keeps its items", "author": "ann", "number": 12, "url": "https://github.com/acme/web/pull/12"},
        {"title": "Bump openssl", "author": "renovate", "sha": "abcdef1234567"},
    ],
    "changes_total": 3, "changes_url": "https://github.com/acme/web/compare/a...b", "checks": {"state": "success"},
}  # fmt: skip
RUN = {"run_number": "42", "run_url": "https://ci.example.com/job/deploy/42/", "started_at": "2026-11-21T07:06:00Z"}
ENDED = {**RUN, "ended_at": "2026-11-21T07:08:05Z"}
STORIES: Mapping[str, Mapping[str, Any]] = {
    "asked": {"state": "asked"},
    "waiting": {"state": "waiting", "expires_at": "2026-11-21T11:05:00Z"},
    "waiting, locked and frozen, checks failing": {
        "state": "waiting", "checks": {"state": "failure", "failing": ["unit", "lint"]}, "lock": {"by": "cho", "reason": "DB migration", "until": "2026-11-21T09:00:00Z"},
        "freeze": {"reason": "weekend", "until": "2026-11-22T23:00:00Z"},
    },
    "queued": {"state": "queued", "place": 2, "expires_at": "2026-11-22T07:05:00Z"},
    "starting": {"state": "starting", "step": "waits for a free executor"},
    "running, second try": {"state": "running", **RUN, "step": "build 3/7", "try_number": 2, "tries": 3, "former_tries": [{"run_number": "41", "run_url": "https://ci.example.com/job/deploy/41/", "detail": "exit 1"}]},
    "running, waits there": {"state": "running", **RUN, "step": "waiting", "waits_there": True},
    "running, being cancelled": {"state": "running", **RUN, "cancelling_by": "bob", "trouble": "jenkins_unreachable"},
    "succeeded": {"state": "succeeded", **ENDED, "rollback_ref": "v1.4.2"},
    "failed": {
        "state": "failed", **ENDED, "code": "jenkins_job_unknown", "detail": "deploy/web-app", "log_tail": "Step 3\nError: exit 1", "can_retry": True, "rollback_ref": "v1.4.2",
        "try_number": 3, "tries": 3,
    },
    "cancelled": {"state": "cancelled", "ended_by": "ann", "ended_at": "2026-11-21T07:08:05Z"},
    "rejected": {"state": "cancelled", "code": "approval_rejected", "ended_by": "bob", "detail": "not on a Friday", "ended_at": "2026-11-21T07:08:05Z"},
    "expired": {"state": "expired", "ended_at": "2026-11-21T11:05:00Z"},
    "unknown": {"state": "unknown", **RUN},
    "rollback succeeded": {"state": "succeeded", "kind": "rollback", **ENDED, "behind": True, "reason": "carts are empty", "approvals_needed": 0, "votes": []},
    "without approval": {"state": "running", **RUN, "break_glass": True, "reason": "the shop is down", "approvals_needed": 0, "votes": []},
    "by itself": {"state": "running", **RUN, "requested_by": "", "cause": "push main", "environment": "staging", "approvals_needed": 0, "votes": []},
}  # fmt: skip
LOCK = LockView(service="web-app", environment="production", by="cho", reason="DB migration", until=datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def _view(name: str) -> DeploymentView:
    return view({**SNAPSHOT, **STORIES[name]})


def _gate() -> DeploymentView:
    """A pipeline's question that one of two has said yes to, and that starts a workflow."""
    return view({**SNAPSHOT, "state": "waiting", "kind": "gate", "title": "Release 1.2", "deed": "repository_dispatch"})


def _lanes() -> tuple[LaneRow, ...]:
    live, running, queued = _view("succeeded"), _view("running, second try"), _view("queued")
    return (
        LaneRow(service="web-app", environment="staging"),
        LaneRow(
            service="web-app", environment="production", live=live, active=running, waiting=(queued,), lock=LOCK,
            freeze=FreezeView(reason="weekend", until=datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
        ),
    )  # fmt: skip


ANSWERS: Mapping[str, Callable[[Levers], Message]] = {
    "asked": lambda say: say.asked("web-app", "staging"),
    "asked, a rollback": lambda say: say.asked("web-app", "staging", "rollback"),
    "vote counted": lambda say: say.vote_counted(_view("waiting")),
    "vote counted, of a gate": lambda say: say.vote_counted(_gate()),
    "vote that decides a gate": lambda say: say.vote_counted(replace(_gate(), approvals_needed=1)),
    "vote repeated": lambda say: say.vote_repeated(_view("waiting"), approves=True),
    "decided already": lambda say: say.decided_already(_view("rejected")),
    "cancel taken": lambda say: say.taken("cancel", _view("running, second try")),
    "denied": lambda say: say.denied("deploy web-app production", ("admin", "release")),
    "denied, nobody could": lambda say: say.denied("deploy web-app production"),
    "refused": lambda say: say.refused("jenkins_job_unknown", "deploy/web-app"),
    "refused, too often": lambda say: say.refused("too_often", wait_s=75),
    "mistaken": lambda say: say.mistaken(wrong("deploy staging web-app")),
    "mistaken, nothing to suggest": lambda say: say.mistaken(wrong("lock web-app production --for 90")),
    "mistaken, missing": lambda say: say.mistaken(wrong("deploy web-app")),
    "mistaken, no such command": lambda say: say.mistaken(wrong("xyzzy")),
    "alert, failed": lambda say: say.alert("failed", _view("failed")),
    "alert, unknown": lambda say: say.alert("unknown", _view("unknown")),
    "alert, without approval": lambda say: say.alert("glass_broken", _view("without approval"), by="ann"),
    "locked": lambda say: say.locked(LOCK, SEOUL),
    "locked without end": lambda say: say.locked(LockView(service="api", environment="production", by="cho"), SEOUL),
    "unlocked": lambda say: say.unlocked(LOCK, "cho"),
    "lock held": lambda say: say.lock_held(LOCK, SEOUL),
    "lock awaited": lambda say: say.lock_awaited(LOCK, 1),
    "lock freed": lambda say: say.lock_freed(LOCK, tell=("ann", "bob")),
    "lock stolen": lambda say: say.lock_stolen(LOCK, "ann"),
    "frozen": lambda say: say.frozen("web-app", "production", FreezeView(reason="weekend", until=datetime(2026, 11, 22, 23, 0, tzinfo=UTC)), SEOUL),
    "status": lambda say: say.status(_lanes(), SEOUL),
    "status, no service": lambda say: say.status((), SEOUL),
    "queue": lambda say: say.queue(_lanes(), SEOUL),
    "queue, empty": lambda say: say.queue((), SEOUL),
    "history": lambda say: say.history([_view(name) for name in ("succeeded", "failed", "rejected", "by itself")], SEOUL),
    "history, empty": lambda say: say.history((), SEOUL),
    "subscribed": lambda say: say.subscribed("acme/web", ("gollum", "push"), "#dev"),
    "subscribed to the default": lambda say: say.subscribed("acme/web", (), "#dev"),
    "unsubscribed": lambda say: say.unsubscribed("acme/web", "#dev"),
    "help": lambda say: say.help_list(tuple(BUILT_IN), "/"),
    "help in a thread": lambda say: say.help_list((DEPLOY,), "!"),
    "help, no grant": lambda say: say.help_list((), "/"),
    "help for deploy": lambda say: say.help_for(DEPLOY, "/", may=True, targets=("web-app → staging",)),
    "help for deploy, not allowed": lambda say: say.help_for(DEPLOY, "/", may=False, who_could=("admin",)),
    "who can": lambda say: say.who_can("deploy web-app production", (("admin", ()), ("release", ("slack:U0ANN", "github:octocat")))),
    "who can, nobody": lambda say: say.who_can("deploy web-app production", ()),
    "why, of no line": lambda say: say.why("", "2026-11-21 16:05 KST", say.refused("environment_unknown", "prod")),
    "why": lambda say: say.why("deploy web-app production", "2026-11-21 16:05 KST", say.denied("deploy web-app production", ("release",))),
    "why, nothing": lambda say: say.why_nothing(),
    "mirrored": lambda say: say.mirrored("done", who="ann", room="#ops", line="deploy web-app production"),
    "mirrored, refused": lambda say: say.mirrored("refused", who="eve", room="#ops", line="deploy web-app production", code="not_allowed"),
    "written": lambda say: say.written("!deploy SERVICE ENV [REF]"),
    **{f"note, {what}": (lambda say, what=what: say.note(what, _view("running, second try"), by="bob", detail="commit" if what == "approval_void" else "")) for what in en.NOTES},
}  # fmt: skip


def _whole(title: str, message: Message) -> str:
    return f"=== {title}\n{plain(message)}\n[{message.tone}]\n\n"


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_is_said_like_this(locale: Locale) -> None:
    """Every card and every answer gives exactly the words kept in the golden file of its language."""
    text = "".join(_whole(f"card, {name}", LEVERS[locale].deployment(_view(name), SEOUL)) for name in STORIES)
    text += "".join(_whole(name, answer(LEVERS[locale])) for name, answer in ANSWERS.items())
    path = GOLDEN / f"levers.{locale}.txt"
    if os.environ.get("LEVERFRAME_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_korean_is_as_teams_know_it() -> None:
    """The sentences that Korean ChatOps guides teach are said word for word."""
    staging = {**SNAPSHOT, "environment": "staging"}
    assert plain(ko.asked("web-app", "staging")) == "🚀 배포 요청: web-app → staging 처리 중..."
    assert plain_inline(ko.deployment(view({**staging, "state": "running"}), SEOUL).headline) == "🚀 배포 요청: web-app → staging 처리 중..."
    assert plain_inline(ko.deployment(_view("succeeded"), SEOUL).headline) == "✅ 배포 성공: web-app → production #42 (https://ci.example.com/job/deploy/42/)"
    assert plain_inline(ko.deployment(_view("failed"), SEOUL).headline) == "❌ 배포 실패: web-app → production #42 (https://ci.example.com/job/deploy/42/)"
    waiting = plain(ko.deployment(_view("waiting"), SEOUL)).splitlines()
    assert waiting[:2] == ["배포 승인 필요: web-app → production", "지금 승인하시겠습니까?"]
    assert "[승인]" in waiting
    assert plain_inline(ko.vote_counted(_view("waiting")).headline).startswith("👍 승인 완료: web-app → production")
    assert plain_inline(ko.help_list(tuple(BUILT_IN), "/").headline) == "사용 명령: /deploy, /status, /rollback"


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("asked", ["cancel"]), ("waiting", ["approve", "reject", "cancel"]), ("queued", ["cancel"]), ("starting", ["cancel"]),
        ("running", ["cancel"]), ("succeeded", []), ("failed", []), ("cancelled", []), ("expired", []), ("unknown", ["settle_ran", "settle_not"]),
    ],
)  # fmt: skip
def test_buttons_are_those_that_may_be_pressed(state: State, actions: list[str]) -> None:
    """A card in its end state has no button left that would be refused; each button carries the deployment's id."""
    for locale in LOCALES:
        buttons = _buttons(LEVERS[locale].deployment(view({**SNAPSHOT, "state": state}), SEOUL))
        assert [button.action for button in buttons] == actions
        assert {button.value for button in buttons} <= {ID}


def test_a_failed_deployment_offers_what_there_is() -> None:
    """Another try where one is possible, a rollback where there is something to go back to."""
    assert [button.action for button in _buttons(en.deployment(_view("failed"), SEOUL))] == ["retry", "rollback"]


def _buttons(message: Message) -> list[Button]:
    return [button for block in message.blocks if isinstance(block, Buttons) for button in block.buttons]


def _functions(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if inspect.isfunction(value) and value.__module__ == module.__name__}


def test_both_languages_have_the_same_functions_and_rows() -> None:
    """Whatever one language can say, the other can, and asks the same of who calls it."""
    english, korean = _functions(en), _functions(ko)
    assert {name: inspect.signature(value) for name, value in english.items()} == {name: inspect.signature(value) for name, value in korean.items()}
    assert {name for name in english if not name.startswith("_")} == {name for name in vars(Levers) if not name.startswith("_")}
    for table in ("HEADLINES", "WORDS", "NOTES", "ALERTS", "OUTCOMES"):
        rows, others = getattr(en, table), getattr(ko, table)
        assert rows.keys() == others.keys()
        assert list(rows) == list(others)
        for key, words in rows.items():
            assert set(re.findall(r"\{(\w+)\}", words)) == set(re.findall(r"\{(\w+)\}", others[key])), key
            assert re.search("[가-힣]", others[key]) or not re.search("[a-z]{2}", re.sub(r"\{\w+\}", "", words)), key


@pytest.mark.parametrize("step", ["Building", "Rolling out", "Checking health", "Waiting for a machine", "Waiting for Argo CD's controller"])
def test_what_the_hubs_own_runners_say_is_said_in_both_languages(step: str) -> None:
    """The steps of a demo in Korean were once in English; what another's runner says stays as it is."""
    running = {"state": "running", **RUN}
    english, korean = (plain(LEVERS[locale].deployment(view({**SNAPSHOT, **running, "step": step}), SEOUL)) for locale in LOCALES)
    assert step in english and step not in korean
    assert "Linting" in plain(LEVERS["ko"].deployment(view({**SNAPSHOT, **running, "step": "Linting"}), SEOUL))


def test_what_a_deployment_met_is_said_in_the_cards_language() -> None:
    """Under a Korean headline stood "no answer in time": the hub's own words are said in both, a runner's stay."""
    failed = {**SNAPSHOT, "state": "failed", "code": "http_runner_unreachable", "detail": "no connection in time", "former_tries": [{"detail": "no answer in time"}, {"detail": "exit status 2"}]}
    english, korean = (plain(LEVERS[locale].deployment(view(failed), SEOUL)) for locale in LOCALES)
    assert "no connection in time" in english and "no answer in time" in english
    assert "제때 연결하지 못함" in korean and "제때 응답이 없음" in korean and "exit status 2" in korean and "in time" not in korean
    assert "이름 조회가 제때 끝나지 않음" in plain(LEVERS["ko"].refused("host_unknown", "blog.example.com: no answer from the resolver in time"))


def test_every_state_has_its_words() -> None:
    """No state of the machine is without a headline, and nothing that it notes or alerts of without a sentence."""
    gates = {f"gate.{state}" for state in (*get_args(State), "rejected", "dead", "dropped")}
    assert set(en.HEADLINES) == {*get_args(State), "rejected", *gates}
    assert {note for note in en.NOTES if not note.startswith("gate.")} == set(get_args(Noted))
    assert {note.removeprefix("gate.") for note in en.NOTES if note.startswith("gate.")} <= set(get_args(Noted))
    assert set(en.ALERTS) == set(get_args(get_type_hints(Alert)["what"]))
    assert {key.removeprefix("state.") for key in en.WORDS if key.startswith("state.")} == set(STATES)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_hubs_own_event_is_worded_as_a_card(locale: Locale) -> None:
    """A deployment's event goes through the same door as any other; an event of that name from elsewhere is no card."""
    event = Event(
        id=1, source="hub", kind="hub", name=DEPLOYMENT, action=None, delivery_id="d", received_at=datetime(2026, 11, 21, 7, 5, tzinfo=UTC),
        repo=None, actor=None, subject=None, branches=None, labels=None, paths=None, conclusion=None, environment=None, url=None,
        payload={**SNAPSHOT, "state": "running"},
    )  # fmt: skip
    assert compose(event, locale, SEOUL) == LEVERS[locale].deployment(view({**SNAPSHOT, "state": "running"}), SEOUL)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8
)  # fmt: skip
FIELDS = sorted(DeploymentView.__struct_fields__)


@settings(max_examples=150, deadline=None)
@given(st.one_of(JSON, st.dictionaries(st.sampled_from(FIELDS), JSON), st.builds(lambda odd: {**SNAPSHOT, **odd}, st.dictionaries(st.sampled_from(FIELDS), JSON))))
def test_whatever_a_snapshot_holds_something_is_said(payload: Any) -> None:
    """A snapshot of another version, or a broken one, is told as far as it can be read, on one line, in both languages."""
    seen = view(payload)
    for locale in LOCALES:
        message = LEVERS[locale].deployment(seen, SEOUL)
        assert plain_inline(message.headline).strip() and "\n" not in plain_inline(message.headline)
        plain(message).encode()


def test_people_cannot_dress_their_words_up() -> None:
    """Controls, turned writing and addresses that no browser should open are gone before anything is said."""
    seen = view({**SNAPSHOT, "service": "web\u202eapp\n", "run_url": "javascript:alert(1)", "reason": "a\x1b[31mb", "requested_by": "an\0n"})
    assert (seen.service, seen.run_url, seen.requested_by) == ("webapp", None, "ann")
    assert "\x1b" not in seen.reason


@pytest.mark.parametrize("name", situations())
def test_what_the_machine_says_of_itself_is_read_whole(name: str) -> None:
    """Every key of a snapshot that a card shows has the name by which it is read, before and after it was JSON."""
    taken = snapshot(situations()[name])
    seen = view(taken)
    assert seen == view(json.loads(json.dumps(taken)))
    assert set(DeploymentView.__struct_fields__) <= taken.keys()
    assert (seen.id, seen.state, seen.kind, seen.service) == (taken["id"], taken["state"], taken["kind"], taken["service"])
    assert len(seen.votes) == len(taken["votes"]) and len(seen.changes) == len(taken["changes"]) and len(seen.former_tries) == len(taken["former_tries"])
    assert (seen.lock is None, seen.freeze is None, seen.checks is None) == (taken["lock"] is None, taken["freeze"] is None, taken["checks"] is None)
