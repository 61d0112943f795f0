"""English: commits, branches, tags, releases, the wiki, and who follows them."""

from __future__ import annotations

from typing import assert_never

from leverframe.core import payload as reading
from leverframe.core.messages import Inline, Rich, Text
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import count, inside, subject
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.pushes import IN_HEADLINE, Push, is_warning, read_push, read_refs, ref_link
from leverframe.core.wording.told import Told
from leverframe.core.wording.wiki import read_pages

_REFS = {"new_branch": "new branch ", "tag": "tag ", "moved_tag": "moved tag ", "deleted_branch": "deleted ", "deleted_tag": "deleted tag "}


def _several(told: Told, refs: list[Push]) -> Rich:
    """A push of several refs, as git does it: what was done to each of the first."""
    found: list[Inline] = []
    for one in refs[:IN_HEADLINE]:
        done = "force-pushed" if one.kind == "forced" else ""
        more = ", ".join(part for part in (done, count(one.commits, "commit") if one.commits else "") if part)
        found += [Text(", " if found else ": "), Text(_REFS.get(one.kind, "")), *one.ref_shown, Text(f" ({more})" if more else "")]
    left = f" and {len(refs) - IN_HEADLINE} more" if len(refs) > IN_HEADLINE else ""
    warned = "⚠️ " if is_warning(refs) else ""
    return phrase(
        "{warned}{who} pushed {count}{inside}{refs}{left}",
        warned=warned, who=subject(told), count=count(len(refs), "ref"), inside=inside(told, " to "), refs=tuple(found), left=left,
    )  # fmt: skip


def push(told: Told) -> Rich:
    if refs := read_refs(told):
        return _several(told, refs)
    done = read_push(told)
    who, ref, commits = subject(told), done.ref_shown, done.count(count(done.commits, "commit"))
    match done.kind:
        case "branch" if done.commits:
            return phrase("{who} pushed {commits} to {ref}{inside}", who=who, commits=commits, ref=ref, inside=inside(told))
        case "branch":
            return phrase("{who} pushed to {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case "new_branch" if done.commits:
            return phrase("{who} created branch {ref}{inside} with {commits}", who=who, commits=commits, ref=ref, inside=inside(told))
        case "new_branch":
            return phrase("{who} created branch {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case "forced" if done.commits:
            return phrase("⚠️ {who} force-pushed {commits} to {ref}{inside}", who=who, commits=commits, ref=ref, inside=inside(told))
        case "forced":
            return phrase("⚠️ {who} force-pushed {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case "deleted_branch":
            return phrase("{who} deleted branch {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case "tag":
            return phrase("{who} pushed tag {ref}{inside}", who=who, ref=ref, inside=inside(told, " to "))
        case "moved_tag":
            return phrase("⚠️ {who} moved tag {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case "deleted_tag":
            return phrase("{who} deleted tag {ref}{inside}", who=who, ref=ref, inside=inside(told))
        case _:
            assert_never(done.kind)


def create(told: Told) -> Rich:
    ref, kind = told.text("ref"), told.text("ref_type")
    if kind == "repository" or not ref:
        return phrase("{who} created {what}{inside}", who=subject(told), what=kind or "something", inside=inside(told, " "))
    return phrase("{who} created {kind} {ref}{inside}", who=subject(told), kind=kind or "ref", ref=ref_link(told, ref), inside=inside(told))


def delete(told: Told) -> Rich:
    return phrase(
        "{who} deleted {kind} {ref}{inside}", who=subject(told), kind=told.text("ref_type") or "ref", ref=told.named("ref"), inside=inside(told)
    )


def commit_comment(told: Told) -> Rich:
    if told.action != "created":
        return general(told)
    sha = told.text("comment", "commit_id")[:7]
    commit = told.linked(f"commit {sha}".strip(), "comment", "html_url")
    return phrase("{who} commented on {commit}{inside}", who=subject(told), commit=commit, inside=inside(told))


def gollum(told: Told) -> Rich:
    pages = read_pages(told)
    noun = "the wiki page " if len(pages.links) == 1 and not pages.more else "the wiki pages " if pages.links else "the wiki"
    more = f" and {pages.more} more" if pages.more else ""
    verb = "deleted" if pages.deleted else "created and edited" if pages.created and pages.edited else "created" if pages.created else "edited"
    return phrase(
        "{who} {verb} {noun}{pages}{more}{inside}",
        who=subject(told), verb=verb, noun=noun, pages=pages.listed, more=more, inside=inside(told),
    )  # fmt: skip


def fork(told: Told) -> Rich:
    copy = told.linked(told.text("forkee", "full_name") or "?", "forkee", "html_url")
    return phrase("{who} forked{repo} to {copy}", who=subject(told), repo=inside(told, " "), copy=copy)


def watch(told: Told) -> Rich:
    return star(told) if told.action == "started" else general(told)


def star(told: Told) -> Rich:
    if told.action == "deleted":
        return phrase("{who} removed their star{inside}", who=subject(told), inside=inside(told, " from "))
    return phrase("⭐ {who} starred {repo}", who=subject(told), repo=told.repo_link())


_RELEASE = {
    "created": "{who} created {kind} {it}{inside}",
    "deleted": "{who} deleted {kind} {it}{inside}",
    "edited": "{who} edited {kind} {it}{inside}",
    "prereleased": "🚀 {who} published pre-release {it}{inside}",
    "published": "🚀 {who} published {kind} {it}{inside}",
    "released": "🚀 {who} released {it}{inside}",
    "unpublished": "{who} unpublished {kind} {it}{inside}",
}


def release(told: Told) -> Rich:
    if told.action not in _RELEASE:
        return general(told)
    is_draft, is_early = (reading.flag(told.payload, "release", key) for key in ("draft", "prerelease"))
    kind = "draft release" if is_draft else "pre-release" if is_early else "release"
    return phrase(_RELEASE[told.action], who=subject(told), kind=kind, it=told.release(), inside=inside(told))


def package(told: Told) -> Rich:
    verb = {"published": "published", "updated": "updated"}.get(told.action)
    if verb is None:
        return general(told)
    return phrase("📦 {who} {verb} package {it}{inside}", who=subject(told), verb=verb, it=told.package(), inside=inside(told))


def registry_package(told: Told) -> Rich:
    return package(told)
