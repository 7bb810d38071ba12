"""What the plugin keeps about people: declared table by table, given out, and gone when it is erased."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.plugins.contributions import Erased, Person, PersonalData
from linli.testing.contract.stage import Stage
from linli.testing.planted import PLACES
from linli.testing.world import WORLD

_REFERS = text(
    """
    SELECT DISTINCT n.nspname || '.' || c.relname || ' (' || a.attname || ')', n.nspname || '.' || c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND n.nspname = :schema
       AND (a.attname IN ('resident_id', 'account_id') OR a.attname ~ '_ct$' OR EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
               AND k.confrelid IN ('core.resident'::regclass, 'core.account'::regclass)
               AND a.attname NOT IN ('tenant_id', 'community_id')))
     ORDER BY 1
    """
)


def faults_of_declaration(stage: Stage) -> list[str]:
    """Tables that refer to people or hold sealed columns and that no ``PersonalData`` names."""
    declared = {table for each in stage.own("personal_data") for table in each.tables}
    with stage.house.owner.engine.connect() as connection:
        refers = connection.execute(_REFERS, {"schema": stage.schema}).all()
        tables = text("SELECT schemaname || '.' || tablename FROM pg_tables")
        known = set(connection.scalars(tables))
    faults = [
        f"{shown}: refers to people and no PersonalData names the table"
        for shown, name in refers
        if name not in declared
    ]
    faults += [f"{name}: named by a PersonalData, but there is no such table" for name in sorted(declared - known)]
    for each in stage.own("personal_data"):
        words = {"title": each.title, "purpose": each.purpose, "basis": each.basis}
        faults += [f"{each.title or each.tables}: its {key} is empty" for key in words if not words[key].strip()]
    return faults


def faults_of_rights(stage: Stage) -> list[str]:
    """Exports that cannot be written down or show somebody else, and erasures that leave something without a reason."""
    faults = []
    world = WORLD.here.communities[0]
    person = Person((world.residents[0],), world.resident_account)
    place, house = PLACES["here1"], stage.visitor.house
    for each in stage.own("personal_data"):
        with house.database.unit_of_work(place.scope) as session:
            _make_theirs(session, stage, each, person)
            before = _rows_of(session, stage, each, person)
            faults += _faults_of_export(each, session, person, before)
            first = each.erase(session, person)
            session.flush()
            again = each.erase(session, person)
            session.flush()
            after = _rows_of(session, stage, each, person)
            session.rollback()
        faults += _faults_of_erasure(each, first, again, before, after)
    return faults


def _make_theirs(session: Any, stage: Stage, each: PersonalData, person: Person) -> None:
    """Make one planted row of each declared table the person's: where nothing was, nothing could be given or erased."""
    owners = {"resident_id": person.resident_ids[0], "account_id": person.account_id}
    for table in each.tables:
        row = stage.planted.rows.get((table, "here1"), {})
        theirs = {name: value for name, value in owners.items() if name in row}
        if not theirs or "id" not in row or not table.startswith(f"{stage.schema}."):
            continue
        changes = ", ".join(f"{name} = :{name}" for name in theirs)
        # A table that only grows is left as it is.
        with suppress(DBAPIError), session.begin_nested():
            session.execute(text(f"UPDATE {table} SET {changes} WHERE id = :id"), {**theirs, "id": row["id"]})


def _faults_of_export(each: PersonalData, session: Any, person: Person, kept: dict[str, int]) -> list[str]:
    try:
        given = [dict(row) for row in each.export(session, person)]
        told = msgspec.json.encode(given).decode()
    except TypeError as error:
        return [f"{each.title}: its export is no JSON: {error}"]
    others = [place.canary for key, place in PLACES.items() if key not in ("here0", "here1") and place.canary in told]
    faults = [f"{each.title}: its export shows rows of {other}" for other in others]
    if not given and (forgotten := [table for table, count in kept.items() if count]):
        faults.append(f"{each.title}: its export is empty, though {', '.join(forgotten)} keeps something of the person")
    return faults


def _rows_of(session: Any, stage: Stage, each: PersonalData, person: Person) -> dict[str, int]:
    found = {}
    given = {"residents": list(person.resident_ids), "account": person.account_id}
    for table in each.tables:
        if not table.startswith(f"{stage.schema}."):
            continue
        columns = stage.planted.tables[table].columns
        conditions = [
            condition
            for column, condition in (
                ("resident_id", "resident_id = ANY (:residents)"),
                ("account_id", "account_id = :account"),
            )
            if column in columns
        ]
        if conditions:
            used = {key: value for key, value in given.items() if any(f":{key}" in each for each in conditions)}
            statement = text(f"SELECT count(*) FROM {table} WHERE {' OR '.join(conditions)}")
            found[table] = session.scalar(statement, used) or 0
    return found


def _faults_of_erasure(
    each: PersonalData, first: Erased, again: Erased, before: dict[str, int], after: dict[str, int]
) -> list[str]:
    faults = []
    if again.removed:
        faults.append(f"{each.title}: erased a second time it removes {again.removed} more; what is gone counts once")
    if first.kept and not first.reason.strip():
        faults.append(f"{each.title}: it keeps {first.kept} rows without a reason")
    left = {table: count for table, count in after.items() if count}
    if left and not first.kept:
        named = ", ".join(f"{table} ({count})" for table, count in left.items())
        faults.append(f"{each.title}: after its erasure these still name the person: {named}")
    if any(before.values()) and not first.removed and not first.kept:
        faults.append(f"{each.title}: says that nothing was removed or kept, though there were rows")
    return faults
