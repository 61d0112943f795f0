"""A project's webhooks: registered, changed, tried and removed, by form and by JSON, each through its own project only."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from sitting import NOON, OPERATOR, Answer, Doors, Visitor, store_delivery, store_event
from standardwebhooks import Webhook
from web.test_console import ENGLISH, HOSTILE, KOREAN, checked

from leverframe.core import ids
from leverframe.core.access import Role
from leverframe.core.subscriptions import MOST_IN_PROJECT, Subscription, live
from leverframe.store import audit, subscriptions
from leverframe.store.deliveries import State
from leverframe.store.tables import deliveries, events

pytestmark = pytest.mark.anyio
LIST = "/acme/web/webhooks"
URL = "https://ci.example.com/hook?a=1&b=2"
SEED = {"payloadUrl": URL, "secret": "hunter2hunter2"}
JSON = {"accept": "application/json"}


@pytest.fixture
def roles(roles: dict[str, Role]) -> dict[str, Role]:
    """Somebody who may manage the webhooks of acme's projects, and nobody else's."""
    roles["hooks"] = Role(allow=("hooks.manage acme/*",))
    return roles


@pytest.fixture
async def ann(doors: Doors) -> Visitor:
    """Who manages acme's webhooks, in a browser."""
    return await doors.signed_in("ann", "hooks")


async def bearer(doors: Doors, *grants: str) -> dict[str, str]:
    """Return the header of an API token with ``grants``."""
    issued = await doors.ask("POST", "/api/tokens", operator=True, document={"name": f"t{len(grants)}{grants[0][-3:-1].strip('/*')}", "grants": list(grants), "days": 1})
    return {"authorization": f"Bearer {issued.json['token']}"}


async def kept(doors: Doors, project: str = "acme/web") -> list[Subscription]:
    """Return what the database keeps of a project."""
    return await doors.desk.database.read(subscriptions.of_project, project)


async def added(doors: Doors, ann: Visitor, **fields: Any) -> Any:
    """Return the JSON of a new webhook."""
    answer = await doors.ask("POST", LIST, visitor=ann, headers=JSON, document={**SEED, **fields})
    assert answer.status == 201, answer.text
    return answer.json


async def acts(doors: Doors) -> list[tuple[str, str, str, str]]:
    """Return the audit's entries about webhooks: who, what, which, and how it ended; the oldest first."""
    rows = await doors.desk.database.read(audit.entries, limit=100)
    return [(row.actor, row.act, row.target, row.code) for row in reversed(rows) if row.act.startswith("hooks")]


async def test_a_form_with_an_address_and_a_secret_is_all_it_takes(doors: Doors, ann: Visitor) -> None:
    """As Yobi's page has it: 303 to the list, which shows the new one; its format is Yobi's, its events pushes; the secret is sealed."""
    answer = await doors.ask("POST", LIST, visitor=ann, form=SEED)
    assert (answer.status, answer.headers["location"], answer.body) == (303, LIST, b"")
    shown = await doors.ask("GET", LIST, visitor=ann, headers=ENGLISH)
    assert "https://ci.example.com/hook?a=1&amp;b=2" in checked(shown.text) and "hunter2" not in shown.text
    (hook,) = await kept(doors)
    assert (hook.url, hook.format, hook.events, hook.made_by) == (URL, "yobi", ("push",), "person:ann")
    secrets = (await doors.desk.database.read(subscriptions.secrets_of, [hook.id]))[hook.id]
    assert "hunter2" not in secrets[0].sealed
    assert await acts(doors) == [("person:ann", "hooks.add", f"acme/web {hook.shown_id} ci.example.com as yobi", "ok")]


async def test_a_form_that_is_wrong_is_told_in_its_language(doors: Doors, ann: Visitor) -> None:
    """The page was Korean and the sentence that names the field English."""
    for wrong, ko in (({"payloadUrl": ""}, "payloadUrl: 비울 수 없음"), ({"payloadUrl": "http://a:99/"}, "포트는 80, 443 또는 1024 이상이어야 함")):
        shown = await doors.ask("POST", LIST, visitor=ann, form={**SEED, **wrong}, headers=KOREAN)
        assert shown.status in (400, 422) and ko in checked(shown.text)


