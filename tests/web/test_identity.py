"""How people and programs come in, stay, and are put out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sitting import Answer, Clock, Doors

from leverframe.core.access import Role
from leverframe.store import audit
from leverframe.web.credentials import COOKIE
from leverframe.web.desk import Desk
from leverframe.web.identity import mint_admin_link
from leverframe.web.refusals import RefusalLog

pytestmark = pytest.mark.anyio


async def test_looking_at_a_link_does_not_use_it(doors: Doors) -> None:
    """A link preview (GET) shows who it is for; only the button's POST signs in, and only once."""
    secret = await doors.invited("bo", "viewer")
    for _ in range(3):
        shown = await doors.ask("GET", f"/login?token={secret}")
        assert shown.status == 200 and "bo" in shown.text and "viewer" in shown.text
    assert (await doors.enter(secret)).status == 303
    assert (await doors.enter(secret)).code == "link_invalid"
    assert (await doors.ask("GET", f"/login?token={secret}")).code == "link_invalid"


async def test_the_administrators_link_lasts_15_minutes(doors: Doors, clock: Clock) -> None:
    """It signs in a role that may do everything, and is over after a quarter of an hour."""
    link = await mint_admin_link(doors.desk.database, clock, "https://hub.example.com/")
    assert link.startswith("https://hub.example.com/login?token=")
    clock.turn(minutes=15)
    assert (await doors.enter(link.partition("token=")[2])).code == "link_invalid"
    admin = await doors.administrator()
    assert (await doors.ask("GET", "/console/people", visitor=admin)).status == 200


async def test_the_link_of_one_hub_outlives_the_start_of_another(doors: Doors, clock: Clock) -> None:
    """The second hub on one PostgreSQL voided the link that the first had just printed; both work now, and the first that is used ends the other."""
    first, second = [(await mint_admin_link(doors.desk.database, clock, doors.desk.url)).partition("token=")[2] for _ in range(2)]
    assert (await doors.enter(first)).status == 303
    assert (await doors.enter(second)).code == "link_invalid"


async def test_an_invitation_lasts_72_hours(doors: Doors, clock: Clock) -> None:
    """People come in with the role of their invitation, until three days are over."""
    secret = await doors.invited("bo", "viewer")
    clock.turn(hours=72)
    assert (await doors.enter(secret)).code == "link_invalid"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """HttpOnly and SameSite=Lax always; Secure where the hub is reached by https."""
    plain = (await doors.enter(await doors.invited("ann", "admin"))).cookies[0]
    assert plain.startswith(f"{COOKIE}=") and "HttpOnly" in plain and "SameSite=lax" in plain and "Secure" not in plain
    public = Doors(replace(desk, url="https://hub.example.com"), refusals)
    assert "Secure" in (await public.enter(await public.invited("bo", "admin"))).cookies[0]


async def test_a_session_cannot_be_fixed_beforehand(doors: Doors) -> None:
    """Signing in never adopts the cookie that the browser brought, and ends the session that it named."""
    ann = await doors.signed_in("ann")
    answer = await doors.enter(await doors.invited("bo", "admin"), cookie=ann.cookie)
    bo = await doors.visitor(answer)
    assert bo.cookie != ann.cookie and bo.csrf != ann.csrf
    assert (await doors.ask("GET", "/console", visitor=ann)).code == "sign_in_required"
    made_up = await doors.visitor(await doors.enter(await doors.invited("cy", "admin"), cookie="attacker-chose-this"))
    assert made_up.cookie != "attacker-chose-this"


async def test_a_session_ends_12_hours_after_its_last_use(doors: Doors, clock: Clock) -> None:
    """Use moves the end; 12 hours without use end it."""
    ann = await doors.signed_in()
    for _ in range(5):
        clock.turn(hours=11)
        assert (await doors.ask("GET", "/console", visitor=ann)).status == 200
    clock.turn(hours=12)
    assert (await doors.ask("GET", "/console", visitor=ann)).code == "sign_in_required"


async def test_no_session_lasts_longer_than_a_week(doors: Doors, clock: Clock) -> None:
    """However much it is used, it ends seven days after it began."""
    ann = await doors.signed_in()
    for _ in range(20):
        clock.turn(hours=8)
        assert (await doors.ask("GET", "/console", visitor=ann)).status == 200
    clock.turn(hours=8)
    assert (await doors.ask("GET", "/console", visitor=ann)).code == "sign_in_required"


async def test_signing_out_ends_the_session_at_the_hub(doors: Doors) -> None:
    """The cookie is worth nothing afterwards, also for who copied it."""
    ann = await doors.signed_in()
    assert (await doors.ask("POST", "/logout", visitor=ann, form={})).status == 303
    assert (await doors.ask("GET", "/console", visitor=ann)).code == "sign_in_required"


