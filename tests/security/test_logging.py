"""What the log says of those who try what they may not, and of what breaks."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.isolation.logbook import logged

from linli.identity.sign_in import sign_in
from linli.kit.errors import Invalid
from linli.testing.web import Api, Browser
from linli.testing.world import WORLD
from linli.web.middleware import careful

OWN, SIBLING = WORLD.here.communities
API = f"/api/v1/s/{OWN.street_code}/c/{OWN.code}"


@pytest.mark.asvs("V16.3.1")
def test_signing_in_is_told_whether_it_succeeds_or_fails(module_house, served) -> None:
    with logged(module_house, as_json=True) as log:
        for name in ("street-999001001", "nobody-here"):
            with pytest.raises(Invalid):
                sign_in(module_house, name, "wrong password", ip="203.0.113.50")
    failed = [each for each in log.events() if each["event"] == "sign-in failed"]
    assert len(failed) == 2
    assert {each["ip"] for each in failed} == {"203.0.113.50"}
    assert "wrong password" not in log.getvalue()


@pytest.mark.asvs("V16.3.2", "V16.3.3")
def test_what_is_refused_is_told_with_who_asked_for_what(module_house, served) -> None:
    resident = Api(served, module_house).token_for(OWN.resident_account, OWN.tenant_id)
    browser = Browser(served, module_house).sign_in_as(OWN.administrator)
    page = f"/s/{OWN.street_code}/c/{OWN.code}/admin/compounds"
    with logged(module_house, as_json=True) as log:
        served.cookies.clear()
        asked = {
            401: served.get(f"{API}/residents"),
            403: resident.get(f"{API}/residents"),
            404: resident.get(f"/api/v1/s/{OWN.street_code}/c/{SIBLING.code}/residents"),
        }
        forged = served.post(page, data={"name": "伪造"}, headers={"cookie": f"sid={browser._token}"})
    assert asked[401].status_code == 401
    assert asked[403].status_code == 403
    assert asked[404].status_code in (403, 404)
    assert forged.status_code == 403
    requests = {each["request_id"]: each for each in log.events() if each["event"] == "request"}
    for answer in (*asked.values(), forged):
        line = requests[answer.headers["x-request-id"]]
        assert (line["status"], line["path"]) == (answer.status_code, answer.request.url.path)
    assert requests[asked[403].headers["x-request-id"]]["account"] == str(OWN.resident_account)


@pytest.mark.asvs("V16.4.1")
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "terminal"])
def test_nobody_writes_a_line_of_their_own_into_the_log(module_house, served, as_json) -> None:
    forged = '\n2026-01-01 00:00:00 [info     ] signed in account=forged\r\n{"event": "signed in", "account": "forged"}'
    with logged(module_house, as_json=as_json) as log:
        served.get(f"/s/{quote(forged)}/console", follow_redirects=False)
        served.get("/nowhere", headers={"user-agent": forged.encode("ascii", "replace").decode().replace("\n", " ")})
    lines = log.getvalue().splitlines()
    assert any("nowhere" in line for line in lines), "control: requests are told"
    assert not [line for line in lines if line.startswith(("2026-01-01", '{"event": "signed in"'))]


async def _broken(scope, receive, send) -> None:
    raise RuntimeError("what answers errors has failed itself: secret")


@pytest.mark.asvs("V16.3.4", "V16.5.4")
def test_where_even_the_answer_to_errors_fails_there_is_a_last_one(module_house, served) -> None:
    from litestar.testing import TestClient

    kept, served.app.asgi_handler = served.app.asgi_handler, careful(_broken, https=False)
    try:
        with logged(module_house, as_json=True) as log:
            answer = TestClient(served.app).get("/nowhere")
    finally:
        served.app.asgi_handler = kept
    assert answer.status_code == 500
    assert "请稍后再试" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    (line,) = [each for each in log.events() if each["event"] == "last resort"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "RuntimeError" in line["exception"]