async def test_json_gets_201_and_never_a_secret_back(doors: Doors, ann: Visitor) -> None:
    """The new one stands in Location and in the list."""
    answer = await doors.ask("POST", LIST, visitor=ann, document={**SEED, "format": "github", "events": ["push", "issues"], "active": False})
    assert answer.status == 201 and "hunter2" not in answer.text
    made = answer.json
    assert (made["payloadUrl"], made["format"], made["events"], made["active"], made["has_secret"]) == (URL, "github", ["push", "issue"], False, True)
    assert answer.headers["location"] == f"{LIST}/{made['id']}" == made["path"]
    listed = await doors.ask("GET", LIST, visitor=ann, headers=JSON)
    assert listed.json == {"project": "acme/web", "webhooks": [made]}
    one = await doors.ask("GET", made["path"], visitor=ann, headers=JSON)
    assert one.json == {**made, "deliveries": [], "older": None}


async def test_a_token_with_the_grant_needs_no_form_token(doors: Doors) -> None:
    """As curl sends it; both kinds of form, several events in any way, and the fields of Yobi's successor."""
    token = await bearer(doors, "hooks.manage acme/*")
    plain = {**token, "content-type": "application/x-www-form-urlencoded"}
    body = urlencode([("payloadUrl", URL), ("events", "push,comment"), ("events", "review"), ("webhookType", "DETAIL_SLACK"), ("gitPush", "true")])
    assert (await doors.ask("POST", LIST, headers=plain, body=body.encode())).status == 303
    parts = b'--x\r\nContent-Disposition: form-data; name="payloadUrl"\r\n\r\n' + URL.encode() + b'\r\n--x\r\nContent-Disposition: form-data; name="secret"\r\n\r\nabc\r\n--x--\r\n'
    assert (await doors.ask("POST", LIST, headers={**token, "content-type": "multipart/form-data; boundary=x"}, body=parts)).status == 303
    first, second = await kept(doors)
    assert (first.events, first.format, second.format, second.url) == (("push", "review", "comment"), "slack", "yobi", URL)


@pytest.mark.parametrize(("way", "status"), [("form", 303), ("page", 303), ("json", 200), ("delete", 200), ("bare", 303)])
async def test_post_without_an_action_removes_and_so_does_delete(doors: Doors, ann: Visitor, way: str, status: int) -> None:
    """By form a list follows, by JSON an object; what is not there any more is a 404."""
    made = await added(doors, ann)
    token = await bearer(doors, "hooks.manage acme/*")

    async def again() -> Answer:
        match way:
            case "form":
                return await doors.ask("POST", made["path"], visitor=ann, form={})
            case "page":
                return await doors.ask("POST", made["path"], visitor=ann, form={}, headers=ENGLISH)
            case "json":
                return await doors.ask("POST", made["path"], visitor=ann, document={})
            case "delete":
                return await doors.ask("DELETE", made["path"], headers=token)
            case _:
                return await doors.ask("POST", made["path"], headers=token)

    answer = await again()
    assert answer.status == status and await kept(doors) == []
    if status == 303:
        assert answer.headers["location"] == LIST
    else:
        assert answer.json == {"removed": made["id"]}
    gone = await again()
    assert gone.status == 404
    assert [one[1::2] for one in await acts(doors)] == [("hooks.add", "ok"), ("hooks.remove", "ok"), ("hooks.remove", "hook_unknown")]


async def test_a_webhook_is_reached_through_its_own_project_only(doors: Doors, ann: Visitor) -> None:
    """However its id is known: every door of another project says that there is none, and nothing happens to it. Letters' case is no matter."""
    made = await added(doors, ann)
    foreign = made["path"].replace("/acme/web/", "/acme/api/")
    for method, form in (("GET", None), ("DELETE", None), ("POST", {}), ("POST", {"action": "test"}), ("POST", {"action": "edit", "payloadUrl": "https://x.example"}),
                         ("POST", {"action": "rotate"}), ("POST", {"action": "pause"}), ("POST", {"action": "resend"})):  # fmt: skip
        answer = await doors.ask(method, foreign, visitor=ann, form=form, headers=JSON)
        assert (answer.status, answer.code) == (404, "hook_unknown"), (method, form)
    assert (await kept(doors))[0].version == 1
    assert (await doors.ask("GET", made["path"].replace("/acme/web/", "/acme/WEB/"), visitor=ann, headers=JSON)).status == 200


