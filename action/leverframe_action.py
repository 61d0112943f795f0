"""What the action does, with nothing but Python's standard library (3.8 or newer): every runner of GitHub's has one.

https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax, …/workflow-commands, …/security/oidc
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any

TRIES = 6
"""How often a hub that cannot be reached, or asks to come again, is asked; a waiting job goes on for longer."""
WAIT_S = 50
TOKEN_S = 240
"""GitHub's token is used for so long; it holds for five minutes at least."""
BAD = ("rejected", "expired", "cancelled")
GOOD = (None, "sent", "run_found", "succeeded", "done", "accepted")


class Failed(Exception):
    """What ends the job, in one sentence."""


def given(name: str) -> str:
    """Return an input."""
    return os.environ.get(f"INPUT_{name.upper()}", "").strip()


def as_json(name: str, default: Any) -> Any:
    """Return an input that is JSON."""
    text = given(name)
    if not text:
        return default
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"the input {name} is not JSON: {error}") from None


class Hub:
    """The hub, by an API token or by the token that GitHub signs for this job."""

    def __init__(self, url: str, token: str, audience: str) -> None:
        if not url:
            raise Failed("the input hub is missing: the address of your hub")
        self._url, self._token, self._audience = url.rstrip("/"), token, audience or url.rstrip("/")
        self._signed, self._signed_at = "", 0.0

    def ask(self, method: str, path: str, document: Any = None, *, patient_until: float = 0.0) -> Any:
        """Return the answer; ask again where that may help, until ``patient_until`` (by the monotonic clock) at least."""
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(method, path, document)
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                if error.code < 500 and error.code not in (408, 429):
                    raise Failed(problem) from None
                why, wait_s = problem, float(error.headers.get("Retry-After") or 0) if (error.headers.get("Retry-After") or "0").isdigit() else 0.0
            except (OSError, ValueError, http.client.HTTPException) as error:
                why, wait_s = f"the hub cannot be reached: {error}", 0.0
            if tries >= TRIES and time.monotonic() > patient_until:
                raise Failed(why)
            _say(f"{why}; again in a moment")
            time.sleep(min(max(wait_s, 2.0 ** min(tries, 5)) * _PACE, 60.0))

    def _once(self, method: str, path: str, document: Any) -> Any:
        body = None if document is None else json.dumps(document).encode()
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self._bearer()}", "User-Agent": "leverframe-action"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with _open(urllib.request.Request(self._url + path, body, headers, method=method), WAIT_S + 30) as answer:
            return json.loads(answer.read())

    def _bearer(self) -> str:
        if self._token:
            return self._token
        if not self._signed or time.monotonic() - self._signed_at > TOKEN_S:
            url, secret = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL", ""), os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
            if not url or not secret:
                raise Failed("there is no token: give the job permissions: id-token: write, or the input token")
            whole = f"{url}{'&' if '?' in url else '?'}audience={urllib.parse.quote(self._audience, safe='')}"
            with _open(urllib.request.Request(whole, headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"}), 30) as answer:
                self._signed = json.loads(answer.read())["value"]
            print(f"::add-mask::{self._signed}", flush=True)
            self._signed_at = time.monotonic()
        return self._signed


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a token is for one address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Return nothing to follow."""
        return


_PACE = float(os.environ.get("LEVERFRAME_ACTION_PACE", "1"))
"""Tests wait less."""


def _open(request: urllib.request.Request, timeout_s: float) -> Any:
    return urllib.request.build_opener(_Stay).open(request, timeout=timeout_s)


def _problem(error: urllib.error.HTTPError) -> str:
    """Return what the hub says is wrong, and what to do."""
    try:
        said = json.loads(error.read())
        return " ".join(str(said[key]) for key in ("code", "title", "detail", "remedy") if said.get(key))
    except (ValueError, OSError, TypeError, KeyError, AttributeError):
        return f"the hub answered HTTP {error.code}"


def ask() -> None:
    """Ask, and wait where that is wanted."""
    hub = Hub(given("hub"), given("token"), given("audience"))
    links = as_json("links", [])
    run = _run_url()
    if run and isinstance(links, list):
        links = [*links, {"label": f"{os.environ.get('GITHUB_WORKFLOW', 'Run')} #{os.environ.get('GITHUB_RUN_NUMBER', '')}", "url": run}]
    policy = given("policy")
    document = {
        "project": given("project") or os.environ.get("GITHUB_REPOSITORY", ""), "environment": given("environment"),
        "title": given("title") or f"Approve {os.environ.get('GITHUB_WORKFLOW', '')} of {os.environ.get('GITHUB_REPOSITORY', '')}".strip(),
        "text": given("text"), "links": links, "rooms": [line.strip() for line in given("rooms").replace(",", "\n").splitlines() if line.strip()],
        "on_approve": as_json("on_approve", {}), "on_reject": as_json("on_reject", {}),
    }
    if policy:
        document["policy"] = as_json("policy", {}) if policy.startswith("{") else policy
    document["idempotency_key"] = given("key") or _key(document)
    answer = hub.ask("POST", "/api/approvals", document)
    _put_out(answer)
    _say(f"Asked: {answer['title']} ({answer['id']})")
    if given("wait").lower() in ("true", "yes", "1"):
        _wait(hub, answer["id"])


def _key(document: Any) -> str:
    """Return the name of a question: of this run, its attempt and its step. The jobs of a matrix have all of these in common: what is asked tells them apart."""
    step = "-".join(os.environ.get(name, "") for name in ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "GITHUB_ACTION"))
    return f"{step}-{hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12]}"


def wait() -> None:
    """Wait for the decision of what was asked before."""
    approval = given("approval")
    if not approval:
        raise Failed("the input approval is missing: the id that ask put out")
    _wait(Hub(given("hub"), given("token"), given("audience")), approval)


def _wait(hub: Hub, approval: str) -> None:
    try:
        ends = time.monotonic() + float(given("timeout_minutes") or "350") * 60
    except ValueError:
        raise Failed("the input timeout_minutes is not a number") from None
    until = given("until") or "decided"
    while True:
        left_s = ends - time.monotonic()
        query = urllib.parse.urlencode({"wait": max(0, min(WAIT_S, int(left_s))), "until": until})
        answer = hub.ask("GET", f"/api/approvals/{urllib.parse.quote(approval, safe='')}?{query}", patient_until=ends)
        decided = answer["decision"] != "pending"
        if decided and (until == "decided" or answer["ended"] or answer["decision"] != "approved"):
            break
        if left_s <= 0:
            _put_out(answer)
            raise Failed("nobody decided in time" if not decided else f"decided, but not ended in time: {answer['outcome']}")
        time.sleep(1.0 * _PACE)
    _put_out(answer)
    who = ", ".join(answer["decided_by"])
    if answer["decision"] in BAD:
        raise Failed(f"{answer['decision']}{f' by {who}' if who else ''}{': ' + answer['reason'] if answer['reason'] else ''}")
    if until == "ended" and answer["outcome"] not in GOOD:
        raise Failed(f"approved, but {answer['outcome']}: {answer['code']} {answer['detail']} {answer['remedy'] or ''}".strip())
    _say(f"Approved{f' by {who}' if who else ''}")


def notify() -> None:
    """Send a MessageCard, as https://learn.microsoft.com/outlook/actionable-messages/message-card-reference has it."""
    url = given("webhook_uri")
    if not url.startswith(("https://", "http://")):
        raise Failed("the input webhook_uri is missing: the address of a room")
    print(f"::add-mask::{url}", flush=True)
    card: dict = {"@type": "MessageCard", "@context": "https://schema.org/extensions"}
    for key, name in (("themeColor", "theme_color"), ("title", "title"), ("summary", "summary"), ("text", "text")):
        if given(name):
            card[key] = given(name)
    for key, name in (("sections", "sections"), ("potentialAction", "actions")):
        value = as_json(name, None)
        if value is not None:
            card[key] = value if isinstance(value, list) else [value]
    if not card.get("text") and not card.get("summary"):
        card["summary"] = card.get("title", "") or "Message"
    body = json.dumps(card, ensure_ascii=False)
    # A hub that hears it twice, as its answer was lost, shows it once.
    headers = {"Content-Type": "application/json", "User-Agent": "leverframe-action", "Idempotency-Key": str(uuid.uuid4())}
    request = urllib.request.Request(url, body.encode(), headers)
    for tries in range(1, TRIES + 1):
        try:
            with _open(request, 30) as answer:
                answer.read()
            break
        except urllib.error.HTTPError as error:
            why = _problem(error)
            if error.code < 500 and error.code not in (408, 429):
                raise Failed(why) from None
        except (OSError, http.client.HTTPException) as error:
            why = f"the room cannot be reached: {getattr(error, 'reason', error)}"
        if tries == TRIES:
            raise Failed(why)
        time.sleep(2.0**tries * _PACE)
    _output("message", body)
    _say("Told")


def _run_url() -> str | None:
    server, repository, run = (os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _put_out(answer: Any) -> None:
    for name in ("decision", "reason", "outcome", "run_url"):
        _output(name, str(answer[name] or ""))
    _output("approval", answer["id"])
    _output("decided_by", ", ".join(answer["decided_by"]))


def _output(name: str, value: str) -> None:
    """Put out a value that may have several lines: between marks that nobody can guess."""
    path, mark = os.environ.get("GITHUB_OUTPUT"), f"leverframe-{uuid.uuid4()}"
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def _say(words: str) -> None:
    """Write a line; what somebody else said in it commands nothing."""
    print(" ".join(words.replace("::", ": :").split()), flush=True)


def main() -> int:
    """Do what is asked; return 0, or 1 and say why."""
    mode = given("mode") or ("notify" if given("webhook_uri") else "wait" if given("approval") else "ask")
    does = {"ask": ask, "wait": wait, "notify": notify}.get(mode)
    try:
        if does is None:
            raise Failed(f"the input mode is {mode}: write ask, wait or notify")
        does()
    except Failed as failed:
        words = " ".join(str(failed).split()).replace("%", "%25")
        print(f"::error title=Leverframe::{words}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
