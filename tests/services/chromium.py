"""Find a Chromium that runs. Standard library only: ``make test`` asks before anything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "google-chrome-stable", "google-chrome", "chrome", "chromium-browser", "microsoft-edge")
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)
"""Chromium must not call home: a test reaches this machine only."""


def find() -> str | None:
    """Return the path of a browser that answers ``--version``, or ``None``.

    Looks at ``LEVERFRAME_TEST_CHROMIUM``, then the ``PATH``, then what Playwright downloaded. Ubuntu's ``chromium-browser`` is a stub that
    only names a snap, and a snap does not see our temporary profile: both are passed over.
    """
    named = os.environ.get("LEVERFRAME_TEST_CHROMIUM")
    candidates = [named] if named else [*filter(None, map(shutil.which, NAMES)), *_downloaded()]
    return next((path for path in candidates if _runs(path)), None)


def _downloaded() -> list[str]:
    root = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return sorted((str(path) for path in root.glob("chromium-*/chrome-linux*/chrome")), reverse=True)


def _runs(path: str) -> bool:
    if "/snap" in os.path.realpath(path):
        return False
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(word in answer.stdout for word in ("Chromium", "Chrome", "Edge"))