@pytest.mark.parametrize(("project", "status"), [("acme/web", 200), ("acme/api", 200), ("other/web", 403), ("acme2/web", 403), ("Acme/web", 403)])
async def test_the_grant_names_the_projects(doors: Doors, ann: Visitor, project: str, status: int) -> None:
    """A glob of owner and project, for every method; a refusal says which grant it would take."""
    answer = await doors.ask("GET", f"/{project}/webhooks", visitor=ann, headers=JSON)
    assert answer.status == status
    if status == 403:
        assert f"hooks.manage {project}" in answer.json["detail"]
        assert (await doors.ask("POST", f"/{project}/webhooks", visitor=ann, document=SEED)).status == 403
        assert await kept(doors, project) == []


async def test_a_project_of_a_subgroup_has_webhooks_too(doors: Doors, ann: Visitor) -> None:
    """GitLab's groups have subgroups, whose events came in and could be told to nobody. Its grant is the group's with ``**``."""
    plain = await bearer(doors, "hooks.manage acme/**")
    for project in ("acme/shop/web", "acme/shop/front/웹", "acme/webhooks"):
        where = f"/{project}/webhooks"
        made = await doors.ask("POST", where, headers=plain, document=SEED)
        one = f"{where}/{made.json['id']}"
        assert (made.status, made.json["project"], unquote(made.json["path"])) == (201, project, one)
        assert [each["id"] for each in (await doors.ask("GET", where, headers=plain | JSON)).json["webhooks"]] == [made.json["id"]]
        assert (await doors.ask("GET", f"{one}/would-receive", headers=plain | JSON)).json["events"] == []
        assert (await doors.ask("POST", one, headers=plain, document={"action": "pause"})).json["paused"]
        assert "ci.example.com" in (await doors.ask("GET", where, headers=plain | ENGLISH)).text
        opened = await doors.ask("GET", f"/console/webhooks?project={quote(project)}", headers=plain)
        assert unquote(opened.headers["location"]) == where
        other = await doors.ask("GET", f"/acme/other/webhooks/{made.json['id']}", headers=plain | JSON)
        assert other.code == "hook_unknown"  # through its own project only
        assert (await doors.ask("DELETE", one, headers=plain)).status == 200 and await kept(doors, project) == []
    assert (await doors.ask("GET", "/acme/shop/web/webhooks", visitor=ann, headers=JSON)).status == 403  # a star crosses no slash
    for nowhere in ("/acme//web/webhooks", "/acme/../web/webhooks", f"/{'a/' * 30}web/webhooks", "/api/shop/web/webhooks", "/console/shop/web/webhooks"):
        assert (await doors.ask("GET", nowhere, headers=plain | JSON)).status == 404


@pytest.mark.parametrize("owner", ["api", "console", "playground", "in", "hook", "slack", "hubot", "teams", "healthz", "readyz", "metrics", "static", "API"])
async def test_the_hub_s_own_words_are_nobody_s_projects(doors: Doors, owner: str) -> None:
    """Not even a stranger is asked to sign in there; nor where a name could be none."""
    for path in (f"/{owner}/web/webhooks", f"/{owner}/web/webhooks/sub_0000000000001", "/a%20b/web/webhooks".replace("%20", " "), "/../web/webhooks"):
        answer = await doors.ask("GET", path)
        assert (answer.status, answer.code) == (404, "not_found"), path


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"payloadUrl": ""}, "hook_field_invalid", "payloadUrl"),
    ({"payloadUrl": "https://x.example/" + "a" * 1983}, "hook_too_long", "payloadUrl: 2001 bytes, at most 2000"),
    ({"payloadUrl": "https://x.example/" + "가" * 661}, "hook_too_long", "payloadUrl: 2001 bytes, at most 2000"),
    ({"payloadUrl": "ftp://x.example/"}, "url_invalid", "https://"),
    ({"payloadUrl": "https://forbidden.example/"}, "url_forbidden", "forbidden.example: private"),
    ({"payloadUrl": "http://169.254.169.254/latest/meta-data/"}, "url_forbidden", "169.254.169.254"),
    ({"payloadUrl": "http://0x7f.1/"}, "url_invalid", ""),
    ({"secret": "s" * 251}, "hook_too_long", "secret: 251 bytes, at most 250"),
    ({"secret": "가" * 84}, "hook_too_long", "secret: 252 bytes, at most 250"),
    ({"secret": "a\r\nX: y"}, "hook_field_invalid", "secret"),
    ({"secret": "whsec_!!"}, "hook_field_invalid", "secret: after whsec_ comes base64"),
    ({"secret": "whsec_"}, "hook_field_invalid", "secret: after whsec_ comes base64"),
    ({"events": ["pushh"]}, "hook_field_invalid", "events: pushh is none of *, push"),
    ({"events": []}, "hook_field_invalid", "events"),
    ({"events": ["issue"]}, "hook_field_invalid", "events: the format yobi tells of push only"),
    ({"format": "xml"}, "hook_field_invalid", "format: xml is none of yobi, github"),
    ({"active": "perhaps"}, "hook_field_invalid", "active"),
    ({"concurrency": 65}, "hook_field_invalid", "concurrency"),
    ({"concurrency": "1.5"}, "hook_field_invalid", "concurrency"),
    ({"per_second": "nan"}, "hook_field_invalid", "per_second"),
    ({"per_second": -1}, "hook_field_invalid", "per_second"),
    ({"per_second": "1e999"}, "hook_field_invalid", "per_second"),
    ({"notify": "teams:#dev"}, "hook_field_invalid", "notify: teams:#dev begins with none of slack"),
    ({"notify": "slack:dev"}, "hook_field_invalid", "notify: write #name"),
    ({"payloadUrl": {"a": 1}}, "hook_field_invalid", "payloadUrl"),
]


