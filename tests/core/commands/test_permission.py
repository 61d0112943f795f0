"""Which grant a command takes."""

from __future__ import annotations

import pytest
from core.commands.team import ADMIN, ANN, BOB, KNOWN, NOBODY, OPEN, ROLES, done
from msgspec.structs import replace

from leverframe.core.access import Allowed, Denied, Identity
from leverframe.core.commands.builtin import APPROVE, BUILT_IN, DEPLOY, LOCK, STATUS, SUBSCRIBE
from leverframe.core.commands.definitions import Argument, Bilingual, Command, Known, Subject
from leverframe.core.commands.permission import could, environments_for, grant_words, permitted, services_for, usable

PRODUCTION = Subject(service="web-app", environment="production")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("deploy web-app staging", ("deploy", "web-app", "staging")),
        ("deploy web-app staging release/7 --reason fire a=b", ("deploy", "web-app", "staging", "release/7")),
        ("lock web-app production why not --for 2h", ("lock", "web-app", "production")),
        ("subscribe acme/web push", ("subscribe", "acme/web")),
        ("status web-app", ()),
        ("help", ()),
    ],
)
def test_a_grant_has_the_name_and_the_arguments_in_their_order(line: str, words: tuple[str, ...]) -> None:
    """Free text and options are not matched; what is free to everybody needs no words."""
    found = done(line)
    assert grant_words(found.command, found.values) == words


def test_a_grant_to_approve_is_written_by_service_and_environment() -> None:
    """Nobody grants ids: it is decided once the deployment is known, and not before."""
    found = done(f"approve {OPEN}")
    assert grant_words(found.command, found.values) is None
    assert permitted(ANN, found.command, found.values, ROLES) is None
    assert grant_words(found.command, found.values, PRODUCTION) == ("approve", "web-app", "production")
    assert permitted(ANN, found.command, found.values, ROLES, PRODUCTION) == Allowed("approve web-app production")
    refused = permitted(BOB, found.command, found.values, ROLES, PRODUCTION)
    assert isinstance(refused, Denied) and refused.who_could == ("admin", "release")
    assert isinstance(permitted(ANN, found.command, found.values, ROLES, replace(PRODUCTION, environment="staging")), Denied)


def test_secrets_are_no_words_of_a_grant() -> None:
    """A refusal names the words that were not covered: a secret must not be one of them."""
    rotate = Command(
        name="rotate", title=Bilingual("x", "가"), summary=Bilingual("x", "가"),
        arguments=(Argument(name="service", kind="service", label=Bilingual("x", "가")), Argument(name="pin", kind="number", label=Bilingual("x", "가"), secret=True)),
    )  # fmt: skip
    assert grant_words(rotate, {"service": "api", "pin": 1234}) == ("rotate", "api")


def test_nobody_acts_without_a_grant_and_everybody_may_ask() -> None:
    """No grant, no act; questions are free."""
    deploy, status = done("deploy web-app staging"), done("status")
    assert isinstance(permitted(NOBODY, deploy.command, deploy.values, ROLES), Denied)
    assert isinstance(permitted(NOBODY, status.command, status.values, ROLES), Allowed)


def test_what_somebody_could_do_is_known_from_the_beginning_of_a_grant() -> None:
    """For help and forms a grant counts when some line begins with its words, also one that asks for certain branches."""
    branches = Identity(kind="person", grants=("deploy web-app staging release/*",))
    assert could(branches, DEPLOY) and could(branches, DEPLOY, "web-app", "staging")
    assert not could(branches, DEPLOY, "web-app", "production") and not could(branches, LOCK)
    token = Identity(kind="token", grants=("*",), within=("deploy web-app",))
    assert could(token, DEPLOY, "web-app") and not could(token, DEPLOY, "api") and not could(token, LOCK)


def test_services_and_environments_are_those_of_the_grants() -> None:
    """Whoever may deploy to staging only is offered nothing else."""
    assert services_for(BOB, DEPLOY, KNOWN) == ("web-app", "shop.io")
    assert environments_for(BOB, DEPLOY, KNOWN, "web-app") == ("staging",)
    assert services_for(NOBODY, STATUS, KNOWN) == ("web-app", "api", "shop.io")
    assert services_for(ANN, APPROVE, KNOWN) == ("web-app",)


def test_commands_that_lead_nowhere_are_not_usable() -> None:
    """A grant for a service that the hub does not have makes no command usable."""
    names = [command.name for command in usable(BOB, BUILT_IN, KNOWN)]
    assert names == ["deploy", "status", "queue", "history", "who-can", "why", "help"]
    assert DEPLOY not in usable(BOB, BUILT_IN, Known(services={"web-app": ("production",)}))
    assert usable(ADMIN, BUILT_IN, KNOWN) == tuple(BUILT_IN)
    assert SUBSCRIBE in usable(Identity(kind="person", grants=("subscribe acme/*",)), BUILT_IN, KNOWN)
