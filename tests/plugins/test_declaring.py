"""What a decorated function adds: a typed command from its annotations, a pattern, handlers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest

from leverframe.core.commands.definitions import Bilingual
from leverframe.core.messages import Buttons
from leverframe.plugins import (
    Asked,
    Environment,
    Event,
    Happening,
    Hub,
    Label,
    Rest,
    Secret,
    Service,
    button,
    command,
    on_event,
    on_happening,
    on_message,
    post,
    runner,
    say,
)
from leverframe.plugins.declaring import CommandOf, EventOf, HappeningOf, MessageOf, declared
from leverframe.plugins.values import read_returned


@command(summary={"en": "Scale a service.", "ko": "서비스의 크기를 바꿉니다."}, example="web-app staging 3", aliases=("크기",))
async def scale_up(
    ask: Asked, hub: Hub, service: Service, environment: Environment, count: Annotated[int, Label("How many", "개수", hint="1 to 9")] = 1, *,
    size: Literal["small", "large"] = "small", lasts: timedelta | None = None, why: Rest = "", quiet: bool = False,
) -> str:  # fmt: skip
    """Not its summary: that is given."""
    return "scaled"


def test_annotations_make_the_arguments_of_a_command() -> None:
    """Kinds, choices, labels and what may be left out come from the signature; what the hub gives is no argument."""
    [one] = declared(scale_up)
    assert isinstance(one, CommandOf)
    its = one.command
    assert (its.name, its.permission, its.acts, its.summary) == ("scale-up", "words", True, Bilingual("Scale a service.", "서비스의 크기를 바꿉니다."))
    assert [(each.name, each.kind, each.required) for each in its.arguments] == [
        ("service", "service", True), ("environment", "environment", True), ("count", "number", False),
    ]  # fmt: skip
    assert [(each.name, each.kind, each.choices, each.rest) for each in its.options] == [
        ("size", "choice", ("small", "large"), False), ("lasts", "duration", (), False), ("why", "text", (), True), ("quiet", "flag", (), False),
    ]  # fmt: skip
    assert its.arguments[2].label == Bilingual("How many", "개수")
    assert its.usage("") == "scale-up SERVICE ENV [COUNT] [--size small|large] [--lasts DURATION] [--why TEXT] [--quiet]"


def test_a_few_lines_suffice() -> None:
    """Name and summary are the function's own; a function without parameters is a command too."""

    @command(acts=False, free=True)
    def ping() -> str:
        """Say whether the hub is there."""
        return "pong"

    [one] = declared(ping)
    assert isinstance(one, CommandOf)
    assert (one.command.name, one.command.summary.en, one.command.permission, ping()) == ("ping", "Say whether the hub is there.", "free", "pong")


def test_one_function_may_add_several_things() -> None:
    """Decorators add up, and the function stays what it is."""

    @on_message(r"coffee for (?P<who>\w+)")
    @on_message("espresso")
    def coffee(who: str = "all") -> str:
        return f"coffee for {who}"

    assert [one.pattern for one in declared(coffee) if isinstance(one, MessageOf)] == ["espresso", r"coffee for (?P<who>\w+)"]
    assert coffee("ann") == "coffee for ann"


def test_handlers_say_what_they_hear() -> None:
    """Events by name, happenings by name or all of them."""

    @on_event("push", "release.published")
    def heard(event: Event) -> None: ...

    @on_happening()
    def all_of_them(what: Happening) -> None: ...

    [event], [happening] = declared(heard), declared(all_of_them)
    assert isinstance(event, EventOf)
    assert event.events == ("push", "release.published")
    assert isinstance(happening, HappeningOf)
    assert {"asked", "approval_needed", "approved", "succeeded", "failed"} < set(happening.happenings)


def _acts_freely() -> None:
    @command(free=True)
    def boom() -> None: ...


def _strange_type() -> None:
    @command()
    def boom(one: dict[str, str]) -> None: ...


def _lost_environment() -> None:
    @command()
    def boom(where: Environment) -> None: ...


def _no_such_group() -> None:
    @on_message("coffee")
    def boom(who: str) -> None: ...


def _nothing_given() -> None:
    @on_event("push")
    def boom(payload: str) -> None: ...


def _all_arguments() -> None:
    @command()
    def boom(*words: str) -> None: ...


def _unknown_happening() -> None:
    @on_happening("exploded")
    def boom(what: Happening) -> None: ...


def _runner_that_lacks() -> None:
    @runner("odd")
    class Odd:
        def start(self, order: Any) -> None: ...


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (_acts_freely, "needs a grant"), (_strange_type, "annotated with"), (_lost_environment, "needs a service"), (_no_such_group, "group called who"),
        (_nothing_given, "nothing is given for payload"), (_all_arguments, "mean nothing here"), (_unknown_happening, "exploded"), (_runner_that_lacks, "no find"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told_where_it_stands(wrong: Callable[[], None], says: str) -> None:
    """A mistake in a declaration fails when the file is read, with words that say what to write."""
    with pytest.raises((TypeError, ValueError), match=says):
        wrong()


def test_a_secret_argument_is_no_word_of_a_grant() -> None:
    """Nobody can be granted a password, and it is not shown again."""

    @command()
    def rotate(key: Secret) -> None:
        """Rotate a key."""

    [one] = declared(rotate)
    assert isinstance(one, CommandOf)
    assert (one.command.arguments[0].secret, one.command.arguments[0].in_grants) == (True, False)


def test_what_a_function_returns_is_read_strictly() -> None:
    """An answer is one message; what is for rooms is a post; anything else is told with what to write instead."""
    said = read_returned(["**done**", post("slack:#ops", "told")], answers=True)
    assert said.message is not None
    assert [one.room for one in said.posts] == ["slack:#ops"]
    assert read_returned(None, answers=False).message is None
    for returned, answers in ((3, True), (["one", "two"], True), ("to whom?", False), ({"text": "x"}, True)):
        with pytest.raises(TypeError):
            read_returned(returned, answers=answers)


def test_a_message_of_nothing_but_buttons_has_words() -> None:
    """A message always says something: chats refuse what does not."""
    made = say("", buttons=[button("Go", "oncall web")])
    assert made.headline
    assert isinstance(made.blocks[-1], Buttons)
