"""Secrets that have to wait in the database are sealed: Fernet (AES-128-CBC with HMAC), the first key seals and all open."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from leverframe.core.deployments.snapshot import SEALED
from leverframe.core.errors import Refused


class Sealer:
    """Seals and opens with one purpose's keys."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """``keys`` have 32 bytes each; without any nothing can be sealed."""
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys]) if keys else None

    def seal(self, text: str) -> str:
        """Return the text sealed. Raises ``Refused("secret_not_kept")`` without a key."""
        if self._fernet is None:
            raise Refused("secret_not_kept")
        return SEALED + self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, text: str) -> str:
        """Return what was sealed; a text that is not sealed as it is. Raises ``Refused("secret_not_opened")`` when no key opens it."""
        if not text.startswith(SEALED):
            return text
        try:
            if self._fernet is None:
                raise InvalidToken
            return self._fernet.decrypt(text.removeprefix(SEALED).encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise Refused("secret_not_opened") from None
