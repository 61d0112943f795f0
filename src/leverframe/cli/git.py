"""``leverframe git``: link repositories on disk to the hub, and send what they noted while the hub was away."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from leverframe.cli.options import AsJson, ConfigAt, language, misconfigured

if TYPE_CHECKING:
    from leverframe.config import Config
    from leverframe.gitlink.linking import Hook, Linked, Repository

app = typer.Typer(no_args_is_help=True, help="Git repositories on disk: each push becomes an event.")
At = Annotated[Path, typer.Argument(metavar="PATH", help="A repository on disk, bare or a working copy.")]
Project = Annotated[str, typer.Option("--project", help="What the hub calls it: OWNER/NAME.")]
Source = Annotated[str | None, typer.Option("--source", help="The NAME of [sources.NAME], where there are several of kind git.", show_default=False)]


@app.command()
def link(
    path: At,
    project: Annotated[str | None, typer.Option("--project", help="What the hub calls it: OWNER/NAME.", show_default=False)] = None,
    hooks: Annotated[str, typer.Option("--hooks", help="Which hooks: post-receive, and of a working copy post-commit and post-merge, with commas.")] = "post-receive",
    list_: Annotated[bool, typer.Option("--list", help="Show the link and change nothing.")] = False,
    unlink: Annotated[bool, typer.Option("--unlink", help="Take the hooks away and put back those that were there before.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --unlink: also when something waits that the hub does not take; it is thrown away.")] = False,
    source: Source = None,
    url: Annotated[str | None, typer.Option("--url", help="The hub's address, if it is not on this machine.", show_default=False)] = None,
    secret: Annotated[str | None, typer.Option("--secret", help="What `leverframe git secret` printed on the hub's machine: env:NAME or file:PATH.", show_default=False)] = None,
    config: ConfigAt = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Have a repository tell the hub of every push. Hooks that are there stay, and run as before. Done again it renews the link."""
    from leverframe.core.errors import Refused
    from leverframe.core.projects import is_project
    from leverframe.gitlink import linking, owners

    with _answered(as_json, config):
        if list_:
            _show(owners.at(path, linking.shown), as_json, config)
            return
        if unlink:
            _show(owners.at(path, lambda repository: _unlinked(repository, force)), as_json, config, gone=True)
            return
        if project is None or not is_project(project):
            raise Refused("git_project_invalid", (project or "--project")[:200])
        wanted = [name.strip() for name in hooks.split(",")]
        if wrong := [name for name in wanted if name not in linking.HOOKS]:
            raise typer.BadParameter(f"{wrong[0]!r}; there are: {', '.join(linking.HOOKS)}", param_hint="--hooks")
        address, key = _given(url, secret, source) if url and secret else _configured(config, source, project, url)
        named = [cast("Hook", name) for name in wanted]
        _show(owners.at(path, lambda repository: linking.link(repository, project=project, url=address, key=key, hooks=named)), as_json, config)


@app.command()
def flush(paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Linked repositories.")], as_json: AsJson = False) -> None:
    """Send what was noted while the hub was away, in order. A repository that has trouble keeps back no other."""
    from leverframe.cli.output import say, show
    from leverframe.core.errors import Refused
    from leverframe.gitlink import linking, owners

    sent: dict[str, int] = {}
    trouble: Refused | None = None
    with _answered(as_json, None):
        for path in paths:
            try:
                sent[str(path)] = owners.at(path, linking.flush)
            except Refused as refused:
                trouble = trouble or refused
        if as_json:
            show(sent)
        for name, count in sent.items() if not as_json else ():
            say(f"{name}: {count}")
        if trouble is not None:
            raise trouble


@app.command()
def secret(project: Project, source: Source = None, config: ConfigAt = None, as_json: AsJson = False) -> None:
    """Print the secret that links a repository elsewhere. It speaks for this project only."""
    from base64 import b64encode

    from leverframe.cli.output import show
    from leverframe.core.errors import Refused
    from leverframe.core.projects import is_project

    with _answered(as_json, config):
        if not is_project(project):
            raise Refused("git_project_invalid", project[:200])
        key = b64encode(_configured(config, source, project, None)[1]).decode()
        if as_json:
            show({"project": project, "secret": key})
        else:
            print(key)


def _unlinked(repository: Repository, force: bool) -> Linked:
    """Send what waits, unless it may be thrown away, and take the link away."""
    from leverframe.gitlink import linking

    if linking.shown(repository).waiting and not force:
        linking.flush(repository)
    return linking.unlink(repository)


def _configured(config: Path | None, source: str | None, project: str, url: str | None) -> tuple[str, bytes]:
    """Return the address of the source on this machine (or at ``url``) and the key of the project's link."""
    from leverframe.cli.simulation import local_url
    from leverframe.config import find, load
    from leverframe.core.errors import Refused
    from leverframe.core.git_links import link_key

    loaded: Config = load(find(config))
    for name, settings in loaded.sources.items():
        if settings.kind == "git" and source in (None, name):  # type: ignore[attr-defined]
            key = link_key(settings.secrets[0].reveal().encode(), project)  # type: ignore[attr-defined]
            return f"{(url or local_url(loaded)).rstrip('/')}/in/{name}", key
    raise Refused("source_unknown", source or 'kind = "git"')


def _given(url: str, secret: str, source: str | None) -> tuple[str, bytes]:
    import binascii
    from base64 import b64decode

    from leverframe.secrets import SecretError, resolve

    try:
        key = b64decode(resolve(secret).reveal(), validate=True)
    except (SecretError, binascii.Error) as error:
        raise typer.BadParameter(str(error), param_hint="--secret") from None
    if len(key) != 32:
        raise typer.BadParameter("this is not what `leverframe git secret` prints", param_hint="--secret")
    return f"{url.rstrip('/')}/in/{source or 'git'}", key


def _show(linked: Linked, as_json: bool, config: Path | None, *, gone: bool = False) -> None:
    from leverframe.cli.output import pairs, show

    if as_json:
        hooks = [{"hook": hook, "path": path, "runs_before": kept or None} for hook, path, kept in linked.hooks]
        show({"project": linked.project, "url": linked.url, "linked": not gone, "hooks": hooks, "waiting": linked.waiting, "refused": linked.refused, "last": linked.last or None})
        return
    pairs([
        ("project", linked.project), ("hub", linked.url),
        *((hook, f"{path} (+ {kept})" if kept else path) for hook, path, kept in linked.hooks),
        ("waiting", linked.waiting), ("refused", linked.refused), *([("last", linked.last)] if linked.last else []),
        *([("unlinked", "")] if gone else []),
    ], language(config))  # fmt: skip


@contextmanager
def _answered(as_json: bool, config: Path | None) -> Iterator[None]:
    """Say what is refused on stderr, with code and remedy, and exit with 1."""
    from leverframe.cli.output import refuse
    from leverframe.config import ConfigErrors
    from leverframe.core.errors import Refused

    try:
        yield
    except Refused as refused:
        refuse(refused, as_json=as_json, locale=language(config))
    except ConfigErrors as errors:
        misconfigured(errors, as_json=as_json)
    except OSError as error:
        print(f"leverframe: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
