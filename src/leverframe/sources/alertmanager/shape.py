"""From a group of alerts to an event ``alert``, which GitHub has no word for: ``firing`` as long as one of them does, else ``resolved``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leverframe.core.payload import items, mapping, text, web
from leverframe.core.requests import clipped, digest_of, named

LISTED = 20


def action(payload: Mapping[str, Any]) -> str:
    """Return ``firing`` or ``resolved``."""
    return named(text(payload, "status")).lower() or "firing"


def repository(payload: Mapping[str, Any], label: str) -> str | None:
    """Return the repository that a label names, of all alerts or of the first."""
    alerts = items(payload, "alerts")
    found = text(payload, "commonLabels", label) or (text(alerts[0], "labels", label) if alerts else "")
    return clipped(found) if "/" in found else None


def shaped(payload: Mapping[str, Any], done: str | None, repo: str | None) -> dict[str, Any]:
    """Return the event's payload."""
    alerts, common = items(payload, "alerts"), mapping(payload, "commonLabels")
    first = alerts[0] if alerts else {}
    title = text(common, "alertname") or text(first, "labels", "alertname") or text(payload, "commonAnnotations", "summary") or text(payload, "receiver")
    # What fires again next month is another conversation: it has another beginning.
    began = min((moment for one in alerts if (moment := text(one, "startsAt"))), default="")
    found: dict[str, Any] = {
        "action": done,
        "alert": {
            "key": digest_of(text(payload, "groupKey").encode(), began.encode()), "title": title, "html_url": _page(first, payload),
            "severity": text(common, "severity") or text(first, "labels", "severity"), "summary": text(payload, "commonAnnotations", "summary"),
            "description": text(payload, "commonAnnotations", "description"), "runbook_url": web(payload, "commonAnnotations", "runbook_url"),
            "firing": sum(text(one, "status") == "firing" for one in alerts), "resolved": sum(text(one, "status") == "resolved" for one in alerts),
            "started_at": began or None, "labels": dict(common),
        },
        "alerts": [_alert(one, common) for one in alerts[:LISTED]],
        "environment": text(common, "environment") or text(common, "env") or None,
        "original": payload,
    }  # fmt: skip
    if repo:
        found["repository"] = {"full_name": repo, "name": repo.rpartition("/")[2]}
    return {key: value for key, value in found.items() if value is not None}


def _page(first: Mapping[str, Any], payload: Mapping[str, Any]) -> str | None:
    return web(first, "dashboardURL") or web(first, "generatorURL") or web(payload, "externalURL")


def _alert(told: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    """Return one alert: what is said of it, and the labels that set it apart."""
    labels = {name: text(told, "labels", name) for name in mapping(told, "labels")}
    return {
        "status": text(told, "status"), "summary": text(told, "annotations", "summary"), "description": text(told, "annotations", "description"),
        "own_labels": {name: value for name, value in labels.items() if value and common.get(name) != value}, "html_url": _page(told, {}),
        "started_at": text(told, "startsAt"),
    }  # fmt: skip
