"""Walk from the token to the workflow, and say at each step what GitHub says. Nothing is changed, and nothing raises.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from leverframe.core.github_hooks import Holder, Hook, Kind, missing, same_address, unfit
from leverframe.decoding import decoder
from leverframe.github.client import GitHub
from leverframe.github.errors import Trouble
from leverframe.github.hooks import Hooks
from leverframe.github.workflows import Workflow, workflows

State = Literal["ok", "warning", "error", "skipped"]
SOON = timedelta(days=14)
"""A token that ends so soon is worth a word."""
KINDS = (("github_pat_", "fine"), ("ghp_", "classic"), ("gho_", "oauth"), ("ghu_", "user"), ("ghs_", "installation"))
_OLD = re.compile(r"[0-9a-f]{40}")
SCOPES: Mapping[str, tuple[str, ...]] = {"dispatch": ("repo",), "hooks": ("repo", "admin:repo_hook", "write:repo_hook")}
"""What each task needs of a classic token: any one of these; for a public repository ``public_repo`` does in place of ``repo``."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub would do with a repository."""

    workflows: Collection[str] = ()
    """Files that are started by ``workflow_dispatch``."""
    event_types: Collection[str] = ()
    """Types of ``repository_dispatch`` that are sent."""
    hooks: Mapping[str, tuple[Sequence[str], Sequence[str]]] = msgspec.field(default_factory=dict)
    """By source: the addresses that lead to it, and the events that the routes need."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. ``key`` names its sentence, ``code`` the refusal that explains it."""

    what: str
    state: State
    key: str = ""
    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    code: str = ""
    detail: str = ""


class _Repository(msgspec.Struct):
    default_branch: str
    private: bool = True
    archived: bool = False
    permissions: dict[str, bool] = {}


def kind_of(token: str) -> str:
    """Return which kind of token this is, by how it begins: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"""
    return next((kind for prefix, kind in KINDS if token.startswith(prefix)), "classic" if _OLD.fullmatch(token) else "unknown")


