"""Asking an Argo CD, and what each refusal means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from leverframe.core.trouble import Trouble
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent, Outbound
from leverframe.runners.argocd.settings import Settings, Target
from leverframe.runners.argocd.shapes import Application

_CAP = 16_777_216
"""Bytes of an application that are read: it lists every resource and the last ten syncs with their sources."""

_Shape = TypeVar("_Shape")


class _Error(msgspec.Struct, frozen=True):
    """grpc-gateway's words for an error. https://google.aip.dev/193 has the codes."""

    message: str = ""
    error: str = ""
    code: int = 0


class Client:
    """One Argo CD. Every call raises :class:`Trouble` for an answer that is an error, or none."""

    def __init__(self, settings: Settings, outbound: Outbound) -> None:
        self.url = settings.url.rstrip("/")
        self._outbound = outbound
        # Argo CD takes what changes something only as JSON, also where there is no body (server.go, enforceContentTypes).
        self._headers = {"Authorization": f"Bearer {settings.token.reveal()}", "Content-Type": "application/json"}

    async def application(self, target: Target) -> Application:
        """Return how the application stands; with ``project`` a 404 is an unknown application and not a missing permission."""
        try:
            answer = await self._outbound.get(self._address(target, "", query=True), self._headers, cap=_CAP)
        except NotSent as error:
            raise _unsent(error) from None
        return _read(answer, target)

    async def ask(self, target: Target, verb: str, asked: Mapping[str, object]) -> Application:
        """Ask for an operation (``sync``, ``rollback``) and return the application, which carries it from then on."""
        identity = {"name": target.application, "project": target.project, "appNamespace": target.namespace}
        try:
            body = msgspec.json.encode({**{key: value for key, value in identity.items() if value is not None}, **asked})
        except UnicodeEncodeError:
            raise Trouble("argocd_refused", "the order holds what is no text") from None
        try:
            answer = await self._outbound.send("POST", self._address(target, f"/{verb}"), self._headers, body, cap=_CAP, fresh=True)
        except NotSent as error:
            raise _unsent(error) from None
        return _read(answer, target)

    async def terminate(self, target: Target) -> None:
        """Have the operation ended that is going on."""
        try:
            answer = await self._outbound.send("DELETE", self._address(target, "/operation", query=True), self._headers)
        except NotSent as error:
            raise _unsent(error) from None
        if answer.status != 200:
            raise _trouble(answer, target)
        _decode(answer, dict[str, object])

    def _address(self, target: Target, rest: str, *, query: bool = False) -> str:
        asked = {"project": target.project, "appNamespace": target.namespace} if query else {}
        said = urlencode({key: value for key, value in asked.items() if value is not None})
        return f"{self.url}/api/v1/applications/{quote(target.application, safe='')}{rest}" + (f"?{said}" if said else "")


def _read(answer: Answer, target: Target) -> Application:
    if answer.status != 200:
        raise _trouble(answer, target)
    return _decode(answer, Application)


def _decode(answer: Answer, shape: type[_Shape]) -> _Shape:
    try:
        return decoder(shape)(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Trouble("argocd_answer_invalid", f"HTTP {answer.status}", happened=True, passing=True) from None


def _trouble(answer: Answer, target: Target) -> Trouble:
    """Return what an answer that is no success means. Argo CD has few statuses; its words are told apart where they ask for different remedies.

    https://github.com/argoproj/argo-cd/blob/master/server/application/application.go
    """
    status, said = answer.status, _words(answer)
    if "another operation is already in progress" in said:
        return Trouble("argocd_operation_in_progress", target.application, passing=True)
    match status:
        case 401:
            return Trouble("argocd_token_refused", said)
        case 403 if "sync window" in said:
            return Trouble("argocd_sync_window", said)
        case 403:
            return Trouble("argocd_permission_missing", f"{target.application}: {said}")
        case 404:
            return Trouble("argocd_application_unknown", f"{target.project or 'any project'}: {target.application}")
        case 429:
            return Trouble("argocd_rate_limited", said, passing=True, after_s=answer.retry_after_s)
        case _ if 300 <= status < 400:
            return Trouble("argocd_redirected", f"HTTP {status} to {answer.headers.get('location', '').partition('?')[0]}")
        case _ if status >= 500:
            return Trouble("argocd_unavailable", f"HTTP {status} {said}".rstrip(), happened=True, passing=True, after_s=answer.retry_after_s)
        case _ if "auto-sync" in said:
            return Trouble("argocd_auto_sync", said)
        case _ if "No operation is in progress" in said:
            return Trouble("argocd_operation_not_begun", target.application, passing=True)
        case _ if "does not have deployment with id" in said:
            return Trouble("argocd_history_unknown", said)
        case _:
            return Trouble("argocd_refused", f"HTTP {status} {said}".rstrip())


def _words(answer: Answer) -> str:
    try:
        said = decoder(_Error)(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""  # a page of a proxy: the status is all that is known
    return said.message or said.error


def _unsent(error: NotSent) -> Trouble:
    if error.surely:
        return Trouble("argocd_unreachable", error.reason, passing=True)
    return Trouble("argocd_answer_lost", error.reason, happened=True, passing=True)
