"""Approve: a pipeline asks, people decide, and what was asked for on the answer is done by the machine that deploys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from leverframe.core.approvals import Policy
from leverframe.core.conversation import Place
from leverframe.core.deployments import Deployment, Rules
from leverframe.core.deployments.values import DAY_S
from leverframe.core.dispatches import Request, Unfit, is_project, prepare, too_much
from leverframe.core.errors import Refused
from leverframe.core.gates import NOTHING, UNNAMED, Act, Gate, Reference, act_dispatch
from leverframe.core.services import Environment
from leverframe.store import deployments, request_keys
from leverframe.work.interlocking import Interlocking, Turn

_FACTS = {"approval": "dep_0000000000000", "decision": "approved", "by": "가" * 100}
"""As large as what the hub adds to a payload on an answer."""
_ID = "dep_00000000000000-9999"
"""As long as what the hub adds to a workflow's inputs."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to have decided."""

    project: str
    environment: str = ""
    title: str
    text: str = ""
    links: Sequence[Reference] = ()
    policy: Policy = msgspec.field(default_factory=Policy)
    places: Sequence[Place] = ()
    """The rooms that are asked."""
    approve: Act = NOTHING
    """With ``payload`` as it was asked for; a secret is sealed here."""
    reject: Act = NOTHING
    requester: str | None = None
    """Actor whose own vote may not count; ``None``: nobody's is excluded."""
    by: str = ""
    """Who asked, for showing."""
    owner: str = ""
    """Whose name ``key`` is."""
    key: str | None = None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    deployment: Deployment
    repeated: bool = False


class Approver:
    """Asks. All else is the interlocking's: see there for what a turn is."""

    def __init__(self, interlocking: Interlocking) -> None:
        self._interlocking = interlocking
        self.begin, self.apply, self.finish, self.committed = interlocking.begin, interlocking.apply, interlocking.finish, interlocking.committed

    def ask(self, turn: Turn, question: Question) -> Opened:
        """Open the question, in a transaction that the caller began with :meth:`begin`; raises ``Refused`` for what could not be done on its answer."""
        if not is_project(question.project):
            raise Refused("dispatch_project_invalid", question.project[:200])
        key, content = None, b""
        if question.key is not None:
            key = request_keys.digest("approval", question.owner, question.key)
            content = request_keys.digest(repr(replace(question, key=None, approve=replace(question.approve, secret=""), reject=replace(question.reject, secret=""))))
            known = request_keys.made(turn.connection, key=key, content=content)
            if known is not None and (found := deployments.load(turn.connection, known)) is not None:
                return Opened(deployment=found, repeated=True)
        for act in (question.approve, question.reject):
            self._look(turn, question, act)
        seal = self._interlocking.seal
        approve, reject = (replace(act, secret=seal(act.secret)) if act.secret else act for act in (question.approve, question.reject))
        gate = Gate(
            title=question.title, text=question.text, links=tuple(question.links), environment=question.environment, approve=approve, reject=reject,
        )  # fmt: skip
        environment = Environment(
            service=question.project, name=question.environment or UNNAMED, runner=approve.runner, repository=question.project,
            rules=Rules(policy=question.policy, starts_for_s=DAY_S),
        )  # fmt: skip
        made = self._interlocking.ask(
            turn, environment, alone=True, gate=gate, dispatch=act_dispatch(approve, question.environment, Request(at=turn.now, by_name=question.by)),
            ref=approve.ref or None, by=question.requester, by_name=question.by, place=question.places[0] if question.places else None, places=tuple(question.places[1:]),
        )  # fmt: skip
        if key is not None:
            request_keys.keep(turn.connection, key=key, content=content, made=made.id, now=turn.now)
        return Opened(deployment=made)

    def _look(self, turn: Turn, question: Question, act: Act) -> None:
        """Raise ``Refused`` where what is to be done could not be: it is told now, not when people have decided."""
        if not self._interlocking.has(act.runner):
            raise Refused("github_token_missing")
        if act.deed == "repository_dispatch":
            payload: Mapping[str, Any] = json.loads(act.payload)
            fit = prepare(
                project=question.project, event_type=act.event_type, payload=payload, environment=question.environment, facts=_FACTS,
                request=Request(at=turn.now),
            )  # fmt: skip
            if isinstance(fit, Unfit):
                raise Refused(fit.code, fit.detail)
        if act.deed == "workflow_dispatch" and (unfit := too_much({**act.inputs, "correlation_id": _ID})) is not None:
            raise Refused(unfit.code, unfit.detail)
