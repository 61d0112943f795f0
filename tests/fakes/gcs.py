"""Google Cloud Storage as its XML API is documented, over real HTTP: who asks, conditions, lists, uploads in parts, and how it refuses.

https://cloud.google.com/storage/docs/xml-api/overview
https://cloud.google.com/storage/docs/xml-api/reference-status
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakes.objects_http import XML, Answer, Refusal, served

from leverframe.content import gcs
from leverframe.secrets import Secret

BUCKET = "team-blog"
EMAIL = "hub@acme-blog.iam.gserviceaccount.com"
SCOPES = {f"https://www.googleapis.com/auth/{name}" for name in ("cloud-platform", "devstorage.read_write", "devstorage.full_control")}
OBJECT_USER = frozenset({
    "objects.list", "objects.get", "objects.create", "objects.delete", "multipartUploads.create", "multipartUploads.abort",
})  # fmt: skip
"""What ``roles/storage.objectUser`` lets do, as far as it is asked here: https://cloud.google.com/storage/docs/access-control/iam-roles"""
PART_BYTES = 5 * 1024 * 1024
"""Every part but the last has so much at least: https://cloud.google.com/storage/docs/quotas#requests"""
LIST = frozenset({"list-type", "prefix", "continuation-token", "max-keys", "start-after"})
_RAW = re.compile(r"/[A-Za-z0-9\-._~%/]*")


