"""Each defence is taken away once, and an attack has to notice: what stays green without it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import event
from tests.isolation import test_background, test_caches, test_objects, test_scopes, test_sessions, test_statements

from linli.db.session import Database, _forget_everything
from linli.db.vault import Vault
from linli.tasks.run import JobRun
from linli.tenancy.directory import Directory
from linli.testing.intruder import Intruder
from linli.testing.planted import Planted
from linli.testing.site import Route
from linli.testing.visitor import Visitor
from linli.testing.world import WORLD
from linli.web.site import Site

pytestmark = pytest.mark.mutants

UNSIGNED = """
CREATE OR REPLACE FUNCTION sec.scope() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $f$ BEGIN
  IF coalesce(current_setting('app.scope', true), '') = '' THEN RAISE EXCEPTION 'none' USING ERRCODE = 'TN001'; END IF;
  RETURN string_to_array(current_setting('app.scope'), '.');
END $f$
"""
UNCHECKED = """
CREATE OR REPLACE FUNCTION sec.communities() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL RESTRICTED AS $f$
  SELECT string_to_array(nullif(split_part(current_setting('app.scope', true), '.', 3), '*'), ',')::uuid[]
$f$
"""
ENDLESS = "SELECT replace(pg_get_functiondef('sec.scope()'::regprocedure), '< extract(', '< 0 * extract(')"

Attack = Callable[[Intruder, Planted], None]

#: What is taken away, how, and the attack that must notice.
MUTANTS: dict[str, tuple[str, Attack]] = {
    "row security of one table": (
        "ALTER TABLE core.compound DISABLE ROW LEVEL SECURITY",
        test_statements.test_a1_select,
    ),
    "row security that binds the owner": (
        "ALTER TABLE core.resident NO FORCE ROW LEVEL SECURITY",
        test_scopes.owner_reads_its_own_place_alone,
    ),
    "the reader's rights in a view": (
        "CREATE VIEW core.peek AS SELECT * FROM core.resident; GRANT SELECT ON core.peek TO linli_app",
        lambda intruder, planted: test_objects.no_view_answers_without_a_scope(
            intruder, test_objects.relations(intruder.connection, "v")
        ),
    ),
    "a tenant wall": ("DROP POLICY tenant_wall ON core.data_key", test_statements.test_a1_select),
    "a tenant wall that is restrictive": (
        (
            "DROP POLICY tenant_wall ON core.setting; "
            "CREATE POLICY tenant_wall ON core.setting USING (tenant_id = (SELECT sec.tenant_id()))"
        ),
        test_statements.test_a3_update,
    ),
    "reading behind the community wall": (
        "DROP POLICY community_read ON core.dwelling",
        test_statements.test_a1_select,
    ),
    "writing behind the community wall": (
        "DROP POLICY community_insert ON core.building",
        test_statements.test_a2_insert,
    ),
    "changing behind the community wall": (
        "DROP POLICY community_update ON core.setting",
        test_statements.test_a41_a_streets_own_rows_are_read_and_never_written_by_a_community,
    ),
    "deleting behind the community wall": (
        "DROP POLICY community_delete ON plugin_notices.notice",
        test_statements.test_a41_a_streets_own_rows_are_read_and_never_written_by_a_community,
    ),
    "the community in a foreign key": (
        (
            "ALTER TABLE core.dwelling DROP CONSTRAINT fk_dwelling_tenant_id_community_id_compound_id; "
            "ALTER TABLE core.dwelling ADD CONSTRAINT plain FOREIGN KEY (tenant_id, compound_id) "
            "REFERENCES core.compound (tenant_id, id)"
        ),
        test_statements.test_a15_and_a16_a_reference_to_somebody_elses_row_fails_as_one_to_nothing,
    ),
    "the street in a unique key": (
        "ALTER TABLE core.household ADD CONSTRAINT plain UNIQUE (id)",
        test_statements.test_a18_and_a19_keys_that_are_taken_elsewhere_are_free_here,
    ),
    "the community in a unique key": (
        "CREATE UNIQUE INDEX plain ON core.compound (tenant_id, name)",
        test_statements.test_a18_and_a19_keys_that_are_taken_elsewhere_are_free_here,
    ),
    "the signature of a scope": (UNSIGNED, test_scopes.test_a10_and_a11_forged_scopes),
    "the signature at the community wall": (
        UNCHECKED,
        test_scopes.test_a13_a_scope_exchanged_between_the_two_walls,
    ),
    "the end of a scope": (ENDLESS, test_scopes.test_a12_expired_scope),
    "the secrecy of accounts": (
        "GRANT SELECT ON core.account TO linli_app",
        test_scopes.test_a39_what_is_kept_from_the_runtime_role,
    ),
    "the modesty of an open table": (
        "GRANT UPDATE ON core.tenant TO linli_app",
        test_scopes.test_a40_open_tables_are_read_only,
    ),
}


@pytest.fixture
def insider(superuser: psycopg.Connection, planted: Planted, module_house) -> Iterator[Intruder]:
    """The runtime role on the superuser's connection, in one transaction that is undone with every mutation."""
    with superuser.transaction(force_rollback=True):
        yield Intruder(superuser, module_house.signer)


