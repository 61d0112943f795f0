"""Asking a Jenkins: signing in, crumbs, and what each refusal means."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from leverframe.core.trouble import Trouble
from leverframe.decoding import decoder
from leverframe.net import Answer, NotSent, Outbound
from leverframe.runners.jenkins.settings import Settings

LIST_CAP = 4_194_304
"""Bytes of a list of builds that are read: a hundred builds with long parameters."""
NOT_FOUND = "jenkins_job_unknown"
"""The code of a 404, unless who asked knows better what it asked for."""
_SAID = re.compile(rb"<title>\s*(?:Error \d+ )?([^<]{1,300}?)\s*(?:\[Jenkins\])?\s*</title>", re.IGNORECASE)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_Shape = TypeVar("_Shape")


class Client:
    """One Jenkins, as one user. Every call raises :class:`Trouble` for an answer that is an error, or none."""

    def __init__(self, settings: Settings, outbound: Outbound) -> None:
        self.url = settings.url.rstrip("/")
        self._user, self._outbound = settings.user, outbound
        said = base64.b64encode(f"{settings.user}:{settings.token.reveal()}".encode()).decode()
        # Sent at once: Jenkins does not ask for it, it answers as for somebody unknown.
        self._headers = {"Authorization": f"Basic {said}"}
        self._crumb: dict[str, str] = {}

    async def read(self, path: str, tree: str, shape: type[_Shape], *, cap: int = LIST_CAP) -> _Shape:
        """Return what ``path`` (below the address, ending in ``/``) exports of ``tree``, read as ``shape``."""
        answer = await self.get(f"{path}api/json?tree={quote(tree, safe=',')}", cap=cap)
        try:
            return decoder(shape)(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Trouble("jenkins_answer_invalid", f"HTTP {answer.status}", passing=True) from None

    async def get(self, path: str, *, cap: int) -> Answer:
        """Return the answer (a 200) of ``path``, with up to ``cap`` bytes of its body."""
        try:
            answer = await self._outbound.get(f"{self.url}/{path}", self._headers, cap=cap)
        except NotSent as error:
            raise _unsent(error) from None
        if answer.status != 200:
            raise self._trouble(answer)
        return answer

    async def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send ``form`` to ``path`` and return the answer, a 2xx or a redirect, which is how Jenkins says yes to a form.

        A crumb is asked for where Jenkins wants one: of sessions, not of API tokens. A request without a valid one was not
        looked at, so that sending it again is not sending it twice.
        https://www.jenkins.io/doc/book/security/csrf-protection/
        """
        answer = await self._send(path, form)
        if _wants_crumb(answer):
            self._crumb = await self._new_crumb()
            answer = await self._send(path, form)
        if answer.status >= 400:
            raise self._trouble(answer)
        return answer

    async def _send(self, path: str, form: Mapping[str, str]) -> Answer:
        try:
            headers = {**self._headers, **self._crumb, **_FORM}
            return await self._outbound.send("POST", f"{self.url}/{path}", headers, urlencode(form).encode(), fresh=True)
        except NotSent as error:
            raise _unsent(error) from None

    async def _new_crumb(self) -> dict[str, str]:
        try:
            answer = await self.get("crumbIssuer/api/json", cap=LIST_CAP)
        except Trouble as trouble:
            # Nothing was done yet, whatever became of the question for a crumb.
            code = "jenkins_crumb_refused" if trouble.code == NOT_FOUND else trouble.code
            raise Trouble(code, trouble.detail, passing=trouble.passing, after_s=trouble.after_s) from None
        try:
            said: dict[str, Any] = decoder(dict[str, Any])(answer.body)
            field, crumb = str(said["crumbRequestField"]), str(said["crumb"])
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
            raise Trouble("jenkins_answer_invalid", "crumbIssuer") from None
        # The crumb holds for the session that it was given to.
        cookies = [line.partition(";")[0].strip() for line in answer.headers.get("set-cookie", "").split("\n")]
        return {field: crumb, **({"Cookie": "; ".join(cookies)} if any(cookies) else {})}

    def _trouble(self, answer: Answer) -> Trouble:
        """Return what an answer that is no success means. Jenkins answers with pages for people; the headers say more."""
        status, said = answer.status, _said(answer)
        match status:
            case 401:
                return Trouble("jenkins_credentials_refused", f"user {self._user}")
            case 403 if _wants_crumb(answer):
                return Trouble("jenkins_crumb_refused", said)
            case 403 if b"Invalid token" in answer.body:
                return Trouble("jenkins_trigger_token_refused")
            case 403:
                lacking = answer.headers.get("x-required-permission", "")
                return Trouble("jenkins_permission_missing", f"user {self._user}" + (f" lacks {lacking}" if lacking else ""))
            case 404:
                return Trouble(NOT_FOUND)
            case 429:
                return Trouble("jenkins_rate_limited", passing=True, after_s=answer.retry_after_s)
            case _ if 300 <= status < 400:
                return Trouble("jenkins_redirected", f"HTTP {status} to {answer.headers.get('location', '').partition('?')[0]}")
            case _ if status >= 500:
                # Nothing is queued by a request that an exception about its parameters has ended.
                if b"is not parameterized" in answer.body:
                    return Trouble("jenkins_not_parameterised", said)
                if b"Illegal choice for parameter" in answer.body:
                    return Trouble("jenkins_parameter_refused", said)
                return Trouble("jenkins_unavailable", f"HTTP {status} {said}".rstrip(), happened=True, passing=True, after_s=answer.retry_after_s)
            case 400 if b"is not parameterized" in answer.body:
                return Trouble("jenkins_not_parameterised", said)
            case 422:
                return Trouble("jenkins_permission_missing", f"user {self._user} lacks hudson.model.Item.Cancel")
            case 409:
                return Trouble("jenkins_job_disabled", said)
            case _:
                return Trouble("jenkins_refused", f"HTTP {status} {said}".rstrip())


def _wants_crumb(answer: Answer) -> bool:
    return answer.status == 403 and b"crumb" in answer.body.lower()


def _said(answer: Answer) -> str:
    """Return the one sentence of an error page, or nothing."""
    if told := answer.headers.get("x-error", ""):
        return told
    found = _SAID.search(answer.body)
    return found[1].decode("utf-8", "replace") if found else ""


def _unsent(error: NotSent) -> Trouble:
    if error.surely:
        return Trouble("jenkins_unreachable", error.reason, passing=True)
    return Trouble("jenkins_answer_lost", error.reason, happened=True, passing=True)
