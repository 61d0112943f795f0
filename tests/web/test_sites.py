"""The back office's pages and API: who gets in, what editors see and send, conflicts, uploads, and hostile text in every field."""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from content_world import AUTHORS, BLOG, POST, Blog
from msgspec.structs import replace
from sitting import Answer, Doors, Visitor, in_the_loop_s

from leverframe.core.access import BUILT_IN, Role
from leverframe.ports.content import StorageFailed
from leverframe.store import audit
from leverframe.web.desk import Desk
from leverframe.work.content.office import PREVIEWED

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202e"
ENGLISH = {"accept-language": "en-US", "accept": "text/html"}
KOREAN = {"accept-language": "ko-KR,ko;q=0.9", "accept": "text/html"}
PROGRAM = {"accept": "application/json"}
EDIT = "/console/entries/blog/posts/hello"


@pytest.fixture
def roles() -> dict[str, Role]:
    """Editors of the whole blog, and one of its authors only."""
    return {**BUILT_IN, "editor": Role(allow=("publish blog *",)), "curator": Role(allow=("publish blog authors",))}


@pytest.fixture
async def blog(database: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Blog]:
    """The blog, looked through once."""
    made = Blog(database, clock, tmp_path)
    made.write("authors/ann.json", '{"name": "Ann"}')
    made.write("posts/hello.md", POST)
    await made.run()
    yield made
    await made.looker.settled()


@pytest.fixture
def desk(desk: Desk, blog: Blog) -> Desk:
    """The desk of a hub with sites."""
    return replace(desk, sites=blog.office)


@pytest.fixture
async def eve(doors: Doors) -> Visitor:
    """An editor, who came by a one-time link."""
    return await doors.signed_in("eve", "editor")


async def page(doors: Doors, path: str, visitor: Visitor, headers: dict[str, str] = ENGLISH) -> Answer:
    """Open a page."""
    return await doors.ask("GET", path, visitor=visitor, headers=headers)


async def fill(doors: Doors, path: str, visitor: Visitor, *, send_to: str = "", **fields: str) -> Answer:
    """Open a form, fill some fields in, and send it as a browser does."""
    html = (await page(doors, path, visitor)).text
    form = {**values(html), **{f"f.{name}": value for name, value in fields.items()}}
    return await doors.ask("POST", send_to or path, visitor=visitor, form=form, headers=ENGLISH)


