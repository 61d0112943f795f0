"""Korean particles follow the sound of the word before them."""

from __future__ import annotations

import pytest

from leverframe.core.wording.particles import Pair, particle

PARTICLES: list[tuple[str, Pair, str]] = [
    ("이슈", "을/를", "를"),
    ("토론", "을/를", "을"),
    ("웹훅", "은/는", "은"),
    ("커밋", "이/가", "이"),
    ("배포", "과/와", "와"),
    ("길", "으로/로", "로"),
    ("길", "을/를", "을"),
    ("집", "으로/로", "으로"),
    ("저장소", "으로/로", "로"),
    ("#10", "을/를", "을"),
    ("#12", "을/를", "를"),
    ("#3", "이/가", "이"),
    ("#6", "으로/로", "으로"),
    ("v1", "으로/로", "로"),
    ("v7", "으로/로", "로"),
    ("v8", "을/를", "을"),
    ("2026", "은/는", "은"),
    ("1.5", "과/와", "와"),
    ("PR", "을/를", "을"),
    ("PR", "으로/로", "로"),
    ("URL", "으로/로", "로"),
    ("API", "을/를", "를"),
    ("CI", "이/가", "가"),
    ("main", "으로/로", "으로"),
    ("master", "을/를", "를"),
    ("team", "은/는", "은"),
    ("staging", "으로/로", "으로"),
    ("release", "을/를", "를"),
    ("module", "으로/로", "로"),
    ("table", "을/를", "을"),
    ("home", "을/를", "을"),
    ("acme", "으로/로", "로"),
    ("app", "이/가", "이"),
    ("web", "으로/로", "으로"),
    ("bot", "이/가", "이"),
    ("dependabot[bot]", "이/가", "이"),
    ("rollback", "을/를", "을"),
    ("test", "을/를", "를"),
    ("bug", "으로/로", "로"),
    ("feature/cart-2", "을/를", "를"),
    ("Hello-World.", "을/를", "를"),
    ('"홈"', "을/를", "을"),
    ("中文", "을/를", "을(를)"),
    ("🚀", "이/가", "이(가)"),
    ("", "으로/로", "(으)로"),
    ("???", "은/는", "은(는)"),
    ("ㅋㅋ", "과/와", "과(와)"),
]


@pytest.mark.parametrize(("word", "pair", "expected"), PARTICLES)
def test_a_particle_fits_its_word(word: str, pair: Pair, expected: str) -> None:
    """Hangul by its final consonant, digits as they are read, Latin words as they sound; both forms when nobody can tell."""
    assert particle(word, pair) == expected
