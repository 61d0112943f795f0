"""GitHub's webhooks in the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath

from leverframe.core import ids
from leverframe.core.errors import Refused
from leverframe.core.github_hooks import APP, Holder
from leverframe.core.kept_details import kept
from leverframe.store import recoveries
from leverframe.store.recoveries import State
from leverframe.web import github_hooks as acts
from leverframe.web.api import github_shapes as shapes
from leverframe.web.api.asked import Count, OurDesk, locale_of, remedy_of, who
from leverframe.web.api.asked import cursor as cursor_of
from leverframe.web.api.shapes import Word
from leverframe.web.desk import Desk
from leverframe.work.github_hooks import HookKeeper

router = APIRouter()
Of = Annotated[Word, Query(description="OWNER/REPO, OWNER or @app")]
Id = Annotated[int, InPath(ge=0, lt=1 << 63)]


def _reading(desk: Desk, request: Request, of: str) -> tuple[HookKeeper, Holder]:
    return acts.keeper_for(desk, who(request), "github.read", of)


def _managing(desk: Desk, request: Request, of: str) -> tuple[HookKeeper, Holder]:
    return acts.keeper_for(desk, who(request), "github.manage", of)


@router.get("/api/github/hooks", response_model=shapes.HookList)
async def list_hooks(desk: OurDesk, request: Request, of: Of) -> Any:
    """The webhooks of a repository, an organisation or the app, with what each lacks."""
    keeper, holder = _reading(desk, request, of)
    return {"of": str(holder), "hooks": [acts.shown(seen, locale_of(request)) for seen in await keeper.all(holder)]}


@router.post("/api/github/hooks", response_model=shapes.HookShape, status_code=201)
async def create_hook(desk: OurDesk, asked: shapes.HookAsked, request: Request) -> Any:
    """Make a webhook."""
    keeper, holder = _managing(desk, request, asked.of)
    work = keeper.create(
        holder, events=asked.events, source=asked.source, url=asked.url, secret=asked.secret, content_type=asked.content_type, insecure_ssl=asked.insecure_ssl,
        active=asked.active,
    )  # fmt: skip
    return acts.shown(await acts.act(desk, who(request), "create", holder, " ".join([*filter(None, [asked.url or asked.source]), *asked.events]), work), locale_of(request))


@router.post("/api/github/hooks/sync", response_model=shapes.Synced)
async def sync_hooks(desk: OurDesk, asked: shapes.SyncAsked, request: Request) -> Any:
    """Make the webhooks what the configuration declares; dry_run only shows what is to be done."""
    return await _sync(desk, asked, request)


@router.get("/api/github/hooks/{hook}", response_model=shapes.HookShape)
async def read_hook(desk: OurDesk, hook: Id, request: Request, of: Of) -> Any:
    """One webhook."""
    keeper, holder = _reading(desk, request, of)
    return acts.shown(await keeper.one(holder, hook), locale_of(request))


@router.patch("/api/github/hooks/{hook}", response_model=shapes.HookShape)
async def change_hook(desk: OurDesk, hook: Id, asked: shapes.HookChange, request: Request) -> Any:
    """Change a webhook; what is not named stays, the secret too."""
    keeper, holder = _managing(desk, request, asked.of)
    settings = acts.settings_of(asked.content_type, asked.insecure_ssl, asked.url, asked.secret)
    work = keeper.change(holder, hook, add=asked.add_events, remove=asked.remove_events, active=asked.active, settings=settings)
    what = " ".join([
        f"hook {hook}", *(f"+{name}" for name in asked.add_events), *(f"-{name}" for name in asked.remove_events),
        *([f"active={str(asked.active).lower()}"] if asked.active is not None else []), *(f"{key}={'***' if key == 'secret' else value}" for key, value in settings.items()),
    ])  # fmt: skip
    return acts.shown(await acts.act(desk, who(request), "change", holder, what, work), locale_of(request))


@router.delete("/api/github/hooks/{hook}", status_code=204)
async def delete_hook(desk: OurDesk, hook: Id, request: Request, of: Of) -> Response:
    """Delete a webhook."""
    keeper, holder = _managing(desk, request, of)
    await acts.act(desk, who(request), "delete", holder, f"hook {hook}", keeper.delete(holder, hook))
    return Response(status_code=204)


async def _asking(desk: Desk, request: Request, of: str, hook: int, name: str, work: Callable[[HookKeeper, Holder], Awaitable[None]], what: str = "") -> dict[str, bool]:
    keeper, holder = _managing(desk, request, of)
    await acts.act(desk, who(request), name, holder, f"hook {hook}{what}", work(keeper, holder))
    return {"asked": True}


@router.post("/api/github/hooks/{hook}/pings", response_model=shapes.Asked204)
async def ping_hook(desk: OurDesk, hook: Id, asked: shapes.HookNamed, request: Request) -> Any:
    """Have GitHub send a ping."""
    return await _asking(desk, request, asked.of, hook, "ping", lambda keeper, holder: keeper.ping(holder, hook))


@router.post("/api/github/hooks/{hook}/tests", response_model=shapes.Asked204)
async def test_hook(desk: OurDesk, hook: Id, asked: shapes.HookNamed, request: Request) -> Any:
    """Have GitHub send the latest push again."""
    return await _asking(desk, request, asked.of, hook, "test", lambda keeper, holder: keeper.test(holder, hook))


@router.get("/api/github/hooks/{hook}/deliveries", response_model=shapes.DeliveryLog)
async def read_log(desk: OurDesk, hook: Id, request: Request, of: Of, cursor: Annotated[Word | None, Query()] = None, limit: Annotated[int, Query(ge=1, le=100)] = 30) -> Any:
    """GitHub's delivery log of a webhook, the newest first."""
    keeper, holder = _reading(desk, request, of)
    page = await keeper.log(holder, hook, cursor=cursor, most=limit)
    by_id = {whole.get("id"): whole for whole in page.whole}
    return {
        "next": page.cursor,
        "deliveries": [
            {"id": line.id, "guid": line.guid, "delivered_at": line.delivered_at.isoformat(), "event": line.event, "action": line.action, "status": line.status,
             "status_code": line.status_code, "redelivery": line.redelivery, "github": dict(by_id[line.id])} for line in page.lines],
    }  # fmt: skip


