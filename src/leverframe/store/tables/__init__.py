"""Every table, a module for each part of the hub. ``migrations/`` brings an older database here; a test compares the two.

Instants are microseconds since 1970 in a ``BIGINT`` (:class:`Instant` gives aware UTC datetimes), the same on SQLite and
PostgreSQL. Identifiers are the numbers of ``core.ids``; what grows with time lands at the end of its tree.
"""

from __future__ import annotations

from leverframe.store.tables.cards import card_presses, posted_cards
from leverframe.store.tables.chats import chat_routes, inbox, install_states, installations, playground_messages
from leverframe.store.tables.columns import Instant, from_us, metadata, to_us
from leverframe.store.tables.content import content_changes, content_entries, content_looks, content_references
from leverframe.store.tables.events import attempts, bodies, cards, deliveries, destinations, events, label_waits, mutes, processes, routing
from leverframe.store.tables.github import hook_watches, recoveries
from leverframe.store.tables.levers import approvals, deployments, lever_effects, locks
from leverframe.store.tables.people import api_tokens, audit, audit_checkpoints, hook_tokens, invitations, people, sessions
from leverframe.store.tables.plugins import plugin_calls, plugin_memory
from leverframe.store.tables.requests import request_keys
from leverframe.store.tables.subscriptions import parked_keys, subscriptions
from leverframe.store.tables.teams import conversations

__all__ = [
    "Instant",
    "api_tokens",
    "approvals",
    "attempts",
    "audit",
    "audit_checkpoints",
    "bodies",
    "card_presses",
    "cards",
    "chat_routes",
    "content_changes",
    "content_entries",
    "content_looks",
    "content_references",
    "conversations",
    "deliveries",
    "deployments",
    "destinations",
    "events",
    "from_us",
    "hook_tokens",
    "hook_watches",
    "inbox",
    "install_states",
    "installations",
    "invitations",
    "label_waits",
    "lever_effects",
    "locks",
    "metadata",
    "mutes",
    "parked_keys",
    "people",
    "playground_messages",
    "plugin_calls",
    "plugin_memory",
    "posted_cards",
    "processes",
    "recoveries",
    "request_keys",
    "routing",
    "sessions",
    "subscriptions",
    "to_us",
]
