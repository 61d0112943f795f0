"""Commands that talk to a running hub, over its unix socket and over its address."""

from __future__ import annotations

import ast
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli.conftest import PUSH, RunningHub, entry_point, serving

from leverframe import cli
from leverframe.cli import deliveries as deliveries_command
from leverframe.cli.words import HEADINGS, LABELS
from leverframe.store.deliveries import State
from leverframe.store.tables import to_us
from leverframe.web.api.shapes import DeliveryWhole, EventShape


def test_events_are_listed(hub: RunningHub) -> None:
    """Without a command, with one and with --json, the event is there; JSON is what the API answers."""
    for arguments in (["events"], ["events", "list", "--name", "push", "--repo", "acme/web", "--source", "github", "--since", "1h"]):
        ran = hub.run(*arguments)
        assert (ran.status, hub.event in ran.out, "acme/web" in ran.out, ran.err) == (0, True, True, "")
    assert [one["id"] for one in hub.run("events", "--json").document["events"]][-1] == hub.event
    assert hub.run("events", "--name", "star", "--repo", "no/where").out == "–\n"


def test_a_list_tells_how_to_go_on(hub: RunningHub) -> None:
    """A list that is cut names the option that reads on, on stderr."""
    ran = hub.run("deliveries", "--status", "dead", "--limit", "1")
    assert hub.dead[1] in ran.out and hub.dead[0] not in ran.out
    assert ran.err == f"… more: --before {hub.dead[1]} --limit 1\n"
    assert hub.dead[0] in hub.run("deliveries", "--status", "dead", "--before", hub.dead[1]).out


def test_an_event_is_shown_without_harm_to_the_terminal(hub: RunningHub) -> None:
    """Control characters of a payload do not reach the terminal; the JSON carries them escaped."""
    ran = hub.run("events", "show", hub.event)
    assert ran.status == 0 and "red" in ran.out and "acme/web" in ran.out
    assert "\x1b" not in ran.out and "\x07" not in ran.out
    raw = hub.run("events", "show", hub.event, "--json")
    assert "\x1b" not in raw.out and raw.document["payload"] == PUSH


def test_deliveries_are_listed_and_shown(hub: RunningHub) -> None:
    """A dead delivery is found by its state, and shown with its code."""
    assert hub.dead[0] in hub.run("deliveries", "--status", "dead").out
    ran = hub.run("deliveries", "show", hub.dead[0])
    assert ran.status == 0 and "playground_room_invalid" in ran.out
    assert hub.run("deliveries", "show", hub.dead[0], "--json").document["state"] == "dead"


def test_one_delivery_is_sent_again(fresh_hub: RunningHub) -> None:
    """A dead delivery is owed again; one that does not exist is refused."""
    assert fresh_hub.run("deliveries", "retry", fresh_hub.dead[0]).out == f"{fresh_hub.dead[0]}: owed again\n"
    assert fresh_hub.run("deliveries", "retry", "dlv_0000000000001").err.startswith("delivery_unknown: ")


def test_a_query_is_counted_and_then_sent_again(fresh_hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """--dry-run only counts; without it all that match are owed again, and the command ends when none is owed any more."""
    monkeypatch.setattr(deliveries_command, "POLL_S", 0.0)
    narrowed = ("--status", "dead", "--since", "2h", "--destination", "playground:#dev-team", "--route", "team")
    assert fresh_hub.run("deliveries", "retry", *narrowed, "--dry-run").out == "would be sent again: 2\n"
    assert fresh_hub.run("deliveries", "retry", "--status", "dead", "--route", "other", "--dry-run", "--json").document == {"count": 0, "dry_run": True}
    ran = fresh_hub.run("deliveries", "retry", *narrowed, "--rate", "1000")
    assert (ran.status, ran.out) == (0, "owed again: 2\n")
    assert "dead: 0" in ran.err
    assert {one["state"] for one in fresh_hub.run("deliveries", "--json").document["deliveries"]} == {"sent"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["deliveries", "retry"],
        ["deliveries", "retry", "dlv_0000000000000", "--since", "2h"],
        ["routes", "explain"],
        ["routes", "explain", "--event", "evt_0000000000000", "--file", "x"],
        ["routes", "explain", "--file", "x"],
        ["events", "list", "--limit", "0"],
        ["hook-tokens", "create", "bot"],
        ["nothing"],
    ],
)
def test_wrong_usage_is_told_apart(hub: RunningHub, arguments: list[str]) -> None:
    """What cannot be meant ends with 2, before the hub is asked."""
    ran = hub.run(*arguments)
    assert ran.status == 2 and ran.out == "" and "Usage: " in ran.err


