"""A thousand residents live through everything: nowhere on the disk, in the log or in the post stands their number."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.canaries.life import ALARM, HERE, Life, Phones
from tests.canaries.people import ID_STEM, PHONE_STEM, SPELLINGS, Canary, canaries, numbers_in
from tests.canaries.places import HANDED_ON, Server, files_in, leaks
from tests.channels.mail_server import MailServer, mail_server
from tests.isolation.logbook import Log, logged

from linli.channels import Channels
from linli.channels.interfaces import Letter
from linli.channels.settings import SmtpServer
from linli.channels.smtp import SmtpChannel
from linli.house import House
from linli.plugins.messages import declare_notifications, declared_notifications
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import open_test_house
from linli.testing.web import serving
from linli.testing.world import WORLD

pytestmark = pytest.mark.thorough


@dataclass
class Remains:
    """What is left of their life, and where."""

    house: House
    server: Server
    folder: Path
    log: Log
    mail: MailServer
    phones: Phones
    life: Life

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Every place with all that it holds."""
        yield "dump", self.server.dump()
        yield "write-ahead log", self.server.wal()
        yield "data files", self.server.data_files()
        yield "log of the server", self.server.log()
        for name in HANDED_ON:
            if self.server.has(name):
                yield name, self.server.table(name)
        yield "log", self.log.getvalue().encode()
        for letter in self.mail.letters:
            yield "mail", letter.data + letter.part("plain").encode() + letter.part("html").encode()
        yield "text messages", "\n".join(self.phones.texts).encode()
        for name, content in files_in(self.folder):
            yield f"file {name}", content


@pytest.fixture(
    scope="module", params=[pytest.param(50, id="50"), pytest.param(1000, id="1000", marks=pytest.mark.nightly)]
)
def remains(
    request: pytest.FixtureRequest, superuser_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Remains]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "tmp").mkdir()
    phones = Phones()
    with ExitStack() as stack:
        # What is left behind in passing is looked at like everything else.
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(tempfile, "tempdir", str(folder / "tmp"))
        stack.callback(declare_notifications, declared_notifications())
        url = stack.enter_context(clone_of(superuser_url, template))
        mail = stack.enter_context(mail_server())
        server = stack.enter_context(closing(Server(url)))
        house = stack.enter_context(closing(open_test_house(url, MASTER, LINLI_DATA_DIR=str(folder))))
        house.channels = house.database.info["channels"] = Channels(
            post(mail), phones, phones, "https://linli.example.cn"
        )
        with logged(house, as_json=True) as log, serving(house, works=False) as client:
            declare_notifications([*declared_notifications(), ALARM])
            with house.database.unit_of_work(WORLD.here.scope) as session:
                session.add(PluginAllowance(plugin="trial"))
                session.add(PluginEnablement(plugin="trial", community_id=HERE.id))
            life = Life(house, client, canaries(request.param), phones, mail)
            life.enter_by_roster()
            life.look_up()
            life.change_and_reveal()
            life.write_out()
            life.tell_everybody()
            life.use_ones_rights(life.become_a_user())
            life.break_down()
        yield Remains(house, server, folder, log, mail, phones, life)


def post(mail: MailServer) -> SmtpChannel:
    """The way to a mail server."""
    return SmtpChannel(SmtpServer("127.0.0.1", mail.port, "none", sender="linli@example.cn"))


@pytest.mark.asvs("V14.2.4")
def test_nowhere_stands_a_number(remains: Remains) -> None:
    found = [each for place, content in remains.places() for each in leaks(place, content)]
    assert found == [], "\n".join(found)
    written = remains.log.getvalue()
    assert written.count('"event": "request"') > len(remains.life.done), "control: every request is in the log"
    assert "job failed" in written, "control: so are failures"
    assert len(remains.phones.numbers) > 40, "control: messages went to their phones"
    assert remains.mail.letters, "control: letters were sent"


def test_a_number_in_any_of_the_places_would_be_found(remains: Remains) -> None:
    person = Canary(7)
    remains.server.execute(f"CREATE TABLE planted AS SELECT '{person.phone}' AS phone, '{person.id_number}' AS id")
    remains.server.execute("SET session_replication_role = replica")
    # Written past the trigger that keeps the record as it is.
    remains.server.execute("ALTER TABLE core.audit_entry DISABLE TRIGGER ALL")
    for column in ("core.job.error", "core.audit_entry.actor_name", "core.idempotency_key.route"):
        table, _dot, name = column.rpartition(".")
        remains.server.execute(f"UPDATE {table} SET {name} = '{person.phone}'")
    with pytest.raises(Exception, match="planted"):
        remains.server.execute(f"SELECT planted_{person.phone}")
    remains.log.write(f"somebody called from {person.phone}\n")
    remains.phones.texts.append(f"请回电 {person.phone}")
    (remains.folder / "files" / "planted.txt").write_bytes(person.id_number.encode("utf-16"))
    words = f"请回电 {person.phone}"
    assert post(remains.mail).send([Letter("1", "to@example.cn", "社区", "通知", words, f"<p>{words}</p>")]) == [None]
    places = {place.split(" files/")[0] for place, content in remains.places() if leaks(place, content)}
    expected = {
        "dump", "write-ahead log", "data files", "log of the server", "log", "mail", "text messages", "file",
        "core.job", "core.audit_entry", "core.idempotency_key",
    }  # fmt: skip
    assert places >= expected, f"not found in {expected - places}"


@pytest.mark.parametrize(("kind", "spelling"), SPELLINGS, ids=" as ".join)
def test_a_number_is_known_however_it_is_spelt(kind: str, spelling: str) -> None:
    stem = PHONE_STEM if kind == "phone" else ID_STEM
    number = Canary(42).phone if kind == "phone" else Canary(42).id_number
    assert number.startswith(stem)
    plain = {
        "UTF-16 LE": number.encode("utf-16-le"),
        "UTF-16 BE": number.encode("utf-16-be"),
        "grouped": f"{number[:3]} {number[3:7]} {number[7:]}".encode(),
        "hyphened": f"{number[:3]}-{number[3:7]}-{number[7:]}".encode(),
        "full width": "".join(chr(ord(each) + 0xFEE0) for each in number).encode(),
    }
    wide = next((name for name in ("UTF-16 LE", "UTF-16 BE") if name in spelling), "")
    written = plain.get(spelling) or plain.get(wide) or number.encode()
    if spelling.startswith("hex"):
        written = written.hex().encode()
    elif spelling.startswith("base64"):
        written = base64.b64encode(b"xyz"[: int(spelling[-1])] + written + b" and more")
    found = numbers_in(b"\x00before " + written + b" after\xff")
    assert any(each.startswith(f"{kind} as {spelling}") for each in found), found
    assert numbers_in(b"before 138****0001 after 990***********001X") == [], "control: a mask is no number"
