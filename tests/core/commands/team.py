"""A small team: two services, a few people, one deployment that is open."""

from __future__ import annotations

from leverframe.core.access import Identity, Role
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.definitions import Known, Mark, Subject
from leverframe.core.commands.parsing import Mistake, Parsed, Result, WantsForm, parse

OPEN = "dep_01h0000000001"
KNOWN = Known(
    services={"web-app": ("staging", "production"), "api": ("production",), "shop.io": ("staging",)},
    deployments={OPEN: Subject(service="web-app", environment="production", title="web-app → production main")},
    routes=("pull requests and wiki",),
)
ROLES = {
    "admin": Role(allow=("*",), members=("slack:U0ROOT",)),
    "release": Role(allow=("deploy web-app *", "approve web-app production", "lock *"), members=("slack:U0ANN", "github:octocat")),
    "staging": Role(allow=("deploy * staging",)),
}
ADMIN = Identity(kind="person", name="root", grants=("*",))
ANN = Identity(kind="person", name="ann", grants=ROLES["release"].allow)
BOB = Identity(kind="person", name="bob", grants=ROLES["staging"].allow)
NOBODY = Identity(kind="person", name="eve")


def said(text: str, *, mark: Mark = "/") -> Result:
    """Return what the built-in commands make of a line."""
    return parse(text, BUILT_IN, KNOWN, mark=mark)


def done(text: str) -> Parsed:
    """Return the parsed line, which has no mistake."""
    found = said(text)
    assert isinstance(found, Parsed), found
    return found


def wrong(text: str, *, mark: Mark = "/") -> Mistake:
    """Return the mistake of the line."""
    found = said(text, mark=mark)
    assert isinstance(found, Mistake), found
    return found


def form_of(text: str) -> WantsForm:
    """Return the form that the line asks for."""
    found = said(text)
    assert isinstance(found, WantsForm), found
    return found
