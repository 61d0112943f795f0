"""Webhooks of a fake GitHub: kept, checked and masked as GitHub does, really sent and really signed, with a log that can be asked.

https://docs.github.com/en/rest/repos/webhooks, …/rest/orgs/webhooks, …/rest/apps/webhooks (2022-11-28)
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import aiohttp
from aiohttp import web
from fakes.github_answers import Refusal, json_answer

from leverframe.core.github_events import EVENTS
from leverframe.core.github_hooks import NEVER, Kind

if TYPE_CHECKING:
    from fakes.github import FakeGitHub

WINDOW = timedelta(days=3)
TARGETS: dict[Kind, str] = {"repository": "repository", "organisation": "organization", "app": "integration"}
"""What a delivery says of whose hook sent it."""
Send = Callable[[str, dict[str, str], bytes], Awaitable[int]]
"""Sends a request and returns its status; raises ``TimeoutError`` or ``OSError``."""


async def over_http(url: str, headers: dict[str, str], body: bytes) -> int:
    """Send as GitHub does: ten seconds, no redirect."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status
        except aiohttp.ClientError as error:
            raise OSError(str(error)) from None


@dataclass
class Attempt:
    """One try at a delivery."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    at: datetime
    status: str
    code: int
    redelivery: bool

    def shown(self) -> dict[str, Any]:
        """Return it as a line of the log."""
        return {
            "id": self.id, "guid": self.guid, "delivered_at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "redelivery": self.redelivery,
            "duration": 0.27, "status": self.status, "status_code": self.code, "event": self.event, "action": self.payload.get("action"), "installation_id": None,
            "repository_id": 1, "throttled_at": None,
        }  # fmt: skip


@dataclass
class FakeHook:
    """One hook."""

    id: int
    kind: Kind
    events: list[str]
    config: dict[str, str]
    active: bool = True
    attempts: list[Attempt] = field(default_factory=list)

    def hears(self, event: str) -> bool:
        """Return whether it is sent an event."""
        return event == "ping" or (self.active and bool({event, "*"} & set(self.events)))

    def masked(self) -> dict[str, str]:
        """Return its config as GitHub shows it."""
        return {key: "********" if key == "secret" else value for key, value in self.config.items()}

    def shown(self, api: str) -> dict[str, Any]:
        """Return it as GitHub does."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "type": "Repository" if self.kind == "repository" else "Organization", "id": self.id, "name": "web", "active": self.active, "events": list(self.events),
            "config": self.masked(), "updated_at": "2026-11-20T00:00:00Z", "created_at": "2026-11-20T00:00:00Z", "url": api, "ping_url": f"{api}/pings",
            "deliveries_url": f"{api}/deliveries",
            "last_response": {"code": last.code or None, "status": "active" if last.code < 300 else "misconfigured", "message": last.status} if last
            else {"code": None, "status": "unused", "message": None},
        }  # fmt: skip


class Deliveries:
    """What one GitHub sends, and by whom."""

    def __init__(self, github: FakeGitHub) -> None:
        self._github = github
        self.send: Send = over_http
        self._ids = 4_000_000_000

    def _next(self) -> int:
        self._ids += 7  # nobody else's are one apart either
        return self._ids

    async def event(self, hooks: list[FakeHook], event: str, payload: dict[str, Any], *, unsent: str | None = None) -> str:
        """Send an event to the hooks that hear it and return its GUID; ``unsent`` is what became of it where it is not sent at all."""
        guid = str(UUID(int=self._next() << 64))
        for hook in hooks:
            if hook.hears(event):
                await self.attempt(hook, guid, event, payload, unsent=unsent)
        return guid

    async def attempt(self, hook: FakeHook, guid: str, event: str, payload: dict[str, Any], *, redelivery: bool = False, unsent: str | None = None) -> Attempt:
        """Try once and keep the outcome."""
        body = json.dumps(payload).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/fake", "X-GitHub-Event": event, "X-GitHub-Delivery": guid, "X-GitHub-Hook-ID": str(hook.id), "X-GitHub-Hook-Installation-Target-Type": TARGETS[hook.kind]}
        if hook.config.get("content_type", "form") == "form":
            body, headers["Content-Type"] = urlencode({"payload": body.decode()}).encode(), "application/x-www-form-urlencoded"
        if hook.config.get("secret"):
            headers["X-Hub-Signature-256"] = f"sha256={hmac.new(hook.config['secret'].encode(), body, sha256).hexdigest()}"
        status, code = unsent or "", 0
        if unsent is None:
            try:
                code = await self.send(hook.config["url"], headers, body)
                status = "OK" if 200 <= code < 300 else f"Invalid HTTP Response: {code}"
            except TimeoutError:
                status = "timed out"
            except OSError:
                status = "failed to connect to host"
        made = Attempt(id=self._next(), guid=guid, event=event, payload=payload, at=self._github.now(), status=status, code=code, redelivery=redelivery)
        hook.attempts.append(made)
        return made