@pytest.mark.parametrize(("fields", "code", "detail"), WRONG, ids=[f"{next(iter(fields))}-{number}" for number, (fields, _, _) in enumerate(WRONG)])
async def test_what_is_wrong_is_refused_with_the_field_and_the_number(doors: Doors, ann: Visitor, fields: dict[str, Any], code: str, detail: str) -> None:
    """By JSON a problem document; nothing is kept, and the audit has the refusal."""
    answer = await doors.ask("POST", LIST, visitor=ann, document={**SEED, **fields})
    assert (answer.status, answer.code) == (400, code) and detail in answer.json["detail"] and "hunter2" not in answer.text
    assert await kept(doors) == []


@pytest.mark.parametrize("language", [ENGLISH, KOREAN, {}], ids=["en", "ko", "curl"])
async def test_a_form_that_is_wrong_is_shown_again_as_it_was_filled_in(doors: Doors, ann: Visitor, language: dict[str, str]) -> None:
    """400, the page with what is wrong and what was written; never the secret."""
    form = {"payloadUrl": "https://forbidden.example/\"><b>x", "secret": "hunter2", "format": "cloudevents", "events": "issue push", "per_second": "3"}
    answer = await doors.ask("POST", LIST, visitor=ann, form=form, headers=language)
    page = checked(answer.text)
    assert answer.status == 400 and "hunter2" not in page
    assert 'value="https://forbidden.example/&#34;&gt;&lt;b&gt;x"' in page
    assert 'value="cloudevents" checked' in page and 'value="issue" checked' in page and 'value="comment" checked' not in page and 'value="3"' in page
    assert 'role="alert"' in page and "[outbound]" in page


@pytest.mark.parametrize(("size", "status"), [(2000, 303), (2001, 400)])
async def test_the_limits_are_what_the_document_says(doors: Doors, ann: Visitor, size: int, status: int) -> None:
    """2,000 bytes of address and 250 of secret are taken."""
    url = "https://x.example/".ljust(size, "a")
    assert (await doors.ask("POST", LIST, visitor=ann, form={"payloadUrl": url, "secret": "s" * 250})).status == status


async def test_a_form_needs_this_session_s_token(doors: Doors, ann: Visitor) -> None:
    """A page of another site cannot register an address with somebody's cookie."""
    made = await added(doors, ann)
    for path in (LIST, made["path"]):
        assert (await doors.ask("POST", path, visitor=ann, form=SEED, csrf=False)).code == "csrf_invalid"
    assert (await doors.ask("DELETE", made["path"], visitor=ann, csrf=False)).code == "csrf_invalid"
    assert len(await kept(doors)) == 1


