"""The hub as it is put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from leverframe import app
from leverframe.config import load

pytestmark = pytest.mark.anyio


async def test_a_hub_that_cannot_be_built_lets_the_database_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed half-way once kept connections to PostgreSQL, and the lock of the SQLite file, until the process ended."""
    (tmp_path / "leverframe.toml").write_text('[sources.github]\nsecrets = ["env:SECRET"]\n')
    config = load(tmp_path / "leverframe.toml", {"SECRET": "s"})

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(app, "build_site", broken)
        with pytest.raises(RuntimeError, match="broken"):
            await app.build(config)
    hub = await app.build(config)
    await hub.stop()