def answered(github: FakeGitHub, holder: list[FakeHook], kind: Kind, base: str, method: str, rest: list[str], said: dict[str, Any], query: dict[str, str]) -> web.Response:
    """Answer about the hooks of a repository or an organisation: ``rest`` is what stands after ``hooks``."""
    if not rest:
        if method == "POST":
            return _create(github, holder, kind, base, said)
        if method == "GET":
            size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
            return json_answer([hook.shown(f"{base}/hooks/{hook.id}") for hook in holder[(page - 1) * size : page * size]])
        raise Refusal(404, "Not Found")
    hook = next((one for one in holder if str(one.id) == rest[0]), None)
    if hook is None:
        raise Refusal(404, "Not Found")
    match [method, *rest[1:]]:
        case ["GET"]:
            return json_answer(hook.shown(f"{base}/hooks/{hook.id}"))
        case ["PATCH"]:
            return _edit(github, hook, holder, kind, base, said)
        case ["DELETE"]:
            holder.remove(hook)
            return web.Response(status=204)
        case ["POST", "pings"]:
            github.later(github.deliveries.attempt(hook, str(UUID(int=hook.id)), "ping", {"zen": "Keep it logically awesome.", "hook_id": hook.id}))
            return web.Response(status=204)
        case ["POST", "tests"] if kind == "repository":
            if hook.hears("push"):
                github.later(github.deliveries.event([hook], "push", {"ref": "refs/heads/main", "repository": {"full_name": "acme/web-app"}, "commits": []}))
            return web.Response(status=204)
        case [_, *below]:
            return of_hook(github, hook, method, below, f"{base}/hooks/{hook.id}", said, query)
        case _:
            raise Refusal(404, "Not Found")


def of_hook(github: FakeGitHub, hook: FakeHook, method: str, rest: list[str], base: str, said: dict[str, Any], query: dict[str, str]) -> web.Response:
    """Answer about the settings and the log of one hook, an app's too."""
    match [method, *rest]:
        case ["GET", "config"]:
            return json_answer(hook.masked())
        case ["PATCH", "config"]:
            config = {**hook.config, **{key: str(value) for key, value in said.items() if key in ("url", "content_type", "secret", "insecure_ssl")}}
            _checked_url(github, config.get("url"))
            hook.config = config
            return json_answer(hook.masked())
        case ["GET", "deliveries"]:
            return _log(github, hook, base, query)
        case ["GET", "deliveries", id]:
            attempt = _attempt(github, hook, id)
            return json_answer({**attempt.shown(), "url": hook.config["url"], "request": {"headers": {"X-GitHub-Delivery": attempt.guid}, "payload": attempt.payload},
                                "response": {"headers": {}, "payload": ""}})  # fmt: skip
        case ["POST", "deliveries", id, "attempts"]:
            old = _attempt(github, hook, id)
            github.later(github.deliveries.attempt(hook, old.guid, old.event, old.payload, redelivery=True))
            return json_answer({}, status=202)
        case _:
            raise Refusal(404, "Not Found")