@pytest.mark.parametrize(("kind", "body", "code"), [
    ("text/plain", b"payloadUrl=x", "content_type_unsupported"), ("application/json", b"[1]", "json_invalid"), ("application/json", b"{", "json_invalid"),
    ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 300), "request_invalid"), ("multipart/form-data; boundary=x", b"--x\r\nbroken", "hook_field_invalid"),
    ("multipart/form-data", b"", "request_invalid"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nz\r\n--x--\r\n', "request_invalid"),
    ("application/x-www-form-urlencoded", b"payloadUrl=https://x.example/%00", "hook_field_invalid"),
    ("application/json", b'{"payloadUrl": "\\ud800"}', "url_invalid"), ("application/x-www-form-urlencoded", b"payloadUrl=%ff%fe", "url_invalid"),
])  # fmt: skip
async def test_garbage_is_a_4xx(doors: Doors, kind: str, body: bytes, code: str) -> None:
    """Whatever stands in the body, the answer has a code."""
    token = await bearer(doors, "hooks.manage acme/*")
    answer = await doors.ask("POST", LIST, headers={**token, "content-type": kind, "accept": "application/json"}, body=body)
    assert answer.code == code and 400 <= answer.status < 500


@pytest.mark.parametrize("word", ["sub_x", "0", "-1", "99999999999999999999", "9" * 400, "evt_0000000000001", "sub_0000000000001", "한글"])
async def test_an_id_that_is_none_is_a_404(doors: Doors, ann: Visitor, word: str) -> None:
    """Digits are read as Yobi's ids are."""
    for method in ("GET", "DELETE"):
        assert (await doors.ask(method, f"{LIST}/{word}", visitor=ann, headers=JSON)).code == "hook_unknown"


async def test_an_id_in_digits_is_the_same_webhook(doors: Doors, ann: Visitor) -> None:
    """As Yobi's ids are written."""
    made = await added(doors, ann)
    assert (await doors.ask("GET", f"{LIST}/{ids.read('sub', made['id'])}", visitor=ann, headers=JSON)).json["id"] == made["id"]


async def test_a_secret_that_the_hub_makes_is_shown_once(doors: Doors, ann: Visitor) -> None:
    """To a program in the 201, to a person on the page that answers; then never again."""
    made = (await doors.ask("POST", LIST, visitor=ann, document={"payloadUrl": URL, "generate": True})).json
    assert made["secret"].startswith("whsec_")
    Webhook(made["secret"])
    page = await doors.ask("POST", LIST, visitor=ann, form={"payloadUrl": URL, "generate": "yes"}, headers=ENGLISH)
    assert page.status == 201 and "whsec_" in checked(page.text)
    for path in (LIST, made["path"]):
        for headers in (ENGLISH, JSON):
            assert "whsec_" not in (await doors.ask("GET", path, visitor=ann, headers=headers)).text
    assert all("whsec_" not in " ".join(one) for one in await acts(doors))


async def test_edit_changes_what_is_given_and_nothing_else(doors: Doors, ann: Visitor) -> None:
    """By form 303 to its page, by JSON what it is then; an overtaken version is refused."""
    made = await added(doors, ann, format="github", events=["push", "issue"])
    answer = await doors.ask("POST", made["path"], visitor=ann, form={"action": "edit", "events": "review", "notify": "slack:#dev"})
    assert (answer.status, answer.headers["location"]) == (303, f"{made['path']}?done=edit")
    (hook,) = await kept(doors)
    assert (hook.url, hook.events, hook.format, hook.active, hook.notify, hook.version) == (URL, ("review",), "github", True, "slack:#dev", 2)
    late = await doors.ask("POST", made["path"], visitor=ann, document={"action": "edit", "payloadUrl": "https://new.example/", "version": 1})
    assert (late.status, late.code) == (409, "hook_changed")
    done = await doors.ask("POST", made["path"], visitor=ann, document={"action": "edit", "payloadUrl": "https://new.example/", "version": 2, "active": False})
    assert (done.json["payloadUrl"], done.json["active"], done.json["version"]) == ("https://new.example/", False, 3)


