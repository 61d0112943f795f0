"""``kind = "http"``: a service of the operator's own that starts deployments when it is asked to. ``docs/how-to/runners.md`` has its side.

What is asked for is signed in the way of Standard Webhooks (https://www.standardwebhooks.com), by an id that stays the same over
repetitions. Only the addresses of the configuration are called, none that an answer names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, assert_never
from urllib.parse import urlencode

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from leverframe.core.log_tails import tail
from leverframe.core.signing import sign_standard_webhook, standard_webhook_key
from leverframe.core.trouble import Trouble
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent, Outbound
from leverframe.ports import (
    Absent,
    CancelRefused,
    CancelTaken,
    Clock,
    Finished,
    Found,
    Going,
    Lost,
    NotStarted,
    Order,
    Run,
    Started,
    Unreachable,
)
from leverframe.secrets import Secret

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
_ENDS = ("succeeded", "failed", "cancelled")
_CAP = 1_048_576
"""Bytes of an answer that are read: a state with a log."""
_ANSWERED = "answered/"
_URL = r"^https?://[^/?#@\s]+(/[^#\s]*)?$"


def _signs(secret: Secret) -> Secret:
    standard_webhook_key(secret.reveal())
    return secret


class Settings(BaseModel):
    """A service that starts deployments when it is asked to by HTTP."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    kind: Literal["http"] = "http"
    url: str = Field(pattern=_URL, description="Where a deployment is asked for by POST.")
    status_url: str | None = Field(
        None, pattern=_URL, description="Where to ask by GET how it stands, with `?id=` and the correlation id. Without it, a 2xx to the POST means that the deployment is done."
    )
    cancel_url: str | None = Field(None, pattern=_URL, description="Where a deployment is ended by POST.")
    token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    secret: Annotated[Secret, AfterValidator(_signs)] | None = Field(
        None, description="Requests are signed with it in the way of Standard Webhooks; `whsec_` and base64, or any text."
    )


class Target(BaseModel):
    """An environment that is deployed by a service of the operator's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(None, pattern=_URL, description="Another address for this environment's deployments than the runner's `url`.")


class _Said(msgspec.Struct, frozen=True):
    """What the service says of a deployment, in the answer to the POST and at ``status_url``."""

    id: str | int | None = None
    url: str | None = None
    state: State | None = None
    step: str = ""
    log: str = ""


class HttpRunner:
    """Deployments by a service of the operator's own. Satisfies ``ports.Runner``."""

    kind = "http"
    poll_every_s = 3.0

    def __init__(self, name: str, settings: Settings, outbound: Outbound, clock: Clock) -> None:
        """``name`` is the runner's key in the configuration; ``outbound`` is shared and stays its owner's to close."""
        self.name = name
        self._settings, self._outbound, self._clock = settings, outbound, clock
        self._key = standard_webhook_key(settings.secret.reveal()) if settings.secret else None

    def __repr__(self) -> str:
        return f"HttpRunner({self.name!r})"

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Ask for the deployment, once. A 2xx with JSON or nothing in it is a yes; a page is nobody's yes."""
        try:
            url = _target(order).url or self._settings.url
            answer = await self._post(url, order.correlation_id, {
                "correlation_id": order.correlation_id, "service": order.service, "environment": order.environment, "repository": order.repository,
                "ref": order.ref, "sha": order.sha, "parameters": dict(order.parameters),
            })  # fmt: skip
            return Started(run=self._run(order, _read(answer)))
        except Trouble as trouble:
            if trouble.happened:
                return Lost(code=trouble.code, detail=trouble.detail)
            return NotStarted(code=trouble.code, detail=trouble.detail, again=trouble.passing, after_s=trouble.after_s)

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Ask ``status_url`` for the correlation id. Without it, and where the service knows nothing, the absence is never sure."""
        try:
            said = await self._status(order)
        except Trouble as trouble:
            return _unreachable(trouble)
        return Absent(sure=False) if said is None else Found(run=self._run(order, said))

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Ask ``status_url`` how it stands; without it, what the answer to the start said is all there is."""
        if self._settings.status_url is None:
            return _answered(order, run)
        try:
            said = await self._status(order)
        except Trouble as trouble:
            return _unreachable(trouble)
        if said is None:
            return Absent(sure=False)
        run = self._run(order, said)
        match said.state:
            case "queued" | "running" | None:
                return Going(run=run, step=said.step, waiting=said.state == "queued")
            case "succeeded" | "cancelled" as result:
                return Finished(run=run, result=result, detail=said.step if result == "cancelled" else "", log_tail=tail(said.log))
            case "failed":
                return Finished(run=run, result="failed", detail=said.step, log_tail=tail(said.log))
            case _:
                assert_never(said.state)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask ``cancel_url`` to end it, unless it has ended."""
        match await self.poll(order, run):
            case Finished():
                return CancelRefused(code="run_ended")
            case Absent():
                return CancelRefused(code="http_runner_run_unknown", detail=order.correlation_id)
            case Unreachable() as unreachable:
                return unreachable
            case Going():
                pass
        if self._settings.cancel_url is None:
            return CancelRefused(code="http_runner_cancel_unsupported", detail=self.name)
        try:
            asked = {"correlation_id": order.correlation_id, "service": order.service, "environment": order.environment}
            answer = await self._post(self._settings.cancel_url, f"{order.correlation_id}-cancel", asked)
            if answer.status == 409:
                return CancelRefused(code="run_ended")
            _read(answer)
        except Trouble as trouble:
            if trouble.happened or trouble.passing:
                return _unreachable(trouble)
            return CancelRefused(code=trouble.code, detail=trouble.detail)
        return CancelTaken()

    async def close(self) -> None:
        """Nothing is held: the connections are ``outbound``'s."""

    async def _status(self, order: Order) -> _Said | None:
        """Return what the service says of the order; ``None`` where it knows nothing of it (404), or is not to be asked."""
        url = self._settings.status_url
        if url is None:
            return None
        url += ("&" if "?" in url else "?") + urlencode({"id": order.correlation_id})
        try:
            answer = await self._outbound.get(url, self._headers(f"{order.correlation_id}-status", b""), cap=_CAP)
        except NotSent as error:
            raise _unsent(error) from None
        if answer.status == 404:
            return None
        if answer.status == 200 and not answer.body.strip():
            raise Trouble("http_runner_answer_invalid", "HTTP 200 without a body", passing=True)
        return _read(answer)

    async def _post(self, url: str, id: str, said: Mapping[str, object]) -> Answer:
        try:
            body = msgspec.json.encode(said)
        except UnicodeEncodeError:
            raise Trouble("http_runner_refused", "the order holds what is no text") from None
        try:
            headers = {**self._headers(id, body), "Content-Type": "application/json"}
            return await self._outbound.send("POST", url, headers, body, cap=_CAP, fresh=True)
        except NotSent as error:
            raise _unsent(error) from None

    def _headers(self, id: str, body: bytes) -> dict[str, str]:
        id = id.replace(".", "-")  # what is signed is divided by full stops
        headers = {"Accept": "application/json", "Idempotency-Key": id}
        if self._settings.token is not None:
            headers["Authorization"] = f"Bearer {self._settings.token.reveal()}"
        if self._key is not None:
            headers |= sign_standard_webhook([self._key], id, int(self._clock.now().timestamp()), body)
        return headers

    def _run(self, order: Order, said: _Said) -> Run:
        number = None if said.id is None else str(said.id)[:60]
        url = said.url if said.url and said.url.startswith(("http://", "https://")) and len(said.url) < 2000 else None
        if self._settings.status_url is not None:
            return Run(id=order.correlation_id, number=number, url=url)
        # Nobody can be asked later: what the answer said is kept in the run's name. No word of a state is a yes.
        state = said.state if said.state in _ENDS else "succeeded"
        return Run(id=f"{_ANSWERED}{state}/{order.correlation_id}", number=number, url=url)


