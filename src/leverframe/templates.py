"""A route's own wording: a sandboxed Jinja2 template of the event, in the markup of ``core.markup``.

Templates come from ``leverframe.toml``, never from chat or payload; what is bounded is bounded against mistakes and against
payloads that a template's author did not think of:

- values are escaped, so a title can make no link, no bold text and no second paragraph;
- the output is cut at :data:`OUTPUT_MAX` characters;
- all loops together take at most :data:`ROUNDS_MAX` rounds and :data:`TIME_MAX_S` seconds, looked at in every round;
- what can make a long value of short ones (``~``, ``+``, ``join``, ``replace``, ``map``) makes at most :data:`MADE_MAX`
  characters or items in one rendering, all of them together; ``*`` and ``%`` work on numbers only, and on no larger ones than
  :data:`NUMBER_MAX`; there is no ``**``, no ``range``, no macro, include or import, and of methods only those of
  :data:`_METHODS` are called.

Jinja2 is imported with the first template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from leverframe.core import markup
from leverframe.core.errors import Locale
from leverframe.core.events import Actor, Event, Subject
from leverframe.core.messages import Message

if TYPE_CHECKING:
    import jinja2

OUTPUT_MAX = 8_000
ROUNDS_MAX = 10_000
TIME_MAX_S = 0.1
MADE_MAX = 1_000_000
NUMBER_MAX = 2**63
TEMPLATE_MAX = 20_000
"""Characters of a template's own text."""
NAMES = frozenset({"event", "payload", "repo", "actor", "subject", "url", "locale"})
"""What a template can speak of: ``event`` is a ``core.events.Event``, ``payload`` its payload, the others its fields."""

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "event": (*Event.__struct_fields__, "full_name"),
    "actor": Actor.__struct_fields__,
    "subject": Subject.__struct_fields__,
    "repo": (), "url": (), "locale": (),
}  # fmt: skip
"""What the names have; those that have nothing are text. What a payload has is GitHub's to say."""
_SHOWN_KEYS = 8

_FILTERS = frozenset({
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower", "max", "min",
    "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string", "title", "trim", "truncate",
    "unique", "upper",
})  # fmt: skip
_METHODS = frozenset({
    "count", "endswith", "get", "items", "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rpartition", "rsplit",
    "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper", "values",
})  # fmt: skip


class TemplateInvalid(Exception):
    """The template cannot be read; ``line`` counts from 1 and ``reason`` is Jinja2's own or ours."""

    code = "template_invalid"

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


class TemplateFailed(Exception):
    """The template failed on an event: a delivery that is dead with this ``code`` until the template is corrected."""

    code = "template_failed"

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line, self.reason = line, reason


class Template:
    """A template that was read; made by :func:`compile_template`."""

    __slots__ = ("_template",)

    def __init__(self, template: jinja2.Template) -> None:
        self._template = template

    def render(self, event: Event, locale: Locale, zone: tzinfo) -> Message:
        """Return what the template says of ``event``; times are shown in ``zone``.

        Raises :class:`TemplateFailed` when a value that it names is not there, a limit is met, or it says nothing.
        """
        budget = _Budget()
        values = {"event": event, "payload": event.payload, "repo": event.repo, "actor": event.actor, "subject": event.subject,
                  "url": event.url, "locale": locale, _BUDGET: budget, _ZONE: zone}  # fmt: skip
        parts: list[str] = []
        room = OUTPUT_MAX
        try:
            for part in self._template.generate(values):
                parts.append(part[:room])
                room -= len(part)
                if room < 0:
                    parts.append("…")
                    break
        except TemplateFailed as error:
            raise TemplateFailed(_line(error), error.reason) from None
        except Exception as error:  # whatever an expression of the author's may raise: a missing value, a wrong type, a division
            raise TemplateFailed(_line(error), f"{type(error).__name__}: {error}"[:300]) from error
        message = markup.parse("".join(parts))
        if not message.headline:
            raise TemplateFailed(None, "it says nothing of this event")
        return message