@pytest.mark.parametrize(("fields", "code"), [
    ({"payloadUrl": "https://forbidden.example/"}, "url_forbidden"), ({"payloadUrl": ""}, "hook_field_invalid"), ({"format": "yobi"}, "hook_field_invalid"),
    ({"secret": "new"}, "hook_field_invalid"), ({"events": ""}, "hook_field_invalid"), ({"version": "x"}, "hook_field_invalid"),
])  # fmt: skip
async def test_an_edit_is_held_against_the_same_rules(doors: Doors, ann: Visitor, fields: dict[str, str], code: str) -> None:
    """A page shows the form again with what is wrong; what was kept stays."""
    made = await added(doors, ann, format="github", events=["issue"])
    assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": "edit", **fields})).code == code
    page = await doors.ask("POST", made["path"], visitor=ann, form={"action": "edit", **fields}, headers=ENGLISH)
    assert page.status == 400 and 'role="alert"' in checked(page.text)
    assert (await kept(doors))[0].version == 1


async def test_pause_resume_and_enable(doors: Doors, ann: Visitor) -> None:
    """Each is an act with its entry; what waits is looked at again."""
    made = await added(doors, ann, active=False)
    rings = doors.rings
    for action, standing in (("enable", "healthy"), ("pause", "paused"), ("resume", "healthy")):
        assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": action})).json["standing"] == standing
    assert doors.rings == rings + 3
    assert [one[1] for one in await acts(doors)] == ["hooks.add", "hooks.enable", "hooks.pause", "hooks.resume"]


async def test_rotating_keeps_both_secrets_live_for_the_overlap(doors: Doors, ann: Visitor) -> None:
    """The new one first; after the overlap it alone. One that the hub makes is shown once; without an overlap the former ends at once. A secret
    could be changed and never taken away."""
    made = await added(doors, ann)
    rotated = (await doors.ask("POST", made["path"], visitor=ann, document={"action": "rotate", "overlap": "1h"})).json
    assert rotated["secret"].startswith("whsec_") and rotated["secrets"] == 2 and rotated["overlap_until"] == "2026-11-21T04:00:00.000Z"
    page = await doors.ask("GET", made["path"], visitor=ann, headers=ENGLISH)
    assert "13:00:00" in page.text and "whsec_" not in page.text
    id = ids.read("sub", made["id"])
    doors.desk.clock.turn(hours=2)  # type: ignore[attr-defined]
    secrets = (await doors.desk.database.read(subscriptions.secrets_of, [id]))[id]
    assert len(live(secrets, doors.desk.clock.now())) == 1
    done = await doors.ask("POST", made["path"], visitor=ann, form={"action": "rotate", "secret": "mine", "overlap": "0"})
    assert done.status == 303 and (await doors.ask("GET", made["path"], visitor=ann, headers=JSON)).json["secrets"] == 1
    taken = (await doors.ask("POST", made["path"], visitor=ann, document={"action": "rotate", "remove": True, "overlap": "1h"})).json
    assert (taken["has_secret"], taken["overlap_until"]) == (True, "2026-11-21T06:00:00.000Z") and "secret" not in taken
    assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": "rotate", "remove": True, "overlap": "0"})).json["has_secret"] is False
    assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": "rotate", "remove": True, "secret": "x"})).code == "hook_field_invalid"
    for overlap in ("8d", "x"):
        assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": "rotate", "overlap": overlap})).code == "hook_field_invalid"


@pytest.mark.parametrize(("format", "event"), [("github", "ping"), ("yobi", "push"), ("cloudevents", "ping")])
async def test_a_test_is_owed_to_it_as_an_event_of_its_project(doors: Doors, ann: Visitor, format: str, event: str) -> None:
    """A ping, or for a format that tells of pushes only a push; its address is judged anew first."""
    made = await added(doors, ann, format=format)
    assert (await doors.ask("POST", made["path"], visitor=ann, document={"action": "test"})).status == 200
    (row,) = await doors.desk.database.read(lambda conn: conn.execute(
        sa.select(events.c.name, events.c.repo, deliveries.c.destination, deliveries.c.state).join(deliveries, deliveries.c.event_id == events.c.id)).all())  # fmt: skip
    assert tuple(row) == (event, "acme/web", f"hooks:{made['id']}", int(State.OWED))
    shown = (await doors.ask("GET", made["path"], visitor=ann, headers=JSON)).json
    assert [one["event"] for one in shown["deliveries"]] == [event] and shown["owed"] == 1


