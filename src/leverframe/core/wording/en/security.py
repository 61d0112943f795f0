"""English: alerts and advisories. A new one is told without an actor, for a scanner found it; a person's decision is told with theirs."""

from __future__ import annotations

from leverframe.core.messages import Rich
from leverframe.core.wording.alerts import read_alert
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import addressed, inside, subject
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told


def _alert(told: Told, templates: dict[str, str], noun: str) -> Rich:
    """Return the sentence of ``templates`` for the action."""
    template = templates.get(told.action)
    if template is None:
        return general(told)
    alert = read_alert(told)
    return phrase(
        template,
        who=subject(told), noun=noun, it=alert.it, inside=inside(told), severity=f" ({alert.severity})" if alert.severity else "",
        whom=addressed(told.person("assignee")),
    )  # fmt: skip


_DEPENDABOT = {
    "auto_dismissed": "{noun} dismissed by a rule{inside}: {it}",
    "auto_reopened": "⚠️ {noun} reopened by a rule{inside}: {it}{severity}",
    "created": "🔒 New {noun}{inside}: {it}{severity}",
    "dismissed": "{who} dismissed a {noun}{inside}: {it}",
    "fixed": "✅ {noun} fixed{inside}: {it}",
    "reintroduced": "⚠️ {noun} is back{inside}: {it}{severity}",
    "reopened": "⚠️ {who} reopened a {noun}{inside}: {it}{severity}",
}


def dependabot_alert(told: Told) -> Rich:
    return _alert(told, _DEPENDABOT, "Dependabot alert")


_VULNERABILITY = {
    "create": "🔒 New {noun}{inside}: {it}{severity}",
    "dismiss": "{who} dismissed a {noun}{inside}: {it}",
    "reopen": "⚠️ {who} reopened a {noun}{inside}: {it}{severity}",
    "resolve": "✅ {noun} resolved{inside}: {it}",
}


def repository_vulnerability_alert(told: Told) -> Rich:
    return _alert(told, _VULNERABILITY, "Dependabot alert")


_SECRET = {
    "assigned": "{who} assigned a {noun}{inside} to {whom}: {it}",
    "created": "🔒 New {noun}{inside}: {it}",
    "publicly_leaked": "🔒 A secret{inside} has leaked in public: {it}",
    "reopened": "⚠️ {who} reopened a {noun}{inside}: {it}",
    "resolved": "{who} resolved a {noun}{inside}: {it}",
    "unassigned": "{who} unassigned {whom} from a {noun}{inside}: {it}",
    "validated": "The validity of a found secret{inside} was checked: {it}",
}


def secret_scanning_alert(told: Told) -> Rich:
    return _alert(told, _SECRET, "secret scanning alert")


def secret_scanning_alert_location(told: Told) -> Rich:
    return _alert(told, {"created": "🔒 A known secret was found in one more place{inside}: {it}"}, "")


def secret_scanning_scan(told: Told) -> Rich:
    kind = told.text("type").replace("_", " ")
    if told.action != "completed":
        return general(told)
    return phrase("Secret scan{kind} completed{inside}", kind=f" ({kind})" if kind else "", inside=inside(told))


_CODE = {
    "appeared_in_branch": "⚠️ {noun} appeared in one more branch{inside}: {it}{severity}",
    "closed_by_user": "{who} dismissed a {noun}{inside}: {it}",
    "created": "🔒 New {noun}{inside}: {it}{severity}",
    "fixed": "✅ {noun} fixed{inside}: {it}",
    "reopened": "⚠️ {noun} is back{inside}: {it}{severity}",
    "reopened_by_user": "⚠️ {who} reopened a {noun}{inside}: {it}{severity}",
}


def code_scanning_alert(told: Told) -> Rich:
    begins = told.action in ("appeared_in_branch", "fixed", "reopened")
    return _alert(told, _CODE, "Code scanning alert" if begins else "code scanning alert")


_ADVISORY = {
    "published": "🔒 Security advisory published{inside}: {it}{severity}",
    "reported": "🔒 {who} reported a vulnerability{inside}: {it}{severity}",
    "updated": "Security advisory updated{inside}: {it}{severity}",
    "withdrawn": "Security advisory withdrawn{inside}: {it}",
}


def repository_advisory(told: Told) -> Rich:
    return _alert(told, _ADVISORY, "")


def security_advisory(told: Told) -> Rich:
    return _alert(told, _ADVISORY, "")


def security_and_analysis(told: Told) -> Rich:
    return phrase("{who} changed the security settings{inside}", who=subject(told), inside=inside(told, " of "))
