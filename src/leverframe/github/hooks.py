"""Webhooks by GitHub's REST API: of repositories, of organisations, and of the hub's own app.

https://docs.github.com/en/rest/repos/webhooks, …/rest/orgs/webhooks, …/rest/apps/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from leverframe.core.github_hooks import APP, Holder, Hook, read_hook
from leverframe.core.recovery import LogLine, read_line
from leverframe.decoding import decoder
from leverframe.github.client import LONG_CAP, PAGE, About, GitHub, Organisation
from leverframe.github.errors import Trouble, invalid
from leverframe.net import Answer

MOST_PAGES = 10
"""Pages of hooks that are read; GitHub allows twenty for each event."""
DELIVERY_CAP = 64 * 1024 * 1024
"""Bytes of one delivery: its payload (25 MB at most) comes with it, escaped."""
_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;\s*rel=\"next\"")


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a hook's delivery log, the newest first. ``cursor`` leads on to what is older; ``None`` at the end."""

    lines: Sequence[LogLine]
    whole: Sequence[Mapping[str, Any]]
    """The same as GitHub tells it."""
    cursor: str | None


class Hooks:
    """What can be done with webhooks. Nothing raises; a holder is what has them (:class:`Holder`)."""

    def __init__(self, github: GitHub) -> None:
        """``github`` is shared and stays its owner's."""
        self._github = github

    async def all(self, holder: Holder) -> list[Hook] | Trouble:
        """Return the hooks of a holder; of the app, its one."""
        if holder.kind == "app":
            one = await self.one(holder, 0)
            return one if isinstance(one, Trouble) else [one]
        found: list[Hook] = []
        for page in range(1, MOST_PAGES + 1):
            wholes = await self._github.get(_about(holder), "/hooks", list[dict[str, Any]], {"per_page": PAGE, "page": page}, cap=LONG_CAP)
            if isinstance(wholes, Trouble):
                return wholes
            found += map(read_hook, wholes)
            if len(wholes) < PAGE:
                break
        return found

    async def one(self, holder: Holder, id: int) -> Hook | Trouble:
        """Return one hook."""
        if holder.kind == "app":
            return await self._of_app()
        whole = await self._github.get(_about(holder), _at(holder, id), dict[str, Any])
        return whole if isinstance(whole, Trouble) else read_hook(whole)

    async def _of_app(self) -> Hook | Trouble:
        """Return the app's hook in the form of the others: what GitHub tells of it stands at two addresses."""
        config = await self._github.get(None, "/app/hook/config", dict[str, Any])
        if isinstance(config, Trouble):
            return config
        app = await self._github.get(None, "/app", dict[str, Any])
        return app if isinstance(app, Trouble) else read_hook({"id": 0, "name": app.get("slug"), "events": app.get("events"), "config": config, "active": True})

    async def create(self, holder: Holder, *, url: str, secret: str, events: Sequence[str], content_type: str, insecure_ssl: bool, active: bool) -> Hook | Trouble:
        """Make a hook. Once only: GitHub refuses a second one with the same address and events."""
        config = {"url": url, "secret": secret, "content_type": content_type, "insecure_ssl": str(int(insecure_ssl))}
        answer = await self._github.post(_about(holder), "/hooks", {"name": "web", "active": active, "events": list(events), "config": config}, once=True)
        return _hook(answer)

    async def edit(self, holder: Holder, id: int, *, add: Collection[str] = (), remove: Collection[str] = (), active: bool | None = None) -> Hook | Trouble:
        """Add and take away events, switch on or off; what is not named stays as it is, whoever else changes it meanwhile.

        An organisation's hook knows no adding and taking away (…/rest/orgs/webhooks#update-an-organization-webhook): of that one what it
        hears is read and then written.
        """
        changes: dict[str, Any] = {} if active is None else {"active": active}
        if holder.kind == "repository":
            changes |= {key: sorted(names) for key, names in (("add_events", add), ("remove_events", remove)) if names}
        elif add or remove:
            now = await self.one(holder, id)
            if isinstance(now, Trouble):
                return now
            changes["events"] = sorted({*now.events, *add} - set(remove))
        # Nothing of config here: without the secret in it, GitHub would take the secret away.
        return _hook(await self._github.send("PATCH", _about(holder), _at(holder, id), changes))

    async def configure(self, holder: Holder, id: int, settings: Mapping[str, str]) -> None | Trouble:
        """Change ``url``, ``content_type``, ``insecure_ssl`` or ``secret``; what is not named stays, the secret too."""
        answer = await self._github.send("PATCH", _about(holder), f"{_at(holder, id)}/config", settings)
        return answer if isinstance(answer, Trouble) else None

    async def ping(self, holder: Holder, id: int) -> None | Trouble:
        """Have GitHub send a ``ping``."""
        return _done(await self._github.post(_about(holder), f"{_at(holder, id)}/pings"))

    async def test(self, holder: Holder, id: int) -> None | Trouble:
        """Have GitHub send the latest push of a repository again; it sends nothing to a hook that hears no ``push``."""
        return _done(await self._github.post(_about(holder), f"{_at(holder, id)}/tests"))

    async def delete(self, holder: Holder, id: int) -> None | Trouble:
        """Take a hook away."""
        return _done(await self._github.send("DELETE", _about(holder), _at(holder, id)))

    async def log(self, holder: Holder, id: int, *, cursor: str | None = None, most: int = PAGE) -> LogPage | Trouble:
        """Return up to ``most`` (100) lines of a hook's delivery log, the newest first or those after ``cursor``."""
        asked: dict[str, str | int] = {"per_page": min(most, PAGE), **({"cursor": cursor} if cursor else {})}
        answer = await self._github.answer(_about(holder), f"{_at(holder, id)}/deliveries", asked)
        if isinstance(answer, Trouble):
            return answer
        try:
            wholes = decoder(list[dict[str, Any]])(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return invalid(answer)
        return LogPage(lines=[line for line in map(read_line, wholes) if line is not None], whole=wholes, cursor=_next(answer))

    async def delivery(self, holder: Holder, id: int, delivery: int) -> dict[str, Any] | Trouble:
        """Return one delivery with its request and response."""
        return await self._github.get(_about(holder), f"{_at(holder, id)}/deliveries/{delivery}", dict[str, Any], cap=DELIVERY_CAP)

    async def redeliver(self, holder: Holder, id: int, delivery: int) -> None | Trouble:
        """Have GitHub send a delivery again, under the same GUID."""
        return _done(await self._github.post(_about(holder), f"{_at(holder, id)}/deliveries/{delivery}/attempts"))


def _about(holder: Holder) -> About:
    match holder.kind:
        case "repository":
            return holder.name
        case "organisation":
            return Organisation(holder.name)
        case "app":
            return None


def _at(holder: Holder, id: int) -> str:
    return "/app/hook" if holder == APP else f"/hooks/{id}"


def _hook(answer: Answer | Trouble) -> Hook | Trouble:
    if isinstance(answer, Trouble):
        return answer
    try:
        return read_hook(decoder(dict[str, Any])(answer.body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return invalid(answer)


def _done(answer: Answer | Trouble) -> None | Trouble:
    return answer if isinstance(answer, Trouble) else None


def _next(answer: Answer) -> str | None:
    """Return the cursor of the next page: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
    found = _NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    try:
        cursors = parse_qs(urlsplit(found[1]).query).get("cursor", [])
    except ValueError:
        return None
    return cursors[0][:500] if cursors else None
