"""Syncing applications of Argo CD, and waiting until they are healthy at our revision.

An application does one operation at a time and remembers the last one. Ours carries our id among its infos, by which it is
found again. Deployed is: the operation has succeeded, at our revision, and the application is healthy since it was looked at anew.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import ValidationError

from leverframe.core.log_tails import tail
from leverframe.core.trouble import Trouble
from leverframe.net import Outbound
from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Clock,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Run,
    Started,
    Unreachable,
)
from leverframe.runners.argocd.client import Client
from leverframe.runners.argocd.settings import Settings, Target
from leverframe.runners.argocd.shapes import INFO, Application, Deployed, State, Sync

HISTORY_ID = "history_id"
"""The parameter of an order that asks for a rollback to this entry of the application's history."""
DEGRADED_S = 60.0
"""So long after the sync an application may be degraded: what starts anew often is, for a moment."""
_SKEW = timedelta(seconds=30)
"""So much the clocks of the hub and of the cluster may differ."""
_TERMINATED = "Operation terminated"


class ArgoCdRunner:
    """Syncs of one Argo CD. Satisfies ``ports.Runner``."""

    kind = "argocd"
    poll_every_s = 3.0

    def __init__(self, name: str, settings: Settings, outbound: Outbound, clock: Clock) -> None:
        """``name`` is the runner's key in the configuration; ``outbound`` is shared and stays its owner's to close."""
        self.name = name
        self._client, self._clock = Client(settings, outbound), clock

    def __repr__(self) -> str:
        return f"ArgoCdRunner({self.name!r})"

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Sync the application, or roll it back where the order has ``history_id`` among its parameters.

        Argo CD has no parameters: the order's are written beside the operation, for people. The application is read first, so that
        what cannot be is told before anything is asked for; an operation that carries our id is not asked for again.
        """
        try:
            target = _target(order)
            application = await self._client.application(target)
            verb, asked = _asked(order, target, application)
        except Trouble as trouble:
            return _not_started(trouble)
        if (begun := _carrying(order, application)) is not None:
            return Started(run=self._run(order, target, application, begun))
        if application.operation is not None:
            return _not_started(Trouble("argocd_operation_in_progress", target.application, passing=True))
        try:
            application = await self._client.ask(target, verb, asked)
        except Trouble as trouble:
            return Lost(code=trouble.code, detail=trouble.detail) if trouble.happened else _not_started(trouble)
        if application.operation is None:
            return Lost(code="argocd_answer_invalid", detail="no operation")
        return Started(run=self._run(order, target, application, application.operation.sync))

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for our id on the operation that goes on and on the last one; never sure, as only the last one is remembered.

        A rollback carries no id (the API takes none): one to the same revision, begun since it was ordered, is taken for ours.
        """
        try:
            target = _target(order)
            application = await self._client.application(target)
            sync = _carrying(order, application) or _rolling_back(order, target, application)
        except Trouble as trouble:
            return _unreachable(trouble)
        return Absent(sure=False) if sync is None else Found(run=self._run(order, target, application, sync))

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the operation stands and, once it succeeded, the application's health."""
        named, _, revision = run.id.partition("@")
        try:
            target = _target(order)
            if named != order.correlation_id:
                return Absent(sure=False)
            application = await self._client.application(target)
        except Trouble as trouble:
            return _unreachable(trouble)
        state = application.status.operation_state
        pending = application.operation
        if pending is not None and (state is None or state.phase not in ("Running", "Terminating")):
            ours = pending.carries(order.correlation_id) or pending.sync.of(target.source) == revision
            return Going(run=run, step="Waiting for Argo CD's controller", waiting=True) if ours else Absent(sure=False)
        # After ours, auto-sync or a person may have synced to the same revision again: the same is wanted.
        if state is None or not (state.operation.carries(order.correlation_id) or state.operation.sync.of(target.source) == revision):
            return Absent(sure=False)
        match state.phase:
            case "Running" | "Terminating":
                step = state.message or state.phase
                return Going(run=run, step=step, waiting=step.startswith("waiting for"))
            case "Succeeded":
                return self._healthy(run, revision, target, application, state)
            case "Failed" | "Error" if state.message.startswith(_TERMINATED):
                return Finished(run=run, result="cancelled", detail=state.message)
            case "Failed" | "Error":
                return Finished(run=run, result="failed", detail=state.message or state.phase, log_tail=_failed_resources(state))
            case phase:
                return Unreachable(code="argocd_answer_invalid", detail=f"phase {phase}"[:100])

    def _healthy(self, run: Run, revision: str, target: Target, application: Application, state: State) -> Going | Finished:
        synced = state.sync_result.of(target.source) if state.sync_result else ""
        if synced != revision:
            return Finished(run=run, result="failed", detail=f"synced to {synced or 'nothing'} and not to {revision}")
        status, finished_at = application.status, state.finished_at
        if finished_at is None or status.reconciled_at is None or status.reconciled_at < finished_at:
            return Going(run=run, step="Checking health")  # what is known of the health is from before the sync
        health = status.health
        match health.status:
            case "Healthy":
                return Finished(run=run, result="succeeded")
            case "Degraded" if (self._clock.now() - finished_at).total_seconds() >= DEGRADED_S:
                return Finished(run=run, result="failed", detail=f"Degraded{': ' if health.message else ''}{health.message}", log_tail=_degraded(application))
            case other:
                return Going(run=run, step=f"{other or 'Unknown'}{': ' if health.message else ''}{health.message}", waiting=other == "Suspended")

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Terminate the operation while it goes on. Afterwards there is nothing to terminate: what was synced stays."""
        stands = await self.poll(order, run)
        match stands:
            case Finished():
                return CancelRefused(code="run_ended", detail=stands.detail)
            case Absent():
                return CancelRefused(code="argocd_operation_unknown", detail=run.id)
            case Unreachable():
                return stands
            case Going():
                pass
        try:
            target = _target(order)
            application = await self._client.application(target)
            if application.operation is None:
                return CancelRefused(code="argocd_sync_done", detail=target.application)
            await self._client.terminate(target)
        except Trouble as trouble:
            if trouble.happened or trouble.passing:
                return _unreachable(trouble)
            return CancelRefused(code=trouble.code, detail=trouble.detail)
        return CancelTaken()

    async def close(self) -> None:
        """Nothing is held: the connections are ``outbound``'s."""

    def _run(self, order: Order, target: Target, application: Application, sync: Sync) -> Run:
        namespace = application.metadata.namespace
        url = f"{self._client.url}/applications/{namespace}{'/' if namespace else ''}{target.application}"
        return Run(id=f"{order.correlation_id}@{sync.of(target.source)}", url=url)