@router.get("/api/github/recoveries", response_model=shapes.RecoveryList)
async def list_recoveries(desk: OurDesk, state: shapes.RecoveryState | None = None, before: Annotated[Word | None, Query()] = None, limit: Count = 50) -> Any:
    """Deliveries of GitHub's that did not come in, and what became of them."""
    which = None if state is None else State[state.upper()]
    rows = await desk.database.read(recoveries.page, state=which, before=cursor_of("rec", before), limit=limit + 1)
    return {
        "next": ids.show("rec", rows[limit - 1].id) if len(rows) > limit else None,
        "recoveries": [
            {"id": ids.show("rec", row.id), "of": row.holder, "hook": row.hook, "source": row.source, "delivery_id": row.guid, "event": f"{row.event}.{row.action}".rstrip("."),
             "first_tried_at": row.first_at, "status": row.status, "state": row.state.name.lower(), "tries": row.tries,
             "next_at": row.next_at if row.state == State.OWED else None, "event_id": ids.show("evt", row.event_id) if row.event_id else None,
             "ended_at": row.ended_at, "code": row.code} for row in rows[:limit]],
    }  # fmt: skip


@router.get("/api/github/watches", response_model=shapes.WatchList)
async def list_watches(desk: OurDesk, request: Request) -> Any:
    """Whose hooks' delivery logs are read for what did not come in."""
    declared = {str(one.holder) for one in desk.github.declared} | {str(APP)} if desk.github is not None else set()
    rows = await desk.database.read(recoveries.watches)
    return {
        "watches": [
            {"of": watch.holder, "declared": watch.holder in declared, "hooks": sorted(int(id) for id in watch.watched.progress), "looked_at": watch.looked_at,
             "code": watch.code, "detail": kept(watch.detail, locale_of(request)) or None, "remedy": remedy_of(watch.code, locale_of(request))} for watch in rows],
    }  # fmt: skip


@router.get("/api/github/hooks/{hook}/deliveries/{delivery}", response_model=dict[str, Any])
async def read_delivery(desk: OurDesk, hook: Id, delivery: Id, request: Request, of: Of) -> Any:
    """One delivery with its request and response, as GitHub tells it."""
    keeper, holder = _reading(desk, request, of)
    return await keeper.delivery(holder, hook, delivery)


@router.post("/api/github/hooks/{hook}/deliveries/{delivery}/attempts", response_model=shapes.Asked204)
async def redeliver(desk: OurDesk, hook: Id, delivery: Id, asked: shapes.HookNamed, request: Request) -> Any:
    """Have GitHub send a delivery again."""
    return await _asking(desk, request, asked.of, hook, "redeliver", lambda keeper, holder: keeper.redeliver(holder, hook, delivery), f" delivery {delivery}")


async def _sync(desk: Desk, asked: shapes.SyncAsked, request: Request) -> dict[str, Any]:
    if desk.github is None:
        raise Refused("github_token_missing")
    verb: Literal["github.read", "github.manage"] = "github.read" if asked.dry_run else "github.manage"
    only = None
    for name in [asked.of] if asked.of is not None else dict.fromkeys(str(one.holder) for one in desk.github.declared):
        _, holder = acts.keeper_for(desk, who(request), verb, name)
        only = holder if asked.of is not None else None
    shown = []
    for planned in await desk.github.plans(only, secret=asked.secret):
        failed = None
        plan = planned.plan
        if plan is not None and not plan.is_done and not asked.dry_run:
            try:
                await acts.act(desk, who(request), "sync", planned.declared.holder, "; ".join(line.strip() for line in plan.lines()), desk.github.apply(plan))
            except Refused as refused:
                failed = refused
        shown.append(acts.shown_plan(planned, locale_of(request), done=not asked.dry_run, failed=failed))
    file = desk.github.file
    return {"dry_run": asked.dry_run, "config": file.path, "config_read_at": file.read_at, "config_changed": file.is_changed(), "hooks": shown}
