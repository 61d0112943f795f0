"""``storage = { kind = "gcs", bucket = "…" }``: Google Cloud Storage.

Conditions are generations: https://cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from obstore.store import GCSStore
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from leverframe.content.objects import Objects, client, retries
from leverframe.secrets import Secret

GOOGLE = "https://storage.googleapis.com"
"""It is always said: a key may name a server of its own, and so may a variable of the environment."""


def _key(value: Secret, info: ValidationInfo) -> Secret:
    """Return the key when it is one, as Google gives it to download: https://cloud.google.com/iam/docs/keys-create-delete#creating"""
    if value.reveal() != (info.context or {}).get("placeholder") and (wrong := _wrong(value.reveal())):
        raise PydanticCustomError("gcs_key_invalid", "{shown}", {"shown": wrong})
    return value


def _wrong(key: str) -> str:
    """Return what is wrong with a service account's key, in words that hold nothing of it; empty when nothing is."""
    try:
        found = json.loads(key)
    except ValueError:
        return "it is not JSON"
    missing = [name for name in ("private_key", "private_key_id", "client_email") if not isinstance(found, dict) or not isinstance(found.get(name), str)]
    if missing:
        return f"{missing[0]} is not in it"
    if found.get("disable_oauth") is True:  # as emulators take it: nobody signs anything
        return ""
    try:
        private = load_pem_private_key(found["private_key"].encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "its private_key is not an unencrypted private key in PEM"
    return "" if isinstance(private, RSAPrivateKey) else "its private_key is not an RSA key"


class Settings(BaseModel):
    """A bucket of Google Cloud Storage."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["gcs"] = "gcs"
    bucket: str = Field(min_length=3, max_length=222, description="The bucket.")
    prefix: str = Field("", max_length=500, description="The folder in the bucket that holds the site, if not all of it.")
    endpoint: str | None = Field(None, pattern=r"^https?://\S+$", description="Another server than Google's, such as an emulator: `http://localhost:4443`. It has to speak the XML API.")
    service_account_key: Annotated[Secret, AfterValidator(_key)] | None = Field(
        None, description="The JSON key of a service account: `file:key.json`. Left out, the machine's own account is asked."
    )
    timeout_s: float = Field(20.0, gt=0, le=300, description="Seconds that one request may take.")


def open_storage(settings: Settings, folder: Path) -> Objects:
    """Return the bucket's storage; nothing is asked of it yet."""
    keys: dict[str, Any] = {} if settings.service_account_key is None else {"service_account_key": settings.service_account_key.reveal()}
    store = GCSStore(
        settings.bucket, prefix=settings.prefix.strip("/") or None, base_url=(settings.endpoint or GOOGLE).rstrip("/"),
        client_options=client(settings.timeout_s, allow_http=(settings.endpoint or "").startswith("http://")),  # type: ignore[arg-type]
        retry_config=retries(settings.timeout_s), **keys,  # type: ignore[arg-type]
    )  # fmt: skip
    return Objects("gcs", store, total_s=2 * settings.timeout_s)
