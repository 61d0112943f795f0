"""What routes need, married: the words of a message, who is mentioned in it, CEL filters, and the files of pull requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leverframe.config import Config
from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import Message, people
from leverframe.core.people import platform
from leverframe.core.routes import Route
from leverframe.core.wording import compose
from leverframe.ports import Clock
from leverframe.work.paths import Paths

if TYPE_CHECKING:
    from leverframe.github.client import GitHub


class Words:
    """Words an event as its route wants it."""

    def __init__(self, config: Config, zone: ZoneInfo) -> None:
        self._locale, self._zone = config.hub.locale, zone
        self._templates: dict[str, Any] = {}
        if any(route.template for route in config.routes):
            from leverframe.templates import compile_template  # Jinja, only where it is used

            self._templates = {route.name: compile_template(route.template) for route in config.routes if route.template}

    def __call__(self, event: Event, route: Route | None) -> Message:
        """Return the message; raises ``TemplateFailed`` when the route's template does."""
        locale: Locale = (route.locale if route else None) or self._locale
        template = self._templates.get(route.name) if route else None
        if template is not None:
            message: Message = template.render(event, locale, self._zone)
            return message
        return compose(event, locale, self._zone)


class Mentions:
    """Who of a source is who in a chat: ``[people.NAME] identities``."""

    def __init__(self, config: Config) -> None:
        self._identities = [[(platform(one), one.partition(":")[2]) for one in accounts] for accounts in config.people.identities.values()]
        self._of = lru_cache(maxsize=64)(self._find)

    def __call__(self, event: Event, chat: str, message: Message) -> Mapping[str, str]:
        """Return login → id in the chat, of those whom ``message`` names and whom the event's source (by its name or kind) knows. Letters' case
        does not matter, as on GitHub."""
        known = self._of(event.source, event.kind, chat)
        return {login: id for login in people(message) if (id := known.get(login.casefold()))} if known else known

    def _find(self, source: str, kind: str, chat: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for identities in self._identities:
            there = next((who.rpartition("/")[2] for where, who in identities if where == chat), None)
            if there is not None:
                found.update({who.casefold(): there for where, who in identities if where in (source, kind)})
        return found


def build_filters(config: Config) -> Any:
    """Return what answers ``where``; only when a route has one."""
    if not any(route.where for route in config.routes):
        return None
    from leverframe.filters import Filters

    return Filters()


def build_paths(config: Config, github: Callable[[], GitHub], clock: Clock) -> Paths | None:
    """Return what asks for the files of pull requests; only when a route looks at them."""
    if not config.github.has_credentials or not any(route.paths for route in config.routes):
        return None
    from leverframe.github.pulls import PullRequestFiles

    return Paths(PullRequestFiles(github()), clock)
