"""Work on a repository as its owner, also when an administrator asks for it.

What is in somebody's repository is theirs: links that lead elsewhere, settings by which git runs programs. Followed as root, they would be
followed with root's rights; so a process that is root's does such work in another one, which has become the owner before it looks.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from leverframe.core.errors import Refused
from leverframe.gitlink.linking import Repository, find

T = TypeVar("T")


def at(path: Path, work: Callable[[Repository], T]) -> T:
    """Return what ``work`` makes of the repository at ``path``. Raises what ``work`` and :func:`~leverframe.gitlink.linking.find` raise."""
    owner = _other(path)
    if owner is not None:
        return _as(owner, lambda: work(find(path)))
    repository = find(path)
    owner = _other(repository.git_dir)
    return work(repository) if owner is None else _as(owner, lambda: work(repository))


def _other(path: Path) -> os.stat_result | None:
    """Return whose ``path`` is, where we are root and it is not root's."""
    try:
        found = path.stat()
    except OSError:
        return None  # whoever looks for a repository there says so
    return found if os.geteuid() == 0 != found.st_uid else None


def _as(owner: os.stat_result, work: Callable[[], T]) -> T:
    context = get_context("fork")  # what is to be done need not be pickled
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(owner, work, theirs))
    process.start()
    theirs.close()
    try:
        done, what = ours.recv()
    finally:
        process.join()
        ours.close()
    if done == "refused":
        raise Refused(*what)
    if done == "failed":
        raise what
    found: T = what
    return found


def _do(owner: os.stat_result, work: Callable[[], Any], theirs: Connection) -> None:
    os.setgroups([owner.st_gid])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
    os.environ["HOME"] = _home(owner.st_uid)  # root's settings are not to be read
    try:
        said: tuple[str, Any] = "done", work()
    except Refused as refused:
        said = "refused", (refused.code, refused.detail)
    except OSError as error:
        said = "failed", error
    theirs.send(said)


def _home(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_dir
    except KeyError:
        return "/"
