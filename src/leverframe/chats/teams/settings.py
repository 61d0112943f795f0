"""What ``[chats.NAME]`` of kind ``teams`` takes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """Microsoft Teams, reached by a bot, by Workflows addresses, or by both; heard by the bot and by outgoing webhooks."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["teams"] = "teams"
    app_id: str | None = Field(None, description="The bot's application (client) id. Left out, there are only rooms of `webhooks`.")
    app_password: Secret | None = Field(None, description="A client secret of the bot's app registration.")
    tenant_ids: list[str] = Field(
        [], description="The tenants (directory ids) whose people are heard; every other one is refused. Of a single-tenant bot the first is the one that it is registered in."
    )
    multi_tenant: bool = Field(False, description="Whether the bot is an old multi-tenant registration: its token comes from `botframework.com`.")
    rooms: dict[str, str] = Field(
        {}, description="Names for rooms of the bot: `\"#ops\" = \"19:…@thread.tacv2\"`. Channels of teams that the bot was added to are known by their own names too."
    )
    webhooks: dict[str, Secret] = Field(
        {}, description="Rooms reached by the address of a Workflow (“Send webhook alerts to a channel”) in place of the bot: `\"#dev\" = \"env:TEAMS_DEV_WORKFLOW\"`."
    )
    format: Literal["adaptive", "messagecard"] = Field(
        "adaptive", description="What `webhooks` are sent: Adaptive Cards, as Workflows take them, or `messagecard` for systems that still take the old connectors' cards."
    )
    outgoing: dict[str, Secret] = Field(
        {}, description="Outgoing webhooks of teams, by the NAME in their address `/teams/outgoing/NAME`, each with the security token that Teams showed once."
    )
    trust_outgoing: bool = Field(
        False, description="Whether who speaks by an outgoing webhook is believed to be who it says, and may act. Teams proves only which team it is: whoever knows the token may say to be anybody."
    )
    listens: list[Literal["threads"]] = Field(
        [], description="What the app asks Teams to hear besides what mentions it: `threads` (`!deploy …`, in channels and group chats). `leverframe teams manifest` asks for it."
    )
    posts_per_second: float = Field(1.0, ge=0, description="Messages a second and room; 0 is no pacing. Teams' own limits are kept either way.")
    service_url: str = Field("https://smba.trafficmanager.net/teams/", description="Where rooms that were never heard from are posted to; Teams tells the address with everything that it sends.")
    service_urls: list[str] = Field([], description="More addresses that Teams may tell the hub to post to, besides Microsoft's own: for other clouds or a test.")
    login_url: str = Field("https://login.microsoftonline.com/", description="Where the bot's token comes from; `https://login.microsoftonline.us/` for US Government.")
    openid_url: str = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration", description="What tells the keys that Teams signs with; another address for US Government."
    )
    issuer: str = Field("https://api.botframework.com", description="Who Teams signs as; `https://api.botframework.us` for US Government. The bot's own token is for it too.")

    card_openid_url: str = Field(
        "https://substrate.office.com/sts/common/.well-known/openid-configuration",
        description="What tells the keys of who presses a button of a MessageCard. Microsoft's own are gone since June 2026; systems that still show such cards may have others.",
    )
    card_issuer: str = Field("https://substrate.office.com/sts/", description="Who signs the token of who presses a button of a MessageCard; it is for `hub.url`.")

    @property
    def is_bot(self) -> bool:
        """Whether there is a bot, with all that it needs."""
        return self.app_id is not None and self.app_password is not None
