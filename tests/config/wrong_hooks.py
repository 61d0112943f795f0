"""What can be wrong with ``[[github.hooks]]``."""

from __future__ import annotations

BASE = '[sources.github]\nsecrets = ["env:SECRET"]\n[github]\ntoken = "env:TOKEN"\n'
"""Four lines."""


def hook(*lines: str) -> str:
    """Return a hook, its head on line 5."""
    return BASE + "[[github.hooks]]\n" + "\n".join(lines) + "\n"


WRONG_HOOKS: list[tuple[str, str, list[tuple[int, str, str]]]] = [
    ("a hook", hook("repository = 'acme/web'"), []),
    ("an organisation's hook", hook("organisation = 'acme'", "events = ['push', 'team', '*']", "source = 'github'"), []),
    ("a hook of nobody", hook("events = ['push']"), [(5, "github.hooks[0]", "hook_holder_needed")]),
    ("a hook of two", hook("repository = 'acme/web'", "organisation = 'acme'"), [(5, "github.hooks[0]", "hook_holder_needed")]),
    ("a repository that is none", hook("repository = 'acme'"), [(6, "github.hooks[0].repository", "repository_invalid")]),
    ("an organisation that is none", hook("organisation = 'acme/web'"), [(6, "github.hooks[0].organisation", "organisation_invalid")]),
    ("an event that is misspelt", hook("repository = 'acme/web'", "events = ['issue']"), [(7, "github.hooks[0].events[0]", "hook_event_unknown")]),
    ("an event with its action", hook("repository = 'acme/web'", "events = ['push', 'issues.opened']"), [(7, "github.hooks[0].events[1]", "hook_event_unknown")]),
    ("an event of apps", hook("repository = 'acme/web'", "events = ['workflow_dispatch']"), [(7, "github.hooks[0].events[0]", "hook_event_never")]),
    ("no check of the certificate", hook("repository = 'acme/web'", "insecure_ssl = true"), [(7, "github.hooks[0].insecure_ssl", "hook_insecure_ssl")]),
    ("a source that is not there", hook("repository = 'acme/web'", "source = 'gitub'"), [(7, "github.hooks[0].source", "source_unknown")]),
    ("one of two sources", "[sources.ghe]\nkind = 'github'\nsecrets = ['env:SECRET']\n" + hook("repository = 'acme/web'"), [(8, "github.hooks[0]", "hook_source_needed")]),
    ("two hooks of one", hook("repository = 'acme/web'") + "[[github.hooks]]\nrepository = 'acme/web'\n", [(7, "github.hooks[1]", "hook_twice")]),
    ("a hook without a token", BASE.replace("[github]\ntoken", "#\n#") + "[[github.hooks]]\nrepository = 'acme/web'\n", [(5, "github.hooks[0]", "hooks_need_token")]),
]
