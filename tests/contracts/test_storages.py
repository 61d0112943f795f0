"""Storages keep their contract: a folder of this machine, and a real S3 server over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.storages import StorageContract, names
from fakes.s3 import Bucket, s3_server

from leverframe.content import azure, gcs, local, s3
from leverframe.ports.content import StorageFailed
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    """An S3 server for the module."""
    with s3_server() as bucket:
        yield bucket


class TestLocalFolder(StorageContract):
    """A folder."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> Any:
        return local.open_storage(local.Settings(path="content"), tmp_path)

    async def test_a_link_that_leads_out_is_not_there(self, storage: Any, tmp_path: Path) -> None:
        """Neither a file nor a folder behind a link to somewhere else is listed, read, or written."""
        (tmp_path / "secret.md").write_text("secret")
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "content" / "posts").mkdir(parents=True)
        (tmp_path / "content" / "posts" / "link.md").symlink_to(tmp_path / "secret.md")
        (tmp_path / "content" / "out").symlink_to(tmp_path / "elsewhere")
        assert await names(storage, "") == [] and await storage.get("posts/link.md", cap=1000) is None
        with pytest.raises(StorageFailed):
            await storage.put("out/a.md", b"x", media_type="text/plain", expected="new")
        assert os.listdir(tmp_path / "elsewhere") == []

    async def test_what_another_program_writes_changes_the_tag(self, storage: Any, tmp_path: Path) -> None:
        """An editor on the same machine is noticed, also when the size stays."""
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        (tmp_path / "content" / "posts" / "a.md").write_bytes(b"two")
        found = await storage.head("posts/a.md")
        assert found.tag != first.tag


class TestS3(StorageContract):
    """S3, as moto speaks it."""

    @pytest.fixture
    def storage(self, server: Bucket) -> Any:
        server.empty()
        return server.storage()

    async def test_a_bucket_that_is_not_there(self, server: Bucket) -> None:
        """It is told as such, not as an empty one."""
        storage = server.storage(bucket="no-such-bucket")
        for call in (storage.get("a.md", cap=10), storage.put("a.md", b"x", media_type="text/plain", expected="new"), names(storage, "")):
            with pytest.raises(StorageFailed) as told:
                await call
            assert told.value.code == "content_storage_missing"

    async def test_a_name_that_cannot_be_read_is_told(self, server: Bucket, storage: Any) -> None:
        """An object whose name has an empty part, which only others write, keeps its folder from being listed: which one it is, is said. What S3's own
        console makes for a folder is none."""
        await storage.put("posts/a.md", b"x", media_type="text/plain", expected="new")
        server._ask("PUT", "/team-blog/posts/")
        assert await names(storage, "posts/") == ["posts/a.md"]
        server._ask("PUT", "/team-blog/posts//%EA%B8%80.md", b"x")
        with pytest.raises(StorageFailed) as told:
            await names(storage, "posts/")
        assert (told.value.code, told.value.reason) == ("content_name_unreadable", "posts//글.md")
        assert (await storage.get("posts/a.md", cap=10)).body == b"x"

    async def test_nobody_answers(self) -> None:
        """Where nothing listens, surely nothing was written."""
        settings = s3.Settings(bucket="team-blog", endpoint="http://127.0.0.1:9", access_key_id=Secret("a"), secret_access_key=Secret("b"), timeout_s=2.0)
        storage = s3.open_storage(settings, Path())
        with pytest.raises(StorageFailed) as told:
            await storage.put("a.md", b"x", media_type="text/plain", expected="new")
        assert told.value.code == "content_storage_away" and "127.0.0.1" not in told.value.reason


class TestS3WithoutConditions(StorageContract):
    """An S3-compatible server that knows no If-Match."""

    @pytest.fixture
    def storage(self, server: Bucket) -> Any:
        server.empty()
        return server.storage(conditional_put=False, prefix="site/")


def test_google_and_azure_are_opened_without_asking_anything() -> None:
    """Their settings are enough; what they do is obstore's, by the same calls."""
    key = '{"type": "service_account", "private_key_id": "1", "client_email": "a@b.c", "gcs_base_url": "http://localhost", "disable_oauth": true, "private_key": ""}'
    assert gcs.open_storage(gcs.Settings(bucket="blog", service_account_key=Secret(key)), Path()).kind == "gcs"
    assert azure.open_storage(azure.Settings(account="team", container="blog", access_key=Secret("a2V5")), Path()).kind == "azure"
