"""A refusal as the asker can read it: a problem document, or a page for a browser, in their language."""

from __future__ import annotations

import json

from starlette.responses import Response

from leverframe.core.errors import Locale, Refused, document


def locale_of(accept_language: str | None, default: Locale) -> Locale:
    """Return the first of Korean and English that ``Accept-Language`` asks for, else ``default``."""
    best: tuple[float, Locale] | None = None
    for part in (accept_language or "")[:500].split(","):
        name, _, quality = part.strip().lower().partition(";q=")
        language = name.split("-")[0]
        if language not in ("en", "ko"):
            continue
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        found: Locale = "ko" if language == "ko" else "en"
        if weight > 0 and (best is None or weight > best[0]):
            best = (weight, found)
    return default if best is None else best[1]


def prefers_html(accept: str | None) -> bool:
    """Return whether a person's browser is asking: it names ``text/html``, and not JSON before it."""
    names = [part.split(";")[0].strip().lower() for part in (accept or "")[:1000].split(",")]
    if "text/html" not in names:
        return False
    return not any("json" in name for name in names[: names.index("text/html")])


def problem(refused: Refused, locale: Locale) -> Response:
    """Return the ``application/problem+json`` answer (RFC 9457)."""
    body = json.dumps(document(refused, locale), ensure_ascii=False).encode()
    return Response(body, refused.status, headers=headers_of(refused), media_type="application/problem+json")


def headers_of(refused: Refused) -> dict[str, str]:
    """Return the headers that a refusal needs beside its body."""
    headers = {"Cache-Control": "no-store"}
    if refused.retry_after_s is not None:
        headers["Retry-After"] = str(refused.retry_after_s)
    if refused.code == "body_too_large":
        # What is still coming is not read: the connection ends with this answer.
        headers["Connection"] = "close"
    if refused.code in ("sign_in_required", "token_invalid"):
        headers["WWW-Authenticate"] = 'Bearer realm="leverframe"'
    return headers
