"""What people type, and what the hub takes it for."""

from __future__ import annotations

import time

import pytest
from core.commands.team import KNOWN, OPEN, done, form_of, said, wrong
from hypothesis import given, settings
from hypothesis import strategies as st

from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.definitions import Argument, Bilingual, Command, Known, Registry
from leverframe.core.commands.parsing import Mistake, Parsed, WantsForm, parse
from leverframe.core.errors import PROBLEMS

NO = Bilingual("x", "가")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("deploy web-app staging", {"service": "web-app", "environment": "staging"}),
        ("deploy web-app staging release/7", {"service": "web-app", "environment": "staging", "ref": "release/7"}),
        ("/deploy web-app staging", {"service": "web-app", "environment": "staging"}),
        ("  Deploy   WEB-APP\tStaging ", {"service": "web-app", "environment": "staging"}),
        ("배포 web-app　staging", {"service": "web-app", "environment": "staging"}),
        ("deploy “web-app” ‘staging’", {"service": "web-app", "environment": "staging"}),
        ("deploy web-app production --dm", {"service": "web-app", "environment": "production", "dm": True}),
        ("deploy web-app production dm=no", {"service": "web-app", "environment": "production", "dm": False}),
        (
            "deploy web-app production --reason the shop is down --dm",
            {"service": "web-app", "environment": "production", "reason": "the shop is down", "dm": True},
        ),
        ("deploy web-app production reason:“it's down”", {"service": "web-app", "environment": "production", "reason": "it's down"}),
        ("status", {}),
        ("status api", {"service": "api"}),
        ("lock web-app production", {"service": "web-app", "environment": "production"}),
        (
            "lock web-app production DB 작업 --for 2h",
            {"service": "web-app", "environment": "production", "reason": "DB 작업", "for": 7_200},
        ),
        ("lock web-app production —for 1d12h why not", {"service": "web-app", "environment": "production", "for": 129_600, "reason": "why not"}),
        ("lock web-app production for=30분", {"service": "web-app", "environment": "production", "for": 1_800}),
        ("lock web-app production --for 2시간 30분 점검", {"service": "web-app", "environment": "production", "for": 9_000, "reason": "점검"}),
        ("lock web-app production 점검 --for 2 시간", {"service": "web-app", "environment": "production", "for": 7_200, "reason": "점검"}),
        ("lock web-app production --for 30m 2h after lunch", {"service": "web-app", "environment": "production", "for": 1_800, "reason": "2h after lunch"}),
        ("approve DEP_01H0000000001", {"deployment": OPEN}),
        (f"reject {OPEN} not on a Friday", {"deployment": OPEN, "reason": "not on a Friday"}),
        (f"settle {OPEN} did-not-run", {"deployment": OPEN, "outcome": "did-not-run"}),
        ("who-can deploy web-app production", {"command": "deploy", "arguments": "web-app production"}),
        ("help 배포", {"command": "deploy"}),
        ("deploy help", {"command": "deploy"}),
        ("deploy --help", {"command": "deploy"}),
        ("", {}),
        ("subscribe https://github.com/acme/web.git push gollum", {"repository": "acme/web", "events": "push gollum"}),
        ("why", {}),
    ],
)  # fmt: skip
def test_a_line_is_a_command_and_its_values(line: str, values: dict[str, object]) -> None:
    """Words go to arguments by their place, options wherever they stand; names are taken whatever their case."""
    assert dict(done(line).values) == values


def test_words_that_the_command_does_not_know_are_parameters_for_the_runner() -> None:
    """``key=value`` reaches the runner as it stands; in quotes it is a word like others."""
    assert done("deploy web-app staging main replicas=3 note='a b'").parameters == {"replicas": "3", "note": "a b"}
    assert done('deploy web-app staging "feature=x"').text("ref") == "feature=x"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("deploy <http://shop.io|shop.io> staging", {"service": "shop.io", "environment": "staging"}),
        ("lock api production ask <@U0ANN|ann> in <#C0OPS|ops> &amp; wait", {"service": "api", "environment": "production", "reason": "ask @ann in #ops & wait"}),
        ("lock api production see <https://acme.example/a?b=1|the page>", {"service": "api", "environment": "production", "reason": "see https://acme.example/a?b=1"}),
        ('lock api production "&lt;@U1&gt;"', {"service": "api", "environment": "production", "reason": "<@U1>"}),
        ("lock api production <!here> <!subteam^S1|@ops>", {"service": "api", "environment": "production", "reason": "@here @ops"}),
    ],
)  # fmt: skip
def test_slack_marks_names_and_links_up(line: str, values: dict[str, object]) -> None:
    """What Slack makes of a host, a person, a channel or an ampersand is read back to what was typed."""
    assert dict(done(line).values) == values


