"""Payload formats: rooms that put an event into bytes for a payload URL, and prove them. Pure; they know nothing of each other."""

from __future__ import annotations

from collections.abc import Mapping

from leverframe.payloads.cloudevents import CloudEvents
from leverframe.payloads.github import GitHub
from leverframe.payloads.standard_webhooks import StandardWebhooks
from leverframe.payloads.text import HangoutText, PlainText, SlackText
from leverframe.payloads.yobi import Yobi
from leverframe.ports.payloads import Format

_ALL: tuple[Format, ...] = (Yobi(), GitHub(), StandardWebhooks(), CloudEvents(), PlainText(), SlackText(), HangoutText())
FORMATS: Mapping[str, Format] = {found.name: found for found in _ALL}
"""By name, in the order in which they are offered."""
