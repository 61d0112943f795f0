"""HTML pages: Jinja2 templates with everything escaped, imported at the first page that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse

from leverframe.core import ids
from leverframe.core.access import ANONYMOUS, Allowed, Identity, allowed, matches
from leverframe.core.errors import Locale, Refused, document
from leverframe.core.kept_details import kept
from leverframe.store.people import Session
from leverframe.web import problems
from leverframe.web.assets import asset
from leverframe.web.words import word

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"

_INSTEAD = {"entry_unknown": ("/console/sites", "nav_sites"), "delivery_unknown": ("/console/deliveries", "nav_deliveries"), "deployment_unknown": ("/console/deployments", "nav_deployments"),
            "event_unknown": ("/console/events", "nav_events")}
"""Where to look for what is not there: page and word."""


@cache
def _environment() -> Environment:
    # 4 MB and 25 ms that a hub which only takes events in does not need.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.globals["asset"] = asset
    made.filters["shown"] = lambda number, prefix: ids.show(prefix, number)
    return made


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page, and how times and words are shown to them."""

    locale: Locale
    timezone: tzinfo
    path: str = ""
    identity: Identity = ANONYMOUS
    session: Session | None = None
    sites: bool = False
    """Whether the hub has a back office."""

    @property
    def publishes(self) -> bool:
        """Return whether to lead to the back office: there is one, and the viewer holds some grant to publish."""
        return self.sites and any(matches(grant.split()[0], "publish") for grant in self.identity.grants if grant.split())

    def may(self, words: str) -> bool:
        """Return whether to show what needs this grant; the door decides, whatever the page shows."""
        return isinstance(allowed(self.identity, words.split()), Allowed)


def viewer_of(request: Request, timezone: tzinfo) -> Viewer:
    """Return who looks, as the guard found out."""
    state = request.scope["state"]
    return Viewer(locale=state["locale"], timezone=timezone, path=request.url.path, identity=state["identity"], session=state["session"], sites=state.get("sites", False))


def page(viewer: Viewer, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the template's page. In it: ``t(key, …)`` words, ``kept(detail)`` what was met, ``at(instant)`` a time, ``csrf`` the form token, ``viewer``."""
    html = _environment().get_template(template).render(
        t=_words(viewer.locale), kept=partial(kept, locale=viewer.locale), at=_times(viewer.timezone), csrf=viewer.session.csrf if viewer.session else "", viewer=viewer,
        locale=viewer.locale, self_path=viewer.path, zone=str(viewer.timezone), **values)
    return HTMLResponse(html.encode("utf-8", "replace"), status)


def problem(refused: Refused, locale: Locale, *, leads_in: str | None = None) -> HTMLResponse:
    """Return a refusal as a page: sentence, remedy and code; with ``leads_in`` a demo's button that leads there."""
    html = _environment().get_template("problem.html").render(
        t=_words(locale), locale=locale, told=document(refused, locale), leads_in=leads_in, instead=_INSTEAD.get(refused.code))
    return HTMLResponse(html, refused.status, headers=problems.headers_of(refused))


def _words(locale: Locale) -> Callable[..., str]:
    def words(key: str, **values: object) -> str:
        return word(key, locale, **values)

    return words


def _times(timezone: tzinfo) -> Callable[[datetime | None], object]:
    from markupsafe import Markup

    def shown(instant: datetime | None) -> object:
        if instant is None:
            return "–"
        local = instant.astimezone(timezone)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            instant.isoformat(timespec="milliseconds").replace("+00:00", "Z"), local.isoformat(timespec="milliseconds"),
            local.strftime("%Y-%m-%d %H:%M:%S"))

    return shown