def test_routes_explain_themselves(hub: RunningHub, tmp_path: Path) -> None:
    """For a stored event and for one from a file or standard input, each route says whether it fires."""
    assert hub.run("routes", "explain", "--event", hub.event).out.startswith("✓ team: ")
    file = tmp_path / "star.json"
    file.write_text(json.dumps({"action": "created", "repository": {"full_name": "acme/web"}, "sender": {"login": "ann"}}))
    assert hub.run("routes", "explain", "--file", str(file), "--name", "star").out.startswith("✗ team: ")
    # The name as lists and routes have it was taken with the action twice, "star.created.created".
    assert hub.run("routes", "explain", "--file", str(file), "--name", "star.created").out == hub.run("routes", "explain", "--file", str(file), "--name", "star").out
    ran = hub.run("routes", "explain", "--file", "-", "--name", "push", "--json", stdin=json.dumps(PUSH).encode())
    assert [(one["route"], one["fired"]) for one in ran.document["routes"]] == [("team", True)]


@pytest.mark.parametrize("text", [None, "{", "[1]", '{"a":' + "[" * 5_000 + "]" * 5_000 + "}"])
def test_a_payload_that_cannot_be_read_is_refused(hub: RunningHub, tmp_path: Path, text: str | None) -> None:
    """A file that is missing, no JSON or no object is a refusal with its code."""
    file = tmp_path / "payload.json"
    if text is not None:
        file.write_text(text)
    ran = hub.run("routes", "explain", "--file", str(file), "--name", "push")
    assert ran.status == 1 and ran.err.startswith("file_unusable: ") and "→" in ran.err


def test_a_route_is_tested_muted_and_unmuted(hub: RunningHub) -> None:
    """A sample goes through a route; a route and a room are silenced until a time, and heard again."""
    tested = hub.run("routes", "test", "team").out
    assert tested == "team: owed to playground:#dev-team\n    → what became of it: leverframe deliveries list --route team\n"  # nobody knows yet whether it arrives
    for target in ("team", "playground:#dev-team"):
        assert hub.run("routes", "mute", target, "--until", "2h", "--reason", "release").out.startswith(f"{target}: muted until ")
        listed = hub.run("routes").out
        assert "release" in listed and f"{'room' if ':' in target else 'route'} {target}" in listed
        assert hub.run("routes", "unmute", target).out == f"{target}: not muted any more\n"
    assert [one["name"] for one in hub.run("routes", "--json").document["routes"]] == ["team"]
    ran = hub.run("routes", "mute", "unheard of")
    assert ran.status == 1 and ran.err.startswith("route_unknown: ")


def test_hook_tokens_are_created_listed_and_revoked(hub: RunningHub) -> None:
    """The token is alone on stdout, shown once; the list holds its rooms and not the token."""
    token = hub.run("hook-tokens", "create", "bot", "--room", "playground:#dev-*", "--room", "playground:#ops").out.strip()
    assert token.startswith("lfh_")
    listed = hub.run("hook-tokens").out
    assert "playground:#dev-*, playground:#ops" in listed and token not in listed
    assert hub.run("hook-tokens", "revoke", "bot").out == "bot: revoked\n"
    assert hub.run("hook-tokens", "list", "--json").document["tokens"][0]["revoked_at"] is not None
    assert hub.run("hook-tokens", "revoke", "bot").status == 1


def test_people_are_invited(hub: RunningHub) -> None:
    """The link is alone on stdout, and the invitation is listed; an unknown role is refused."""
    assert "/login?token=" in hub.run("people", "invite", "ann", "--role", "release").out
    assert "ann" in hub.run("people").out
    assert hub.run("people", "withdraw", "ann").out == "ann: invitation withdrawn\n"
    assert hub.run("people", "withdraw", "ann").err.startswith("invitation_unknown: ")
    assert hub.run("people", "invite", "bob", "--role", "king").status == 2
    assert hub.run("people", "disable", "nobody").err.startswith("person_unknown: ")


def test_a_token_reaches_the_hub_from_elsewhere(hub: RunningHub) -> None:
    """--url and a token do what its grants allow, and nothing after it is revoked; the variables do the same."""
    token = hub.run("tokens", "create", "ci", "--grant", "events.read", "--days", "1").out.strip()
    url = f"http://127.0.0.1:{hub.port}"
    assert hub.event in hub.run("events", "--url", url, "--token", token).out
    assert hub.event in hub.run("events", environ={"LEVERFRAME_URL": url, "LEVERFRAME_TOKEN": token}).out
    refused = hub.run("audit", "--url", url, "--token", token)
    assert refused.status == 1 and refused.err.startswith("not_allowed: ")
    assert hub.run("events", "--url", url).err.startswith("sign_in_required: ")
    assert "ci" in hub.run("tokens").out
    assert hub.run("tokens", "revoke", "ci").status == 0
    assert hub.run("events", "--url", url, "--token", token).err.startswith("token_invalid: ")