def test_a_line_from_elsewhere_has_no_mark_up() -> None:
    """On the command line ``&amp;`` is five characters."""
    found = parse("lock api production a&amp;b", BUILT_IN, KNOWN, marked=False)
    assert isinstance(found, Parsed) and found.text("reason") == "a&amp;b"


def test_people_and_rooms_are_taken_by_their_id() -> None:
    """A mention is worth more than the name that it shows, which anybody can take."""
    tell = Command(
        name="tell", title=NO, summary=NO,
        arguments=(Argument(name="who", kind="person", label=NO), Argument(name="where", kind="room", label=NO)),
    )  # fmt: skip
    found = parse("tell <@U0ANN|ann> <#C0OPS|ops>", Registry([tell]), KNOWN)
    assert isinstance(found, Parsed) and dict(found.values) == {"who": "U0ANN", "where": "C0OPS"}
    typed = parse("tell @ann #ops", Registry([tell]), KNOWN)
    assert isinstance(typed, Parsed) and dict(typed.values) == {"who": "ann", "where": "#ops"}


@pytest.mark.parametrize("line", ["deploy", "lock", "approve", "history", "settle", "deploy --dm"])
def test_a_command_alone_asks_for_its_form(line: str) -> None:
    """Where words are needed and none was said, the form comes, with the options that were given."""
    assert form_of(line).given == ({"dm": "yes"} if "--dm" in line else {})


@pytest.mark.parametrize(
    ("line", "code", "met", "suggestions"),
    [
        ("deploy staging web-app", "service_unknown", "staging", ("/deploy web-app staging",)),
        ("deploy wep-app stagin", "service_unknown", "wep-app", ("/deploy web-app staging",)),
        ("deploy web-app", "command_word_missing", "", ("/deploy web-app staging", "/deploy web-app production")),
        ("deploy web-app to staging", "environment_unknown", "to", ("/deploy web-app staging",)),
        ("deploy main to web-app staging", "command_word_extra", "staging", ("/deploy web-app staging main",)),
        ("deploy web-app/staging", "service_unknown", "web-app/staging", ("/deploy web-app staging",)),
        ("deploy production", "service_unknown", "production", ("/deploy web-app production", "/deploy api production")),
        ("deploy api staging", "environment_unknown", "staging", ("/deploy api production",)),
        ("deploy nothing production", "service_unknown", "nothing", ()),
        ("web-app staging 배포", "command_unknown", "web-app", ("/deploy web-app staging",)),
        ("deply web-app staging", "command_unknown", "deply", ("/deploy web-app staging",)),
        ("deploy web-app staging --raeson=x", "command_option_unknown", "--raeson", ("/deploy web-app staging --reason=x",)),
        ("deploy web-app staging --reason", "command_option_empty", "--reason", ()),
        ("deploy web-app staging --dm --dm", "command_option_twice", "--dm", ()),
        ("deploy web-app staging -main", "ref_invalid", "-main", ()),
        ("deploy web-app staging a..b", "ref_invalid", "a..b", ()),
        ("deploy web-app staging dm=maybe", "choice_unknown", "maybe", ("/deploy web-app staging dm=yes", "/deploy web-app staging dm=no")),
        ("lock web-app production --for 90", "duration_invalid", "90", ()),
        ("lock web-app production --for 9 30m", "duration_invalid", "9", ()),
        ("lock web-app production --for 9999d", "duration_invalid", "9999d", ()),
        ("approve web-app", "deployment_id_invalid", "web-app", (f"/lever approve {OPEN}",)),
        ("approve 0000001", "deployment_id_invalid", "0000001", (f"/lever approve {OPEN}",)),
        (f"settle {OPEN} run", "choice_unknown", "run", (f"/lever settle {OPEN} ran", f"/lever settle {OPEN} did-not-run")),
        ("unlock web-app production now", "command_word_extra", "now", ()),
        ("subscribe web", "repository_invalid", "web", ()),
        ("why dep", "id_invalid", "dep", ("/lever why",)),
        ('deploy "web-app staging', "command_quote_open", '"web-app staging', ()),
        ("deploy web\0app staging", "command_character_invalid", "U+0000", ()),
        ("deploy web\u202eapp staging", "command_character_invalid", "U+202E", ()),
        ("deploy \ud800 staging", "command_character_invalid", "U+D800", ()),
    ],
)  # fmt: skip
def test_a_mistake_names_the_word_and_what_may_have_been_meant(line: str, code: str, met: str, suggestions: tuple[str, ...]) -> None:
    """Every mistake has a stable code, the word that was met and whole lines that would work."""
    mistake = wrong(line)
    assert (mistake.code, mistake.met, mistake.suggestions) == (code, met, suggestions)


