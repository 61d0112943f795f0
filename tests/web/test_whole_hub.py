"""What only shows when everything is married: who holds what, and who may install."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from leverframe.app import build
from leverframe.config import load
from leverframe.core.conversation import Asker

pytestmark = pytest.mark.anyio

CONFIG = """
[hub]
bind = "127.0.0.1:0"
[sources.github]
secrets = ["env:SECRET"]
[chats.playground]
[chats.slack]
signing_secrets = ["env:SECRET"]
client_id = "1.2"
client_secret = "env:SECRET"
[services.web-app.environments.staging]
runner = "simulated"
[people.ann]
identities = ["playground:ann", "slack:U1"]
[roles.everybody]
members = ["playground:*", "slack:U1"]
allow = ["deploy *"]
"""


@pytest.mark.parametrize("demo", [False, True])
async def test_people_of_the_playground_hold_nothing_but_in_a_demo(tmp_path: Path, demo: bool) -> None:
    """There anybody takes any name: whatever a role says, outside of a demo it is not theirs, and somebody who is linked lends them nothing."""
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    hub = await build(load(tmp_path / "leverframe.toml", {"SECRET": "s3cret"}), demo=demo, log_to=StringIO())
    assert hub.box is not None
    standings = hub.box.standings
    assert standings.of(Asker(chat="playground", id="ann")).identity.grants == (("deploy *",) if demo else ())
    assert standings.of(Asker(chat="slack", id="U1", team="T1")).identity.grants == ("deploy *",)
    await hub.stop()


async def test_the_key_that_seals_tokens_is_made_where_the_app_can_be_installed(tmp_path: Path) -> None:
    """Beside the SQLite file, for its owner alone."""
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    hub = await build(load(tmp_path / "leverframe.toml", {"SECRET": "s3cret"}), log_to=StringIO())
    assert {door.path for door in hub.slack.install_doors} == {"/slack/install", "/slack/oauth_redirect"}
    assert {door.permission for door in hub.slack.install_doors} == {"admin"}
    assert (tmp_path / "leverframe.db.key").stat().st_mode & 0o777 == 0o600
    await hub.stop()
