"""Yobi's JSON: what its document shows, to the byte, and what bare git does not know."""

from __future__ import annotations

import msgspec
from payloads.occasions import FIXTURES, github_event, occasion, of_github, rendered, sending

from leverframe.core.projects import Project, Pusher
from leverframe.payloads.yobi import Yobi
from leverframe.ports.payloads import Ignored, Payload

HELLO = Pusher(login="hello", name="hello", email="hello@hello.com", id=2, avatar="/assets/images/default-avatar-128.png")
PROJECT = Project(
    name="hello/dddeeee", id=33, overview="eee", private=False, web="/hello/dddeeee", commit_url="http://localhost:9000/dddeeee/commit/{id}",
)  # fmt: skip


def test_the_document_s_example_comes_out_to_the_byte() -> None:
    """A push of bare git, with what the settings know of project and pusher, is the JSON of Yobi's own page."""
    body = (FIXTURES / "push__yobi.json").read_bytes()
    payload = Yobi().render(occasion(github_event(body, "push"), body, project=PROJECT, pushers={"hello@hello.com": HELLO}))
    assert isinstance(payload, Payload)
    assert payload.body == (FIXTURES / "push__yobi.out.json").read_bytes().strip()


def test_a_push_of_github_needs_no_settings() -> None:
    """What GitHub tells is used as it is."""
    found = rendered(Yobi(), of_github("push"))
    assert found["ref"] == ["refs/tags/simple-tag"]
    assert found["repository"] == {
        "id": 186853002, "name": "Hello-World", "owner": "Codertocat", "html_url": "https://github.com/Codertocat/Hello-World", "overview": "",
        "private": False,
    }  # fmt: skip
    assert found["sender"]["login"] == "Codertocat" and found["pusher"]["name"] == "Codertocat"
    assert found["commits"] == [] and found["head_commit"]["timestamp"] == "2019-05-15T15:20:41+0000"


def test_all_refs_of_a_push_are_in_one_payload() -> None:
    """A source that hears several refs at once names them in refs; ref is an array in any case. The newest commit comes first, none twice."""
    body = msgspec.json.encode({
        "ref": "refs/heads/a", "head_commit": {"id": "2"}, "commits": [{"id": "1"}, {"id": "2"}, {"id": "3"}], "repository": {"full_name": "a/b"},
        "refs": [{"ref": "refs/heads/a", "commits": [{"id": "1"}, {"id": "2"}]}, {"ref": "refs/heads/b", "commits": [{"id": "1"}, {"id": "3"}]}, {"ref": "refs/tags/v1"}, 7],
    })  # fmt: skip
    found = rendered(Yobi(), occasion(github_event(body, "push"), body))
    assert found["ref"] == ["refs/heads/a", "refs/heads/b", "refs/tags/v1"]
    assert [one["id"] for one in found["commits"]] == ["2", "1", "3"] and found["head_commit"]["id"] == "2"
    one = b'{"ref":"refs/heads/a","commits":[{"id":"1"},{"id":"2"}],"repository":{"full_name":"a/b"}}'
    assert [commit["id"] for commit in rendered(Yobi(), occasion(github_event(one, "push"), one))["commits"]] == ["2", "1"]


def test_a_push_without_commits_has_no_head() -> None:
    """A branch that was deleted."""
    body = b'{"ref":"refs/heads/gone","deleted":true,"commits":[],"head_commit":null,"repository":{"full_name":"a/b"}}'
    found = rendered(Yobi(), occasion(github_event(body, "push"), body))
    assert (found["commits"], found["head_commit"], found["repository"]["html_url"]) == ([], None, "/a/b")


def test_an_afternoon_is_not_a_morning() -> None:
    """Yobi wrote 13:05 as 01:05; this does not."""
    body = b'{"ref":"refs/heads/a","commits":[{"id":"1","timestamp":"2026-01-01T13:05:00+09:00"}],"repository":{"full_name":"a/b"}}'
    assert rendered(Yobi(), occasion(github_event(body, "push"), body))["commits"][0]["timestamp"] == "2026-01-01T13:05:00+0900"


def test_whatever_a_payload_holds_a_payload_comes_out() -> None:
    """Every field may be missing or of another type."""
    for body in (b"{}", b'{"commits":[null,{"id":{}},{"timestamp":"x"}],"sender":[],"pusher":1,"repository":"x","ref":[],"refs":{}}'):
        assert set(rendered(Yobi(), occasion(github_event(body, "push"), body))) == {"ref", "commits", "head_commit", "sender", "pusher", "repository"}


def test_it_tells_of_pushes_only() -> None:
    """Anything else is ignored, with the reason."""
    assert Yobi().render(of_github("issues__edited")) == Ignored("the format yobi sends pushes only")


def test_the_secret_is_sent_as_its_successor_sends_it_and_signatures_beside_it() -> None:
    """Without a secret there is neither."""
    payload = Yobi().render(of_github("push"))
    assert isinstance(payload, Payload)
    headers = Yobi().sign(payload, sending("new", "old"))
    assert headers["Authorization"] == "token new" and headers["User-Agent"] == "Yobi-Hookshot"
    assert headers["webhook-signature"].count("v1,") == 2
    assert Yobi().sign(payload, sending()).keys() == {"Content-Type", "User-Agent", "webhook-id", "webhook-timestamp"}
