"""What a linked repository runs: notes of pushes become requests to the hub, in order, each once.

It stands alone, in the standard library of any Python from 3.8 on, because it is copied beside the repository and run by whoever may push,
who need not be able to read the hub's installation. ``leverframe git flush`` runs the same.

In ``REPOSITORY/leverframe``: ``link.json`` (0600, or 0640 where a group writes to the repository: address, secret), ``spool/ID.push``
(a note by the hook), ``spool/ID.json`` (the request made
of it), ``refused/ID.json`` (what the hub refuses for good), ``lock`` and ``next`` (one sends, one waits), ``state.json`` (how it went last).
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMITS = 10_000
"""Commits that are listed of one push, the newest; ``size`` tells how many there were."""
LISTED_REFS = 200
"""Refs of one push whose commits are listed."""
MESSAGE, MESSAGES, PATHS = 4_000, 8_000_000, 4_000_000
"""Characters of a commit's message, and bytes of all messages and of all paths of a push, that are listed: the hub takes 25 MB."""
TIMEOUT_S = 15.0
WAITS_S = (2.0, 8.0, 30.0)
"""A hub that is away is tried again after so long, then with the next push."""
FOR_GOOD = frozenset({400, 413, 415, 422})
"""Answers that no later try changes."""
_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
_FIELDS = 10


class Away(Exception):
    """The hub did not take it now; the message says why. Everything stays where it is."""


def main(arguments: Sequence[str]) -> int:
    """Send what waits in ``arguments[0]``, apart from whoever started it."""
    home = Path(arguments[0])
    with contextlib.suppress(OSError):
        os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # A repository that several users write to is marked so by the folder: whoever of them sends next reads what the others noted.
    os.umask(0o007 if (home / "spool").stat().st_mode & stat.S_ISGID else 0o077)
    waits = list(_link(home).get("waits_s", WAITS_S))
    while True:
        try:
            drain(home, wait=False)
            return 0
        except Away:
            if not waits:
                return 1
            time.sleep(waits.pop(0))


def drain(home: Path, *, wait: bool = True) -> int:
    """Send everything that waits, the oldest first; return how much was sent. Raises ``Away`` when the hub does not take it now.

    One process sends at a time. With ``wait`` others wait their turn; without it one other does, which sees whatever was noted before it
    got its turn, and further ones have nothing left to do.
    """
    sent = 0
    with _turn(home, wait) as mine:
        while mine:
            notes = waiting(home)
            if not notes:
                break
            for note in notes:
                sent += _send_one(home, note)
    return sent


@contextlib.contextmanager
def _turn(home: Path, wait: bool) -> Iterator[bool]:
    with open(home / "next", "a") as following, open(home / "lock", "a") as lock:
        if not wait:
            try:
                fcntl.flock(following, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wait:
            fcntl.flock(following, fcntl.LOCK_UN)
        yield True


def waiting(home: Path) -> list[Path]:
    """Return what was noted and is not sent yet, without a suffix, the oldest first."""
    found: dict[str, tuple[int, str]] = {}
    for path in (home / "spool").iterdir():
        if path.name[0] != "." and path.suffix in (".push", ".json"):
            with contextlib.suppress(FileNotFoundError):
                # A request has the moment of the note that it was made of.
                found.setdefault(path.stem, (path.stat().st_mtime_ns, path.stem))
    return [home / "spool" / stem for _, stem in sorted(found.values())]


def _send_one(home: Path, note: Path) -> int:
    request, noted = note.with_suffix(".json"), note.with_suffix(".push")
    if not request.exists():
        try:
            said, at_ns = noted.read_text("utf-8", "replace"), noted.stat().st_mtime_ns
        except FileNotFoundError:
            return 0
        _write(request, payload_of(home, said), at_ns)
    with contextlib.suppress(FileNotFoundError):
        noted.unlink()
    link = _link(home)
    try:
        status, said = post(link, note.name, request.read_bytes())
    except (OSError, http.client.HTTPException, ValueError) as error:
        _state(home, ok=False, said=str(error) or type(error).__name__)
        raise Away(str(error) or type(error).__name__) from error
    if status == 202:
        request.unlink()
        _state(home, ok=True, said="")
        return 1
    _state(home, ok=False, said=f"HTTP {status}: {said[:500]}")
    if status in FOR_GOOD:
        (home / "refused").mkdir(exist_ok=True)
        os.replace(request, home / "refused" / request.name)
        return 0
    raise Away(f"HTTP {status}: {said[:500]}")


def post(link: dict[str, Any], id: str, body: bytes) -> tuple[int, str]:
    """Send one request, signed in the way of Standard Webhooks; return the answer's status and words."""
    parts = urlsplit(link["url"])
    at = str(int(time.time()))
    key = base64.b64decode(link["secret"])
    signature = base64.b64encode(hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json", "User-Agent": "leverframe-git-link/1", "X-Leverframe-Project": quote(link["project"]),
        "webhook-id": id, "webhook-timestamp": at, "webhook-signature": "v1," + signature,
    }
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context(cafile=link.get("ca")))
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(65_536).decode("utf-8", "replace")
    finally:
        connection.close()


