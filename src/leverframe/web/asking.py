"""What a person or program wrote into a query or a form, read strictly: ids, moments, pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request

from leverframe.core import ids
from leverframe.core.details import about
from leverframe.core.errors import Refused

_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = 500
_UNKNOWN = {"dep": "deployment_unknown", "dlv": "delivery_unknown", "evt": "event_unknown"}


class Asked(msgspec.Struct, frozen=True):
    """Fields of a query or a form; an empty field is one that was not given."""

    fields: dict[str, str]

    def text(self, name: str) -> str | None:
        """Return the field, or ``None`` when it is empty. Raises ``Refused("request_invalid")`` for what no field may hold."""
        value = self.fields.get(name, "").strip()
        if "\0" in value or len(value) > _LONGEST:
            raise Refused("request_invalid", name)
        return value or None

    def needed(self, name: str) -> str:
        """Return the field; raises ``Refused("request_invalid")`` when it is empty."""
        value = self.text(name)
        if value is None:
            raise Refused("request_invalid", about(name, "missing"))
        return value

    def lines(self, name: str) -> list[str]:
        """Return the lines of a field that are not empty."""
        value = self.fields.get(name, "")
        if "\0" in value:
            raise Refused("request_invalid", name)
        return [line.strip() for line in value.splitlines() if line.strip()]

    def id(self, prefix: str, name: str) -> int | None:
        """Return the identifier in a field."""
        value = self.text(name)
        return None if value is None else identifier(prefix, value)


def query_of(request: Request) -> Asked:
    """Return the query's fields; of one given twice, the last."""
    return Asked(dict(request.query_params))


async def form_of(request: Request) -> Asked:
    """Return the fields of a form as HTML sends it (``application/x-www-form-urlencoded``)."""
    body = await request.body()
    return Asked(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))


def identifier(prefix: str, shown: str) -> int:
    """Return the number of a shown id; raises ``Refused``, of an event's ``event_unknown`` …, when it is not one."""
    try:
        return ids.read(prefix, shown)
    except ValueError:
        raise Refused(_UNKNOWN.get(prefix, "request_invalid"), about(shown[:50], "id_shape", prefix=prefix)) from None


def span(text: str) -> timedelta | None:
    """Return the length that ``30m``, ``2h``, ``3d`` … name, or ``None`` when it is not one."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    return timedelta(**{_UNIT[found[2]]: int(found[1])})


def moment(name: str, text: str, *, now: datetime, ahead: bool, timezone: tzinfo) -> datetime:
    """Return the instant of ``text``: a length from ``now`` (``ahead`` or back), or an ISO 8601 time (in ``timezone`` without an offset).

    Raises ``Refused("request_invalid")`` naming the field.
    """
    length = span(text)
    try:
        if length is not None:
            return now + length if ahead else now - length
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("request_invalid", about(name, "write_time")) from None


def local_path(text: str | None) -> str | None:
    """Return ``text`` when it is an address of this hub (a path, perhaps with a query), else ``None``.

    Browsers read ``//other.example``, ``/\\other.example`` and a tab in between as another host: https://url.spec.whatwg.org/#url-parsing
    """
    if text is None or not text.startswith("/") or text.startswith("//") or len(text) > _LONGEST:
        return None
    return text if text.isascii() and text.isprintable() and "\\" not in text else None


def with_query(path: str, **fields: str | None) -> str:
    """Return ``path`` with the fields that are not ``None`` as its query."""
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return f"{path}?{query}" if query else path
