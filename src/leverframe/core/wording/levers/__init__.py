"""What is said about commands, deployments, approvals and locks: two modules, ``en`` and ``ko``, with the same functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

from leverframe.core.commands.definitions import Command, Mark
from leverframe.core.commands.parsing import Mistake
from leverframe.core.errors import Locale
from leverframe.core.messages import Message
from leverframe.core.wording.levers import en, ko
from leverframe.core.wording.levers.happenings import ACT, ALERT, DEPLOYMENT, HUB, LEVER, LOCK, NOTE, SAID, word
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import DeploymentView, FreezeView, LockView

__all__ = ["ACT", "ALERT", "DEPLOYMENT", "HUB", "LEVER", "LEVERS", "LOCK", "NOTE", "SAID", "Levers", "word"]


class Levers(Protocol):
    """A language; what each function returns is said where it is written."""

    def deployment(self, view: DeploymentView, zone: tzinfo) -> Message:
        """See ``en``."""

    def asked(self, service: str, environment: str, kind: str = "deploy") -> Message:
        """See ``en``."""

    def note(self, what: str, view: DeploymentView, *, by: str = "", code: str = "", detail: str = "") -> Message:
        """See ``en``."""

    def alert(self, what: str, view: DeploymentView, *, by: str = "", detail: str = "") -> Message:
        """See ``en``."""

    def vote_counted(self, view: DeploymentView) -> Message:
        """See ``en``."""

    def vote_repeated(self, view: DeploymentView, *, approves: bool) -> Message:
        """See ``en``."""

    def decided_already(self, view: DeploymentView) -> Message:
        """See ``en``."""

    def taken(self, key: str, view: DeploymentView) -> Message:
        """See ``en``."""

    def refused(self, code: str, detail: str = "", *, wait_s: int | None = None) -> Message:
        """See ``en``."""

    def denied(self, words: str, who_could: Sequence[str] = ()) -> Message:
        """See ``en``."""

    def mistaken(self, mistake: Mistake) -> Message:
        """See ``en``."""

    def locked(self, lock: LockView, zone: tzinfo) -> Message:
        """See ``en``."""

    def unlocked(self, lock: LockView, by: str) -> Message:
        """See ``en``."""

    def lock_held(self, lock: LockView, zone: tzinfo, mark: Mark = "/") -> Message:
        """See ``en``."""

    def lock_awaited(self, lock: LockView, place: int) -> Message:
        """See ``en``."""

    def lock_freed(self, lock: LockView, *, tell: Sequence[str] = ()) -> Message:
        """See ``en``."""

    def lock_stolen(self, lock: LockView, former: str) -> Message:
        """See ``en``."""

    def frozen(self, service: str, environment: str, freeze: FreezeView, zone: tzinfo) -> Message:
        """See ``en``."""

    def status(self, rows: Sequence[LaneRow], zone: tzinfo) -> Message:
        """See ``en``."""

    def queue(self, rows: Sequence[LaneRow], zone: tzinfo) -> Message:
        """See ``en``."""

    def history(self, past: Sequence[DeploymentView], zone: tzinfo) -> Message:
        """See ``en``."""

    def subscribed(self, repository: str, events: Sequence[str], room: str) -> Message:
        """See ``en``."""

    def unsubscribed(self, repository: str, room: str) -> Message:
        """See ``en``."""

    def help_list(self, commands: Sequence[Command], mark: Mark) -> Message:
        """See ``en``."""

    def help_for(self, command: Command, mark: Mark, *, may: bool, targets: Sequence[str] = (), who_could: Sequence[str] = ()) -> Message:
        """See ``en``."""

    def who_can(self, words: str, roles: Sequence[tuple[str, Sequence[str]]]) -> Message:
        """See ``en``."""

    def why(self, line: str, when: str, because: Message) -> Message:
        """See ``en``."""

    def why_nothing(self) -> Message:
        """See ``en``."""

    def mirrored(self, outcome: str, *, who: str, room: str, line: str, code: str = "") -> Message:
        """See ``en``."""

    def written(self, usage: str) -> Message:
        """See ``en``."""


LEVERS: Mapping[Locale, Levers] = {"en": en, "ko": ko}
