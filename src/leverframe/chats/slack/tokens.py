"""The bot's tokens: that of the configuration, and those that workspaces gave when they installed the app."""

from __future__ import annotations

from leverframe.chats.slack.settings import Settings
from leverframe.ports import Installation


class Tokens:
    """The bot tokens of one chat: that of the configuration, and those of workspaces that installed the app."""

    def __init__(self, name: str, settings: Settings) -> None:
        """``name`` is the chat's key in the configuration."""
        self.name = name
        self._configured = settings.bot_token.reveal() if settings.bot_token is not None else None
        self._home = settings.team_id
        self._installed: dict[str, Installation] = {}

    def __repr__(self) -> str:
        return f"Tokens({self.name!r}, {len(self._installed)} installed)"

    def of(self, team: str = "") -> str | None:
        """Return the token for a workspace (left out, for ``team_id``); where there is only one token, that.

        People of other workspaces speak in shared channels too: they are answered by the workspace that has the app.
        """
        found = self._installed.get(team or self._home or "")
        if found is None and self._configured is None and len(self._installed) == 1:
            [found] = self._installed.values()
        return found.token if found is not None else self._configured

    def use(self, installation: Installation) -> None:
        """Use an installation's token from now on."""
        self._installed[installation.team] = installation

    def installed(self) -> tuple[Installation, ...]:
        """Return the installations in use."""
        return tuple(self._installed.values())

    def every(self) -> dict[str, str]:
        """Return every token, by the workspace that it was installed in; that of the configuration is under an empty name."""
        configured = {"": self._configured} if self._configured is not None else {}
        return configured | {team: installation.token for team, installation in self._installed.items()}
