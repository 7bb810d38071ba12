"""Part D: what a process or a browser remembers of one street is never another's: caches, counters, cookies, locks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select, text

import linli
from linli.db.vault import Vault
from linli.house import House
from linli.identity import throttle
from linli.identity.throttle import Limit, forgive, take_attempt
from linli.kit.actor import Actor
from linli.kit.crypto import SealBroken
from linli.kit.errors import TooMany
from linli.plugins.discovery import installed_names
from linli.residents.portal.people import second_click_lock
from linli.residents.roster.service import _LOCK_COMPOUND
from linli.settings.catalogue import settings_of
from linli.settings.service import all_settings
from linli.tasks import enqueue
from linli.tasks.models import Job
from linli.tenancy.directory import Directory
from linli.testing.web import Browser, serving
from linli.testing.world import WORLD
from linli.web.assets import STATIC
from linli.web.flash import COOKIE, open_flash, seal_flash

SOURCES = Path(linli.__file__).parent
PLUGINS = SOURCES.parents[2] / "plugins"
HERE, THERE = (street.communities[0] for street in WORLD.streets)


@pytest.fixture
def same_names(superuser: psycopg.Connection) -> Iterator[str]:
    """The first community of each street has the same short name."""
    for community in (HERE, THERE):
        superuser.execute("UPDATE core.community SET slug = 'same' WHERE id = %s", [community.id])
    yield "same"
    for community in (HERE, THERE):
        superuser.execute("UPDATE core.community SET slug = code WHERE id = %s", [community.id])


@pytest.fixture
def client(module_house: House) -> Iterator[TestClient[Litestar]]:
    with serving(module_house) as client:
        yield client


class TestSameKey:
    def test_d1_one_name_in_two_streets(self, module_house, client, same_names) -> None:
        directory_keeps_streets_apart(module_house)
        for street, community in ((WORLD.here, HERE), (WORLD.there, THERE)):
            browser = Browser(client, module_house).sign_in_as(community.administrator)
            page = browser.get(f"/s/{street.code}/c/{same_names}/admin/residents")
            assert page.status_code == 200, "control: by its short name too"
            assert str(community.residents[0]) in page.text
            assert not any(str(each) in page.text for each in (THERE if community is HERE else HERE).residents)

    def test_d1_keys_of_the_vault(self, module_house) -> None:
        vault_keeps_streets_apart(module_house)

    def test_d1_titles_and_settings(self, module_house, client) -> None:
        looks_keep_streets_apart(module_house, client)


def directory_keeps_streets_apart(house: House) -> None:
    """The short name ``same`` means another community in each street, in whatever order they are asked for."""
    directory = Directory(house.database)
    for _again in range(2):
        for street, community in ((WORLD.here, HERE), (WORLD.there, THERE)):
            entry = directory.street(street.code)
            assert entry is not None
            assert entry.id == street.id, "control: the street is known"
            found = directory.community(entry, "same")
            assert found is not None
            assert (found.id, found.tenant_id) == (community.id, street.id)


def vault_keeps_streets_apart(house: House) -> None:
    """The same text for the same place of a table is sealed and indexed with each street's own keys."""
    vault, row = Vault(house.settings.secret_key), uuid4()
    sealed: dict[UUID, bytes] = {}
    index: dict[UUID, bytes] = {}
    for street in WORLD.streets:
        with house.database.unit_of_work(street.scope) as session:
            sealed[street.id] = vault.encrypt(session, "resident", "phone", row, "13800138000")
            index[street.id] = vault.blind_index(session, "phone", "13800138000")
    assert len(set(index.values())) == 2
    for street, other in (WORLD.streets, WORLD.streets[::-1]):
        with house.database.unit_of_work(street.scope) as session:
            assert vault.decrypt(session, "resident", "phone", row, sealed[street.id]) == "13800138000", "control:"
            with pytest.raises(SealBroken):
                vault.decrypt(session, "resident", "phone", row, sealed[other.id])


def looks_keep_streets_apart(house: House, client: TestClient[Litestar]) -> None:
    """A title that one community gave itself is remembered for that one alone."""
    site = client.app.state.site
    for place, title in ((HERE, "甲家园"), (THERE, "乙家园")):
        with house.database.unit_of_work(place.scope) as session:
            session.execute(
                text(
                    "INSERT INTO core.setting (community_id, owner, key, value) "
                    "VALUES (:c, 'core', 'portal_title', :v) ON CONFLICT DO NOTHING"
                ),
                {"c": place.id, "v": json.dumps(title)},
            )
    site.forget_looks()
    client.cookies.clear()
    for _again in range(2):
        for place, title, other in ((HERE, "甲家园", "乙家园"), (THERE, "乙家园", "甲家园")):
            page = client.get(f"/s/{place.street_code}/c/{place.code}")
            assert title in page.text, "one's own title"
            assert other not in page.text
    for place, title in ((HERE, "甲家园"), (THERE, "乙家园")):
        with house.database.unit_of_work(place.scope) as session:
            assert all_settings(session, "core", community_id=place.id)["portal_title"] == title, "control:"


