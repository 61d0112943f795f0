"""GitHub's REST API, over the hub's one way out: nothing raises, and a limit is told rather than slept through.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec.structs import replace

from leverframe.decoding import decoder
from leverframe.github.errors import Trouble, invalid, read, unsent
from leverframe.github.headers import API_VERSION, JSON
from leverframe.net import BODY_CAP, Answer, NotSent, Outbound
from leverframe.ports import Clock
from leverframe.secrets import Secret

PAGE = 100
"""How many of a list GitHub gives at once at most."""
LONG_CAP = 16 * BODY_CAP
"""Bytes of a list that are read: a hundred runs, each with its repository and people, are some two million."""
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_OWNER = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")

Shape = TypeVar("Shape")


class Organisation(NamedTuple):
    """An organisation, or a person's account, by its login."""

    name: str


About: TypeAlias = str | Organisation | None
"""What a request is about: a repository (``owner/name``), an organisation, or nothing else: then its path is all of the address, and an app
speaks for itself."""


class Credentials(Protocol):
    """Who the hub is to GitHub."""

    async def authorization(self, about: str) -> str | Trouble:
        """Return the ``Authorization`` header for requests about ``owner/name``, about an ``owner``, or (empty) about the hub itself."""
        ...

    def rejected(self, about: str, authorization: str) -> bool:
        """Take note that GitHub does not accept a header; return whether another may be had."""
        ...


