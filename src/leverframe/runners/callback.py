"""The answer of a gate, sent to whoever asked: signed by Standard Webhooks, at least once, under an id that stays the same.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from leverframe.core.json_objects import written
from leverframe.core.runs import Lost, NotStarted, Started
from leverframe.core.signing import standard_headers
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock, Order, Telling

_AGAIN = frozenset({408, 409, 423, 425, 429})
"""Refusals that may pass by themselves; a 5xx may too."""
_CAP = 4_096


class Callback(Telling):
    """Sends it until it is taken. Satisfies ``ports.Runner``.

    A receiver may hear twice: its answer was lost, or it answered with an error after all. The id is the same each time.
    """

    name = kind = "callback"

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """``outbound`` guards addresses that came by request; it stays its owner's."""
        self._outbound, self._clock = outbound, clock

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Send it, once. Whatever is no 2xx is sent again later; what the receiver refuses for good is not."""
        said = dict(order.payload or {})
        body = written({"type": f"approval.{said.get('decision', '')}", "timestamp": said.get("decided_at", ""), "data": said})
        headers = {"Content-Type": "application/json", **standard_headers([order.parameters.get("secret", "")], order.correlation_id, self._clock.now(), body)}
        try:
            answer = await self._outbound.send("POST", str(order.target.get("url", "")), headers, body, cap=_CAP)
        except NotSent as error:
            code = getattr(error, "code", None)  # the guard's: it would be refused again
            return NotStarted(code=code or "callback_unreachable", detail=error.reason, again=code is None)
        if 200 <= answer.status < 300:
            return Started(run=None, ends=True)
        again = answer.status >= 500 or answer.status in _AGAIN
        return NotStarted(code="callback_refused", detail=f"HTTP {answer.status}", again=again, after_s=answer.retry_after_s)
