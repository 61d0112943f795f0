"""What Teams sends to a bot and to outgoing webhooks, signed as Teams signs it.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object
"""

from __future__ import annotations

import base64
import hmac
import io
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
from fakes.teams import ANN, Conversation, FakeTeams, Message, mri
from fakes.teams_keys import ISSUER

OUTGOING_SECRET = base64.b64encode(b"outgoing secret of a team, 32 by").decode()
NAMES = {"1": "Ann", "2": "Bob", "3": "Eve"}


class Answered(NamedTuple):
    """What the hub answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON of it."""
        return json.loads(self.body)

    @property
    def toast(self) -> str:
        """The words below the card."""
        assert self.document["type"] == "application/vnd.microsoft.activity.message", self.document
        return str(self.document["value"])


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent, again too."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    async def to(self, url: str) -> Answered:
        """Send it to the hub at ``url``."""
        async with aiohttp.ClientSession() as session, session.post(url + self.path, data=io.BytesIO(self.body), headers=self.headers) as answer:
            return Answered(answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.read())


@dataclass
class TeamsApp:
    """The bot as Teams has it: makes what a person's doing sends to the hub."""

    teams: FakeTeams
    at_s: float | None = None
    """The moment of what is sent; left out, the present one."""
    tenant: str = ""
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def now_s(self) -> float:
        """Return the moment of what is sent."""
        return self.at_s if self.at_s is not None else time.time()

    def activity(self, conversation: Conversation, kind: str, *, user: str = ANN, thread: str | None = None, **more: Any) -> dict[str, Any]:
        """Return an activity; ``thread`` is the root message's id, of a channel."""
        id = self.teams.next_id()
        tenant = self.tenant or self.teams.tenant
        where = conversation.id
        if conversation.kind == "channel":
            where = f"{where};messageid={thread or id}"
        data: dict[str, Any] = {"tenant": {"id": tenant}}
        if conversation.kind == "channel":
            data |= {"channel": {"id": conversation.id, "name": conversation.name}, "team": {"id": "19:team@thread.tacv2", "name": "Platform"}}
        return {
            "type": kind, "id": id, "timestamp": datetime.fromtimestamp(self.now_s(), UTC).isoformat().replace("+00:00", "Z"), "serviceUrl": self.teams.service,
            "channelId": "msteams", "from": {"id": mri(user), "name": NAMES.get(user[7], "Somebody"), "aadObjectId": user},
            "recipient": {"id": f"28:{self.teams.app_id}", "name": "Leverframe"},
            "conversation": {"id": where, "conversationType": conversation.kind, "tenantId": tenant, "isGroup": conversation.kind != "personal"},
            "channelData": data, **more,
        }  # fmt: skip

    def says(self, conversation: Conversation, words: str, *, mention: bool | None = None, **more: Any) -> dict[str, Any]:
        """Return a message; in a channel or a group it mentions the bot, unless told otherwise."""
        mentions = conversation.kind != "personal" if mention is None else mention
        name = "<at>Leverframe</at>"
        entities = [{"type": "mention", "text": name, "mentioned": {"id": f"28:{self.teams.app_id}", "name": "Leverframe"}}] if mentions else []
        return self.activity(conversation, "message", text=f"{name} {words}" if mentions else words, textFormat="plain", entities=entities, **more)

    def presses(self, message: Message, title: str, *, user: str = ANN, **fields: str) -> dict[str, Any]:
        """Return the press of a button of a card, with what was typed into its fields."""
        from fakes import teams_cards

        [action] = [one for one in teams_cards.actions(message.card) if one["title"] == title]
        data = {**action["data"], **{f"field.{name}": value for name, value in fields.items()}}
        conversation = self.teams.conversations[message.conversation]
        return self.activity(
            conversation, "invoke", user=user, name="adaptiveCard/action", replyToId=message.id, thread=message.thread or message.id,
            value={"action": {"type": "Action.Execute", "title": title, "verb": action["verb"], "data": data}, "trigger": "manual"},
        )  # fmt: skip

    def looks(self, message: Message, *, user: str = ANN, **changes: Any) -> dict[str, Any]:
        """Return what Teams sends when somebody sees a card that asks to be refreshed; ``changes`` are of the action's data.

        https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
        """
        action = message.card["refresh"]["action"]
        conversation = self.teams.conversations[message.conversation]
        return self.activity(
            conversation, "invoke", user=user, name="adaptiveCard/action", replyToId=message.id, thread=message.thread or message.id,
            value={"action": {**action, "id": "", "data": {**action["data"], **changes}}, "trigger": "automatic"},
        )  # fmt: skip

    def submits(self, message: Message, title: str, *, user: str = ANN) -> dict[str, Any]:
        """Return the same press by a client that knows only ``Action.Submit``."""
        invoked = self.presses(message, title, user=user)
        return self.activity(self.teams.conversations[message.conversation], "message", user=user, replyToId=message.id, value=invoked["value"]["action"]["data"])

    def added(self, conversation: Conversation, *, removed: bool = False) -> dict[str, Any]:
        """Return that the bot was added to (or removed from) a team or a chat."""
        key = "membersRemoved" if removed else "membersAdded"
        made = self.activity(conversation, "conversationUpdate", **{key: [{"id": f"28:{self.teams.app_id}"}]})
        made["channelData"]["eventType"] = "teamMemberRemoved" if removed else "teamMemberAdded"
        made["conversation"]["id"] = conversation.id
        return made

    def claims(self, activity: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """Return what Teams' token says; a change of ``None`` leaves a claim out."""
        now = int(self.now_s())
        found = {"serviceurl": activity.get("serviceUrl"), "nbf": now - 5, "exp": now + 3_595, "iss": ISSUER, "aud": self.teams.app_id, **changes}
        return {name: value for name, value in found.items() if value is not None}

    def send(self, activity: Mapping[str, Any], *, token: str | None = None, **changes: Any) -> Request:
        """Return the request; ``changes`` are of the token's claims."""
        signed = token if token is not None else self.teams.keys.sign(self.claims(activity, **changes))
        return Request("/teams/messages", json.dumps(activity).encode(), {"Authorization": f"Bearer {signed}", "Content-Type": "application/json; charset=utf-8"})

    def outgoing(self, conversation: Conversation, words: str, *, name: str = "ops", secret: str = OUTGOING_SECRET, user: str = ANN, **more: Any) -> Request:
        """Return what an outgoing webhook sends."""
        activity = self.says(conversation, words, user=user, **more)
        activity["recipient"] = None
        body = json.dumps(activity).encode()
        signature = base64.b64encode(hmac.digest(base64.b64decode(secret), body, "sha256")).decode()
        return Request(f"/teams/outgoing/{name}", body, {"Authorization": f"HMAC {signature}", "Content-Type": "application/json"})
