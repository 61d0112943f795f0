"""Gates: a question that a pipeline asks of people, and what is done on each answer. A gate is a deployment that is only a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from leverframe.core.approvals import Policy
from leverframe.core.dispatches import Dispatch, Request

Deed: TypeAlias = Literal["none", "repository_dispatch", "workflow_dispatch", "callback", "github_rule"]
"""``github_rule``: the answer goes to a deployment protection rule of GitHub's, which waits for it."""
Decision: TypeAlias = Literal["pending", "approved", "rejected", "expired", "cancelled"]
UNNAMED = "approval"
"""What stands for the environment of a gate that names none, in grants too."""
_RUNNERS: Mapping[Deed, str] = {
    "none": "answer", "repository_dispatch": "repository_dispatch", "workflow_dispatch": "github_actions", "callback": "callback", "github_rule": "github_rule",
}  # fmt: skip


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What is done on an answer."""

    deed: Deed = "none"
    event_type: str = ""
    payload: str = "{}"
    """Of a ``repository_dispatch``: the JSON object that was asked for."""
    workflow: str = ""
    ref: str = ""
    inputs: Mapping[str, str] = msgspec.field(default_factory=dict)
    url: str = ""
    """Of a ``callback`` or a ``github_rule``: where the answer goes."""
    secret: str = ""
    """Of a ``callback``: what it is signed with, sealed."""

    @property
    def runner(self) -> str:
        """What does it."""
        return _RUNNERS[self.deed]

    @property
    def target(self) -> dict[str, Any]:
        """What the runner is told beside the order."""
        match self.deed:
            case "workflow_dispatch":
                return {"workflow": self.workflow, "inputs": {"service": "", "env": "", "ref": "", "sha": ""}}
            case "callback" | "github_rule":
                return {"url": self.url}
            case _:
                return {}

    @property
    def parameters(self) -> dict[str, str]:
        """The runner's parameters; those that are sealed are opened for it."""
        return {"secret": self.secret} if self.deed == "callback" else dict(self.inputs)


NOTHING = Act()


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A link below the question."""

    label: str
    url: str


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What people are asked, and what follows."""

    title: str
    text: str = ""
    """What will happen."""
    links: tuple[Reference, ...] = ()
    environment: str = ""
    approve: Act = NOTHING
    reject: Act = NOTHING
    """Done when somebody says no, and when nobody says anything in time."""
    of: str = ""
    """Of what is done on a no: the gate (``dep_…``) that it follows from."""
    decision: Decision = "approved"
    """What the runner is told that was decided."""
    by: str = ""
    """Who decided, where it is not told by the votes."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """``[[github.gates]]``: who is asked when GitHub's environments wait for the hub's app."""

    repositories: tuple[str, ...]
    environments: tuple[str, ...] | None = None
    policy: Policy
    rooms: tuple[str, ...] = ()


def act_dispatch(act: Act, environment: str, request: Request) -> Dispatch | None:
    """Return what is sent on an answer, ``None`` where nothing is: its limits were looked at when it was asked for."""
    if act.deed != "repository_dispatch":
        return None
    made = Dispatch(event_type=act.event_type, payload=act.payload, environment=environment, requests=(request,))
    return replace(made, followed=made.marked)


def facts(gate: Gate, *, id: str, by: str) -> dict[str, str]:
    """Return what a workflow finds in the payload beside the rest: which gate, what was decided and by whom."""
    return {"approval": gate.of or id, "decision": gate.decision, "by": (gate.by or by)[:100]}
