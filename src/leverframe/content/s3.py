"""``storage = { kind = "s3", bucket = "…" }``: Amazon S3 and what speaks as it does (MinIO, R2, Ceph).

Conditions are ``If-Match`` and ``If-None-Match`` of PutObject: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import obstore
from obstore.store import S3Store
from pydantic import BaseModel, ConfigDict, Field

from leverframe.content.objects import Objects, client, retries
from leverframe.ports.content import Changed, Expected
from leverframe.secrets import Secret


class Settings(BaseModel):
    """A bucket of S3, or of a server that speaks as S3 does."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["s3"] = "s3"
    bucket: str = Field(min_length=3, max_length=63, description="The bucket.")
    prefix: str = Field("", max_length=500, description="The folder in the bucket that holds the site, if not all of it.")
    region: str = Field("us-east-1", description="Its region.")
    endpoint: str | None = Field(None, pattern=r"^https?://\S+$", description="Another server than Amazon's: `https://minio.example.com:9000`.")
    path_style: bool | None = Field(None, description="Whether the bucket stands in the path of addresses and not in the host; left out, it does where `endpoint` is set.")
    access_key_id: Secret | None = Field(None, description="The key's id. Left out, the machine's own role is asked.")
    secret_access_key: Secret | None = Field(None, description="The key itself.")
    session_token: Secret | None = Field(None, description="Of a temporary key.")
    conditional_put: bool = Field(True, description="Whether the server writes by condition (`If-Match`). `false` for old servers: then a change by another program within the same second may be lost.")
    timeout_s: float = Field(20.0, gt=0, le=300, description="Seconds that one request may take.")


def open_storage(settings: Settings, folder: Path) -> Objects:
    """Return the bucket's storage; nothing is asked of it yet."""
    keys: dict[str, Any] = {
        name: secret.reveal()
        for name, secret in (("access_key_id", settings.access_key_id), ("secret_access_key", settings.secret_access_key), ("session_token", settings.session_token))
        if secret is not None
    }
    if settings.endpoint is not None:
        keys["endpoint"] = settings.endpoint
    path_style = settings.endpoint is not None if settings.path_style is None else settings.path_style
    store = S3Store(
        settings.bucket, prefix=settings.prefix.strip("/") or None, region=settings.region, virtual_hosted_style_request=not path_style,
        client_options=client(settings.timeout_s, allow_http=(settings.endpoint or "").startswith("http://")),  # type: ignore[arg-type]
        retry_config=retries(settings.timeout_s), **keys,  # type: ignore[arg-type]
    )  # fmt: skip
    room = Objects if settings.conditional_put else _Unconditional
    return room("s3", store, total_s=2 * settings.timeout_s)


class _Unconditional(Objects):
    """A server that knows no conditions: writers of this hub take turns, and look just before."""

    def __init__(self, kind: str, store: Any, *, total_s: float) -> None:
        super().__init__(kind, store, total_s=total_s)
        self._turn = asyncio.Lock()

    async def _put(self, key: str, body: bytes, media_type: str, expected: Expected) -> None:
        async with self._turn:
            found = await self.head(key)
            if (None if expected == "new" else expected) != (None if found is None else found.tag):
                raise Changed
            await self._done(obstore.put_async(self._store, key, body, attributes=self._attributes(media_type)), writes=True)
