"""Gates from the question to the end of what was to be done: in several rooms, with a GitHub and a receiver that do what theirs do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from clock import VirtualClock
from fakes.github import TOKEN
from patience import waiting
from standardwebhooks import Webhook

from leverframe.core.approvals import Policy
from leverframe.core.errors import Refused
from leverframe.core.gates import Act, Reference
from leverframe.core.messages import Buttons, plain
from leverframe.core.wording.levers import DEPLOYMENT
from leverframe.store import tables
from leverframe.store.tables import deliveries
from leverframe.web.approvals import decision
from work.box import buttons, text
from work.gates import NO, SECRET, YES, hub

pytestmark = pytest.mark.anyio


async def test_a_yes_starts_the_workflow_and_the_card_says_how_it_ended(database_url: str, clock: VirtualClock) -> None:
    """The question is in every room at once; the payload is unchanged, with who decided; nobody reads "approved" before GitHub has taken it."""
    async with hub(database_url, clock) as one:
        gate = await one.ask(text="Database migrations run.", links=(Reference(label="Changes", url="https://github.com/acme/web/compare/a...b"),))
        rows = await one.box.rows(deliveries.select())
        assert {row.destination for row in rows} >= {"slack:#deploys", "teams:#release"} and await one.box.states() == ["waiting"]
        card = await one.box.told_last(DEPLOYMENT)
        assert buttons(card) == {"approve": gate.id, "reject": gate.id, "cancel": gate.id}
        words = plain(card)
        assert words.startswith("✋ Approval needed: Release 1.2") and "Database migrations run." in words and "acme/web → production" in words and "compare/a...b" in words
        assert (await one.now(gate))["decision"] == "pending"
        await one.box.click("ann", "approve", gate.id)
        assert (await one.now(gate))["decision"] == "approved" and "Approved" not in await one.card()
        await one.box.run(seconds=20)
        [sent] = one.fake.dispatched
        assert sent == {"event_type": "deploy", "client_payload": {"build": {"id": 7}, "leverframe": {
            "id": gate.id, "project": "acme/web", "event_type": "deploy", "environment": "production", "approval": gate.id, "decision": "approved", "by": "ann",
        }}}  # fmt: skip
        assert (await one.card()).startswith("🚀 Approved, and GitHub has taken it: Release 1.2 #1")
        one.fake.finish(next(iter(one.repository.runs.values())), "failure")
        await one.box.run(seconds=30)
        assert (await one.card()).startswith("❌ Approved, but the run failed: Release 1.2 #1")
        now = await one.now(gate)
        assert (now["decision"], now["outcome"], now["decided_by"], now["ended"]) == ("approved", "failed", ["ann"], True)


async def test_a_no_and_no_answer_do_what_is_to_be_done_on_a_no(database_url: str, clock: VirtualClock) -> None:
    """One no decides; a question that nobody answers in time is a no too. What follows is a lever of its own."""
    async with hub(database_url, clock) as one:
        first = await one.ask(reject=NO)
        await one.box.say("bob", f"reject {first.id} not on a Friday")
        second = await one.ask(reject=NO, policy=Policy(expires_s=600))
        await one.box.run(seconds=700)
        assert [(sent["event_type"], sent["client_payload"]["leverframe"]["decision"], sent["client_payload"]["leverframe"]["approval"]) for sent in one.fake.dispatched] == [
            ("tidy-up", "rejected", first.id), ("tidy-up", "expired", second.id)
        ]  # fmt: skip
        assert ((await one.now(first))["decision"], (await one.now(first))["reason"], (await one.now(second))["decision"]) == ("rejected", "not on a Friday", "expired")


async def test_one_decision_whoever_comes_first(database_url: str, clock: VirtualClock) -> None:
    """Two people at once, in two chats: one counts, the other is told that it is decided; nothing is done twice."""
    async with hub(database_url, clock) as one:
        gate = await one.ask(approve=YES, reject=NO)
        yes, no = await one.box.click("ann", "approve", gate.id), await one.box.click("bob", "reject", gate.id)
        assert "too late" in text(no) and "too late" not in text(yes)
        await one.box.run(seconds=60)
        assert [sent["event_type"] for sent in one.fake.dispatched] == ["deploy"]


async def test_who_asked_does_not_count(sqlite_url: str, clock: VirtualClock) -> None:
    """Whoever the pipeline says it runs for cannot approve it; who is linked to nobody might be them."""
    async with hub(sqlite_url, clock) as one:
        gate = await one.ask(requester="slack:ANN")
        assert "approval_own" in text(await one.box.click("ann", "approve", gate.id))
        await one.box.click("bob", "approve", gate.id)
        assert (await one.now(gate))["decision"] == "approved"
        other = await one.ask(requester="github:octocat")
        assert "approval_unlinked" in text(await one.box.click("bob", "approve", other.id))
        roles = await one.ask(policy=Policy(from_roles=("owners",)))
        assert "approval_role_missing" in text(await one.box.click("bob", "approve", roles.id))
        assert "approve acme/web production" in text(await one.box.click("dan", "approve", roles.id))


async def test_what_github_refuses_waits_as_a_dead_letter(sqlite_url: str, clock: VirtualClock) -> None:
    """People said yes and GitHub never heard: the card says just that; a day later it is passed on without asking them again."""
    async with hub(sqlite_url, clock) as one:
        tokens = dict(one.fake.tokens)
        one.fake.tokens.clear()
        gate = await one.ask()
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=60)
        assert (await one.card()).startswith("❌ People said yes, but it could not be passed on: Release 1.2")
        assert ((await one.now(gate))["outcome"], (await one.now(gate))["code"]) == ("dead", "github_token_invalid")
        one.fake.tokens = tokens
        clock.advance(days=1)
        await one.box.click("bob", "retry", gate.id)
        await one.box.run(seconds=30)
        assert (await one.now(gate))["outcome"] == "run_found" and len(one.fake.dispatched) == 1


REFUSALS: dict[str, tuple[Act, str, str]] = {
    "403": (YES, "dead", "github_permission_missing"),
    "404": (YES, "dead", "github_not_found"),
    "404, no such workflow": (Act(deed="workflow_dispatch", workflow="nope.yml"), "dead", "github_workflow_unknown"),
    "422, no such branch": (Act(deed="workflow_dispatch", workflow="release.yml", ref="nope"), "dead", "ref_unknown"),
    "429": (YES, "accepted", "github_ratelimited"),
    "nothing": (YES, "unknown", ""),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSALS)
async def test_whatever_github_answers_nobody_reads_approved_before_it_is(sqlite_url: str, clock: VirtualClock, how: str) -> None:
    """Refused for good: a dead letter with the reason, passed on later without asking again. A rate limit: it waits. No answer: a person settles it."""
    act, outcome, code = REFUSALS[how]
    async with hub(sqlite_url, clock) as one:
        one.repository.workflow("release.yml", inputs={"correlation_id": False}, run_name="Release ({correlation_id})")
        token, kept = one.fake.tokens[TOKEN], dict(one.fake.repositories)
        match how:
            case "403":
                token.permissions["contents"] = "read"
            case "404":
                one.fake.repositories.clear()
            case "429":
                one.fake.lever_mode = "limited"
            case "nothing":
                one.fake.lever_mode = "silent"
                waiting(one.outbound, "silent")
        gate = await one.ask(approve=act)
        answer = await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=20 if outcome != "unknown" else 700)
        now = await one.now(gate)
        assert (now["decision"], now["outcome"], now["code"]) == ("approved", outcome, code) or not code, now
        assert now["outcome"] == outcome and not one.fake.dispatched and not one.repository.runs
        assert "pproved" not in text(answer) and "pproved" not in (await one.card()).splitlines()[0]
        if outcome == "unknown":
            return
        assert buttons(await one.box.told_last(DEPLOYMENT)) == {"retry" if outcome == "dead" else "cancel": gate.id}
        one.fake.repositories.update(kept)
        token.permissions["contents"] = "write"
        one.fake.lever_mode = "ok"
        one.repository.workflow("nope.yml", inputs={"correlation_id": False})
        one.repository.branches["nope"] = one.repository.branches["main"]
        if outcome == "dead":
            await one.box.click("bob", "retry", gate.id)
        await one.box.run(seconds=60)
        assert (await one.now(gate))["outcome"] == "run_found" and len(one.repository.runs) == 1
        assert (await one.card()).startswith("🚀 Approved, and GitHub has taken it")


@pytest.mark.parametrize("mode", ["lost", "broken", "down"])
async def test_a_lost_answer_is_never_called_a_yes(sqlite_url: str, clock: VirtualClock, mode: Any) -> None:
    """After a 5xx or no answer the run is looked for; where there is none, nobody knows, and a person settles it."""
    async with hub(sqlite_url, clock) as one:
        one.fake.lever_mode = mode
        gate = await one.ask()
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=600)
        now = await one.now(gate)
        if mode != "down":
            assert (now["outcome"], len(one.fake.dispatched)) == ("run_found", 1)
            return
        assert now["outcome"] == "unknown" and (await one.card()).startswith("❓ People said yes; whether GitHub heard is not known")
        await one.box.say("bob", f"settle {gate.id} did-not-run")
        assert (await one.now(gate))["outcome"] == "dead"


async def test_a_signed_callback_comes_at_least_once_under_one_id(sqlite_url: str, clock: VirtualClock) -> None:
    """A receiver that is down hears again until it takes it; the id and the body stay the same; what it refuses for good is a dead letter."""
    async with hub(sqlite_url, clock) as one:
        act = Act(deed="callback", url=one.receiver.url, secret=SECRET)
        one.receiver.statuses = [503, 429]
        gate = await one.ask(approve=act, reject=act)
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=120)
        assert len(one.receiver.heard) == 3 and len({headers["webhook-id"] for headers, _ in one.receiver.heard}) == 1 and len({body for _, body in one.receiver.heard}) == 1
        headers, body = one.receiver.heard[-1]
        said = json.loads(body)
        assert (said["type"], said["data"]["approval"], said["data"]["by"], said["data"]["decision"]) == ("approval.approved", gate.id, "ann", "approved")
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert headers["webhook-signature"] == Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())
        assert (await one.now(gate))["outcome"] == "done" and (await one.card()).startswith("✅ Approved: Release 1.2")
        one.receiver.statuses = [400]
        refused = await one.ask(approve=act)
        await one.box.click("ann", "approve", refused.id)
        await one.box.run(seconds=60)
        assert ((await one.now(refused))["outcome"], (await one.now(refused))["code"]) == ("dead", "callback_refused")
        kept = b"".join(bytes(row.document) for row in await one.box.rows(tables.deployments.select()))
        assert b"c2VjcmV0" not in kept


async def test_a_workflow_is_started_with_its_inputs(sqlite_url: str, clock: VirtualClock) -> None:
    """``workflow_dispatch``: at the branch that is named, else the default one, with the inputs as they are."""
    async with hub(sqlite_url, clock) as one:
        one.repository.workflow("release.yml", inputs={"version": True, "correlation_id": False}, run_name="Release ({correlation_id})")
        gate = await one.ask(approve=Act(deed="workflow_dispatch", workflow="release.yml", inputs={"version": "1.2"}))
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=30)
        [run] = one.repository.runs.values()
        assert (run.event, run.ref, run.inputs["version"]) == ("workflow_dispatch", "main", "1.2") and (await one.now(gate))["outcome"] == "run_found"


async def test_an_answer_may_be_all_that_is_wanted(sqlite_url: str, clock: VirtualClock) -> None:
    """Nothing is started: whoever asked reads it. A question may be taken back."""
    async with hub(sqlite_url, clock) as one:
        gate, other = await one.ask(approve=Act()), await one.ask(approve=Act())
        await one.box.click("ann", "approve", gate.id)
        await one.box.say("ann", f"cancel {other.id}")
        await one.box.run(seconds=5)
        assert ((await one.now(gate))["outcome"], (await one.now(other))["decision"], one.fake.dispatched) == ("done", "cancelled", [])
        assert decision(next(each for each in await one.box.all() if each.id == other.id)) == "cancelled"


async def test_what_could_not_be_done_is_not_asked(sqlite_url: str, clock: VirtualClock) -> None:
    """GitHub's limits hold for what is done on either answer, and are told before anybody is asked."""
    async with hub(sqlite_url, clock) as one:
        for act, code in ((Act(deed="repository_dispatch", event_type="x" * 101), "dispatch_type_invalid"),
                          (Act(deed="repository_dispatch", event_type="x", payload=json.dumps({"a": "x" * 65_400})), "dispatch_too_large"),
                          (Act(deed="workflow_dispatch", workflow="a.yml", inputs={f"i{number}": "" for number in range(25)}), "github_inputs_too_many"),
                          (Act(deed="workflow_dispatch", workflow="a.yml", inputs={"i": "x" * 65_500}), "github_payload_too_large")):  # fmt: skip
            for name in ("approve", "reject"):
                with pytest.raises(Refused) as refused:
                    await one.ask(**{name: act})
                assert refused.value.code == code
        assert await one.box.all() == []


