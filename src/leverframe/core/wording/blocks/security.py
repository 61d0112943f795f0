"""Below the headline: what an alert is about, and why somebody closed it."""

from __future__ import annotations

from leverframe.core.messages import Block, Code
from leverframe.core.wording.alerts import read_alert
from leverframe.core.wording.blocks.fields import fields, quote
from leverframe.core.wording.told import Told
from leverframe.core.wording.voice import Voice


def _alert(told: Told, voice: Voice) -> list[Block]:
    alert = read_alert(told)
    reason = told.text("alert", "dismissed_reason") or told.text("alert", "resolution") or told.text("alert", "dismiss_reason")
    validity = told.text("alert", "validity")
    comment = "resolution_comment" if told.event.name == "secret_scanning_alert" else "dismissed_comment"
    return [
        *quote(told, "alert", comment),
        *fields(
            voice,
            ("severity", voice.word(f"severity.{alert.severity}") if alert.severity else ""),
            ("package", alert.package),
            ("file", (Code(alert.place),) if alert.place else ()),
            ("identifiers", alert.identifiers),
            ("fixed_in", alert.fixed_in),
            ("validity", voice.word(f"validity.{validity}") if validity else ""),
            ("reason", voice.word("reason." + reason.replace(" ", "_").replace("'", "")) if reason else ""),
        ),
    ]


dependabot_alert = repository_vulnerability_alert = secret_scanning_alert = secret_scanning_alert_location = _alert
code_scanning_alert = repository_advisory = security_advisory = _alert
