"""Every command of ``leverframe``, gathered; each module imports what it needs only when its command runs."""

from __future__ import annotations

import typer

from leverframe.cli import access, approvals, audit, deliveries, dispatches, events, git, github, hooks, levers, routes, setup, slack

app = typer.Typer(
    name="leverframe", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A hub that hears what happens, tells the right room, and pulls levers.",
)  # fmt: skip


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", help="Print the version and end.", is_eager=True)) -> None:
    if version:
        from importlib.metadata import version as installed

        print(installed("leverframe"))
        raise typer.Exit


setup.add(app)
levers.add(app)
app.add_typer(levers.deployments, name="deployments")
app.add_typer(approvals.approvals, name="approvals")
dispatches.add(app)
app.add_typer(dispatches.dispatches, name="dispatches")
app.add_typer(events.app, name="events")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(routes.app, name="routes")
app.add_typer(access.hook_tokens, name="hook-tokens")
app.add_typer(hooks.app, name="hooks")
app.add_typer(access.people, name="people")
app.add_typer(access.tokens, name="tokens")
app.add_typer(audit.app, name="audit")
app.add_typer(git.app, name="git")
app.add_typer(slack.app, name="slack")
app.add_typer(github.app, name="github")


def keep(name: str) -> None:
    """Leave only the command or the group of that name in ``app``, when there is one: Typer would build all for the one that is run."""
    commands = [command for command in app.registered_commands if command.callback and name == (command.name or command.callback.__name__)]
    groups = [group for group in app.registered_groups if name == group.name]
    if commands or groups:
        app.registered_commands, app.registered_groups = commands, groups