@pytest.mark.parametrize(
    ("line", "suggestions"),
    [
        # a command that is cut in two, or written together
        ("who can deploy web-app", ("/lever who-can deploy web-app",)),
        ("who_can deploy web-app", ("/lever who-can deploy web-app",)),
        ("roll back web-app staging", ("/rollback web-app staging",)),
        ("Roll-Back web-app to staging", ("/rollback web-app staging",)),
        ("un lock web-app staging", ("/lever unlock web-app staging",)),
        ("un lock", ("/lever unlock",)),
        ("try again dep_01h0000000001", ("/lever retry dep_01h0000000001",)),
        ("잠금해제 web-app staging", ("/lever unlock web-app staging",)),
        ("잠금 해제 web-app staging", ("/lever unlock web-app staging",)),
        ("구독 해제 acme/web", ("/lever unsubscribe acme/web",)),
        ("롤 백 web-app staging", ("/rollback web-app staging",)),
        ("누가 할 수 있나 deploy web-app", ("/lever who-can deploy web-app",)),
        # a sentence with a command in it
        ("please deploy web-app to staging", ("/deploy web-app staging",)),
        ("what is the status", ("/status",)),
        ("show me the queue", ("/lever queue",)),
        ("show status web-app", ("/status web-app",)),
        ("web-app staging 배포해줘", ("/deploy web-app staging",)),
        ("배포해줘 web-app staging", ("/deploy web-app staging",)),
        ("web-app staging 배포 해줘", ("/deploy web-app staging",)),
        ("web-app 상태는?", ("/status web-app",)),
        # a word that is nearly one
        ("deploys", ("/deploy",)),
        ("deploys web-app staging", ("/deploy web-app staging",)),
        ("redeploy api", ("/deploy api production",)),
        ("stat", ("/status",)),
        ("hist web-app", ("/lever history web-app",)),
        ("locked", ("/lever lock",)),
        ("un", ("/lever unlock", "/lever unsubscribe")),
        ("도움", ("/lever help",)),
        # politeness after a command that only answers
        ("status please", ("/status",)),
        ("상태 알려줘", ("/status",)),
        ("deploy please", ()),
        # nothing of ours
        ("good morning", ()),
        ("web-app", ()),
    ],
)  # fmt: skip
def test_a_sentence_is_understood_as_far_as_a_command_is_in_it(line: str, suggestions: tuple[str, ...]) -> None:
    """``who can deploy web-app`` was answered with "who-can can deploy web-app", and ``un lock`` with "lock un"."""
    assert wrong(line).suggestions == suggestions


def test_suggestions_and_usage_are_written_for_the_place() -> None:
    """In a thread, where slash commands do not work, lines begin with an exclamation mark."""
    mistake = wrong("queue web-ap", mark="!")
    assert mistake.suggestions == ("!queue web-app",)
    assert mistake.usage == "!queue [SERVICE] [ENV]"
    assert wrong("queue web-ap").suggestions == ("/lever queue web-app",)


def test_every_suggestion_works() -> None:
    """A line that the hub suggests is one that it understands."""
    for line in ("deploy staging web-app", "deploy wep-app stagin", "deploy web-app", "deploy to staging web-app", "lock prod", "status production"):
        for suggestion in wrong(line).suggestions:
            assert isinstance(said(suggestion.removeprefix("/").removeprefix("lever ")), Parsed)


