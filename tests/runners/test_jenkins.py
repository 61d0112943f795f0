"""Jenkins: what a start looks like over there, how a build is found again, and what each refusal says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.jenkins import API_TOKEN, PASSWORD, USER, FakeJenkins
from msgspec.structs import replace
from pydantic import ValidationError

from leverframe.core.errors import PROBLEMS
from leverframe.net import Outbound
from leverframe.ports import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Order, Run, Started, Unreachable
from leverframe.runners.jenkins.runner import JenkinsRunner
from leverframe.runners.jenkins.settings import Settings, Target

pytestmark = pytest.mark.anyio

JOB = "deploy/web-app"
ORDER = Order(
    correlation_id="dep_7.1", service="web-app", environment="staging", repository="acme/web-app", ref="release/2", sha="c0ffee" + "0" * 34,
    target={"job": JOB},
)  # fmt: skip


@pytest.fixture
async def jenkins() -> AsyncIterator[FakeJenkins]:
    async with FakeJenkins() as fake:
        fake.job(JOB, "SERVICE", "ENV", "REF", "SHA", "LEVERFRAME_ID")
        yield fake


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    made = Outbound()
    yield made
    await made.close()


@pytest.fixture
def runner(jenkins: FakeJenkins, outbound: Outbound) -> JenkinsRunner:
    return make(jenkins, outbound)


def make(jenkins: FakeJenkins, outbound: Outbound, **settings: str) -> JenkinsRunner:
    return JenkinsRunner("ci", Settings.model_validate({"url": jenkins.url, "user": USER, "token": API_TOKEN} | settings), outbound)


async def started(runner: JenkinsRunner, order: Order = ORDER) -> Run:
    outcome = await runner.start(order)
    assert isinstance(outcome, Started), outcome
    assert outcome.run is not None
    return outcome.run


async def test_a_start_is_a_form_in_the_body(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Parameters go in the body, where no access log keeps them; the quiet period is left out; the run is the queue's item."""
    run = await started(runner)
    [call] = [call for call in jenkins.calls if call.method == "POST"]
    assert call.path == "/ci/job/deploy/job/web-app/buildWithParameters"
    assert call.form == {
        "SERVICE": "web-app", "ENV": "staging", "REF": "release/2", "SHA": ORDER.sha, "LEVERFRAME_ID": "dep_7.1", "delay": "0sec",
    }  # fmt: skip
    assert run == Run(id="queue/1", url=f"{jenkins.url}/job/deploy/job/web-app/")