async def test_a_disabled_person_is_out_at_once(doors: Doors) -> None:
    """Their sessions, open links and tokens end; a new invitation lets them in again."""
    admin = await doors.administrator()
    bo = await doors.signed_in("bo", "viewer")
    issued = await doors.ask("POST", "/api/tokens", visitor=bo, document={"name": "bo-ci", "grants": ["events.read"]})
    bearer = {"authorization": f"Bearer {issued.json['token']}"}
    assert (await doors.ask("GET", "/api/events", headers=bearer)).status == 200
    waiting = await doors.invited("bo", "viewer")
    assert (await doors.ask("POST", "/console/people", visitor=admin, form={"disable": "bo"})).status == 303
    assert (await doors.ask("GET", "/console", visitor=bo)).code == "sign_in_required"
    assert (await doors.enter(waiting)).code == "link_invalid"
    assert (await doors.ask("GET", "/api/events", headers=bearer)).code == "not_allowed"
    assert (await doors.enter(await doors.invited("bo", "viewer"))).status == 303


async def test_an_invitation_is_withdrawn(doors: Doors) -> None:
    """A link that was sent to the wrong person let them in for three days: disabling finds nobody who has not come in yet."""
    admin = await doors.administrator()
    wrong, other = await doors.invited("bo", "admin"), await doors.invited("cy", "viewer")
    assert (await doors.ask("DELETE", "/api/people/bo", visitor=admin)).code == "person_unknown"
    assert (await doors.ask("DELETE", "/api/people/invitations/bo", visitor=admin)).status == 204
    assert (await doors.enter(wrong)).code == "link_invalid"
    assert (await doors.ask("DELETE", "/api/people/invitations/bo", visitor=admin)).code == "invitation_unknown"
    assert 'name="withdraw" value="cy"' in (await doors.ask("GET", "/console/people", visitor=admin)).text
    assert (await doors.ask("POST", "/console/people", visitor=admin, form={"withdraw": "cy"})).status == 303
    assert (await doors.enter(other)).code == "link_invalid"
    assert [entry.target for entry in await doors.desk.database.read(audit.entries, act="people.withdraw")] == ["cy", "bo"]


async def test_a_changed_role_holds_at_the_next_request(doors: Doors) -> None:
    """Sessions carry no grants of their own."""
    bo = await doors.signed_in("bo", "admin")
    assert (await doors.ask("GET", "/console/people", visitor=bo)).status == 200
    await doors.signed_in("bo", "viewer")  # invited anew, elsewhere
    assert (await doors.ask("GET", "/console/people", visitor=bo)).code == "not_allowed"


async def test_a_role_of_the_configuration_names_its_members(doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """Somebody listed as person:NAME in a role holds its grants beside those of their own role."""
    bo = await doors.signed_in("bo", "viewer")
    assert (await doors.ask("GET", "/console/audit", visitor=bo)).code == "not_allowed"
    wider = Doors(replace(desk, roles={**desk.roles, "auditor": Role(members=("person:bo",), allow=("admin",))}), refusals)
    assert (await wider.ask("GET", "/console/audit", visitor=bo)).status == 200


async def test_writes_need_the_forms_token(doors: Doors) -> None:
    """A cookie alone changes nothing: the session's token must come in the form or in X-CSRF-Token, and be this session's."""
    ann, bo = await doors.signed_in("ann"), await doors.signed_in("bo")
    form = {"name": "eve", "role": "admin"}
    assert (await doors.ask("POST", "/console/people", visitor=ann, form=form, csrf=False)).code == "csrf_invalid"
    for token in ("", "x", bo.csrf, "é"):
        assert (await doors.ask("POST", "/console/people", visitor=ann, form={**form, "csrf": token})).code == "csrf_invalid"
    document = {"name": "eve", "role": "viewer"}
    assert (await doors.ask("POST", "/api/people/invitations", visitor=ann, document=document, csrf=False)).code == "csrf_invalid"
    assert (await doors.ask("POST", "/api/people/invitations", visitor=ann, document=document)).status == 201


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8080.evil.example", "http://[", "file://"])
async def test_writes_come_from_the_hubs_own_pages(doors: Doors, origin: str) -> None:
    """A page of another site is refused even with the right token, and cannot sign a browser in either."""
    ann = await doors.signed_in()
    headers = {"origin": origin}
    assert (await doors.ask("POST", "/logout", visitor=ann, form={}, headers=headers)).code == "origin_mismatch"
    link = await doors.invited("bo", "viewer")
    assert (await doors.ask("POST", "/login", form={"token": link}, headers=headers)).code == "origin_mismatch"
    assert (await doors.ask("POST", "/logout", visitor=ann, form={}, headers={"origin": "http://127.0.0.1:8080"})).status == 303


async def test_a_token_that_is_not_live_is_refused_whatever_else_comes(doors: Doors, clock: Clock) -> None:
    """Unknown, revoked and expired tokens are 401; a good cookie beside them does not help."""
    ann = await doors.signed_in()
    made = [await doors.ask("POST", "/api/tokens", visitor=ann, document={"name": name, "grants": ["*"], "days": 2}) for name in ("one", "two")]
    one, two = ({"authorization": f"Bearer {answer.json['token']}"} for answer in made)
    assert (await doors.ask("GET", "/api/audit", headers=one)).status == 200
    assert (await doors.ask("DELETE", "/api/tokens/one", visitor=ann)).status == 204
    clock.turn(days=2)
    for headers in (one, two, {"authorization": "Bearer lf_unknown"}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}, {"authorization": "Bearer \xff"}):
        assert (await doors.ask("GET", "/api/audit", headers=headers)).code == "token_invalid"
    fresh = await doors.signed_in("cy")
    assert (await doors.ask("GET", "/console", headers={"authorization": "Bearer lf_x"}, visitor=fresh)).code == "token_invalid"


