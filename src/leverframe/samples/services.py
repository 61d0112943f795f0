"""What can be deployed in a demo: the repository of the sample events, by a runner that only pretends."""

from __future__ import annotations

SERVICES = """\
# /deploy web-app staging, then /deploy web-app production: it needs the same commit in staging, and somebody else's approval.
[services.web-app]
repository = "acme/web-app"
room = "playground:#deploys"    # where deployments are told that start by themselves

[services.web-app.environments.staging]
runner = "simulated"
# on = "push main"           # starts by itself when main is pushed to

[services.web-app.environments.production]
runner = "simulated"
after = "staging"
# follow = true              # starts by itself once staging has succeeded
approvals = { required = 1, self = false, break_glass = ["playground"] }
retry = { times = 1, wait = "1m" }

# Everybody in the playground may do everything with it.
[roles.playground]
members = ["playground:*"]
allow = [
  "deploy web-app *", "rollback web-app *", "approve web-app *", "reject web-app *", "cancel web-app *", "retry web-app *", "settle web-app *",
  "lock web-app *", "unlock web-app *", "hooks *", "subscribe *", "unsubscribe *", "relay *",
  "approve acme/* *", "reject acme/* *", "cancel acme/* *", "retry acme/* *", "settle acme/* *",    # what pipelines ask: POST /api/approvals
]
"""
"""Sections of leverframe.toml."""
