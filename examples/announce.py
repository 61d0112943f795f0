"""Announce: production deployments in one room, and releases of GitHub in another; a deployment that fails three times in a row is told louder.

    [plugins.announce]
    deployments = "slack:#announcements"
    releases = "slack:#releases"
"""

from leverframe.plugins import Event, Happening, Hub, Post, escape, link, on_event, on_happening, post

LOUD = 3


@on_happening("succeeded", "failed")
async def deployed(what: Happening, hub: Hub) -> Post | None:
    """Tell how deployments to production end."""
    if what.environment != "production":
        return None
    count = 0 if what.name == "succeeded" else int(await hub.memory.get(what.service, 0)) + 1
    await hub.memory.put(what.service, count)
    url = what.deployment["run_url"]
    buttons = [link("Open the run", url)] if url else []
    service, by = escape(what.service), escape(what.deployment["requested_by"] or what.deployment["cause"] or "?")
    if what.name == "succeeded":
        return post(hub.settings["deployments"], f"🚀 **{service}** is live, thanks to {by}.", buttons=buttons, tone="good")
    loud = f"\nThat is {count} times in a row: somebody should look." if count >= LOUD else ""
    return post(hub.settings["deployments"], f"💥 **{service}** did not make it to production.{loud}", buttons=buttons, tone="bad")


@on_event("release.published")
def released(event: Event, hub: Hub) -> Post:
    """Tell of releases."""
    release = event.payload["release"]
    return post(hub.settings["releases"], f"📦 **{escape(event.repo or '')}** {escape(release['tag_name'])} is out.", buttons=[link("Notes", release["html_url"])])