def test_hangul_in_pieces_and_blanks_without_width_are_mended() -> None:
    """macOS sends Hangul in pieces, and pages hide blanks in what is copied from them."""
    assert done("\ufeff배포 web\u200b-app staging").line() == "deploy web-app staging"


def test_twenty_thousand_characters_get_a_clear_answer_at_once() -> None:
    """A line far too long is refused before it is read."""
    mistake = wrong("deploy " + "x" * 20_000)
    assert mistake.code == "command_too_long" and mistake.command is not None and mistake.command.name == "deploy"
    assert wrong("x" * 20_000).code == "command_too_long"


@pytest.mark.parametrize("tail", ["x" * 3_980, "a " * 1_990, "' " * 1_990, '"' * 3_980, "<@" * 1_990, "a=" * 1_990, "-" * 3_980, "&amp;" * 790, "a..b" * 900])
def test_hostile_lines_of_full_length_are_quick(tail: str) -> None:
    """No line keeps the hub busy: what is tried in every way would take minutes."""
    known = Known(services={f"service-number-{number}": ("staging", "production") for number in range(1_000)})
    began = time.process_time()
    parse("deploy " + tail, BUILT_IN, known)
    assert time.process_time() - began < 5


def test_secrets_are_never_shown_again() -> None:
    """A secret argument is ``***`` in the line for the audit and in what is said of a mistake."""
    key = Command(
        name="rotate", title=NO, summary=NO,
        arguments=(Argument(name="key", kind="number", label=NO, secret=True),), options=(Argument(name="code", kind="choice", label=NO, choices=("a", "b"), secret=True, required=False),),
    )  # fmt: skip
    registry = Registry([key])
    found = parse("rotate 1234", registry, KNOWN)
    assert isinstance(found, Parsed) and found.line() == "rotate ***"
    for line in ("rotate hunter2", "rotate 1234 --code hunter2", "rotate 1234 hunter2"):
        mistake = parse(line, registry, KNOWN)
        assert isinstance(mistake, Mistake) and "hunter2" not in repr(mistake)
    assert done("deploy web-app staging db_password=hunter2").line() == "deploy web-app staging db_password=***"


@pytest.mark.parametrize(
    "line",
    [
        "deploy web-app staging main --reason it is on fire --dm a=b",
        "lock web-app production DB migration --for 1d12h30m",
        'lock web-app production "a: b" --for 2h',
        f"reject {OPEN} no -- never",
        "who-can deploy web-app production",
    ],
)
def test_a_line_for_the_audit_says_the_same(line: str) -> None:
    """What is written down is read as what was asked."""
    found = done(line)
    again = done(found.line())
    assert (again.values, again.parameters) == (found.values, found.parameters)


def test_codes_are_in_the_table_of_refusals() -> None:
    """Every code of a mistake has its sentence and its remedy."""
    lines = ["x", "deploy a", "deploy web-app x", "deploy web-app", "lock api production --for x", '"', "a\0", "x" * 5_000]
    assert all(wrong(line).code in PROBLEMS for line in lines)


QUOTES = frozenset("\"“”„«»「」『』'‘’‚")
WORDS = st.sampled_from([
    "deploy", "lock", "approve", "who-can", "help", "web-app", "staging", "production", "api", OPEN, "--for", "--dm", "--", "—for", "2h", "=", ":", "reason:",
    "for=", "“", '"', "'", "<@U1|ann>", "<#C1", "&amp;", "　", "배포", "\u200b", "a=b", "--reason=", "to", "/", "dep_", "\n",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=10).map(" ".join), st.lists(WORDS, max_size=10).map("".join), st.lists(WORDS, max_size=6).map(lambda words: f"lock web-app production {' '.join(words)}")), st.booleans())
def test_nothing_that_is_said_raises(line: str, marked: bool) -> None:
    """Whatever the line, there is a command, a form or a mistake with a code of the table; a command is written so that it is read again."""
    found = parse(line, BUILT_IN, KNOWN, marked=marked)
    match found:
        case Mistake():
            assert found.code in PROBLEMS
        case WantsForm():
            assert found.command.arguments
        case Parsed():
            again = parse(found.line(), BUILT_IN, KNOWN, marked=False)
            assert isinstance(again, Parsed)
            if not any(set(str(value)) & QUOTES for value in found.values.values()):
                assert again.values == found.values
