"""``/console/sites``: the sites, the list of a collection, an entry's history and its deletion, files, and how far a change has come."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from leverframe.core.access import Identity
from leverframe.core.content.values import Collection, Site
from leverframe.core.errors import Refused, document
from leverframe.store import content, content_changes
from leverframe.store.content_changes import Past
from leverframe.web import pages, problems, sites
from leverframe.web.asking import form_of, query_of, with_query
from leverframe.web.desk import Desk
from leverframe.web.doors import FORM_CAP, SIGNED_IN, Door
from leverframe.web.pages import Viewer
from leverframe.web.sites import PUBLISH
from leverframe.web.uploads import UploadForm
from leverframe.work.content.editing import EntryChanged, EntryReferred
from leverframe.work.content.office import Office
from leverframe.work.content.uploading import UPLOAD_BYTES

PAGE = 50
PAST = 100
UPLOAD_CAP = UPLOAD_BYTES + FORM_CAP


class SitePages:
    """Everything but the form of an entry."""

    def __init__(self, desk: Desk, office: Office) -> None:
        self._desk, self._office = desk, office

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        return (
            Door(method="GET", path="/console/sites", permission="session", handler=self.sites, limit=SIGNED_IN),
            Door(method="GET", path="/console/sites/{site}/{collection}", permission=PUBLISH, handler=self.list, limit=SIGNED_IN),
            Door(method="GET", path="/console/sites/{site}/{collection}/status", permission=PUBLISH, handler=self.status, limit=SIGNED_IN),
            Door(method="GET", path="/console/history/{site}/{collection}/{entry:path}", permission=PUBLISH, handler=self.history, limit=SIGNED_IN),
            Door(method="GET", path="/console/delete/{site}/{collection}/{entry:path}", permission=PUBLISH, handler=self.ask_delete, limit=SIGNED_IN),
            Door(method="POST", path="/console/delete/{site}/{collection}/{entry:path}", permission=PUBLISH, body_cap=FORM_CAP, handler=self.delete, limit=SIGNED_IN),
            Door(method="GET", path="/console/upload/{site}/{collection}", permission=PUBLISH, handler=self.ask_upload, limit=SIGNED_IN),
            Door(method="POST", path="/console/upload/{site}/{collection}", permission=PUBLISH, body_cap=UPLOAD_CAP, streams=True, handler=self.upload, limit=SIGNED_IN),
            Door(method="GET", path="/console/files/{site}/{key:path}", permission="session", handler=self.file, limit=SIGNED_IN),
        )

    def _where(self, request: Request) -> tuple[Site, Collection]:
        return self._office.shelf.find(request.path_params["site"], request.path_params["collection"])

    def _viewer(self, request: Request) -> Viewer:
        return pages.viewer_of(request, self._desk.timezone)

    async def sites(self, request: Request) -> Response:
        """Every site with the collections that the viewer may change, and how the last change stands."""
        viewer, rows = self._viewer(request), []
        for site in self._office.shelf.sites.values():
            if mine := sites.own_collections(viewer.identity, site):
                view = await self._desk.database.read(self._office.view, site)
                rows.append((view, mine, self.standing_of(site, view.last, view.standing)))
        tag = _tag(viewer, rows)
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return pages.page(viewer, "sites.html", rows=rows, tag=tag)

    def standing_of(self, site: Site, change: Any, standing: Any) -> dict[str, Any]:
        """Return how far a change has come, as the banner shows it."""
        return {
            "stage": sites.stage_of(change, standing), "standing": standing, "change": change, "site": site,
            "url": standing.url if standing is not None and standing.url.startswith(("https://", "http://")) else "",
        }  # fmt: skip

    async def list(self, request: Request) -> Response:
        """The entries of a collection, newest first, or those that a search finds."""
        (site, collection), viewer, asked = self._where(request), self._viewer(request), query_of(request)
        search = asked.text("search") or ""
        page = await self._office.page(site, collection, search=search, after=sites.cursor_of(asked.text("before")), limit=PAGE)
        view = await self._desk.database.read(self._office.view, site)
        here = f"/console/sites/{site.name}/{collection.name}"
        older = with_query(here, search=search or None, before=sites.shown_cursor(page.next)) if page.next is not None else None
        newest = with_query(here, search=search or None) if asked.text("before") else None
        return pages.page(
            viewer, "site_list.html", site=site, collection=collection, rows=page.rows, search=search, older=older, newest=newest, view=view,
            banner=self.standing_of(site, view.last, view.standing), here=here, tag="", away=_away(view.problems.get(collection.name, ""), viewer),
        )  # fmt: skip

    async def status(self, request: Request) -> Response:
        """How far the newest change of a site, or of one entry, has come: a part of a page."""
        (site, collection), viewer = self._where(request), self._viewer(request)
        entry = query_of(request).text("entry")
        change, standing = await self._desk.database.read(self._office.latest, site, collection.name if entry else None, entry)
        banner = self.standing_of(site, change, standing)
        tag = _tag(viewer, (banner["stage"], standing))
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        answer = pages.page(viewer, "site_status.html", banner=banner, tag=tag, source=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""))
        answer.headers["ETag"] = tag
        return answer

    async def history(self, request: Request) -> Response:
        """What the audit tells of one entry."""
        (site, collection), entry = self._where(request), request.path_params["entry"]
        past = await self._desk.database.read(content_changes.history, site.name, collection.name, entry, limit=PAST)
        row = await self._desk.database.read(content.one, site.name, collection.name, entry)
        if row is None and not past:
            raise Refused("entry_unknown", f"{collection.name}/{entry}"[:200])
        return pages.page(
            self._viewer(request), "site_history.html", site=site, collection=collection, entry=entry, there=row is not None, past=past, fields=_fields,
            title=row.title if row is not None else entry,
        )  # fmt: skip

    async def ask_delete(self, request: Request) -> Response:
        """Ask whether it shall go."""
        return await self._delete_page(request)

    async def _delete_page(self, request: Request, refused: Refused | None = None) -> Response:
        (site, collection), entry, viewer = self._where(request), request.path_params["entry"], self._viewer(request)
        opened = await self._office.opened(site, collection, entry)
        by = refused.by if isinstance(refused, EntryReferred) else ()
        told = None if refused is None else document(refused, viewer.locale)
        return pages.page(
            viewer, "site_delete.html", status=200 if refused is None else refused.status, site=site, collection=collection, entry=entry, opened=opened, by=by, told=told,
            version=sites.version_of(opened.stored.tag),
        )  # fmt: skip

    async def delete(self, request: Request) -> Response:
        """Delete an entry that is as it was shown."""
        (site, collection), entry = self._where(request), request.path_params["entry"]
        form, identity = await form_of(request), self._identity(request)
        try:
            await self._office.delete(identity.actor, site, collection, entry, expected=sites.read_version(form.needed("version")))
        except (EntryReferred, EntryChanged) as refused:
            if not problems.prefers_html(request.headers.get("accept")) or (isinstance(refused, EntryChanged) and refused.current is None):
                raise
            return await self._delete_page(request, refused)
        return RedirectResponse(f"/console/sites/{site.name}/{collection.name}", 303)

    async def ask_upload(self, request: Request) -> Response:
        """The form for a file."""
        site, collection = self._where(request)
        return pages.page(self._viewer(request), "site_upload.html", site=site, collection=collection, done=None)

    async def upload(self, request: Request) -> Response:
        """Take a file in, piece by piece. The token stands before the file, and is proved before anything of the file is read."""
        site, collection = self._where(request)
        form = UploadForm(request)
        await form.begin()
        request.scope["state"]["prove"](form.fields.get("csrf"))
        done = await self._office.uploader.upload(self._identity(request).actor, site, form.file_name, form.pieces())
        if not problems.prefers_html(request.headers.get("accept")):
            return JSONResponse({"address": done.address, "key": done.key, "size": done.size}, 201)
        return pages.page(self._viewer(request), "site_upload.html", site=site, collection=collection, done=done)

    async def file(self, request: Request) -> Response:
        """A file of the site, for previews."""
        site = self._office.shelf.site(request.path_params["site"])
        sites.need_any(self._desk, self._identity(request), site)
        return await sites.file_response(self._office, site, request.path_params["key"])

    def _identity(self, request: Request) -> Identity:
        found: Identity = request.scope["state"]["identity"]
        return found


def _fields(past: Past) -> str:
    """Return the names of the fields that a change was about."""
    try:
        found = json.loads(past.detail).get("fields", [])
    except (ValueError, AttributeError):
        return ""
    return ", ".join(str(name) for name in found) if isinstance(found, list) else ""


def _away(problem: str, viewer: Viewer) -> dict[str, Any] | None:
    """Return why a collection could not be looked through, as people read it; ``None`` when it could."""
    code, _, detail = problem.partition(" ")
    return document(Refused(code, detail), viewer.locale) if code else None


def _tag(viewer: Viewer, state: Any) -> str:
    seen = repr((viewer.locale, viewer.identity.actor, state)).encode("utf-8", "replace")
    return f'"{hashlib.blake2b(seen, digest_size=12).hexdigest()}"'

