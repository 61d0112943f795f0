"""Storages keep their contract: a folder of this machine, and a real S3 server over HTTP."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from contracts.storages import MB, StorageContract, listed, names, pieces
from fakes.azure import Azure, azure_server
from fakes.gcs import Account, Google, google_server
from fakes.objects_http import XML, Answer, served
from fakes.s3 import Bucket, Door, s3_server

from leverframe.content import gcs, local, s3
from leverframe.ports.content import Changed, Storage, StorageFailed, alike
from leverframe.secrets import Secret

pytestmark = pytest.mark.anyio
NO_KEY = "no key is set, and this machine has no account of its own"


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    """An S3 server for the module."""
    with s3_server() as bucket:
        yield bucket


async def _told(storage: Storage) -> set[tuple[str, str]]:
    """Return how reading, writing and listing are refused: surely, all of them."""
    found = set()
    for call in (storage.get("a.md", cap=10), storage.put("a.md", b"x", media_type="text/plain", expected="new"), names(storage, ""), names(storage, "posts/")):
        with pytest.raises(StorageFailed) as told:
            await call
        assert told.value.surely
        found.add((told.value.code, told.value.reason))
    return found


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

    async def test_an_upload_whose_end_is_answered_to_nobody(self, server: Bucket, storage: Any) -> None:
        """On a busy machine the bucket took longer to put the parts together than it is waited for: asked again, it knew of no parts any more, and
        the file that was there was told as a mistake of the hub's."""
        asked = []

        def how(method: str, path: str) -> Any:
            if method == "POST" and "uploadId=" in path:
                asked.append(path)
            return "lost" if len(asked) == 1 else "pass"

        with Door(server.url).opened() as door:
            door.how = how
            sent = await server.storage(endpoint=door.url).upload("uploads/a.bin", pieces(*(bytes([n]) * MB for n in range(12))), media_type="application/zip")
        assert sent.size == 12 * MB == len(server.read("uploads/a.bin") or b"") and len(asked) == 2

    @pytest.mark.parametrize("looks", ["HEAD", "GET"])
    async def test_a_look_after_a_write_that_fails_leaves_it_unsure(self, server: Bucket, looks: str) -> None:
        """What had been written was told as surely not stored: nobody looked for it, it was published as another program's, and whoever saved
        again met their own words as somebody else's. (``GET``: the answer to the write was lost, and the second try finds what the first wrote.)"""
        asked = []

        def how(method: str, path: str) -> Any:
            asked.append(method)
            return "broken" if method == looks else "lost" if (method, looks) == ("PUT", "GET") and asked.count("PUT") == 1 else "pass"

        with Door(server.url).opened() as door:
            door.how = how
            with pytest.raises(StorageFailed) as told:
                await server.storage(endpoint=door.url).put("posts/a.md", b"x", media_type="text/plain", expected="new")
        assert (told.value.code, told.value.surely, server.read("posts/a.md")) == ("content_storage_away", False, b"x")

    @pytest.mark.parametrize(("head", "code"), [(404, "content_storage_away"), (403, "content_storage_denied")])
    async def test_an_upload_that_is_gone(self, head: int, code: str) -> None:
        """Its parts were taken away meanwhile, by a rule of the bucket say: whether it is there nobody knows, and it is not, or nobody may look."""

        class Forgetting:
            def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
                if method == "POST" and target.endswith("?uploads"):
                    return 200, {}, f"{XML}<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>".encode()
                if method == "PUT":
                    return 200, {"ETag": '"1"'}, b""
                return (head, {}, b"") if method == "HEAD" else (404, {}, f"{XML}<Error><Code>NoSuchUpload</Code></Error>".encode())

        with served(Forgetting()) as url:
            storage = s3.open_storage(s3.Settings(bucket="team-blog", endpoint=url, access_key_id=Secret("a"), secret_access_key=Secret("b")), Path())
            with pytest.raises(StorageFailed) as told:
                await storage.upload("uploads/a.bin", pieces(*(bytes([n]) * MB for n in range(12))), media_type="application/zip")
        assert (told.value.code, told.value.surely) == (code, False)

    async def test_a_bucket_that_keeps_versions(self, server: Bucket, storage: Any) -> None:
        """Lists do not tell of versions there: what is unchanged is known by its ETag, and what was written again with the same words is another version."""
        server._ask("PUT", "/team-blog?versioning", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        assert [alike(first.tag, one.tag) for one in await listed(storage)] == [True] and not first.tag.startswith("|")
        server._ask("PUT", "/team-blog/posts/a.md", b"one")
        assert not alike(first.tag, (await storage.head("posts/a.md")).tag)

    async def test_who_may_not_delete(self) -> None:
        """S3 tells of it inside of an answer that is good, and it was taken for a storage that does not answer, and a change that may have been made.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """

        class Denying:
            def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
                if method == "HEAD":
                    return 200, {"ETag": '"1"', "Last-Modified": "Mon, 30 Nov 2026 00:00:00 GMT"}, b""
                return 200, {}, f"{XML}<DeleteResult><Error><Key>posts/a.md</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>".encode()

        with served(Denying()) as url:
            settings = s3.Settings(bucket="team-blog", endpoint=url, access_key_id=Secret("a"), secret_access_key=Secret("b"))
            with pytest.raises(StorageFailed) as told:
                await s3.open_storage(settings, Path()).delete("posts/a.md", expected='|"1"')
        assert (told.value.code, told.value.reason, told.value.surely) == ("content_storage_denied", "AccessDenied", True)

    async def test_without_a_key_and_not_at_amazon(self, server: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no role of the machine, that is what is told: not that the bucket does not answer."""
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
        assert await _told(server.storage(access_key_id=None, secret_access_key=None)) == {("content_storage_denied", NO_KEY)}

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


@pytest.fixture(scope="module")
def served_by_google() -> Iterator[Google]:
    """Google's service for the module."""
    with google_server() as google:
        yield google


@pytest.fixture
def google(served_by_google: Google) -> Google:
    """The service with nothing in its bucket."""
    served_by_google.empty()
    return served_by_google


def heard(google: Google) -> list[str]:
    """Return what it was asked, but for an upload of another test that was broken off: its last part may come in late."""
    return [one for one in google.asked if not one.endswith("uploads/half.bin")]


class TestGoogle(StorageContract):
    """Google Cloud Storage, as its XML API is documented."""

    @pytest.fixture
    def storage(self, google: Google) -> Any:
        return google.storage()

    async def test_a_bucket_that_is_not_there(self, google: Google) -> None:
        """It is told as such."""
        assert await _told(google.storage(bucket="no-such-bucket")) == {("content_storage_missing", "there is no such bucket")}

    async def test_a_key_that_was_deleted(self, google: Google) -> None:
        """A signature of another key than Google knows is not let in."""
        assert await _told(google.storage(service_account_key=Secret(google.key(2)))) == {("content_storage_denied", "status 401 AuthenticationRequired")}

    async def test_a_key_of_somebody_else(self, google: Google) -> None:
        """Nor is one that says that it is another account's."""
        assert await _told(google.storage(service_account_key=Secret(google.key(client_email="ann@acme.example")))) == {("content_storage_denied", "status 401 AuthenticationRequired")}

    async def test_a_clock_that_is_hours_behind(self, google: Google) -> None:
        """What this machine signs is over before it arrives."""
        google.ahead_s = 7200.0
        assert await _told(google.storage()) == {("content_storage_denied", "status 401 AuthenticationRequired")}

    async def test_an_account_that_is_disabled(self, google: Google) -> None:
        """From one moment to the next, it is not let in any more."""
        storage = google.storage()
        await storage.put("a.md", b"x", media_type="text/plain", expected="new")
        google.account.disabled = True
        assert await _told(storage) == {("content_storage_denied", "status 401 AuthenticationRequired")}

    async def test_an_account_without_a_role(self, google: Google) -> None:
        """It is let in, and may do nothing."""
        google.account = Account(permissions=frozenset())
        assert await _told(google.storage()) == {("content_storage_denied", "status 403 AccessDenied")}

    async def test_an_account_that_may_only_make_new_objects(self, google: Google) -> None:
        """To change an object is to replace it, which takes the permission to delete."""
        google.account = Account(permissions=frozenset({"objects.list", "objects.get", "objects.create"}))
        first = await google.storage().put("a.md", b"one", media_type="text/plain", expected="new")
        with pytest.raises(StorageFailed) as told:
            await google.storage().put("a.md", b"two", media_type="text/plain", expected=first.tag)
        assert told.value.code == "content_storage_denied" and google.buckets["team-blog"]["a.md"].body == b"one"

    async def test_the_same_words_written_again_are_another_state(self, google: Google, storage: Storage) -> None:
        """Conditions are generations, not ETags: what somebody wrote in between is seen also when the bytes came back."""
        first = await storage.put("posts/a.md", b"one", media_type="text/plain", expected="new")
        google.write("posts/a.md", b"other")
        google.write("posts/a.md", b"one")
        with pytest.raises(Changed):
            await storage.put("posts/a.md", b"two", media_type="text/plain", expected=first.tag)

    async def test_a_list_of_many_pages(self, google: Google, storage: Storage) -> None:
        """Each object once, over all pages."""
        google.page = 7
        for number in range(50):
            google.write(f"posts/글 & {number:02}.md", b"x")
        assert await names(storage, "posts/") == [f"posts/글 & {number:02}.md" for number in range(50)] and google.asked.count("GET /") == 8

    async def test_an_upload_that_breaks_leaves_no_parts(self, google: Google, storage: Storage) -> None:
        """Parts cost, and no list shows them."""

        async def broken() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 1024 * 1024
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await storage.upload("uploads/half.bin", broken(), media_type="application/zip")
        assert google.uploads == {} and google.buckets["team-blog"] == {}

    async def test_another_server_is_only_where_the_settings_say(self, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key, or a variable of the environment, may name a server too: neither is followed, and without TLS is spoken to none but ``endpoint``."""
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # Google itself is not asked by a test
        monkeypatch.setenv("GOOGLE_BASE_URL", google.url)
        storage = gcs.open_storage(gcs.Settings(bucket="team-blog", service_account_key=Secret(google.key(gcs_base_url=google.url)), timeout_s=0.5), Path())
        with pytest.raises(StorageFailed):
            await names(storage, "")
        assert heard(google) == []

    async def test_the_machines_own_account(self, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a key, a machine at Google asks the metadata server who it is."""
        monkeypatch.setenv("GCE_METADATA_HOST", google.url.removeprefix("http://"))
        storage = google.storage(service_account_key=None)
        put = await storage.put("posts/a.md", b"x", media_type="text/plain", expected="new")
        assert await storage.head("posts/a.md") == put

    async def test_without_a_key_and_not_at_google(self, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no account of the machine, that is what is told: not that the bucket does not answer."""
        monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:9")
        monkeypatch.setenv("GCE_METADATA_IP", "127.0.0.1:9")
        storage = google.storage(service_account_key=None)
        assert await _told(storage) == {("content_storage_denied", NO_KEY)} and heard(google) == []


@pytest.fixture(scope="module")
def served_by_azure() -> Iterator[Azure]:
    """Azure's service for the module."""
    with azure_server() as service:
        yield service


class TestAzure(StorageContract):
    """Azure Blob Storage, as its REST API is documented."""

    @pytest.fixture
    def service(self, served_by_azure: Azure) -> Azure:
        served_by_azure.empty()
        return served_by_azure

    @pytest.fixture
    def storage(self, service: Azure) -> Any:
        return service.storage()

    async def test_a_container_that_is_not_there(self, service: Azure) -> None:
        """It is told as such."""
        assert await _told(service.storage(container="no-such")) == {("content_storage_missing", "there is no such bucket")}

    async def test_a_key_of_another_account(self, service: Azure) -> None:
        """A signature that does not fit is not let in."""
        assert await _told(service.storage(access_key=Secret("a2V5"))) == {("content_storage_denied", "status 403 AuthenticationFailed")}

    async def test_a_clock_that_is_hours_behind(self, service: Azure) -> None:
        """What is signed holds for a quarter of an hour."""
        service.ahead_s = 7200.0
        assert await _told(service.storage()) == {("content_storage_denied", "status 403 AuthenticationFailed")}

    async def test_a_list_of_many_pages(self, service: Azure, storage: Storage) -> None:
        """Each object once, over all pages."""
        service.page = 7
        for number in range(50):
            service.write(f"posts/글 & {number:02}.md", b"x")
        assert await names(storage, "posts/") == [f"posts/글 & {number:02}.md" for number in range(50)]

    async def test_who_may_not_delete(self, service: Azure, storage: Storage) -> None:
        """Azure tells of it inside of an answer that is good, and it was taken for a storage that does not answer, and a change that may have been made."""
        put = await storage.put("posts/a.md", b"x", media_type="text/plain", expected="new")
        service.locked = True
        with pytest.raises(StorageFailed) as told:
            await storage.delete("posts/a.md", expected=put.tag)
        assert (told.value.code, told.value.reason, told.value.surely) == ("content_storage_denied", "status 403", True)
        assert await storage.head("posts/a.md") == put

    async def test_without_a_key_and_not_at_azure(self, service: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no managed identity, that is what is told. (obstore asks three times, half a second: with little time set, a busy machine told "no answer".)"""
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert await _told(service.storage(access_key=None)) == {("content_storage_denied", NO_KEY)}
