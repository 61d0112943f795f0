"""Plugins, married: the host of those that are configured, and the rooms of kinds that they add. Without plugins nothing of theirs is imported."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from leverframe.config import Config
from leverframe.ports import Chat, Clock, Runner

if TYPE_CHECKING:
    from leverframe.observe import Metrics
    from leverframe.plugins.host import Host
    from leverframe.work.bell import Bell
    from leverframe.work.hearing import Hearing
    from leverframe.work.library import Library


def build_plugins(config: Config, database: Any, metrics: Metrics) -> Host | None:
    """Return the host of all plugins; ``None`` when there are none. No process of theirs is begun yet."""
    if not config.plugins:
        return None
    from leverframe.plugins.host import Host
    from leverframe.store.plugin_memory import PluginMemory

    return Host(config.plugins, memory=partial(PluginMemory, database), counted=metrics.plugin_failed)


def build_hearing(host: Host, database: Any, clock: Clock, library: Library, *, planned: Bell) -> Hearing:
    """Return what has the plugins of ``host`` hear of events and deployments."""
    from leverframe.work.hearing import Hearing

    return Hearing(database, clock, host, library, boot=lambda: database.boot, planned=planned)


def plugin_chat(config: Config, host: Host | None, name: str, settings: Any) -> Chat | None:
    """Return the chat of a kind that a plugin adds; ``None`` for another kind."""
    found = _made(config, "chats", settings.kind)
    return None if found is None or host is None else host.chat(*found, name, settings)


def plugin_runner(config: Config, host: Host | None, name: str, settings: Any) -> Runner | None:
    """Return the runner of a kind that a plugin adds; ``None`` for another kind."""
    found = _made(config, "runners", settings.kind)
    return None if found is None or host is None else host.runner(*found, name, settings)


def _made(config: Config, family: str, kind: str) -> tuple[str, Any] | None:
    if not config.plugins:
        return None
    from leverframe.plugins.declaring import RoomOf

    for plugin, _ in config.plugins:
        for one in plugin.of(RoomOf):
            if (one.family, one.kind) == (family, kind):
                return plugin.name, one
    return None
