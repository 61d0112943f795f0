"""Names of objects: patterns, ids of every script, and names made of titles and of what browsers call files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.content.keys import KeyPattern, PatternInvalid, file_name, id_problem, slug_of


@pytest.mark.parametrize("text", ["posts/x.md", "posts/{a}{b}.md", "/posts/{slug}.md", "posts//{slug}.md", "../{slug}.md", "{slug}/", "posts/{Slug}.md", "{slug", "a\\{slug}.md"])
def test_a_pattern_has_one_name_and_stays_in_the_bucket(text: str) -> None:
    """What could lead two ways, or out, is none."""
    with pytest.raises(PatternInvalid):
        KeyPattern.of(text)


@pytest.mark.parametrize("id", ["hello", "한글-이름", "🎉👩‍💻", "v1.2..3", "a b", ".hidden", "50%", "[x]?#"])
def test_ids_of_every_script_are_names(id: str) -> None:
    """There and back; Korean, emoji, dots and blanks are fine."""
    pattern = KeyPattern.of("posts/{slug}.md")
    assert str(pattern) == "posts/{slug}.md" and pattern.prefix == "posts/"
    assert pattern.id_of(pattern.key_of(id)) == id


def test_a_slash_is_where_the_pattern_says_so() -> None:
    """``{slug*}`` takes folders, ``{slug}`` does not."""
    flat, deep = KeyPattern.of("posts/{slug}.md"), KeyPattern.of("posts/{slug*}.md")
    assert flat.id_of("posts/2026/a.md") is None and deep.id_of("posts/2026/a.md") == "2026/a"
    assert deep.id_of("posts/../a.md") is None and deep.id_of("posts//a.md") is None and flat.id_of("posts/.md") is None
    assert id_problem("a/b", deep=False) == "id_slash" and id_problem("a/../b", deep=True) == "id_part" and id_problem("x" * 201, deep=True) == "too_long"


@given(st.text(max_size=300))
def test_whatever_is_made_of_a_title_can_be_an_id(title: str) -> None:
    """Or there is nothing left of it."""
    made = slug_of(title)
    assert made == "" or id_problem(made, deep=False) is None


@given(st.text(max_size=300))
def test_whatever_a_browser_calls_a_file_becomes_a_name(given_name: str) -> None:
    """No path, nothing hidden, nothing long, nothing that an address or a shell reads as something else."""
    made = file_name(given_name)
    assert made and id_problem(made, deep=False) is None and not made.startswith(".") and "/" not in made and len(made.encode()) <= 140
    assert not set(made) & set("<>:\"|?*#%{}&;$' \\")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("사진 1.PNG", "사진-1.png"), ("보고서(최종.png", "보고서-최종.png"), ("photo (1).png", "photo-1.png"), ("../../etc/passwd", "passwd"), ("C:\\Users\\ann\\a b.jpg", "a-b.jpg"), (".htaccess", "htaccess"), ("..", "file"), ("", "file"),
        ("🎉.webp", "🎉.webp"), ("a.tar.gz", "a.tar.gz"), ("x.p h?p", "x.php"), ("\u202egnp.exe", "gnp.exe"),
    ],
)  # fmt: skip
def test_names_of_files(called: str, name: str) -> None:
    """What people see of hostile and of usual names."""
    assert file_name(called) == name
