"""What every request to GitHub says of itself."""

from __future__ import annotations

API_VERSION = "2022-11-28"
"""Which every Enterprise Server still knows."""
JSON = "application/vnd.github+json"
