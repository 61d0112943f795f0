"""The back office over a real bucket that is slow, broken, or outlived by the hub: what is stored is published, once, and memory stays small."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest
from fakes.github import TOKEN, FakeGitHub
from fakes.s3 import BUCKET, Bucket, Door, s3_server

from acceptance.processes import Answer, Hub, until

MB = 1024 * 1024
SETTINGS = """
[github]
token = "env:HUB_TEST_GITHUB"
api_url = "{github}"
[dispatches."acme/blog"]
follow = false
[sites.blog]
repository = "acme/blog"
[sites.blog.storage]
kind = "s3"
bucket = "{bucket}"
endpoint = "{endpoint}"
access_key_id = "env:HUB_TEST_TOKEN"
secret_access_key = "env:HUB_TEST_TOKEN"
timeout_s = 1.5
[sites.blog.collections.posts]
key = "posts/{{slug}}.md"
fields.title = {{ required = true }}
fields.body = {{ type = "markdown" }}
[sites.films.storage]
kind = "s3"
bucket = "{bucket}"
endpoint = "{straight}"
access_key_id = "env:HUB_TEST_TOKEN"
secret_access_key = "env:HUB_TEST_TOKEN"
[sites.films.collections.films]
key = "films/{{slug}}.json"
format = "json"
fields.name = {{ required = true }}
"""
"""Films go straight to the bucket, with the patience that is usual; the blog goes through the door, and has little."""


@dataclass
class Office:
    """A hub with a site in a bucket, and everybody around it."""

    hub: Hub
    github: FakeGitHub
    bucket: Bucket
    door: Door
    token: str

    def ask(self, method: str, path: str, document: Any = None) -> Answer:
        """Ask as a back office with a token does."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.hub.ask(method, path, b"" if document is None else json.dumps(document).encode(), headers)

    def save(self, name: str) -> Answer:
        """Make a post."""
        return self.ask("POST", "/api/sites/blog/posts", {"id": name, "fields": {"title": name, "body": "..."}})

    def builds_since(self, before: int) -> int:
        """Return how many builds were asked for since, when it has been quiet for a while."""
        time.sleep(1.5)
        return len(self.github.dispatched) - before


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for the module."""
    github = FakeGitHub()
    github.repository("acme/blog").workflow(on_dispatch="webhook")
    with github.in_thread(), s3_server() as bucket, Door(bucket.url).opened() as door:
        hub = Hub(tmp_path_factory.mktemp("bucket"), api_url="http://127.0.0.1:9/", routes=SETTINGS.format(github=github.url, bucket=BUCKET, endpoint=door.url, straight=bucket.url))
        hub.environ["HUB_TEST_GITHUB"] = TOKEN
        with hub:
            token = json.loads(hub.command("tokens", "create", "office", "--grant", "publish * *", "--days", "1", "--json"))["token"]
            yield Office(hub=hub, github=github, bucket=bucket, door=door, token=token)
        assert [line for line in hub.complaints() if "Traceback" in line or "status=500" in line] == []


@pytest.fixture
def office(running: Office) -> Office:
    """It, with a bucket that does what it should."""
    running.door.how = lambda method, path: "pass"
    running.door.done = lambda method, path: None
    return running


@pytest.mark.parametrize("slow", ["PUT", "PUT GET HEAD"])
def test_a_slow_bucket_is_told_and_made_up_for(office: Office, slow: str) -> None:
    """The bucket writes and answers too late: what is found there is saved; where the bucket says nothing at all the editor is told that nobody knows
    yet. Lists go on meanwhile, and what was written is built, once."""
    before, name = len(office.github.dispatched), f"slow-{len(slow)}"
    office.door.how = lambda method, path: "late" if method in slow.split() and name in path else "pass"
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        saving = pool.submit(office.save, name)
        until(lambda: office.bucket.read(f"posts/{name}.md"), 10, "it was not written")
        assert office.ask("GET", "/api/sites/blog/posts").status == 200 and not saving.done()
        told = saving.result(30)
    assert (told.status, told.document.get("code")) == ((201, None) if slow == "PUT" else (503, "change_unknown")), told.body
    assert time.monotonic() - began < 20
    office.door.how = lambda method, path: "pass"
    until(lambda: len(office.github.dispatched) > before, 40, office.hub.said)
    assert office.builds_since(before) == 1 and office.ask("GET", f"/api/sites/blog/posts/{name}").document["fields"]["title"] == name
    assert [(row["act"], row["code"]) for row in office.ask("GET", f"/api/history/blog/posts/{name}").document["history"]] == [("sites.create", "ok")]


def test_a_bucket_that_answers_500_changes_nothing(office: Office) -> None:
    """Clear words, nothing stored, nothing built; when it is back the same save goes through, and is one build."""
    before = len(office.github.dispatched)
    office.door.how = lambda method, path: "broken"
    told = office.save("broken")
    assert told.status == 503 and told.document["code"] in ("change_unknown", "content_storage_away") and told.document["remedy"]
    assert office.ask("GET", "/api/sites/blog/posts").status == 200 and office.ask("GET", "/api/sites/blog/posts/slow-3").document["code"] == "content_storage_away"
    assert office.bucket.read("posts/broken.md") is None and office.builds_since(before) == 0
    office.door.how = lambda method, path: "pass"
    saved = until(lambda: (answer := office.save("broken")).status == 201 and answer, 30, office.hub.said)
    assert saved.document["id"] == "broken"
    until(lambda: len(office.github.dispatched) > before, 20, office.hub.said)
    assert office.builds_since(before) == 1


def test_a_bucket_whose_answer_is_lost_has_it_once(office: Office) -> None:
    """The connection ends after the bucket wrote: the write is found there, and told as saved."""
    before, lost = len(office.github.dispatched), list[str]()

    def how(method: str, path: str) -> Any:
        if method == "PUT" and not lost:
            lost.append(path)
            return "lost"
        return "pass"

    office.door.how = how
    assert office.save("lost").status == 201 and lost
    until(lambda: len(office.github.dispatched) > before, 20, office.hub.said)
    assert office.builds_since(before) == 1


def test_a_hub_that_is_killed_between_the_object_and_the_build_builds(office: Office) -> None:
    """The process ends when the bucket has written and before anybody was told: the next one finds it there, and it is built, once."""
    before = len(office.github.dispatched)

    def kill(method: str, path: str) -> None:
        if method == "PUT":
            office.door.done = lambda method, path: None
            office.hub.kill()

    office.door.done = kill
    with pytest.raises((OSError, HTTPException)):
        office.save("killed")
    assert office.bucket.read("posts/killed.md") and office.builds_since(before) == 0
    office.hub.start()
    until(lambda: len(office.github.dispatched) > before, 40, office.hub.said)
    assert office.builds_since(before) == 1
    history = office.ask("GET", "/api/history/blog/posts/killed").document["history"]
    assert [(row["act"], row["actor"], row["code"]) for row in history] == [("sites.create", "token:office", "ok")]


def test_an_upload_of_200_mb_goes_through_in_pieces(office: Office) -> None:
    """It is in the bucket whole, the hub holds a few parts of it at most, and a byte more is refused with nothing left of it."""
    low, high, over = office.hub.rss_bytes(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            high[0] = max(high[0], office.hub.rss_bytes())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        done = upload(office, 200 * MB)
    finally:
        over.set()
        watching.join()
    assert done.status == 201 and done.document["size"] == 200 * MB, done.body
    grown = (high[0] - low) // MB
    print(f"200 MB took {grown} MB of memory more")
    assert grown < 90
    key = done.document["key"]
    assert (found := office.bucket.read(key)) is not None and len(found) == 200 * MB
    refused = upload(office, 201 * MB, told=False)
    assert refused.document["code"] == "body_too_large" and refused.status == 413


def upload(office: Office, size: int, *, told: bool = True) -> Answer:
    """Send a file; ``told``: with its length, else in chunks."""

    def pieces() -> Iterator[bytes]:
        piece = bytes(range(256)) * 4 * 1024
        for _ in range(size // MB):
            yield piece

    connection = HTTPConnection("127.0.0.1", office.hub.port, timeout=300)
    try:
        headers = {"Authorization": f"Bearer {office.token}", **({"Content-Length": str(size)} if told else {})}
        connection.request("POST", "/api/uploads/films/films?name=film.mp4", pieces(), headers, encode_chunked=not told)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
