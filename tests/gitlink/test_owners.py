"""Root links repositories of others, and gives nobody more than they had."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from leverframe.core.errors import Refused
from leverframe.gitlink import linking, owners

EVE = 12_345
"""Nobody's number on this machine."""
LINK = partial(linking.link, project="acme/web", url="http://127.0.0.1:9/in/git", key=b"k" * 32, hooks=["post-receive"])


@pytest.fixture
def hers() -> Iterator[Path]:
    """A bare repository of Eve's, where she can reach it."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        repository = Path(folder) / "web.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
        for path in (repository, *repository.rglob("*")):
            os.lchown(path, EVE, EVE)
        yield repository


def test_everything_of_a_link_is_its_owners(hers: Path) -> None:
    """As if she had linked it herself: hook, secret and spool are hers, and nobody else reads the secret; it is taken away as it was put."""
    linked = owners.at(hers, LINK)
    assert linked.project == "acme/web" and owners.at(hers, linking.shown) == linked and owners.at(hers, linking.flush) == 0
    made = [hers / "hooks" / "post-receive", hers / "leverframe", *(hers / "leverframe").iterdir()]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(EVE, EVE)}
    assert stat.S_IMODE((hers / "leverframe" / "link.json").stat().st_mode) == 0o600
    owners.at(hers, linking.unlink)
    assert not (hers / "leverframe").exists() and not (hers / "hooks" / "post-receive").exists()


def test_a_link_in_her_repository_leads_root_nowhere(hers: Path) -> None:
    """Her ``leverframe`` was a link to a folder of root's: root put files there and gave her all that was in it."""
    theirs = hers.parent / "etc"
    theirs.mkdir(mode=0o755)
    (theirs / "shadow").write_text("secret")
    (hers / "leverframe").symlink_to(theirs)
    with pytest.raises(PermissionError):
        owners.at(hers, LINK)
    assert [(path.name, path.stat().st_uid) for path in theirs.iterdir()] == [("shadow", 0)]
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755


def test_what_is_refused_is_told(hers: Path) -> None:
    """With its code, from the other process too; and that there is no repository."""
    with pytest.raises(Refused, match="git_not_linked"):
        owners.at(hers, linking.shown)
    with pytest.raises(Refused, match="git_repository_unknown"):
        owners.at(hers / "objects" / "nothing", linking.shown)
    assert os.geteuid() == 0
