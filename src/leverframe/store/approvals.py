"""Approvals: questions about deployments, each bound to what was shown."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.approvals import Approval, from_json, to_json
from leverframe.store.tables import approvals

PREFIX = "apr"


def add(connection: Connection, approval: Approval) -> None:
    """Keep a new question."""
    connection.execute(approvals.insert().values(
        id=ids.read(PREFIX, approval.id), deployment_id=ids.read("dep", approval.deployment), digest=approval.digest, result=approval.result,
        version=approval.version, document=to_json(approval),
    ))  # fmt: skip


def save(connection: Connection, approval: Approval) -> None:
    """Keep what became of a question; called where nobody else changes it (``store.deployments.alone``)."""
    connection.execute(
        approvals.update().where(approvals.c.id == ids.read(PREFIX, approval.id)).values(result=approval.result, version=approval.version, document=to_json(approval))
    )


def latest(connection: Connection, deployment: str, *, digest: str | None = None) -> Approval | None:
    """Return the last question about a deployment (``dep_…``), or the last one bound to ``digest``."""
    query = sa.select(approvals.c.document).where(approvals.c.deployment_id == ids.read("dep", deployment)).order_by(approvals.c.id.desc()).limit(1)
    if digest is not None:
        query = query.where(approvals.c.digest == digest)
    kept = connection.execute(query).scalar()
    return None if kept is None else from_json(kept)


def every(connection: Connection, deployment: str) -> list[Approval]:
    """Return all questions about a deployment (``dep_…``), the oldest first."""
    query = sa.select(approvals.c.document).where(approvals.c.deployment_id == ids.read("dep", deployment)).order_by(approvals.c.id)
    return [from_json(kept) for kept in connection.execute(query).scalars()]