@pytest.mark.parametrize("what", MUTANTS)
def test_an_attack_notices_a_missing_defence(what: str, insider: Intruder, planted: Planted) -> None:
    statement, attack = MUTANTS[what]
    connection = insider.connection
    connection.execute("SET LOCAL ROLE linli_app")
    attack(insider, planted)
    connection.execute("RESET ROLE")
    if statement.startswith("SELECT"):
        statement = connection.execute(statement).fetchone()[0]  # type: ignore[index]
    connection.execute(statement)
    connection.execute("SET LOCAL ROLE linli_app")
    with pytest.raises(AssertionError) as noticed:
        attack(insider, planted)
    assert "control:" not in str(noticed.value)


def test_an_attack_notices_a_pool_that_forgets_nothing(module_house, planted: Planted) -> None:
    database = Database(module_house.addresses.app, module_house.signer, module_house.vault, pool_size=1)
    try:
        test_sessions.test_b1_a_scope_set_for_the_session_does_not_reach_the_next_borrower(database)
        event.remove(database.engine, "reset", _forget_everything)
        with pytest.raises(AssertionError):
            test_sessions.test_b1_a_scope_set_for_the_session_does_not_reach_the_next_borrower(database)
    finally:
        database.dispose()


def notices(attack: Callable[[], None]) -> None:
    """The attack turns red, and by more than a control that failed."""
    with pytest.raises(AssertionError) as noticed:
        attack()
    assert "control:" not in str(noticed.value)


def test_an_attack_notices_a_vault_that_keeps_keys_for_all_streets(module_house, monkeypatch) -> None:
    def attack() -> None:
        test_caches.vault_keeps_streets_apart(module_house)

    attack()
    find = Vault._data_keys

    def for_all(self, session, tenant, data_class):
        known = self._keys.setdefault(("all", data_class), {})
        return known or known.update(find(self, session, tenant, data_class)) or known

    monkeypatch.setattr(Vault, "_data_keys", for_all)
    with pytest.raises(BaseException, match=r"DID NOT RAISE|assert 1 == 2"):
        attack()


def test_an_attack_notices_a_directory_that_keeps_communities_for_all_streets(
    module_house, superuser, monkeypatch
) -> None:
    for community in (test_caches.HERE, test_caches.THERE):
        superuser.execute("UPDATE core.community SET slug = 'same' WHERE id = %s", [community.id])
    try:
        test_caches.directory_keeps_streets_apart(module_house)
        find = Directory._communities_of

        def for_all(self, street):
            return self._communities.get("all") or self._communities.setdefault("all", find(self, street))

        monkeypatch.setattr(Directory, "_communities_of", for_all)
        notices(lambda: test_caches.directory_keeps_streets_apart(module_house))
    finally:
        for community in (test_caches.HERE, test_caches.THERE):
            superuser.execute("UPDATE core.community SET slug = code WHERE id = %s", [community.id])


def test_an_attack_notices_titles_that_are_kept_for_all_streets(module_house, served, monkeypatch) -> None:
    test_caches.looks_keep_streets_apart(module_house, served)
    find = Site.look_of

    def for_all(self, place, session):
        known = self._looks.get("all")
        if known is None:
            known = self._looks["all"] = find(self, place, session)
        return known

    monkeypatch.setattr(Site, "look_of", for_all)
    notices(lambda: test_caches.looks_keep_streets_apart(module_house, served))
    served.app.state.site.forget_looks()


def test_an_attack_notices_a_worker_that_keeps_the_last_streets_scope(house, monkeypatch) -> None:
    def attack() -> None:
        seen = []
        for street in WORLD.streets:
            test_background.ask(house, street.scope, "look")

        def look(run) -> None:
            seen.append((run.tenant, test_background.residents_in(run)))

        test_background.runner(house, look=look).run_due()
        assert len(seen) == 2, "control: both ran"
        expected = {s.id: {each for c in s.communities for each in c.residents} for s in WORLD.streets}
        assert all(found == expected[tenant] for tenant, found in seen)

    begin, first = JobRun.__init__, {}

    def begin_with_own_tenant(self, database, tenant_id, *args, **options):
        begin(self, database, tenant_id, *args, **options)
        self.tenant = tenant_id

    def begin_with_the_last_scope(self, database, tenant_id, *args, **options):
        begin_with_own_tenant(self, database, tenant_id, *args, **options)
        self.scope = first.setdefault("scope", self.scope)

    monkeypatch.setattr(JobRun, "__init__", begin_with_own_tenant)
    attack()
    monkeypatch.setattr(JobRun, "__init__", begin_with_the_last_scope)
    notices(attack)


def test_an_attack_notices_exports_and_pages_without_a_scope(
    module_house, visitor: Visitor, planted: Planted, routes: list[Route]
) -> None:
    exports = [each for each in routes if "export" in each.name and each.handler.is_read and not each.ids]
    assert exports, "control: there are exports"

    def attack() -> None:
        leaks = []
        for route in exports:
            got = visitor.ask(route, route.home, account=route.account(route.home))
            leaks += [f"{route.name}: {place.canary}" for place in route.victims if place.canary in got.text]
        assert leaks == []

    attack()
    kept = module_house.database
    # A role that row security does not bind: each query is now what its own conditions make it.
    module_house.database = Database(
        module_house.addresses.superuser, module_house.signer, module_house.vault, pool_size=4
    )
    try:
        notices(attack)
    finally:
        module_house.database.dispose()
        module_house.database = kept
    attack()
