"""``storage = { kind = "azure", account = "…", container = "…" }``: Azure Blob Storage.

Conditions are ETags: https://learn.microsoft.com/en-us/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from obstore.store import AzureStore
from pydantic import BaseModel, ConfigDict, Field

from leverframe.content.objects import Objects, client, retries
from leverframe.secrets import Secret


class Settings(BaseModel):
    """A container of Azure Blob Storage."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["azure"] = "azure"
    account: str = Field(pattern=r"^[a-z0-9]{3,24}$", description="The storage account.")
    container: str = Field(min_length=3, max_length=63, description="The container.")
    prefix: str = Field("", max_length=500, description="The folder in the container that holds the site, if not all of it.")
    access_key: Secret | None = Field(None, description="A key of the account. Without it and `sas_token` the machine's managed identity is asked.")
    sas_token: Secret | None = Field(None, description="A shared access signature in place of a key.")
    endpoint: str | None = Field(None, pattern=r"^https?://\S+$", description="Another server than Azure's, such as Azurite.")
    timeout_s: float = Field(20.0, gt=0, le=300, description="Seconds that one request may take.")


def open_storage(settings: Settings, folder: Path) -> Objects:
    """Return the container's storage; nothing is asked of it yet."""
    keys: dict[str, Any] = {"account_name": settings.account}
    if settings.access_key is not None:
        keys["account_key"] = settings.access_key.reveal()
    if settings.sas_token is not None:
        keys["sas_key"] = settings.sas_token.reveal()
    if settings.endpoint is not None:
        keys["endpoint"] = settings.endpoint
    store = AzureStore(
        settings.container, prefix=settings.prefix.strip("/") or None,
        client_options=client(settings.timeout_s, allow_http=(settings.endpoint or "").startswith("http://")),  # type: ignore[arg-type]
        retry_config=retries(settings.timeout_s), **keys,  # type: ignore[arg-type]
    )  # fmt: skip
    return Objects("azure", store, total_s=2 * settings.timeout_s)
