"""Setting a hub up: init, check, doctor, simulate, and the program itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
import typer.main
from acceptance.forks import Forked
from cli.conftest import RunningHub, entry_point, program
from fakes.gcs import google_server
from fakes.slack import TOKEN, FakeSlack

from leverframe.cli.commands import app
from leverframe.cli.diagnosis import _postgres_version
from leverframe.cli.starter import starter
from leverframe.config import load
from leverframe.core.errors import Locale, Refused

NAMED = {"GITHUB_WEBHOOK_SECRET": "s3cret", "SLACK_BOT_TOKEN": TOKEN}


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_init_writes_a_configuration_that_works(tmp_path: Path, locale: Locale) -> None:
    """With the variables that it names, the file has neither errors nor warnings, and routes pull requests and wiki to #dev-team."""
    assert entry_point("init", "--locale", locale, folder=tmp_path).status == 0
    config = load(tmp_path / "leverframe.toml", NAMED)
    assert (config.warnings, config.hub.locale, config.hub.url) == ((), locale, "http://127.0.0.1:8080")
    # hub.url stood there with the port 8080: where a platform gives another, the administrator's link led to nobody, and doctor called the hub dead.
    assert load(tmp_path / "leverframe.toml", {**NAMED, "PORT": "9000"}).hub.url == "http://127.0.0.1:9000"
    assert all(f"env:{name}" in starter(locale) for name in (*NAMED, "SLACK_SIGNING_SECRET", "GH_TOKEN", "JENKINS_TOKEN"))
    assert [(route.events, route.to) for route in config.routes] == [(("pull_request.opened",), ("slack:#dev-team",)), (("gollum",), ("slack:#dev-team",))]


def test_both_languages_of_init_differ_in_words_only() -> None:
    """The Korean file has Korean comments and, but for names, language and time zone, the same settings."""
    english, korean = tomllib.loads(starter("en")), tomllib.loads(starter("ko"))
    assert any("가" <= letter <= "힣" for letter in starter("ko")) and not any("가" <= letter <= "힣" for letter in starter("en"))
    for document in (english, korean):
        del document["hub"]["locale"], document["hub"]["timezone"]
        for route in document["routes"]:
            del route["name"]
    assert english == korean


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_every_commented_line_of_init_can_be_uncommented(tmp_path: Path, locale: Locale) -> None:
    """What the comments offer is read as it stands; as it stands only admins deploy."""
    (tmp_path / "leverframe.toml").write_text(re.sub(r'(?m)^# (?=\[|"#dev"|[a-z_]+ = )', "", starter(locale)))
    named = {**NAMED, "SLACK_APP_TOKEN": "a", "SLACK_SIGNING_SECRET": "s", "SLACK_DEV_WEBHOOK": "https://hooks.slack.com/services/T/B/x", "GH_TOKEN": "c", "JENKINS_TOKEN": "j"}
    config = load(tmp_path / "leverframe.toml", named)
    assert config.warnings == () and config.github.token is not None and set(config.runners) == {"jenkins", "github_actions"}
    assert list(config.catalogue.services["web-app"]) == ["staging", "production"]
    assert [role.members for role in config.roles.values()] == [["slack:@admins"]]


def test_init_leaves_a_file_that_is_there(tmp_path: Path) -> None:
    """Without --force a file is not replaced; --dry-run prints and writes nothing."""
    file = tmp_path / "leverframe.toml"
    file.write_text("# mine\n")
    ran = entry_point("init", folder=tmp_path)
    assert (ran.status, file.read_text()) == (1, "# mine\n") and ran.err.startswith("file_exists: ")
    assert entry_point("init", "--dry-run", folder=tmp_path).out == starter("en") and file.read_text() == "# mine\n"
    assert entry_point("init", "--force", "--json", folder=tmp_path).document == {"file": str(file)} and file.read_text() == starter("en")
    assert entry_point("init", "no/such/folder.toml", folder=tmp_path).err.startswith("file_unusable: ")


def test_init_can_be_read_by_programs(tmp_path: Path) -> None:
    """--dry-run --json is a document that holds the text; nothing is written."""
    assert entry_point("init", "--dry-run", "--json", folder=tmp_path).document == {"file": str(tmp_path / "leverframe.toml"), "text": starter("en")}
    assert list(tmp_path.iterdir()) == []


