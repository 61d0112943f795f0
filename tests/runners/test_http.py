"""A service of the operator's own: what it is sent, what its answers mean, and what is believed without an address to ask at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from fakes.http_runner import SECRET, TOKEN, FakeHttpRunner
from pydantic import ValidationError

from leverframe.core.errors import PROBLEMS
from leverframe.net import Outbound
from leverframe.ports import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Order, Run, Started, Unreachable
from leverframe.runners.http import HttpRunner, Settings, Target

pytestmark = pytest.mark.anyio

ORDER = Order(
    correlation_id="dep_7.1", service="web-app", environment="staging", repository="acme/web-app", ref="main", sha="c0ffee" + "0" * 34,
    parameters={"크기": "large"},
)  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[FakeHttpRunner]:
    async with FakeHttpRunner() as fake:
        yield fake


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    made = Outbound()
    yield made
    await made.close()


def make(service: FakeHttpRunner, outbound: Outbound, *, asked: bool = True, **settings: Any) -> HttpRunner:
    """A runner; ``asked``: whether it has an address to ask at."""
    known: dict[str, Any] = {"url": service.url, "token": TOKEN, "secret": SECRET}
    known |= {"status_url": service.status_url, "cancel_url": service.cancel_url} if asked else {}
    return HttpRunner("deployer", Settings.model_validate(known | settings), outbound, VirtualClock())


async def started(runner: HttpRunner, order: Order = ORDER) -> Run:
    outcome = await runner.start(order)
    assert isinstance(outcome, Started), outcome
    assert outcome.run is not None
    return outcome.run


async def test_what_is_sent(service: FakeHttpRunner, outbound: Outbound) -> None:
    """The order goes as JSON, under the correlation id as its key, with the token and a signature that the service can check."""
    clock = VirtualClock()
    service.now_s = int(clock.now().timestamp())
    run = await started(make(service, outbound))
    [call] = service.calls
    assert (call.method, call.path, call.status) == ("POST", "/deploy", 202)
    assert call.body == {
        "correlation_id": "dep_7.1", "service": "web-app", "environment": "staging", "repository": "acme/web-app", "ref": "main",
        "sha": ORDER.sha, "parameters": {"크기": "large"},
    }  # fmt: skip
    assert call.headers["Idempotency-Key"] == call.headers["webhook-id"] == "dep_7-1"
    assert run == Run(id="dep_7.1", number="1", url="https://deployer.example.com/1")


@pytest.mark.parametrize("secret", [SECRET, "any text at all", None])
async def test_secrets_of_both_forms(service: FakeHttpRunner, outbound: Outbound, secret: str | None) -> None:
    """A secret is ``whsec_`` and base64, or any text; without one nothing is signed."""
    service.key = {SECRET: service.key, None: None}.get(secret, b"any text at all")
    await started(make(service, outbound, **({"secret": secret} if secret else {"secret": None})))
    assert ("webhook-signature" in service.calls[0].headers) is (secret is not None)


@pytest.mark.parametrize("secret", [SECRET, "any text at all"])
async def test_the_check_that_the_page_shows_accepts_what_is_sent(
    service: FakeHttpRunner, outbound: Outbound, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who copies the lines of docs/how-to/runners.md into a service hears the hub and nobody else, for five minutes."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "runners.md").read_text()
    copied: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], copied)  # noqa: S102  our own page
    bodies = []
    answer = service._answer

    def keep(request: Any, body: bytes) -> Any:
        bodies.append((dict(request.headers), body))
        return answer(request, body)

    monkeypatch.setattr(service, "_answer", keep)
    service.key = None
    await started(make(service, outbound, secret=secret))
    [(headers, body)] = bodies
    monkeypatch.setattr("time.time", lambda: VirtualClock().now().timestamp() + 200)
    assert copied["is_ours"](secret, headers, body)
    assert not copied["is_ours"](secret, headers, body + b" ")
    assert not copied["is_ours"]("another", headers, body)
    monkeypatch.setattr("time.time", lambda: VirtualClock().now().timestamp() + 400)
    assert not copied["is_ours"](secret, headers, body)


async def test_an_environment_can_have_an_address_of_its_own(service: FakeHttpRunner, outbound: Outbound) -> None:
    """The environment's ``url`` is asked in place of the runner's."""
    runner = make(service, outbound, url="http://127.0.0.1:1/deploy")
    order = Order(correlation_id="a", service="s", environment="e", repository=None, ref="main", sha="1", target={"url": service.url})
    await started(runner, order)
    assert list(service.deployments) == ["a"]


async def test_a_deployment_is_followed_to_its_end(service: FakeHttpRunner, outbound: Outbound) -> None:
    """The service is asked by the correlation id and says what it does, how it ended, and the end of the log."""
    runner = make(service, outbound)
    run = await started(runner)
    made = service.deployments["dep_7.1"]
    assert await runner.poll(ORDER, run) == Going(run=run, step="Waiting for a slot", waiting=True)
    assert service.calls[-1].path == "/status?id=dep_7.1"
    made.state, made.step = "running", "Rolling out"
    assert await runner.poll(ORDER, run) == Going(run=run, step="Rolling out")
    made.state, made.step, made.log = "failed", "2 of 3 hosts", "+ ssh web-3\nno route to host\n"
    assert await runner.poll(ORDER, run) == Finished(run=run, result="failed", detail="2 of 3 hosts", log_tail="+ ssh web-3\nno route to host")
    made.state = "succeeded"
    end = await runner.poll(ORDER, run)
    assert isinstance(end, Finished)
    assert (end.result, end.detail) == ("succeeded", "")


async def test_a_status_address_with_a_query_keeps_it(service: FakeHttpRunner, outbound: Outbound) -> None:
    """The id is added to what the address has."""
    runner = make(service, outbound, status_url=f"{service.status_url}?tenant=7")
    await started(runner)
    assert isinstance(await runner.find(ORDER), Found)
    assert service.calls[-1].path == "/status?tenant=7&id=dep_7.1"


@pytest.mark.parametrize(
    ("answer", "result"),
    [("", "succeeded"), ({}, "succeeded"), ({"state": "running"}, "succeeded"), ({"state": "failed"}, "failed"), ({"state": "cancelled", "id": "x"}, "cancelled")],
)
async def test_without_an_address_to_ask_a_2xx_is_the_end(service: FakeHttpRunner, outbound: Outbound, answer: Any, result: str) -> None:
    """The answer to the start is all there is: it succeeded unless the answer says otherwise; another process reads the same of the run."""
    service.answer = answer
    run = await started(make(service, outbound, asked=False))
    end = await make(service, outbound, asked=False).poll(ORDER, run)
    assert isinstance(end, Finished)
    assert end.result == result
    assert await make(service, outbound, asked=False).cancel(ORDER, run) == CancelRefused(code="run_ended")
    assert [call.method for call in service.calls] == ["POST"]


async def test_without_an_address_to_ask_nothing_else_is_believed(service: FakeHttpRunner, outbound: Outbound) -> None:
    """A lost answer stays unknown, and a run of another order is not ours."""
    runner = make(service, outbound, asked=False)
    assert await runner.find(ORDER) == Absent(sure=False)
    for id in ("answered/succeeded/dep_8.1", "answered/running/dep_7.1", "dep_7.1", "answered/"):
        assert await runner.poll(ORDER, Run(id=id)) == Absent(sure=False)
    assert isinstance(await runner.cancel(ORDER, Run(id="dep_7.1")), CancelRefused)


@pytest.mark.parametrize("answer", ["OK", "<html>hello</html>", "[]", '{"state": "done"}', '{"id": [1]}', '"succeeded"'])
@pytest.mark.parametrize("asked", [False, True])
async def test_an_answer_that_is_not_understood_is_no_yes(service: FakeHttpRunner, outbound: Outbound, answer: str, asked: bool) -> None:
    """A 200 with a page or with other words may come from a proxy: what became of the order is unknown."""
    service.answer, service.status = answer, 200
    outcome = await make(service, outbound, asked=asked).start(ORDER)
    assert isinstance(outcome, Lost)
    assert outcome.code == "http_runner_answer_invalid"


REFUSALS = {
    400: "http_runner_refused", 401: "http_runner_credentials_refused", 403: "http_runner_credentials_refused", 404: "http_runner_address_unknown",
    409: "http_runner_refused", 302: "http_runner_redirected",
}  # fmt: skip


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_refusal_is_told_in_the_services_words(service: FakeHttpRunner, outbound: Outbound, status: int) -> None:
    """What is refused did not start and is not tried again by itself; the service's reason stands beside the remedy."""
    service.answer, service.status = {"detail": "no such service"}, status
    outcome = await make(service, outbound).start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.again) == (REFUSALS[status], False)
    assert outcome.code in PROBLEMS
    if status != 302:
        assert outcome.detail == f"HTTP {status}: no such service"


