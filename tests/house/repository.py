"""What the house tests look at: the tracked files, and the syntax trees of the product."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "leverframe"


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that git tracks or would track, also before it is added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in sorted(set(filter(None, listed.split("\0")))) if (path := ROOT / name).is_file())


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Return the path and the syntax tree of every module of the product."""
    return tuple((path, ast.parse(path.read_text())) for path in sorted(SOURCE.rglob("*.py")))


def shown(path: Path) -> str:
    """Return ``path`` as people write it: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()
