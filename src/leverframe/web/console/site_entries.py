"""``/console/entries``: the form of an entry, made of its collection's fields; what was wrong, and what somebody else has changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from leverframe.core.access import Identity
from leverframe.core.content.validating import Problem, from_form, shown
from leverframe.core.content.values import Collection, Document, Field, Site
from leverframe.core.errors import Refused, document
from leverframe.store import content
from leverframe.web import pages, problems, sites
from leverframe.web.asking import query_of
from leverframe.web.console.sites import SitePages
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door
from leverframe.web.pages import Viewer
from leverframe.web.sites import PUBLISH
from leverframe.web.words import word
from leverframe.work.content.editing import EntryChanged, EntryInvalid
from leverframe.work.content.office import Office
from leverframe.work.content.shelf import Opened

TEXT_CAP = 9 * 1024 * 1024
"""A letter of Korean is nine in a form."""
MOST_TARGETS = 1_000
"""Entries that a reference is chosen from; of more, the id is written."""
_NAMED = "f."
"""Before the name of a field in the form."""
_IN_FORM = frozenset({"change_not_stored", "change_unknown", "content_storage_away", "entry_busy", "entry_exists", "entry_too_large"})
"""What is told above the form, with everything that was written still in it."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it is shown: what stands in it, and what is said about it."""

    values: Mapping[str, str]
    version: str = ""
    problems: Mapping[str, Sequence[Problem]] = msgspec.field(default_factory=dict)
    refused: Refused | None = None
    conflict: EntryChanged | None = None
    preview: str | None = None
    unchanged: bool = False
    saved: bool = False
    """Whether the storage has what the form shows: what the browser kept of it may go."""

    @property
    def status(self) -> int:
        """The status that the page answers with."""
        if self.conflict is not None:
            return 409
        return 400 if self.problems else 200 if self.refused is None else self.refused.status


