"""The back office of a configuration: each storage is imported only when a site is kept in it, and nothing of it without a site."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leverframe.config import Config
from leverframe.core.errors import Refused
from leverframe.ports import Clock

if TYPE_CHECKING:
    from leverframe.ports.content import Storage
    from leverframe.work.content.office import Office
    from leverframe.work.dispatch import Dispatcher


def build_sites(config: Config, database: Any, clock: Clock, dispatcher: Dispatcher | None) -> Office | None:
    """Return the back office; ``None`` without sites. Raises what :func:`open_storage` does."""
    if not config.sites:
        return None
    from leverframe.content.front_matter import FrontMatter
    from leverframe.content.markdown import Markdown
    from leverframe.core.content.json_entries import JsonEntries
    from leverframe.work.content.dispatching import Dispatches
    from leverframe.work.content.office import Office
    from leverframe.work.content.publishing import Nothing
    from leverframe.work.content.shelf import Shelf

    shelf = Shelf(
        database=database, clock=clock, boot=lambda: database.boot, sites={name: settings.site for name, settings in config.sites.items()},
        storages={name: open_storage(config, name) for name, settings in config.sites.items()},
        formats={"json": JsonEntries(), "markdown": FrontMatter()}, publisher=Nothing() if dispatcher is None else Dispatches(dispatcher),
    )  # fmt: skip
    return Office(shelf, Markdown())


def bucket_prefix(config: Config, site: str) -> str:
    """Return what stands before the site's names in its bucket; empty, or a folder with its slash."""
    prefix = str(getattr(config.sites[site].storage, "prefix", "")).strip("/")
    return f"{prefix}/" if prefix else ""


def open_storage(config: Config, site: str) -> Storage:
    """Return the storage of ``site``; nothing is asked of a bucket yet.

    Raises ``Refused``: ``file_unusable`` when a folder cannot be made, ``content_storage_unusable`` for settings that do not go together, such as half
    of a key, or a key that is none.
    """
    from obstore.exceptions import BaseError

    from leverframe.config.sites import STORAGES

    settings: Any = config.sites[site].storage
    try:
        found: Storage = import_module(STORAGES[settings.kind]).open_storage(settings, config.path.parent)
    except OSError as error:
        raise Refused("file_unusable", f"{error.filename or settings.path}: {error.strerror}") from None
    except BaseError as error:
        raise Refused("content_storage_unusable", f"sites.{site}.storage: {str(error).partition(chr(10))[0]}"[:300]) from None
    return found