def _answered(order: Order, run: Run) -> Finished | Absent:
    """Return what the answer to the start said, which is all that is ever known without ``status_url``."""
    match run.id.removeprefix(_ANSWERED).partition("/") if run.id.startswith(_ANSWERED) else None:
        case ("succeeded" | "failed" | "cancelled") as state, _, order.correlation_id:
            return Finished(run=run, result=state, detail="the answer said so" if state == "failed" else "")
        case _:
            return Absent(sure=False)


def _target(order: Order) -> Target:
    try:
        return Target.model_validate(dict(order.target))
    except ValidationError as error:  # kept from before the configuration was changed
        raise Trouble("runner_target_invalid", "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())) from None


def _read(answer: Answer) -> _Said:
    """Return what a 2xx says; nothing in it says nothing. Raises :class:`Trouble` for everything else, also for a page that a proxy made."""
    if not 200 <= answer.status < 300:
        raise _trouble(answer)
    if not answer.body.strip():
        return _Said()
    try:
        return decoder(_Said)(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        what = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        raise Trouble("http_runner_answer_invalid", f"HTTP {answer.status}: {what}", happened=True, passing=True) from None


def _trouble(answer: Answer) -> Trouble:
    status, detail = answer.status, f"HTTP {answer.status}{_reason(answer)}"
    match status:
        case 401 | 403:
            return Trouble("http_runner_credentials_refused", detail)
        case 404 | 405 | 410:
            return Trouble("http_runner_address_unknown", detail)
        case 429:
            return Trouble("http_runner_rate_limited", detail, passing=True, after_s=answer.retry_after_s)
        case _ if 300 <= status < 400:
            return Trouble("http_runner_redirected", f"HTTP {status} to {answer.headers.get('location', '').partition('?')[0]}")
        case _ if status >= 500:
            return Trouble("http_runner_unavailable", detail, happened=True, passing=True, after_s=answer.retry_after_s)
        case _:
            return Trouble("http_runner_refused", detail)


def _reason(answer: Answer) -> str:
    """Return the service's own words: ``detail``, ``error`` or ``message`` of its JSON (RFC 9457 has the first)."""
    try:
        said = decoder(dict[str, object])(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""  # a page for people says nothing that the status does not
    found = next((said[key] for key in ("detail", "error", "message") if isinstance(said.get(key), str)), "")
    return f": {found}" if found else ""


def _unsent(error: NotSent) -> Trouble:
    if error.surely:
        return Trouble("http_runner_unreachable", error.reason, passing=True)
    return Trouble("http_runner_answer_lost", error.reason, happened=True, passing=True)


def _unreachable(trouble: Trouble) -> Unreachable:
    return Unreachable(code=trouble.code, detail=trouble.detail, after_s=trouble.after_s)