def _target(order: Order) -> Target:
    try:
        return Target.model_validate(dict(order.target))
    except ValidationError as error:  # kept from before the configuration was changed
        raise Trouble("runner_target_invalid", "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())) from None


def _asked(order: Order, target: Target, application: Application) -> tuple[str, dict[str, object]]:
    """Return the operation to ask for. Raises :class:`Trouble` for what Argo CD could only misunderstand."""
    if HISTORY_ID in order.parameters:
        entry = _entry(order, application)
        if entry is None:
            raise Trouble("argocd_history_unknown", f"{target.application}: {order.parameters[HISTORY_ID]}")
        return "rollback", {"id": entry.id, "prune": target.prune}
    written = {**order.parameters, "service": order.service, "environment": order.environment, "ref": order.ref, INFO: order.correlation_id}
    asked: dict[str, object] = {"prune": target.prune, "infos": [{"name": name, "value": value} for name, value in written.items()]}
    sources = len(application.spec.sources or [])
    if target.revision == "target":
        return "sync", asked
    if sources and (target.source is None or target.source > sources):
        raise Trouble("argocd_source_missing", f"{target.application} has {sources} sources")
    if sources:
        return "sync", {**asked, "revisions": [order.sha], "sourcePositions": [target.source]}
    return "sync", {**asked, "revision": order.sha}


def _carrying(order: Order, application: Application) -> Sync | None:
    """Return what the operation that carries our id is to bring about: the one that goes on, or the last one."""
    state = application.status.operation_state
    for operation in (application.operation, state.operation if state else None):
        if operation is not None and operation.carries(order.correlation_id):
            return operation.sync
    return None


def _rolling_back(order: Order, target: Target, application: Application) -> Sync | None:
    """Return the rollback that was ordered: an operation of the API's, begun since, to the revision of that entry of the history."""
    entry, state = _entry(order, application), application.status.operation_state
    begun = state is not None and state.started_at and order.ordered_at and state.started_at >= order.ordered_at - _SKEW
    for operation in (application.operation, state.operation if state and begun else None):
        if entry and operation and not operation.info and operation.sync.of(target.source) == entry.of(target.source):
            return operation.sync
    return None


def _entry(order: Order, application: Application) -> Deployed | None:
    return next((one for one in application.status.history or [] if str(one.id) == order.parameters.get(HISTORY_ID)), None)


def _failed_resources(state: State) -> str:
    resources = state.sync_result.resources if state.sync_result else None
    return tail("\n".join(f"{one.kind}/{one.name}: {one.message}" for one in resources or [] if one.status == "SyncFailed"))


def _degraded(application: Application) -> str:
    found = [(one, one.health) for one in application.status.resources or [] if one.health and one.health.status == "Degraded"]
    return tail("\n".join(f"{one.kind}/{one.name}: {health.message or health.status}" for one, health in found))


def _not_started(trouble: Trouble) -> NotStarted:
    return NotStarted(code=trouble.code, detail=trouble.detail, again=trouble.passing, after_s=trouble.after_s)


def _unreachable(trouble: Trouble) -> Unreachable:
    return Unreachable(code=trouble.code, detail=trouble.detail, after_s=trouble.after_s)
