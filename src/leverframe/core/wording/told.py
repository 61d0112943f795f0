"""What a sentence may ask about an event: who, where, and the things that the payload names, ready to show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import msgspec

from leverframe.core import payload as reading
from leverframe.core.events import Event
from leverframe.core.messages import Bold, Code, Link, Person, Rich, Text
from leverframe.core.wording.quoting import one_line

_NAMES = 80
_LOOKED_AT = 30
"""Fields of a payload that may be what it is about; GitHub's own have fewer than twenty."""
_TITLES = (
    "title",
    "name",
    "full_name",
    "display_title",
    "summary",
    "slug",
    "login",
    "key",
    "property_name",
    "tag_name",
    "ghsa_id",
    "token_name",
    "note",
)
# Objects that say where something happened or what it was, not what it is about.
_SURROUNDINGS = frozenset({"repository", "sender", "organization", "enterprise", "installation", "changes", "pusher", "workflow", "original"})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the sentences see it. Everything is clean: one line, no controls, addresses that a browser may open."""

    event: Event
    payload: Mapping[str, Any]
    action: str
    """Empty when the event has none."""
    who: Rich
    """The actor; empty when the event names none."""
    is_bot: bool
    login: str
    repo: str
    """``owner/name``; empty when the event has none."""

    def text(self, *path: str) -> str:
        """Return the string at ``path`` of the payload on one line, or ``""``."""
        value = reading.text(self.payload, *path)
        return one_line(value, _NAMES) if value else ""

    def named(self, *path: str) -> Rich:
        """Return the name at ``path`` as it is typed in code (a branch, a label); a question mark when there is none."""
        return (Code(self.text(*path) or "?"),)

    def shipped(self) -> Rich:
        """Return what is deployed as a name: the branch or tag, else the commit, short; empty when the payload tells neither."""
        name = self.text("deployment", "ref") or self.text("deployment", "sha")[:7]
        return (Code(name),) if name else ()

    def linked(self, words: str, *path: str) -> Rich:
        """Return ``words``, leading to the address at ``path`` when there is one."""
        return linked(words, reading.web(self.payload, *path))

    def person(self, *path: str) -> Rich:
        """Return the user at ``path``: somebody to mention, a bot as a bot; empty when nobody is named (GitHub names no deleted account)."""
        return named_person(reading.mapping(self.payload, *path))

    def thing(self, key: str, *place: str) -> Rich:
        """Return the issue, pull request or discussion at ``key`` as one link: ``acme/web#12 Its title``.

        The link leads to the address at ``place`` of the payload where there is one: to a comment rather than to the top.
        """
        value = reading.mapping(self.payload, key)
        title = one_line(reading.text(value, "title"))
        number = reading.number(value, "number")
        ref = self.repo if number is None else f"{self.repo}#{number}"
        page = (reading.web(self.payload, *place) if place else None) or reading.web(value, "html_url") or self.url
        return linked(f"{ref} {title}".strip() or "?", page)

    def ref(self, key: str) -> Rich:
        """Return the issue or pull request at ``key`` as one short link: ``acme/web#12``."""
        value = reading.mapping(self.payload, key)
        number = reading.number(value, "number")
        return linked((self.repo if number is None else f"{self.repo}#{number}") or "?", reading.web(value, "html_url") or self.url)

    def release(self) -> Rich:
        """Return the release as a link: its name, and its tag where that says more."""
        release = reading.mapping(self.payload, "release")
        name, tag = one_line(reading.text(release, "name"), _NAMES), one_line(reading.text(release, "tag_name"), _NAMES)
        words = f"{name} ({tag})" if name and tag and tag not in name else name or tag or "?"
        return linked(words, reading.web(release, "html_url") or self.url)

    def package(self) -> Rich:
        """Return the package and its version as a link."""
        package = reading.mapping(self.payload, self.event.name)
        name = one_line(reading.text(package, "name"), _NAMES)
        version = one_line(reading.text(package, "package_version", "version"), _NAMES)
        return linked(f"{name} {version}".strip() or "?", reading.web(package, "html_url") or self.url)

    def environment(self) -> Rich:
        """Return the environment that waits for people or rules, as a name."""
        jobs = reading.items(self.payload, "workflow_job_runs")
        name = (
            self.text("environment")
            or self.text("workflow_job_run", "environment")
            or (reading.text(jobs[0], "environment") if jobs else "")
        )
        return (Code(one_line(name, _NAMES) or self.event.environment or "?"),)

    def team(self) -> Rich:
        """Return the team as a link."""
        return self.linked(self.text("team", "name") or "?", "team", "html_url")

    def newcomer(self) -> Rich:
        """Return who joins, leaves or is invited to an organization; empty when it is known by e-mail only."""
        users = (("membership", "user"), ("user",), ("invitation",))
        return next((found for found in (named_person(reading.mapping(self.payload, *path)) for path in users) if found), ())

    def repo_link(self) -> Rich:
        """Return the repository as a link."""
        return self.linked(self.repo or "?", "repository", "html_url")

    def main_thing(self) -> Rich:
        """Return what an event of any kind is about, as a link where it has an address; empty when nothing tells."""
        subject = self.event.subject
        if subject is not None and subject.title:
            number = "" if subject.number is None else f"#{subject.number} "
            return linked(number + one_line(subject.title), self.url)
        for value in self._objects():
            title = next((found for found in (one_line(reading.text(value, key)) for key in _TITLES) if found), "")
            if title:
                return linked(title, reading.web(value, "html_url") or self.url)
        return (Link(page, page),) if (page := self.page) else ()

    def _objects(self) -> list[Mapping[str, Any]]:
        """Return the payload's objects that may be what the event is about, the likeliest first."""
        own = self.payload.get(self.event.name)
        found = [own] if isinstance(own, Mapping) else []
        for key, value in islice(self.payload.items(), _LOOKED_AT):
            if isinstance(value, Mapping) and key != self.event.name and key not in _SURROUNDINGS:
                found.append(value)
        return found

    @property
    def names_what_changed(self) -> bool:
        """Whether the payload names the label or the assignee that the action is about: Gitea tells that they changed, not which."""
        return bool(self.text("label", "name") if self.action.endswith("labeled") else self.text("assignee", "login"))

    @property
    def url(self) -> str | None:
        """The best page to open, if a browser may open it."""
        url = self.event.url
        return url if url is not None and reading.is_web(url) else None

    @property
    def page(self) -> str | None:
        """The best page to open, unless that is only where it happened: the repository's, the organization's or the actor's."""
        url = self.url
        places = (reading.web(self.payload, key, "html_url") for key in ("repository", "organization", "sender"))
        return url if url not in places else None

    @property
    def branch(self) -> str:
        """The event's branch when there is exactly one."""
        branches = self.event.branches
        return one_line(branches[0], _NAMES) if branches is not None and len(branches) == 1 else ""


def tell(event: Event) -> Told:
    """Return ``event`` as the sentences see it."""
    actor = event.actor
    login = one_line(actor.login, _NAMES) if actor is not None else ""
    is_bot = actor is not None and (actor.is_bot or login.endswith("[bot]"))
    payload = event.payload
    return Told(
        event=event,
        payload=payload,
        action=event.action or "",
        who=_shown(login, is_bot),
        is_bot=is_bot,
        login=login,
        repo=one_line(event.repo) if event.repo else "",
    )


def linked(words: str, url: str | None) -> Rich:
    """Return ``words`` as a link, or plain where there is no address."""
    return (Link(words, url),) if url else (Text(words),)


def named_person(user: Mapping[str, Any]) -> Rich:
    """Return a payload's user (``{"login": …, "type": …}``) as somebody to mention or as a bot; empty without a login."""
    login = one_line(reading.text(user, "login"), _NAMES)
    return _shown(login, login.endswith("[bot]") or reading.text(user, "type") == "Bot")


def _shown(login: str, is_bot: bool) -> Rich:
    """Return a login: a person is mentioned, a bot is marked and never mentioned."""
    if not login:
        return ()
    return (Text("🤖 "), Bold(login)) if is_bot else (Person(login),)