async def walk(github: GitHub, repository: str, wanted: Wanted, *, token: str | None, now: datetime) -> AsyncIterator[Step]:
    """Yield a step for each thing, as soon as it is known; what cannot be known after an error is skipped. ``token`` is ``None`` for an app."""
    async for step in _identity(github, token, now):
        yield step
        if step.state == "error":
            return
    found = await github.answer(repository, "")
    if isinstance(found, Trouble):
        yield _troubled("repository", found)
        return
    try:
        itself = decoder(_Repository)(found.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield Step(what="repository", state="error", code="github_answer_invalid")
        return
    if itself.archived:
        yield Step(what="repository", state="error", code="github_archived", detail=repository)
        return
    yield Step(what="repository", state="ok", key="repository", values={"repository": repository, "branch": itself.default_branch})
    if token is not None:
        for step in _scopes(found.headers.get("x-oauth-scopes"), itself, wanted):
            yield step
        if itself.permissions and not itself.permissions.get("push"):
            yield Step(what="permission", state="error", key="no_push", values={"repository": repository})
    known = await workflows(github, repository)
    if isinstance(known, Trouble):
        yield _troubled("workflow", known)
    else:
        for step in _workflows(known, wanted, itself.default_branch):
            yield step
    for step in await hooks(github, Holder("repository", repository), wanted.hooks):
        yield step


async def _identity(github: GitHub, token: str | None, now: datetime) -> AsyncIterator[Step]:
    if token is None:
        app = await github.get(None, "/app", dict[str, Any])
        if isinstance(app, Trouble):
            yield _troubled("token", app)
        else:
            yield Step(what="token", state="ok", key="app", values={"name": str(app.get("slug", "?"))})
        return
    kind = kind_of(token)
    if kind == "installation":  # it is nobody's: GitHub knows no user for it
        yield Step(what="token", state="warning", key="token_installation")
        return
    answer = await github.answer(None, "/user")
    if isinstance(answer, Trouble):
        yield _troubled("token", answer)
        return
    try:
        login = str(decoder(dict[str, Any])(answer.body).get("login", "?"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield Step(what="token", state="error", code="github_host_wrong")
        return
    yield Step(what="token", state="ok", key=f"token_{kind}", values={"login": login})
    ends = github.token_ends_at
    if ends is None:
        yield Step(what="expiry", state="ok", key="never_ends")
    else:
        state: State = "warning" if ends - now < SOON else "ok"
        yield Step(what="expiry", state=state, key="ends_soon" if state == "warning" else "ends", values={"at": f"{ends:%Y-%m-%d %H:%M} UTC"})


def _scopes(held: str | None, itself: _Repository, wanted: Wanted) -> list[Step]:
    if held is None:
        return [Step(what="scopes", state="ok", key="no_scopes")]
    has = {scope.strip() for scope in held.split(",") if scope.strip()}
    tasks = [*(["dispatch"] if wanted.workflows or wanted.event_types else []), *(["hooks"] if wanted.hooks else [])]
    found = []
    for task in tasks:
        accepted = (*SCOPES[task], *([] if itself.private else ["public_repo"]))
        enough = bool(has.intersection(accepted))
        values = {"held": ", ".join(sorted(has)) or "–", "needed": SCOPES[task][-1] if task == "hooks" else SCOPES[task][0]}
        found.append(Step(what="scopes", state="ok" if enough else "error", key=f"scopes_{task}" if enough else f"scopes_{task}_missing", values=values))
    return found


def _workflows(known: list[Workflow], wanted: Wanted, branch: str) -> list[Step]:
    found: list[Step] = []
    by_file = {one.file: one for one in known}
    for file in sorted(wanted.workflows):
        one = by_file.get(file.rpartition("/")[2])
        values = {"file": file, "branch": branch, "known": ", ".join(sorted(by_file)) or "–"}
        if one is None or one.triggers is None:
            found.append(Step(what="workflow", state="error", key="workflow_missing", values=values))
        elif not one.active:
            found.append(Step(what="workflow", state="error", code="github_workflow_disabled", detail=file))
        elif not one.triggers.by_hand:
            found.append(Step(what="workflow", state="error", key="workflow_not_by_hand", values=values))
        else:
            found.append(Step(what="workflow", state="ok", key="workflow", values=values))
    for event_type in sorted(wanted.event_types):
        hearing = [one for one in known if one.triggers is not None and one.triggers.hears(event_type)]
        values = {"type": event_type, "branch": branch, "file": ", ".join(one.file for one in hearing)}
        if any(one.active for one in hearing):
            found.append(Step(what="event_type", state="ok", key="event_type", values=values))
        elif hearing:
            found.append(Step(what="event_type", state="error", code="github_workflow_disabled", detail=values["file"]))
        else:
            others = sorted({name for one in known if one.triggers is not None for name in one.triggers.types or ()})
            found.append(Step(what="event_type", state="error", key="event_type_missing", values={**values, "others": ", ".join(others) or "–"}))
    return found


async def hooks(github: GitHub, holder: Holder, wanted: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> list[Step]:
    """Return how each hook does that is ``wanted`` (see :class:`Wanted`)."""
    if not wanted:
        return []
    listed = await Hooks(github).all(holder)
    if isinstance(listed, Trouble):
        step = _troubled("hook", listed)
        # Deploying needs no hooks: that they cannot be seen is only a warning.
        return [Step(what="hook", state="warning", code=step.code, detail=step.detail)]
    found = []
    for source, (addresses, events) in wanted.items():
        at = [same_address(url) for url in addresses]
        found.append(_hook(source, next((hook for hook in listed if same_address(hook.url) in at), None), addresses[0], events, holder.kind))
    return found


def _hook(source: str, hook: Hook | None, url: str, events: Sequence[str], kind: Kind) -> Step:
    if hook is None:
        return Step(what="hook", state="warning", key="hook_missing", values={"source": source, "url": url})
    never = {one.name for one in unfit(events, kind)}
    lacking = [name for name in missing(hook, events) if name not in never]
    values = {"id": str(hook.id), "events": ", ".join(lacking), "message": f"{hook.last_code or ''} {hook.last_message}".strip()}
    if not hook.active:
        return Step(what="hook", state="error", key="hook_off", values=values)
    if lacking:
        return Step(what="hook", state="error", key="hook_lacks", values=values)
    if hook.health == "failing":
        return Step(what="hook", state="warning", key="hook_failing", values=values)
    return Step(what="hook", state="ok", key="hook", values=values)


def _troubled(what: str, trouble: Trouble) -> Step:
    return Step(what=what, state="error", code=trouble.code, detail=trouble.detail)
