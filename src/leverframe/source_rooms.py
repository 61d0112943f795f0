"""The sources of a configuration: each room is imported only when something is configured of its kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from leverframe.config import Config
from leverframe.core.errors import Refused
from leverframe.net import NotSent, Outbound
from leverframe.ports import Accepted, Clock, Source

if TYPE_CHECKING:
    from leverframe.core.content.values import Site
    from leverframe.web.inbound import After, Before
    from leverframe.work.content.office import Office

Fetch = Callable[[str], Awaitable[bytes]]
_CERTIFICATE_BYTES = 64 * 1024


def build_sources(config: Config, clock: Clock, fetch: Fetch) -> dict[str, Source]:
    """Return the sources by their keys; ``clock`` is asked by those whose signatures cover a moment, ``fetch`` for a vendor's certificates."""
    return {name: _source(name, settings, clock, fetch) for name, settings in config.sources.items()}


def bucket_steps(config: Config, sources: Mapping[str, Source], office: Office | None) -> tuple[dict[str, Before], dict[str, After]]:
    """Return what the sources of buckets do before and after a request is taken: certificates, and objects to be looked at."""
    from leverframe.site_rooms import bucket_prefix

    before: dict[str, Before] = {}
    after: dict[str, After] = {}
    for name, settings in config.sources.items():
        if settings.kind == "bucket" and office is not None:  # type: ignore[attr-defined]
            from leverframe.sources.bucket.source import BucketSource, keys_of

            source, site = sources[name], office.shelf.sites[settings.site]  # type: ignore[attr-defined]
            assert isinstance(source, BucketSource)
            before[name] = source.prepare
            after[name] = partial(_notice, office, site, bucket_prefix(config, site.name), f"source:{name}", keys_of)
    return before, after


async def _notice(office: Office, site: Site, prefix: str, actor: str, keys_of: Callable[[Accepted], Sequence[str]], accepted: Accepted) -> None:
    """Have the objects looked at that a notification names, before its sender is told that it was taken."""
    keys = [key.removeprefix(prefix) for key in keys_of(accepted) if key.startswith(prefix)]
    if not accepted.is_ping and keys:
        await office.noticed(site, keys, actor=actor)


def fetching(outbound: Outbound) -> Fetch:
    """Return what gets a vendor's certificate through the guard; it raises ``Refused("vendor_unreachable")``."""

    async def fetch(url: str) -> bytes:
        try:
            answer = await outbound.get(url, {}, cap=_CERTIFICATE_BYTES)
        except NotSent as error:
            raise Refused("vendor_unreachable", error.reason[:200], retry_after_s=10) from None
        if answer.status != 200:
            raise Refused("vendor_unreachable", f"HTTP {answer.status}", retry_after_s=10)
        return answer.body

    return fetch


def _source(name: str, settings: Any, clock: Clock, fetch: Fetch) -> Source:
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
        case "bucket":
            from leverframe.sources.bucket.source import BucketSource

            return BucketSource(name, _revealed(settings), topics=settings.topics, fetch=fetch, now=clock.now)
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