class Token:
    """A personal access token, or none."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    async def authorization(self, about: str) -> str | Trouble:
        """Return the token, the same whatever it is about."""
        return Trouble(code="github_token_missing") if self._token is None else f"Bearer {self._token.reveal()}"

    def rejected(self, about: str, authorization: str) -> bool:
        """Return that there is no other."""
        return False


class GitHub:
    """One GitHub: github.com, a tenant of ghe.com or an Enterprise Server."""

    def __init__(self, outbound: Outbound, credentials: Credentials, clock: Clock, *, api_url: str = "https://api.github.com") -> None:
        """``outbound`` is shared and stays its owner's to close."""
        self._outbound, self._credentials, self._clock = outbound, credentials, clock
        self._api = api_url.rstrip("/")
        self._limited_until: datetime | None = None
        self._token_ends_at: datetime | None = None

    @property
    def token_ends_at(self) -> datetime | None:
        """When the token ends, as GitHub last told; ``None`` where it has not, as of one that never does."""
        return self._token_ends_at

    @property
    def web_url(self) -> str:
        """Where people read: ``https://github.com``."""
        parts = urlsplit(self._api)
        return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"

    async def get(self, about: About, path: str, shape: type[Shape], query: Mapping[str, str | int] | None = None, *, cap: int = BODY_CAP) -> Shape | Trouble:
        """Return what ``path`` of a repository (or what else it is about) holds, read as ``shape``; ``path`` is quoted already (:func:`quoted`)."""
        answer = await self._ask("GET", about, path + (f"?{urlencode(query)}" if query else ""), cap=cap)
        return answer if isinstance(answer, Trouble) else _shaped(answer, shape)

    async def pages(
        self, about: About, path: str, shape: type[Shape], query: Mapping[str, str | int] | None = None, *, most: int, cap: int = LONG_CAP
    ) -> list[Shape] | Trouble:
        """Return up to ``most`` pages of a hundred each, as they come; a page that cannot be had is the trouble of all.

        ``shape`` is a list, or a struct that has a ``page`` with the list of it.
        """
        found: list[Shape] = []
        for page in range(1, most + 1):
            answer = await self.get(about, path, shape, {**(query or {}), "per_page": PAGE, "page": page}, cap=cap)
            if isinstance(answer, Trouble):
                return answer
            found.append(answer)
            if len(answer if isinstance(answer, list) else getattr(answer, "page", ())) < PAGE:
                break
        return found

    async def text(self, about: About, path: str, accept: str) -> str | Trouble:
        """Return what ``path`` holds in a media type that is text."""
        answer = await self._ask("GET", about, path, accept=accept)
        return answer if isinstance(answer, Trouble) else answer.body.decode("utf-8", "replace")

    async def post(self, about: About, path: str, body: Mapping[str, Any] | None = None, *, once: bool = False) -> Answer | Trouble:
        """Send ``body`` and return the 2xx answer. ``once`` is for what must not be sent twice."""
        return await self._ask("POST", about, path, _json(body or {}), once=once)

    async def send(self, method: str, about: About, path: str, body: Mapping[str, Any] | None = None) -> Answer | Trouble:
        """Send ``body`` with any method but GET and return the 2xx answer; for what may be asked twice."""
        return await self._ask(method, about, path, b"" if body is None else _json(body))

    async def answer(self, about: About, path: str, query: Mapping[str, str | int] | None = None, *, cap: int = LONG_CAP) -> Answer | Trouble:
        """Return the 2xx answer of a GET with its headers, for who reads those too."""
        return await self._ask("GET", about, path + (f"?{urlencode(query)}" if query else ""), cap=cap)

    async def redirection(self, about: About, path: str) -> str | Trouble:
        """Return where ``path`` leads, for what GitHub keeps elsewhere."""
        answer = await self._sent("GET", about, path, b"", JSON, BODY_CAP, once=False)
        if isinstance(answer, Trouble):
            return answer
        location = answer.headers.get("location", "")
        if answer.status in (302, 307) and location:
            return location
        return read(answer, self._clock.now()) if answer.status >= 300 else invalid(answer)

    async def elsewhere(self, url: str, headers: Mapping[str, str], *, cap: int) -> Answer | Trouble:
        """Fetch an address that GitHub gave, without our token, if it is one of GitHub's storages."""
        if not self._is_storage(url):
            return Trouble(code="github_answer_invalid", detail="GitHub led to an address that is not one of its storages")
        try:
            return await self._outbound.get(url, headers, cap=cap)
        except NotSent as error:
            return unsent(error)

    def _is_storage(self, url: str) -> bool:
        try:
            parts, api = urlsplit(url), urlsplit(self._api)
            host = parts.hostname or ""
        except ValueError:
            return False
        if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
            return True
        known = (".blob.core.windows.net", ".actions.githubusercontent.com", f".{(api.hostname or '').removeprefix('api.')}")
        return parts.scheme == "https" and parts.port in (None, 443) and host.endswith(known)

    async def _ask(self, method: str, about: About, path: str, body: bytes = b"", *, accept: str = JSON, cap: int = BODY_CAP, once: bool = False) -> Answer | Trouble:
        answer = await self._sent(method, about, path, body, accept, cap, once=once)
        if isinstance(answer, Trouble) or 200 <= answer.status < 300:
            return answer
        trouble = read(answer, self._clock.now())
        if trouble.code == "github_ratelimited" and trouble.after_s is not None:
            # GitHub bans who goes on asking: nobody asks until then.
            self._limited_until = self._clock.now() + timedelta(seconds=trouble.after_s)
        if trouble.code == "github_token_invalid" and self._token_ends_at is not None and self._token_ends_at <= self._clock.now():
            trouble = replace(trouble, code="github_token_expired", detail=f"it ended at {self._token_ends_at:%Y-%m-%d %H:%M} UTC")
        return trouble

    async def _sent(self, method: str, about: About, path: str, body: bytes, accept: str, cap: int, *, once: bool) -> Answer | Trouble:
        name, root = ("", "") if about is None else (about, f"/repos/{about}") if isinstance(about, str) else (about.name, f"/orgs/{about.name}")
        if about is not None and not (_REPOSITORY if isinstance(about, str) else _OWNER).fullmatch(name):
            return Trouble(code="github_not_found", detail=f"“{name[:100]}” is not {'OWNER/NAME' if isinstance(about, str) else 'the name of an organisation'}")
        for last in (False, True):
            now = self._clock.now()
            if self._limited_until is not None and now < self._limited_until:
                return Trouble(code="github_ratelimited", detail="asked to wait", again=True, after_s=(self._limited_until - now).total_seconds())
            authorization = await self._credentials.authorization(name)
            if isinstance(authorization, Trouble):
                return authorization
            headers = {"Authorization": authorization, "Accept": accept, "X-GitHub-Api-Version": API_VERSION}
            try:
                if method == "GET":
                    answer = await self._outbound.get(f"{self._api}{root}{path}", headers, cap=cap)
                else:
                    answer = await self._outbound.send(method, f"{self._api}{root}{path}", {**headers, "Content-Type": "application/json"}, body, cap=cap, fresh=once)
            except NotSent as error:
                return unsent(error)
            # A 401 did nothing, so that it may be asked again with another token, where there is one.
            if last or answer.status != 401 or not self._credentials.rejected(name, authorization):
                break
        self._token_ends_at = _moment(answer.headers.get("github-authentication-token-expiration", "")) or self._token_ends_at
        return answer


def quoted(*segments: str) -> str:
    """Return a path of segments, each escaped, with a slash before each."""
    return "".join(f"/{quote(segment, safe='', errors='replace')}" for segment in segments)


def sized(value: object) -> int:
    """Return the bytes that ``value`` has as JSON, as it is sent."""
    return len(_json(value))


def _json(value: object) -> bytes:
    # json and not msgspec: foreign words may hold half a surrogate pair, which UTF-8 cannot.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _shaped(answer: Answer, shape: type[Shape]) -> Shape | Trouble:
    try:
        return decoder(shape)(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return invalid(answer)


def _moment(written: str) -> datetime | None:
    """Return the instant of ``2026-12-01 00:00:00 UTC`` (or ``+0900``), as GitHub writes when a token ends."""
    try:
        return datetime.strptime(written.replace(" UTC", " +0000"), "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
