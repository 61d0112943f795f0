"""``storage = { kind = "gcs", bucket = "…" }``: Google Cloud Storage.

Conditions are generations: https://cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from obstore.store import GCSStore
from pydantic import BaseModel, ConfigDict, Field

from leverframe.content.objects import Objects, client, retries
from leverframe.secrets import Secret


class Settings(BaseModel):
    """A bucket of Google Cloud Storage."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["gcs"] = "gcs"
    bucket: str = Field(min_length=3, max_length=222, description="The bucket.")
    prefix: str = Field("", max_length=500, description="The folder in the bucket that holds the site, if not all of it.")
    service_account_key: Secret | None = Field(None, description="The JSON key of a service account: `file:key.json`. Left out, the machine's own account is asked.")
    timeout_s: float = Field(20.0, gt=0, le=300, description="Seconds that one request may take.")


def open_storage(settings: Settings, folder: Path) -> Objects:
    """Return the bucket's storage; nothing is asked of it yet."""
    keys: dict[str, Any] = {} if settings.service_account_key is None else {"service_account_key": settings.service_account_key.reveal()}
    store = GCSStore(
        settings.bucket, prefix=settings.prefix.strip("/") or None, client_options=client(settings.timeout_s, allow_http=False),  # type: ignore[arg-type]
        retry_config=retries(settings.timeout_s), **keys,  # type: ignore[arg-type]
    )  # fmt: skip
    return Objects("gcs", store, total_s=2 * settings.timeout_s)