async def test_parameters_have_the_names_of_the_job(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Names are the environment's to choose; an empty one is not sent; the exact commit goes where the job wants the ref."""
    jenkins.job("ship", "APP", "COMMIT", "TICKET", "size")
    names = {"service": "APP", "env": "", "ref": "", "sha": "COMMIT", "correlation_id": "TICKET"}
    await started(runner, replace(ORDER, target={"job": "ship", "parameters": names}, parameters={"size": "large"}))
    assert jenkins.waiting()[0].parameters == {"APP": "web-app", "COMMIT": ORDER.sha, "TICKET": "dep_7.1", "size": "large"}


async def test_what_a_person_types_does_not_choose_the_environment(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """A parameter of the order that is called as one of the hub's own loses against it."""
    await started(runner, replace(ORDER, parameters={"ENV": "production"}))
    assert jenkins.waiting()[0].parameters["ENV"] == "staging"


async def test_job_names_are_quoted(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Blanks, Hangul and the %2F of a multibranch job's branches reach the job they name."""
    for name in ("배포/web app", "web/feature%2Flogin", "a?b#c"):
        jenkins.job(name, "SERVICE", "ENV", "REF", "LEVERFRAME_ID")
        await started(runner, replace(ORDER, target={"job": name}))
    assert [item.job for item in jenkins.waiting()] == ["배포/web app", "web/feature%2Flogin", "a?b#c"]


@pytest.mark.parametrize("old", [False, True])
async def test_two_orders_of_the_same_ref_are_two_builds(jenkins: FakeJenkins, runner: JenkinsRunner, old: bool) -> None:
    """Jenkins makes one of two equal items in its queue; the correlation id makes ours differ."""
    jenkins.old = old
    first, second = await started(runner), await started(runner, replace(ORDER, correlation_id="dep_8.1"))
    assert first.id != second.id
    assert len(jenkins.waiting()) == 2


@pytest.mark.parametrize("old", [False, True])
async def test_a_request_that_a_proxy_repeats_is_one_build(jenkins: FakeJenkins, runner: JenkinsRunner, old: bool) -> None:
    """The same order twice in the queue is one item; the 303 of newer versions names it."""
    jenkins.old = old
    assert (await started(runner)).id == (await started(runner)).id
    assert len(jenkins.waiting()) == 1


async def test_a_trigger_token_is_enough_to_start(jenkins: FakeJenkins, outbound: Outbound) -> None:
    """A job with a trigger token is started by it without Job/Build, and told who asked."""
    jenkins.jobs[JOB].trigger_token, jenkins.permissions = "pull-it", ("read",)
    await started(make(jenkins, outbound, trigger_token="pull-it"))
    assert jenkins.waiting()[0].cause == "Leverframe dep_7.1"
    refused = await make(jenkins, outbound, trigger_token="wrong").start(ORDER)
    assert isinstance(refused, NotStarted)
    assert refused.code == "jenkins_trigger_token_refused"


async def test_a_password_gets_itself_a_crumb(jenkins: FakeJenkins, outbound: Outbound) -> None:
    """With a password a crumb is fetched with its session, used from then on, and fetched anew after Jenkins forgot the session."""
    runner = make(jenkins, outbound, token=PASSWORD)
    for id in ("a", "b"):
        await started(runner, replace(ORDER, correlation_id=id))
    asked = [call.path.rpartition("/ci/")[2] for call in jenkins.calls]
    assert asked.count("crumbIssuer/api/json") == 1
    assert [call.status for call in jenkins.calls if call.method == "POST"] == [403, 201, 201]
    jenkins.restart()
    await started(runner, replace(ORDER, correlation_id="c"))
    assert len(jenkins.waiting()) == 3


async def test_an_api_token_needs_no_crumb(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Nothing is asked for a crumb that is not needed."""
    await started(runner)
    assert not any("crumb" in call.path for call in jenkins.calls)


# --- refusals ----------------------------------------------------------------------------------------------------------------


def _not_parameterised(jenkins: FakeJenkins) -> None:
    jenkins.jobs[JOB].parameters = {}


def _undeclared(jenkins: FakeJenkins) -> None:
    del jenkins.jobs[JOB].parameters["LEVERFRAME_ID"]


def _choices(jenkins: FakeJenkins) -> None:
    jenkins.jobs[JOB].parameters["ENV"] = ("dev", "production")


def _disabled(jenkins: FakeJenkins) -> None:
    jenkins.jobs[JOB].buildable = False


def _gone(jenkins: FakeJenkins) -> None:
    jenkins.jobs.clear()


def _folder(jenkins: FakeJenkins) -> None:
    jenkins.jobs.clear()
    jenkins.job(f"{JOB}/main")


def _may_not_build(jenkins: FakeJenkins) -> None:
    jenkins.permissions = ("read",)


def _unseen(jenkins: FakeJenkins) -> None:
    jenkins.permissions = ()


def _wrong_token(jenkins: FakeJenkins) -> None:
    jenkins.secrets = ()


def _not_queued(jenkins: FakeJenkins) -> None:
    jenkins.refuses_to_queue = True


REFUSALS = {
    "jenkins_not_parameterised": (_not_parameterised, JOB),
    "jenkins_parameters_missing": (_undeclared, "LEVERFRAME_ID"),
    "jenkins_parameter_refused": (_choices, "dev, production"),
    "jenkins_job_disabled": (_disabled, JOB),
    "jenkins_job_unknown": (_gone, JOB),
    "jenkins_permission_missing": (_may_not_build, "hudson.model.Item.Build"),
    "jenkins_credentials_refused": (_wrong_token, USER),
    "jenkins_not_queued": (_not_queued, JOB),
}


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal_says_what_to_do(jenkins: FakeJenkins, runner: JenkinsRunner, code: str) -> None:
    """What Jenkins refuses surely did not start, is not tried again by itself, and has a remedy of its own."""
    spoil, named = REFUSALS[code]
    spoil(jenkins)
    outcome = await runner.start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.again) == (code, False)
    assert named in outcome.detail
    assert code in PROBLEMS
    assert not jenkins.waiting()


@pytest.mark.parametrize(("spoil", "detail"), [(_folder, "folder"), (_unseen, JOB)])
async def test_a_folder_and_what_may_not_be_seen_are_no_jobs(jenkins: FakeJenkins, runner: JenkinsRunner, spoil: Any, detail: str) -> None:
    """Both are told as an unknown job; a folder as what it is."""
    spoil(jenkins)
    outcome = await runner.start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert outcome.code == "jenkins_job_unknown"
    assert detail in outcome.detail


@pytest.mark.parametrize("old", [False, True])
async def test_a_job_that_loses_its_parameters_just_then(jenkins: FakeJenkins, runner: JenkinsRunner, old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions say 400 and why, which is a refusal; older ones a bare 500, which proves nothing."""
    jenkins.old = old
    parameters, jenkins.jobs[JOB].parameters = jenkins.jobs[JOB].parameters, {}
    exported = jenkins._exported

    def as_before(job: Any, tree: str) -> dict[str, Any]:
        job.parameters = parameters
        try:
            return exported(job, tree)
        finally:
            job.parameters = {}

    monkeypatch.setattr(jenkins, "_exported", as_before)
    outcome = await runner.start(ORDER)
    assert isinstance(outcome, Lost if old else NotStarted)
    assert outcome.code == ("jenkins_unavailable" if old else "jenkins_not_parameterised")


async def test_a_502_after_the_build_was_queued_is_lost_and_found(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """A proxy's 502 proves nothing; the item is in the queue under our id."""
    jenkins.lever_mode = "failed"
    outcome = await runner.start(ORDER)
    assert isinstance(outcome, Lost)
    found = await runner.find(ORDER)
    assert isinstance(found, Found)
    assert found.run.id == "queue/1"


async def test_a_redirect_is_not_followed(jenkins: FakeJenkins, outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that redirects is named with where it points, without the query, which may hold a secret."""
    from aiohttp import web

    def redirect(*_: object) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://sso.example.com/login?state=secret"})

    monkeypatch.setattr(jenkins, "_answer", redirect)
    outcome = await make(jenkins, outbound).start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert outcome.code == "jenkins_redirected"
    assert outcome.detail == "HTTP 302 to https://sso.example.com/login"


# --- following ---------------------------------------------------------------------------------------------------------------


async def test_a_build_is_followed_from_the_queue_to_its_end(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """It waits with the reason that Jenkins gives, then has a number and an address, then a result."""
    run = await started(runner)
    waiting = await runner.poll(ORDER, run)
    assert waiting == Going(run=run, step="Waiting for next available executor", waiting=True)
    build = jenkins.take()
    numbered = Run(id="build/1", number="#1", url=f"{jenkins.url}/job/deploy/job/web-app/1/")
    assert await runner.poll(ORDER, run) == Going(run=numbered)
    jenkins.finish(build)
    assert await runner.poll(ORDER, numbered) == Finished(run=numbered, result="succeeded")


@pytest.mark.parametrize(("said", "result"), [("FAILURE", "failed"), ("UNSTABLE", "failed"), ("NOT_BUILT", "failed"), ("ABORTED", "cancelled")])
async def test_results_are_told_in_jenkins_words(jenkins: FakeJenkins, runner: JenkinsRunner, said: str, result: str) -> None:
    """What is not SUCCESS is no success, and comes with the end of the log."""
    run = await started(runner)
    jenkins.finish(jenkins.take(), said, log="+ ./deploy.sh\n\x1b[31mno such host\x1b[0m\nFinished\n")
    end = await runner.poll(ORDER, run)
    assert isinstance(end, Finished)
    assert (end.result, end.detail, end.log_tail) == (result, said, "+ ./deploy.sh\nno such host\nFinished")


async def test_of_a_long_log_only_the_end_is_read(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """A log of megabytes costs its end: whole lines, as many as a message shows."""
    run = await started(runner)
    jenkins.finish(jenkins.take(), "FAILURE", log="".join(f"line {at} 배포\n" for at in range(200_000)))
    end = await runner.poll(ORDER, run)
    assert isinstance(end, Finished)
    assert end.log_tail.split("\n") == [f"line {at} 배포" for at in range(199_980, 200_000)]


async def test_a_queue_item_that_was_forgotten_is_found_as_a_build(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Five minutes after it left the queue, and after a restart of Jenkins, the build is found by its parameter."""
    run = await started(runner)
    jenkins.take()
    jenkins.restart()
    outcome = await runner.poll(ORDER, run)
    assert isinstance(outcome, Going)
    assert outcome.run.id == "build/1"


async def test_a_rebuild_by_hand_is_not_taken_for_ours(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """Rebuild copies our id along: ours is the first that carried it."""
    await started(runner)
    jenkins.finish(jenkins.take(), "FAILURE")
    jenkins.rebuild(JOB, jenkins.builds(JOB)[0])
    found = await runner.find(ORDER)
    assert isinstance(found, Found)
    assert found.run.id == "build/1"


async def test_a_number_that_is_somebody_elses_is_not_ours(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """A job made anew counts from one again: the parameter says whose build it is."""
    run = await started(runner)
    jenkins.finish(jenkins.take())
    run = (await runner.poll(ORDER, run)).run  # type: ignore[union-attr]
    jenkins.builds(JOB)[0].parameters = {"LEVERFRAME_ID": "dep_99.1"}
    assert await runner.poll(ORDER, run) == Absent(sure=False)


async def test_a_deleted_build_is_absent_and_cannot_be_cancelled(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """What is gone is told as gone."""
    run = await started(runner)
    jenkins.take()
    jenkins.builds(JOB).clear()
    jenkins.forget_left()
    assert await runner.poll(ORDER, run) == Absent(sure=False)
    assert await runner.cancel(ORDER, run) == CancelRefused(code="jenkins_build_unknown", detail="queue/1")


async def test_a_job_that_is_gone_later_is_told_with_its_code(jenkins: FakeJenkins, runner: JenkinsRunner) -> None:
    """A missing job, a missing right: nothing is known, and why stands beside it."""
    run = await started(runner)
    _gone(jenkins)
    jenkins.items.clear()
    outcome = await runner.poll(ORDER, run)
    assert isinstance(outcome, Unreachable)
    assert outcome.code == "jenkins_job_unknown"


# --- cancelling --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [False, True])
async def test_an_item_is_taken_out_of_the_queue(jenkins: FakeJenkins, runner: JenkinsRunner, old: bool) -> None:
    """Newer versions say 204, older ones redirect whatever came of it, so that it is read again."""
    jenkins.old = old
    run = await started(runner)
    assert isinstance(await runner.cancel(ORDER, run), CancelTaken)
    assert not jenkins.waiting()
    assert await runner.poll(ORDER, run) == Finished(run=run, result="cancelled", detail="cancelled in Jenkins' queue")
    assert await runner.cancel(ORDER, run) == CancelRefused(code="run_ended", detail="cancelled in the queue")


@pytest.mark.parametrize("old", [False, True])
async def test_an_item_that_becomes_a_build_just_then_is_stopped(jenkins: FakeJenkins, runner: JenkinsRunner, old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too late for the queue, the build itself is ended."""
    jenkins.old = old
    run = await started(runner)
    cancel_item = jenkins._cancel_item

    def too_late(form: dict[str, str]) -> Any:
        jenkins.take()
        return cancel_item(form)

    monkeypatch.setattr(jenkins, "_cancel_item", too_late)
    assert isinstance(await runner.cancel(ORDER, run), CancelTaken)
    assert jenkins.builds(JOB)[0].result == "ABORTED"


@pytest.mark.parametrize("taken", [False, True])
async def test_without_the_right_to_cancel_it_says_so(jenkins: FakeJenkins, runner: JenkinsRunner, taken: bool) -> None:
    """Both the queue's 422 and the build's 403 mean Job/Cancel."""
    run = await started(runner)
    if taken:
        jenkins.take()
    jenkins.permissions = ("read", "build")
    refused = await runner.cancel(ORDER, run)
    assert isinstance(refused, CancelRefused)
    assert refused.code == "jenkins_permission_missing"
    assert "hudson.model.Item.Cancel" in refused.detail


# --- settings ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["ci.example.com", "ftp://ci.example.com", "https://hub:token@ci.example.com", "https://ci.example.com/?a=b", "https://"])
def test_an_address_that_is_none_is_found_at_once(url: str) -> None:
    """The address has no credentials, no query, and is one of HTTP."""
    with pytest.raises(ValidationError):
        Settings.model_validate({"url": url, "user": "hub", "token": "t"})


@pytest.mark.parametrize("job", ["", "/deploy", "deploy/", "a//b"])
def test_a_job_that_can_be_none_is_found_at_once(job: str) -> None:
    """A job is named as its breadcrumb shows it."""
    with pytest.raises(ValidationError):
        Target.model_validate({"job": job})


async def test_the_token_is_shown_nowhere(outbound: Outbound) -> None:
    """Neither the runner nor its settings print a secret."""
    settings = Settings.model_validate({"url": "https://ci", "user": "hub", "token": "very-secret", "trigger_token": "also-secret"})
    assert "secret" not in repr(settings) + repr(JenkinsRunner("ci", settings, outbound)) + settings.model_dump_json()
