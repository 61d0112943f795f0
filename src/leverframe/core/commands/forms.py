"""A command's form, made from its definition, and what comes back read by the same rules as a typed line."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from leverframe.core.access import Identity
from leverframe.core.commands.assigning import parameter
from leverframe.core.commands.definitions import Argument, Bilingual, Command, Known, Registry, Value
from leverframe.core.commands.helping import choices
from leverframe.core.commands.parsing import Parsed
from leverframe.core.commands.values import Wrong, read_value
from leverframe.core.commands.words import Unreadable, Word, clean
from leverframe.core.conversation import Choice, Field, Form
from leverframe.core.errors import PROBLEMS, Locale

PARAMETERS = "parameters"
"""The field for ``key=value`` words, one on each line."""
_TITLE, _LABEL = 24, 75
_CANCEL = Bilingual("Close", "닫기")
_YES, _NO = Bilingual("Yes", "예"), Bilingual("No", "아니요")
_MORE = Bilingual("Parameters", "매개변수")
_MORE_HINT = Bilingual("One key=value on each line.", "한 줄에 key=value 하나씩 씁니다.")
_INSTEAD = Bilingual("Instead: {words}.", "대신 쓸 수 있는 값: {words}")


class Misfilled(msgspec.Struct, frozen=True, kw_only=True):
    """A form that cannot be taken as it is."""

    errors: Mapping[str, str]
    """Field → what is wrong with it, in the language of who filled it in."""
    codes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Field → code of the table of refusals."""


def form_for(
    command: Command, registry: Registry, known: Known, identity: Identity, locale: Locale, *, given: Mapping[str, str] | None = None, context: str = ""
) -> Form:
    """Return the form of a command: selects hold what ``identity`` may choose, the fields begin with ``given``.

    ``context`` comes back with the answers. Environments of all services stand in one select; what does not go together is said
    when the form is sent.
    """
    begin = given or {}
    fields = [
        _field(argument, command, registry, known, identity, locale, begin.get(argument.name, argument.default))
        for argument in (*command.arguments, *command.options)
    ]
    if command.parameters:
        fields.append(
            Field(
                name=PARAMETERS, label=_MORE.of(locale), hint=_MORE_HINT.of(locale), value=begin.get(PARAMETERS, ""), required=False,
                multiline=True, max_length=3_000,
            )
        )  # fmt: skip
    title = command.title.of(locale)[:_TITLE]
    return Form(id=command.name, title=title, submit=title, cancel=_CANCEL.of(locale), fields=tuple(fields), context=context)


def options_for(form: str, name: str, typed: str, registry: Registry, known: Known, identity: Identity) -> tuple[Choice, ...]:
    """Return what may be chosen in a field of a form and holds what is ``typed``, for selects with more than a chat carries at once."""
    command = registry.find(form)
    argument = command.argument(name) if command is not None else None
    if command is None or argument is None:
        return ()
    wanted = typed.strip().casefold()
    return tuple(Choice(value=one, label=one[:_LABEL]) for one in choices(argument, command, registry, known, identity) if wanted in one.casefold())


def read_form(command: Command, fields: Mapping[str, str], registry: Registry, known: Known, locale: Locale) -> Parsed | Misfilled:
    """Return the command with the values of a form that was sent, or what is wrong field by field; never raises.

    Fields that the command does not have are not looked at. What a form offered may be gone, or refused, by now.
    """
    values: dict[str, Value] = {}
    wrong: dict[str, Wrong] = {}
    service = ""
    for argument in (*command.arguments, *command.options):
        text = fields.get(argument.name, "").strip() or argument.default
        if not text:
            if argument.required:
                wrong[argument.name] = Wrong(code="command_word_missing", met="")
            continue
        if argument.kind == "environment" and not service:  # it cannot be judged: the service is asked for
            asked = next(before.name for before in command.arguments if before.kind == "service")
            wrong.setdefault(asked, Wrong(code="command_word_missing", met=""))
            continue
        word = _word(text, argument)
        value = word if isinstance(word, Wrong) else read_value(argument, word, known, registry, service=service)
        if isinstance(value, Wrong):
            wrong[argument.name] = value
        else:
            values[argument.name] = value
            service = str(value) if argument.kind == "service" else service
    parameters = _parameters(fields.get(PARAMETERS, "")) if command.parameters else {}
    if isinstance(parameters, Wrong):
        wrong[PARAMETERS], parameters = parameters, {}
    if wrong:
        return Misfilled(errors={name: _said(one, locale) for name, one in wrong.items()}, codes={name: one.code for name, one in wrong.items()})
    return Parsed(command=command, values=values, parameters=parameters)


def _field(
    argument: Argument, command: Command, registry: Registry, known: Known, identity: Identity, locale: Locale, value: str
) -> Field:
    offered = choices(argument, command, registry, known, identity)
    label, hint = argument.label.of(locale), argument.hint.of(locale)
    if argument.kind == "flag":
        value = value or "no"
    if not offered:
        return Field(
            name=argument.name, label=label, hint=hint, value=value, required=argument.required, multiline=argument.rest and argument.kind == "text",
            max_length=argument.most,
        )  # fmt: skip
    return Field(
        name=argument.name, label=label, hint=hint, choices=tuple(Choice(value=one, label=_label(one, argument, known, locale)) for one in offered),
        value=value if value in offered else "", required=argument.required,
    )  # fmt: skip


def _label(value: str, argument: Argument, known: Known, locale: Locale) -> str:
    match argument.kind:
        case "deployment":
            about = (known.deployments or {}).get(value)
            return (about.title or f"{about.service} → {about.environment}" if about is not None else value)[:_LABEL]
        case "flag":
            return (_YES if value == "yes" else _NO).of(locale)
        case _:
            return value[:_LABEL]


def _word(text: str, argument: Argument) -> Word | Wrong:
    """Return what was filled in as one word, held to the characters that a typed line may have."""
    cleaned = clean(text)
    if isinstance(cleaned, Unreadable):
        return Wrong(code=cleaned.code, met="***" if argument.secret else cleaned.met)
    return Word(" ".join(cleaned.split()))


def _parameters(text: str) -> dict[str, str] | Wrong:
    cleaned = clean(text)
    if isinstance(cleaned, Unreadable):
        return Wrong(code=cleaned.code, met=cleaned.met)
    lines = [line for line in cleaned.splitlines() if line.strip()]
    pairs = [parameter(line) for line in lines]
    return dict(pair for pair in pairs if pair is not None) if all(pairs) else Wrong(code="parameter_invalid", met="")


def _said(wrong: Wrong, locale: Locale) -> str:
    """Return one line about a field: what is wrong, and what could stand there."""
    row = PROBLEMS[wrong.code]
    title, remedy = row.ko if locale == "ko" else row.en
    return f"{title} {_INSTEAD.of(locale).format(words=', '.join(wrong.offered))}" if wrong.offered else f"{title} {remedy}"