def test_acts_are_audited(hub: RunningHub) -> None:
    """What an operator did is in the audit, and can be asked for by act."""
    hub.run("routes", "test", "team")
    assert "operator" in hub.run("audit", "--act", "routes.test").out
    assert {one["act"] for one in hub.run("audit", "list", "--act", "routes.test", "--json").document["entries"]} == {"routes.test"}


def test_a_refusal_is_a_document_where_json_is_asked_for(hub: RunningHub) -> None:
    """With --json a refusal is the problem document, on stderr, and the exit status 1."""
    ran = hub.run("events", "show", "evt_0000000000001", "--json")
    assert (ran.status, ran.out, json.loads(ran.err)["code"]) == (1, "", "event_unknown")


def test_every_heading_has_a_korean_word() -> None:
    """`leverframe dispatches list` of a Korean hub, and two lists more, ended with a traceback: a heading had no word."""
    calls = [call for file in Path(cli.__file__).parent.glob("*.py") for call in ast.walk(ast.parse(file.read_text())) if isinstance(call, ast.Call)]
    shown = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "table"]
    used = {word.value for headings in shown if isinstance(headings, ast.Tuple) for word in headings.elts if isinstance(word, ast.Constant)}
    assert len(used) > 40
    assert used <= set(HEADINGS)


def test_the_names_of_values_have_korean_words() -> None:
    """``events show`` and ``deliveries show`` of a Korean hub had the API's English names before their values."""
    assert {*EventShape.model_fields, *DeliveryWhole.model_fields} - {"fired"} <= set(LABELS)


def test_the_hub_speaks_its_language(tmp_path: Path) -> None:
    """Tables, sentences and refusals are in the hub's language; codes, ids and states are not translated."""
    with serving(tmp_path, "ko") as hub:
        listed = hub.run("deliveries").out
        assert "상태" in listed and "dead" in listed
        assert hub.run("deliveries", "retry", "--status", "dead", "--dry-run").out == "다시 보낼 전송: 2\n"
        ran = hub.run("events", "show", "evt_0000000000001")
        assert ran.err.startswith("event_unknown: ") and any("가" <= letter <= "힣" for letter in ran.err)
        shown = hub.run("deliveries", "show", hub.dead[0]).out
        assert "이벤트 ID" in shown and "event_id" not in shown and "created_at" not in shown
        shown = hub.run("events", "show", hub.event).out
        assert "보낸 쪽 ID" in shown and "received_at" not in shown
        for command in ("approvals", "dispatches", "deployments", "people", "tokens", "hook-tokens", "routes", "audit", "hooks list acme/web"):
            assert hub.run(*command.split()).status == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["events"], "hub_not_running"),
        (["events", "--url", "http://127.0.0.1:1"], "hub_not_running"),
        (["events", "--url", "ftp://hub.example.com"], "hub_unreachable"),
    ],
)
def test_a_hub_that_is_not_there_is_told_with_its_remedy(tmp_path: Path, arguments: list[str], code: str) -> None:
    """The error names the code, where it looked, and what to do."""
    (tmp_path / "leverframe.toml").write_text("")
    ran = entry_point(*arguments, folder=tmp_path)
    assert ran.status == 1 and ran.out == "" and ran.err.startswith(f"{code}: ") and "    → " in ran.err


def test_a_configuration_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Without configuration and --url, a command says how to get either."""
    ran = entry_point("events", folder=tmp_path)
    assert ran.status == 1 and "file_missing" in ran.err and "--config" in ran.err


def test_a_retry_follows_only_what_it_sends_again(fresh_hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that something else keeps owed (quiet hours) does not keep the command waiting."""
    monkeypatch.setattr(deliveries_command, "POLL_S", 0.0)
    held, dead = fresh_hub.dead
    fresh_hub.change(held, state=State.OWED, later=1, scheduled_at=to_us(datetime.now(UTC) + timedelta(hours=8)))
    ran = fresh_hub.run("deliveries", "retry", "--status", "dead")
    assert (ran.status, ran.out) == (0, "owed again: 1\n") and "dead: 0" in ran.err
    states = {one["id"]: one["state"] for one in fresh_hub.run("deliveries", "--json").document["deliveries"]}
    assert (states[held], states[dead]) == ("owed", "sent")