def _attempt(github: FakeGitHub, hook: FakeHook, id: str) -> Attempt:
    found = next((one for one in hook.attempts if str(one.id) == id and one.at > github.now() - WINDOW), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _log(github: FakeGitHub, hook: FakeHook, base: str, query: dict[str, str]) -> web.Response:
    size = min(int(query.get("per_page", 30)), 100)
    listed = [one for one in reversed(hook.attempts) if one.at > github.now() - WINDOW]
    cursor = query.get("cursor")
    if cursor is not None:
        asked = re.fullmatch(r"v1_(\d+)", cursor)
        if asked is None:
            raise Refusal(422, "Invalid cursor")
        listed = [one for one in listed if one.id < int(asked[1])]
    match query.get("status"):
        case "success":
            listed = [one for one in listed if 200 <= one.code < 400]
        case "failure":
            listed = [one for one in listed if 400 <= one.code < 600]
    shown = listed[:size]
    headers = {}
    if len(listed) > size:
        headers["Link"] = f'<{base}/deliveries?per_page={size}&cursor=v1_{shown[-1].id}>; rel="next"'
    return json_answer([one.shown() for one in shown], headers=headers)


def _create(github: FakeGitHub, holder: list[FakeHook], kind: Kind, base: str, said: dict[str, Any]) -> web.Response:
    if said.get("name", "web" if kind == "repository" else None) != "web":
        raise _invalid(field="name", code="invalid")
    config = _config(github, said.get("config"))
    events = said.get("events", ["push"])
    _checked_events(events, kind)
    hook = FakeHook(id=github.deliveries._next(), kind=kind, events=list(dict.fromkeys(events)), config=config, active=said.get("active", True) is True)
    _checked_beside(hook, holder, kind)
    holder.append(hook)
    github.later(github.deliveries.attempt(hook, str(UUID(int=hook.id)), "ping", {"zen": "Design for failure.", "hook_id": hook.id, "hook": {"id": hook.id}}))
    return json_answer(hook.shown(f"{base}/hooks/{hook.id}"), status=201)


def _edit(github: FakeGitHub, hook: FakeHook, holder: list[FakeHook], kind: Kind, base: str, said: dict[str, Any]) -> web.Response:
    events = list(said.get("events", hook.events))
    if kind == "repository":  # an organisation's knows neither; GitHub passes over keys that it does not know
        events = [name for name in dict.fromkeys([*events, *said.get("add_events", [])]) if name not in said.get("remove_events", [])]
    _checked_events(events, kind)
    config = _config(github, said["config"]) if "config" in said else hook.config  # all of it: a secret that is not there is taken away
    changed = FakeHook(id=hook.id, kind=kind, events=events, config=config, active=said.get("active", hook.active) is True)
    _checked_beside(changed, [other for other in holder if other is not hook], kind)
    hook.events, hook.config, hook.active = changed.events, changed.config, changed.active
    return json_answer(hook.shown(f"{base}/hooks/{hook.id}"))


def _config(github: FakeGitHub, said: Any) -> dict[str, str]:
    if not isinstance(said, dict):
        raise _invalid(message="Config must contain URL")
    _checked_url(github, said.get("url"))
    return {"content_type": "form", "insecure_ssl": "0", **{key: str(value) for key, value in said.items() if value is not None}}


def _checked_url(github: FakeGitHub, url: Any) -> None:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in ("http", "https"):
        raise _invalid(message="Url is missing a scheme")
    if not parts.hostname or re.search(r'[\s"<>]', str(url)):
        raise _invalid(message="The URL you've entered is not valid. Please make sure that you encode all special characters first")
    if parts.hostname in ("localhost", "127.0.0.1", "::1") and not github.reaches_loopback:
        raise _invalid(message=f"Sorry, the URL host {parts.hostname} is not supported because it isn't reachable over the public Internet")


def _checked_events(events: Any, kind: Kind) -> None:
    if not isinstance(events, list) or not events:
        raise _invalid(field="events", code="missing_field")
    for name in events:
        if name != "*" and (name not in EVENTS or name in NEVER[kind]):
            raise _invalid(field="events", code="invalid", value=name)


def _checked_beside(hook: FakeHook, others: list[FakeHook], kind: Kind) -> None:
    for other in others:
        if other.config["url"] == hook.config["url"] and {*other.events} & {*hook.events}:
            raise _invalid(message=f"Hook already exists on this {'repository' if kind == 'repository' else 'organization'}")
    for name in hook.events:
        if sum(name in other.events for other in others) >= 20:
            raise _invalid(message=f'The "{name}" event cannot have more than 20 hooks')


def _invalid(**error: str) -> Refusal:
    return Refusal(422, "Validation Failed", errors=[{"resource": "Hook", "code": "custom", **error}])


async def settled(github: FakeGitHub) -> None:
    """Return when everything that was to be sent is."""
    while github.tasks:
        await asyncio.gather(*github.tasks)
