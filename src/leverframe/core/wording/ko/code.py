"""한국어: 커밋, 브랜치, 태그, 릴리스, 위키, 그리고 저장소를 따르는 사람들."""

from __future__ import annotations

from typing import assert_never

from leverframe.core import payload as reading
from leverframe.core.messages import Inline, Rich, Text
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import count, inside, subject
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.pushes import IN_HEADLINE, Push, is_warning, read_push, read_refs, ref_link
from leverframe.core.wording.told import Told
from leverframe.core.wording.wiki import read_pages

_REFS = {"new_branch": "새 브랜치 ", "tag": "태그 ", "moved_tag": "옮긴 태그 ", "deleted_branch": "삭제한 브랜치 ", "deleted_tag": "삭제한 태그 "}


def _several(told: Told, refs: list[Push]) -> Rich:
    """여러 ref를 한 번에 푸시한 것: 앞의 몇 개에 무엇을 했는지."""
    found: list[Inline] = []
    for one in refs[:IN_HEADLINE]:
        done = "강제 푸시" if one.kind == "forced" else ""
        more = ", ".join(part for part in (done, count(one.commits, "커밋") if one.commits else "") if part)
        found += [Text(", " if found else ": "), Text(_REFS.get(one.kind, "")), *one.ref_shown, Text(f" ({more})" if more else "")]
    left = f" 외 {len(refs) - IN_HEADLINE}개" if len(refs) > IN_HEADLINE else ""
    warned = "⚠️ " if is_warning(refs) else ""
    return phrase(
        "{warned}{who} {inside}{count}를 푸시했습니다{refs}{left}",
        warned=warned, who=subject(told), count=count(len(refs), "ref"), inside=inside(told, "에 "), refs=tuple(found), left=left,
    )  # fmt: skip


def push(told: Told) -> Rich:
    if refs := read_refs(told):
        return _several(told, refs)
    done = read_push(told)
    who, ref, commits = subject(told), done.ref_shown, done.count(count(done.commits, "커밋"))
    match done.kind:
        case "branch" if done.commits:
            return phrase("{who} {inside}{ref} 브랜치에 {commits}를 푸시했습니다", who=who, commits=commits, ref=ref, inside=inside(told))
        case "branch":
            return phrase("{who} {inside}{ref} 브랜치에 푸시했습니다", who=who, ref=ref, inside=inside(told))
        case "new_branch" if done.commits:
            return phrase(
                "{who} {inside}{ref} 브랜치를 만들고 {commits}를 푸시했습니다",
                who=who,
                commits=commits,
                ref=ref,
                inside=inside(told, "에 "),
            )
        case "new_branch":
            return phrase("{who} {inside}{ref} 브랜치를 만들었습니다", who=who, ref=ref, inside=inside(told, "에 "))
        case "forced" if done.commits:
            return phrase(
                "⚠️ {who} {inside}{ref} 브랜치에 {commits}를 강제 푸시했습니다", who=who, commits=commits, ref=ref, inside=inside(told)
            )
        case "forced":
            return phrase("⚠️ {who} {inside}{ref} 브랜치에 강제 푸시했습니다", who=who, ref=ref, inside=inside(told))
        case "deleted_branch":
            return phrase("{who} {inside}{ref} 브랜치를 삭제했습니다", who=who, ref=ref, inside=inside(told))
        case "tag":
            return phrase("{who} {inside}{ref} 태그를 푸시했습니다", who=who, ref=ref, inside=inside(told, "에 "))
        case "moved_tag":
            return phrase("⚠️ {who} {inside}{ref} 태그를 옮겼습니다", who=who, ref=ref, inside=inside(told))
        case "deleted_tag":
            return phrase("{who} {inside}{ref} 태그를 삭제했습니다", who=who, ref=ref, inside=inside(told))
        case _:
            assert_never(done.kind)


_REF_TYPES = {"branch": "브랜치", "tag": "태그", "repository": "저장소"}


