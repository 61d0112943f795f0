"""The keys for what is stored: from the configuration, or from a file that the hub makes for itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leverframe.core.errors import Refused
from leverframe.secrets import Secret
from leverframe.secrets.keys import key_file, keys_for


def test_a_sqlite_file_has_its_key_beside_it(tmp_path: Path) -> None:
    """Made once, for its owner alone, and the same ever after; nothing else is left in the folder."""
    database = tmp_path / "data" / "hub.db"
    first = keys_for("tokens", [], database)
    assert keys_for("tokens", [], database) == first and len(first[0]) == 32
    assert os.stat(key_file(database)).st_mode & 0o777 == 0o600
    assert [path.name for path in database.parent.iterdir()] == ["hub.db.key"]


def test_master_keys_stand_in_its_place(tmp_path: Path) -> None:
    """In their order, each purpose with keys of its own, and no file is made; PostgreSQL without them has none."""
    keys = [Secret("new" * 10), Secret("old" * 10)]
    found = keys_for("tokens", keys, tmp_path / "hub.db")
    assert found[1:] == keys_for("tokens", keys[1:], None) and len(set(found)) == 2
    assert not set(found) & set(keys_for("audit", keys, None))
    assert list(tmp_path.iterdir()) == [] and keys_for("tokens", [], None) == ()


def test_half_a_key_is_refused(tmp_path: Path) -> None:
    """A file that was cut short is told, with its name, and not written over: what it sealed would be lost."""
    key_file(tmp_path / "hub.db").write_bytes(b"short\n")
    with pytest.raises(Refused, match="key_file_unusable") as refused:
        keys_for("tokens", [], tmp_path / "hub.db")
    assert "hub.db.key" in refused.value.detail and key_file(tmp_path / "hub.db").read_bytes() == b"short\n"
