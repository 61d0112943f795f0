"""Installing the app by OAuth, and renewing tokens that are rotated.

https://docs.slack.dev/authentication/installing-with-oauth, …/authentication/using-token-rotation
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from leverframe.chats.slack import answers
from leverframe.chats.slack.manifest import NO_FEATURES, OPTIONAL, Features, scopes
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.json_objects import read_object
from leverframe.core.payload import number, text
from leverframe.net import NotSent, Outbound
from leverframe.ports import Clock, Installation, TokenVault

log = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(hours=2)
"""Slack's tokens live twelve hours; so much of that is left for trying again."""
LOOK_S = 60.0
"""Seconds until what another process installed is used here too."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class SlackInstall:
    """Satisfies ``ports.ChatInstall``."""

    def __init__(
        self, settings: Settings, outbound: Outbound, clock: Clock, vault: TokenVault, tokens: Tokens, *, url: str, features: Features = NO_FEATURES
    ) -> None:
        """``url`` is ``hub.url``; ``features`` decide which scopes are asked for. Raises ``ValueError`` without ``client_id`` and ``client_secret``."""
        if settings.client_id is None or settings.client_secret is None:
            raise ValueError("installing needs client_id and client_secret")
        self.name = tokens.name
        self._id, self._secret = settings.client_id, settings.client_secret.reveal()
        self._outbound, self._clock, self._vault, self._tokens = outbound, clock, vault, tokens
        self._api, self._team, self._app = settings.api_url.rstrip("/"), settings.team_id, settings.app_id
        self._redirect = f"{url.rstrip('/')}/slack/oauth_redirect"
        self._scopes = ",".join((*scopes(features), *OPTIONAL))
        self._unkept: dict[str, Installation] = {}

    def authorize(self, state: str) -> str:
        """Return the address of Slack's own page on which somebody allows the app."""
        parts = urlsplit(self._api)
        asked = {"client_id": self._id, "scope": self._scopes, "redirect_uri": self._redirect, "state": state}
        if self._team is not None:
            asked["team"] = self._team
        return f"{parts.scheme}://{parts.netloc}/oauth/v2/authorize?{urlencode(asked)}"

    async def exchange(self, code: str) -> Installation:
        """Return the installation that ``code`` stands for, kept and used from now on.

        Raises ``Refused``: ``slack_install_failed``, ``slack_team_unknown`` and ``slack_app_unknown`` where another one was
        installed than is configured.
        """
        made = await self._ask({"code": code, "redirect_uri": self._redirect}, None)
        await self._vault.keep(made)
        self._tokens.use(made)
        return made

    async def load(self) -> None:
        """Use what was installed before, and by other processes."""
        for installation in reversed(await self._vault.installations(self.name)):
            if installation.team not in self._unkept:
                self._tokens.use(installation)

    async def renew(self) -> None:
        """Renew every token that ends soon; one that cannot be renewed now is tried again at the next look.

        Never raises for what Slack does; ``Refused("storage_unavailable")`` when a token is renewed but not kept yet.
        """
        for installation in self._tokens.installed():
            due_at = installation.expires_at
            if due_at is None or installation.refresh_token is None or due_at - self._clock.now() > RENEW_BEFORE:
                continue
            try:
                made = await self._ask({"grant_type": "refresh_token", "refresh_token": installation.refresh_token}, installation)
            except Refused as refused:
                await self.load()  # another process may have renewed it: a refresh token is good for once
                if self._tokens.of(installation.team) == installation.token:
                    log.warning("%s: the token of %s was not renewed: %s %s", self.name, installation.team, refused.code, refused.detail)
                continue
            # Slack has made the former one void: the new one is used even if it cannot be kept just now.
            self._tokens.use(made)
            self._unkept[made.team] = made
        await self._keep()

    async def _keep(self) -> None:
        for team, made in list(self._unkept.items()):
            await self._vault.keep(made)
            del self._unkept[team]

    async def run(self) -> None:
        """Look after the tokens until cancelled."""
        while True:
            try:
                await self.load()
                await self.renew()
            except Refused as refused:
                log.warning("%s: the tokens of installations are neither read nor kept: %s", self.name, refused.code)
            await self._clock.sleep(LOOK_S)

    async def _ask(self, fields: Mapping[str, str], former: Installation | None) -> Installation:
        """Ask ``oauth.v2.access`` (https://docs.slack.dev/reference/methods/oauth.v2.access) for a token."""
        body = urlencode({**fields, "client_id": self._id, "client_secret": self._secret}).encode()
        try:
            answer = await self._outbound.post_json(f"{self._api}/oauth.v2.access", body, _FORM)
            said = read_object(answer.body)
        except NotSent as error:
            raise Refused("slack_install_failed", error.reason) from None
        except ValueError:
            raise Refused("slack_install_failed", detail("answer_not_slacks", status=answer.status)) from None
        read = answers.read(answer)
        token = text(said, "access_token")
        if read is None or not read.ok or not token:
            raise Refused("slack_install_failed", detail("slack_answered", said=read.error if read is not None and read.error else answer.status))
        return self._installation(said, token, former)

    def _installation(self, said: Mapping[str, Any], token: str, former: Installation | None) -> Installation:
        team, app = text(said, "team", "id") or text(said, "enterprise", "id"), text(said, "app_id")
        if self._team is not None and team != self._team:
            raise Refused("slack_team_unknown", team[:40])
        if self._app is not None and app != self._app:
            raise Refused("slack_app_unknown", app[:40])
        if not team or (former is not None and team != former.team):
            raise Refused("slack_install_failed", detail("workspace_of_somebody_else"))
        now, lives_s = self._clock.now(), number(said, "expires_in")
        return Installation(
            chat=self.name,
            team=team,
            token=token,
            scopes=tuple(scope for scope in text(said, "scope").split(",") if scope),
            installed_at=former.installed_at if former is not None else now,
            team_name=text(said, "team", "name"),
            app=app,
            bot_user=text(said, "bot_user_id"),
            by=text(said, "authed_user", "id") or (former.by if former is not None else ""),
            refresh_token=text(said, "refresh_token") or None,
            expires_at=now + timedelta(seconds=lives_s) if lives_s else None,
        )
