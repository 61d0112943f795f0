"""Markdown as harmless HTML: read by markdown-it-py, and what could act is taken out by nh3 (https://nh3.readthedocs.io)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}


class Markdown:
    """Satisfies ``ports.content.Renderer``."""

    def __init__(self) -> None:
        self._read = MarkdownIt("commonmark", {"html": True, "maxNesting": 50}).enable(["table", "strikethrough"])

    def render(self, text: str, *, images: Mapping[str, str]) -> str:
        """Return harmless HTML of ``text``; addresses of pictures that begin with a key of ``images`` begin with its value."""

        def attribute(tag: str, name: str, value: str) -> str | None:
            if tag == "img" and name == "src":
                return next((f"{there}{value.removeprefix(here)}" for here, there in images.items() if value.startswith(here)), value)
            return value

        made: str = nh3.clean(
            self._read.render(text), tags=_TAGS, clean_content_tags={"script", "style"},
            attributes=_attributes(), attribute_filter=attribute, url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer nofollow",
        )  # fmt: skip
        return made


def _attributes() -> dict[str, set[str]]:
    found: Any = {tag: set(names) for tag, names in _ATTRIBUTES.items()}
    return found  # type: ignore[no-any-return]
