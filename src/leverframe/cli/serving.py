"""``leverframe serve``: read the configuration, say what is wrong with it, run the hub."""

from __future__ import annotations

import sys
from pathlib import Path

from leverframe.config import ConfigErrors, Finding, find, load
from leverframe.core.errors import Locale


def serve(config: str | Path | None) -> int:
    """Run the hub until it is told to stop; return the exit status."""
    try:
        loaded = load(find(Path(config) if config else None))
    except ConfigErrors as errors:
        print(report(errors.findings, errors.locale), file=sys.stderr)
        return 1
    if loaded.warnings:
        print(report(loaded.warnings, loaded.hub.locale), file=sys.stderr)
    from leverframe.server import serve as run

    return run(loaded) or 0


def report(findings: tuple[Finding, ...], locale: Locale) -> str:
    """Return errors and warnings as plain lines: file, line, severity, code, key, sentence, remedy."""
    lines = []
    for finding in findings:
        sentence = finding.sentence(locale)
        key = "" if finding.key in sentence else f" {finding.key}:"
        lines.append(f"{finding.file}:{finding.line}: {finding.severity} {finding.code}:{key} {sentence}")
        lines.append(f"    → {finding.remedy(locale)}")
    return "".join(character for character in "\n".join(lines) if character == "\n" or character.isprintable())
