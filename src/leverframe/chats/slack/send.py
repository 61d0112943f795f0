"""Sending to Slack: ``chat.postMessage``, ``chat.update`` and incoming webhooks."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import msgspec

from leverframe.chats.slack import answers
from leverframe.chats.slack.render import Rendered, has_images, render
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.delivery import Outcome, Rejected, Retryable
from leverframe.core.details import Detail, detail
from leverframe.core.messages import linked
from leverframe.net import NotSent, Outbound
from leverframe.ports import Posting

_ROOM = re.compile(r"#?[^\s#@,.:;!?'\"/\\()\[\]{}<>|A-Z]{1,80}|[CDGUW][A-Z0-9]{2,30}")
_JSON = "application/json; charset=utf-8"
_encode = msgspec.json.Encoder().encode

# What a thread's reply may be refused for that a message of its own would not be.
_THREAD_REFUSED = frozenset({"cannot_reply_to_message", "invalid_thread_ts", "restricted_action_non_threadable_channel", "thread_not_found"})


class SlackChat:
    """One workspace, reached by a bot token, by incoming webhooks, or by both. Satisfies ``ports.Chat``."""

    kind = "slack"
    card_gone = frozenset({"slack_message_not_found", "slack_cant_update_message", "slack_edit_window_closed"})

    def __init__(self, name: str, settings: Settings, outbound: Outbound, tokens: Tokens | None = None) -> None:
        """``name`` is the chat's key in the configuration; ``outbound`` is shared and stays its owner's to close.

        ``tokens`` are shared with what installs the app; left out, there is only that of the configuration.
        """
        self.name = name
        self.posts_per_second = settings.posts_per_second
        self._outbound = outbound
        api = settings.api_url.rstrip("/")
        self._post_url, self._update_url = f"{api}/chat.postMessage", f"{api}/chat.update"
        self._tokens = tokens or Tokens(name, settings)
        self._has_token = settings.bot_token is not None or settings.client_id is not None
        """Whether there is one, or will be when the app is installed."""
        self._webhooks = {room: url.reveal() for room, url in settings.webhooks.items()}
        self._may_customize = True
        """Until Slack says that the scope ``chat:write.customize`` is missing; asked again after a restart."""
        self._without_images: deque[str] = deque(maxlen=500)
        """Deliveries whose pictures Slack could not fetch: tried again for another reason, they go without at once."""

    def __repr__(self) -> str:
        return f"SlackChat({self.name!r})"

    def has_threads(self, room: str) -> bool:
        """Return whether the bot serves the room: an incoming webhook tells no message's id."""
        return room not in self._webhooks

    def check_room(self, room: str) -> Detail | None:
        """Return a sentence with the remedy when ``room`` is no channel's name or id, or cannot be reached; else ``None``."""
        if room in self._webhooks:
            return None
        if not _ROOM.fullmatch(room):
            return detail("channel_of_slack", room=room)
        if not self._has_token:
            return detail("nothing_reaches_room", room=room, chat=self.name)
        return None

    async def post(self, posting: Posting) -> Outcome:
        """Say it by the room's webhook if it has one, else by ``chat.postMessage``.

        ``remote_id`` of the outcome is Slack's ``ts``, ``remote_room`` the channel's id; a webhook tells neither.
        """
        rendered = self._render(posting)
        # Links in foreign text would otherwise be unfolded into pictures and pages.
        said: dict[str, Any] = {"text": rendered.text, "blocks": rendered.blocks, "unfurl_links": False, "unfurl_media": False}
        if posting.thread:
            said["thread_ts"] = posting.thread
        webhook = self._webhooks.get(posting.room)
        if webhook is not None:
            return await self._post_to_webhook(webhook, said, posting)
        if not self._has_token:
            return Rejected(code="slack_not_authed", detail=f"neither bot_token nor a webhook for {posting.room}")
        said["channel"] = posting.remote_room or posting.room
        if self._may_customize:
            if posting.username:
                said["username"] = posting.username[:80]
            if posting.icon:
                if "://" in posting.icon:
                    said["icon_url"] = posting.icon
                else:
                    said["icon_emoji"] = f":{posting.icon.strip(':')}:"
        return await self._call(self._post_url, said, posting)

    async def update(self, posting: Posting, remote_id: str) -> Outcome:
        """Replace what the message ``remote_id`` says, by ``chat.update``.

        Needs the channel's id in ``posting.remote_room``. ``slack_message_not_found``, ``slack_cant_update_message`` and
        ``slack_edit_window_closed`` mean that this message will never change again: say it anew.
        """
        if posting.room in self._webhooks or not self._has_token:
            return Rejected(code="slack_cant_update_message", detail="an incoming webhook's message cannot be updated")
        rendered = self._render(posting)
        said = {"channel": posting.remote_room or posting.room, "ts": remote_id, "text": rendered.text, "blocks": rendered.blocks,
                # Left out, it is "client" here, which finds names and mentions in plain text; in chat.postMessage it is "none".
                "parse": "none"}  # fmt: skip
        return await self._call(self._update_url, said, posting)

    async def close(self) -> None:
        """Nothing to let go of: the connections are the hub's shared ones."""

    def _render(self, posting: Posting) -> Rendered:
        return render(linked(posting.message) if posting.id in self._without_images else posting.message, posting.mentions)

    async def _call(self, url: str, said: dict[str, Any], posting: Posting) -> Outcome:
        token = self._tokens.of()
        if token is None:
            return Retryable(code="slack_not_authed", detail="the app is not installed yet", after_s=answers.WHOLE_CHAT_AFTER_S)
        headers = {"Content-Type": _JSON, "Authorization": f"Bearer {token}"}
        while True:
            try:
                answer = await self._outbound.post_json(url, _encode(said), headers)
            except NotSent as error:
                return answers.unsent(error)
            heard = answers.read(answer)
            if heard is None or heard.ok or answer.status != 200 or not self._with_less(said, heard, posting):
                return answers.outcome(answer, heard)

    def _with_less(self, said: dict[str, Any], heard: answers.Said, posting: Posting) -> bool:
        """Take out of ``said`` what Slack refused but the message can do without; tell whether there was such a thing."""
        if heard.error == "missing_scope" and ("username" in said or "icon_emoji" in said or "icon_url" in said):
            for key in ("username", "icon_emoji", "icon_url"):
                said.pop(key, None)
            if heard.needed == "chat:write.customize":
                self._may_customize = False
            return True
        if heard.error == "invalid_blocks":
            return self._without(said, posting)
        # A reply whose card is gone is a message of its own, as Slack itself makes it when it still knows the thread.
        return heard.error in _THREAD_REFUSED and said.pop("thread_ts", None) is not None

    def _without(self, said: dict[str, Any], posting: Posting) -> bool:
        """Have ``said`` link to its pictures; tell whether it had any: Slack refuses the whole message for one that it cannot fetch."""
        if not has_images(said["blocks"]):
            return False
        self._without_images.append(posting.id)
        rendered = self._render(posting)
        said.update(text=rendered.text, blocks=rendered.blocks)
        return True

    async def _post_to_webhook(self, url: str, said: dict[str, Any], posting: Posting) -> Outcome:
        while True:
            try:
                told = answers.webhook_outcome(await self._outbound.post_json(url, _encode(said), {"Content-Type": _JSON}))
            except NotSent as error:
                return answers.unsent(error)
            if not (isinstance(told, Rejected) and told.code == "slack_invalid_blocks" and self._without(said, posting)):
                return told
