"""What happens to a resident's numbers: everything that the platform does with them, one after the other."""

from __future__ import annotations

import base64
import csv
import io
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.canaries.people import Canary
from tests.channels.mail_server import MailServer

from linli.channels import Fault
from linli.house import House
from linli.identity.acceptance import Acceptance, accept_as_newcomer, read_offer
from linli.identity.accounts import change_phone
from linli.identity.codes import request_code
from linli.identity.reset import start_reset
from linli.identity.sign_in import sign_in
from linli.kit.crypto import token_digest
from linli.kit.errors import LinliError
from linli.notifications import notify, recipients_in
from linli.plugins.contributions import NotificationType
from linli.tasks import enqueue
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner
from linli.testing.web import Api
from linli.testing.world import WORLD

HERE = WORLD.here.communities[0]
PATH = f"/api/v1/s/{HERE.street_code}/c/{HERE.code}"
#: Reaches everybody at once, through every channel.
ALARM = NotificationType(
    name="trial.alarm_raised",
    title="警报",
    subject="警报：{what}",
    body="{what}，请立即处理。",
    is_urgent=True,
    channels=("email", "sms"),
)
_HEADER = ("楼栋", "单元", "房号", "姓名", "手机", "身份证号", "身份")
_IP = "203.0.113.40"


class Phones:
    """A message service that keeps what it is to write, and to how many; the number itself is the address."""

    is_connected = True

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.numbers: set[str] = set()

    def send(self, messages: Sequence[Any]) -> list[Fault | None]:
        for message in messages:
            self.texts.append(f"{message.kind} {message.text} {dict(message.values)}")
            self.numbers.add(message.phone)
        return [None] * len(messages)


class Silent:
    """A message service that answers with what it was given."""

    is_connected = True

    def send(self, messages: Sequence[Any]) -> list[Fault | None]:
        raise RuntimeError(f"no route to {messages[0].phone}")