def values(html: str) -> dict[str, str]:
    """Return what the form of an entry would send."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    found.update(re.findall(r'<input id="([^"]+)"(?: type="date"| type="datetime-local")? name="[^"]+" value="([^"]*)"', html))
    for name, text in re.findall(r'<textarea id="([^"]+)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL):
        found[name] = text
    for name, options in re.findall(r'<select id="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        found[name] = (chosen[1] or chosen[2]) if chosen else ""
    return {name: entities.unescape(value) for name, value in found.items() if name != "csrf"}


async def test_an_editor_sees_sites_and_nothing_else(doors: Doors, eve: Visitor) -> None:
    """The console leads an editor to the sites, in their language; a viewer is refused with who could."""
    assert (await page(doors, "/console", eve)).headers["location"] == "/console/sites"
    korean = (await page(doors, "/console/sites", eve, KOREAN)).text
    assert "팀 블로그" in korean and "작성자" in korean and "새로 만들기" in korean and 'aria-current="page">사이트' in korean
    vera = await doors.signed_in("vera", "viewer")
    refused = await doors.ask("GET", "/console/sites/blog/posts", visitor=vera)
    assert (refused.status, refused.code) == (403, "not_allowed") and "editor" in refused.json["detail"]
    assert "publish blog posts" in refused.json["detail"] and "nav_sites" not in refused.text
    assert "/console/sites/blog" not in (await page(doors, "/console/sites", vera)).text


async def test_a_grant_for_one_collection_is_for_that_one(doors: Doors) -> None:
    """Whoever may change authors sees and changes authors only, in pages and API alike."""
    cora = await doors.signed_in("cora", "curator")
    assert (await page(doors, "/console/sites/blog/authors", cora)).status == 200
    for method, path in (
        ("GET", "/console/sites/blog/posts"), ("GET", EDIT), ("POST", EDIT), ("POST", "/console/delete/blog/posts/hello"), ("GET", "/console/history/blog/posts/hello"),
        ("POST", "/console/preview/blog/posts"), ("POST", "/console/upload/blog/posts"), ("GET", "/api/sites/blog/posts"), ("PUT", "/api/sites/blog/posts/hello"),
        ("DELETE", "/api/sites/blog/posts/hello"), ("POST", "/api/uploads/blog/posts"), ("GET", "/api/history/blog/posts/hello"), ("POST", "/api/previews/blog/posts"),
    ):  # fmt: skip
        answer = await doors.ask(method, path, visitor=cora, headers=PROGRAM)
        assert (answer.status, answer.code) == (403, "not_allowed"), path
    assert [one["name"] for one in (await doors.ask("GET", "/api/sites", visitor=cora)).json["sites"][0]["collections"]] == ["authors"]


async def test_a_post_is_made_changed_and_deleted_by_forms(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """New, edit, delete with a question, history: plain forms, each leading on; the file says what was written."""
    sent = await fill(doors, "/console/sites/blog/posts/new", eve, title="새 글", author="ann", tags="하나\n둘", date="2026-11-29", body="본문 **굵게**")
    assert (sent.status, sent.headers["location"]) == (303, f"/console/entries/blog/posts/{quote('새-글')}?saved=1")
    assert blog.read("posts/새-글.md") == "---\ntitle: 새 글\ndate: 2026-11-29\nauthor: ann\ntags:\n  - 하나\n  - 둘\n---\n\n본문 **굵게**\n"
    here = unquote(sent.headers["location"]).partition("?")[0]  # as a server hands it on
    changed = await fill(doors, here, eve, title="고친 글")
    assert changed.status == 303 and "title: 고친 글" in blog.read("posts/새-글.md")
    assert (await fill(doors, here, eve)).headers["location"].endswith("?unchanged=1")
    assert "고친 글" in (await page(doors, f"/console/sites/blog/posts?search={quote('고친')}", eve)).text
    past = (await page(doors, "/console/history/blog/posts/새-글", eve, KOREAN)).text
    assert "eve" in past and "수정" in past and "만듦" in past
    gone = await fill(doors, "/console/delete/blog/posts/새-글", eve)
    assert (gone.status, gone.headers["location"]) == (303, "/console/sites/blog/posts") and not (blog.folder / "posts" / "새-글.md").exists()
    assert len(blog.published) == 3


async def test_a_new_entry_is_of_today(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """In the hub's time zone, so that it stands where people look for it: an entry without a date is the last of the list."""
    form = values((await page(doors, "/console/sites/blog/posts/new", eve)).text)
    today = doors.desk.clock.now().astimezone(doors.desk.timezone)
    assert form["f.date"] == f"{today:%Y-%m-%d}" and form["f.title"] == form["f.at"] == ""


