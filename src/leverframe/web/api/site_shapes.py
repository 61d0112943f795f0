"""What the API answers and takes of sites."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from leverframe.web.api.shapes import Word, _Answer, _Asked


class Publication(_Answer):
    """How far a change has come."""

    stage: str = Field(description="none, storing, not_stored, saved, waiting, building, live or failed")
    id: str | None = Field(None, description="of the dispatch that publishes it")
    url: str | None = Field(None, description="where its run is seen")
    code: str | None = Field(None, description="why it failed")


class CollectionShape(_Answer):
    name: str
    title: str
    entries: int
    problem: str | None = Field(description="code of why its storage could not be looked through")
    fields: list[dict[str, Any]]


class SiteShape(_Answer):
    name: str
    title: str
    url: str
    repository: str
    collections: list[CollectionShape]
    publication: Publication


class SiteList(_Answer):
    sites: list[SiteShape]


class EntryRow(_Answer):
    id: str
    title: str
    date: str | None
    modified_at: datetime
    etag: str
    problem: str | None = Field(description="why it cannot be read")


class EntryList(_Answer):
    entries: list[EntryRow]
    next: str | None = Field(description="give it as before to read on; null at the end")


class EntryShape(_Answer):
    id: str
    etag: str = Field(description="also the header ETag: send it back as If-Match")
    fields: dict[str, Any]
    other: dict[str, Any] = Field(description="members that the collection does not declare; an edit keeps them")
    problem: str | None = None
    modified_at: datetime
    publication: Publication


class EntrySaved(_Answer):
    id: str
    etag: str
    changed: bool = Field(description="false when the entry was so already")
    publication: Publication


class EntryNew(_Asked):
    """A new entry."""

    id: Word | None = Field(None, description="left out, it is made of the title")
    fields: dict[str, Any]


class EntryGiven(_Asked):
    """An entry's fields: all of them (PUT), or those to change (PATCH)."""

    fields: dict[str, Any]


class MarkdownGiven(_Asked):
    """Markdown to preview."""

    text: str


class Previewed(_Answer):
    html: str = Field(description="harmless HTML")


class HistoryRow(_Answer):
    at: datetime
    actor: str
    act: str
    code: str
    dispatch: str | None


class HistoryList(_Answer):
    history: list[HistoryRow]


class FileShape(_Answer):
    key: str
    address: str = Field(description="how entries name it")
    size: int
    publication: Publication