@pytest.mark.parametrize("mode", ["ok", "lost"])
async def test_a_payload_that_leaves_no_key_is_sent_as_it_is_and_not_followed(sqlite_url: str, clock: VirtualClock, mode: Any) -> None:
    """Ten keys are what GitHub takes: nothing is changed, so there is no id of ours. It says so; after a lost answer nobody can know, and somebody settles it."""
    async with hub(sqlite_url, clock) as one:
        ten = {f"k{number}": {"deep": [number]} for number in range(10)}
        one.fake.lever_mode = mode
        gate = await one.ask(approve=Act(deed="repository_dispatch", event_type="deploy", payload=json.dumps(ten)))
        assert (await one.now(gate))["followed"] is False
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=600)
        assert [sent["client_payload"] for sent in one.fake.dispatched] == [ten]
        assert (await one.now(gate))["outcome"] == ("sent" if mode == "ok" else "unknown")
        assert (await one.card()).startswith("✅ Approved" if mode == "ok" else "❓ People said yes; whether GitHub heard is not known")
        if mode == "lost":
            await one.box.say("bob", f"settle {gate.id} ran")
            assert (await one.card()).startswith("✅ Approved") and len(one.fake.dispatched) == 1


async def test_a_run_that_waits_where_only_github_can_decide_is_shown_with_its_link(sqlite_url: str, clock: VirtualClock) -> None:
    """The workflow that a yes started comes to an environment with reviewers of GitHub's own: people are told, and led there."""
    async with hub(sqlite_url, clock) as one:
        gate = await one.ask()
        await one.box.click("ann", "approve", gate.id)
        await one.box.run(seconds=20)
        [run] = one.repository.runs.values()
        run.status = "waiting"
        await one.box.run(seconds=30)
        card = await one.box.told_last(DEPLOYMENT)
        links = [button.url for block in card.blocks if isinstance(block, Buttons) for button in block.buttons if button.url]
        assert "It waits for a review that only GitHub can take." in plain(card) and [f"/actions/runs/{run.id}" in url for url in links] == [True]
        one.fake.finish(run, "success")
        await one.box.run(seconds=30)
        assert "only GitHub" not in await one.card()
