"""Deployments, what must happen next to them, approvals and locks."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

_OPEN = "state IN ('asked', 'waiting', 'queued', 'starting', 'running', 'unknown')"
_GOOD = "state = 'succeeded'"
_HOLDING = "state IN ('starting', 'running', 'unknown')"
deployments = sa.Table(
    "deployments", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is decided again"),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.deployments.Deployment"),
    sa.Column("family", sa.Text, nullable=False, server_default="deployment", comment="deployment or dispatch"),
    sa.Index("deployments_family", "family", "id"),
    sa.Index("deployments_where", "service", "environment", "id"),
    partial_index("deployments_good", "service", "environment", "changed_at", where=_GOOD),
    partial_index("deployments_open", "lane", "id", where=_OPEN),
    partial_index("deployments_holding", "lane", unique=True, where=_HOLDING),
)

lever_effects = sa.Table(
    "lever_effects", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deployment_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of the effect"),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, comment="the process that does it"),
    sa.Index("lever_effects_due", "due_at"),
    sa.Index("lever_effects_deployment", "deployment_id"),
    comment="what must happen next to a deployment, written in the transaction that decided it",
)

approvals = sa.Table(
    "approvals", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deployment_id", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.approvals.Approval"),
    sa.Index("approvals_deployment", "deployment_id", "id"),
)

locks = sa.Table(
    "locks", metadata,
    sa.Column("lane", sa.Text, primary_key=True),
    sa.Column("until", Instant, comment="NULL: until somebody unlocks it"),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false(), comment="whether those who wait were told that it is over"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.lanes.Lock"),
    sa.Index("locks_until", "until"),
)
