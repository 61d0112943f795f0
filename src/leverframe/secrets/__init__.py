"""Secrets: written in the configuration as references, resolved once, and never shown.

A reference is ``env:NAME`` or ``file:PATH``. A settings model of a room says ``token: Secret`` or ``secrets: list[Secret]``:
while the configuration is read, pydantic resolves the reference, relative to the folder of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from pydantic_core.core_schema import ValidationInfo

MASK = "***"
LITERAL = "literal"
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:")
"""What a reference begins with (RFC 3986, 3.1), and so what no value may that is written down: only an address does."""
_KNOWN = frozenset({"arn", "aws", "azure", "env", "file", "gcp", "k8s", "op", "sops", "ssm", "vault"})
"""Schemes that an error may name: what stands before another colon may be half of a secret."""


class Secret:
    """A value that is shown as ``***`` wherever it is printed; ``reveal()`` gives it."""

    __slots__ = ("_value", "reference")

    def __init__(self, value: str, reference: str = LITERAL) -> None:
        self._value = value
        self.reference = reference
        """Where it came from (``env:SLACK_BOT_TOKEN``), which may be shown; ``literal`` for a value written down."""

    def reveal(self) -> str:
        """Return the value itself: for a signature or a request to its owner, never for a log or a page."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled: it would be written out in the clear")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read a reference: the context's ``folder`` (Path) and ``environ`` are used.

        With ``placeholder`` in the context, that is the value of a reference that gives none.
        """
        from pydantic_core import PydanticCustomError, core_schema

        def read(value: object, info: ValidationInfo) -> Secret:
            context = info.context or {}
            if isinstance(value, Secret):
                return value
            if not isinstance(value, str):
                raise PydanticCustomError("secret_type", "a secret is a string")
            try:
                return resolve(value, folder=context.get("folder", Path()), environ=context.get("environ"))
            except SecretError as error:
                if context.get("placeholder"):
                    return Secret(context["placeholder"], value)
                raise PydanticCustomError(error.code, "{subject}", {"subject": error.subject}) from None

        return core_schema.with_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(lambda secret: MASK), json_schema_input_schema=core_schema.str_schema()
        )


class SecretError(ValueError):
    """A reference that gives no secret. ``code`` is one of ``secret_env_missing``, ``secret_file_unreadable``, ``secret_empty``
    and ``secret_scheme_unsupported``; ``subject`` names the variable, the file or the scheme, never a value."""

    def __init__(self, code: str, subject: str) -> None:
        super().__init__(f"{code}: {subject}")
        self.code, self.subject = code, subject


def resolve(reference: str, *, folder: Path = Path(), environ: Mapping[str, str] | None = None) -> Secret:
    """Return the secret behind ``reference``.

    ``env:NAME`` is read from ``environ`` (the process's environment if left out), ``file:PATH`` from a file relative to
    ``folder``, without one trailing newline; what has no scheme, or is an http(s) address, is taken as the value itself (``reference``
    is then ``"literal"``). Raises :class:`SecretError` for a variable that is not set, a file that cannot be read, an empty value,
    and any other scheme.
    """
    scheme, colon, rest = reference.partition(":")
    if colon and scheme == "env":
        value = (os.environ if environ is None else environ).get(rest)
        if value is None:
            raise SecretError("secret_env_missing", rest.strip() or reference)
    elif colon and scheme == "file":
        value = _read(folder / Path(rest).expanduser(), rest.strip() or reference)
    elif _SCHEME.match(reference) and scheme.lower() not in ("http", "https"):
        raise SecretError("secret_scheme_unsupported", scheme if scheme.lower() in _KNOWN else "…")
    else:
        value, reference = reference, LITERAL
    if not value.strip():
        raise SecretError("secret_empty", '""' if reference == LITERAL else reference)
    return Secret(value, reference)


def _read(path: Path, shown: str) -> str:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SecretError("secret_file_unreadable", f"{shown} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SecretError("secret_file_unreadable", f"{shown} (not UTF-8 text)") from None
    return text.removesuffix("\n").removesuffix("\r")
