"""Azure Blob Storage as its REST API is documented, over real HTTP: who asks (Shared Key), conditions, lists, blocks, and how it refuses.

https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-rest-api
https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from fakes.objects_http import XML, Answer, Refusal, served

from leverframe.content import azure
from leverframe.secrets import Secret

ACCOUNT, CONTAINER = "acmeblog", "team-blog"
KEY = base64.b64encode(b"the key of the account, 64 bytes long, as Azure makes them......").decode()
SIGNED = ("Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range")
SKEW_S = 15 * 60


def _refused(status: int, code: str, message: str) -> Refusal:
    return Refusal(status, code, message, headers={"x-ms-error-code": code})


@dataclass(frozen=True)
class Blob:
    """A block blob."""

    body: bytes
    etag: str
    media_type: str
    modified: float


class Azure:
    """The service, with one account and one container in it. ``ahead_s`` is how far its clock is before that of this machine."""

    def __init__(self) -> None:
        self.url, self._lock, self._count = "", threading.Lock(), 0
        self.empty()

    def empty(self) -> None:
        """Begin anew."""
        self.containers: dict[str, dict[str, Blob]] = {CONTAINER: {}}
        self.blocks: dict[tuple[str, str], dict[str, bytes]] = {}
        """What was sent and is in no blob yet: it is gone after a week."""
        self.ahead_s, self.page, self.locked = 0.0, 5000, False
        """``locked``: whoever asks may not delete."""

    def storage(self, **keys: Any) -> Any:
        """Return the hub's storage of the container."""
        given = {"account": ACCOUNT, "container": CONTAINER, "access_key": Secret(KEY), "endpoint": self.url, "timeout_s": 5.0, **keys}
        return azure.open_storage(azure.Settings(**given), Path())

    def write(self, name: str, body: bytes, media_type: str = "application/octet-stream", container: str = CONTAINER) -> Blob:
        """Write a blob, as another program does."""
        self._count += 1
        made = Blob(body, f"0x8DE{time.time_ns() + self._count:X}"[:18], media_type, time.time() + self.ahead_s)
        self.containers[container][name] = made
        return made

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what becomes of a request; raises :class:`Refusal`."""
        path, _, query = target.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        container, _, name = (unquote(part) for part in path[1:].partition("/"))
        with self._lock:
            self._let_in(method, path, given, headers)
            if container not in self.containers:
                raise _refused(404, "ContainerNotFound", "The specified container does not exist.")
            match method, given.get("comp", ""):
                case "GET", "list" if given.get("restype") == "container" and not name:
                    return self._list(container, given)
                case "GET" | "HEAD", "" if name and not given:
                    found = self._found(container, name)
                    return 200, {**_told(found), "Content-Type": found.media_type, "x-ms-blob-type": "BlockBlob"}, found.body
                case "PUT", "" if name and not given:
                    return self._put(container, name, headers, body)
                case "PUT", "block" if name and len(base64.b64decode(given.get("blockid", ""), validate=True)) in range(1, 65):
                    self.blocks.setdefault((container, name), {})[given["blockid"]] = body
                    return 201, {}, b""
                case "PUT", "blocklist" if name:
                    return self._commit(container, name, headers, body)
                case "POST", "batch" if given.get("restype") == "container" and not name:
                    return self._batch(container, headers, body)
        raise _refused(400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.")

    def _let_in(self, method: str, path: str, given: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Prove the signature of the whole request: https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key"""
        scheme, _, signature = headers.get("Authorization", "").partition(f" {ACCOUNT}:")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", headers.get("x-ms-version", "")):
            raise _refused(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
        lines = [method, *("" if name == "Content-Length" and headers.get(name) == "0" else headers.get(name, "") for name in SIGNED)]
        lines += sorted(f"{name.lower()}:{value.strip()}" for name, value in headers.items() if name.lower().startswith("x-ms-"))
        lines += [f"/{ACCOUNT}{path}", *sorted(f"{name.lower()}:{value}" for name, value in given.items())]
        wanted = base64.b64encode(hmac.new(base64.b64decode(KEY), "\n".join(lines).encode(), hashlib.sha256).digest()).decode()
        late_s = abs(time.time() + self.ahead_s - parsedate_to_datetime(headers.get("x-ms-date") or headers["Date"]).timestamp())
        if scheme != "SharedKey" or not hmac.compare_digest(wanted, signature) or late_s > SKEW_S:
            raise _refused(403, "AuthenticationFailed", "Server failed to authenticate the request.")

    def _found(self, container: str, name: str) -> Blob:
        if (found := self.containers[container].get(name)) is None:
            raise _refused(404, "BlobNotFound", "The specified blob does not exist.")
        return found

    def _list(self, container: str, given: Mapping[str, str]) -> Answer:
        """https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs; its ETags have no quotes."""
        prefix, after = given.get("prefix", ""), base64.b64decode(given.get("marker", "")).decode()
        names = sorted(name for name in self.containers[container] if name.startswith(prefix) and name > after)
        shown = names[: min(self.page, int(given.get("maxresults", 5000)))]
        told = []
        for name in shown:
            one = self.containers[container][name]
            told.append(
                f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{formatdate(one.modified, usegmt=True)}</Last-Modified><Etag>{one.etag}</Etag>"
                f"<Content-Length>{len(one.body)}</Content-Length><Content-Type>{escape(one.media_type)}</Content-Type><Content-Encoding /><BlobType>BlockBlob</BlobType>"
                "</Properties></Blob>"
            )
        more = base64.b64encode(shown[-1].encode()).decode() if len(names) > len(shown) else ""
        body = (
            f'{XML}<EnumerationResults ServiceEndpoint="{self.url}/" ContainerName="{container}"><Prefix>{escape(prefix)}</Prefix>'
            f"<Blobs>{''.join(told)}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"
        )
        return 200, {"Content-Type": "application/xml"}, body.encode()

    def _put(self, container: str, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """https://learn.microsoft.com/en-us/rest/api/storageservices/put-blob"""
        if headers.get("x-ms-blob-type") != "BlockBlob":
            raise _refused(400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.")
        had = self.containers[container].get(name)
        if headers.get("If-None-Match") == "*" and had is not None:
            raise _refused(409, "BlobAlreadyExists", "The specified blob already exists.")
        if (wanted := headers.get("If-Match")) is not None and (had is None or wanted != f'"{had.etag}"'):
            raise _refused(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
        return 201, _told(self.write(name, body, headers.get("x-ms-blob-content-type") or headers["Content-Type"], container)), b""

    def _batch(self, container: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Delete blobs, each by a request of its own inside: https://learn.microsoft.com/en-us/rest/api/storageservices/blob-batch"""
        boundary = headers["Content-Type"].partition("boundary=")[2]
        told = b""
        for part in body.decode().split(f"--{boundary}")[1:-1]:
            outer, _, inner = part.strip().partition("\r\n\r\n")
            first, *lines = inner.split("\r\n")
            method, target, _ = first.split(" ")
            asked = Message()
            for line in filter(None, lines):
                asked.add_header(*line.split(": ", 1))
            try:
                self._let_in(method, target, {}, asked)
                inside, _, name = unquote(target[1:]).partition("/")
                if (method, inside) != ("DELETE", container):
                    raise _refused(400, "InvalidInput", "One of the request inputs is not valid.")
                if self.locked:
                    raise _refused(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.")
                self._found(container, name)
                del self.containers[container][name]
                line, said = "202 Accepted", b""
            except Refusal as refusal:
                line, said = f"{refusal.answer[0]} {refusal.args[0]}", refusal.answer[2]
            id = dict(one.split(": ", 1) for one in outer.split("\r\n"))["Content-ID"]
            told += f"--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\nHTTP/1.1 {line}\r\nx-ms-version: 2023-11-03\r\n\r\n".encode() + said + b"\r\n"
        return 202, {"Content-Type": "multipart/mixed; boundary=batchresponse_1"}, told + b"--batchresponse_1--\r\n"

    def _commit(self, container: str, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list"""
        sent = self.blocks.pop((container, name), {})
        listed = [one.text or "" for one in ElementTree.fromstring(body) if one.tag in ("Uncommitted", "Latest")]
        if any(one not in sent for one in listed) or len({len(one) for one in sent}) > 1:
            raise _refused(400, "InvalidBlockList", "The specified block list is invalid.")
        return 201, _told(self.write(name, b"".join(sent[one] for one in listed), headers.get("x-ms-blob-content-type", ""), container)), b""


def _told(one: Blob) -> dict[str, str]:
    return {"ETag": f'"{one.etag}"', "Last-Modified": formatdate(one.modified, usegmt=True), "x-ms-version": "2023-11-03"}


@contextmanager
def azure_server() -> Iterator[Azure]:
    """Serve an empty container."""
    service = Azure()
    with served(service) as service.url:
        yield service
