"""The options that many commands share, and how each command meets the hub."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Context  # Typer brings its own Click

    from leverframe.cli.hub import Hub
    from leverframe.config import ConfigErrors
    from leverframe.core.errors import Locale

ConfigAt = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration; else LEVERFRAME_CONFIG, else ./leverframe.toml.", show_default=False)]
Url = Annotated[str | None, typer.Option("--url", envvar="LEVERFRAME_URL", help="A hub elsewhere: its address.", show_default=False)]
Token = Annotated[str | None, typer.Option("--token", envvar="LEVERFRAME_TOKEN", help="An API token for --url; better given by the variable.", show_default=False)]
Before = Annotated[str | None, typer.Option("--before", help="Go on where a former list ended: an id.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class ListByDefault(TyperGroup):
    """A group whose command may be left out: then it lists."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read ``deliveries --status dead`` as ``deliveries list --status dead``."""
        if not args or (args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx)):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@contextmanager
def at_hub(config: Path | None, url: str | None, token: str | None, as_json: bool) -> Iterator[Hub]:
    """Give the hub; whatever it refuses is said on stderr, with code and remedy, and ends the command with 1 (with 2 where an option was wrong)."""
    from leverframe.cli.hub import Answered, Hub
    from leverframe.cli.output import fail, refuse, show_times_in
    from leverframe.config import ConfigErrors
    from leverframe.core.errors import Refused

    hub: Hub | None = None
    try:
        hub = Hub.reach(config=config, url=url, token=token)
        show_times_in(hub.zone)
        yield hub
    except Answered as answered:
        fail(answered.problem, as_json=as_json, locale=hub.locale if hub else "en")
    except Refused as refused:
        refuse(refused, as_json=as_json, locale=hub.locale if hub else "en")
    except ConfigErrors as errors:
        misconfigured(errors, as_json=as_json)


def language(config: Path | None) -> Locale:
    """Return the language of the configuration where there is one, for commands that need none."""
    from leverframe.config import ConfigErrors, control_socket, find

    try:
        return control_socket(find(config)).locale
    except ConfigErrors as errors:
        return errors.locale


def misconfigured(errors: ConfigErrors, *, as_json: bool) -> NoReturn:
    """Say on stderr what is wrong with the configuration, as ``check`` does, and exit 1."""
    from leverframe.cli.serving import report

    if as_json:
        print(json.dumps({"findings": [finding.document(errors.locale) for finding in errors.findings]}, indent=2), file=sys.stderr)
    else:
        print(report(errors.findings, errors.locale), file=sys.stderr)
    sys.exit(1)