class EntryPages:
    """Making and changing entries."""

    def __init__(self, desk: Desk, office: Office, pages_of_sites: SitePages) -> None:
        self._desk, self._office, self._sites = desk, office, pages_of_sites

    def doors(self) -> tuple[Door, ...]:
        """Return the pages' doors."""
        new, entry = "/console/sites/{site}/{collection}/new", "/console/entries/{site}/{collection}/{entry:path}"
        return (
            Door(method="GET", path=new, permission=PUBLISH, limit=SIGNED_IN, handler=self.begin),
            Door(method="POST", path=new, permission=PUBLISH, limit=SIGNED_IN, body_cap=TEXT_CAP, handler=self.create),
            Door(method="GET", path=entry, permission=PUBLISH, limit=SIGNED_IN, handler=self.open),
            Door(method="POST", path=entry, permission=PUBLISH, limit=SIGNED_IN, body_cap=TEXT_CAP, handler=self.save),
            Door(method="POST", path="/console/preview/{site}/{collection}", permission=PUBLISH, limit=SIGNED_IN, body_cap=TEXT_CAP, handler=self.preview),
        )

    def _where(self, request: Request) -> tuple[Site, Collection]:
        return self._office.shelf.find(request.path_params["site"], request.path_params["collection"])

    async def begin(self, request: Request) -> Response:
        """An empty form, but for its date, which is today: without one an entry stands at the end of the list."""
        _, collection = self._where(request)
        dated, now = collection.field(collection.dated), self._desk.clock.now()
        values = {one.name: shown(one, now.isoformat() if one is dated else None, self._desk.timezone) for one in collection.fields}
        if dated is not None and dated.type == "date":
            values[dated.name] = f"{now.astimezone(self._desk.timezone):%Y-%m-%d}"
        return await self._page(request, None, Written(values=values))

    async def open(self, request: Request) -> Response:
        """The form of an entry, as it is in the storage now."""
        site, collection = self._where(request)
        opened = await self._office.opened(site, collection, request.path_params["entry"])
        query = query_of(request)
        unchanged, saved = (query.text(name) is not None for name in ("unchanged", "saved"))
        written = Written(values=self._shown(opened), version=sites.version_of(opened.stored.tag), unchanged=unchanged, saved=saved or unchanged)
        return await self._page(request, opened, written)

    def _shown(self, opened: Opened) -> dict[str, str]:
        return {one.name: shown(one, opened.document.value(one.name), self._desk.timezone) for one in opened.collection.fields}

    async def create(self, request: Request) -> Response:
        """Make an entry, or show the form again with what is wrong."""
        site, collection = self._where(request)
        form = await _form(request)
        values = _values(form, collection)
        if "preview" in form:
            return await self._page(request, None, Written(values=values, preview=await self._rendered(site, collection, values)))
        given = self._given(collection, values, Document())
        try:
            saved = await self._office.editor.create(self._actor(request), site, collection, values[collection.key.name].strip(), given)
        except Refused as refused:
            return await self._page(request, None, self._refused(request, refused, Written(values=values)))
        return self._to(site, collection, saved.id, "?saved=1")

    async def save(self, request: Request) -> Response:
        """Change an entry that is as it was shown; else show both versions."""
        (site, collection), entry = self._where(request), request.path_params["entry"]
        form = await _form(request)
        values, version = _values(form, collection), form.get("version", "")
        written = Written(values=values, version=version)
        opened = await self._office.shelf.open(site, collection, entry)
        if "preview" in form and opened is not None:
            return await self._page(request, opened, Written(values=values, version=version, preview=await self._rendered(site, collection, values)))
        try:
            if opened is None:
                raise EntryChanged(None)
            given = self._given(collection, values, opened.document)
            saved = await self._office.editor.update(self._actor(request), site, collection, entry, given, expected=sites.read_version(version))
        except Refused as refused:
            now = refused.current if isinstance(refused, EntryChanged) else opened
            return await self._page(request, now, self._refused(request, refused, written), entry=entry)
        return self._to(site, collection, saved.id, "?saved=1" if saved.changed else "?unchanged=1")

    def _to(self, site: Site, collection: Collection, id: str, query: str) -> Response:
        return RedirectResponse(f"/console/entries/{site.name}/{collection.name}/{quote(id)}{query}", 303)

    def _actor(self, request: Request) -> str:
        identity: Identity = request.scope["state"]["identity"]
        return identity.actor

    def _given(self, collection: Collection, values: Mapping[str, str], before: Document) -> dict[str, Any]:
        return {
            one.name: from_form(one, values[one.name], current=before.value(one.name), zone=self._desk.timezone)
            for one in collection.fields if one.name != collection.key.name
        }  # fmt: skip

    def _refused(self, request: Request, refused: Refused, written: Written) -> Written:
        """Return the form with what was refused; raises ``refused`` where a program is asking, or where the form is not the place for it."""
        if not problems.prefers_html(request.headers.get("accept")):
            raise refused
        match refused:
            case EntryInvalid():
                found: dict[str, list[Problem]] = {}
                for one in refused.problems:
                    found.setdefault(one.field, []).append(one)
                return Written(values=written.values, version=written.version, problems=found)
            case EntryChanged():
                now = "" if refused.current is None else sites.version_of(refused.current.stored.tag)
                return Written(values=written.values, version=now, conflict=refused)
        if refused.code not in _IN_FORM:
            raise refused
        return Written(values=written.values, version=written.version, refused=refused)

    async def preview(self, request: Request) -> Response:
        """The text as people will see it: a part of a page."""
        (site, _), form = self._where(request), await _form(request)
        return HTMLResponse(await self._office.preview(form.get("text", ""), images=sites.images_of(site)))

    async def _rendered(self, site: Site, collection: Collection, values: Mapping[str, str]) -> str:
        text = "\n\n".join(values[one.name] for one in collection.fields if one.type == "markdown")
        return await self._office.preview(text, images=sites.images_of(site))

    async def _page(self, request: Request, opened: Opened | None, written: Written, *, entry: str = "") -> Response:
        (site, collection), viewer = self._where(request), pages.viewer_of(request, self._desk.timezone)
        id = opened.id if opened is not None else entry
        banner = None
        if opened is not None:
            change, standing = await self._desk.database.read(self._office.latest, site, collection.name, id)
            banner = self._sites.standing_of(site, change, standing)
        rows = [await self._row(site, collection, one, written, viewer) for one in collection.fields if opened is None or one.name != collection.key.name]
        conflict = written.conflict
        return pages.page(
            viewer, "site_entry.html", status=written.status, site=site, collection=collection, opened=opened, entry=id, rows=rows, written=written, banner=banner,
            told=None if written.refused is None else document(written.refused, viewer.locale), tag="",
            differing=[] if conflict is None or conflict.current is None else self._differing(conflict.current, written), conflict=conflict,
            answered=request.method == "POST", changed_by=await self._changed_by(site, collection, id) if conflict is not None else None,
            other=sorted(sites.other_fields(collection, opened.document)) if opened is not None else [],
        )  # fmt: skip

    async def _changed_by(self, site: Site, collection: Collection, id: str) -> Any:
        change, _ = await self._desk.database.read(self._office.latest, site, collection.name, id)
        return change

    def _differing(self, current: Opened, written: Written) -> list[tuple[Field, str, str]]:
        theirs = self._shown(current)
        return [
            (one, theirs[one.name], written.values[one.name])
            for one in current.collection.fields
            if one.name != current.collection.key.name and theirs[one.name].strip() != written.values[one.name].replace("\r\n", "\n").strip()
            and not (one.type == "boolean" and (theirs[one.name] == "true") == (written.values[one.name] == "true"))
        ]  # fmt: skip

    async def _row(self, site: Site, collection: Collection, one: Field, written: Written, viewer: Viewer) -> dict[str, Any]:
        value = written.values.get(one.name, "")
        row: dict[str, Any] = {
            "field": one, "name": f"{_NAMED}{one.name}", "value": value, "is_id": one.name == collection.key.name,
            "wrong": [sites.problem_words(problem, viewer.locale) for problem in written.problems.get(one.name, ())], "image": "", "targets": None, "chosen": value.splitlines(),
        }  # fmt: skip
        if one.type == "image" and (key := site.file_at(value)) is not None:
            row["image"] = f"/console/files/{site.name}/{quote(key)}"
        if one.type == "reference":
            titles = await self._desk.database.read(content.titles, site.name, one.collection, limit=MOST_TARGETS + 1)
            if len(titles) <= MOST_TARGETS:
                known = {id for id, _ in titles}
                targets = [*titles, *((id, word("entry_gone_target", viewer.locale, id=id)) for id in row["chosen"] if id and id not in known)]
                order = {id: at for at, id in enumerate(row["chosen"])}  # which a browser sends back as it is on the page
                row["targets"] = sorted(targets, key=lambda one: order.get(one[0], len(order)))
        return row


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; what is there several times is a line each."""
    found: dict[str, str] = {}
    for name, value in parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True):
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _values(form: Mapping[str, str], collection: Collection) -> dict[str, str]:
    found = {one.name: form.get(f"{_NAMED}{one.name}", "") for one in collection.fields}
    return {one.name: ("true" if found[one.name] else "") if one.type == "boolean" else found[one.name].replace("\r\n", "\n") for one in collection.fields}