@contextmanager
def printing(*arguments: str) -> Iterator[TextIO]:
    """Run ``leverframe`` until it is told to stop; gives what it prints."""
    reads, writes = os.pipe()
    with open(reads) as printed:
        running = Forked(*arguments, environ=os.environ, out=writes, err=2)
        os.close(writes)
        try:
            yield printed
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


@contextmanager
def demo(folder: Path, *more: str) -> Iterator[Any]:
    """Run a demo in ``folder`` on a free port; gives the document that it prints first."""
    with printing("demo", "--dir", str(folder), "--port", "0", "--json", *more) as printed:
        yield json.loads(printed.readline())


def test_the_demo_tells_programs_where_it_is(tmp_path: Path) -> None:
    """With --json the first line is a document with the addresses of playground and console."""
    program = [sys.executable, "-c", "from leverframe.cli.main import main; main()", "demo", "--dir", str(tmp_path), "--port", "0", "--json"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:  # from nothing, as a newcomer does
        assert running.stdout is not None
        try:
            told = json.loads(running.stdout.readline())
        finally:
            running.terminate()
    assert told["playground"].endswith("/playground") and "/login?token=" in told["console"]


def test_a_korean_hub_begins_in_korean(tmp_path: Path) -> None:
    """``make run LOCALE=ko`` told where it is, and why it does not start, in English."""
    with printing("demo", "--dir", str(tmp_path / "demo"), "--port", "0", "--locale", "ko") as printed:
        told = [printed.readline() for _ in range(6)]
    assert told[1].startswith("  플레이그라운드:  http") and "/login?token=" in told[2] and "멈추려면" in told[4]
    (tmp_path / "leverframe.toml").write_text("[hub]\nlocale = 'ko'\nbind = '192.0.2.1:1'\n[sources.github]\nsecrets = ['env:S']\n[chats.playground]\n")
    ran = entry_point("serve", folder=tmp_path, environ={"S": "s"})
    assert ran.status == 1 and "192.0.2.1:1 주소를 열 수 없습니다" in ran.err
    (tmp_path / "hub.db").mkdir()
    (tmp_path / "leverframe.toml").write_text("[hub]\nlocale = 'ko'\nbind = '127.0.0.1:0'\ndatabase = 'sqlite:///hub.db'\n[sources.github]\nsecrets = ['env:S']\n[chats.playground]\n")
    ran = entry_point("serve", folder=tmp_path, environ={"S": "s"})
    assert ran.status == 1 and "storage_unavailable: 지금 데이터베이스에 쓸 수 없어" in ran.err


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_the_demo_leaves_another_hubs_folder_alone(tmp_path: Path, fresh: list[str]) -> None:
    """``--dir .`` wrote over leverframe.toml, and with ``--fresh`` removed everything beside it; now it refuses, and nothing is changed."""
    mine = {"leverframe.toml": "[sources.github]\n", "leverframe.db": "data", "notes.txt": "n"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    ran = entry_point("demo", "--dir", ".", "--port", "0", *fresh, folder=tmp_path)
    assert ran.status == 1 and ran.err.startswith("demo_folder_taken: ") and "--dir .demo" in ran.err
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == mine


def test_a_fresh_demo_forgets_only_what_it_kept(tmp_path: Path) -> None:
    """Its secret and database are new; a file that somebody laid beside them stays."""
    kept = []
    for fresh in ([], [], ["--fresh"]):
        with demo(tmp_path, *fresh):
            kept.append((tmp_path / "github-secret").read_text())
        (tmp_path / "notes.txt").write_text("mine")
    assert kept[0] == kept[1] != kept[2] and (tmp_path / "notes.txt").read_text() == "mine"


def test_a_fresh_demo_touches_nothing_while_another_runs_or_has_the_port(tmp_path: Path) -> None:
    """Everything was removed before the port was known to be free, under the feet of the demo that had it."""
    with demo(tmp_path) as told:
        before = [(tmp_path / name).read_text() for name in ("leverframe.toml", "github-secret")]
        port = told["playground"].split(":")[2].partition("/")[0]
        taken = entry_point("demo", "--dir", ".", "--port", port, "--fresh", folder=tmp_path)
        assert taken.status == 1 and "cannot listen" in taken.err and "make run PORT=8081" in taken.err
        told_so = entry_point("demo", "--dir", ".", "--port", port, "--json", folder=tmp_path)
        assert told_so.status == 1 and json.loads(told_so.err)["code"] == "demo_port_taken", "it was a line of text, also for programs"
        running = entry_point("demo", "--dir", ".", "--port", "0", "--fresh", "--json", folder=tmp_path)
        assert running.status == 1 and json.loads(running.err)["code"] == "demo_running"
        assert [(tmp_path / name).read_text() for name in ("leverframe.toml", "github-secret")] == before


def test_serve_says_that_its_output_is_its_log(tmp_path: Path) -> None:
    """Who looks for --json finds the reason why serve has none."""
    assert "no --json" in entry_point("serve", "--help", folder=tmp_path).out


def test_simulate_without_a_hub_says_how_to_start_one(tmp_path: Path) -> None:
    """Nothing listens: the remedy is leverframe serve."""
    (tmp_path / "leverframe.toml").write_text('[hub]\nbind = "127.0.0.1:1"\n[sources.github]\nsecrets = ["env:SECRET"]\n')
    ran = entry_point("simulate", "github", "gollum", folder=tmp_path, environ={"SECRET": "s"})
    assert ran.status == 1 and ran.err.startswith("hub_not_running: ") and "leverframe serve" in ran.err


@pytest.mark.parametrize("command", [["events"], ["people", "invite", "ann"], ["simulate", "github", "push"]])
def test_a_configuration_that_cannot_be_read_is_told_to_programs_too(tmp_path: Path, command: list[str]) -> None:
    """With --json operating commands printed its errors as lines for people."""
    (tmp_path / "leverframe.toml").write_text("[hub]\nurl = x\n")
    ran = entry_point(*command, "--json", folder=tmp_path)
    (finding,) = json.loads(ran.err)["findings"]
    assert (ran.status, ran.out, finding["code"], finding["line"]) == (1, "", "toml_invalid", 2)


def test_check_is_korean_throughout(tmp_path: Path) -> None:
    """What pydantic, the TOML parser and a chat say of a value was English inside of Korean sentences."""
    file = tmp_path / "leverframe.toml"
    file.write_text(
        "[hub]\nlocale = 'ko'\n[retention]\nbodies_days = -1\n[sources.github]\nsecrets = ['env:S']\n[chats.playground]\n"
        "[outbound]\nallow = ['a b']\n[[routes]]\nname = 'a'\nfrom = 'github'\nto = ['playground:dev']\n"
    )
    ran = entry_point("check", folder=tmp_path, environ={"S": "s"})
    assert ran.status == 1
    for sentence in ("이상이어야 함", "네트워크도 호스트도 아님", "플레이그라운드 채널은 # 뒤에"):
        assert sentence in ran.err, ran.err
    file.write_text("[hub]\nlocale = 'ko'\nurl = x\n")
    assert "값으로 읽을 수 없음" in (ran := entry_point("check", folder=tmp_path)).err, ran.err


def test_check_tells_errors_and_warnings(tmp_path: Path) -> None:
    """Each finding has file, line, code and remedy on stderr; errors end with 1, warnings do not."""
    file = tmp_path / "leverframe.toml"
    file.write_text("[hub]\nlocal = 'ko'\n[chats.slack]\nbot_token = 'xoxb-1'\n")
    ran = entry_point("check", folder=tmp_path)
    assert ran.status == 1 and ran.out == f"{file}: 1 error, 1 warning\n"
    assert f"{file}:2: error key_unknown: There is no key hub.local.\n    → Did you mean locale?\n" in ran.err
    assert f"{file}:4: warning secret_literal: " in ran.err and "xoxb-1" not in ran.err
    file.write_text("[chats.slack]\nbot_token = 'xoxb-1'\n")
    assert entry_point("check", folder=tmp_path).status == 0


def test_check_tells_programs(tmp_path: Path) -> None:
    """With --json the findings are a document, in the language of the file."""
    (tmp_path / "hub.toml").write_text("[hub]\nlocale = 'ko'\nlocal = 1\n")
    ran = entry_point("check", "--config", "hub.toml", "--json", folder=tmp_path)
    (finding,) = ran.document["findings"]
    assert (ran.status, ran.document["ok"]) == (1, False)
    assert (finding["severity"], finding["code"], finding["line"], finding["key"]) == ("error", "key_unknown", 3, "hub.local")
    assert any("가" <= letter <= "힣" for letter in finding["sentence"])


def test_check_does_not_let_a_file_write_on_the_terminal(tmp_path: Path) -> None:
    """Control characters of the file are not printed."""
    (tmp_path / "leverframe.toml").write_text('"\\u001b[31m" = 1\n')
    assert "\x1b" not in entry_point("check", folder=tmp_path).err


def test_serve_refuses_a_configuration_with_errors(tmp_path: Path) -> None:
    """Nothing is started; every error is told, as check tells it."""
    (tmp_path / "leverframe.toml").write_text("[hub]\nlocal = 1\n")
    for arguments in (["serve"], ["serve", "--config", "leverframe.toml"], ["serve", "--config=leverframe.toml"]):
        ran = entry_point(*arguments, folder=tmp_path)
        assert ran.status == 1 and ":2: error key_unknown: " in ran.err


def test_serve_imports_little(tmp_path: Path) -> None:
    """What serve does not need before its first event is not imported: looked at where it finds that it cannot listen."""
    (tmp_path / "leverframe.toml").write_text("[hub]\nbind = '192.0.2.1:1'\n[sources.github]\nsecrets = ['x']\n[chats.slack]\nbot_token = 'x'\n")
    program = (
        "import sys; sys.argv = ['leverframe', 'serve']\n"
        "from leverframe.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert ended.code == 1, ended\n"
        "assert 'leverframe.server' in sys.modules\n"
        "print(*sorted({'typer', 'rich', 'alembic', 'cel', 'jinja2', 'fastapi', 'asyncpg', 'sqlalchemy.dialects.postgresql', 'limits'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_help_is_quick_to_import() -> None:
    """--help needs neither the configuration's models nor the hub."""
    program = (
        "import sys, leverframe.cli.commands\n"
        "print(*sorted({'pydantic', 'sqlalchemy', 'aiohttp', 'uvicorn', 'leverframe.config', 'leverframe.server'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_the_program_helps_and_tells_its_version(tmp_path: Path) -> None:
    """--help lists the commands, --version is one line, no command at all is wrong usage."""
    told = program("--help", folder=tmp_path).out
    assert "hook-tokens" in told
    assert program("--version", folder=tmp_path).out.count(".") == 2
    assert program(folder=tmp_path).status == 2
    assert program("serve", "--port", "1", folder=tmp_path).status == 2


def test_only_what_is_run_is_built() -> None:
    """Of all commands the one that is asked for is left, by its name; of what is none, all are, so that the one that was meant is found."""
    kept = "from leverframe.cli.commands import app, keep\nfor name in ('chek', 'audit'): keep(name); print(len(app.registered_commands), [group.name for group in app.registered_groups])"
    all_of_them, one = subprocess.run([sys.executable, "-c", kept], capture_output=True, text=True, check=True).stdout.splitlines()
    assert one == "0 ['audit']" and "'audit'" in all_of_them and "'tokens'" in all_of_them


def test_no_line_of_a_list_of_commands_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a command the list shows its first sentence, whole, on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    waiting = {"leverframe": typer.main.get_command(app)}
    seen = 0
    while waiting:
        name, command = waiting.popitem()
        for child, one in getattr(command, "commands", {}).items():
            waiting[f"{name} {child}"] = one
        told = command.get_help(command.context_class(command, info_name=name)).partition("Commands:")[2]
        assert "..." not in told, name
        seen += bool(told)
    assert seen > 10


def test_simulate_sends_what_github_would_send(hub: RunningHub) -> None:
    """A sample, by its name or its event's, is signed with the configured secret and accepted."""
    secret = {"CLI_TEST_SECRET": "s3cret"}
    sent = hub.run("simulate", "github", "gollum", "--json", environ=secret).document
    assert sent["id"].startswith("evt_") and sent["duplicate"] is False
    assert hub.run("simulate", "github", "pull_request", environ=secret).out.startswith("pull_request → ")
    assert "gollum" in hub.run("simulate", "github").out


def test_simulate_sends_a_file(hub: RunningHub, tmp_path: Path) -> None:
    """A payload of one's own goes the same way, also to a hub that is named on the command line."""
    file = tmp_path / "push.json"
    file.write_text(json.dumps({"ref": "refs/heads/x", "repository": {"full_name": "acme/mine"}}))
    url = f"http://127.0.0.1:{hub.port}"
    named = ("--url", url, "--source", "github", "--secret", "env:MINE")
    ran = hub.run("simulate", "github", "push", "--payload", str(file), *named, environ={"MINE": "s3cret", "LEVERFRAME_CONFIG": "/nowhere"})
    assert ran.status == 0
    assert "acme/mine" in hub.run("events", "--repo", "acme/mine").out


def test_simulate_tells_what_the_door_refused(hub: RunningHub) -> None:
    """A wrong secret is the door's own refusal; an unknown sample is wrong usage."""
    ran = hub.run("simulate", "github", "gollum", "--secret", "wrong", environ={"CLI_TEST_SECRET": "s3cret"})
    assert ran.status == 1 and ran.err.startswith("signature_invalid: ") and "→" in ran.err
    assert hub.run("simulate", "github", "golum", environ={"CLI_TEST_SECRET": "s3cret"}).status == 2
    assert hub.run("simulate", "github", "gollum", "--secret", "env:NOPE", environ={"CLI_TEST_SECRET": "s3cret"}).status == 2


def test_doctor_finds_a_hub_in_order(hub: RunningHub) -> None:
    """Each thing that was looked at is told; a hub that runs and has all it needs ends with 0."""
    ran = hub.run("doctor", "--json", environ={"CLI_TEST_SECRET": "s3cret"})
    found = {one["what"]: one["state"] for one in ran.document["findings"]}
    assert (ran.status, ran.document["ok"]) == (0, True)
    assert found == {"config": "ok", "database": "ok", "disk": "ok", "audit": "ok", "clock": "skipped", "url": "ok", "chats.playground": "ok"}
    assert "✓ database" in hub.run("doctor", environ={"CLI_TEST_SECRET": "s3cret"}).out


def test_doctor_asks_slack(tmp_path: Path) -> None:
    """The token and its scopes are looked at, and the clock compared; a hub that does not run is an error with its remedy."""
    with FakeSlack().in_thread() as slack:
        (tmp_path / "leverframe.toml").write_text(f"[hub]\nurl = 'http://127.0.0.1:1'\n[chats.slack]\nbot_token = 'env:SLACK_BOT_TOKEN'\napi_url = '{slack.url}'\n")
        good = entry_point("doctor", "--json", folder=tmp_path, environ=NAMED)
        bad = entry_point("doctor", folder=tmp_path, environ={"SLACK_BOT_TOKEN": "xoxb-wrong"})
    states = {(one["what"], one["state"]) for one in good.document["findings"]}
    assert {("clock", "ok"), ("chats.slack", "ok"), ("url", "error"), ("database", "ok")} <= states and ("chats.slack", "error") not in states
    assert "leverframe serve" in next(one["remedy"] for one in good.document["findings"] if one["what"] == "url")
    assert bad.status == 1 and "✗ chats.slack" in bad.out and "xoxb-wrong" not in bad.out + bad.err


def test_doctor_speaks_the_hubs_language_and_says_nothing_twice(tmp_path: Path) -> None:
    """In Korean every sentence is Korean but for names; a scope is named once, with what it is for."""
    with FakeSlack().in_thread() as slack:
        settings = f"bot_token = 'env:SLACK_BOT_TOKEN'\napi_url = '{slack.url}'\n"
        (tmp_path / "leverframe.toml").write_text(f"[hub]\nlocale = 'ko'\n[chats.slack]\n{settings}")
        korean = entry_point("doctor", "--json", folder=tmp_path, environ=NAMED).document["findings"]
        (tmp_path / "leverframe.toml").write_text(f"[chats.slack]\n{settings}")
        english = entry_point("doctor", "--json", folder=tmp_path, environ=NAMED).document["findings"]
    scopes = [one["found"] for one in korean if "chat:write" in one["found"]]
    assert scopes and all("권한 범위 chat:write" in found and not re.search(r" (to|for) ", found) for found in scopes)
    assert [one["found"].count("chat:write") for one in english if one["found"].startswith("scope chat:write:")] == [1]


def test_doctor_looks_at_the_buckets_of_sites(tmp_path: Path) -> None:
    """Each bucket is listed; what is wrong with one is told with its remedy, and the others are looked at all the same."""
    site = "[sites.{0}.storage]\nkind = 'gcs'\nbucket = '{1}'\nendpoint = '{2}'\nservice_account_key = 'env:{3}'\n[sites.{0}.collections.posts]\nkey = 'posts/{{slug}}.md'\n"
    half = "[sites.half.storage]\nkind = 's3'\nbucket = 'team-blog'\naccess_key_id = 'env:GOOD'\n[sites.half.collections.posts]\nkey = 'posts/{slug}.md'\n"
    with google_server() as google:
        sites = (("blog", "team-blog", google.url, "GOOD"), ("gone", "no-such-bucket", google.url, "GOOD"), ("shut", "team-blog", google.url, "BAD"))
        (tmp_path / "leverframe.toml").write_text("[hub]\nlocale = 'ko'\n" + "".join(site.format(*one) for one in sites) + half)
        ran = entry_point("doctor", "--json", folder=tmp_path, environ={"GOOD": google.key(), "BAD": google.key(2)})
    found = {one["what"]: one for one in ran.document["findings"] if one["what"].startswith("sites.")}
    assert {what: one["state"] for what, one in found.items()} == {"sites.blog": "ok", "sites.gone": "error", "sites.shut": "error", "sites.half": "error"}
    assert "버킷이 없습니다" in found["sites.gone"]["found"] and "버킷을 만들거나" in found["sites.gone"]["remedy"]
    assert "status 401 AuthenticationRequired" in found["sites.shut"]["found"] and "권한이 필요합니다" in found["sites.shut"]["remedy"]
    assert "Missing SecretAccessKey" in found["sites.half"]["found"] and "[sites.NAME.storage]" in found["sites.half"]["remedy"]


def test_serve_tells_of_a_storage_that_cannot_be_opened(tmp_path: Path) -> None:
    """Half of a key, or a key that is none, is a sentence with its remedy, not a traceback; nothing of the key is in it."""
    site = "[hub]\nbind = '127.0.0.1:0'\n[sites.blog.storage]\nkind = 'azure'\naccount = 'team'\ncontainer = 'blog'\naccess_key = 'env:KEY'\n[sites.blog.collections.posts]\nkey = 'posts/{slug}.md'\n"
    (tmp_path / "leverframe.toml").write_text(site)
    ran = entry_point("serve", folder=tmp_path, environ={"KEY": "no base64!"})
    assert ran.status == 1 and "content_storage_unusable" in ran.err and "sites.blog.storage" in ran.err and "→" in ran.err and "no base64" not in ran.err


@pytest.mark.parametrize("database", ["sqlite:///no/such/folder/hub.db", "postgresql://127.0.0.1:1/hub"])
def test_doctor_tells_what_is_wrong_with_the_database(tmp_path: Path, database: str) -> None:
    """A folder that is not there and a server that does not answer are errors, with a remedy."""
    (tmp_path / "leverframe.toml").write_text(f"[hub]\ndatabase = '{database}'\n")
    found = {one["what"]: one for one in entry_point("doctor", "--json", folder=tmp_path).document["findings"]}
    assert found["database"]["state"] == "error" and found["database"]["remedy"]


@pytest.mark.anyio
async def test_doctor_shows_no_part_of_a_password() -> None:
    """It told of a port that was half of one; ``check`` refuses such addresses by now, and doctor has words of its own all the same."""
    with pytest.raises(Refused) as caught:
        await _postgres_version("postgresql://hub:hun#ter2@127.0.0.1:1/hub")
    assert "hun" not in caught.value.detail and "%23" in caught.value.detail


def test_doctor_reads_a_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """A server that answers is told with its schema: none yet."""
    (tmp_path / "leverframe.toml").write_text("[hub]\ndatabase = 'env:DATABASE_URL'\n")
    ran = entry_point("doctor", "--json", folder=tmp_path, environ={"DATABASE_URL": postgres_url})
    found = {one["what"]: one for one in ran.document["findings"]}
    assert found["database"]["state"] == "ok" and "PostgreSQL" in found["database"]["found"]


def test_doctor_tells_a_database_of_another_version(tmp_path: Path) -> None:
    """One that a newer Leverframe made is an error, one that is not a database too."""
    import sqlite3

    (tmp_path / "leverframe.toml").write_text("")
    with sqlite3.connect(tmp_path / "leverframe.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    found = {one["what"]: one for one in entry_point("doctor", "--json", folder=tmp_path).document["findings"]}
    assert found["database"]["state"] == "error" and "9999" in found["database"]["found"]
    (tmp_path / "leverframe.db").write_bytes(b"not a database, only text of some length" * 100)
    found = {one["what"]: one for one in entry_point("doctor", "--json", folder=tmp_path).document["findings"]}
    assert found["database"]["state"] == "error"
