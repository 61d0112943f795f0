"""Commands as in a chat, and following what came of them, over the hub's own socket and over its address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cli.conftest import RunningHub, serving

from leverframe.web import levers

SERVICES = """
[runners.quick]
kind = "simulated"
seconds = 0

[services.web-app.environments.staging]
runner = "quick"

[services.web-app.environments.production]
runner = "quick"
approvals = { required = 1 }

[services.docs.environments.site]
runner = "broken"

[runners.broken]
kind = "simulated"
seconds = 0
outcome = "fail"

[runners.simulated]
seconds = 0

[dispatches.'acme/site']
window = '0'
runner = 'simulated'

[roles.deployer]
allow = ["deploy web-app staging", "deployments.read"]
"""
DEP = re.compile(r"^(dep_[0-9a-z]{13})$", re.MULTILINE)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with two services, whose runs take no time."""
    kept, levers.LOOK_S = levers.LOOK_S, 0.05
    try:
        with serving(tmp_path_factory.mktemp("hub"), more=SERVICES) as running:
            yield running
    finally:
        levers.LOOK_S = kept


def made(out: str) -> str:
    """Return the id that a command printed."""
    found = DEP.search(out)
    assert found is not None, out
    return found[1]


def test_a_command_is_given_as_in_a_chat(hub: RunningHub) -> None:
    """Words or one line in quotes, the line's own options after it; what is answered, and the id that follows."""
    ran = hub.run("do", "deploy", "web-app", "staging", "main", "version=1 2")
    assert (ran.status, ran.err) == (0, "") and ran.out.startswith("🚀 Deployment requested: web-app → staging")
    whole = hub.run("deployments", "show", made(ran.out), "--json").document
    assert (whole["ref"], whole["parameters"], whole["requested_by"]) == ("main", {"version": "1 2"}, "operator")
    assert "web-app → staging" in hub.run("do", "status web-app").out
    locked = hub.run("do", "lock", "docs", "site", "moving house", "--for", "2h")
    assert locked.status == 0 and "moving house (until 2" in locked.out, locked.out  # --for was once a part of the reason, and the lock had no end
    listed = hub.run("do", "--json", "status").document
    assert "moving house" in listed["text"] and (listed["ok"], listed["deployment"]) == (True, None)
    again = hub.run("do", "lock", "docs", "site", "moving -- house", "--for=30m")
    assert again.status == 0 and "moving -- house (until 2" in again.out, again.out
    assert hub.run("do", "unlock docs site").status == 0


def test_a_deployment_is_followed_to_its_end(hub: RunningHub) -> None:
    """Each step on stderr, the card at the end; 0 when it succeeded, 1 when it failed."""
    good = hub.run("do", "--wait", "deploy", "web-app", "staging", "release/8")
    assert good.status == 0 and "✅ Deployment succeeded: web-app → staging" in good.out and "🚀" in good.err
    bad = hub.run("do", "--wait", "deploy docs site")
    assert bad.status == 1 and "❌ Deployment failed: docs → site" in bad.out and "Error: exit status 1" in bad.out
    again = hub.run("deployments", "show", made(bad.out), "--wait", "--json")
    assert again.status == 1 and (again.document["state"], again.document["code"], again.err) == ("failed", "run_failed", "")
    assert hub.run("do", "--wait", "status").status == 0


def test_deployments_are_listed_and_shown(hub: RunningHub) -> None:
    """By service, environment and state, the newest first; one with its card and all that happened."""
    for version in ("v0", "v1"):
        id = made(hub.run("do", "--wait", f"deploy web-app staging {version}").out)
    listed = hub.run("deployments", "--service", "web-app", "--env", "staging", "--state", "succeeded")
    assert listed.status == 0 and listed.out.splitlines()[1].startswith(id) and "v1" in listed.out
    first = hub.run("deployments", "list", "--limit", "1")
    assert first.err == f"… more: --before {id} --limit 1\n"
    assert [one["id"] for one in hub.run("deployments", "--limit", "1", "--json").document["deployments"]] == [id]
    shown = hub.run("deployments", "show", id)
    assert "✅ Deployment succeeded" in shown.out and "lane_entered" in shown.out and "[" not in shown.out.partition("\n")[0]


def test_what_would_happen_is_told_without_doing_it(hub: RunningHub) -> None:
    """The line is read, its permission looked at, and nothing is done."""
    assert hub.run("do", "--wait", "deploy web-app staging").status == 0  # then nothing is under way there
    before = len(hub.run("deployments", "--json").document["deployments"])
    ran = hub.run("do", "--dry-run", "deploy", "web-app", "production")
    assert (ran.status, ran.out) == (0, "It would wait for approval: 1 of whoever may approve.\n")
    assert hub.run("do", "--dry-run", "--json", "deploy web-app staging").document["would"] == ["It would start at once, on quick."]
    assert len(hub.run("deployments", "--json").document["deployments"]) == before


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["deplyo", "web-app", "staging"], 1, "Did you mean"), (["deploy", "web-app", "moon"], 1, "staging"), (["deploy"], 1, "deploy SERVICE ENV"),
        (["approve", "dep_0000000000001"], 1, "There is no deployment of this id."), (["deploy web-app staging\x1b[31m"], 1, "U+001B"),
        (["--room", "#dev", "deploy web-app staging"], 2, "room_unknown"),
    ])  # fmt: skip
