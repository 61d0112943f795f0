"""The GitHub Action: its files are what GitHub takes, and its script does what they say, against a hub and an issuer that run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.conftest import RunningHub, serving
from fakes.oidc import FakeIssuer, issuing

from leverframe.chats.slack.send import SlackChat
from leverframe.chats.slack.settings import Settings as SlackSettings
from leverframe.chats.teams.send import TeamsChat
from leverframe.chats.teams.settings import Settings as TeamsSettings
from leverframe.net import Outbound
from leverframe.secrets import Secret
from leverframe.web.api.approvals import ApprovalAsked

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "action" / "leverframe_action.py"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
EXAMPLES = sorted((ROOT / "examples" / "github-actions").glob("*.yml"))
CONFIG = """
[policies.release]
required = 1
self = true

[oidc.github]
issuer = "{issuer}"
audience = "https://hub.example.com"

[[oidc.github.allow]]
repositories = ["acme/*"]
environments = ["production"]
grants = ["approvals.ask {{repository}} *"]
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[FakeIssuer]:
    with issuing() as fake:
        yield fake


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, issuer: FakeIssuer) -> Iterator[RunningHub]:
    with serving(tmp_path_factory.mktemp("hub"), more=CONFIG.format(issuer=issuer.url)) as running:
        yield running


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    outputs: dict[str, str]


def run(folder: Path, environ: dict[str, str] | None = None, **inputs: str) -> Ran:
    """Run the action's step as a runner does: inputs by the environment that action.yml maps, outputs read from GITHUB_OUTPUT."""
    step = ACTION["runs"]["steps"][0]
    asked = {name: inputs.get(name, str(one.get("default", ""))) for name, one in ACTION["inputs"].items()}
    assert set(inputs) <= set(asked)
    asked["project"] = inputs.get("project", "acme/web")
    mapped = {key: asked[re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)[1]] for key, value in step["env"].items()}  # type: ignore[index]
    file = folder / "output"
    file.write_text("")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LEVERFRAME_", "GITHUB_", "ACTIONS_", "INPUT_"))}
    github = {
        "GITHUB_OUTPUT": str(file), "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/web", "GITHUB_RUN_ID": "42",
        "GITHUB_RUN_NUMBER": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "ask", "GITHUB_WORKFLOW": "Release", "LEVERFRAME_ACTION_PACE": "0.02",
    }  # fmt: skip
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(command, env={**clean, **github, **mapped, **(environ or {})}, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "", done.stderr
    return Ran(done.returncode, done.stdout, dict(re.findall(r"^(\w+)<<(?:leverframe-\S+)\n(.*?)\nleverframe-\S+$", file.read_text(), re.MULTILINE | re.DOTALL)))


def signed(issuer: FakeIssuer) -> dict[str, str]:
    """Return what GitHub gives a job that may ask for its token."""
    return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{issuer.url}/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.secret}


def address(hub: RunningHub) -> str:
    return f"http://127.0.0.1:{hub.port}"


def test_a_job_asks_waits_and_goes_on(hub: RunningHub, issuer: FakeIssuer, tmp_path: Path) -> None:
    """By GitHub's own token: nothing is stored in the repository. The same question is not asked twice when the step runs again."""
    inputs = {"hub": address(hub), "audience": "https://hub.example.com", "environment": "production", "title": "Release 1.2?", "policy": "release", "rooms": "playground:#dev-team"}
    asked = run(tmp_path, signed(issuer), mode="ask", **inputs)
    assert (asked.status, asked.outputs["decision"]) == (0, "pending"), asked.out
    assert "::add-mask::eyJ" in asked.out
    id = asked.outputs["approval"]
    assert run(tmp_path, signed(issuer), mode="ask", **inputs).outputs["approval"] == id
    other = run(tmp_path, signed(issuer), mode="ask", **{**inputs, "title": "Release 1.2 to Europe?"})
    assert (other.status, other.outputs.get("approval", id) != id) == (0, True), f"another job of the same matrix was refused: {other.out}"
    late = run(tmp_path, signed(issuer), hub=inputs["hub"], audience=inputs["audience"], approval=id, timeout_minutes="0")
    assert late.status == 1 and "nobody decided in time" in late.out
    heard: list[Ran] = []
    waiting = threading.Thread(target=lambda: heard.append(run(tmp_path, signed(issuer), hub=inputs["hub"], audience=inputs["audience"], approval=id, until="ended")))
    waiting.start()
    assert hub.run("do", "approve", id).status == 0
    waiting.join()
    assert (heard[0].status, heard[0].outputs["decision"], heard[0].outputs["outcome"]) == (0, "approved", "done"), heard[0].out


