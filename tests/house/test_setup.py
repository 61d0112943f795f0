"""The two commands, the lock files and the container file."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from house.repository import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
TARGETS = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def _canonical(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _pinned(lock: str) -> set[str]:
    return {_canonical(line) for line in (ROOT / lock).read_text().splitlines() if re.match(r"[a-z0-9]", line)}


def test_plain_make_prints_one_line_per_target() -> None:
    """Who types ``make`` sees what there is, and nothing happens."""
    said = subprocess.run(["make", "-C", str(ROOT), "--no-print-directory"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[:2] for line in said] == [["make", target] for target in TARGETS]
    assert {"run", "test", "check", "bench", "chaos", "lock", "clean"} <= set(TARGETS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_place(lock: str) -> None:
    """The lock installs from whatever registry a machine uses: it holds names, versions and digests, no address and no path."""
    text = (ROOT / lock).read_text()
    assert "://" not in text and "--find-links" not in text and "index-url" not in text and " @ " not in text
    pins = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert [pin.split()[0] for pin in pins if not re.match(r"\S+==\S+ (?:; .+ )?\\\n    --hash=sha256:[0-9a-f]{64}", pin)] == []


def test_the_locks_hold_every_dependency() -> None:
    """Nothing is installed that is not pinned: the hub and its extras in one file, all of that and the tests' in the other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    needed = {_canonical(line) for line in [*project["project"]["dependencies"], *extras, *project["build-system"]["requires"]]}
    assert needed - _pinned("requirements.lock") == set()
    assert {_canonical(line) for line in project["dependency-groups"]["dev"]} - _pinned("requirements-dev.lock") == set()


def test_both_locks_pin_the_same_versions() -> None:
    """What is tested is what runs."""
    def lines(lock: str) -> set[str]:
        return {line for line in (ROOT / lock).read_text().splitlines() if re.match(r"[a-z0-9]", line)}

    assert lines("requirements.lock") - lines("requirements-dev.lock") == set()


def test_the_container_runs_as_somebody_and_reads_only_what_is_there() -> None:
    """The container file installs from the lock, drops root, and copies files that exist and are not ignored."""
    text = (ROOT / "Dockerfile").read_text()
    ignored = {line.strip("/") for line in (ROOT / ".dockerignore").read_text().splitlines()}
    copied = [word for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists() or name.strip("/") in ignored] == []
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER (?!root|0)", text, re.MULTILINE)
    assert (ROOT / "Procfile").read_text() == "web: leverframe serve\n"
