"""A team's blog for the demo: its content in a folder, its builds by a runner that only pretends."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

SITE = """\
# A static site's content, in the folder content/: /console/sites. Saving builds it, as everything else here only pretending.
[sites.blog]
title = { en = "Team blog", ko = "팀 블로그" }
storage = "file:./content"
repository = "acme/blog"
files = "images"
contact = "#dev-team"
refresh = "15s"

[sites.blog.collections.posts]
title = { en = "Posts", ko = "글" }
key = "posts/{slug}.md"

[sites.blog.collections.posts.fields]
title = { label = { en = "Title", ko = "제목" }, required = true }
date = { type = "date", label = { en = "Date", ko = "날짜" } }
author = { type = "reference", collection = "authors", label = { en = "Author", ko = "작성자" }, required = true }
kind = { type = "select", choices = ["engineering", "people", "news"], label = { en = "Section", ko = "분류" } }
tags = { type = "list", label = { en = "Tags", ko = "태그" } }
cover = { type = "image", label = { en = "Cover", ko = "표지 그림" } }
draft = { type = "boolean", label = { en = "Draft", ko = "초안" } }
body = { type = "markdown", label = { en = "Text", ko = "본문" } }

[sites.blog.collections.authors]
title = { en = "Authors", ko = "작성자" }
key = "authors/{slug}.json"
format = "json"

[sites.blog.collections.authors.fields]
name = { label = { en = "Name", ko = "이름" }, required = true }
role = { label = { en = "What they do", ko = "하는 일" } }
picture = { type = "image", label = { en = "Picture", ko = "사진" } }

[dispatches."acme/blog"]
runner = "simulated"
window = "2s"
"""
"""Sections of leverframe.toml."""


def objects() -> Mapping[str, bytes]:
    """Return what is in the bucket at first, by name."""
    return {
        "authors/mina.json": '{\n  "name": "김미나",\n  "role": "Platform",\n  "github": "mina"\n}\n'.encode(),
        "authors/jonas.json": b'{\n  "name": "Jonas Weber",\n  "role": "Design"\n}\n',
        "posts/first-week.md": _FIRST.encode(), "posts/배포를-채팅에서.md": _SECOND.encode(), "posts/colours.md": _THIRD.encode(), "images/signal.png": _picture(),
    }  # fmt: skip


_FIRST = """\
---
title: My first week
date: 2026-11-02
author: jonas
kind: people
tags: [onboarding, design]
layout: post   # what the generator needs, and no form shows
---

On **Monday** I had a desk. By Friday I had shipped something.

1. Read the handbook
2. Ask everybody for coffee
3. Ship

> Nobody told me that I could not, so I did.
"""
_SECOND = """\
---
title: 배포를 채팅에서 하게 된 이유
date: 2026-11-16
author: mina
kind: engineering
cover: /images/signal.png
tags:
  - 배포
  - 채팅
---

배포는 **누가, 언제, 무엇을** 했는지 모두가 볼 수 있을 때 가장 덜 무섭습니다.

| 전 | 후 |
| --- | --- |
| 각자 터미널에서 | `/deploy web-app staging` |
| 끝나면 말해 주기 | 카드가 스스로 바뀜 |

![신호기](/images/signal.png)
"""
_THIRD = """\
---
title: "Colours that everybody sees"
date: 2026-10-20
author: jonas
kind: engineering
draft: true
---

A palette is a promise.
"""


def _picture() -> bytes:
    """Return a signal at clear: a PNG of 96 by 96 (https://www.w3.org/TR/png-3/)."""
    rows = bytearray()
    for y in range(96):
        rows.append(0)
        for x in range(96):
            lamp = (x - 48) ** 2 + (y - 48) ** 2
            rows += bytes((0x5F, 0xD6, 0xA0) if lamp < 24**2 else (0x0C, 0x17, 0x24) if lamp < 40**2 else (0x12, 0x28, 0x3F))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 96, 96, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
