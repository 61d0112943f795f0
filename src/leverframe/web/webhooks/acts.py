"""What people change about a project's webhooks, each with its audit entry in the same commit."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.access import Identity
from leverframe.core.details import about
from leverframe.core.discreet import Discreet
from leverframe.core.errors import Refused
from leverframe.core.signing import standard_webhook_key
from leverframe.core.subscriptions import Health, SealedSecret, Subscription, check, check_secret, rotated
from leverframe.core.topics import EVERYTHING
from leverframe.store import delivery_pages, event_pages, subscriptions
from leverframe.store.deliveries import Role, State
from leverframe.store.delivery_pages import Filter
from leverframe.web.asking import identifier, moment
from leverframe.web.desk import Desk
from leverframe.web.webhooks.desk import HookDesk
from leverframe.web.webhooks.given import Given, narrowed
from leverframe.web.webhooks.trying import trial
from leverframe.work.tell import Telling, tell

DEFAULT_FORMAT = "yobi"
"""Who sends an address and a secret, as Yobi's page has it, means Yobi's payload."""
OVERLAP = timedelta(hours=24)
LONGEST_ROOM = 300
MOST_PER_S = 1_000
_KEY_BYTES = 32


class Done(Discreet, frozen=True, kw_only=True):
    """What an act did."""

    unshown = frozenset({"secret"})
    hook: Subscription
    secret: str | None = None
    """One that the hub made: it is shown now, and never again."""
    count: int | None = None
    """Deliveries that are owed again, or would be."""


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes one: ``whsec_`` and base64 of 32 bytes of chance."""
    return f"whsec_{b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def _secret(given: Given) -> tuple[str | None, str | None]:
    """Return the secret to keep (``None``: none), and the same once more when the hub made it. Raises ``Refused``."""
    word = given.raw("secret")
    if not word.strip():
        made = new_secret() if given.flag("generate", False) else None
        return made, made
    check_secret(word)
    try:
        key = standard_webhook_key(word)
    except ValueError:
        key = b""
    if not key:  # one of nothing would sign nothing
        raise Refused("hook_field_invalid", about("secret", "secret_after_prefix"))
    return word, None


def _where(hook: Subscription) -> str:
    """Return a webhook as the audit names it: its address may hold a secret after the host."""
    try:
        host = urlsplit(hook.url).hostname or ""
    except ValueError:
        host = ""
    return f"{hook.project} {hook.shown_id} {host}".rstrip()


async def add(desk: Desk, hooks: HookDesk, identity: Identity, project: str, given: Given) -> Done:
    """Add a webhook. Raises ``Refused``: what is wrong with a field, ``url_forbidden`` and its like, ``hook_too_many``."""
    now, id = desk.clock.now(), desk.database.new_id()
    format = given.format(hooks.formats, DEFAULT_FORMAT)
    hook = _with(desk, Subscription(
        id=id, project=project, url="", events=given.topics(format) or narrowed((EVERYTHING,), format), format=format.name, made_by=identity.actor,
        made_at=now), given)  # fmt: skip
    check(hook)
    secret, made = _secret(given)
    await hooks.check_url(hook.url)
    kept = [] if secret is None else [SealedSecret(sealed=hooks.box.seal(id, secret))]
    await desk.act(identity, "hooks.add", f"{_where(hook)} as {hook.format}", subscriptions.add, hook, kept)
    return Done(hook=hook, secret=made)


def _with(desk: Desk, hook: Subscription, given: Given) -> Subscription:
    """Return ``hook`` with what was given of the rest of its fields."""
    return replace(
        hook, url=given.text("payloadUrl") or hook.url, active=given.flag("active", hook.active), concurrency=given.whole("concurrency", hook.concurrency),
        per_s=given.number("per_second", hook.per_s), notify=_room(desk, given) if "notify" in given else hook.notify,
    )  # fmt: skip


def _room(desk: Desk, given: Given) -> str:
    """Return the room to be told; raises ``Refused("hook_field_invalid")`` for one that the hub does not have."""
    word = given.text("notify") or ""
    if not word:
        return ""
    chat, _, room = word.partition(":")
    if chat not in desk.chats:
        raise Refused("hook_field_invalid", about("notify", "begins_with_no_chat", met=word[:100], known=", ".join(desk.chats) or "–"))
    if (reason := desk.chats[chat](room)) is not None:
        raise Refused("hook_field_invalid", reason.within("notify"))
    if len(word) > LONGEST_ROOM:
        raise Refused("hook_field_invalid", about("notify", "at_most_characters", most=LONGEST_ROOM))
    return word


