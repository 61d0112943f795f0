"""Put the hook into a repository, tell what is there, take it away again. Hooks of others stay, and run as before."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from leverframe.core.errors import Refused
from leverframe.gitlink import sender

Hook = Literal["post-receive", "post-commit", "post-merge"]
HOOKS: tuple[Hook, ...] = ("post-receive", "post-commit", "post-merge")
MARK = "# leverframe git link:"
"""How a hook of ours is known, whatever version wrote it."""
FOLDER, KEPT = "leverframe", ".before-leverframe"
_SCRIPT, _SENDER = files("leverframe.gitlink").joinpath("hook.sh").read_text("utf-8"), Path(sender.__file__).read_text("utf-8")
"""Read at once: whoever owns a repository need not be able to read the installation."""


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository on disk."""

    git_dir: Path
    """Where its objects are: the folder itself when it is bare, else ``.git`` of the working copy that all others share."""
    hooks: Path
    shared: bool
    """Whether several users write to it (``core.sharedRepository``)."""
    gitlab: bool
    """Whether it is one of GitLab's: it runs hooks of ``custom_hooks`` and none other."""

    @property
    def home(self) -> Path:
        """Where the link's files are."""
        return self.git_dir / FOLDER


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A repository's link as it is."""

    project: str
    url: str
    hooks: tuple[tuple[Hook, str, str], ...]
    """Each hook of ours: its name, where it is, and the hook of others that it runs as well (or nothing)."""
    waiting: int
    refused: int
    last: str
    """What came of the last try; nothing when it went well."""


def find(path: Path) -> Repository:
    """Return the repository at ``path``; raises ``Refused("git_repository_unknown")``."""
    told = _git(path, "rev-parse", "--path-format=absolute", "--git-common-dir", "--git-path", "hooks")
    if told is None or len(told.splitlines()) != 2:
        raise Refused("git_repository_unknown", str(path))
    git_dir, hooks = (Path(line) for line in told.splitlines())
    shared = (_git(path, "config", "--get", "core.sharedRepository") or "").strip().lower()
    gitlab = _git(path, "config", "--get", "gitlab.fullpath") is not None or (git_dir / "custom_hooks").is_dir()
    return Repository(git_dir=git_dir, hooks=hooks, shared=shared not in ("", "0", "false", "umask"), gitlab=gitlab)


def link(repository: Repository, *, project: str, url: str, key: bytes, hooks: Sequence[Hook]) -> Linked:
    """Link ``repository``: its hooks tell ``url`` (the source's address) of what happens in ``project``, signed with ``key``.

    Done again it renews everything, and keeps what waits to be sent. Raises ``Refused``: ``git_hooks_elsewhere``, ``git_hook_taken``.
    """
    places = [(hook, *_place(repository, hook)) for hook in hooks]
    home = repository.home
    for folder in (home, home / "spool"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o2770 if repository.shared else 0o700)
    secret = base64.b64encode(key).decode()
    _put(home / "link.json", json.dumps({"project": project, "url": url, "secret": secret}, ensure_ascii=False, indent=1), 0o640 if repository.shared else 0o600)
    _put(home / "sender.py", _SENDER, 0o755)
    for name in ("lock", "next"):
        (home / name).touch()
        (home / name).chmod(0o660 if repository.shared else 0o600)
    for hook, place, kept in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        if kept is not None and not _is_ours(place) and os.path.lexists(place):
            os.rename(place, kept)
        parts = {"@HOOK@": hook, "@KEPT@": "" if kept is None else kept.name, "@PYTHON@": sys.executable}
        text = _SCRIPT
        for blank, value in parts.items():
            text = text.replace(blank, shlex.quote(value), 1)
        _put(place, text, 0o755)
    return shown(repository)


def unlink(repository: Repository) -> Linked:
    """Take the hooks away and put back those that were there before; what waits is thrown away. Returns what was there.

    Raises ``Refused("git_not_linked")``.
    """
    was = shown(repository)
    for hook, _, _ in was.hooks:
        place, kept = _place(repository, hook)
        place.unlink()
        if kept is not None and os.path.lexists(kept):
            os.rename(kept, place)
    for folder in ("spool", "refused", "."):
        here = repository.home / folder
        for path in here.iterdir() if here.is_dir() else ():
            if not path.is_dir():
                path.unlink()
        if here.is_dir():
            here.rmdir() if folder != "." else repository.home.rmdir()
    return was


def shown(repository: Repository) -> Linked:
    """Return the link as it is; raises ``Refused("git_not_linked")``."""
    home = repository.home
    try:
        told = json.loads((home / "link.json").read_text("utf-8"))
        project, url = str(told["project"]), str(told["url"])
    except (FileNotFoundError, NotADirectoryError):
        raise Refused("git_not_linked", str(repository.git_dir)) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refused("git_not_linked", f"{home / 'link.json'}: {error}") from None
    found: list[tuple[Hook, str, str]] = []
    for hook in HOOKS:
        place, kept = _place(repository, hook, looking=True)
        if _is_ours(place):
            found.append((hook, str(place), str(kept) if kept is not None and os.path.lexists(kept) else ""))
    refused = home / "refused"
    return Linked(
        project=project, url=url, hooks=tuple(found), waiting=len(sender.waiting(home)), refused=len(list(refused.iterdir())) if refused.is_dir() else 0,
        last=_last(home),
    )  # fmt: skip


def flush(repository: Repository) -> int:
    """Send what waits; return how much was sent. Raises ``Refused``: ``git_not_linked``, ``git_hub_away``."""
    shown(repository)
    try:
        return sender.drain(repository.home)
    except sender.Away as away:
        raise Refused("git_hub_away", str(away)) from None
    except OSError as error:
        raise Refused("git_hub_away", str(error)) from None


def _place(repository: Repository, hook: Hook, *, looking: bool = False) -> tuple[Path, Path | None]:
    """Return where the hook goes, and where a hook of others is kept that stands there; ``None`` where several may stand side by side."""
    if repository.gitlab and hook == "post-receive":  # https://docs.gitlab.com/administration/server_hooks/
        return repository.git_dir / "custom_hooks" / "post-receive.d" / FOLDER, None
    if (repository.hooks / f"{hook}.d").is_dir():  # Gitea's and Forgejo's hook runs each of these, and writes itself anew at times
        return repository.hooks / f"{hook}.d" / FOLDER, None
    place = repository.hooks / hook
    kept = place.with_name(hook + KEPT)
    if not looking:
        inside = repository.hooks.resolve().is_relative_to(repository.git_dir.resolve()) or (
            repository.git_dir.name == ".git" and repository.hooks.resolve().is_relative_to(repository.git_dir.resolve().parent)
        )
        if not inside:
            raise Refused("git_hooks_elsewhere", str(repository.hooks))
        if os.path.lexists(place) and not _is_ours(place) and os.path.lexists(kept):
            raise Refused("git_hook_taken", str(kept))
    return place, kept


def _is_ours(place: Path) -> bool:
    try:
        with place.open("rb") as file:
            return MARK.encode() in file.read(200)
    except OSError:
        return False


def _last(home: Path) -> str:
    try:
        state = json.loads((home / "state.json").read_text("utf-8"))
        return "" if state.get("ok") else str(state.get("said", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _put(place: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all, never readable for others before it is meant to be."""
    part = place.with_name(f".{place.name}.new")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.chmod(mode)
    os.replace(part, place)


def _git(path: Path, *arguments: str) -> str | None:
    # Root may have a repository in a folder of somebody else's, which git will not even look at otherwise.
    command = ["git", "-c", "safe.directory=*", "-C", str(path), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except OSError:
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