async def test_a_wrong_clock_is_a_wrong_signature(service: FakeHttpRunner, outbound: Outbound) -> None:
    """A service that checks the moment refuses what is ten minutes off, which is told with its words."""
    service.now_s = int(VirtualClock().now().timestamp()) + 600
    outcome = await make(service, outbound).start(ORDER)
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.detail) == ("http_runner_credentials_refused", "HTTP 401: wrong signature")


async def test_a_start_that_a_502_hides_is_found(service: FakeHttpRunner, outbound: Outbound) -> None:
    """A proxy's 502 proves nothing; the service knows the correlation id."""
    service.lever_mode = "failed"
    runner = make(service, outbound)
    assert isinstance(await runner.start(ORDER), Lost)
    assert isinstance(await runner.find(ORDER), Found)


async def test_a_deployment_is_ended_over_there(service: FakeHttpRunner, outbound: Outbound) -> None:
    """The service is told once, by the correlation id, and says itself when it has ended."""
    runner = make(service, outbound)
    run = await started(runner)
    assert isinstance(await runner.cancel(ORDER, run), CancelTaken)
    assert service.calls[-1].body == {"correlation_id": "dep_7.1", "service": "web-app", "environment": "staging"}
    end = await runner.poll(ORDER, run)
    assert isinstance(end, Finished)
    assert (end.result, end.detail) == ("cancelled", "by the hub")


