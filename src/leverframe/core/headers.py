"""Which headers of a request are secrets: one rule for what is stored and for what is shown."""

from __future__ import annotations

from functools import lru_cache

_WORDS = ("authorization", "cookie", "signature", "token", "secret")


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Return whether a header of this name holds a secret, or proves who sent the request: it is not kept and not shown."""
    lower = name.lower()
    return any(word in lower for word in _WORDS)
