"""A bucket's notifications in a whole hub: the object is looked at, the change of another program is published, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock

from leverframe.app import App, build
from leverframe.config import load
from leverframe.store import content, content_changes
from leverframe.store import deployments as kept

pytestmark = pytest.mark.anyio
CONFIG = """
[hub]
database = "sqlite:///hub.db"
[sources.blog-bucket]
kind = "bucket"
site = "blog"
secrets = ["env:BUCKET_TOKEN"]
[sites.blog]
storage = "file:./content"
repository = "acme/blog"
[sites.blog.collections.posts]
key = "posts/{slug}.md"
[sites.blog.collections.posts.fields]
title = {}
[dispatches."acme/blog"]
runner = "simulated"
"""


async def post(app: App, body: Any, token: str) -> tuple[int, Any]:
    """Send a notification, as MinIO does; return status and answer."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(told: Any) -> None:
        sent.append(told)

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
    await app({"type": "http", "method": "POST", "path": "/in/blog-bucket", "query_string": b"", "headers": headers, "client": ("192.0.2.1", 1)}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_what_another_program_writes_is_published_once(tmp_path: Path) -> None:
    """A notification is answered once the look is on disk; however often it comes, one build is asked for; a wrong token changes nothing."""
    (tmp_path / "leverframe.toml").write_text(CONFIG)
    app = await build(load(tmp_path / "leverframe.toml", environ={"BUCKET_TOKEN": "bucket-token"}), VirtualClock())
    try:
        office = app.sites
        assert office is not None
        while await office.looker.step():
            await office.looker.settled()
        (tmp_path / "content" / "posts").mkdir()
        (tmp_path / "content" / "posts" / "안녕.md").write_text("---\ntitle: 안녕\n---\n")
        told = {"EventName": "s3:ObjectCreated:Put", "Key": "b/posts/안녕.md", "Records": [{"s3": {"object": {"key": "posts%2F%EC%95%88%EB%85%95.md"}}}]}
        assert (await post(app, told, "wrong"))[1]["code"] == "signature_invalid"
        assert await app.database.read(content_changes.next_due_at) is not None
        for _ in range(3):
            assert (await post(app, told, "bucket-token"))[0] == 202
        while await office.looker.step():
            await office.looker.settled()
        row = await app.database.read(content.one, "blog", "posts", "안녕")
        assert row is not None and row.title == "안녕"
        [dispatch] = await app.database.read(kept.past)
        assert dispatch.dispatch is not None and [one.reason for one in dispatch.dispatch.requests] == ["posts/안녕 written by source:blog-bucket"]
    finally:
        await app.stop()
