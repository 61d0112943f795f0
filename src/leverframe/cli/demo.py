"""``leverframe demo``: a hub with a chat on a page and sample events, which keeps everything in a folder of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from leverframe.config import load
from leverframe.core.errors import Locale, Refused
from leverframe.samples.services import SERVICES
from leverframe.samples.site import SITE, objects
from leverframe.server import listen, serve_demo

DATABASE = "demo.db"
CONTENT = "content"
KEPT = ("github-secret", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.key")
"""What a demo keeps from one start to the next, and ``--fresh`` forgets."""
_FIRST_LINE = "# The demo's configuration, written anew at each start. For your own: leverframe init"
_CONFIG = f"""\
{_FIRST_LINE}
[hub]
url = "http://127.0.0.1:{{port}}"
bind = "127.0.0.1:{{port}}"
database = "sqlite:///{DATABASE}"
locale = "{{locale}}"
timezone = "{{timezone}}"

[sources.github]
secrets = ["file:github-secret"]

[chats.playground]

[[routes]]
name = "team"
from = "github"
events = ["push", "pull_request", "pull_request_review", "pull_request_review_comment", "issues", "issue_comment", "gollum", "delete", "star"]
to = ["playground:#dev-team"]

[[routes]]
name = "builds and deployments"
from = "github"
events = ["workflow_run", "deployment", "deployment_status", "release"]
to = ["playground:#deploys"]

[[routes]]
name = "security"
from = "github"
events = ["dependabot_alert", "secret_scanning_alert", "code_scanning_alert"]
to = ["playground:#security"]
"""


def run(*, port: int, folder: Path, fresh: bool, open_browser: bool, locale: Locale, as_json: bool) -> int:
    """Run the demo until it is told to stop; return the exit status. Port 0 takes a free one.

    Raises ``Refused``, with nothing in ``folder`` touched: ``demo_folder_taken`` when the configuration of another hub is there,
    ``demo_running`` when a demo is; ``demo_port_taken``; ``file_unusable`` when it cannot be written.
    """
    folder = folder.absolute()
    path = folder / "leverframe.toml"
    if path.exists() and not _is_a_demos(path):
        raise Refused("demo_folder_taken", str(path))
    try:
        listener = listen("127.0.0.1", port)
    except OSError as error:
        raise Refused("demo_port_taken", f"127.0.0.1:{port}: {error.strerror}") from None
    try:
        _prepare(folder, path, fresh, port=listener.getsockname()[1], locale=locale)
    except OSError as error:
        listener.close()
        raise Refused("file_unusable", f"{error.filename or folder}: {error.strerror}") from None
    except Refused:
        listener.close()
        raise
    return serve_demo(load(path), listener, open_browser=open_browser, as_json=as_json)


def _is_a_demos(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().rstrip() == _FIRST_LINE.encode()


def _prepare(folder: Path, path: Path, fresh: bool, *, port: int, locale: Locale) -> None:
    """Write what the demo needs; its own files are forgotten first when it shall be ``fresh``, and no other ever."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        if fresh and path.exists():
            for name in KEPT:
                (folder / name).unlink(missing_ok=True)
        secret = folder / "github-secret"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_hex(24))
        with_site = find_spec("obstore") is not None and find_spec("ruamel") is not None
        if with_site:
            _fill(folder / CONTENT, fresh)
        path.write_text("\n".join([_CONFIG.format(port=port, locale=locale, timezone=_timezone()), SERVICES, *([SITE] if with_site else [])]))


def _fill(content: Path, fresh: bool) -> None:
    """Put the sample site's objects where none are; what somebody has made of them since is left alone unless it shall be ``fresh``."""
    if fresh:
        shutil.rmtree(content, ignore_errors=True)
    if content.exists():
        return
    for name, body in objects().items():
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(body)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the database, as the process that serves it does."""
    lock = os.open(folder / f"{DATABASE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("demo_running", str(folder)) from None
        yield
    finally:
        os.close(lock)


def _timezone() -> str:
    """Return this machine's time zone by name, UTC where it does not tell."""
    with contextlib.suppress(OSError):
        name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
        if name:
            return name
    return "UTC"
