"""Messages of Amazon SNS: who signed them.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from leverframe.core.errors import Refused

Fetch = Callable[[str], Awaitable[bytes]]
_HOST = re.compile(r"sns\.[a-z0-9-]{4,30}\.amazonaws\.com(\.cn)?")
_SIGNED: dict[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_KEPT = 16


def is_amazons(url: object) -> bool:
    """Return whether an address is SNS's own: https, its host, no other port and nobody's name in it."""
    if not isinstance(url, str) or len(url) > 2_000 or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None and port is None


def text_to_sign(message: Mapping[str, Any]) -> bytes | None:
    """Return what a message's signature is of; ``None`` when it is no message of SNS."""
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        return None
    lines = []
    for name in names:
        value = message.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str):
            return None
        lines += [name, value]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


class Certificates:
    """Amazon's certificates, fetched once each from Amazon's own host, and nowhere else."""

    def __init__(self, fetch: Fetch) -> None:
        """``fetch`` returns the body at an address, through the guard; it raises ``Refused``."""
        self._fetch = fetch
        self._kept: OrderedDict[str, Any] = OrderedDict()

    async def have(self, url: object) -> None:
        """Fetch the certificate at ``url`` if it is not here; raises ``Refused("signature_invalid")`` for one that is not Amazon's."""
        if not is_amazons(url) or not isinstance(url, str) or not urlsplit(url).path.endswith(".pem"):
            raise Refused("signature_invalid", "SigningCertURL")
        if url in self._kept:
            return
        from cryptography import x509

        try:
            found = x509.load_pem_x509_certificate(await self._fetch(url))
        except ValueError:
            raise Refused("signature_invalid", "SigningCertURL") from None
        self._kept[url] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def verify(self, message: Mapping[str, Any], now: datetime) -> None:
        """Raise ``Refused("signature_invalid")`` unless the message is signed by a certificate that is here."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        certificate, signed, version = self._kept.get(str(message.get("SigningCertURL"))), text_to_sign(message), message.get("SignatureVersion")
        if certificate is None or signed is None or version not in ("1", "2") or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Refused("signature_invalid")
        key = certificate.public_key()
        try:
            signature = base64.b64decode(str(message.get("Signature")), validate=True)
            if not isinstance(key, rsa.RSAPublicKey):
                raise InvalidSignature
            # Version 1 is SHA-1, which Amazon still sends where nobody asked for the other.
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())
        except (binascii.Error, InvalidSignature, ValueError):
            raise Refused("signature_invalid") from None
