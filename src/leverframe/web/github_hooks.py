"""What people do with GitHub's webhooks through pages and API: by the grants ``github.read`` and ``github.manage`` of what has the hook, audited."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Literal, TypeVar

from leverframe.core.access import Denied, Identity, allowed
from leverframe.core.details import detail
from leverframe.core.errors import Locale, Refused
from leverframe.core.github_hooks import Holder, Plan, read_holder
from leverframe.core.wording.github_hooks import said, warnings_of
from leverframe.web.desk import Desk
from leverframe.work.github_hooks import HookKeeper, Planned, Seen

T = TypeVar("T")


def keeper_for(desk: Desk, identity: Identity, verb: Literal["github.read", "github.manage"], written: str) -> tuple[HookKeeper, Holder]:
    """Return the keeper of hooks and what ``written`` (``OWNER/NAME``, ``OWNER``, ``@app``) names.

    Raises ``Refused``: ``request_invalid`` where it is none of these, ``not_allowed`` to who holds no grant for it.
    """
    holder = read_holder(written)
    if holder is None:
        raise Refused("request_invalid", detail("holder_is_none", met=written[:100]))
    match allowed(identity, [verb, str(holder)], desk.roles):
        case Denied() as denied:
            raise Refused("not_allowed", denied.detail)
    if desk.github is None:
        raise Refused("github_token_missing")
    return desk.github, holder


async def act(desk: Desk, identity: Identity, name: str, holder: Holder, what: str, work: Awaitable[T]) -> T:
    """Return what ``work`` gives, with an entry in the audit, of what GitHub refuses too."""
    target = f"{holder} {what}".strip()
    try:
        done = await work
    except Refused as refused:
        await desk.record(identity.actor, f"github-hooks.{name}", target, code=refused.code, detail={"detail": refused.detail} if refused.detail else None)
        raise
    await desk.record(identity.actor, f"github-hooks.{name}", target)
    return done


def shown(seen: Seen, locale: Locale) -> dict[str, Any]:
    """Return a hook as the API shows it; ``github`` is GitHub's own object."""
    hook = seen.hook
    return {
        "id": hook.id, "url": hook.url, "source": seen.source, "events": list(hook.events), "missing": list(seen.missing), "active": hook.active,
        "content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl, "health": hook.health,
        "last_response": {"code": hook.last_code, "status": hook.last_status, "message": hook.last_message},
        "warnings": warnings_of(hook, seen.missing, ours=seen.source is not None, locale=locale), "github": dict(hook.whole),
    }  # fmt: skip


def shown_plan(planned: Planned, locale: Locale, *, done: bool, failed: Refused | None = None) -> dict[str, Any]:
    """Return what a declaration comes to, as the API shows it."""
    plan = planned.plan
    trouble = failed or (planned.trouble.refused() if planned.trouble is not None else None)
    lines = () if plan is None else plan.lines()
    return {
        "of": str(planned.declared.holder), "hook": None if plan is None or plan.hook is None else plan.hook.id, "lines": list(lines),
        "state": "failed" if trouble is not None else "unchanged" if plan is not None and plan.is_done else "done" if done else "planned",
        "removes": plan is not None and bool(plan.remove), "warnings": [] if plan is None else _warnings(plan, locale),
        "code": None if trouble is None else trouble.code, "detail": None if trouble is None else trouble.detail_in(locale) or None,
    }  # fmt: skip


def _warnings(plan: Plan, locale: Locale) -> list[str]:
    found = [said(f"event_{one.why}", locale, event=one.name, near=one.near or "") for one in plan.unfit]
    if plan.twins:
        found.append(said("twins", locale, ids=", ".join(map(str, plan.twins))))
    if plan.declared.insecure_ssl:
        found.append(said("insecure_ssl", locale))
    return found


def settings_of(content_type: str | None, insecure_ssl: bool | None, url: str | None, secret: str | None) -> Mapping[str, str]:
    """Return what of a hook's address is to be changed, as GitHub takes it."""
    given = {"content_type": content_type, "insecure_ssl": None if insecure_ssl is None else str(int(insecure_ssl)), "url": url, "secret": secret}
    return {key: value for key, value in given.items() if value is not None}
