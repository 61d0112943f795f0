"""Security alerts and advisories: one shape over GitHub's several. The secret itself is never read, let alone shown."""

from __future__ import annotations

import msgspec

from leverframe.core import payload as reading
from leverframe.core.messages import Rich, Tone
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told, linked

_GRAVE = frozenset({"critical", "high", "error"})


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert is about."""

    it: Rich
    """Its title, leading to its page."""
    severity: str
    """``low``, ``medium``, ``high``, ``critical`` … or empty."""
    package: str
    place: str
    """File and line, or the manifest."""
    identifiers: str
    """CVE and GHSA numbers."""
    fixed_in: str
    """The first version without the flaw."""


def read_alert(told: Told) -> Alert:
    """Return the alert or advisory that the event is about, whatever its kind."""
    name = told.event.name
    key = name if name in ("repository_advisory", "security_advisory") else "alert"
    alert = reading.mapping(told.payload, key)
    advisory = reading.mapping(alert, "security_advisory") or alert
    flaw = reading.mapping(alert, "security_vulnerability") or next(iter(reading.items(advisory, "vulnerabilities")), {})
    package = (
        told.text(key, "dependency", "package", "name")
        or one_line(reading.text(flaw, "package", "name"))
        or told.text(key, "affected_package_name")
    )
    titles = (
        reading.text(advisory, "summary"), reading.text(alert, "rule", "description"), reading.text(alert, "rule", "name"),
        reading.text(alert, "secret_type_display_name"), reading.text(alert, "secret_type").replace("_", " "), package,
        reading.text(advisory, "ghsa_id"),
    )  # fmt: skip
    title = one_line(next((found for found in titles if found), "?"))
    severities = (
        reading.text(alert, "rule", "security_severity_level"), reading.text(alert, "rule", "severity"),
        reading.text(advisory, "severity"), reading.text(alert, "severity"),
    )  # fmt: skip
    place = one_line(reading.text(alert, "most_recent_instance", "location", "path") or reading.text(alert, "dependency", "manifest_path"))
    line = reading.number(alert, "most_recent_instance", "location", "start_line")
    identifiers = (reading.text(advisory, "cve_id"), reading.text(advisory, "ghsa_id"))
    # An advisory that GitHub tells to apps has no page of its own in the payload.
    reference = next((page for one in reading.items(advisory, "references") if (page := reading.web(one, "url"))), None)
    return Alert(
        it=linked(title, reading.web(alert, "html_url") or told.url or reference),
        severity=one_line(next((found for found in severities if found), "")).lower(),
        package=package,
        place=f"{place}:{line}" if place and line is not None else place,
        identifiers=one_line(", ".join(found for found in identifiers if found)),
        fixed_in=one_line(reading.text(flaw, "first_patched_version", "identifier")),
    )


def alert_tone(told: Told) -> Tone:
    """Return how much an alert calls for people: a leaked secret and a grave flaw are bad, a fixed one is good."""
    name = told.event.name
    match told.action:
        case "created" | "reopened" | "reopened_by_user" | "reintroduced" | "auto_reopened" | "appeared_in_branch" | "create" | "reopen":
            return "bad" if name == "secret_scanning_alert" or read_alert(told).severity in _GRAVE else "warning"
        case "publicly_leaked":
            return "bad"
        case "published" | "reported" | "validated":
            return "warning"
        case "fixed" | "resolve":
            return "good"
        case _:
            return "neutral"
