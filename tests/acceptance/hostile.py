"""Requests that nobody who means well would send, from a seed: the same seed makes the same requests."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.processes import SECRET

FIXTURES = Path(__file__).parents[1] / "sources" / "github" / "fixtures"
NASTY = [
    b"", b"\0", b"\xff\xfe", b"\xc3\x28", b"%", b"%zz", b"%00", b"%ff%fe", b"%u0000", b"../../etc/passwd", b"${jndi:ldap://x}", b"' OR 1=1 --", b"<script>",
    b"\xed\xa0\x80", b"\xf0\x9f\x92\xa9", "\u202e\u0000".encode(), b"A" * 3000, b"-1", b"1e400", b"9" * 5000, b"null", b"\t", b"a\tb", b"\x7f", b"\x1b[31m",
]  # fmt: skip
METHODS = [b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"BREW", b"post", b"PRI", b"POST\0", b"\xff", b"P" * 300]
PATHS = [
    b"/in/github", b"/in/", b"/in/nobody", b"/in/github/", b"/in/github%00", b"/in/%2e%2e/github", b"//in/github", b"/in/" + b"x" * 9000, b"/hubot/github",
    b"/hook", b"/", b"*", b"/login", b"/api/events", b"/api/hook-tokens", b"/console", b"/console/events/evt_%00", b"/metrics", b"/readyz", b"/static/../app.py",
    b"http://evil.example/in/github", b"/in/github?token=%ff", b"/acme/web/webhooks", b"/%", b"/\xff\xfe", b"/in/github#x", b"/api/events?limit=1e9&before=evt_zz",
]  # fmt: skip
HEADERS = [b"Cookie", b"Accept", b"Accept-Language", b"Authorization", b"Host", b"Forwarded", b"X-Forwarded-For", b"Origin", b"Range", b"If-None-Match", b"Expect",
           b"Content-Encoding", b"X-GitHub-Event", b"X-GitHub-Delivery", b"X-Hub-Signature-256", b"Content-Type", b"Upgrade", b"Connection", b"X-CSRF-Token"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostile:
    """One try: bytes on a connection of its own."""

    kind: str
    sent: bytes
    whole: bool = True
    """Whether the hub has heard all it needs to answer or to hang up; else the client hangs up."""


def signature(body: bytes) -> bytes:
    """Return what GitHub would write over ``body``."""
    return b"sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode()


def request(body: bytes = b"{}", *, method: bytes = b"POST", target: bytes = b"/in/github", more: list[tuple[bytes, bytes]] | None = None, **given: bytes | None) -> bytes:
    """Return a well-framed request, signed as it should be; ``given`` replaces headers by name (``None``: left out)."""
    headers: dict[bytes, bytes | None] = {
        b"Host": b"hub", b"Content-Type": b"application/json", b"X-GitHub-Event": b"push",
        b"X-GitHub-Delivery": hashlib.md5(body + target).hexdigest().encode(), b"X-Hub-Signature-256": signature(body), b"Content-Length": b"%d" % len(body),
    }  # fmt: skip
    headers.update({name.replace("_", "-").encode(): value for name, value in given.items()})
    pairs = [(name, value) for name, value in headers.items() if value is not None] + (more or [])
    return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, target, b"".join(b"%s: %s\r\n" % pair for pair in pairs), body)


class Maker:
    """Makes hostile requests without end."""

    def __init__(self, seed: int, hook_token: str) -> None:
        self.chance, self._token = random.Random(seed), hook_token.encode()
        self._payloads = {path.stem.split("__")[0]: json.loads(path.read_text()) for path in sorted(FIXTURES.glob("*.json"))}
        self._kinds = [
            self.header, self.header, self.signed_body, self.signed_body, self.mutated, self.mutated, self.mutated, self.form, self.hook, self.hook, self.framing,
            self.line, self.half, self.pipeline, self.noise, self.many_headers, self.elsewhere,
        ]  # fmt: skip

    def __iter__(self) -> Iterator[Hostile]:
        while True:
            make = self.chance.choice(self._kinds)
            made = make()
            yield made if isinstance(made, Hostile) else Hostile(make.__name__, made)

    def nasty(self) -> bytes:
        """Bytes that trouble somebody somewhere."""
        if self.chance.random() < 0.3:
            return self.chance.randbytes(self.chance.choice([1, 8, 60]))
        return self.chance.choice(NASTY)

    def header(self) -> bytes:
        """One header, or two, of anything."""
        given = {self.chance.choice(HEADERS).decode().replace("-", "_"): self.chance.choice([self.nasty().replace(b"\r", b"").replace(b"\n", b""), None])}
        more = [(self.chance.choice(HEADERS), self.nasty())] if self.chance.random() < 0.5 else []
        return request(b'{"a":%d}' % self.chance.randrange(10**9), more=more, **given)

    def signed_body(self) -> bytes:
        """A body that is no payload, rightly signed."""
        deep = self.chance.choice([10, 1000, 20_000])
        body = self.chance.choice([
            b"", b"null", b"[]", b'"x"', b"1e400", b"{", b'{"a":', b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b'{"action":"\xff"}', b'{"action":"\\ud800"}', b'{"action":"\\u0000"}',
            b'{"repository":{"full_name":"\\ud800\\u0000/x"}}', b'{"action":{"a":[1]},"repository":7}', b'{"repository":{"full_name":%d}}' % 10**30, b"[" * deep, b'{"a":' * deep,
            b"[" * deep + b"]" * deep, b'{"a":' * deep + b"1" + b"}" * deep, b'{"n":%s}' % (b"9" * 20_000), b'{"a":NaN,"b":Infinity}', b'{"action":"%s"}' % (b"x" * 50_000),
            b"{%s}" % b",".join(b'"k%d":%d' % (n, n) for n in range(2000)), b'{"a":1,"a":2}', b"{}" + self.nasty(), b'{"x":"' + self.nasty() + b'"}', self.chance.randbytes(200),
        ])  # fmt: skip
        event = self.chance.choice([*self._payloads, "nobody_knows", "ping"])
        return request(body, X_GitHub_Event=event.encode(), X_GitHub_Delivery=b"%x" % self.chance.getrandbits(64))

    def mutated(self) -> bytes:
        """A payload of GitHub's with some of its parts exchanged, rightly signed: the door takes it, and what follows must cope."""
        event = self.chance.choice(list(self._payloads))
        payload = json.loads(json.dumps(self._payloads[event]))
        for _ in range(self.chance.randrange(1, 6)):
            self._spoil(payload)
        body = json.dumps(payload, ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return request(body, X_GitHub_Event=event.encode(), X_GitHub_Delivery=b"%x" % self.chance.getrandbits(64))

    def _spoil(self, payload: Any) -> None:
        at = payload
        while isinstance(at, dict | list) and at:
            key = self.chance.choice(list(at)) if isinstance(at, dict) else self.chance.randrange(len(at))
            if not isinstance(at[key], dict | list) or not at[key] or self.chance.random() < 0.3:
                at[key] = self.chance.choice([None, True, -1, 10**30, 1.5, "", "x" * 5000, "\0", "\ud800", "<!channel> *_`&", "\u202eabc", [], {}, [[]], {"a": None}, [None], "not a date"])
                if self.chance.random() < 0.2:
                    del at[key]
                return
            at = at[key]

    def form(self) -> bytes:
        """A form, where a webhook may be one."""
        payload = self.chance.choice([b"%7B%7D", b"{}", b"%7", b"%", b"%ff", b"+", b"%7B%22a%22%3A%22%00%22%7D", b"=%3D", self.nasty()])
        body = self.chance.choice([b"payload=", b"payload=" + payload, b"x=1&payload=" + payload, b"payload=" + payload + b"&payload=1", b"&&&=&", b"payload", payload])
        kind = self.chance.choice([b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=utf-16", b"multipart/form-data; boundary=", b"application/x-www-form-urlencoded;;;"])
        return request(body, Content_Type=kind, X_GitHub_Delivery=b"%x" % self.chance.getrandbits(64))

    def hook(self) -> bytes:
        """An address that carries its own routing, with anything in it."""
        token = self.chance.choice([self._token, self._token, self.nasty(), b"xoxb-1-2-3"])
        room = self.chance.choice([b"%23r0", b"r0", b"", b"%00", b"%ff", b"%23" + b"x" * 200, b"C012345", self.nasty()])
        query = b"subdomain=%s&token=%s&room=%s&events=%s" % (self.chance.choice([b"", b"", self.nasty()]), token, room, self.chance.choice([b"", b"push,gollum", b"*", b"%2C%2C", self.nasty()]))
        target = self.chance.choice([b"/hook?" + query, b"/hook?" + query + b"&" + query, b"/hook?" + b"&".join([query] * 20), b"/hook?%", b"/hook?=&=&;", b"/hook"])
        body = self.chance.choice([b"{}", b'{"ref":"refs/heads/b0"}', b"", b'{"action":"\\ud800"}'])
        target = b"".join(b"%%%02x" % byte if byte <= 32 or byte == 127 else bytes([byte]) for byte in target) if self.chance.random() < 0.7 else target
        return request(body, target=target, X_GitHub_Delivery=b"%x" % self.chance.getrandbits(64))

    def framing(self) -> Hostile:
        """Lengths and chunks that cannot be."""
        length = self.chance.choice([b"-1", b"+5", b"abc", b"1e3", b"", b" 2", b"0x2", b"2, 2", b"2\r\nContent-Length: 3", b"26214401", b"9" * 19, b"9" * 30, b"9" * 5000])
        chunks = self.chance.choice([
            b"0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\n{}", b"2;" + b"x" * 5000 + b"\r\n{}\r\n0\r\n\r\n",
            b"2\r\n{}\r\n0\r\nTrailer: \xff\r\nX-Hub-Signature-256: x\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"1\r\n{\r\n" * 200 + b"0\r\n\r\n",
        ])  # fmt: skip
        coding = self.chance.choice([b"chunked", b"gzip, chunked", b"chunked, chunked", b"identity", b"xchunked", b"\x0bchunked"])
        match self.chance.randrange(3):
            case 0:
                return Hostile("framing", request(Content_Length=length), whole=False)
            case 1:
                return Hostile("framing", request(b"", Content_Length=None, Transfer_Encoding=coding) + chunks, whole=False)
            case _:
                return Hostile("framing", request(b"", Content_Length=b"5", Transfer_Encoding=coding) + chunks, whole=False)

    def line(self) -> Hostile:
        """Request lines of any kind."""
        method, path = self.chance.choice([b"POST", *METHODS]), self.chance.choice([*PATHS, b"/" + self.nasty()])
        version = self.chance.choice([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/9.9", b"", b"HTTQ/1.1"])
        return Hostile("line", b"%s %s %s\r\nHost: hub\r\nContent-Length: 0\r\n\r\n" % (method, path, version), whole=False)

    def half(self) -> Hostile:
        """A request that ends in the middle."""
        sent = request(b'{"a":"' + b"x" * self.chance.choice([10, 5000, 70_000]) + b'"}')
        return Hostile("half", sent[: self.chance.randrange(1, len(sent))], whole=False)

    def pipeline(self) -> Hostile:
        """Many requests at once, good and bad, without waiting for an answer."""
        some = [request(b'{"p":%d}' % self.chance.getrandbits(60)), request(X_Hub_Signature_256=None), b"GET /readyz HTTP/1.1\r\nHost: hub\r\n\r\n", request(method=b"PUT"), request(target=b"/in/x")]
        return Hostile("pipeline", b"".join(self.chance.choice(some) for _ in range(self.chance.randrange(2, 8))), whole=False)

    def noise(self) -> Hostile:
        """What is no HTTP at all."""
        greeting = self.chance.choice([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"SSH-2.0-x\r\n", b"\r\n\r\n\r\n", b"\0" * 50, b"*1\r\n$4\r\nPING\r\n"])
        return Hostile("noise", greeting + self.chance.randbytes(self.chance.randrange(200)), whole=False)

    def many_headers(self) -> Hostile:
        """Headers without end, or one of them."""
        count, size = self.chance.choice([(500, 10), (3, 30_000), (1, 200_000), (5000, 20)])
        return Hostile("many_headers", request(more=[(b"X-%d" % n, b"y" * size) for n in range(count)]), whole=False)

    def elsewhere(self) -> bytes:
        """The other doors, where the guard stands."""
        target = self.chance.choice([b"/login", b"/api/events", b"/api/mutes", b"/api/deliveries/retry", b"/console", b"/console/deliveries", b"/healthz", b"/metrics", b"/static/x.css"])
        given = {self.chance.choice([b"Cookie", b"Accept", b"Accept-Language", b"Authorization", b"Origin", b"X-CSRF-Token"]).decode().replace("-", "_"): self.nasty()}
        clean = {name: value.replace(b"\r", b"").replace(b"\n", b"") for name, value in given.items()}
        kind = self.chance.choice([b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"\xff"])
        return request(self.nasty(), method=self.chance.choice([b"GET", b"POST", b"DELETE"]), target=target, Content_Type=kind, **clean)