@cache
def private_key(number: int) -> rsa.RSAPrivateKey:
    """Return a key; they are made once for the whole run, as making one takes long."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def _refused(status: int, code: str, message: str, details: str = "") -> Refusal:
    return Refusal(status, code, message, f"<Details>{escape(details)}</Details>" if details else "")


@dataclass
class Account:
    """A service account: what it may do, and whether it is let in at all."""

    permissions: frozenset[str] = OBJECT_USER
    disabled: bool = False


@dataclass(frozen=True)
class Object:
    """One generation of an object."""

    body: bytes
    generation: int
    etag: str
    media_type: str
    modified: float


@dataclass
class Upload:
    """An upload in parts that is under way."""

    bucket: str
    name: str
    media_type: str
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


class Google:
    """The service, with one bucket and one account in it. ``ahead_s`` is how far its clock is before that of this machine."""

    def __init__(self) -> None:
        self.url, self.ahead_s = "", 0.0
        self.buckets: dict[str, dict[str, Object]] = {BUCKET: {}}
        self.account = Account()
        self.uploads: dict[str, Upload] = {}
        self.page = 1000
        """How many objects one page of a list has at most."""
        self.token = "ya29.of-the-machine"
        """What a machine at Google is given for its own account: https://cloud.google.com/compute/docs/access/authenticate-workloads#applications"""
        self.asked: list[str] = []
        self._lock, self._generation = threading.Lock(), 0

    def empty(self) -> None:
        """Begin anew."""
        self.buckets, self.account, self.uploads = {BUCKET: {}}, Account(), {}
        self.page, self.ahead_s, self.asked = 1000, 0.0, []

    def key(self, number: int = 1, **changed: Any) -> str:
        """Return the account's JSON key, as it is downloaded. Only the first is known; another ``number`` is a key that was deleted."""
        pem = private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return json.dumps({
            "type": "service_account", "project_id": "acme-blog", "private_key_id": f"key-{number}", "private_key": pem, "client_email": EMAIL, "client_id": "1",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com", **changed,
        })  # fmt: skip

    def settings(self, **keys: Any) -> gcs.Settings:
        """Return the settings that lead here."""
        return gcs.Settings(**{"bucket": BUCKET, "endpoint": self.url, "service_account_key": Secret(self.key()), "timeout_s": 5.0, **keys})

    def storage(self, **keys: Any) -> Any:
        """Return the hub's storage of the bucket."""
        return gcs.open_storage(self.settings(**keys), Path())

    def write(self, name: str, body: bytes, media_type: str = "application/octet-stream", etag: str | None = None, bucket: str = BUCKET) -> Object:
        """Make a new generation of an object, as another program does."""
        now = time.time() + self.ahead_s
        self._generation = max(self._generation + 1, int(now * 1e6))
        made = Object(body, self._generation, etag or f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"', media_type, now)
        self.buckets[bucket][name] = made
        return made

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what becomes of a request; raises :class:`Refusal`."""
        path, _, query = target.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        if not _RAW.fullmatch(path) or re.search(r"%(?![0-9A-F]{2})", path):
            raise _refused(400, "InvalidURI", "Could not parse the specified URI.")
        bucket, _, name = (unquote(part) for part in path[1:].partition("/"))
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            if headers.get("Metadata-Flavor") != "Google":
                raise _refused(403, "Forbidden", "Missing required header: Metadata-Flavor")
            return 200, {"Content-Type": "application/json"}, json.dumps({"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"}).encode()
        with self._lock:
            self.asked.append(f"{method} {name or '/'}")
            self._let_in(headers.get("Authorization", ""))
            if bucket not in self.buckets:
                raise _refused(404, "NoSuchBucket", "The specified bucket does not exist.")
            match method, sorted(given):
                case "GET", _ if not name:
                    return self._list(bucket, given)
                case "GET" | "HEAD", []:
                    return self._get(bucket, name)
                case "PUT", []:
                    return self._put(bucket, name, headers, body)
                case "DELETE", []:
                    return self._delete(bucket, name)
                case _:
                    return self._in_parts(method, bucket, name, given, headers, body)

    def _let_in(self, authorization: str) -> None:
        """Prove the account's own statement: signed by its key, of itself, for an hour at most, and for a scope of storage.

        https://google.aip.dev/auth/4111; storage takes a scope and no audience.
        """
        refused = _refused(401, "AuthenticationRequired", "Authentication required.")
        scheme, _, token = authorization.partition(" ")
        if (scheme, token) == ("Bearer", self.token):
            return
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(
                token, private_key(1).public_key(), algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "require": ["iss", "sub", "scope", "iat", "exp"]},
            )  # fmt: skip
        except jwt.InvalidTokenError:
            raise refused from None
        now = time.time() + self.ahead_s
        stands = claims["iat"] <= now + 60 and now < claims["exp"] <= claims["iat"] + 3600
        of_it = claims["iss"] == claims["sub"] == EMAIL and header.get("kid") == "key-1" and header.get("typ") == "JWT"
        if scheme != "Bearer" or not stands or not of_it or "aud" in claims or not SCOPES & set(claims["scope"].split()) or self.account.disabled:
            raise refused

    def _may(self, *permissions: str) -> None:
        for one in permissions:
            if one not in self.account.permissions:
                what = f"{EMAIL} does not have storage.{one} access to the Google Cloud Storage object. Permission 'storage.{one}' denied on resource (or it may not exist)."
                raise _refused(403, "AccessDenied", "Access denied.", what)

    def _found(self, bucket: str, name: str) -> Object:
        found = self.buckets[bucket].get(name)
        if found is None:
            self._may("objects.list")  # who may not list does not learn what is not there
            raise _refused(404, "NoSuchKey", "The specified key does not exist.", f"No such object: {bucket}/{name}")
        return found

    def _list(self, bucket: str, given: Mapping[str, str]) -> Answer:
        """https://cloud.google.com/storage/docs/xml-api/get-bucket-list"""
        if given.get("list-type") != "2" or not LIST >= set(given):
            raise _refused(400, "InvalidArgument", "Invalid argument.")
        self._may("objects.list")
        prefix, after = given.get("prefix", ""), given.get("start-after", "")
        if token := given.get("continuation-token"):
            after = base64.urlsafe_b64decode(token).decode()
        names = sorted((name for name in self.buckets[bucket] if name.startswith(prefix) and name > after), key=lambda name: name.encode())
        shown = names[: min(self.page, int(given.get("max-keys", 1000)))]
        told = []
        for name in shown:
            one = self.buckets[bucket][name]
            at = datetime.fromtimestamp(one.modified, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            told.append(
                f"<Contents><Key>{escape(name)}</Key><Generation>{one.generation}</Generation><MetaGeneration>1</MetaGeneration>"
                f"<LastModified>{at}</LastModified><ETag>{one.etag}</ETag><Size>{len(one.body)}</Size></Contents>"
            )
        more = f"<NextContinuationToken>{base64.urlsafe_b64encode(shown[-1].encode()).decode()}</NextContinuationToken>" if len(names) > len(shown) else ""
        return _xml(
            f"<ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(shown)}</KeyCount><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{''.join(told)}</ListBucketResult>"
        )

    def _get(self, bucket: str, name: str) -> Answer:
        self._may("objects.get")
        found = self._found(bucket, name)
        return 200, {**_told(found), "Content-Type": found.media_type, "Last-Modified": formatdate(found.modified, usegmt=True)}, found.body

    def _put(self, bucket: str, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """https://cloud.google.com/storage/docs/xml-api/put-object-upload"""
        if "Content-Length" not in headers:
            raise _refused(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        had = self.buckets[bucket].get(name)
        self._may("objects.create", *(["objects.delete"] if had else []))
        wanted = headers.get("x-goog-if-generation-match")
        if wanted is not None and int(wanted) != (had.generation if had else 0):
            raise _refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.", f"x-goog-if-generation-match: {wanted}")
        return 200, _told(self.write(name, body, headers["Content-Type"], bucket=bucket)), b""

    def _delete(self, bucket: str, name: str) -> Answer:
        self._may("objects.delete")
        self._found(bucket, name)
        del self.buckets[bucket][name]
        return 204, {}, b""

    def _in_parts(self, method: str, bucket: str, name: str, given: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Answer:
        """https://cloud.google.com/storage/docs/multipart-uploads; such an upload has no conditions, and replaces what is there."""
        if "x-goog-if-generation-match" in headers:
            raise _refused(400, "InvalidArgument", "Invalid argument.", "Preconditions are not supported in the requests.")
        self._may("multipartUploads.abort" if method == "DELETE" else "multipartUploads.create")
        if method == "POST" and set(given) == {"uploads"}:
            self._may("objects.create")
            id = secrets.token_hex(16)
            self.uploads[id] = Upload(bucket, name, headers["Content-Type"])
            return _xml(f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{escape(name)}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>")
        upload = self.uploads.get(given.get("uploadId", ""))
        if upload is None or (upload.bucket, upload.name) != (bucket, name):
            raise _refused(404, "NoSuchUpload", "The requested upload was not found.")
        match method, sorted(given):
            case "PUT", ["partNumber", "uploadId"]:
                number, etag = int(given["partNumber"]), f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
                if not 1 <= number <= 10_000:
                    raise _refused(400, "InvalidArgument", "Invalid argument.", "Part number must be an integer between 1 and 10000, inclusive")
                upload.parts[number] = (etag, body)
                return 200, {"ETag": etag}, b""
            case "DELETE", ["uploadId"]:
                del self.uploads[given["uploadId"]]
                return 204, {}, b""
            case "POST", ["uploadId"]:
                return self._complete(given["uploadId"], upload, body)
        raise _refused(400, "InvalidArgument", "Invalid argument.")

    def _complete(self, id: str, upload: Upload, body: bytes) -> Answer:
        """https://cloud.google.com/storage/docs/xml-api/post-object-complete"""
        listed = [(int(part.findtext("PartNumber", "0")), part.findtext("ETag", "")) for part in ElementTree.fromstring(body).iter("Part")]
        numbers = [number for number, _ in listed]
        if not listed:
            raise _refused(400, "MalformedCompleteMultipartUploadRequest", "The XML you provided was not well-formed or did not validate against our published schema.")
        if numbers != sorted(set(numbers)):
            raise _refused(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
        if any(upload.parts.get(number, ("",))[0] != etag for number, etag in listed):
            raise _refused(400, "InvalidPart", "One or more of the specified parts could not be found.")
        parts = [upload.parts[number][1] for number in numbers]
        if any(len(part) < PART_BYTES for part in parts[:-1]):
            raise _refused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum object size specified.")
        if upload.name in self.buckets[upload.bucket]:
            self._may("objects.delete")
        etag = f'"-{base64.b64encode(hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()[:9]).decode()}"'
        made = self.write(upload.name, b"".join(parts), upload.media_type, etag, upload.bucket)
        del self.uploads[id]
        status, headers, said = _xml(
            f"<CompleteMultipartUploadResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Location>{self.url}/{upload.bucket}</Location>"
            f"<Bucket>{upload.bucket}</Bucket><Key>{escape(upload.name)}</Key><ETag>{escape(etag)}</ETag></CompleteMultipartUploadResult>"
        )
        return status, {**headers, "x-goog-generation": str(made.generation)}, said


def _told(one: Object) -> dict[str, str]:
    return {"ETag": one.etag, "x-goog-generation": str(one.generation), "x-goog-metageneration": "1", "x-goog-storage-class": "STANDARD"}


def _xml(body: str) -> Answer:
    return 200, {"Content-Type": "application/xml; charset=UTF-8"}, f"{XML}{body}".encode()


@contextmanager
def google_server() -> Iterator[Google]:
    """Serve an empty bucket."""
    google = Google()
    with served(google) as google.url:
        yield google
