"""A wiki edit: one event may touch several pages, some new and some changed."""

from __future__ import annotations

import msgspec

from leverframe.core import payload as reading
from leverframe.core.messages import Inline, Rich, Text
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told, linked

_IN_HEADLINE = 3
_PAGES = 100
"""Read at most; the rooms shorten what is too long for them, and the wiki's history has the rest."""


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of one ``gollum`` event."""

    links: tuple[Rich, ...]
    created: bool
    """Whether any page is new."""
    deleted: bool
    """Whether all that happened is that pages are gone."""
    edited: bool
    """Whether any page was there before."""
    more: int
    """How many pages the headline does not name."""

    @property
    def listed(self) -> Rich:
        """The first pages as links, with commas between them."""
        found: list[Inline] = []
        for link in self.links[:_IN_HEADLINE]:
            if found:
                found.append(Text(", "))
            found.extend(link)
        return tuple(found)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    link: Rich
    is_new: bool
    is_gone: bool
    """Only forges other than GitHub tell it."""
    summary: str


def read_page_list(told: Told) -> list[Page]:
    """Return the pages that the payload names (https://docs.github.com/en/webhooks/webhook-events-and-payloads#gollum)."""
    found = []
    for page in reading.items(told.payload, "pages")[:_PAGES]:
        title = one_line(reading.text(page, "title") or reading.text(page, "page_name")) or "?"
        summary = one_line(reading.text(page, "summary"))
        found.append(
            Page(link=linked(title, reading.web(page, "html_url")), is_new=reading.text(page, "action") == "created", is_gone=reading.text(page, "action") == "deleted", summary=summary)
        )
    return found


def read_pages(told: Told) -> Pages:
    """Return the pages as a headline speaks of them."""
    pages = read_page_list(told)
    return Pages(
        links=tuple(page.link for page in pages),
        created=any(page.is_new for page in pages),
        deleted=bool(pages) and all(page.is_gone for page in pages),
        edited=any(not page.is_new for page in pages),
        more=max(len(reading.items(told.payload, "pages")) - _IN_HEADLINE, 0),
    )
