"""What can be wrong with plugins: name of the case, files of the folder, leverframe.toml, and what is found."""

from __future__ import annotations

ROOM = """
from leverframe.plugins import runner

@runner("robot")
class Robot:
    async def start(self, order): ...
    async def find(self, order): ...
    async def poll(self, order, run): ...
    async def cancel(self, order, run): ...
"""
FOLDER = '[plugins]\nfolder = "plugins"\n'
WRONG_PLUGINS: list[tuple[str, dict[str, str], str, list[tuple[int, str, str]]]] = [
    ("adds nothing", {"empty.py": ""}, FOLDER, [(2, "plugins.folder", "plugin_adds_nothing")]),
    ("cannot be read", {"bad.py": "raise RuntimeError('no')"}, f"{FOLDER}[plugins.bad]\n", [(3, "plugins.bad", "plugin_broken")]),
    ("is not there", {}, f"{FOLDER}[plugins.nobody]\n", [(3, "plugins.nobody", "plugin_unknown")]),
    ("has no name", {"Bad_Name.py": ""}, FOLDER, [(2, "plugins.folder", "plugin_name_invalid")]),
    ("two of one kind", {"a.py": ROOM, "b.py": ROOM}, FOLDER, [(2, "plugins.folder", "plugin_kind_taken")]),
    ("a room apart", {"a.py": ROOM}, f"{FOLDER}[plugins.a]\nisolated = true\n", [(3, "plugins.a", "plugin_not_isolable")]),
    ("no folder", {}, '[plugins]\nfolder = "elsewhere"\n', [(2, "plugins.folder", "plugins_folder_unreadable")]),
    ("a key that is none", {}, f'{FOLDER}folders = "x"\n', [(3, "plugins.folders", "key_unknown")]),
]
