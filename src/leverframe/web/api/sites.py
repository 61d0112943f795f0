"""Sites in the API: ``/api/sites/{site}/{collection}/{id}``, with ETag and If-Match."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import JSONResponse

from leverframe.core.errors import Locale, Refused, document
from leverframe.store import content_changes
from leverframe.web import problems
from leverframe.web.api import site_shapes as shapes
from leverframe.web.api.asked import Asked, Count, OurDesk, locale_of, who
from leverframe.web.sites import (
    cursor_of,
    etag_of,
    images_of,
    known_fields,
    other_fields,
    own_collections,
    problem_words,
    shown_cursor,
    stage_of,
    tag_of,
)
from leverframe.work.content.editing import EntryChanged, EntryInvalid, EntryReferred, Saved
from leverframe.work.content.office import Office, SiteView
from leverframe.work.content.shelf import Opened

router = APIRouter()
_HISTORY = 100


async def _office(request: Request) -> Office:
    found: Office = request.app.state.desk.sites
    return found


OurOffice = Annotated[Office, Depends(_office)]


@router.get("/api/sites", response_model=shapes.SiteList)
async def list_sites(desk: OurDesk, office: OurOffice, request: Request) -> Any:
    """Sites, with what you may change."""
    identity, locale = who(request), locale_of(request)
    found = []
    for site in office.shelf.sites.values():
        mine = own_collections(identity, site)
        if mine:
            view = await desk.database.read(office.view, site)
            found.append(_site(view, [one.name for one in mine], locale))
    return {"sites": found}


@router.post("/api/uploads/{site}/{collection}", response_model=shapes.FileShape, status_code=201)
async def upload_file(office: OurOffice, site: str, collection: str, request: Request, name: Annotated[str, Query(max_length=500)]) -> Any:
    """Store a file: its bytes are the body."""
    found, _ = office.shelf.find(site, collection)
    request.scope["state"]["prove"](None)  # a browser's session says who sends the bytes in a header, or not at all
    done = await office.uploader.upload(who(request).actor, found, name, request.stream())
    stage = {"stage": "saved" if done.dispatch is None else "waiting", "id": done.dispatch}
    return {"key": done.key, "address": done.address, "size": done.size, "publication": stage}


@router.post("/api/previews/{site}/{collection}", response_model=shapes.Previewed)
async def preview_text(office: OurOffice, site: str, collection: str, given: shapes.MarkdownGiven) -> Any:
    """See Markdown as HTML."""
    found, _ = office.shelf.find(site, collection)
    return {"html": await office.preview(given.text, images=images_of(found))}


@router.get("/api/sites/{site}/{collection}", response_model=shapes.EntryList)
async def list_entries(office: OurOffice, site: str, collection: str, search: Asked = None, before: Asked = None, limit: Count = 50) -> Any:
    """Entries, newest first."""
    page = await office.page(*office.shelf.find(site, collection), search=search or "", after=cursor_of(before), limit=limit)
    rows = [
        {"id": row.entry, "title": row.title, "date": row.dated or None, "modified_at": row.modified_at, "etag": etag_of(row.tag), "problem": row.problem or None}
        for row in page.rows
    ]  # fmt: skip
    return {"entries": rows, "next": shown_cursor(page.next)}


@router.post("/api/sites/{site}/{collection}", response_model=shapes.EntrySaved, status_code=201)
async def create_entry(office: OurOffice, site: str, collection: str, given: shapes.EntryNew, request: Request) -> Any:
    """Make an entry."""
    where = office.shelf.find(site, collection)
    return await _told(request, lambda: office.editor.create(who(request).actor, *where, given.id or "", given.fields), given.fields, status=201)


@router.get("/api/sites/{site}/{collection}/{id:path}", response_model=shapes.EntryShape)
async def read_entry(desk: OurDesk, office: OurOffice, site: str, collection: str, id: str, request: Request) -> Any:
    """One entry, as it is in the storage now."""
    where = office.shelf.find(site, collection)
    opened = await office.opened(*where, id)
    change, standing = await desk.database.read(office.latest, where[0], collection, id)
    etag = etag_of(opened.stored.tag)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    shown = {**_entry(opened), "modified_at": opened.stored.modified_at.isoformat(), "publication": _publication(stage_of(change, standing), standing)}
    return JSONResponse(shown, headers={"ETag": etag})


@router.get("/api/history/{site}/{collection}/{id:path}", response_model=shapes.HistoryList)
async def read_history(desk: OurDesk, office: OurOffice, site: str, collection: str, id: str) -> Any:
    """What the audit tells of one entry, newest first."""
    office.shelf.find(site, collection)
    past = await desk.database.read(content_changes.history, site, collection, id, limit=_HISTORY)
    return {"history": [{"at": row.at, "actor": row.actor, "act": row.act, "code": row.code, "dispatch": row.dispatch} for row in past]}


@router.put("/api/sites/{site}/{collection}/{id:path}", response_model=shapes.EntrySaved)
async def replace_entry(office: OurOffice, site: str, collection: str, id: str, given: shapes.EntryGiven, request: Request) -> Any:
    """Change an entry: all its fields."""
    return await _update(office, site, collection, id, given, request, partly=False)


@router.patch("/api/sites/{site}/{collection}/{id:path}", response_model=shapes.EntrySaved)
async def change_entry(office: OurOffice, site: str, collection: str, id: str, given: shapes.EntryGiven, request: Request) -> Any:
    """Change an entry: some fields."""
    return await _update(office, site, collection, id, given, request, partly=True)


async def _update(office: Office, site: str, collection: str, id: str, given: shapes.EntryGiven, request: Request, *, partly: bool) -> Any:
    where, expected = office.shelf.find(site, collection), tag_of(request.headers.get("if-match"))
    return await _told(request, lambda: office.editor.update(who(request).actor, *where, id, given.fields, expected=expected, partly=partly), given.fields)


@router.delete("/api/sites/{site}/{collection}/{id:path}", response_model=shapes.EntrySaved)
async def delete_entry(office: OurOffice, site: str, collection: str, id: str, request: Request) -> Any:
    """Delete an entry."""
    where, expected = office.shelf.find(site, collection), tag_of(request.headers.get("if-match"))
    return await _told(request, lambda: office.delete(who(request).actor, *where, id, expected=expected), {})


async def _told(request: Request, act: Any, given: dict[str, Any], *, status: int = 200) -> Response:
    """Return what became of an act; of a conflict both versions, of wrong fields what is wrong with each."""
    try:
        saved: Saved = await act()
    except EntryInvalid as refused:
        locale = locale_of(request)
        return _refusal(refused, locale, problems=[{"field": one.field, "code": one.code, "detail": one.detail, "said": problem_words(one, locale)} for one in refused.problems])
    except EntryChanged as refused:
        current = None if refused.current is None else _entry(refused.current)
        return _refusal(refused, locale_of(request), current=current, yours=given)
    except EntryReferred as refused:
        return _refusal(refused, locale_of(request), by=[{"collection": collection, "id": id, "title": title} for collection, id, title in refused.by])
    stage = "saved" if saved.dispatch is None else "waiting"
    shown = {"id": saved.id, "etag": etag_of(saved.tag) if saved.tag else "", "changed": saved.changed, "publication": {"stage": stage, "id": saved.dispatch, "url": None, "code": None}}
    return JSONResponse(shown, status, headers={"ETag": etag_of(saved.tag)} if saved.tag else {})


def _refusal(refused: Refused, locale: Locale, **more: Any) -> Response:
    whole = {**document(refused, locale), **more}
    return Response(
        json.dumps(whole, ensure_ascii=False, default=str).encode("utf-8", "replace"), refused.status, headers=problems.headers_of(refused),
        media_type="application/problem+json",
    )  # fmt: skip


def _entry(opened: Opened) -> dict[str, Any]:
    return {
        "id": opened.id, "etag": etag_of(opened.stored.tag), "fields": known_fields(opened.collection, opened.document),
        "other": other_fields(opened.collection, opened.document), "problem": opened.problem or None,
    }  # fmt: skip


def _site(view: SiteView, mine: list[str], locale: Locale) -> dict[str, Any]:
    site = view.site
    return {
        "name": site.name, "title": site.title.of(locale), "url": site.url, "repository": site.repository,
        "collections": [
            {
                "name": name, "title": site.collections[name].title.of(locale), "entries": view.counts.get(name, 0), "problem": view.problems.get(name, "").partition(" ")[0] or None,
                "fields": [
                    {"name": one.name, "type": one.type, "label": one.label.of(locale), "required": one.required, "choices": list(one.choices), "collection": one.collection or None}
                    for one in site.collections[name].fields
                ],
            }
            for name in mine
        ],
        "publication": _publication(stage_of(view.last, view.standing), view.standing),
    }  # fmt: skip


def _publication(stage: str, standing: Any) -> dict[str, Any]:
    return {"stage": stage, "id": standing and standing.id, "url": (standing and standing.url) or None, "code": (standing and standing.code) or None}