def test_a_no_ends_the_job(hub: RunningHub, issuer: FakeIssuer, tmp_path: Path) -> None:
    """With who said it and why; what they said commands the runner nothing."""
    inputs = {"hub": address(hub), "audience": "https://hub.example.com", "environment": "production", "key": "other"}
    id = run(tmp_path, signed(issuer), mode="ask", **inputs).outputs["approval"]
    assert hub.run("do", "reject", id, "::set-output name=x::not on a Friday").status == 0
    refused = run(tmp_path, signed(issuer), hub=inputs["hub"], audience=inputs["audience"], mode="wait", approval=id)
    assert refused.status == 1 and refused.outputs["decision"] == "rejected" and "not on a Friday" in refused.out
    assert all(line.startswith(("::error", "::add-mask::")) or "::" not in line for line in refused.out.splitlines())


@pytest.mark.parametrize(
    ("inputs", "environ", "says"),
    [({"mode": "ask", "hub": ""}, {}, "the input hub is missing"), ({"mode": "ask"}, {}, "id-token: write"), ({"mode": "ask", "token": "lf_wrong"}, {}, "token_invalid"),
     ({"mode": "wait"}, {}, "the input approval is missing"), ({"mode": "guess"}, {}, "write ask, wait or notify"), ({"mode": "ask", "links": "[", "token": "x"}, {}, "links is not JSON"),
     ({"mode": "notify"}, {}, "webhook_uri is missing"), ({"mode": "ask", "token": "x", "hub": "http://127.0.0.1:9"}, {}, "cannot be reached"),
     ({"mode": "ask", "project": "acme/other", "audience": "https://hub.example.com"}, "signed", "not_allowed")],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence(hub: RunningHub, issuer: FakeIssuer, tmp_path: Path, inputs: dict[str, str], environ: Any, says: str) -> None:
    """An annotation of the run, with the hub's code and remedy; never a traceback."""
    ran = run(tmp_path, signed(issuer) if environ == "signed" else environ, **{"hub": address(hub), **inputs})
    assert ran.status == 1 and "::error title=Leverframe::" in ran.out and says in ran.out


def test_the_inputs_of_the_former_action_send_a_message_card(tmp_path: Path) -> None:
    """``webhook_uri, title, summary, text, theme_color, sections, actions``: one ``uses:`` line changes. A room that is busy is told again."""
    came: list[bytes] = []

    class Room(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(429 if len(came) == 1 else 200)
            self.send_header("Content-Length", "1")
            self.end_headers()
            self.wfile.write(b"1")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Room)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told = run(
        tmp_path, webhook_uri=f"http://127.0.0.1:{server.server_address[1]}/teams/incoming/secret", title="배포 <승인>", summary="sum", text="본문", theme_color="ff0000",
        sections='[{"activityTitle": "x"}]', actions='[{"@type": "OpenUri", "name": "Open", "targets": [{"os": "default", "uri": "https://github.com"}]}]',
    )  # fmt: skip
    server.shutdown()
    server.server_close()
    card = json.loads(came[-1])
    assert (told.status, len(came)) == (0, 2) and json.loads(told.outputs["message"]) == card
    assert (card["@type"], card["title"], card["summary"], card["text"], card["themeColor"]) == ("MessageCard", "배포 <승인>", "sum", "본문", "ff0000")
    assert card["sections"] == [{"activityTitle": "x"}] and card["potentialAction"][0]["name"] == "Open"


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"no HTTP\r\n\r\n", b""])
@pytest.mark.parametrize("mode", ["wait", "notify"])
def test_an_answer_that_breaks_off_is_asked_for_again(tmp_path: Path, mode: str, garbage: bytes) -> None:
    """Half an answer, and words that are no HTTP, as a proxy sends them in passing, ended a waiting job with a traceback. A card that is sent
    again has the name that it had, so that the room shows it once."""
    told = {"decision": "approved", "ended": True, "outcome": "done", "decided_by": ["ann"], "reason": "", "run_url": None, "id": "dep_1"}
    keys: list[str | None] = []

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            keys.append(self.headers["Idempotency-Key"])
            body = json.dumps(told).encode()
            self.close_connection = True
            self.wfile.write(garbage if len(keys) < 3 else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    ran = run(tmp_path, hub=address, token="t", approval="dep_1") if mode == "wait" else run(tmp_path, webhook_uri=f"{address}/teams/incoming/secret", text="x")
    server.shutdown()
    server.server_close()
    assert (ran.status, len(keys), len(set(keys))) == (0, 3, 1), ran.out
    assert (keys[0] is not None) == (mode == "notify")


def test_the_actions_file() -> None:
    """Every input reaches the script, every output comes from it, everything is described; no container, nothing to install."""
    [step] = ACTION["runs"]["steps"]
    assert ACTION["runs"]["using"] == "composite" and "pip" not in step["run"] and (ROOT / "action" / "leverframe_action.py").exists()
    assert {value for value in step["env"].values()} == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert {key for key in step["env"]} == {f"INPUT_{name.upper()}" for name in ACTION["inputs"]}
    script = SCRIPT.read_text()
    for name, one in ACTION["outputs"].items():
        assert one["value"] == f"${{{{ steps.{step['id']}.outputs.{name} }}}}" and f'"{name}"' in script
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    for name in ("webhook_uri", "title", "summary", "text", "theme_color", "sections", "actions"):
        assert name in ACTION["inputs"]
    assert not re.search(r"\$\{\{", step["run"]), "what somebody else wrote must not become a program"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples(path: Path) -> None:
    """They are workflows; each step of ours uses inputs that there are, signs in without a secret, and its JSON is JSON."""
    workflow = yaml.safe_load(path.read_text())
    on = workflow[True]  # YAML 1.1 reads "on" as yes
    assert workflow["name"] and on and workflow["jobs"]
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        for step in job["steps"]:
            if not step.get("uses", "").startswith("acme/leverframe"):
                continue
            assert set(step["with"]) <= set(ACTION["inputs"]) and workflow["permissions"]["id-token"] == "write"
            for name in ("on_approve", "on_reject", "links"):
                if name in step["with"]:
                    json.loads(re.sub(r"\$\{\{ toJSON\(.*?\) \}\}", '"x"', step["with"][name]))


def test_the_workflow_that_is_started_looks_at_what_is_meant_for_it() -> None:
    """Its run-name holds the hub's id; the event's project, environment and decision are looked at before anything runs."""
    workflow = yaml.safe_load((ROOT / "examples" / "github-actions" / "deploy-on-approval.yml").read_text())
    asked = yaml.safe_load((ROOT / "examples" / "github-actions" / "ask.yml").read_text())["jobs"]["ask"]["steps"][0]["with"]
    dispatch = json.loads(re.sub(r"\$\{\{ toJSON\(.*?\) \}\}", '"x"', asked["on_approve"]))["repository_dispatch"]
    assert workflow[True]["repository_dispatch"]["types"] == [dispatch["event_type"]]
    assert "${{ github.event.client_payload.leverframe.id }}" in workflow["run-name"]
    for name in ("project", "environment", "decision"):
        assert f"client_payload.leverframe.{name} ==" in workflow["jobs"]["production"]["if"]


@pytest.mark.parametrize("page", ["docs/how-to/gates.md", "docs/how-to/gates.ko.md"])
def test_what_the_page_says_can_be_sent_as_it_is(page: str) -> None:
    """Rooms of the page and of the examples are rooms; its question is one that the API takes. (A Teams room without its # was refused.)"""
    text = (ROOT / page).read_text()
    question = json.loads(next(found for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if '"rooms"' in found))
    assert ApprovalAsked.model_validate(question).rooms
    steps = [step for path in EXAMPLES for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    steps += [step for found in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) for step in yaml.safe_load(found) if isinstance(step, dict)]
    rooms = {*question["rooms"], *(line for step in steps for line in step.get("with", {}).get("rooms", "").split())}
    outbound = Outbound()
    slack = SlackChat("slack", SlackSettings(bot_token=Secret("xoxb-1")), outbound)
    teams = TeamsChat("teams", TeamsSettings(app_id="a", app_password=Secret("s"), tenant_ids=["t"]), outbound)
    assert {room.partition(":")[0] for room in rooms} == {"slack", "teams"}
    for room in rooms:
        chat, _, name = room.partition(":")
        assert {"slack": slack, "teams": teams}[chat].check_room(name) is None, room
