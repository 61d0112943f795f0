"""The catalogue of what pages say."""

from __future__ import annotations

import re
import string
from typing import get_args

from leverframe.core.content.validating import PROBLEMS
from leverframe.core.deployments import State as Deployed
from leverframe.core.deployments.dispatching import Status
from leverframe.core.deployments.timeline import What
from leverframe.core.gates import Decision, Deed
from leverframe.core.subscriptions import Health
from leverframe.store.content_changes import Act
from leverframe.store.deliveries import Role, State
from leverframe.store.delivery_pages import Reason
from leverframe.web.pages import TEMPLATES
from leverframe.web.webhooks.acts import ACTIONS
from leverframe.web.words import WORDS
from leverframe.work.content.publishing import Stage
from leverframe.work.foresight import Reason as Foreseen

USED = {
    key for path in TEMPLATES.glob("*.html")
    for text in [path.read_text()]
    for key in [*re.findall(r"\bt\(\s*[\"']([a-z_0-9]+)[\"']\s*[,)]", text), *re.findall(r'nav\("[^"]+", "([a-z_]+)"', text),
                *(word for pair in re.findall(r't\("(\w+)" if \w+\.\w+ else "(\w+)"\)', text) for word in pair),
                *re.findall(r'rows\(\w+, "(\w+)"', text)]}
BUILT = {f"state_{state.name.lower()}" for state in State} | {f"role_{role.name.lower()}" for role in Role} | {
    f"attempt_outcome_{number}" for number in range(3)} | {f"deployment_{state}" for state in get_args(Deployed)} | {
    f"moment_{what}" for what in get_args(get_args(What)[0])} | {key for key in WORDS if key.startswith("plan_")} | {f"wait_{reason}" for reason in get_args(Reason)} | {
    f"hook_standing_{word}" for word in (*Health, "inactive", "paused")} | {f"hook_done_{word}" for word in ACTIONS} | {
    f"hook_foreseen_{reason}" for reason in get_args(Foreseen)} | {
    f"hook_{word}" for word in ("enable", "pause", "resume", "test")} | {"state", "destination", "route", "since", "entry_gone_target"} | {
    f"problem_{code}" for code in PROBLEMS} | {f"stage_{stage}" for stage in (*get_args(Stage), "none", "not_stored", "saved", "storing")} | {f"act_{act}" for act in get_args(Act)} | {
    f"outcome_{word}" for word in (*get_args(Status), "done")} | {f"decision_{word}" for word in get_args(Decision)} | {f"deed_{word}" for word in (*get_args(Deed), "on_yes", "on_no")}


def test_every_word_is_there_in_english_and_korean() -> None:
    """Both languages say something, with the same values put in; the Korean is Korean."""
    for key, (en, ko) in WORDS.items():
        assert en and ko, key
        assert fields(en) == fields(ko), key


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_templates_and_catalogue_agree() -> None:
    """Templates use no word that is missing, and no word is left that no template uses."""
    assert USED | BUILT == set(WORDS), (USED | BUILT) ^ set(WORDS)