def compile_template(text: str) -> Template:
    """Return the template that ``text`` is.

    Raises :class:`TemplateInvalid` with the line for a mistake in the syntax, an unknown name, filter or function, and for
    what a template may not use (macros, includes, imports).
    """
    import jinja2
    from jinja2 import meta, nodes

    if len(text) > TEMPLATE_MAX:
        raise TemplateInvalid(1, f"a template has at most {TEMPLATE_MAX} characters")
    environment = _environment()
    try:
        tree = environment.parse(text)
        forbidden = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Block, nodes.Extends, nodes.Include,
                     nodes.Import, nodes.FromImport)  # fmt: skip
        for node in tree.find_all(forbidden):
            raise TemplateInvalid(node.lineno, f"a template has no {type(node).__name__.lower()}")
        for found in tree.find_all(nodes.Filter):
            if found.name not in environment.filters:
                raise TemplateInvalid(found.lineno, f"there is no filter {found.name}")
        unknown = meta.find_undeclared_variables(tree) - NAMES
        for name in tree.find_all(nodes.Name):
            if name.name in unknown:
                raise TemplateInvalid(name.lineno, f"there is no {name.name}; there are {', '.join(sorted(NAMES))}")
        for attribute in tree.find_all(nodes.Getattr):
            owner = _named(attribute.node)
            if owner is not None and attribute.attr not in ATTRIBUTES[owner] and (ATTRIBUTES[owner] or attribute.attr not in _METHODS):
                has = f"it has {', '.join(sorted(ATTRIBUTES[owner]))}" if ATTRIBUTES[owner] else "it is text"
                raise TemplateInvalid(attribute.lineno, f"{owner} has no {attribute.attr}; {has}")
        return Template(environment.from_string(text))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateInvalid(error.lineno, error.message or "syntax error") from error


def _named(node: jinja2.nodes.Expr) -> str | None:
    """Return which of our own values an expression is: ``actor`` of ``actor`` and of ``event.actor``; else ``None``."""
    from jinja2 import nodes

    name = node.name if isinstance(node, nodes.Name) else None
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "event":
        name = node.attr
    return name if name in ATTRIBUTES else None


# Not names that a template can write: they begin as no identifier does.
_BUDGET, _ZONE = "0budget", "0zone"


class _Budget:
    """How many rounds, how much time and how much memory are left to one rendering."""

    __slots__ = ("_ends_s", "_room", "_rounds")

    def __init__(self) -> None:
        self._rounds, self._room, self._ends_s = ROUNDS_MAX, MADE_MAX, perf_counter() + TIME_MAX_S

    def make(self, size: int, by: str) -> None:
        """Take note, before it is made, of a value of so many characters or items."""
        self._room -= size
        if self._room < 0:
            raise TemplateFailed(None, f"{by} makes more than {MADE_MAX} characters")

    def spend(self, values: Iterable[Any]) -> Iterator[Any]:
        """Give the values one by one, each for a round."""
        for value in values:
            self._rounds -= 1
            if self._rounds < 0:
                raise TemplateFailed(None, f"its loops take more than {ROUNDS_MAX} rounds")
            if perf_counter() > self._ends_s:
                raise TemplateFailed(None, f"it takes longer than {TIME_MAX_S} s")
            yield value