async def test_what_attempts_met_is_told_in_the_readers_language(doors: Doors, ann: Visitor) -> None:
    """Why nothing came through is the hub's own word: it was English to Korean readers."""
    made = await added(doors, ann)
    await doors.desk.database.write(store_event, id=1)
    await doors.desk.database.write(store_delivery, id=1, event_id=1, destination=f"hooks:{made['id']}", state=State.DEAD, code="hook_unreachable", detail="no connection in time")
    assert "제때 연결하지 못함" in (await doors.ask("GET", made["path"], visitor=ann, headers=KOREAN)).text
    shown = (await doors.ask("GET", made["path"], visitor=ann, headers=JSON | {"accept-language": "ko"})).json
    assert shown["deliveries"][0]["attempts"][0]["detail"] == "제때 연결하지 못함"


async def test_deliveries_are_shown_with_their_attempts_and_sent_again(doors: Doors, ann: Visitor) -> None:
    """One, or all that are dead; those of another webhook are not this one's."""
    made, other = await added(doors, ann), await added(doors, ann)
    for number, (hook, state) in enumerate([(made, State.DEAD), (made, State.DEAD), (made, State.SENT), (other, State.DEAD)], start=1):
        await doors.desk.database.write(store_event, id=number)
        await doors.desk.database.write(
            store_delivery, id=number, event_id=number, destination=f"hooks:{hook['id']}", state=state, code="http_500" if state is State.DEAD else None, detail=HOSTILE)
    page = await doors.ask("GET", made["path"], visitor=ann, headers=ENGLISH)
    assert "http_500" in checked(page.text) and "Send all 2 dead ones again" in page.text and "&lt;script&gt;alert(1)" in page.text
    assert ids.show("dlv", 4) not in page.text
    shown = (await doors.ask("GET", made["path"], visitor=ann, headers=JSON)).json
    assert shown["deliveries"][0]["attempts"] == [
        {"number": 1, "started_at": "2026-11-21T03:00:00.000Z", "duration_ms": 12, "outcome": "delivered", "status": 200, "code": None, "detail": HOSTILE}]


    async def again(**fields: str) -> Answer:
        return await doors.ask("POST", made["path"], visitor=ann, document={"action": "resend", **fields})

    assert (await again(delivery=ids.show("dlv", 4))).code == "delivery_unknown"
    assert (await again(delivery="dlv_x")).code == "delivery_unknown"
    for wrong in ({"rate": "-1"}, {"rate": "nan"}, {"state": "x"}, {"since": "x"}):
        assert (await again(**wrong)).status == 400
    assert (await again(dry_run="yes")).json["count"] == 2
    assert (await again(delivery=ids.show("dlv", 3))).json["count"] == 1
    assert (await again()).json["count"] == 2
    shown = (await doors.ask("GET", made["path"], visitor=ann, headers=JSON)).json
    assert (shown["owed"], shown["dead"]) == (3, 0)
    assert (await doors.ask("GET", other["path"], visitor=ann, headers=JSON)).json["dead"] == 1


async def test_a_list_of_deliveries_goes_on(doors: Doors, ann: Visitor) -> None:
    """Thirty a page."""
    made = await added(doors, ann)
    for number in range(1, 33):
        await doors.desk.database.write(store_event, id=number)
        await doors.desk.database.write(store_delivery, id=number, event_id=number, destination=f"hooks:{made['id']}")
    first = (await doors.ask("GET", made["path"], visitor=ann, headers=JSON)).json
    assert len(first["deliveries"]) == 30
    second = (await doors.ask("GET", first["older"], visitor=ann, headers=JSON)).json
    assert [one["id"] for one in second["deliveries"]] == [ids.show("dlv", 2), ids.show("dlv", 1)] and second["older"] is None


async def test_what_it_would_receive_is_told(doors: Doors, ann: Visitor) -> None:
    """To a program and on a page: which of the project's events, and why not the others."""
    made = await added(doors, ann, format="github", events=["push"])
    for number, name in ((1, "push"), (2, "issues")):
        await doors.desk.database.write(store_event, id=number, name=name)
    found = (await doors.ask("GET", f"{made['path']}/would-receive", visitor=ann, headers=JSON)).json["events"]
    assert [(one["event"], one["would"], one["reason"]) for one in found] == [("issues", False, "not_chosen"), ("push", True, "received")]
    page = await doors.ask("GET", f"{made['path']}/would-receive", visitor=ann, headers=ENGLISH)
    assert "would be sent" in checked(page.text) and "not chosen" in page.text