def create(told: Told) -> Rich:
    ref, kind = told.text("ref"), _REF_TYPES.get(told.text("ref_type"), "참조")
    if kind == "저장소" or not ref:
        return phrase("{who} {inside}{kind}를 만들었습니다", who=subject(told), kind=kind, inside=inside(told, " "))
    return phrase(
        "{who} {inside}{ref} {kind}를 만들었습니다", who=subject(told), kind=kind, ref=ref_link(told, ref), inside=inside(told, "에 ")
    )


def delete(told: Told) -> Rich:
    kind = _REF_TYPES.get(told.text("ref_type"), "참조")
    return phrase("{who} {inside}{ref} {kind}를 삭제했습니다", who=subject(told), kind=kind, ref=told.named("ref"), inside=inside(told))


def commit_comment(told: Told) -> Rich:
    if told.action != "created":
        return general(told)
    sha = told.text("comment", "commit_id")[:7]
    commit = told.linked(f"커밋 {sha}".strip(), "comment", "html_url")
    return phrase("{who} {inside}{commit}에 댓글을 남겼습니다", who=subject(told), commit=commit, inside=inside(told))


def gollum(told: Told) -> Rich:
    pages = read_pages(told)
    more = f" 외 {pages.more}개" if pages.more else ""
    verb = "삭제했습니다" if pages.deleted else "만들고 수정했습니다" if pages.created and pages.edited else "만들었습니다" if pages.created else "수정했습니다"
    return phrase(
        "{who} 위키 페이지를 {verb}{colon}{pages}{more}{inside}",
        who=subject(told), verb=verb, colon=": " if pages.links else "", pages=pages.listed, more=more,
        inside=f" ({told.repo})" if told.repo else "",
    )  # fmt: skip


def fork(told: Told) -> Rich:
    name = told.text("forkee", "full_name") or "?"
    return phrase(
        "{who} {repo}저장소를 {copy}{to} 포크했습니다",
        who=subject(told), repo=inside(told, " "), copy=told.linked(name, "forkee", "html_url"), to=particle(name, "으로/로"),
    )  # fmt: skip


def watch(told: Told) -> Rich:
    return star(told) if told.action == "started" else general(told)


def star(told: Told) -> Rich:
    if told.action == "deleted":
        return phrase("{who} {repo}저장소의 스타를 취소했습니다", who=subject(told), repo=inside(told, " "))
    return phrase("⭐ {who} {repo} 저장소에 스타를 눌렀습니다", who=subject(told), repo=told.repo_link())


_RELEASE = {
    "created": "{who} {at}{it} {kind} 만들었습니다",
    "deleted": "{who} {inside}{it} {kind} 삭제했습니다",
    "edited": "{who} {inside}{it} {kind} 수정했습니다",
    "prereleased": "🚀 {who} {inside}{it} 사전 릴리스를 공개했습니다",
    "published": "🚀 {who} {inside}{it} {kind} 공개했습니다",
    "released": "🚀 {who} {inside}{it} 정식 릴리스를 공개했습니다",
    "unpublished": "{who} {inside}{it} {kind} 비공개로 되돌렸습니다",
}


def release(told: Told) -> Rich:
    if told.action not in _RELEASE:
        return general(told)
    is_draft, is_early = (reading.flag(told.payload, "release", key) for key in ("draft", "prerelease"))
    kind = "릴리스 초안" if is_draft else "사전 릴리스" if is_early else "릴리스"
    kind += particle(kind, "을/를")
    return phrase(_RELEASE[told.action], who=subject(told), kind=kind, it=told.release(), inside=inside(told), at=inside(told, "에 "))


def package(told: Told) -> Rich:
    verb = {"published": "게시했습니다", "updated": "업데이트했습니다"}.get(told.action)
    if verb is None:
        return general(told)
    return phrase("📦 {who} {inside}{it} 패키지를 {verb}", who=subject(told), verb=verb, it=told.package(), inside=inside(told))


def registry_package(told: Told) -> Rich:
    return package(told)