@pytest.mark.thorough
def test_d2_no_page_is_kept_for_somebody_else(served, routes, visitor) -> None:
    kept, told = [], 0
    for route in (each for each in routes if each.handler.is_read and not each.parameters):
        for account in (None, route.account(route.home)):
            got = visitor.ask(route, route.home, account=account)
            told += 1
            said = got.headers.get("cache-control", "")
            if "no-store" not in said and "no-cache" not in said:
                kept.append(f"{route.name}: {said}")
            if "public" in said or "s-maxage" in said:
                kept.append(f"{route.name}: {said}")
    assert kept == []
    assert told > 50, "control: pages were asked for"
    static = served.get(f"/static/own/{next(path.name for path in STATIC.iterdir() if path.is_file())}")
    assert "public" in static.headers["cache-control"], "control: what is nobody's is kept"


#: Everything of a process that remembers, and why no street's data can be another's there. A new one has to be judged.
REMEMBERS = {
    "linli.db.base.CATALOGUES": "code: tables of the core and the plugins",
    "linli.tenancy.naming.building_name": "a pure function of a spelling",
    "linli.tenancy.naming.unit_name": "a pure function of a spelling",
    "linli.tenancy.naming.door_name": "a pure function of a spelling",
    "linli.tenancy.naming.natural_key": "a pure function of a spelling",
    "linli.web.fields.notes_of": "code, by its class",
    "linli.kit.pinyin.reading": "a pure function of one character",
    "linli.kit.pinyin._one": "a pure function of one character",
    "linli.kit.pinyin._of_text": "a pure function of a title or a name of a place, never of a person",
    "linli.db.embedded.account._namespace_works": "what the operating system can do",
    "linli.kit.text._catalogues": "translations, from files",
    "linli.kit.text._packages": "the names of packages, by plugin",
    "linli.kit.text._translations": "translations of one file, by its path and time",
    "linli.tasks.registry._core": "code, by its name",
    "linli.tasks.registry._queues": "declarations, by the name of the task",
    "linli.files.service._readers": "code, by its owner",
    "linli.notifications.announcing._announcers": "code, by its owner",
    "linli.settings.catalogue._specs": "declarations, by their owner",
    "linli.settings.catalogue._platform": "the operator's defaults for everybody",
    "linli.rules.catalogue._books": "code and pack files: the rules of core and plugins",
    "linli.rules.catalogue._gates": "code: how to ask which plugins a street allows",
    "linli.identity.passwords._breached": "a list of common passwords",
    "linli.files.sealing._sealed": "code, by its owner",
    "linli.plugins.events._bound": "code, by the event's name",
    "linli.plugins.personal._personal": "declarations, each with its owner",
    "linli.plugins.personal._classes": "declarations, each with its owner",
    "linli.identity.codes._POSTMEN": "threads that carry one message each and keep nothing",
    "linli.notifications.preferences._POSTMEN": "threads that carry one message each and keep nothing",
    "linli.access.roles._owners": "who declares a role",
    "linli.sdk.deprecation._told": "which plugin was told of which name",
    "linli.plugins.core.core_contributions": "code: what the core declares",
    "linli.plugins.extended._columns": "declarations, each with its owner",
    "linli.plugins.informing._metrics": "declarations, each with its owner",
    "linli.plugins.obligations._obligations": "declarations, each with its owner",
    "linli.plugins.messages._declared": "declarations, by their name",
    "linli.audit.wording._declared": "declarations, by their owner",
    "linli.plugins.acts._running": "code: the plugins of the process",
    "linli.approvals.acts._acts": "code, by its name",
    "linli.portals.drawing.icon": "our own mark, by theme and size",
    "linli.portals.drawing.card": "our own mark with a public name, by theme and name",
    "linli.documents.fonts._read": "letters to print with, from files",
    "linli.documents.glyphs.code_points": "which letters a font has",
    "linli.documents.render._plugin_folders": "folders, by plugin",
    "linli.web.signatures._with_optional_version": "a pure function of a declared type",
    "linli.web.signatures.read_signature": "a pure function of a declared handler",
    "linli_notices.snapshot._parts": "code, by its name",
    "linli_waste_sorting.guide.catalogue.catalogue": "the list of what goes where, from the plugin's own file",
    "linli.kit.focus._focus": "what this request alone shows",
    "linli.kit.focus._asked": "whether one card of this request has asked for it",
    "linli.kit.clock._frozen": "a moment, of tests",
    "linli.kit.text._locale": "the language of one request, reset by its token",
}
#: Objects that live as long as the process, and what they remember.
KEPT_BY_OBJECTS = {
    "Directory._communities": "by the street's id",
    "Site._looks": "by the ids of street and community",
    "Site.roles": "code: the permissions of roles",
    "Site.lineages": "code: the revisions of core and plugins",
    "Vault._keys": "by the street's id and the class of data",
    "Vault._derived": "keys of the platform, by their name",
    "Vault._platform": "keys of the platform, by their name",
    "Database.info": "storage and bell of this process",
    "Database._joined": "nothing, but in tests and one_transaction",
    "ReadDoor._idle": "connections, whose scope ends with each transaction",
    "ReadDoor._links": "connections, whose scope ends with each transaction",
    "ReadDoor._waiting": "readers that wait for a connection",
    "ReadDoor._openings": "connections that are being opened, before any scope is set",
    "Templates._plugin_folders": "folders, by plugin",
    "Templates._read": "when the files of templates were changed, in development alone",
    "Assets._names": "addresses of static files",
    "Storages._opened": "storages of this installation, by their name",
    "Readiness._late": "seconds that work waits, by queue; of the whole installation",
    "_FilesWatch.finding": "whether the storage of files answers; of the whole installation",
    "MemoryCounter._windows": "counts, by the token's id or by street and address",
    "Slots._free": "places at work, by the plugin",
    "Slots._running": "since when its handlers run, by the plugin",
    "Site.aside": "code: plugins that are put aside, by their name",
}
_MAKERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque", "WeakKeyDictionary",
           "WeakValueDictionary", "ContextVar", "ThreadPoolExecutor", "local", "LRUCache", "TTLCache"}  # fmt: skip


