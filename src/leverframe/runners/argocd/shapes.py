"""What the hub reads of an application.

https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/types.go
"""

from __future__ import annotations

from datetime import datetime

import msgspec

INFO = "leverframe"
"""The name under which an operation carries our id."""


class Info(msgspec.Struct, frozen=True):
    """One line that whoever asked for an operation wrote beside it."""

    name: str = ""
    value: str = ""


class Sync(msgspec.Struct, frozen=True):
    """What an operation is to bring about, or brought about."""

    revision: str = ""
    revisions: list[str] | None = None

    def of(self, source: int | None) -> str:
        """Return the revision; of an application with several sources that of ``source`` (from 1), or all."""
        if not self.revisions:
            return self.revision
        return self.revisions[source - 1] if source and source <= len(self.revisions) else ",".join(self.revisions)


class Operation(msgspec.Struct, frozen=True):
    """What was asked for."""

    sync: Sync = Sync()
    info: list[Info] | None = None

    def carries(self, correlation_id: str) -> bool:
        """Return whether it is the one that we asked for under this id."""
        return any(one.name == INFO and one.value == correlation_id for one in self.info or [])


class Resource(msgspec.Struct, frozen=True):
    """What became of one resource in a sync."""

    kind: str = ""
    name: str = ""
    status: str = ""
    message: str = ""


class SyncResult(Sync, frozen=True):
    """What a sync brought about."""

    resources: list[Resource] | None = None


class State(msgspec.Struct, frozen=True, rename="camel"):
    """How the last operation stands."""

    operation: Operation = Operation()
    phase: str = ""
    message: str = ""
    sync_result: SyncResult | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Health(msgspec.Struct, frozen=True):
    """Healthy, Progressing, Degraded, Suspended, Missing or Unknown."""

    status: str = ""
    message: str = ""


class Live(msgspec.Struct, frozen=True):
    """One resource as it stands in the cluster."""

    kind: str = ""
    name: str = ""
    health: Health | None = None


class Deployed(Sync, frozen=True):
    """One earlier sync."""

    id: int = -1


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """How the application stands."""

    operation_state: State | None = None
    health: Health = Health()
    reconciled_at: datetime | None = None
    history: list[Deployed] | None = None
    resources: list[Live] | None = None


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """Whose it is."""

    name: str
    namespace: str = ""


class Spec(msgspec.Struct, frozen=True):
    """What it is to be; only whether it has several sources matters."""

    sources: list[dict[str, object]] | None = None


class Application(msgspec.Struct, frozen=True):
    """An application. ``operation`` is there from the request until it has ended; the controller gives it a state when it begins."""

    metadata: Metadata
    spec: Spec = Spec()
    operation: Operation | None = None
    status: Status = Status()
