"""Who is on call, and taking over: a typed command with a select, a button that gives the command, and an answer to plain words.

    [plugins.oncall]
    teams = { web = "ann", data = "bob" }        # who is on call until somebody takes over

    /lever oncall            opens a form with the teams
    /lever oncall web        tells who it is, and offers to take over
    /lever oncall web take   takes over; needs the grant "oncall web take"
    @leverframe who is on call for web?
"""

from typing import Annotated, Literal

from leverframe.plugins import Asked, Hub, Label, Message, Refuse, button, command, escape, on_message, say

Team = Annotated[Literal["web", "data", "platform"], Label("Team", "팀")]


@command(summary={"en": "Tell who is on call, or take over.", "ko": "당직자를 알려 주거나 당직을 넘겨받습니다."}, example="web")
async def oncall(ask: Asked, hub: Hub, team: Team, do: Annotated[Literal["show", "take"], Label("Do", "할 일")] = "show") -> Message:
    """Tell who is on call, or take over."""
    if do == "take":
        before = await _who(hub, team)
        if before == ask.by.name:
            raise Refuse(f"You are on call for {team} already.")
        await hub.memory.put(team, ask.by.name)
        return say(f"**{escape(ask.by.name)}** is on call for **{team}** now, after {escape(before)}.", tone="good")
    return say(f"**{escape(await _who(hub, team))}** is on call for **{team}**.", buttons=[button("Take over", f"oncall {team} take")])


@on_message(r"who(?:'s| is) on ?call for (?P<team>web|data|platform)|(?P<korean>web|data|platform) 당직(?:은|이)? 누구")
async def who_is_on_call(hub: Hub, team: str | None, korean: str | None) -> str:
    """Answer people who ask in words."""
    asked = team or korean or ""
    name = escape(await _who(hub, asked))
    return f"**{name}** is on call for **{asked}**." if team else f"**{asked}** 당직은 **{name}** 님입니다."


async def _who(hub: Hub, team: str) -> str:
    return str(await hub.memory.get(team) or hub.settings.get("teams", {}).get(team, "nobody"))
