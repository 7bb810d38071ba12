"""Part A, rows: statements against every table behind a wall, from the scope of somebody else."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from linli.testing.intruder import Intruder
from linli.testing.planted import PLACES, Planted


def fresh(row: dict) -> dict:
    """The same row under a new identity."""
    return {**row, "id": str(uuid4())} if "id" in row else {**row, "n": row.get("n", 0) + 77}


def set_first(table) -> str:
    return f'"{table.key[0]}" = "{table.key[0]}"'


def test_every_wall_has_rows_on_both_of_its_sides(planted: Planted) -> None:
    attacked = {table.name for table, *_ in planted.targets()}
    assert attacked == {table.name for table in planted.tenant_tables}
    assert {"core.resident", "core.audit_entry", "core.data_key", "plugin_notices.notice"} <= attacked


@pytest.mark.asvs("V8.4.1")
def test_a1_select(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, theirs in planted.targets():
        one = f"SELECT 1 FROM {table.name} WHERE {table.by_key}"
        if intruder.send(own.scope, one, given=theirs).rows:
            leaks.append(f"{table.name} of {other.key} is read from {own.key}")
        assert intruder.send(own.scope, one, given=mine).rows, f"control: {table.name} in {own.key}"
        assert intruder.send(other.scope, one, given=theirs).rows, f"control: {table.name} in {other.key}"
    assert leaks == []


def test_a1_select_without_a_condition(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table in planted.tenant_tables:
        for place in PLACES.values():
            rows = intruder.send(place.scope, f"SELECT to_jsonb(t) FROM {table.name} t").rows
            for (row,) in rows:
                if row["tenant_id"] != str(place.tenant_id):
                    leaks.append(f"{table.name}: {place.key} reads another street")
                if place.community_id and row.get("community_id", None) not in (None, str(place.community_id)):
                    leaks.append(f"{table.name}: {place.key} reads another community")
            assert rows or place.community_id is None or not table.is_communitys, f"control: {table.name} {place.key}"
    assert leaks == []


def test_a2_insert(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, _mine, theirs in planted.targets():
        row = fresh(theirs)
        if not (outcome := intruder.insert(own.scope, table, row)).is_walled_off and "INSERT" in table.rights:
            leaks.append(f"{table.name}: {own.key} writes into {other.key}: {outcome.said or 'ok'}")
        if "INSERT" in table.rights:
            # A unique key within the place is looked at only after the wall has let the row through.
            assert intruder.insert(other.scope, table, row).state in {"ok", "23505"}, f"control: {table.name}"
        else:
            assert outcome.state == "42501"
    assert leaks == []


def test_a3_update(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, theirs in planted.targets():
        change = f"UPDATE {table.name} SET {set_first(table)} WHERE {table.by_key}"
        outcome = intruder.send(own.writing(table), change, given=theirs)
        if "UPDATE" not in table.rights:
            assert outcome.state == "42501"
            continue
        if (outcome.state, outcome.count) != ("ok", 0):
            leaks.append(f"{table.name}: {own.key} changes {other.key}: {outcome}")
        assert intruder.send(own.writing(table), change, given=mine).count == 1, f"control: {table.name} in {own.key}"
    assert leaks == []


def test_a4_delete(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, theirs in planted.targets():
        removal = f"DELETE FROM {table.name} WHERE {table.by_key}"
        outcome = intruder.send(own.writing(table), removal, given=theirs)
        if "DELETE" not in table.rights:
            assert outcome.state == "42501"
            continue
        if (outcome.state, outcome.count) != ("ok", 0):
            leaks.append(f"{table.name}: {own.key} deletes in {other.key}: {outcome}")
        control = intruder.send(own.writing(table), removal, given=mine)
        assert control.count == 1 or control.state == "23503", f"control: {table.name} in {own.key}: {control}"
    assert leaks == []


def test_a5_upsert(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, theirs in planted.targets():
        keys = ", ".join(f'"{name}"' for name in table.key)
        end = f"ON CONFLICT ({keys}) DO UPDATE SET {set_first(table).replace('= ', '= excluded.')}"
        outcome = intruder.insert(own.writing(table), table, theirs, end)
        if not {"INSERT", "UPDATE"} <= table.rights:
            assert outcome.state == "42501"
            continue
        if not outcome.is_walled_off:
            leaks.append(f"{table.name}: {own.key} upserts into {other.key}: {outcome}")
        assert intruder.insert(own.writing(table), table, mine, end).count == 1, f"control: {table.name} in {own.key}"
    assert leaks == []


def test_a6_copy(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, theirs in planted.targets():
        for statement in (f"COPY {table.name} TO STDOUT", f"COPY (SELECT * FROM {table.name}) TO STDOUT"):
            copied = intruder.copy_out(own.scope, statement)
            mark = theirs.get("id") or theirs["tenant_id"]
            if mark in copied:
                leaks.append(f"{table.name} of {other.key} is copied from {own.key}")
            assert (mine.get("id") or mine["tenant_id"]) in copied, f"control: {table.name} in {own.key}"
        refused = {"0A000"} if "INSERT" in table.rights else {"42501"}
        assert intruder.send(own.scope, f"COPY {table.name} FROM STDIN").state in refused
    assert leaks == []


def test_a7_moving_a_row_to_another_place(intruder: Intruder, planted: Planted) -> None:
    leaks = []
    for table, own, other, mine, _theirs in planted.targets():
        if "UPDATE" not in table.rights:
            continue
        for column, value in (("tenant_id", other.tenant_id), ("community_id", other.community_id)):
            if column not in table.columns or value in (None, getattr(own, column)):
                continue
            change = f"UPDATE {table.name} SET {column} = %(value)s WHERE {table.by_key}"
            outcome = intruder.send(own.writing(table), change, given={**mine, "value": value})
            is_foreign_community = column == "community_id" and own.tenant_id != other.tenant_id
            # A street may move rows among its communities; another street's community is no target of its keys.
            if not (outcome.is_walled_off or (is_foreign_community and outcome.state == "23503")):
                leaks.append(f"{table.name}.{column}: from {own.key} to {other.key}: {outcome}")
            control = intruder.send(own.writing(table), change, given={**mine, "value": mine[column]})
            assert control.count == 1, f"control: {table.name}.{column} in {own.key}: {control}"
    assert leaks == []


def insertion(table, end: str = "") -> str:
    """Inserts the JSON given as ``row``."""
    source = f"SELECT {table.names} FROM jsonb_populate_record(NULL::{table.name}, %(row)s)"
    return f"INSERT INTO {table.name} ({table.names}) {source} {end}"


def is_taken_at_home(intruder: Intruder, own, outcome, table, row: dict) -> bool:
    """Whether a unique key was refused because of a row that one sees anyway (one per community, say)."""
    if outcome.state != "23505":
        return False
    columns = intruder.send(
        own.scope,
        "SELECT a.attname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_attribute a "
        "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE x.relname = %(name)s "
        "AND i.indrelid = %(table)s::regclass",
        given={"name": outcome.error.diag.constraint_name, "table": table.name},
    ).rows
    same = " AND ".join(f't."{name}" IS NOT DISTINCT FROM r."{name}"' for (name,) in columns)
    seen = f"SELECT 1 FROM {table.name} t, jsonb_populate_record(NULL::{table.name}, %(row)s) r WHERE {same}"
    return bool(intruder.send(own.scope, seen, given={"row": json.dumps(row)}).rows)


def test_a18_and_a19_keys_that_are_taken_elsewhere_are_free_here(intruder: Intruder, planted: Planted) -> None:
    leaks, proven = [], set()
    for table, own, other, mine, theirs in planted.targets():
        if "INSERT" not in table.rights:
            continue
        place = {name: mine[name] for name in ("tenant_id", "community_id") if name in mine}
        links = {
            column: mine[column]
            for reference in table.references
            for column in reference.columns
            if mine.get(column) is not None or column not in place
        }
        copy = {**theirs, **links, **place}
        if own.tenant_id == other.tenant_id:
            # Ids are random and shared within a street; every other key carries the community.
            copy = fresh(copy)
        once = intruder.insert(own.writing(table), table, copy)
        if once.state != "ok":
            if not is_taken_at_home(intruder, own, once, table, copy):
                leaks.append(f"{table.name}: {own.key} learns what {other.key} has: {once.said}")
            continue
        proven.add(table.name)
        quiet = "ON CONFLICT DO NOTHING"
        if intruder.insert(own.writing(table), table, copy, quiet).count != 1:
            leaks.append(f"{table.name}: {own.key} learns without a word what {other.key} has")
        row = {"row": json.dumps(copy)}
        assert intruder.send(own.writing(table), insertion(table), insertion(table), given=row).state == "23505", (
            "control:"
        )
        assert intruder.send(own.writing(table), insertion(table), insertion(table, quiet), given=row).count == 0, (
            "control:"
        )
    assert leaks == []
    assert len(proven) >= 18, "control: keys were tried"


def test_a15_and_a16_a_reference_to_somebody_elses_row_fails_as_one_to_nothing(
    intruder: Intruder, planted: Planted
) -> None:
    leaks, proven = [], 0
    for table, own, other, mine, _theirs in planted.targets():
        if "UPDATE" not in table.rights:
            continue
        for reference in table.references:
            aim, column = planted.rows.get((reference.target, other.key)), reference.columns[-1]
            if aim is None or column in ("tenant_id", "community_id") or mine.get(column) is None:
                continue
            change = f"UPDATE {table.name} SET {column} = %(aim)s WHERE {table.by_key}"
            told = []
            for value in (aim[reference.targets[-1]], str(uuid4())):
                outcome = intruder.send(own.writing(table), change, given={**mine, "aim": value})
                told.append(f"{outcome.state}|{outcome.said.replace(value, '…')}")
            if told[0] != told[1] or not told[0].startswith("23503"):
                leaks.append(f"{table.name}.{reference.name}: {own.key} refers to {other.key}: {told}")
            kept = intruder.send(own.writing(table), change, given={**mine, "aim": mine[column]})
            assert kept.count == 1, f"control: {table.name}.{reference.name}"
            proven += 1
    assert leaks == []
    assert proven > 20


def test_a17_deleting_all_that_is_mine_takes_nothing_of_anybody_elses(
    superuser, planted: Planted, module_house
) -> None:
    def count() -> dict[str, tuple[int, int]]:
        return {
            table.name: tuple(  # type: ignore[misc]
                superuser.execute(
                    f"SELECT count(*) FILTER (WHERE tenant_id = %(t)s{inside}), "
                    f"count(*) FILTER (WHERE NOT (tenant_id = %(t)s{inside})) FROM {table.name}",
                    {"t": own.tenant_id, "c": own.community_id},
                ).fetchone()
            )
            for table in planted.tenant_tables
            if "DELETE" in table.rights
            for inside in [" AND community_id = %(c)s" if table.is_communitys else " AND false"]
        }

    own = PLACES["here1"]
    before = count()
    with superuser.transaction(force_rollback=True):
        # References are let go, so that only what cascades is in the way of the count.
        superuser.execute("SET LOCAL ROLE linli_app")
        superuser.execute("SELECT set_config('app.scope', %s, true)", [module_house.signer.token(own.scope)])
        waiting = [t for t in planted.tenant_tables if "DELETE" in t.rights and t.is_communitys]
        for _round in range(len(waiting)):
            for table in list(waiting):
                try:
                    with superuser.transaction():
                        superuser.execute(f"DELETE FROM {table.name} WHERE community_id = %s", [own.community_id])
                    waiting.remove(table)
                except Exception:
                    continue
        superuser.execute("RESET ROLE")
        after = count()
    held = [each.name for each in waiting]
    assert held == [
        # What the ledger of points stands on, which is never deleted: the purse, why it was given, and the door.
        "core.building",
        # Its rules were decided under it.
        "core.compound",
        "core.dwelling",
        "core.unit_entrance",
        "plugin_waste_sorting.points_claim",
        "plugin_waste_sorting.points_purse",
    ], "control: all the rest can go"
    assert {name: others for name, (_, others) in before.items()} == {
        name: others for name, (_, others) in after.items()
    }
    assert sum(mine for mine, _ in before.values()) > 20
    assert {name for name, (mine, _) in after.items() if mine} == set(held)


def test_a41_a_streets_own_rows_are_read_and_never_written_by_a_community(intruder: Intruder, planted: Planted) -> None:
    leaks, proven = [], 0
    own, street = PLACES["here1"], PLACES["here0"]
    for table in planted.tenant_tables:
        row = planted.rows.get((table.name, "here0"))
        if row is None or not table.is_communitys:
            continue
        proven += 1
        read = intruder.send(own.scope, f"SELECT 1 FROM {table.name} WHERE {table.by_key}", given=row)
        assert read.count == 1, f"control: {table.name} is read"
        change = f"UPDATE {table.name} SET {set_first(table)} WHERE {table.by_key}"
        removal = f"DELETE FROM {table.name} WHERE {table.by_key}"
        for right, statement in (("UPDATE", change), ("DELETE", removal)):
            if right in table.rights:
                if intruder.send(own.scope, statement, given=row).count:
                    leaks.append(f"{table.name}: {statement}")
                assert intruder.send(street.scope, statement, given=row).count == 1, f"control: {statement}"
        if "INSERT" in table.rights:
            if not intruder.insert(own.scope, table, fresh(row)).is_walled_off:
                leaks.append(f"{table.name}: INSERT")
            assert intruder.insert(street.scope, table, fresh(row)).state in {"ok", "23505"}, f"control: {table.name}"
    assert leaks == []
    assert proven >= 6