def payload_of(home: Path, note: str) -> bytes:
    """Return the request's body for one note: every ref that was moved, with its commits, read from the repository."""
    head, _, rest = note.partition("\n\n")
    told = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    lines, _, there = rest.partition("\n\n")
    moved = [tuple(line.split(" ", 2)) for line in lines.splitlines() if line.count(" ") >= 2]
    git = Git(home.parent)
    pusher = {"name": told.get("pusher", "").strip(), "email": told.get("email", "").strip()}
    if told.get("hook") != "post-receive" and moved:
        name, email = (git.line("log", "-1", "--format=" + field, moved[0][1]) for field in ("%cn", "%ce"))
        pusher = {"name": name or pusher["name"], "email": email}
    body = {
        "version": 1, "hook": told.get("hook", ""), "at": told.get("at", ""), "pusher": pusher,
        "repository": {"description": _description(home.parent), "default_branch": git.line("symbolic-ref", "--short", "HEAD")},
        "refs": Push(git, [(old, new, ref) for old, new, ref in moved], there).refs(),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class Git:
    """A repository, read by git itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # What a hook hands down (a quarantine, an index, another repository) is not what is asked for here.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment["GIT_DIR"] = str(folder)

    def bytes(self, *arguments: str, given: bytes = b"") -> bytes | None:
        """Return what git prints; ``None`` when it fails."""
        command = ["git", "-c", "core.quotePath=false", "-c", "i18n.logOutputEncoding=UTF-8", "-c", "log.showSignature=false", *arguments]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment, check=False)
        return done.stdout if done.returncode == 0 else None

    def line(self, *arguments: str) -> str:
        """Return one line that git prints, or nothing."""
        return (self.bytes(*arguments) or b"").decode("utf-8", "replace").strip()


class Push:
    """The refs that one push moved; ``there`` are all refs as they were then (``ID NAME``, one a line), as far as the hook noted them."""

    def __init__(self, git: Git, moved: Sequence[tuple[str, str, str]], there: str) -> None:
        self.git, self.moved, self.there = git, moved, there
        self.left, self.left_words, self.left_paths = COMMITS, MESSAGES, PATHS
        self.known: dict[str, dict[str, Any]] = {}
        """Commits that were read, by id: one that is on several branches is read once."""

    def refs(self) -> list[dict[str, Any]]:
        """Return every ref in the order in which it was pushed."""
        return [self._ref(number, *one) for number, one in enumerate(self.moved)]

    def _ref(self, number: int, old: str, new: str, ref: str) -> dict[str, Any]:
        created, deleted = not old.strip("0"), not new.strip("0")
        found: dict[str, Any] = {"ref": ref, "before": old, "after": new, "created": created, "deleted": deleted, "forced": False, "commits": [], "size": 0}
        if deleted or number >= LISTED_REFS:
            return found
        if not ref.startswith("refs/heads/"):
            found["forced"] = ref.startswith("refs/tags/") and not created  # git moves no tag that is not forced
            commit = self.git.line("rev-parse", "-q", "--verify", new + "^{commit}")
            found["head_commit"] = next(iter(self._commits([commit] if commit else [])), None)
            return found
        if created:
            # What is on no other branch. Of those pushed together each is measured by where they were before.
            known = [*self._others(*(name for _, _, name in self.moved)), *(was for was, _, _ in self.moved if was.strip("0"))]
        else:
            there = self._is_there(old)
            found["forced"] = not there or self.git.bytes("merge-base", "--is-ancestor", old, new) is None
            known = [old] if there else self._others(ref)
        between = "\n".join([new, *("^" + id for id in known), ""]).encode()
        found["size"] = int((self.git.bytes("rev-list", "--ignore-missing", "--count", "--stdin", given=between) or b"0").decode())
        listed = self.git.bytes("rev-list", "--ignore-missing", "--topo-order", f"--max-count={max(self.left, 0)}", "--stdin", given=between)
        ids = (listed or b"").decode().split()
        found["commits"] = self._commits(list(reversed(ids)))
        self.left -= len(ids)
        found["head_commit"] = next(iter(found["commits"][-1:] or self._commits([new])), None)
        return found

    def _others(self, *names: str) -> list[str]:
        """Return where all refs but these were when it was pushed; now, where the hook did not note that."""
        if not self.there:
            self.there = (self.git.bytes("for-each-ref", "--format=%(objectname) %(refname)") or b"").decode("utf-8", "replace")
        refs = (line.partition(" ") for line in self.there.splitlines())
        but = frozenset(names)  # a mirror is pushed with all of its thousands of branches
        return [id for id, _, name in refs if id and name not in but]

    def _is_there(self, commit: str) -> bool:
        return self.git.bytes("cat-file", "-e", commit + "^{commit}") is not None

    def _commits(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        wanted = [id for id in ids if id not in self.known]
        if wanted:
            given = "\n".join(wanted).encode() + b"\n"
            told = self.git.bytes("log", "--no-walk=unsorted", "--stdin", "-z", "--format=" + _FORMAT, given=given) or b""
            for commit in _read_commits(told):
                self.left_words -= len(commit["message"].encode("utf-8", "replace"))
                if self.left_words < 0:
                    commit["message"] = commit["message"].partition("\n")[0][:100]
                self.known[commit["id"]] = commit
            # A merge brings nothing of its own here: what it merged is among the others.
            self._touch(self.git.bytes("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--name-status", given=given) or b"")
        return [self.known[id] for id in ids if id in self.known]

    def _touch(self, told: bytes) -> None:
        commit: dict[str, Any] = {}
        fields = iter(told.split(b"\0"))
        for field in fields:
            if len(field) in (40, 64):
                commit = self.known.get(field.decode("ascii", "replace"), {})
            elif field and commit:
                path = next(fields, b"")
                self.left_paths -= len(path)
                if self.left_paths > 0:
                    kind = {b"A": "added", b"D": "removed"}.get(field[:1], "modified")
                    commit[kind].append(path.decode("utf-8", "replace"))


def _read_commits(told: bytes) -> list[dict[str, Any]]:
    fields = told.split(b"\0")
    found = []
    for start in range(0, len(fields) - _FIELDS + 1, _FIELDS):
        id, tree, parents, name, email, at, its_name, its_email, its_at, message = (one.decode("utf-8", "replace") for one in fields[start : start + _FIELDS])
        found.append({
            "id": id, "tree_id": tree, "parents": parents.split(), "message": message.rstrip("\n")[:MESSAGE], "timestamp": its_at, "authored_at": at,
            "author": {"name": name, "email": email}, "committer": {"name": its_name, "email": its_email}, "added": [], "removed": [], "modified": [],
        })  # fmt: skip
    return found


def _description(folder: Path) -> str:
    try:
        said = (folder / "description").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return "" if said.startswith("Unnamed repository") else said[:1_000]


def _link(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "link.json").read_text("utf-8"))
    return found


def _write(path: Path, content: bytes, at_ns: int | None = None) -> None:
    """Write a file so that it is there whole or not at all, also after the machine lost its power."""
    part = path.with_name("." + path.name)
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if at_ns is not None:
        os.utime(part, ns=(at_ns, at_ns))
    os.replace(part, path)


def _state(home: Path, *, ok: bool, said: str) -> None:
    with contextlib.suppress(OSError):
        _write(home / "state.json", json.dumps({"at": int(time.time()), "ok": ok, "said": said}, ensure_ascii=False).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