@cache
def _environment() -> jinja2.Environment:
    """Return the one environment; made at the first template, because importing Jinja2 costs time and memory."""
    import jinja2
    from jinja2 import nodes
    from jinja2.filters import sync_do_map, sync_do_sum
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            tree = super()._parse(source, name, filename)
            for loop in tree.find_all(nodes.For):
                loop.iter = nodes.Filter(loop.iter, "rounds", [], [], None, None, lineno=loop.lineno)
            for node in tree.find_all(nodes.Concat):
                # ~ is no operator that could be intercepted: it becomes a filter of the list of its parts.
                node.nodes = [nodes.Filter(nodes.List(node.nodes, lineno=node.lineno), "tilde", [], [], None, None, lineno=node.lineno)]
            return tree

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            if isinstance(left, int | float) and isinstance(right, int | float):
                if operator == "**" or (operator == "*" and max(abs(left), abs(right)) > NUMBER_MAX):
                    raise TemplateFailed(None, f"{operator} is not for these values")
            elif operator == "+" and type(left) is type(right) and isinstance(left, str | list | tuple):
                context.parent[_BUDGET].make(len(left) + len(right), "+")
            else:
                raise TemplateFailed(None, f"{operator} is not for these values")
            return super().call_binop(context, operator, left, right)

        def is_safe_callable(self, obj: Any) -> bool:
            owner = getattr(obj, "__self__", None)
            return isinstance(owner, str | Mapping) and getattr(obj, "__name__", "") in _METHODS

        def getattr(self, obj: Any, attribute: str) -> Any:
            # A payload's key wins over a dict's method of that name: payload.items is the payload's.
            if isinstance(obj, Mapping) and attribute in obj:
                return obj[attribute]
            return super().getattr(obj, attribute)

    @jinja2.pass_context
    def rounds(context: Context, values: Iterable[Any]) -> Iterator[Any]:
        budget: _Budget = context.parent[_BUDGET]
        return budget.spend(values)

    def joined(budget: _Budget, values: Iterable[Any], between: str, by: str) -> str:
        parts = []
        for value in values:
            if isinstance(value, Mapping | list | tuple):
                raise TemplateFailed(None, f"{by} is not for whole lists and objects")
            parts.append(str(value))
            budget.make(len(parts[-1]) + len(between), by)
        return between.join(parts)

    @jinja2.pass_context
    def join(context: Context, values: Iterable[Any], between: str = "") -> str:
        return joined(context.parent[_BUDGET], values, between, "join")

    @jinja2.pass_context
    def tilde(context: Context, values: Iterable[Any]) -> str:
        return joined(context.parent[_BUDGET], values, "", "~")

    @jinja2.pass_context
    def replace(context: Context, value: str, old: str, new: str) -> str:
        context.parent[_BUDGET].make(len(value) + (value.count(old) * len(new) if old else (len(value) + 1) * len(new)), "replace")
        return value.replace(old, new)

    @jinja2.pass_context
    def mapped(context: Context, values: Iterable[Any], *args: Any, **named: Any) -> Iterator[Any]:
        budget: _Budget = context.parent[_BUDGET]
        for value in sync_do_map(context, values, *args, **named):
            budget.make(len(value) if isinstance(value, str) else 1, "map")
            yield value

    @jinja2.pass_environment
    def total(environment: jinja2.Environment, values: Iterable[Any], attribute: str | int | None = None, start: float = 0) -> Any:
        if not isinstance(start, int | float):
            raise TemplateFailed(None, "sum is for numbers")
        return sync_do_sum(environment, values, attribute, start)

    @jinja2.pass_context
    def time(context: Context, value: datetime | str | int) -> str:
        match value:
            case datetime():
                instant = value
            case int():
                instant = datetime.fromtimestamp(value, UTC)  # GitHub's pushes tell seconds
            case _:
                instant = datetime.fromisoformat(value)
        return instant.astimezone(context.parent[_ZONE]).strftime("%Y-%m-%d %H:%M")

    def finalize(value: Any) -> str:
        if isinstance(value, str):
            return markup.escape(value[: OUTPUT_MAX + 1])
        if value is None or isinstance(value, int | float | datetime | jinja2.Undefined):
            return "" if value is None else markup.escape(str(value))  # of what is undefined, this raises what is missing
        match value:
            case Actor(login=login):
                return markup.escape(login)
            case Subject():
                return markup.escape(value.title or value.key)
            case Event():
                return markup.escape(value.full_name)
            case Mapping():
                more = ", …" if len(value) > _SHOWN_KEYS else ""
                raise TemplateFailed(None, f"it shows a whole object: name one of its values ({', '.join(list(value)[:_SHOWN_KEYS])}{more})")
            case _:
                raise TemplateFailed(None, "it shows a whole list: write | join(', '), or a for loop")

    made = Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, finalize=finalize, trim_blocks=True, lstrip_blocks=True, optimized=False,
        cache_size=0,
    )  # fmt: skip
    made.globals = {}
    made.filters = {name: made.filters[name] for name in _FILTERS} | {
        "join": join, "map": mapped, "replace": replace, "rounds": rounds, "sum": total, "tilde": tilde, "time": time,
    }  # fmt: skip
    return made


def _line(error: Exception) -> int | None:
    """Return the template's line on which ``error`` was raised, which Jinja2 leaves in the traceback."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
