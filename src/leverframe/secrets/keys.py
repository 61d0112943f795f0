"""The keys that what is stored is encrypted and signed with: ``hub.master_keys``, else a file beside the SQLite file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from leverframe.core.audit_chain import derived
from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.secrets import Secret

SUFFIX = ".key"
AUDIT = "audit checkpoints"
"""What the keys of the audit's signatures are for; whoever needs keys for something else names another purpose."""


def keys_for(purpose: str, master_keys: Sequence[Secret], sqlite_file: Path | None) -> tuple[bytes, ...]:
    """Return keys of 32 bytes for one purpose, the one in use first; none on PostgreSQL without ``hub.master_keys``.

    Without ``hub.master_keys`` the key is in the file beside the SQLite file, made with mode 0600 where there is none. Raises
    ``Refused("key_file_unusable")``.
    """
    if master_keys:
        return tuple(derived(key.reveal().encode(), purpose) for key in master_keys)
    return () if sqlite_file is None else (derived(_kept(key_file(sqlite_file)), purpose),)


def key_file(sqlite_file: Path) -> Path:
    """Return where the key of a SQLite file is: ``leverframe.db.key``."""
    return sqlite_file.with_name(sqlite_file.name + SUFFIX)


def _kept(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise Refused("key_file_unusable", f"{path} ({error.strerror})") from None
    if len(key) < 32:
        raise Refused("key_file_unusable", about(str(path), "key_too_short"))
    return key


def _make(path: Path) -> None:
    """Have a file with a new key at ``path``, whole or not at all, whenever the power fails; one that another process made stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        new.unlink(missing_ok=True)