def remembering(path: Path, root: Path) -> Iterator[str]:
    """Names in a module that outlive a request: cached functions, and containers that are filled while it runs."""
    module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
            if names & {"cache", "lru_cache", "cached"}:
                yield f"{module}.{node.name}"
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and value is not None
            and _is_filled_later(value, tree, targets)
        ):
            yield f"{module}.{ast.unparse(targets[0])}"  # type: ignore[arg-type]


def _is_filled_later(value: ast.expr, tree: ast.Module, targets: list[Any]) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2].partition("[")[0] in _MAKERS and (
            not value.args or ast.unparse(value.func).endswith(("ContextVar", "ThreadPoolExecutor"))
        )
    if not isinstance(value, ast.Dict | ast.List | ast.Set):
        return False
    name = ast.unparse(targets[0])
    written = {
        ast.unparse(each.value) for each in ast.walk(tree) if isinstance(each, ast.Subscript) and _is_store(each)
    } | {
        ast.unparse(each.func.value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in {"append", "add", "update", "setdefault", "extend", "insert", "clear"}
    }
    return name in written


def _is_store(node: ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def modules() -> Iterator[tuple[Path, Path]]:
    for root in (SOURCES.parent, *PLUGINS.glob("*/src")):
        for path in sorted(root.rglob("*.py")):
            # The test kit, the programs of the terminal and the scaffold serve no requests.
            if not {"testing", "cli", "scaffold", "manifests"} & set(path.relative_to(root).parts):
                yield path, root


def test_d3_everything_that_a_process_remembers_was_judged() -> None:
    found = {name for path, root in modules() for name in remembering(path, root)}
    assert found - set(REMEMBERS) == set(), "say in test_caches.REMEMBERS why no street's data can leak through it"
    assert set(REMEMBERS) - found == set(), "gone: take it from the list"


def test_d3_everything_that_lives_as_long_as_the_process_was_judged(client, module_house) -> None:
    found: set[str] = set()
    waiting, seen = [client.app.state.site, module_house], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        names = list(getattr(each, "__dict__", ())) + [
            s for k in type(each).__mro__ for s in getattr(k, "__slots__", ())
        ]
        for name in names:
            value = getattr(each, name, None)
            if isinstance(value, dict | list | set) or type(value).__name__ == "deque":
                found.add(f"{type(each).__name__}.{name}")
            elif type(value).__module__.startswith("linli"):
                waiting.append(value)
    assert len(seen) > 8, "control: the objects were walked through"
    found = {name for name in found if not name.startswith(("Plugins.", "_Kept.", "LoadedPlugin."))}
    assert found - set(KEPT_BY_OBJECTS) == set(), "say in test_caches.KEPT_BY_OBJECTS by what key it is kept"


def test_d3_a_new_cache_is_noticed(tmp_path) -> None:
    (tmp_path / "new.py").write_text(
        "from functools import lru_cache, cache\n_seen = {}\n_fixed = {'a': 1}\n_more: list[int] = []\n"
        "@lru_cache(maxsize=8)\ndef one(x): _seen[x] = 1\n@cache\ndef two(x): _more.append(x)\n"
    )
    assert set(remembering(tmp_path / "new.py", tmp_path)) == {"new._seen", "new._more", "new.one", "new.two"}


def every_limit() -> list[Limit]:
    return [each for each in vars(throttle).values() if isinstance(each, Limit)]


def test_d4_attempts_of_one_are_not_anothers(module_house, superuser) -> None:
    premises = module_house
    tight = Limit("test/d4", free=2, base=60, cap=60, memory=60)
    for _n in range(2):
        take_attempt(premises, (tight, "name|here"))
    with pytest.raises(TooMany):
        take_attempt(premises, (tight, "name|here"))
    take_attempt(premises, (tight, "name|there"))
    take_attempt(premises, (Limit("test/d4x", 2, 60, 60, 60), "name|here"))
    # No subject that somebody types leads to another door's counter.
    crafted = [f"{a}{b}{c}" for a, b, c in product(("", "name|", "x/"), ("|", "/", ""), ("name|here", "13800138000"))]
    subjects = [*crafted, *(f"{each.name.partition('/')[2]}|name|here" for each in every_limit())]
    buckets = [throttle._bucket(premises, limit, subject) for limit in every_limit() for subject in set(subjects)]
    assert len(buckets) == len(set(buckets))
    assert len(every_limit()) >= 6, "control: the limits were found"
    # Nobody who can only write SQL takes back attempts, or reads whose they are.
    with premises.database.open_transaction() as connection:
        for forged in ("", "1.forgive-attempts.00.9999999999.00", premises.signer.ticket("00", "find-account")):
            with pytest.raises(Exception, match=r"TN00|ticket|scope"), connection.begin_nested():
                connection.execute(text("SELECT core.forgive_attempts(:t, NULL)"), {"t": forged})
    kept = superuser.execute("SELECT to_jsonb(a)::text FROM core.throttle a").fetchall()
    assert kept, "control: attempts are counted"
    assert not any("here" in row[0] for row in kept)
    forgive(premises, tight, "name|here")
    take_attempt(premises, (tight, "name|here"))


def test_d5_a_session_under_another_streets_address(module_house, client, superuser) -> None:
    for host, street in (("here.example.org", WORLD.here), ("there.example.org", WORLD.there)):
        superuser.execute(
            "INSERT INTO core.domain (host, tenant_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [host, street.id]
        )
    client.app.state.site.directory.forget()
    browser = Browser(client, module_house).sign_in_as(HERE.administrator)
    own, theirs = (f"/s/{each.street_code}/c/{each.code}/admin/residents" for each in (HERE, THERE))
    for host in ("linli.test", "here.example.org", "there.example.org"):
        browser.client.cookies.clear()
        headers = {"host": host, "cookie": f"sid={browser._token}"}
        assert browser.get(theirs, headers=headers).status_code == 403, host
        assert browser.get(own, headers=headers).status_code == 200, f"control: {host}"
    # A cookie belongs to the host that set it: it names no wider domain.
    browser.client.cookies.clear()
    set_by = [
        browser.get(path, headers={"host": "here.example.org"}).headers.get_list("set-cookie")
        for path in ("/language/en", "/large-type")
    ]
    assert all(cookies for cookies in set_by), "control"
    assert not any("domain=" in each.lower() for cookies in set_by for each in cookies)


def test_d5_a_message_is_shown_in_its_own_street_alone(module_house, client) -> None:
    key = client.app.state.site.flash_key
    own, theirs = (f"/s/{each.street_code}/c/{each.code}" for each in (HERE, THERE))
    sealed = seal_flash(key, "已登记canary-name", "good", f"{own}/admin/residents")
    assert open_flash(key, sealed, f"{own}/admin/households") == ("已登记canary-name", "good"), "control"
    for path in (theirs, "/account", "/", f"/x{own}"):
        assert open_flash(key, sealed, path) is None
    for place, shown in ((theirs, False), (own, True)):
        client.cookies.clear()
        client.cookies.set(COOKIE, sealed)
        assert ("canary-name" in client.get(place).text) is shown
    body, _dot, mac = sealed.partition(".")
    for forged in (f"{body}.", f"{body}.{mac[:-1]}0" if mac[-1] != "0" else f"{body}.{mac[:-1]}1", f".{mac}", "é.é"):
        assert open_flash(key, forged, own) is None


def test_d6_one_key_asked_for_twice_by_two(module_house) -> None:
    """The key of a job that runs once: the same in another street or community is another job."""
    ids = []
    places = [WORLD.here.scope, WORLD.there.scope, *(c.scope for s in WORLD.streets for c in s.communities)]
    for scope in places:
        with module_house.database.unit_of_work(scope) as session:
            first, again = (enqueue(session, "core.x", {"secret": str(scope)}, dedup_key="k") for _ in range(2))
            assert first == again, "control: a second click starts nothing"
            ids.append(first)
            visible = session.scalars(select(Job.id).where(Job.dedup_key == "k", Job.id != first)).all()
            assert set(visible) <= set(ids)
    assert len(set(ids)) == len(places)


#: Every lock by number in the sources, and why it makes no street wait for another.
LOCKS = {
    "linli/tenancy/streets.py": "the register of all streets, one import at a time",
    "linli/db/migrate.py": "one upgrade at a time",
    "linli/db/session.py": "gives locks back",
    "linli/upkeep/secrets.py": "the keys of the platform, one change at a time",
    "linli/cli/opening.py": "one set-up at a time",
    "linli/upkeep/plugin_data/archive.py": "the upgrades' own: none while a plugin's data comes or goes",
    "linli/testing/databases.py": "one template at a time",
    "linli/residents/roster/service.py": "by the compound's id",
    "linli/residents/portal/people.py": "by the community's and the account's id",
    "linli/privacy/requests.py": "by the resident's id",
    "linli/privacy/consents.py": "by the resident's id, or by the street's id and the purpose's code",
    "linli/privacy/reveals.py": "by the street's and the account's id",
    "linli/obligations/service.py": "by the ids of street and community",
    "linli/plugins/service.py": "by the street's id",
    "linli/showing/history.py": "by the street's id",
    "linli/access/duties.py": "by the street's id, and by the street's and the account's",
    "linli_notices/objections/filing.py": "by the ids of notice and person",
    "linli_notices/objections/view.py": "by the notice's id",
    "linli_notices/migrations/versions/0003_participation.py": "by the notice's id",
    "linli_waste_sorting/bookings/asking.py": "by the ids of community and dwelling",
    "linli_notices/snapshot.py": "by the ids of street and community",
    "linli_waste_sorting/weights/service.py": "by the ids of street and community",
}


def test_d7_a_lock_of_one_street_stops_no_other(module_house) -> None:
    using = {
        path.relative_to(root).as_posix()
        for root in (SOURCES.parent, *PLUGINS.glob("*/src"))
        for path in root.rglob("*.py")
        if re.search(r"pg_(?:try_)?advisory", path.read_text(encoding="utf-8"))
    }
    assert using - set(LOCKS) == set(), "say in test_caches.LOCKS by what key it locks"
    actor = Actor(account_id=HERE.administrator, display_name="社区管理员")
    people = "SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"
    taken = {
        "people": (people, [{"key": second_click_lock(c.id, actor)} for s in WORLD.streets for c in s.communities]),
        "rosters": (
            str(_LOCK_COMPOUND).replace("pg_advisory", "pg_try_advisory"),
            [{"compound": c.compound} for s in WORLD.streets for c in s.communities],
        ),
    }
    for statement, keys in taken.values():
        with module_house.database.unit_of_work(HERE.scope) as holder:
            assert holder.scalar(text(statement), keys[0]) is True
            with module_house.database.unit_of_work(THERE.scope) as other:
                assert [other.scalar(text(statement), key) for key in keys] == [False, True, True, True], "control: [0]"


def test_d1_settings_are_declared_once_and_valued_in_each_street(module_house) -> None:
    for owner in ("core", *installed_names()):
        assert all(not hasattr(spec, "tenant_id") for spec in settings_of(owner).values())
    with module_house.database.unit_of_work(WORLD.here.scope) as session:
        session.execute(
            text("INSERT INTO core.setting (owner, key, value) VALUES ('core', 'contact', :v) ON CONFLICT DO NOTHING"),
            {"v": json.dumps("canary-contact")},
        )
    for street, told in ((WORLD.here, True), (WORLD.there, False)):
        with module_house.database.unit_of_work(street.scope) as session:
            assert (all_settings(session, "core")["contact"] == "canary-contact") is told
