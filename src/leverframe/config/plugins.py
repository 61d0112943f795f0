"""``[plugins]``: which plugins there are, what each may take, and what they add. Nothing is imported without this section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from leverframe.config.lines import KeyPath
from leverframe.config.reading import KINDS, NOT_BUILT_KINDS, Reading, near
from leverframe.config.section import Section
from leverframe.secrets import SecretError, resolve

if TYPE_CHECKING:
    from leverframe.core.commands.definitions import Command
    from leverframe.plugins.loading import Found, Plugin

OURS = frozenset({"enabled", "timeout", "isolated"})


class PluginsSection(Section):
    """Plugins: Python files of a folder, and installed packages."""

    folder: str | None = Field(None, description="Whose `NAME.py` and packages are plugins; relative to leverframe.toml. What begins with `_` is none.")


class PluginSection(Section):
    """One plugin, and its own keys beside these. An installed package is a plugin once it is named."""

    model_config = ConfigDict(extra="allow", frozen=True)

    enabled: bool = Field(True, strict=True, description="`false`: it is not read.")
    timeout: float = Field(10.0, gt=0, le=600, description="Seconds that one of its functions may take.")
    isolated: bool = Field(False, strict=True, description="Whether it runs in a process of its own, which is killed where it does not keep its time.")


def read_plugins(document: Mapping[str, Any], reading: Reading) -> list[tuple[Plugin, Found]]:
    """Return the plugins of ``document``, read, without those that are wrong: that is noted. Kinds of rooms that they add are known to ``reading`` then."""
    given = document.get("plugins")
    if given is None:
        return []
    if not isinstance(given, dict):
        reading.found("value_type", ("plugins",), "table")
        return []
    plain = {key: value for key, value in given.items() if not isinstance(value, dict)}
    section = reading.section(PluginsSection, plain, ("plugins",))
    if not isinstance(section, PluginsSection):
        return []
    named = {key: value for key, value in given.items() if isinstance(value, dict)}
    read: list[tuple[Plugin, Found]] = []
    for found, table, at in _found(section.folder, named, reading):
        plugin = _read(found, table, at, reading)
        if plugin is not None:
            read.append((plugin, found))
    return read


def commands_of(plugins: list[tuple[Plugin, Found]]) -> Iterator[tuple[KeyPath, Command]]:
    """Yield the commands that plugins add, each with the place that speaks of its plugin."""
    if plugins:
        from leverframe.plugins.declaring import CommandOf

        for plugin, _ in plugins:
            for one in plugin.of(CommandOf):
                yield ("plugins", plugin.name), one.command


def _found(folder: str | None, named: dict[str, Any], reading: Reading) -> Iterator[tuple[Found, dict[str, Any], KeyPath]]:
    from leverframe.plugins.loading import NAME, in_folder, installed

    there: dict[str, Found] = {}
    if folder is not None:
        path = reading.file.parent / Path(folder).expanduser()
        try:
            there = {found.name: found for found in in_folder(path)}
        except OSError as error:
            reading.found("plugins_folder_unreadable", ("plugins", "folder"), f"{path}: {error.strerror}")
    packages: dict[str, Found] | None = None
    for name in dict.fromkeys([*there, *named]):
        at: KeyPath = ("plugins", name) if name in named else ("plugins", "folder")
        if not NAME.fullmatch(name):
            reading.found("plugin_name_invalid", at, name)
            continue
        found = there.get(name)
        if found is None:
            packages = installed() if packages is None else packages
            found = packages.get(name)
        if found is None:
            reading.found("plugin_unknown", at, name, near(name, [*there, *(packages or ())], "[plugins.{}]"))
        else:
            yield found, named.get(name, {}), at


def _read(found: Found, table: dict[str, Any], at: KeyPath, reading: Reading) -> Plugin | None:
    from leverframe.plugins.declaring import RoomOf
    from leverframe.plugins.loading import Broken, Plugin, read

    section = reading.section(PluginSection, table, at)
    if not isinstance(section, PluginSection) or not section.enabled:
        return None
    settings = {key: _own(value, (*at, key), reading) for key, value in table.items() if key not in OURS}
    functions: Mapping[str, Any] = {}
    try:
        if section.isolated:
            from leverframe.plugins.isolated import declared_by

            declared = declared_by(found)
        else:
            declared, functions = read(found)
    except Broken as broken:
        reading.found("plugin_broken", at, f"{found.name}: {broken}")
        return None
    plugin = Plugin(
        name=found.name, where=found.where, timeout_s=section.timeout, isolated=section.isolated, settings=settings, declared=declared, functions=functions
    )
    if not declared:
        reading.found("plugin_adds_nothing", at, found.name)
    for room in plugin.of(RoomOf):
        if section.isolated:
            reading.found("plugin_not_isolable", at, f"{room.family.removesuffix('s')} {room.kind}")
        elif room.kind in KINDS[room.family] or room.kind in NOT_BUILT_KINDS[room.family] or room.kind in reading.kinds.get(room.family, {}):
            reading.found("plugin_kind_taken", at, room.kind)
        else:
            reading.kinds.setdefault(room.family, {})[room.kind] = functions[room.function]
    return plugin


def _own(value: Any, at: KeyPath, reading: Reading) -> Any:
    """Return a plugin's own value, with references to secrets resolved, wherever they stand."""
    match value:
        case str() if value.startswith(("env:", "file:")):
            try:
                return resolve(value, folder=reading.file.parent, environ=reading.environ).reveal()
            except SecretError as error:
                reading.found(error.code, at, error.subject)
                return ""
        case dict():
            return {key: _own(one, (*at, key), reading) for key, one in value.items()}
        case list():
            return [_own(one, (*at, number), reading) for number, one in enumerate(value)]
        case _:
            return value