def test_a_retry_that_dies_again_ends_with_one(fresh_hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script sees by the exit status that what was sent again did not arrive."""
    monkeypatch.setattr(deliveries_command, "POLL_S", 0.0)
    fresh_hub.change(fresh_hub.dead[0], destination="playground:#not a room")
    ran = fresh_hub.run("deliveries", "retry", "--status", "dead", "--destination", "playground:#not a room")
    assert (ran.status, ran.out) == (1, "owed again: 1\n") and "dead: 1" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["deliveries", "show", "dlv_nope"], "delivery_unknown"),
        (["deliveries", "retry", "dlv_nope"], "delivery_unknown"),
        (["events", "show", "evt_nope"], "event_unknown"),
        (["events", "show", "evt_0000000000001"], "event_unknown"),
        (["routes", "explain", "--event", "evt_0000000000001"], "event_unknown"),
        (["routes", "test", "nope"], "route_unknown"),
        (["routes", "mute", "nope"], "route_unknown"),
        (["routes", "unmute", "team"], "mute_unknown"),
        (["people", "disable", "nobody"], "person_unknown"),
        (["tokens", "revoke", "nope"], "token_unknown"),
        (["hook-tokens", "revoke", "nope"], "token_unknown"),
    ],
)
def test_what_is_not_there_is_called_by_its_name(hub: RunningHub, arguments: list[str], code: str) -> None:
    """A misspelt id or name is told as what it is, with the command that lists those there are."""
    ran = hub.run(*arguments)
    assert ran.status == 1 and ran.err.startswith(f"{code}: ") and "    → leverframe " in ran.err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["deliveries", "list", "--status", "nope"], "--status"),
        (["deliveries", "retry", "--status", "nope"], "--status"),
        (["events", "list", "--since", "yesterday"], "since"),
        (["routes", "mute", "team", "--until", "2020-01-01"], "until"),
        (["people", "invite", "bob", "--role", "emperor"], "role"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_wrong_usage(hub: RunningHub, arguments: list[str], option: str) -> None:
    """Whether the command or the hub finds out, the exit status is 2 and the option is named."""
    ran = hub.run(*arguments)
    assert (ran.status, ran.out) == (2, "") and option in ran.err


def test_times_tell_their_zone(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time carries its offset, so that nobody takes the terminal's for the hub's, which a file without a time zone does not tell."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+09:00", hub.run("events").out)
    monkeypatch.undo()
    time.tzset()


def test_times_are_the_hub_s(fresh_hub: RunningHub) -> None:
    """As in every message and page: a server's clock is UTC, and its operators sit in Seoul. They read the hub's times in two zones."""
    file = fresh_hub.folder / "leverframe.toml"
    for zone, offset in (("Asia/Seoul", "+09:00"), ("Asia/Kolkata", "+05:30")):
        file.write_text(re.sub(r"(?m)^(timezone = .*\n)?locale", f'timezone = "{zone}"\nlocale', file.read_text()))
        assert f"{offset} " in fresh_hub.run("events").out
        assert fresh_hub.run("deliveries", "show", fresh_hub.dead[0]).out.count(offset) > 1


def test_the_list_of_routes_is_narrow(tmp_path: Path) -> None:
    """A route that takes many events shows the first few; one that names none says so in words."""
    more = '[[routes]]\nname = "all"\nfrom = "github"\nto = ["playground:#all"]\n[[routes]]\nname = "five"\nfrom = "github"\nevents = ["push", "fork", "star", "issues", "gollum"]\nto = ["playground:#all"]\n'
    with serving(tmp_path, more=more) as hub:
        listed = hub.run("routes").out
    assert "those posted by default" in listed and "push, fork, star, issues (+1)" in listed
    assert max(map(len, listed.splitlines())) < 100


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["hook-tokens", "create", "bad", "--room", "slak:#x"], "room_unknown"), (["tokens", "create", "z", "--grant", "fly"], "grant_unknown")],
)
def test_a_token_for_nonsense_is_wrong_usage(hub: RunningHub, arguments: list[str], code: str) -> None:
    """No token is made for a room or a grant that is none, and a script sees that it asked wrongly."""
    ran = hub.run(*arguments)
    assert (ran.status, ran.out) == (2, "") and ran.err.startswith(f"{code}: ")


@pytest.mark.parametrize("token", ["lf_s3cret\r", "lf_s3cret\n", "lf_s3cret\x00", "lf_s3crét"])
def test_a_token_that_cannot_be_sent_is_not_shown(hub: RunningHub, token: str) -> None:
    """One read from a file with Windows line ends gave a traceback with the token in it."""
    ran = hub.run("events", "--url", f"http://127.0.0.1:{hub.port}", "--token", token)
    assert ran.status == 1 and ran.err.startswith("token_invalid: ") and "s3cr" not in ran.err + ran.out


@pytest.mark.parametrize("url", ["http://[", "http://[::1", "http://a:b", "http://" + "x" * 70, "http://ho st", "hub", "ftp://hub", ""])
def test_an_address_that_is_none_is_refused(hub: RunningHub, url: str) -> None:
    """``--url 'http://['`` gave a traceback."""
    ran = hub.run("events", "--url", url, "--token", "lf_s3cret")
    assert ran.status == 1 and ran.err.startswith("hub_unreachable: ") and "s3cret" not in ran.err