async def edit(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Change the fields that were given. Raises ``Refused`` as :func:`add` does, and ``hook_changed`` for a version that was overtaken."""
    before = await desk.database.read(subscriptions.one, project, id)
    if "payloadUrl" in given and given.text("payloadUrl") is None:
        raise Refused("hook_field_invalid", about("payloadUrl", "may_not_be_empty"))
    format = given.format(hooks.formats, before.format)

    def to(hook: Subscription) -> Subscription:
        return _with(desk, replace(hook, format=format.name, events=given.topics(format) or narrowed(hook.events, format)), given)

    after = to(before)
    check(after)
    if given.text("secret") is not None:
        raise Refused("hook_field_invalid", about("secret", "secret_rotated"))
    if after.url != before.url:
        await hooks.check_url(after.url)
    version = given.whole("version", before.version)
    hook = await desk.act(
        identity, "hooks.edit", _where(after), subscriptions.change, project, id, to=to, version=version, now=desk.clock.now())
    hooks.owed()
    return Done(hook=hook)


async def remove(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int) -> Done:
    """Remove it; what is owed to it becomes dead letters. Raises ``Refused("hook_unknown")``."""
    before = await desk.database.read(subscriptions.one, project, id)
    gone = await desk.act(identity, "hooks.remove", _where(before), subscriptions.remove, project, id, now=desk.clock.now())
    hooks.owed()
    return Done(hook=gone)


async def pause(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Have what is owed to it wait."""
    return await _set(desk, hooks, identity, project, id, "hooks.pause", paused=True)


async def resume(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Send what waits."""
    return await _set(desk, hooks, identity, project, id, "hooks.resume", paused=False, failing_at=None)


async def enable(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Switch one on again that the hub has switched off, or that was not active."""
    return await _set(
        desk, hooks, identity, project, id, "hooks.enable", active=True, health=Health.HEALTHY, reason=None, health_at=desk.clock.now(), failing_at=None)


async def _set(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, act: str, **changes: object) -> Done:
    before = await desk.database.read(subscriptions.one, project, id)
    hook = await desk.act(
        identity, act, _where(before), subscriptions.change, project, id, to=lambda one: replace(one, **changes), now=desk.clock.now())
    hooks.owed()
    return Done(hook=hook)


async def rotate(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Have a new secret sign, and those before it as well for ``overlap``. Without one the hub makes one, which is shown once; with
    ``remove`` none signs after the overlap."""
    before = await desk.database.read(subscriptions.one, project, id)
    secret, made = _secret(given)
    removes = given.flag("remove", False)
    if removes and secret is not None:
        raise Refused("hook_field_invalid", about("remove", "secret_removed"))
    if secret is None and not removes:
        secret = made = new_secret()
    overlap, now = given.length("overlap", OVERLAP), desk.clock.now()
    sealed = None if secret is None else hooks.box.seal(id, secret)
    hook = await desk.act(
        identity, "hooks.rotate", _where(before), subscriptions.change, project, id, to=lambda one: one, now=now,
        secrets=lambda kept: rotated(kept, sealed, now=now, overlap=overlap))
    return Done(hook=hook, secret=made)


async def test(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Send it something now, as an event would be sent. Raises ``Refused``: what the guard says of its address as it is now."""
    hook = await desk.database.read(subscriptions.one, project, id)
    await hooks.check_url(hook.url)
    now = desk.clock.now()
    format = hooks.formats.get(hook.format)
    if format is None:
        raise Refused("hook_field_invalid", about("format", "none_of", met=hook.format[:50], known=", ".join(hooks.formats)))
    name, payload = trial(hook, format, identity.name or identity.kind, now.isoformat(timespec="seconds"))
    telling = Telling(name=name, action="", subject="", payload=payload, to=(), alone=(hook.destination,), role=Role.ALONE, repo=hook.project)
    await desk.act(identity, "hooks.test", _where(hook), tell, desk.database.new_id, telling, now=now)
    hooks.owed()
    return Done(hook=hook)


async def resend(desk: Desk, hooks: HookDesk, identity: Identity, project: str, id: int, given: Given) -> Done:
    """Send ``delivery`` again, or all of a state (the dead ones unless ``state`` names another) made ``since`` … ``until``; with ``dry_run``
    only say how many. Raises ``Refused``: ``delivery_unknown`` also for one of another webhook, ``body_expired``."""
    hook = await desk.database.read(subscriptions.one, project, id)
    word = given.text("delivery")
    if word is not None:
        return await _resend_one(desk, hooks, identity, hook, identifier("dlv", word))
    now = desk.clock.now()
    which = Filter(
        state=delivery_pages.state_of(given.text("state") or "dead"), destination=hook.destination, since=_moment(desk, given, "since", now),
        until=_moment(desk, given, "until", now), sayable=True)
    if given.flag("dry_run", False):
        return Done(hook=hook, count=await desk.database.read(delivery_pages.count, which))
    assert which.state is not None
    rate = given.number("rate", 0.0)
    if not 0 <= rate <= MOST_PER_S:  # not a number is neither
        raise Refused("hook_field_invalid", about("rate", "zero_or_a_second", most=MOST_PER_S))
    count = await desk.redrive.retry_matching(
        state=which.state.name.lower(), destination=hook.destination, since=which.since, until=which.until, route=None,
        rate_per_s=rate or None)
    await desk.record(identity.actor, "hooks.resend", _where(hook), detail={"count": count, "state": which.state.name.lower()})
    return Done(hook=hook, count=count)


def _moment(desk: Desk, given: Given, name: str, now: datetime) -> datetime | None:
    word = given.text(name)
    return None if word is None else moment(name, word, now=now, ahead=False, timezone=desk.timezone)


async def _resend_one(desk: Desk, hooks: HookDesk, identity: Identity, hook: Subscription, delivery_id: int) -> Done:
    def theirs(connection: Connection) -> bool:
        delivery = delivery_pages.one(connection, delivery_id)
        if delivery is None or delivery.destination != hook.destination:
            raise Refused("delivery_unknown", ids.show("dlv", delivery_id))
        if delivery.state is State.OWED:
            return True
        if not event_pages.has_body(connection, delivery.event_id):
            raise Refused("body_expired", ids.show("evt", delivery.event_id))
        return True

    await desk.database.read(theirs)
    count = await desk.redrive.retry([delivery_id])
    await desk.record(identity.actor, "hooks.resend", f"{_where(hook)} {ids.show('dlv', delivery_id)}", detail={"count": count})
    return Done(hook=hook, count=count)


ACTIONS = {"edit": edit, "test": test, "pause": pause, "resume": resume, "enable": enable, "rotate": rotate, "resend": resend}
"""By the word of ``action``."""
