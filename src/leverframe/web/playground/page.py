"""The page itself: a frame in the hub's language; everything that comes later is built by its script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from leverframe.core.errors import Locale
from leverframe.web.assets import asset
from leverframe.web.playground.words import WORDS

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here: a hub without a playground does not pay for it

    loader = PackageLoader("leverframe.web.playground", ".")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).get_template("page.html")


def render(
    *,
    locale: Locale,
    timezone: str,
    person: str | None,
    csrf: str | None,
    samples: Sequence[Mapping[str, str]],
    people: Sequence[str] = (),
    levers: bool = False,
    leads_in: bool = False,
) -> str:
    """Return the page. ``person`` is who is signed in, ``csrf`` their form token; ``samples`` (name, en, ko) are those of the bar.

    ``people`` are names to choose from; ``levers``: commands are taken, so some are shown to try. ``leads_in``: links into the
    console go by ``POST /playground/console``.
    """
    boot = {"locale": locale, "timezone": timezone, "person": person, "csrf": csrf, "levers": levers, "words": WORDS}
    from markupsafe import Markup

    return _template().render(
        locale=locale,
        word=WORDS[locale],
        person=person,
        samples=samples,
        people=people,
        levers=levers,
        leads_in=leads_in,
        # Within a script element only "<" could end it.
        boot=Markup(json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c")),
        asset=asset,
    )