async def test_what_ends_just_then_is_not_cancelled(service: FakeHttpRunner, outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 409 at ``cancel_url`` means that it has ended."""
    runner = make(service, outbound)
    run = await started(runner)
    cancel = service._cancel

    def too_late(asked: dict[str, Any]) -> Any:
        service.deployments["dep_7.1"].state = "succeeded"
        return cancel(asked)

    monkeypatch.setattr(service, "_cancel", too_late)
    assert await runner.cancel(ORDER, run) == CancelRefused(code="run_ended")


async def test_without_an_address_to_cancel_at_it_says_so(service: FakeHttpRunner, outbound: Outbound) -> None:
    """What the service does not offer is refused with the remedy."""
    runner = make(service, outbound, cancel_url=None)
    run = await started(runner)
    assert await runner.cancel(ORDER, run) == CancelRefused(code="http_runner_cancel_unsupported", detail="deployer")


async def test_an_address_in_an_answer_is_only_shown(service: FakeHttpRunner, outbound: Outbound) -> None:
    """What an answer names is never called, and shown only if it is one of the web."""
    service.answer = {"id": "9", "url": "javascript:alert(1)", "status_url": "http://127.0.0.1:1/", "cancel_url": "http://127.0.0.1:1/"}
    runner = make(service, outbound)
    run = await started(runner)
    assert run.url is None
    assert isinstance(await runner.poll(ORDER, run), Going)


@pytest.mark.parametrize("body", ["", "[]", '{"state": "exploded"}', "<html>"])
async def test_a_status_that_is_not_understood_claims_nothing(
    service: FakeHttpRunner, outbound: Outbound, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known until the service says one of the five states."""
    from aiohttp import web

    runner = make(service, outbound)
    run = await started(runner)
    monkeypatch.setattr(service, "_stands", lambda id: web.Response(text=body))
    outcome = await runner.poll(ORDER, run)
    assert isinstance(outcome, Unreachable)
    assert outcome.code == "http_runner_answer_invalid"


@pytest.mark.parametrize(
    "settings", [{"url": "deploy.example.com"}, {"url": "https://a@b/"}, {"url": "https://b/#x"}, {"url": "https://b/", "secret": "whsec_!"}, {}]
)
def test_settings_that_cannot_work_are_found_at_once(settings: dict[str, str]) -> None:
    """Addresses without credentials, and secrets that are what they say."""
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)


def test_a_target_has_an_address_or_nothing() -> None:
    """Keys of another runner are a mistake."""
    assert Target.model_validate({}).url is None
    with pytest.raises(ValidationError):
        Target.model_validate({"job": "x"})


async def test_secrets_are_shown_nowhere(service: FakeHttpRunner, outbound: Outbound) -> None:
    """Neither the runner, its settings nor a mistake in them prints a secret."""
    runner = make(service, outbound)
    assert TOKEN not in repr(runner) + repr(runner._settings) + runner._settings.model_dump_json()
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"url": "https://b/", "secret": "whsec_very secret!"})
    assert "very secret" not in str(caught.value)