def bearer_of(issued: Answer) -> dict[str, str]:
    """Return the header that carries an issued token."""
    return {"authorization": f"Bearer {issued.json['token']}"}


async def test_nobody_hands_on_more_than_they_hold(doors: Doors) -> None:
    """A token's grants lie within its issuer's, and a token issued by a token within both."""
    viewer, ann = await doors.signed_in("vera", "viewer"), await doors.signed_in("ann", "admin")
    wide = await doors.ask("POST", "/api/tokens", visitor=viewer, document={"name": "wide", "grants": ["events.read", "admin"]})
    assert (wide.status, wide.code) == (403, "not_allowed") and "admin" in wide.json["detail"]
    narrow = await doors.ask("POST", "/api/tokens", visitor=ann, document={"name": "narrow", "grants": ["admin", "events.read"]})
    bearer = bearer_of(narrow)
    assert (await doors.ask("POST", "/api/tokens", headers=bearer, document={"name": "child", "grants": ["routes.read"]})).code == "not_allowed"
    child = await doors.ask("POST", "/api/tokens", headers=bearer, document={"name": "child", "grants": ["events.read"]})
    assert child.status == 201
    assert (await doors.ask("GET", "/api/events", headers=bearer_of(child))).status == 200


async def test_a_token_does_not_manage_tokens(doors: Doors) -> None:
    """A routes.read token of the operator's listed all tokens and revoked the one for everything; without admin a token sees and ends none."""
    await doors.ask("POST", "/api/tokens", operator=True, document={"name": "all", "grants": ["*"]})
    reading = bearer_of(await doors.ask("POST", "/api/tokens", operator=True, document={"name": "reader", "grants": ["routes.read"]}))
    for method, path, document in (
        ("GET", "/api/tokens", None), ("POST", "/api/tokens", {"name": "child", "grants": ["routes.read"]}), ("DELETE", "/api/tokens/all", None),
        ("GET", "/console/tokens", None), ("POST", "/console/tokens", {"revoke": "all"}),
    ):  # fmt: skip
        answer = await doors.ask(method, path, headers=reading, document=document)
        assert answer.code == "not_allowed" and "admin" in answer.json["detail"], path
    listed = (await doors.ask("GET", "/api/tokens", operator=True)).json["tokens"]
    assert [(one["name"], one["revoked_at"]) for one in listed] == [("all", None), ("reader", None)]


async def test_a_token_of_a_token_ends_with_it(doors: Doors, clock: Clock) -> None:
    """A 90-day token made one for a year, which lived on when the first was revoked; now it ends no later, and is revoked with it."""
    made = await doors.ask("POST", "/api/tokens", operator=True, document={"name": "parent", "grants": ["*"], "days": 90})
    child = await doors.ask("POST", "/api/tokens", headers=bearer_of(made), document={"name": "child", "grants": ["*"], "days": 366})
    grandchild = await doors.ask("POST", "/api/tokens", headers=bearer_of(child), document={"name": "grandchild", "grants": ["events.read"], "days": 30})
    ends = {one["name"]: one["expires_at"] for one in (await doors.ask("GET", "/api/tokens", operator=True)).json["tokens"]}
    assert ends["child"] == ends["parent"] and ends["grandchild"] < ends["parent"]
    assert (await doors.ask("DELETE", "/api/tokens/parent", operator=True)).status == 204
    for one in (child, grandchild):
        assert (await doors.ask("GET", "/api/events", headers=bearer_of(one))).code == "token_invalid"


