"""Between an entry's id and the name of its object: ``posts/{slug}.md``. Also what a name may be, made of a title or of a file's name."""

from __future__ import annotations

import re
import unicodedata
from typing import Self

import msgspec

LONGEST_BYTES = 200
"""Of a part between slashes, in UTF-8: file systems take 255, and names grow where they are encoded."""
LONGEST_KEY_BYTES = 900
"""S3's limit is 1024: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(\*?)\}")


class PatternInvalid(ValueError):
    """It is no pattern: ``args[0]`` says why."""


class KeyPattern(msgspec.Struct, frozen=True, kw_only=True):
    """``before{name}after``; with ``deep`` (``{name*}``) an id may hold slashes."""

    before: str
    name: str
    """The field that is the id."""
    after: str
    deep: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the pattern that ``text`` writes; raises :class:`PatternInvalid`."""
        places = _PLACE.findall(text)
        if len(places) != 1:
            raise PatternInvalid("write one name in braces: posts/{slug}.md")
        before, after = _PLACE.split(text)[0], _PLACE.split(text)[3]
        if any(brace in before + after for brace in "{}"):
            raise PatternInvalid("braces stand around one name of small letters: {slug}, or {slug*} for names with slashes")
        if text.startswith("/") or "//" in text or _unprintable(text) or "\\" in text or any(part in (".", "..") for part in text.split("/")):
            raise PatternInvalid("a name in a bucket neither begins with a slash nor has an empty part, . or ..")
        if text.endswith("/"):
            raise PatternInvalid("it must end in the name of a file")
        return cls(before=before, name=places[0][0], after=after, deep=bool(places[0][1]))

    @property
    def prefix(self) -> str:
        """The folder that all objects are in, with its slash; empty at the top."""
        return self.before[: self.before.rfind("/") + 1]

    def __str__(self) -> str:
        return f"{self.before}{{{self.name}{'*' if self.deep else ''}}}{self.after}"

    def key_of(self, id: str) -> str:
        """Return the name of the object of ``id``, which :func:`id_problem` has nothing against."""
        return f"{self.before}{id}{self.after}"

    def id_of(self, key: str) -> str | None:
        """Return the id of the object ``key``; ``None`` when it is none of this pattern."""
        if not key.startswith(self.before) or not key.endswith(self.after) or len(key) <= len(self.before) + len(self.after):
            return None
        id = key[len(self.before) : len(key) - len(self.after)]
        return id if id_problem(id, deep=self.deep) is None else None


def id_problem(id: str, *, deep: bool) -> str | None:
    """Return a code of ``validating.PROBLEMS`` when ``id`` cannot be part of an object's name, else ``None``.

    Korean, emoji, spaces and dots are fine. A slash is where the pattern says so; what climbs out of a folder or hides never is.
    """
    if not id:
        return "required"
    if _unprintable(id) or "\\" in id:
        return "id_character"
    parts = id.split("/")
    if len(parts) > 1 and not deep:
        return "id_slash"
    if any(not part or part in (".", "..") or part != part.strip() for part in parts):
        return "id_part"
    if any(len(part.encode("utf-8", "surrogatepass")) > LONGEST_BYTES for part in parts) or len(id.encode("utf-8", "surrogatepass")) > LONGEST_KEY_BYTES - 200:
        return "too_long"
    return None


def slug_of(title: str) -> str:
    """Return an id made of a title: letters and digits of any script in lower case, ``-`` between; empty when nothing is left."""
    words = "".join(letter if unicodedata.category(letter)[0] in "LNM" else "-" for letter in unicodedata.normalize("NFC", title).lower())
    return _cut("-".join(part for part in words.split("-") if part), 120).strip("-")


def file_name(given: str) -> str:
    """Return a safe name for an upload that somebody's browser calls ``given``: never a path, a hidden file, or longer than it may be.

    Korean and emoji stay. What addresses, shells, file systems and Markdown read as something else becomes ``-``.
    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    kept = "".join("-" if _unprintable(letter) or letter in '<>:"|?*#%{}^~[]()`&;$!\'@+,=' or letter.isspace() else letter for letter in name)
    stem, dot, ending = kept.lstrip(".-").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    ending = re.sub(r"[^a-z0-9]", "", ending.lower())[:10]
    stem = _cut(re.sub(r"-{2,}", "-", stem).strip("-. "), 120) or "file"
    return f"{stem}.{ending}" if ending else stem


def _cut(text: str, most_bytes: int) -> str:
    return text.encode("utf-8", "replace")[:most_bytes].decode("utf-8", "ignore")


def _unprintable(text: str) -> bool:
    """Return whether ``text`` holds what nobody sees: controls, directions, lone surrogates. Joiners stay: emoji are made with them."""
    return any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff" for letter in text)