def test_a_refusal_says_what_a_chat_would(hub: RunningHub, words: list[str], status: int, said: str) -> None:
    """On stderr, with what may have been meant; the code with --json."""
    ran = hub.run("do", *words)
    assert (ran.status, ran.out) == (status, "") and said in ran.err and "\x1b" not in ran.err
    problem = hub.run("do", "--json", *words)
    assert problem.status == status and '"code"' in problem.err and problem.out == ""


def test_a_key_does_nothing_twice(hub: RunningHub) -> None:
    """The second time the first answer is printed."""
    first, second = (hub.run("do", "--key", "build-7", "deploy web-app staging").out for _ in range(2))
    assert first == second and made(first)


def test_a_token_does_what_it_may_at_the_hubs_address(hub: RunningHub) -> None:
    """Over --url the token's grants decide: its own lever, and no other."""
    token = hub.run("tokens", "create", "ci", "--grant", "deploy web-app staging", "--grant", "deployments.read").out.strip()
    there = ["--url", f"http://127.0.0.1:{hub.port}", "--token", token]
    assert hub.run("do", *there, "--wait", "deploy web-app staging").status == 0
    refused = hub.run("do", *there, "deploy docs site")
    assert refused.status == 1 and "You may not do this: deploy docs site" in refused.err
    assert hub.run("do", *there, "--json", "deploy docs site").err.count("not_allowed") == 1


@pytest.mark.parametrize("arguments", [["do"], ["deployments", "show"], ["deployments", "list", "--limit", "0"]])
def test_wrong_usage_is_told_apart(hub: RunningHub, arguments: list[str]) -> None:
    """What cannot be meant ends with 2, before the hub is asked."""
    ran = hub.run(*arguments)
    assert (ran.status, ran.out) == (2, "")


def test_a_hub_that_is_not_there_is_a_refusal(tmp_path_factory: pytest.TempPathFactory, hub: RunningHub) -> None:
    """The code says that nothing runs, and the command ends with 1."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "leverframe.toml"
    elsewhere.write_text('[hub]\nurl = "http://127.0.0.1:9"\n')
    ran = hub.run("do", "--config", str(elsewhere), "deploy web-app staging")
    assert ran.status == 1 and ran.err.startswith("hub_not_running: ")
    assert hub.run("deployments", "--config", str(elsewhere)).err.startswith("hub_not_running: ")


def test_in_korean(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A hub that speaks Korean answers in Korean; ids, states and codes stay."""
    with serving(tmp_path_factory.mktemp("korean"), locale="ko", more=SERVICES) as korean:
        ran = korean.run("do", "--wait", "배포 web-app staging")
        assert ran.status == 0 and "🚀 배포 요청: web-app → staging 처리 중..." in ran.out and "✅ 배포 성공" in ran.out
        assert "서비스" in korean.run("deployments").out and "succeeded" in korean.run("deployments").out
        assert "권한" in korean.run("do", "--dry-run", "status").out + korean.run("do", "--dry-run", "lock web-app staging").out


def test_a_workflow_is_started_from_the_command_line(hub: RunningHub) -> None:
    """The payload comes from a file or the standard input; --wait ends with the run, list and show tell who asked and why."""
    file = hub.folder / "post.json"
    file.write_text('{"post": {"id": 7}}')
    ran = hub.run("dispatch", "acme/site", "--payload", str(file), "--reason", "a post was edited", "--wait")
    assert ran.status == 0 and "succeeded · acme/site webhook" in ran.out, ran.err
    id = made(ran.out)
    assert hub.run("dispatches", "show", id, "--json").document["client_payload"] == {"post": {"id": 7}}
    assert id in hub.run("dispatches").out and "a post was edited" in hub.run("dispatches", "show", id).out
    refused = hub.run("dispatch", "acme/site", "x" * 101)
    assert refused.status == 1 and "dispatch_type_invalid" in refused.err
    assert "deployment_not_failed" in hub.run("dispatches", "retry", id).err
    file.write_text("[1]")
    assert hub.run("dispatch", "acme/site", "--payload", str(file)).status == 2


def test_people_are_asked_from_the_command_line(hub: RunningHub) -> None:
    """Asked, waited for, decided by a command; --wait ends with the decision."""
    asked = hub.run("approvals", "ask", "acme/web", "Release 1.2?", "--env", "production", "--policy", '{"self": true}')
    assert asked.status == 0 and asked.out.startswith("pending · Release 1.2?"), asked.err
    id = made(asked.out)
    assert hub.run("do", "approve", id).status == 0
    waited = hub.run("approvals", "wait", id, "--until", "ended")
    assert waited.status == 0 and "approved · done · Release 1.2?" in waited.out and "+ operator" in waited.out
    assert id in hub.run("approvals").out and "Release 1.2?" in hub.run("approvals", "show", id).out
    other = made(hub.run("approvals", "ask", "acme/web", "Another?").out)
    assert "cancelled" in hub.run("approvals", "cancel", other).out and hub.run("approvals", "wait", other).status == 1
    assert hub.run("approvals", "ask", "acme/web", "x", "--on-approve", "{").status == 2 and "approval_unknown" in hub.run("approvals", "show", "dep_0000000000000").err
