"""The sources of a configuration: each room is imported only when something is configured of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leverframe.config import Config
from leverframe.ports import Clock, Source


def build_sources(config: Config, clock: Clock) -> dict[str, Source]:
    """Return the sources by their keys; ``clock`` is asked by those whose signatures cover a moment."""
    return {name: _source(name, settings, clock) for name, settings in config.sources.items()}


def _source(name: str, settings: Any, clock: Clock) -> Source:
    match settings.kind:
        case "github":
            from leverframe.sources.github.source import GithubSource

            return GithubSource(name, _revealed(settings))
        case "gitea":
            from leverframe.sources.gitea.source import GiteaSource

            return GiteaSource(name, _revealed(settings))
        case "gitlab":
            from leverframe.sources.gitlab.source import GitlabSource

            return GitlabSource(name, _revealed(settings), clock.now)
        case _:
            raise ValueError(f"no source of kind {settings.kind}")


def _revealed(settings: Any) -> Sequence[str]:
    return [secret.reveal() for secret in settings.secrets]