async def test_a_token_never_does_more_than_its_issuer_may_now(doors: Doors) -> None:
    """Taking a role from somebody takes it from the tokens that they issued."""
    ann = await doors.signed_in("ann", "admin")
    issued = await doors.ask("POST", "/api/tokens", visitor=ann, document={"name": "ci", "grants": ["*"]})
    bearer = {"authorization": f"Bearer {issued.json['token']}"}
    assert (await doors.ask("GET", "/api/people", headers=bearer)).status == 200
    await doors.signed_in("ann", "viewer")  # invited anew, with less
    refused = await doors.ask("GET", "/api/people", headers=bearer)
    assert refused.code == "not_allowed" and "who issued token:ci" in refused.json["detail"]
    assert (await doors.ask("GET", "/api/events", headers=bearer)).status == 200


async def test_people_see_and_revoke_their_own_tokens_only(doors: Doors) -> None:
    """An administrator sees everybody's; a secret is in no list."""
    ann, vera = await doors.signed_in("ann", "admin"), await doors.signed_in("vera", "viewer")
    made = await doors.ask("POST", "/api/tokens", visitor=ann, document={"name": "anns", "grants": ["*"]})
    await doors.ask("POST", "/api/tokens", visitor=vera, document={"name": "veras", "grants": ["events.read"]})
    assert [one["name"] for one in (await doors.ask("GET", "/api/tokens", visitor=vera)).json["tokens"]] == ["veras"]
    everybodys = await doors.ask("GET", "/api/tokens", visitor=ann)
    assert [one["name"] for one in everybodys.json["tokens"]] == ["anns", "veras"]
    assert made.json["token"] not in everybodys.text and "digest" not in everybodys.text
    assert (await doors.ask("DELETE", "/api/tokens/anns", visitor=vera)).code == "token_unknown"
    assert (await doors.ask("DELETE", "/api/tokens/veras", visitor=ann)).status == 204


async def test_the_operators_socket_needs_no_token(doors: Doors) -> None:
    """What comes by the hub's own unix socket may do everything; nothing in a request can claim to be it."""
    assert (await doors.ask("GET", "/api/people", operator=True)).status == 200
    issued = await doors.ask("POST", "/api/tokens", operator=True, document={"name": "ops", "grants": ["admin"]})
    assert (await doors.ask("GET", "/api/people", headers={"authorization": f"Bearer {issued.json['token']}"})).status == 200
    for headers in ({"operator": "true"}, {"x-operator": "1"}, {"state": "operator"}):
        assert (await doors.ask("GET", "/api/people", headers=headers)).code == "sign_in_required"


async def test_refusals_and_acts_are_in_the_audit(doors: Doors, clock: Clock) -> None:
    """What somebody may not do is an entry each time; a stranger's refusals are one a minute and reason, with their number."""
    vera = await doors.signed_in("vera", "viewer")
    for _ in range(2):
        await doors.ask("GET", "/console/people", visitor=vera)
    for _ in range(5):
        await doors.ask("GET", "/console/people")
    clock.turn(minutes=1)
    await doors.ask("GET", "/console/people")
    await doors.refusals.settled()
    entries = await doors.desk.database.read(audit.entries)
    assert [entry.code for entry in entries if entry.actor == "person:vera"] == ["not_allowed", "not_allowed", "ok"]
    strangers = [entry for entry in entries if entry.actor == "127.0.0.1"]
    assert [(entry.code, dict(entry.detail)) for entry in strangers] == [("sign_in_required", {"times": 5}), ("sign_in_required", {})]
    assert {entry.target for entry in strangers} == {"/console/people"}


@pytest.mark.parametrize("cookie", ["", "leverframe_session", "leverframe_session=", "leverframe_session=\xff\xfe", "a=b; leverframe_session=x;;;", "=" * 5000])
async def test_hostile_cookies_are_nobody(doors: Doors, cookie: str) -> None:
    """Whatever a cookie holds, it is no session and no error of the hub."""
    assert (await doors.ask("GET", "/console", headers={"cookie": cookie})).code == "sign_in_required"


@pytest.mark.parametrize(
    ("name", "value"),
    [("accept-language", "\xff;q=x,ko;q=nan,,;" * 200), ("accept", "*/*;q=\xff" * 500), ("content-length", "-1"), ("content-length", "1e3"),
     ("content-length", "9" * 40), ("origin", "\xff"), ("host", "\xff["), ("x-csrf-token", "\xff")])
async def test_hostile_headers_are_never_an_error_of_the_hub(doors: Doors, name: str, value: str) -> None:
    """Any header may hold anything: the answer is a page or a 4xx."""
    ann = await doors.signed_in()
    for method, path, headers in (("GET", "/console", {name: value}), ("POST", "/playground", {name: value}), ("POST", "/logout", {name: value})):
        assert (await doors.ask(method, path, visitor=ann, headers=headers)).status < 500
