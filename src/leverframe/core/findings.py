"""What ``leverframe doctor`` says of a chat."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. ``code`` is a key of ``core.errors.PROBLEMS``, or empty when ``level`` is ``ok`` or ``skipped``."""

    level: str
    """``ok``, ``warning`` (something optional does not work), ``error``, or ``skipped`` (not looked at; ``purpose`` says why)."""
    subject: str
    """``token``, ``scope chat:write``, ``webhook #dev`` …"""
    code: str = ""
    detail: str = ""
    purpose: tuple[str, str] = ("", "")
    """What a scope is for, or what is found or differs, in English and Korean."""
