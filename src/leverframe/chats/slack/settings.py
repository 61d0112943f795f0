"""What ``[chats.NAME]`` of kind ``slack`` takes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from leverframe.secrets import Secret


class Settings(BaseModel):
    """A Slack workspace, reached by a bot, by incoming webhooks, or by both."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["slack"] = "slack"
    bot_token: Secret | None = Field(None, description="The bot's token (`xoxb-…`); scopes `chat:write` and, for rooms it has not joined, `chat:write.public`.")
    signing_secrets: list[Secret] = Field([], description="The app's signing secret; several while it is rotated. Proves that commands, clicks and events are Slack's.")
    app_token: Secret | None = Field(None, description="An app-level token (`xapp-…`, scope `connections:write`) for Socket Mode: commands and buttons come in without a public URL.")
    config_token: Secret | None = Field(
        None, description="An app configuration token (`xoxe.xoxp-…`, good for twelve hours): with it `leverframe doctor` compares the app's commands and addresses with the "
        "manifest. The hub never needs it: `env:SLACK_CONFIG_TOKEN` may be unset."
    )
    api_url: str = Field("https://slack.com/api/", description="Slack's Web API; another address for GovSlack or a test.")
    posts_per_second: float = Field(1.0, ge=0, description="Messages a second and channel; 0 is no pacing.")
    subdomain: str | None = Field(None, description="The workspace's name in its address (`acme` of acme.slack.com): `/hook?subdomain=acme` picks this chat. Left out, Slack is asked.")
    client_id: str | None = Field(None, description="The app's client id, for `/slack/install`.")
    client_secret: Secret | None = Field(None, description="The app's client secret, for `/slack/install` and for renewing tokens that are rotated.")
    team_id: str | None = Field(None, description="The workspace's id (`T…`): commands and clicks of another one are refused. Left out, the app's own workspaces speak.")
    app_id: str | None = Field(None, description="The app's id (`A…`): what is sent to another app is refused.")
    listens: list[Literal["mentions", "threads"]] = Field(
        [], description="What the app asks Slack to hear besides commands and buttons: `mentions` (`@leverframe deploy …`), `threads` (`!deploy …`, in threads too). "
        "Each needs scopes of its own, which `leverframe slack manifest` has."
    )
    webhooks: dict[str, Secret] = Field({}, description="Rooms reached by incoming webhooks instead of the bot: `\"#dev\" = \"env:SLACK_DEV_WEBHOOK\"`.")

    @field_validator("config_token", mode="wrap")
    @classmethod
    def _until_it_is_set(cls, value: object, read: ValidatorFunctionWrapHandler) -> object:
        # It lives for half a day and is set for doctor alone: a variable that is not there stops nobody from serving.
        try:
            return read(value)
        except ValidationError:
            if isinstance(value, str) and value.startswith("env:"):
                return None
            raise
