"""GitHub's webhooks as people keep them: looked at, changed, and made what the configuration declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from leverframe.core.details import about, detail
from leverframe.core.errors import Refused
from leverframe.core.github_hooks import Declared, Holder, Hook, Plan, missing, plan, same_address, unfit, wanted
from leverframe.core.routes import Route
from leverframe.core.services import Catalogue
from leverframe.github.errors import Trouble
from leverframe.github.hooks import Hooks, LogPage
from leverframe.secrets import Secret

T = TypeVar("T")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A hook with what the hub knows of it."""

    hook: Hook
    source: str | None
    """The source that it leads to; ``None`` where it leads elsewhere."""
    missing: tuple[str, ...]
    """Events that the routes need and it does not hear."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What a declaration comes to: a plan, or why there is none."""

    declared: Declared
    plan: Plan | None
    trouble: Trouble | None = None


class ReadFile(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration that is in force: a file is read when the hub starts, and may have been edited since."""

    path: str
    read_at: datetime
    is_changed: Callable[[], bool]
    """Whether the file says something else by now."""


class HookKeeper:
    """What can be done with hooks; raises ``Refused`` with what GitHub says."""

    def __init__(
        self, hooks: Callable[[], Hooks], *, url: str, secrets: Mapping[str, Secret], declared: Sequence[Declared], routes: Callable[[], Iterable[Route]], catalogue: Catalogue,
        file: ReadFile,
    ) -> None:  # fmt: skip
        """``url`` is the hub's; ``file`` is where ``declared`` stands; ``secrets`` has the one that each source of kind ``github`` knows first; ``routes`` are those in force."""
        self._hooks, self._url, self._secrets = hooks, url.rstrip("/"), secrets
        self.declared, self._routes, self._catalogue, self.file = tuple(declared), routes, catalogue, file

    # --- looking

    async def all(self, holder: Holder) -> list[Seen]:
        """Return the hooks of a holder, with what each lacks."""
        return [self._seen(holder, hook) for hook in _had(await self._hooks().all(holder))]

    async def one(self, holder: Holder, id: int) -> Seen:
        """Return one hook."""
        return self._seen(holder, self._known(await self._hooks().one(holder, id), id))

    async def log(self, holder: Holder, id: int, *, cursor: str | None, most: int) -> LogPage:
        """Return a page of a hook's delivery log."""
        return self._known(await self._hooks().log(holder, id, cursor=cursor, most=most), id)

    async def delivery(self, holder: Holder, id: int, delivery: int) -> Mapping[str, Any]:
        """Return one delivery with its request and response, as GitHub tells it."""
        return self._known(await self._hooks().delivery(holder, id, delivery), id)

    def source_of(self, hook: Hook) -> str | None:
        """Return the source that a hook leads to."""
        at = same_address(hook.url)
        return next((name for name in self._secrets if any(same_address(url) == at for url in self.addresses(name))), None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the sources that hooks may lead to."""
        return tuple(self._secrets)

    def addresses(self, source: str) -> tuple[str, ...]:
        """Return every address that leads to a source, its own first."""
        aliases = (f"{self._url}/hubot/github",) if source == "github" else ()
        return f"{self._url}/in/{source}", *aliases

    def _seen(self, holder: Holder, hook: Hook) -> Seen:
        source = self.source_of(hook)
        lacking: tuple[str, ...] = ()
        if source is not None:
            wants = wanted(self._routes(), self._catalogue, source, holder)
            never = {one.name for one in unfit(wants, holder.kind)}
            lacking = tuple(name for name in missing(hook, wants) if name not in never)
        return Seen(hook=hook, source=source, missing=lacking)

    # --- changing

    async def create(
        self, holder: Holder, *, events: Sequence[str], source: str | None = None, url: str | None = None, secret: str | None = None, content_type: str = "json",
        insecure_ssl: bool = False, active: bool = True,
    ) -> Seen:  # fmt: skip
        """Make a hook that leads to a source of the hub's (the only one, if it is not named), or to ``url`` with a ``secret`` of its own."""
        fit(events, holder)
        if url is None:
            name = self._source(source)
            url, secret = self.addresses(name)[0], self._secrets[name].reveal()
        elif not secret:
            raise Refused("request_invalid", about("secret", "hook_secret_needed"))
        made = _had(
            await self._hooks().create(holder, url=url, secret=secret, events=sorted(set(events)), content_type=content_type, insecure_ssl=insecure_ssl, active=active)
        )
        return self._seen(holder, made)

    async def change(
        self, holder: Holder, id: int, *, add: Collection[str] = (), remove: Collection[str] = (), active: bool | None = None, settings: Mapping[str, str] | None = None
    ) -> Seen:
        """Change what is named and nothing else; ``settings`` are ``url``, ``content_type``, ``insecure_ssl`` and ``secret``."""
        fit(add, holder)
        client = self._hooks()
        hook = self._known(await client.edit(holder, id, add=add, remove=remove, active=active), id) if add or remove or active is not None else None
        if settings:
            self._known(await client.configure(holder, id, settings), id)
            hook = None
        return self._seen(holder, hook or self._known(await client.one(holder, id), id))

    async def delete(self, holder: Holder, id: int) -> None:
        """Take a hook away."""
        self._known(await self._hooks().delete(holder, id), id)

    async def ping(self, holder: Holder, id: int) -> None:
        """Have GitHub send a ``ping``."""
        self._known(await self._hooks().ping(holder, id), id)

    async def test(self, holder: Holder, id: int) -> None:
        """Have GitHub send the latest push again; refused for a hook that hears none, to which GitHub would silently send nothing."""
        hook = self._known(await self._hooks().one(holder, id), id)
        if holder.kind != "repository":
            raise Refused("request_invalid", detail("hook_test_of_repositories"))
        if missing(hook, ["push"]):
            raise Refused("request_invalid", detail("hook_hears_no_push"))
        self._known(await self._hooks().test(holder, id), id)

    async def redeliver(self, holder: Holder, id: int, delivery: int) -> None:
        """Have GitHub send a delivery again, under the same GUID."""
        self._known(await self._hooks().redeliver(holder, id, delivery), id)

    # --- what is declared

    async def plans(self, holder: Holder | None = None, *, secret: bool = False) -> list[Planned]:
        """Return what is to be done for each declaration, of ``holder`` if given; ``secret``: write the secrets anew in any case."""
        made: list[Planned] = []
        for one in self.declared:
            if holder is not None and one.holder != holder:
                continue
            declared = self._filled(one)
            found = await self._hooks().all(one.holder)
            trouble = found if isinstance(found, Trouble) else None
            made.append(Planned(declared=declared, plan=None if isinstance(found, Trouble) else plan(declared, found, secret=secret), trouble=trouble))
        return made

    async def apply(self, planned: Plan) -> Hook:
        """Do what a plan says; what was done before something failed is not to be done again by the next plan."""
        declared, client = planned.declared, self._hooks()
        secret = self._secrets[declared.source].reveal()
        if planned.hook is None:
            return _had(
                await client.create(
                    declared.holder, url=declared.url, secret=secret, events=declared.events, content_type=declared.content_type, insecure_ssl=declared.insecure_ssl,
                    active=declared.active,
                )
            )  # fmt: skip
        hook = planned.hook
        if planned.configure:
            # The secret goes along with every change of settings: so it is surely the one that the source knows.
            _had(await client.configure(declared.holder, hook.id, {**planned.configure, "secret": secret}))
        if planned.add or planned.remove or planned.active is not None:
            hook = _had(await client.edit(declared.holder, hook.id, add=planned.add, remove=planned.remove, active=planned.active))
        return hook

    def _filled(self, declared: Declared) -> Declared:
        if not declared.from_routes:
            return declared
        events = wanted(self._routes(), self._catalogue, declared.source, declared.holder)
        return replace(declared, events=events or ("push",))

    def _source(self, named: str | None) -> str:
        if named is None and len(self._secrets) == 1:
            return next(iter(self._secrets))
        if named is None or named not in self._secrets:
            raise Refused("source_unknown", f"{named or '?'}: {', '.join(self._secrets) or '–'}"[:200])
        return named

    def _known(self, found: T | Trouble, id: int) -> T:
        if isinstance(found, Trouble) and found.status == 404 and "needs the scope" not in found.detail:
            raise Refused("github_hook_unknown", f"{id}: {found.detail}")
        return _had(found)


def fit(events: Iterable[str], holder: Holder) -> None:
    """Refuse names that GitHub would, before it is asked: ``github_event_unknown`` with the near one, ``github_event_never``."""
    for one in unfit(events, holder.kind):
        if one.why == "never":
            raise Refused("github_event_never", f"{one.name[:100]}: {holder.kind}")
        raise Refused("github_event_unknown", about(one.name[:100], "perhaps", near=one.near) if one.near else one.name[:100])


def _had(found: T | Trouble) -> T:
    if isinstance(found, Trouble):
        raise found.refused()
    return found
