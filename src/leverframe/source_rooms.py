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
        case "bitbucket":
            from leverframe.sources.bitbucket.source import BitbucketSource

            return BitbucketSource(name, _revealed(settings))
        case "gitlab":
            from leverframe.sources.gitlab.source import GitlabSource

            return GitlabSource(name, _revealed(settings), clock.now)
        case "git":
            from leverframe.sources.git.shape import Pages
            from leverframe.sources.git.source import GitSource

            return GitSource(name, _revealed(settings), clock.now, Pages(web=settings.web, commit=settings.commit, compare=settings.compare))
        case "standard_webhooks":
            from leverframe.sources.standard_webhooks.source import StandardWebhooksSource

            return StandardWebhooksSource(name, _revealed(settings), clock.now)
        case "cloudevents":
            from leverframe.sources.cloudevents.source import CloudEventsSource

            return CloudEventsSource(name, _revealed(settings), header=settings.header, origins=settings.origins)
        case "alertmanager":
            from leverframe.sources.alertmanager.source import AlertmanagerSource

            return AlertmanagerSource(name, _revealed(settings), clock.now, user=settings.user, repository_label=settings.repository_label)
        case "jenkins":
            from leverframe.sources.jenkins.source import JenkinsSource

            return JenkinsSource(name, _revealed(settings), user=settings.user)
        case "argocd_notifications":
            from leverframe.sources.argocd_notifications.source import ArgocdNotificationsSource

            return ArgocdNotificationsSource(name, _revealed(settings))
        case "generic":
            return generic_source(name, settings, clock)
        case _:
            raise ValueError(f"no source of kind {settings.kind}")


def generic_source(name: str, settings: Any, clock: Clock) -> Source:
    """Return a source of kind ``generic``, made of its settings."""
    from leverframe.sources.generic.pointers import read
    from leverframe.sources.generic.source import GenericSource, Mapped, Proof

    def header(named: str | None) -> bytes | None:
        return named.encode() if named is not None else None

    proof = Proof(
        header=settings.header.encode(), by=settings.proof, prefix=settings.prefix.encode(), algorithm=settings.algorithm, encoding=settings.encoding,
        timestamp_header=header(settings.timestamp_header), between=settings.signed.removeprefix("timestamp").removesuffix("body").encode(),
        tolerance_s=settings.tolerance_s,
    )  # fmt: skip
    mapped = Mapped(
        event=read(settings.event) if settings.event else None, event_header=header(settings.event_header), event_name=settings.event_name,
        id=read(settings.id) if settings.id else None, id_header=header(settings.id_header),
        fields={key: read(pointer) for key, pointer in settings.fields if pointer},
    )  # fmt: skip
    return GenericSource(name, _revealed(settings), clock.now, proof, mapped)


def _revealed(settings: Any) -> Sequence[str]:
    return [secret.reveal() for secret in settings.secrets]
