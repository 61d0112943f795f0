"""What pages and API share about sites: who may publish, how versions are named, and how far a publication has come."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import StreamingResponse

from leverframe.core.access import Allowed, Denied, Identity, allowed
from leverframe.core.content.validating import Problem
from leverframe.core.content.values import FILES, Collection, Document, Site
from leverframe.core.details import about
from leverframe.core.errors import Locale, Refused
from leverframe.ports.content import StorageFailed, Tag
from leverframe.store.content import Cursor
from leverframe.store.content_changes import Change
from leverframe.store.tables import from_us, to_us
from leverframe.web.desk import Desk
from leverframe.web.words import word
from leverframe.work.content.office import Office
from leverframe.work.content.publishing import Standing
from leverframe.work.content.shelf import refused
from leverframe.work.content.uploading import SHOWN, media_of

PUBLISH = "publish {site} {collection}"
"""The grant that a door of a collection asks for; the guard fills in what stands in the address."""


def may_publish(identity: Identity, site: str, collection: str) -> bool:
    """Return whether somebody may change a collection."""
    return isinstance(allowed(identity, ("publish", site, collection)), Allowed)


def own_collections(identity: Identity, site: Site) -> list[Collection]:
    """Return the collections of a site that somebody may change."""
    return [one for one in site.collections.values() if may_publish(identity, site.name, one.name)]


def need_any(desk: Desk, identity: Identity, site: Site) -> None:
    """Raise ``Refused("not_allowed")`` for somebody who may change nothing of the site."""
    if own_collections(identity, site) or may_publish(identity, site.name, FILES):
        return
    if isinstance(denied := allowed(identity, ("publish", site.name, FILES), desk.roles), Denied):
        raise Refused("not_allowed", denied.detail)


def etag_of(tag: Tag) -> str:
    """Return how an HTTP ETag names a state of an object: https://www.rfc-editor.org/rfc/rfc9110#name-etag"""
    return f'"{version_of(tag)}"'


def version_of(tag: Tag) -> str:
    """Return a state of an object as a form's field keeps it."""
    return base64.urlsafe_b64encode(tag.encode()).decode().rstrip("=")


def tag_of(etag: str | None) -> Tag:
    """Return the state that ``If-Match`` names, ``*`` for any; raises ``Refused``: ``precondition_missing``, ``header_invalid``."""
    if etag is None or not etag.strip():
        raise Refused("precondition_missing")
    if etag.strip() == "*":
        return "*"
    return read_version(etag.strip().removeprefix("W/").strip('"'))


def read_version(version: str) -> Tag:
    """Return the state that :func:`version_of` named; raises ``Refused("header_invalid")`` for anything else."""
    try:
        return base64.urlsafe_b64decode(version + "=" * (-len(version) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Refused("header_invalid", "If-Match") from None


def cursor_of(text: str | None) -> Cursor | None:
    """Return where a page begins; raises ``Refused("request_invalid")`` for what :func:`shown_cursor` did not write."""
    if text is None:
        return None
    try:
        dated, at, entry = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        return Cursor(_text(dated), from_us(int(at)), _text(entry))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Refused("request_invalid", about("before", "no_place_in_list")) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def shown_cursor(cursor: Cursor | None) -> str | None:
    """Return a place in a list as an address holds it."""
    if cursor is None:
        return None
    said = json.dumps([cursor.dated, to_us(cursor.modified_at), cursor.entry], separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def stage_of(change: Change | None, standing: Standing | None) -> str:
    """Return how far a change has come: ``none``, ``storing``, ``not_stored``, ``saved``, ``waiting``, ``building``, ``live`` or ``failed``."""
    if change is None:
        return "none"
    if change.state == "storing":
        return "storing"
    if change.state == "failed":
        return "not_stored"
    return "saved" if standing is None else standing.stage


def known_fields(collection: Collection, document: Document) -> dict[str, Any]:
    """Return the members of an entry that its collection declares, but for the id."""
    return {one.name: document.value(one.name) for one in collection.fields if one.name != collection.key.name or one.name in document.fields}


def other_fields(collection: Collection, document: Document) -> dict[str, Any]:
    """Return the members of an entry that nobody declared; they stay as they are."""
    return {name: value for name, value in document.fields.items() if collection.field(name) is None}


async def file_response(office: Office, site: Site, key: str) -> StreamingResponse:
    """Return a file of a site as it is seen in the console: pictures are shown, all else is saved. Raises ``Refused("not_found")``."""
    if not key.startswith(f"{site.files}/") or any(part in ("", ".", "..") for part in key.split("/")):
        raise Refused("not_found")
    try:
        found = await office.shelf.storages[site.name].download(key)
    except StorageFailed as failed:
        raise refused(failed) from None
    if found is None:
        raise Refused("not_found")
    stored, pieces = found
    media = media_of(key)
    shown = media if media in SHOWN else "application/octet-stream"
    headers = {
        "Content-Length": str(stored.size), "ETag": etag_of(stored.tag), "Cache-Control": "private, max-age=300",
        "Content-Disposition": "inline" if media in SHOWN else "attachment",
    }  # fmt: skip
    return StreamingResponse(pieces, media_type=shown, headers=headers)


def images_of(site: Site) -> Mapping[str, str]:
    """Return where pictures of a site are seen in the console, by how entries name them."""
    return {f"{site.files_url}/": f"/console/files/{site.name}/{site.files}/"}


def problem_words(problem: Problem, locale: Locale) -> str:
    """Return what is wrong with a field, as people read it."""
    return word(f"problem_{problem.code}", locale, detail=problem.detail)
