"""Korean particles, which depend on how the word before them ends when it is read aloud.

A Hangul syllable tells by its final consonant (Unicode, 3.12 "Conjoining Jamo Behavior": ``(code - 0xAC00) % 28``);
digits are read in Sino-Korean; Latin words are read as Korean speakers say them, as far as spelling shows it.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Pair: TypeAlias = Literal["은/는", "이/가", "을/를", "으로/로", "과/와"]
_End: TypeAlias = Literal["vowel", "rieul", "consonant", "unknown"]

# After a consonant, after a vowel, when nobody can tell.
_FORMS: dict[Pair, tuple[str, str, str]] = {
    "은/는": ("은", "는", "은(는)"),
    "이/가": ("이", "가", "이(가)"),
    "을/를": ("을", "를", "을(를)"),
    "으로/로": ("으로", "로", "(으)로"),
    "과/와": ("과", "와", "과(와)"),
}
_DIGITS: dict[str, _End] = {
    "0": "consonant", "1": "rieul", "2": "vowel", "3": "consonant", "4": "vowel",
    "5": "vowel", "6": "consonant", "7": "rieul", "8": "rieul", "9": "vowel",
}  # fmt: skip
_LETTER_NAMES: dict[str, _End] = {"L": "rieul", "R": "rieul", "M": "consonant", "N": "consonant"}
_LAST_READ = 40
_WRITTEN: dict[str, Pair] = {either: pair for pair, (_, _, either) in _FORMS.items()}


def particle(word: str, pair: Pair) -> str:
    """Return the particle of ``pair`` that follows ``word``: ``particle("main", "을/를")`` is ``을``.

    Signs at the end are not read. A word whose sound cannot be told (another script, nothing at all) gets both forms,
    as Korean print does: ``을(를)``.
    """
    after_consonant, after_vowel, either = _FORMS[pair]
    match _end(word):
        case "vowel":
            return after_vowel
        case "rieul":
            return after_vowel if pair == "으로/로" else after_consonant
        case "consonant":
            return after_consonant
        case "unknown":
            return either


def with_particles(text: str) -> str:
    """Return ``text`` with each ``은(는)``, ``이(가)``, ``을(를)``, ``과(와)`` and ``(으)로`` chosen by the word before it."""
    return re.sub(r"은\(는\)|이\(가\)|을\(를\)|과\(와\)|\(으\)로", lambda found: particle(text[: found.start()], _WRITTEN[found.group()]), text)


def _end(word: str) -> _End:
    """Return how ``word`` ends when read aloud."""
    read = word[-_LAST_READ:]
    while read and not read[-1].isalnum():
        read = read[:-1]
    if not read:
        return "unknown"
    last = read[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        return "vowel" if final == 0 else "rieul" if final == 8 else "consonant"
    if last in _DIGITS:
        return _DIGITS[last]
    if not (last.isascii() and last.isalpha()):
        return "unknown"
    start = len(read)
    while start and read[start - 1].isascii() and read[start - 1].isalpha():
        start -= 1
    return _latin(read[start:])


def _latin(word: str) -> _End:
    """Return how a word of Latin letters ends: ``API`` letter by letter, ``main`` as a word."""
    if word.isupper():
        return _LETTER_NAMES.get(word[-1], "vowel")
    word = word.lower()
    if word.endswith(("l", "le")) and len(word) > 2:  # 파일, 모듈
        return "rieul"
    if word.endswith(("m", "n", "ng", "ck")):  # 팀, 메인, 스테이징, 슬랙
        return "consonant"
    if word.endswith(("me", "ne")) and len(word) > 3 and word[-3] in "aeiou":  # 홈, 파이프라인; not 애크미
        return "consonant"
    # A short vowel and then p, t, k or b closes the syllable: 앱, 봇, 웹; test, port and the like do not (테스트).
    if len(word) > 1 and word[-1] in "ptkb" and (word[-2] in "aeiou" or word[-2:] == "pp"):
        return "consonant"
    return "vowel"