@dataclass
class Life:
    """The community's office and one of its residents at work."""

    house: House
    client: TestClient[Litestar]
    people: list[Canary]
    phones: Phones
    mail: MailServer
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._office = Api(self.client, self.house).token_for(HERE.administrator, HERE.tenant_id)

    def ask(self, method: str, path: str, body: Any = None, *, status: int, by: Api | None = None, **more: Any) -> Any:
        """A request, whose answer has to be as expected; what it was about is remembered."""
        api = by or self._office
        headers = api.headers | more.pop("headers", {})
        sent = {} if body is None else {"json": body}
        got: httpx.Response = self.client.request(method, PATH + path, headers=headers, **sent, **more)
        assert got.status_code == status, f"{method} {path}: {got.status_code} {got.text[:500]}"
        self.done.append(f"{method} {path.split('?')[0]}")
        return got.json() if "json" in got.headers.get("content-type", "") and got.content else got.content

    def work(self) -> None:
        """Do the work that waits."""
        with self.house.database.unit_of_work(WORLD.here.scope) as session:
            session.execute(text("UPDATE core.job SET run_after = now() WHERE dedup_key NOT LIKE 'daily:%'"))
            session.execute(text("SELECT core.ring_doorbell(clock_timestamp())"))
        JobRunner(self.house, Tasks.of(self.client.app.state.site.plugins), pause=0.0).run_due()

    def enter_by_roster(self) -> None:
        """Two files: one that is taken over, and one in which every number is at fault."""
        rows = [
            ("9号楼", "1单元", f"{each.n // 4 + 1}0{each.n % 4 + 1}", each.name, each.phone, each.id_number, "业主")
            for each in self.people
        ]
        taken = self._upload("名册.csv", rows)
        assert self.ask("GET", f"/rosters/{taken}/rows", status=200)["items"], "control: the rows were understood"
        self.ask("POST", f"/rosters/{taken}/commit", {}, status=202)
        self.work()
        assert self.ask("GET", f"/rosters/{taken}", status=200)["rows_written"] == len(rows)
        wrong = [
            (*row[:4], f"{row[4]}0", each.wrong_id_number, row[6]) for row, each in zip(rows, self.people, strict=True)
        ]
        refused = self._upload("有错的名册.csv", wrong[:40])
        faults = self.ask("GET", f"/rosters/{refused}/faults", status=200)["items"]
        assert len(faults) >= min(len(wrong), 40), "control: faults were found"
        self.ask("GET", f"/rosters/{refused}/errors", status=200)
        # Left as it is: what waits for a correction must be as safe as what was taken over.
        self._upload("第三份.csv", rows[:5])

    def _upload(self, name: str, rows: Sequence[Sequence[str]]) -> str:
        target = io.StringIO()
        csv.writer(target).writerows([_HEADER, *rows])
        content = base64.b64encode(target.getvalue().encode()).decode()
        body = {"compound_id": str(HERE.compound), "file_name": name, "content": content}
        made = self.ask("POST", "/rosters", body, status=201, headers=_key())
        self.work()
        return made["id"]

    def look_up(self) -> None:
        """Search in every box, and read what is found."""
        for each in self.people[:10]:
            found = self.ask("GET", "/residents", status=200, params={"q": each.phone})["items"]
            assert [one["name"] for one in found] == [each.name], "control: a number finds its resident"
            self.ask("GET", "/residents", status=200, params={"q": each.id_number})
            self.ask("GET", "/dwellings", status=200, params={"q": each.phone})
            self.ask("GET", "/notices", status=200, params={"q": each.id_number})
            self.ask("GET", "/audit", status=200, params={"actor_name": each.phone})
            self.ask("GET", f"/residents/{found[0]['id']}", status=200)

    def change_and_reveal(self) -> None:
        """Enter by hand, meet errors, change, reveal; each under a key, so that the answers are kept."""
        one, two, three = self.people[:3]
        found = self._found(one)
        body = {"name": one.name, "phone": one.phone, "id_number": one.id_number}
        self.ask("POST", "/residents", body, status=422, headers=_key())
        body["id_number"] = one.wrong_id_number
        self.ask("POST", "/residents", body, status=422, headers=_key())
        self.ask("POST", "/residents", {"name": one.name, "phone": [one.phone]}, status=422)
        self.ask("POST", "/residents", {"name": "金丝雀", "phone": two.phone}, status=201, headers=_key())
        change = {"version": found["version"], "phone": three.phone}
        self.ask("PATCH", f"/residents/{found['id']}", change, status=200)
        change = {"version": found["version"], "phone": two.phone}
        self.ask("PATCH", f"/residents/{found['id']}", change, status=409)
        for each in self.people[3:8]:
            for name, number in (("phone", each.phone), ("id_number", each.id_number)):
                wanted = {"field": name, "purpose": "other", "reason": f"核对来电 {number}"}
                where = f"/residents/{self._found(each)['id']}/reveal"
                shown = self.ask("POST", where, wanted, status=200, headers=_key())
                assert shown["value"] == number, "control: the number was there"

    def write_out(self) -> None:
        """Export the register, masked and in full."""
        for kind in ("xlsx", "csv"):
            self.ask("POST", "/rosters/export", {"file_format": kind}, status=200, headers=_key())
            body = {"file_format": kind, "full": True, "reason": "按要求报送"}
            written = self.ask("POST", "/rosters/export", body, status=200, headers=_key())
            if kind == "csv":
                assert self.people[9].phone.encode() in written, "control: a full export holds the numbers"

    def tell_everybody(self) -> None:
        """Messages to all phones, also while the service fails and complains about a number."""
        for channel in (None, Silent()):
            kept = self.house.channels
            if channel is not None:
                broken = type(kept)(kept.email, channel, kept.wechat, kept.base_url)
                self.house.channels = self.house.database.info["channels"] = broken
            with self.house.database.unit_of_work(HERE.scope) as session:
                people = recipients_in(session, HERE.id)
                assert len(people) >= len(self.people)
                notify(session, ALARM.name, people, {"what": "停水"})
            self.work()
            self.house.channels = self.house.database.info["channels"] = kept

    def become_a_user(self) -> Api:
        """Be invited, sign in well and badly, forget the password; gives a token of one's own."""
        person = self.people[10]
        made = self.ask("POST", f"/residents/{self._found(person)['id']}/invitation", {}, status=201, headers=_key())
        token = made["link"].rsplit("/", 1)[1]
        read_offer(self.house, HERE.street_code, token, ip=_IP)
        password = "a long canary sentence"
        wanted = Acceptance(password, f"canary-{person.n}")
        begun = accept_as_newcomer(
            self.house, HERE.street_code, token, wanted, ip=_IP, user_agent="test", replaces=None
        )
        request_code(self.house, person.phone, "phone", ip=_IP)
        change_phone(
            self.house, token_digest(begun.token), password, person.phone, _newest(lambda: self.phones.texts[-1])
        )
        signed = sign_in(self.house, person.phone, password, ip=_IP)
        assert signed.token, "control: the number is a name to sign in with"
        for name in (person.phone, self.people[11].phone, person.id_number):
            with suppress(LinliError):
                sign_in(self.house, name, "wrong", ip=_IP)
        request_code(self.house, person.phone, "sign_in", ip=_IP)
        start_reset(self.house, person.phone, ip=_IP)
        for path in ("/account/sign-in", "/account/sign-in/code", "/account/forgot"):
            self.client.post(path, data={"identifier": person.phone, "phone": person.phone, "password": "x"})
            self.client.get(path, params={"phone": person.phone})
        with psycopg.connect(self.house.addresses.superuser or "") as connection:
            found = connection.execute(
                "SELECT account_id FROM core.resident WHERE name = %s AND account_id IS NOT NULL", [person.name]
            ).fetchone()
        assert found, "control: the resident has an account now"
        mine = Api(self.client, self.house).token_for(found[0], HERE.tenant_id)
        self.ask("POST", "/notification-preferences/email", {"email": "canary@example.cn"}, status=202, by=mine)
        code = _newest(lambda: self.mail.letters[-1].part("plain") if self.mail.letters else "")
        self.ask("POST", "/notification-preferences/email/confirm", {"code": code}, status=200, by=mine)
        return mine

    def use_ones_rights(self, mine: Api) -> None:
        """A copy of one's data, a correction, an erasure; decided and carried out."""
        person = self.people[10]
        shown = self.ask("GET", "/my-data", status=200, by=mine)
        assert person.phone in str(shown), "control: one sees one's own number"
        self.ask("POST", "/my-data/copies", {}, status=201, by=mine, headers=_key())
        self.work()
        copies = self.ask("GET", "/my-data/requests", status=200, by=mine)["items"]
        assert copies[0]["file_id"], "control: the copy was made"
        body = {"phone": self.people[12].phone, "note": "换了号码"}
        asked = self.ask("POST", "/my-data/corrections", body, status=201, by=mine, headers=_key())
        self._decide(asked)
        asked = self.ask("POST", "/my-data/erasures", {"note": "搬走了"}, status=201, by=mine, headers=_key())
        self._decide(asked)
        body = {"reason": "来电要求", "identity_check": "card"}
        self.ask("POST", f"/residents/{self._found(self.people[13])['id']}/copies", body, status=201, headers=_key())
        self.work()

    def _decide(self, asked: dict[str, Any]) -> None:
        body = {"accept": True, "reason": "已核实", "version": asked["version"], "identity_check": "card"}
        self.ask("POST", f"/privacy-requests/{asked['id']}/decide", body, status=200, headers=_key())
        self.work()

    def break_down(self) -> None:
        """Requests that meet a locked table, and a job that dies with somebody's number in its hands."""
        person = self.people[14]
        with psycopg.connect(self.house.addresses.superuser or "") as connection:
            connection.execute("LOCK TABLE core.resident IN ACCESS EXCLUSIVE MODE")
            body = {"name": person.name, "phone": person.phone, "id_number": person.id_number}
            threads = [
                threading.Thread(target=self._meet, args=("GET", "/residents", None, {"q": person.phone})),
                threading.Thread(target=self._meet, args=("POST", "/residents", body, {})),
            ]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        assert self.done.count("503") == len(threads), f"control: {self.done[-4:]}"

        def die(run: Any) -> None:
            with run.unit_of_work() as session:
                given = {"phone": person.phone, "number": person.id_number}
                try:
                    session.execute(text("SELECT 1 / 0 WHERE CAST(:phone AS text) <> CAST(:number AS text)"), given)
                except DBAPIError as error:
                    raise ValueError(f"cannot reach {person.phone} of {person.id_number}") from error

        with self.house.database.unit_of_work(HERE.scope) as session:
            enqueue(session, "core.die", {"resident": "somebody"}, max_attempts=1)
        JobRunner(self.house, Tasks({"core.die": Task("core.die", die)})).run_due()

    def _meet(self, method: str, path: str, body: Any, query: dict[str, str]) -> None:
        sent = {} if body is None else {"json": body}
        got = self.client.request(method, PATH + path, headers=self._office.headers, params=query, **sent)
        self.done.append(str(got.status_code))

    def _found(self, person: Canary) -> dict[str, Any]:
        found = self.ask("GET", "/residents", status=200, params={"q": person.name})["items"]
        return next(each for each in found if each["name"] == person.name)


def _newest(written: Callable[[], str]) -> str:
    """The code that is sent; it goes out in a thread of its own."""
    for _try in range(200):
        if found := re.findall(r"(?<!\d)\d{6}(?!\d)", written()):
            return found[0]
        time.sleep(0.05)
    raise AssertionError("no code was sent")


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}