async def test_an_untouched_form_changes_nothing(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """What the form shows and sends back is what was there, byte for byte, whatever the field."""
    blog.write("posts/full.md", "---\ntitle: ' x '\ndate: 2024-01-02\nat: 2024-01-02T10:00:30+09:00\nweight: 1.50\ndraft: true\nkind: poem\ntags: [a]\nauthor: gone\ncover: x.png\n---\n\n\n  lead\n")
    before = blog.read("posts/full.md")
    html = (await page(doors, "/console/entries/blog/posts/full", eve)).text
    form = {**values(html), "f.draft": "on"}
    sent = await doors.ask("POST", "/console/entries/blog/posts/full", visitor=eve, form=form, headers=ENGLISH)
    assert sent.status == 303, re.findall(r'class="bad"[^>]*>([^<]*)', sent.text)
    assert blog.read("posts/full.md") == before


async def test_the_form_keeps_lines_and_order(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """A browser takes the lines of a one-line field together, and sends what is chosen in the order of the page: whom the entry names stands first."""
    for name in ("bob", "cho"):
        blog.write(f"authors/{name}.json", f'{{"name": "{name}"}}')
    blog.write("posts/hello.md", b"---\ntitle: |\n  two\n  lines\nthanks: [cho, ann]\n---\nFirst words.\n")
    await blog.looker.through(BLOG, AUTHORS, first=True, actor="hub")
    html = (await page(doors, EDIT, eve)).text
    assert re.search(r'<textarea id="f.title"[^>]*>\ntwo\nlines\n</textarea>', html)
    assert re.findall(r'<input type="checkbox" name="f.thanks" value="(\w+)"( checked)?', html) == [("cho", " checked"), ("ann", " checked"), ("bob", "")]


async def test_the_second_editor_sees_both_versions(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """The page shows where they differ and who was first; the own text is still in the form; saving then is meant."""
    bob = await doors.signed_in("bob", "editor")
    mine = values((await page(doors, EDIT, bob)).text)
    await fill(doors, EDIT, eve, title="Of Eve")
    conflict = await doors.ask("POST", EDIT, visitor=bob, form={**mine, "f.title": "Of Bob"}, headers=ENGLISH)
    assert conflict.status == 409 and "Somebody else has changed this" in conflict.text and "by eve" in conflict.text
    assert "<pre>Of Eve</pre>" in conflict.text and "<pre>Of Bob</pre>" in conflict.text and 'value="Of Bob"' in conflict.text and "Of Eve" in blog.read("posts/hello.md")
    over = await doors.ask("POST", EDIT, visitor=bob, form=values(conflict.text), headers=ENGLISH)
    assert over.status == 303 and "Of Bob" in blog.read("posts/hello.md")
    stale = await doors.ask("POST", EDIT, visitor=bob, form={**mine, "f.title": "x"}, headers=PROGRAM)
    assert (stale.status, stale.code) == (412, "entry_changed")


async def test_an_entry_that_was_deleted_meanwhile_can_be_saved_anew(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """What was written is not lost: it becomes a new entry of the same name, if that is wanted."""
    mine = values((await page(doors, EDIT, eve)).text)
    await fill(doors, "/console/delete/blog/posts/hello", eve)
    told = await doors.ask("POST", EDIT, visitor=eve, form={**mine, "f.title": "Still here"}, headers=KOREAN)
    assert told.status == 409 and "그사이 삭제되었습니다" in told.text and 'action="/console/sites/blog/posts/new"' in told.text
    again = await doors.ask("POST", "/console/sites/blog/posts/new", visitor=eve, form=values(told.text), headers=ENGLISH)
    assert again.status == 303 and "Still here" in blog.read("posts/hello.md")


async def test_what_is_wrong_is_said_at_its_field(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """In the editor's language, with everything that was written still there."""
    form = {**values((await page(doors, EDIT, eve)).text), "f.title": "", "f.weight": "heavy", "f.cover": "javascript:alert(1)", "f.body": "kept"}
    told = await doors.ask("POST", EDIT, visitor=eve, form=form, headers=KOREAN)
    assert told.status == 400 and "숫자를 쓰세요." in told.text and "꼭 필요한 항목입니다." in told.text and ">\nkept</textarea>" in told.text and "/ 또는 https://로" in told.text
    assert blog.read("posts/hello.md") == POST.decode()


async def test_an_author_with_posts_stays(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """The page names the posts and leads to them; the API does too."""
    told = await fill(doors, "/console/delete/blog/authors/ann", eve)
    assert told.status == 409 and '<a href="/console/entries/blog/posts/hello">Hello: world</a>' in told.text and 'class="danger"' not in told.text
    answer = await doors.ask("DELETE", "/api/sites/blog/authors/ann", visitor=eve, headers={"if-match": "*"})
    assert answer.code == "entry_referred" and answer.json["by"] == [{"collection": "posts", "id": "hello", "title": "Hello: world"}]


async def test_hostile_text_is_text_everywhere(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """Through every field, the title, the name, the text: no page holds a script but the console's own."""
    blog.write("authors/bad.json", json.dumps({"name": HOSTILE}))
    lines = "\n".join(f"{name}: {json.dumps(HOSTILE)}" for name in ("title", "kind", "author", "cover", "date", "at", "weight", "draft", "tags", "evil"))
    blog.write("posts/bad.md", f"---\n{lines}\n---\n{HOSTILE}\n")
    blog.write("posts/<b>x'\".md", "---\ntitle: x\n---\n")
    blog.write("posts/broken.md", f"---\n[{HOSTILE}\n---\n")
    await blog.run(seconds=BLOG.refresh_s + 10)
    name = "<b>x'\""
    paths = ["/console/sites", "/console/sites/blog/posts", "/console/sites/blog/authors", "/console/entries/blog/posts/bad", f"/console/entries/blog/posts/{name}",
             f"/console/delete/blog/posts/{name}", f"/console/history/blog/posts/{name}", "/console/entries/blog/posts/broken", "/console/delete/blog/authors/bad", "/console/sites/blog/posts?search=" + quote(HOSTILE)]  # fmt: skip
    for path in paths:
        for headers in (ENGLISH, KOREAN):
            shown = await page(doors, path, eve, headers)
            assert shown.status == 200, path
            assert "<script>alert" not in shown.text and "onerror=alert(2)>" not in shown.text and "<b>x" not in shown.text, path
    html = (await page(doors, "/console/entries/blog/posts/bad", eve)).text
    preview = await doors.ask("POST", EDIT, visitor=eve, form={**values(html), "f.body": HOSTILE, "preview": "yes", "version": ""}, headers=ENGLISH)
    rendered = preview.text.partition('class="rendered">')[2].partition("</section>")[0]
    assert rendered and "<script" not in rendered and "onerror" not in rendered.replace("&lt;img src=x onerror", "")


async def test_preview_is_harmless_and_shows_pictures_of_the_site(doors: Doors, eve: Visitor) -> None:
    """A fragment of HTML; pictures lead to the console's own copy."""
    shown = await doors.ask("POST", "/console/preview/blog/posts", visitor=eve, form={"text": "# Hi\n![](/images/a.png)<script>alert(1)</script>"}, headers=ENGLISH)
    assert shown.text == '<h1>Hi</h1>\n<p><img src="/console/files/blog/images/a.png" alt=""></p>\n'
    same = await doors.ask("POST", "/api/previews/blog/posts", visitor=eve, document={"text": "*x*"})
    assert same.json == {"html": "<p><em>x</em></p>\n"}


async def test_a_preview_holds_nobody_up(doors: Doors, eve: Visitor) -> None:
    """Reading Markdown takes long where mark stands on mark: who may publish to one blog could stop the whole hub for minutes. What is
    longer than any text is cut."""
    shown, took = await in_the_loop_s(doors.ask("POST", "/api/previews/blog/posts", visitor=eve, document={"text": "![" * 4_000}))
    assert shown.status == 200 and shown.json["html"].startswith("<p>![")
    assert took < 1
    long = await doors.ask("POST", "/api/previews/blog/posts", visitor=eve, document={"text": "a" * (2 * PREVIEWED)})
    assert long.json == {"html": f"<p>{'a' * PREVIEWED}</p>\n"}


async def test_the_forms_token_is_asked_for_everywhere(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """Another site's page changes nothing, also by an upload, whose token stands before the file."""
    for path in (EDIT, "/console/sites/blog/posts/new", "/console/delete/blog/posts/hello", "/console/preview/blog/posts"):
        refused = await doors.ask("POST", path, visitor=eve, form={"f.title": "x", "version": ""}, headers=PROGRAM, csrf=False)
        assert refused.code == "csrf_invalid", path
    for token in ("", part("csrf", "wrong")):
        refused = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=upload(token, b"x"), headers={**PROGRAM, **MULTIPART}, csrf=False)
        assert refused.code == "csrf_invalid"
    refused = await doors.ask("POST", "/api/uploads/blog/posts?name=a.png", visitor=eve, body=b"x", headers={"origin": "https://evil.example"})
    assert refused.code == "origin_mismatch"
    refused = await doors.ask("POST", "/api/uploads/blog/posts?name=a.png", visitor=eve, body=b"x", csrf=False)
    assert refused.code == "csrf_invalid"
    assert list((blog.folder).glob("images/**/*")) == [] and blog.published == []


MULTIPART = {"content-type": "multipart/form-data; boundary=B"}


def part(name: str, value: str) -> str:
    """Return a field of a form with a file."""
    return f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def upload(fields: str, body: bytes, name: str = "사진 1.png") -> bytes:
    """Return a form with a file."""
    return f'{fields}--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'.encode() + body + b"\r\n--B--\r\n"


async def test_a_picture_is_uploaded_and_seen(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """By the page's form in any pieces: it has a safe name of its own, an address for entries, and is shown as a picture."""
    body = upload(part("csrf", eve.csrf), b"\x89PNG--B\r\nnot the end" * 1000)
    for pieces in ([body], [body[:70], body[70:90], body[90:5000], body[5000:]], [body[n : n + 7] for n in range(0, len(body), 7)]):
        done = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=pieces, headers={**PROGRAM, **MULTIPART}, csrf=False)
        assert done.status == 201, done.text
        address = done.json["address"]
        assert re.fullmatch(r"/images/2026/11/사진-1-[0-9a-f]{8}\.png", address)
        assert (blog.folder / address[1:]).read_bytes() == b"\x89PNG--B\r\nnot the end" * 1000
    seen = await doors.ask("GET", f"/console/files/blog{address}", visitor=eve)
    assert (seen.status, seen.headers["content-type"], seen.headers["content-disposition"]) == (200, "image/png", "inline")
    assert len(blog.published) == 3 and seen.headers["x-content-type-options"] == "nosniff"
    shown = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=body, headers={**ENGLISH, **MULTIPART}, csrf=False)
    assert shown.status == 200 and 'value="/images/2026/11/' in shown.text


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..\\..\\x.png", "a/b.png", "<script>.svg", ".htaccess", "x" * 400 + ".png", ""])
async def test_hostile_names_of_files(doors: Doors, blog: Blog, eve: Visitor, name: str) -> None:
    """Whatever a file is called, it lands in the folder of uploads; a picture that can hold scripts is not shown as one."""
    done = await doors.ask("POST", f"/api/uploads/blog/posts?name={quote(name)}", visitor=eve, body=b"<svg/>")
    assert done.status == 201 and re.fullmatch(r"images/2026/11/[^/<>]+", done.json["key"])
    seen = await doors.ask("GET", f"/console/files/blog/{done.json['key']}", visitor=eve)
    if not name.endswith(".png"):
        assert (seen.headers["content-type"], seen.headers["content-disposition"]) == ("application/octet-stream", "attachment")
    for path in ("posts/hello.md", "images/../posts/hello.md", "images//x", "images/nope.png"):
        assert (await doors.ask("GET", f"/console/files/blog/{path}", visitor=eve)).code == "not_found"


@pytest.mark.parametrize("body", [b"", b"x" * 100, b"--B\r\n\r\n\r\n--B--", b"--B\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nx" + b"y" * 5000, b"--B" + b"\r\nA: b" * 5000])
async def test_uploads_that_are_none(doors: Doors, eve: Visitor, body: bytes) -> None:
    """Garbage is refused in words, and an empty file too."""
    told = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=body, headers={**PROGRAM, **MULTIPART}, csrf=False)
    assert told.code in ("upload_unreadable", "csrf_invalid")
    told = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=upload(part("csrf", eve.csrf), b""), headers={**PROGRAM, **MULTIPART}, csrf=False)
    assert told.code == "upload_empty"
    told = await doors.ask("POST", "/console/upload/blog/posts", visitor=eve, body=b"x=1", headers=PROGRAM, csrf=False)
    assert told.code == "upload_unreadable"


async def test_the_api_has_versions(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """ETag out, If-Match in: without it 428, with an old one 412 and both versions; PATCH changes some fields, PUT all."""
    got = await doors.ask("GET", "/api/sites/blog/posts/hello", visitor=eve)
    assert got.json["fields"]["title"] == "Hello: world" and got.json["other"] == {"layout": "post"} and got.headers["etag"] == got.json["etag"]
    assert (await doors.ask("GET", "/api/sites/blog/posts/hello", visitor=eve, headers={"if-none-match": got.headers["etag"]})).status == 304
    path = "/api/sites/blog/posts/hello"
    assert (await doors.ask("PATCH", path, visitor=eve, document={"fields": {"title": "x"}})).code == "precondition_missing"
    assert (await doors.ask("PATCH", path, visitor=eve, document={"fields": {"title": "x"}}, headers={"if-match": '"né"'})).code == "header_invalid"
    done = await doors.ask("PATCH", path, visitor=eve, document={"fields": {"title": "API"}}, headers={"if-match": got.headers["etag"]})
    assert done.status == 200 and done.json["changed"] and done.json["publication"]["stage"] == "waiting" and "layout: post  # unknown here" in blog.read("posts/hello.md")
    late = await doors.ask("PUT", path, visitor=eve, document={"fields": {"title": "late"}}, headers={"if-match": got.headers["etag"]})
    assert (late.status, late.code) == (412, "entry_changed") and late.json["current"]["fields"]["title"] == "API" and late.json["yours"] == {"title": "late"}
    put = await doors.ask("PUT", path, visitor=eve, document={"fields": {"title": "whole"}}, headers={"if-match": done.headers["etag"]})
    assert put.status == 200
    past = (await doors.ask("GET", "/api/history/blog/posts/hello", visitor=eve)).json["history"]
    assert [row["actor"] for row in past] == ["person:eve", "person:eve"]


async def test_the_api_makes_lists_and_deletes(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """Entries of every name, pages that go on, problems by field; garbage is a clear answer."""
    for number in range(5):
        made = await doors.ask("POST", "/api/sites/blog/posts", visitor=eve, document={"id": f"p.{number} 🎉", "fields": {"title": f"Post {number}", "date": f"2026-01-0{number + 1}"}})
        assert made.status == 201 and made.json["id"] == f"p.{number} 🎉"
    first = (await doors.ask("GET", "/api/sites/blog/posts?limit=4", visitor=eve)).json
    rest = (await doors.ask("GET", f"/api/sites/blog/posts?limit=4&before={first['next']}", visitor=eve)).json
    assert [row["title"] for row in [*first["entries"], *rest["entries"]]] == ["Post 4", "Post 3", "Post 2", "Post 1", "Post 0", "Hello: world"] and rest["next"] is None
    wrong = await doors.ask("POST", "/api/sites/blog/posts", visitor=eve, document={"fields": {"kind": "x"}}, headers={"accept-language": "ko"})
    assert wrong.code == "entry_invalid" and {(one["field"], one["code"]) for one in wrong.json["problems"]} == {("title", "required"), ("kind", "not_a_choice")}
    assert all(re.search("[가-힣]", one["said"]) for one in wrong.json["problems"])
    nameless = await doors.ask("POST", "/api/sites/blog/posts", visitor=eve, document={"fields": {"title": "🎉"}})
    assert [(one["field"], one["code"]) for one in nameless.json["problems"]] == [("slug", "id_from_title")]
    assert (await doors.ask("POST", "/api/sites/blog/posts", visitor=eve, document={"id": "hello", "fields": {"title": "x"}})).code == "entry_exists"
    etag = (await doors.ask("GET", "/api/sites/blog/posts/p.0 🎉", visitor=eve)).headers["etag"]
    assert (await doors.ask("DELETE", "/api/sites/blog/posts/p.0 🎉", visitor=eve, headers={"if-match": etag})).status == 200
    for path, code in (
        ("/api/sites/nope/posts", "not_allowed"), ("/api/sites/blog/nope", "collection_unknown"), ("/api/sites/blog/posts/nope", "entry_unknown"),
        ("/api/sites/blog/posts/../authors/ann", "entry_unknown"), ("/api/sites/blog/posts?before=x", "request_invalid"), ("/api/sites/blog/posts?limit=0", "request_invalid"),
    ):  # fmt: skip
        assert (await doors.ask("GET", path, visitor=eve)).code == code, path


async def test_a_bucket_that_is_away_is_told_in_clear_words(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """The list still shows what is known; saving says that nothing changed, with everything that was written still in the form."""
    form = {**values((await page(doors, EDIT, eve)).text), "f.title": "kept"}

    def away(what: str, key: str) -> None:
        raise StorageFailed("content_storage_away", "status 500", surely=True)

    blog.bucket.before = lambda what, key: away(what, key) if what == "put" else None
    told = await doors.ask("POST", EDIT, visitor=eve, form=form, headers=KOREAN)
    assert told.status == 503 and "저장소가 응답하지 않아 아무것도 바뀌지 않았습니다." in told.text and 'value="kept"' in told.text
    blog.bucket.before = away
    assert (await page(doors, "/console/sites/blog/posts", eve)).status == 200
    assert (await doors.ask("GET", "/api/sites/blog/posts/hello", visitor=eve)).code == "content_storage_away"
    shown = await page(doors, EDIT, eve, KOREAN)
    assert shown.status == 503 and "허브 운영자에게 알리세요" in shown.text


async def test_why_a_list_may_be_old_is_said(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """In words, with what whoever runs the hub needs to mend it; the API has the code."""

    def odd(what: str, key: str) -> None:
        raise StorageFailed("content_name_unreadable", "posts//<b>.md", surely=True)

    blog.bucket.before = lambda what, key: odd(what, key) if what == "list" else None
    await blog.run(seconds=BLOG.refresh_s + 10)
    shown = (await page(doors, "/console/sites/blog/posts", eve, KOREAN)).text
    assert "목록이 최신이 아닐 수 있습니다." in shown and "객체의 이름을 바꾸세요" in shown and "<code>posts//&lt;b&gt;.md</code>" in shown and "Hello: world" in shown
    (site,) = (await doors.ask("GET", "/api/sites", visitor=eve)).json["sites"]
    assert {one["problem"] for one in site["collections"]} == {"content_name_unreadable"}


@pytest.mark.parametrize(("stage", "words"), [("waiting", "곧 빌드합니다"), ("building", "빌드하고 있습니다"), ("live", "독자가 볼 수 있습니다"), ("failed", "#platform")])
async def test_the_banner_tells_how_far_it_has_come(doors: Doors, blog: Blog, eve: Visitor, stage: str, words: str) -> None:
    """Saved, building, live; of a failure whom to ask. The part asks for itself and is told when nothing has changed."""
    await fill(doors, EDIT, eve, title="x")
    blog.publications.stage = stage
    shown = await page(doors, EDIT, eve, KOREAN)
    assert words in shown.text and f"stage-{stage}" in shown.text and 'data-from="/console/sites/blog/posts/status?entry=hello"' in shown.text
    part_of = await page(doors, "/console/sites/blog/posts/status?entry=hello", eve, KOREAN)
    assert words in part_of.text and "<html" not in part_of.text
    again = await page(doors, "/console/sites/blog/posts/status?entry=hello", eve, {**KOREAN, "if-none-match": part_of.headers["etag"]})
    assert again.status == 304


async def test_refusals_and_acts_are_in_the_audit(doors: Doors, blog: Blog, eve: Visitor) -> None:
    """Who did what, and who was refused what."""
    await fill(doors, EDIT, eve, title="x")
    vera = await doors.signed_in("vera", "viewer")
    await doors.ask("PUT", "/api/sites/blog/posts/hello", visitor=vera, document={"fields": {}})
    await doors.refusals.settled()
    entries = await doors.desk.database.read(audit.entries)
    assert ("person:eve", "sites.update", "blog/posts/hello", "ok") in [(one.actor, one.act, one.target, one.code) for one in entries]
    assert ("person:vera", "PUT /api/sites/{site}/{collection}/{id:path}", "not_allowed") in [(one.actor, one.act, one.code) for one in entries]


async def test_every_site_door_is_shut_to_strangers(doors: Doors) -> None:
    """Without a login each answers 401, and the table asks for a grant or looks it up."""
    tried = 0
    for door in doors.table:
        if "{site}" in door.path or door.path.endswith("/sites"):
            answer = await doors.ask(door.method, re.sub(r"\{[^}]+\}", "blog", door.path), headers={"host": "hub.example.com"}, client=f"192.0.2.{tried}")
            assert answer.status == 401, door.path
            tried += 1
    assert tried > 20


async def test_a_body_above_the_cap_ends_an_upload(doors: Doors, blog: Blog, eve: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted while it comes: what is too much is refused, and nothing of it stays."""
    table = [replace(door, body_cap=3_000_000) if door.streams else door for door in doors.table]
    from leverframe.web.guard import Guard
    from leverframe.web.site import build_site

    monkeypatch.setattr(doors, "app", build_site(table, Guard(doors.desk, doors.refusals)))
    pieces = [b"x" * 1_000_000] * 4
    told = await doors.ask("POST", "/api/uploads/blog/posts?name=a.bin", visitor=eve, body=pieces)
    assert (told.status, told.code) == (413, "body_too_large") and [one for one in blog.folder.glob("images/**/*") if one.is_file()] == []
