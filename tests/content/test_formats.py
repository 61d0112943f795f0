"""Entries as files: what an edit does not touch stays byte for byte, what is unknown survives, and nothing hostile is more than unreadable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.content.front_matter import FrontMatter
from leverframe.content.markdown import Markdown
from leverframe.core.content.json_entries import JsonEntries
from leverframe.core.content.values import DateText, Unreadable

YAML, JSON = FrontMatter(), JsonEntries()
WRITTEN = """---
# by hand
title:   "Hello: world"   # keep
tags:
- a
-   b
draft: true # not yet

# about dates
date: 2024-01-02
when: 2024-01-02T10:00:00+09:00
extra: {a: 1, b: [2,3]}
long: >
  folded
  text
---

Body
"""
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=40), lambda inner: st.lists(inner, max_size=3), max_leaves=4)


def edit(raw: str, **changes: Any) -> str:
    """Return the file with changes."""
    return YAML.write(raw.encode(), changes, body="body").decode()


def test_front_matter_is_read() -> None:
    """Dates are texts, lists are lists, the text below is the body."""
    fields = YAML.read(WRITTEN.encode(), body="body").fields
    assert fields == {
        "title": "Hello: world", "tags": ["a", "b"], "draft": True, "date": "2024-01-02", "when": "2024-01-02T10:00:00+09:00", "extra": {"a": 1, "b": [2, 3]},
        "long": "folded text\n", "body": "Body\n",
    }  # fmt: skip


def test_only_the_lines_of_what_changes_are_written_anew() -> None:
    """Comments, order, quotes and spacing of the others stay."""
    assert edit(WRITTEN) == WRITTEN
    assert edit(WRITTEN, draft=False) == WRITTEN.replace("draft: true # not yet", "draft: false # not yet")
    assert edit(WRITTEN, date=DateText("2025-05-05")) == WRITTEN.replace("date: 2024-01-02\n", "date: 2025-05-05\n")
    assert edit(WRITTEN, long=None) == WRITTEN.replace("long: >\n  folded\n  text\n", "")
    assert edit(WRITTEN, draft=None) == WRITTEN.replace("draft: true # not yet\n", "")
    assert edit(WRITTEN, body="Other\n") == edit(WRITTEN, body="Other") == edit(WRITTEN, body="\nOther\n") == WRITTEN.replace("Body", "Other")
    assert edit(WRITTEN, tags=["x"]) == WRITTEN.replace("- a\n-   b\n", "  - x\n")
    assert edit(WRITTEN, new="yes") == WRITTEN.replace("  text\n---", '  text\nnew: "yes"\n---')


@pytest.mark.parametrize("text", ["yes", "No", "on", "12:30", "0x1F", "1e3", "2024-01-02", "null", "~", "- a", "a: b", "#x", "", "'", '"', "{", "%", "@x", "a\nb", "한글", "🎉", " lead"])
def test_text_stays_text(text: str) -> None:
    """What a generator could take for a number, a date or a yes is quoted."""
    made = YAML.write(None, {"title": text, "tags": [text]}, body="body")
    assert YAML.read(made, body="body").fields == {"title": text, "tags": [text], "body": ""}


@pytest.mark.parametrize("had", ["title: x\n", "title: >-\n  x\n  y\n", "title: |\n  x\n\n\n", "title: |+\n  x\n\n"])
@pytest.mark.parametrize("text", ["a\u2028b", "a\x07b", "a\x85b", "a\0b", "a\rb", "\n", "a\n\n", "a\n...\n---\nb\n\n\n", "가\x0b나"])
def test_text_stays_text_where_a_block_stood(had: str, text: str) -> None:
    """The new text took the form of the old one: in a block, an end of lines that a paste from slides brings made the file unreadable, and empty
    lines at its end wrote an end of the front matter above the members below."""
    made = YAML.write(f"---\n{had}other: 1\n---\nBody\n".encode(), {"title": text}, body="body")
    assert YAML.read(made, body="body").fields == {"title": text, "other": 1, "body": "Body\n"}


def test_a_block_that_keeps_its_empty_lines_ends_no_front_matter() -> None:
    """Where all of it is written anew, ruamel ends the document below such a block: what had been the last line of the front matter began the body."""
    made = edit("---\na: &x {b: 1}\nc: *x\nnotes: |+\n  y\n\n---\nBody\n", a={"b": 2})
    assert YAML.read(made.encode(), body="body").fields == {"a": {"b": 2}, "c": {"b": 1}, "notes": "y\n\n", "body": "Body\n"}


def test_a_list_leaves_the_comment_of_the_next_member() -> None:
    """Comments below a list were held by its last item, and went with it."""
    raw = "---\ntags:\n  - a\n\n# about dates\ndate: 2024-01-02\n---\nBody\n"
    assert edit(raw, tags=["b", "c"]) == raw.replace("  - a\n", "  - b\n  - c\n")


def test_windows_lines_stay() -> None:
    """A file with CRLF is written with CRLF."""
    raw = WRITTEN.replace("\n", "\r\n")
    assert edit(raw, draft=False) == raw.replace("draft: true", "draft: false")
    assert edit(raw, body="a\nb\n").endswith("---\r\n\r\na\r\nb\r\n")


def test_a_file_without_front_matter_gets_one_when_needed() -> None:
    """Text alone is a body; a title given to it becomes front matter above."""
    assert YAML.read(b"just text", body="body").fields == {"body": "just text"}
    assert edit("just text", body="other") == "other"
    assert edit("just text", title="x") == "---\ntitle: x\n---\n\njust text"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe", b"---\na: [1\n---\n", b"---\n- a\n---\n", b"---\n" + b"a: " + b"[" * 5000 + b"\n---\n",
        b"---\n" + b"x: y\n" * 20_000 + b"---\n", b"---\na: *gone\n---\n", b"---\n+_\n---\n",
        b"+++\ntitle = 'TOML'\n+++\nBody\n", b"+++\r\ntitle = 'TOML'\r\n+++",
        b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n---\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(raw: bytes) -> None:
    """Garbage, depth, size, bombs of aliases: a sentence, at once, and never anything else."""
    with pytest.raises(Unreadable) as told:
        YAML.read(raw, body="body")
    assert str(told.value)


@pytest.mark.parametrize("brackets", ["[" * 1000, "{" * 1000, "[{" * 500, "]" * 1000 + "[" * 1000])
def test_depth_is_refused_before_it_is_read(brackets: str) -> None:
    """A thousand brackets once held the hub up for three seconds, and five thousand for seven, until the reader gave up."""
    with pytest.raises(Unreadable, match="nests too deeply"):
        YAML.read(f"---\na: {brackets}\n---\n".encode(), body="body")
    assert YAML.read(f'---\na: {"[" * 50}{"]" * 50}\n---\n'.encode(), body="body")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(raw: bytes) -> None:
    """Both formats answer whatever stands there."""
    for reader in (YAML, JSON):
        for given_bytes in (raw, b"---\n" + raw + b"\n---\nx"):
            try:
                reader.read(given_bytes, body="body")
            except Unreadable:
                pass


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), VALUES, max_size=5), st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), VALUES, max_size=3))
def test_json_says_afterwards_what_it_was_told(before: dict[str, Any], changes: dict[str, Any]) -> None:
    """Whatever the indentation: the changed members are as given, the others as they were."""
    for indent in (None, 2, "\t"):
        raw = json.dumps(before, indent=indent, ensure_ascii=indent is None).encode("utf-8", "replace")
        expected = {name: value for name, value in {**json.loads(raw), **changes}.items() if not (name in changes and value is None)}
        written = JSON.write(raw, changes, body="")
        assert json.loads(written) == json.loads(json.dumps(expected).encode("utf-8", "replace"))


def test_json_keeps_how_it_was_written() -> None:
    """Tabs, spaces, 1.10 and the order stay; a member goes with its comma."""
    raw = b'{\n\t"a": 1.10,\n\t"b": [1,   2],\n\t"c": {"x":1}\n}\n'
    assert JSON.write(raw, {"b": None}, body="") == b'{\n\t"a": 1.10,\n\t"c": {"x":1}\n}\n'
    assert JSON.write(raw, {"c": "한"}, body="").decode() == '{\n\t"a": 1.10,\n\t"b": [1,   2],\n\t"c": "한"\n}\n'
    assert JSON.write(raw, {"d": True}, body="") == b'{\n\t"a": 1.10,\n\t"b": [1,   2],\n\t"c": {"x":1},\n\t"d": true\n}\n'
    assert JSON.write(b'{"k":"\\ud55c"}', {"n": "한"}, body="") == b'{"k":"\\ud55c","n": "\\ud55c"}'


@pytest.mark.parametrize("raw", [b"[1]", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_json_that_is_no_entry(raw: bytes) -> None:
    """It is told as such."""
    with pytest.raises(Unreadable):
        JSON.read(raw, body="")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>alert(1)</script>)",
        "<svg onload=alert(1)>", "<a href='java&#x0A;script:alert(1)'>x</a>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<style>*{display:none}</style>",
        "<form action=/logout><button>x</button></form>", "<base href=//evil>", "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>", "![x](javascript:alert(1))",
        "```html\n<script>alert(1)</script>\n```", "<p style='position:fixed'>x</p>", "<meta http-equiv=refresh content=0>", "<object data=x>", "<input autofocus onfocus=alert(1)>",
    ],
)  # fmt: skip
def test_markdown_that_would_act_does_not(hostile: str) -> None:
    """No script, no handler, no form, no style, whatever way it is written."""
    html = Markdown().render(f"before\n\n{hostile}\n\nafter", images={}).lower()
    assert "before" in html and "after" in html
    for what in ("<script", "<svg", "<iframe", "<style", "<form", "<base", "<object", "<input", "<meta", "<math", "href=\"java", "href=\"data", "src=\"java", " style=", " srcdoc"):
        assert what not in html, html
    assert not any(f"<{tag}" in html and " on" in html.partition(f"<{tag}")[2].partition(">")[0] for tag in ("img", "a", "p"))


def test_markdown_looks_like_itself() -> None:
    """Tables, strikethrough, code; pictures of the site are seen at the hub."""
    html = Markdown().render("# 제목\n\n|a|b|\n|-|-|\n|1|~~2~~|\n\n![그림](/images/a.png) ![else](https://x.example/b.png)\n", images={"/images/": "/console/files/blog/"})
    assert "<h1>제목</h1>" in html and "<td>1</td>" in html and "<s>2</s>" in html
    assert 'src="/console/files/blog/a.png"' in html and 'src="https://x.example/b.png"' in html
