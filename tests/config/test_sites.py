"""``[sites]``: what is taken, and everything that can be wrong, each at its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakes.gcs import Google

from leverframe.config import Config, ConfigErrors, load, sites

RIGHT = """
[sites.blog]
title = { en = "Team blog", ko = "팀 블로그" }
storage = "file:./content"
repository = "acme/blog"
files = "/images/"
refresh = "1m"
[sites.blog.collections.authors]
key = "authors/{slug}.json"
format = "json"
[sites.blog.collections.authors.fields]
name = { required = true }
[sites.blog.collections.posts]
key = "posts/{slug}.md"
[sites.blog.collections.posts.fields]
title = { label = "Title" }
author = { type = "reference", collection = "authors", many = true }
"""

ELLIPTIC = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read(text: str, tmp_path: Path, environ: dict[str, str] | None = None) -> Config:
    """Load ``text``."""
    (tmp_path / "leverframe.toml").write_text(text)
    return load(tmp_path / "leverframe.toml", environ=environ or {})


def test_a_site_is_read(tmp_path: Path) -> None:
    """What is left out is filled in: the address and the text of an entry are fields, files have an address."""
    settings = read(RIGHT, tmp_path).sites["blog"]
    site, posts = settings.site, settings.site.collections["posts"]
    assert (site.title.ko, site.files, site.files_url, site.event_type, site.refresh_s) == ("팀 블로그", "images", "/images", "webhook", 60.0)
    assert [(field.name, field.type) for field in posts.fields] == [("title", "text"), ("author", "reference"), ("slug", "slug"), ("body", "markdown")]
    assert (posts.body, posts.headline, site.collections["authors"].body) == ("body", "title", "")
    assert [one.name for one in site.referring_to("authors")] == ["posts"] and site.collection_of("posts/안녕.md") == (posts, "안녕")
    assert site.file_at("/images/2026/a.png?x=1") == "images/2026/a.png" and site.file_at("/images/../a") is None and site.file_at("https://x.example/a") is None


@pytest.mark.parametrize(
    ("storage", "kind"),
    [
        ('{ kind = "s3", bucket = "team-blog", endpoint = "https://minio.example.com", access_key_id = "env:ID", secret_access_key = "env:KEY" }', "s3"),
        ('{ kind = "gcs", bucket = "team-blog", service_account_key = "env:KEY" }', "gcs"), ('{ kind = "azure", account = "team", container = "blog", access_key = "env:KEY" }', "azure"),
    ],
)  # fmt: skip
def test_storages_of_every_kind(tmp_path: Path, storage: str, kind: str) -> None:
    """Their secrets are references, and never shown."""
    key = Google().key(client_email="the-key@acme.example") if kind == "gcs" else "the-key"
    config = read(RIGHT.replace('"file:./content"', storage), tmp_path, {"ID": "the-id", "KEY": key})
    assert config.sites["blog"].storage.kind == kind and config.warnings == ()  # type: ignore[attr-defined]
    assert "the-key" not in repr(config.sites) and "the-id" not in repr(config.sites)


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ('storage = "file:./content"', "", "sites.blog.storage", "key_missing"), ('"file:./content"', '"s3://x"', "sites.blog.storage", "value_invalid"),
        ('"file:./content"', '{ kind = "ftp" }', "sites.blog.storage.kind", "value_choice"), ('"file:./content"', '{ kind = "s3" }', "sites.blog.storage.bucket", "key_missing"),
        ('"acme/blog"', '"blog"', "sites.blog.repository", "repository_invalid"), ('"1m"', '"soon"', "sites.blog.refresh", "duration_invalid"),
        ('"/images/"', '"../x"', "sites.blog.files", "value_invalid"), ("[sites.blog]", "[sites.blog]\nurl = 'javascript:x'", "sites.blog.url", "value_invalid"),
        ("[sites.blog]", "[sites.blog]\nfiles_url = '/'", "sites.blog.files_url", "value_invalid"), ("[sites.blog]", "[sites.blog]\ntitel = 'x'", "sites.blog.titel", "key_unknown"),
        ("sites.blog.collections.posts]", "sites.blog.collections.files]", "sites.blog.collections.files", "name_reserved"), ("sites.blog", "sites.Blog", "sites.Blog", "name_invalid"),
        ('"posts/{slug}.md"', '"posts/x.md"', "sites.blog.collections.posts.key", "value_invalid"), ('"posts/{slug}.md"', '"authors/{slug}.json"', "sites.blog.collections.posts.key", "value_invalid"),
        ('collection = "authors"', 'collection = "author"', "sites.blog.collections.posts.fields.author.collection", "value_invalid"),
        ('collection = "authors", ', "", "sites.blog.collections.posts.fields.author.collection", "key_missing"),
        ('{ label = "Title" }', '{ type = "select" }', "sites.blog.collections.posts.fields.title.choices", "key_missing"),
        ('{ label = "Title" }', '{ type = "poem" }', "sites.blog.collections.posts.fields.title.type", "value_choice"),
        ('title = { label = "Title" }', '"a b" = {}', 'sites.blog.collections.posts.fields."a b"', "value_invalid"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, old: str, new: str, key: str, code: str) -> None:
    """One mistake, one finding, at the key that has it."""
    assert old in RIGHT
    text = RIGHT.replace(old, new) if old == "sites.blog" else RIGHT.replace(old, new, 1)
    with pytest.raises(ConfigErrors) as told:
        read(text, tmp_path)
    assert (key, code) in [(finding.key, finding.code) for finding in told.value.findings]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("AIza-secret", "it is not JSON"), ('"secret"', "private_key is not in it"), ("[]", "private_key is not in it"),
        ('{"type": "authorized_user", "client_secret": "secret"}', "private_key is not in it"), ({"client_email": None}, "client_email is not in it"),
        ({"private_key": "secret"}, "its private_key is not an unencrypted private key in PEM"), ({"private_key": ELLIPTIC}, "its private_key is not an RSA key"),
        ({"private_key": f"{ELLIPTIC[:90]}\n-----END PRIVATE KEY-----\n"}, "its private_key is not an unencrypted private key in PEM"),
    ],
)  # fmt: skip
def test_a_key_of_google_that_is_none(tmp_path: Path, key: str | dict[str, Any], why: str) -> None:
    """It is told when the file is read, in words that hold nothing of it, and not by a hub that does not start."""
    with pytest.raises(ConfigErrors) as told:
        read(RIGHT.replace('"file:./content"', '{ kind = "gcs", bucket = "team-blog", service_account_key = "env:KEY" }'), tmp_path, {"KEY": key if isinstance(key, str) else Google().key(**key)})
    assert [(finding.key, finding.code, finding.detail) for finding in told.value.findings] == [("sites.blog.storage.service_account_key", "gcs_key_invalid", why)]


def test_a_key_of_google_that_is_not_here_yet(tmp_path: Path) -> None:
    """Where secrets are not needed, something stands for the key."""
    (tmp_path / "leverframe.toml").write_text(RIGHT.replace('"file:./content"', '{ kind = "gcs", bucket = "team-blog", service_account_key = "env:KEY" }'))
    assert load(tmp_path / "leverframe.toml", environ={}, secrets=False).sites["blog"].storage.kind == "gcs"  # type: ignore[attr-defined]


def test_without_the_extra_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub without obstore says what to install."""
    monkeypatch.setattr(sites, "NEEDED", ("no_such_package",))
    with pytest.raises(ConfigErrors) as told:
        read(RIGHT, tmp_path)
    assert [finding.code for finding in told.value.findings] == ["sites_unavailable"] and "leverframe[sites]" in told.value.findings[0].remedy("ko")