async def test_an_unknown_action_changes_nothing(doors: Doors, ann: Visitor) -> None:
    """It is not taken for a removal; an empty one was: a script whose variable was not set removed what it meant to test."""
    made = await added(doors, ann)
    for word in ("delete", "", " "):
        answer = await doors.ask("POST", made["path"], visitor=ann, document={"action": word})
        assert answer.code == "hook_field_invalid" and "edit, test" in answer.json["detail"]
        assert (await doors.ask("POST", made["path"], visitor=ann, form={"action": word})).status == 400
    assert len(await kept(doors)) == 1


async def test_pages_show_hostile_text_as_text_in_both_languages(doors: Doors, ann: Visitor) -> None:
    """An address and a reason are words; the pages are well formed and hold no script."""
    made = await added(doors, ann)
    await doors.desk.database.write(
        subscriptions.change, "acme/web", ids.read("sub", made["id"]), to=lambda hook: replace(hook, url=f"https://x.example/{HOSTILE}", reason=HOSTILE, notify=HOSTILE), now=NOON)
    await doors.desk.database.write(store_event, id=1, action=HOSTILE)
    for path in (LIST, made["path"], f"{made['path']}/would-receive?since=2h", "/console/webhooks", "/console/webhooks?project=x"):
        for headers, language in ((ENGLISH, "en"), (KOREAN, "ko")):
            answer = await doors.ask("GET", path, visitor=ann, headers=headers)
            assert f'<html lang="{language}">' in checked(answer.text) and answer.status == (400 if path.endswith("project=x") else 200)


async def test_the_console_lists_what_one_may_manage(doors: Doors, ann: Visitor) -> None:
    """Of all projects; another's webhooks are not there. A project that is named is opened."""
    await added(doors, ann)
    await doors.ask("POST", "/other/web/webhooks", operator=True, document={"payloadUrl": "https://other.example/"})
    page = await doors.ask("GET", "/console/webhooks", visitor=ann, headers=ENGLISH)
    assert "ci.example.com" in page.text and "other.example" not in page.text
    assert "other.example" in (await doors.ask("GET", "/console/webhooks", visitor=await doors.administrator(), headers=ENGLISH)).text
    assert (await doors.ask("GET", "/console/webhooks?project=acme/web", visitor=ann)).headers["location"] == LIST


async def test_a_script_may_register_as_many_as_a_project_may_have(doors: Doors) -> None:
    """Six hundred were taken in a minute, of two thousand."""
    (door,) = (one for one in doors.table if (one.method, one.path) == ("POST", "/{owner:path}/{project}/webhooks"))
    waits = {doors.refusals.rates.wait_s(door.limit.rate, door.limit.per, "token:script") for _ in range(MOST_IN_PROJECT)}
    assert waits == {None}


async def test_the_operator_s_own_socket_may_do_all_of_it(doors: Doors) -> None:
    """As the command line asks."""
    made = await doors.ask("POST", LIST, operator=True, document=SEED)
    assert made.status == 201 and made.json["made_by"] == OPERATOR.actor and made.json["made_at"] == NOON.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (await doors.ask("DELETE", made.json["path"], operator=True)).status == 200


async def test_what_a_webhook_would_have_received_is_told_with_the_reason(doors: Doors, ann: Visitor) -> None:
    """Stored events of its project, the newest first: those of its topics that its format tells of, and why not the others."""
    hook = await added(doors, ann, format="yobi", events=["push"])
    push, star, other = (doors.desk.database.new_id() for _ in range(3))
    for id, name, repo in ((push, "push", "ACME/web"), (star, "star", "acme/web"), (other, "push", "acme/api")):
        await doors.desk.database.write(store_event, id=id, name=name, repo=repo)
    answer = await doors.ask("GET", f"{hook['path']}/would-receive", visitor=ann, headers=JSON)
    assert [(one["id"], one["would"], one["reason"]) for one in answer.json["events"]] == [
        (ids.show("evt", star), False, "not_chosen"), (ids.show("evt", push), True, "received")]
    for query, status in (("limit=0", 400), ("limit=201", 400), ("limit=x", 400), ("since=never", 400), ("limit=1", 200), ("since=1h", 200)):
        assert (await doors.ask("GET", f"{hook['path']}/would-receive?{query}", visitor=ann, headers=JSON)).status == status
    assert (await doors.ask("GET", f"{hook['path'].replace('web/', 'api/', 1)}/would-receive", visitor=ann, headers=JSON)).status == 404
