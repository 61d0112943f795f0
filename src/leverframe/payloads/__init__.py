"""Payload formats: rooms that put an event into bytes for a payload URL, and prove them. Pure; they know nothing of each other."""

from __future__ import annotations

from collections.abc import Mapping

from leverframe.payloads.standard_webhooks import StandardWebhooks
from leverframe.payloads.yobi import Yobi
from leverframe.ports.payloads import Format

FORMATS: Mapping[str, Format] = {found.name: found for found in (Yobi(), StandardWebhooks())}
"""By name, in the order in which they are offered."""
