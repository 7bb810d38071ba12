"""Bringing street offices and their communities onto the platform, and keeping them in step with the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from linli.audit import record
from linli.db.session import Database, ScopedSession
from linli.kit.actor import SYSTEM, Actor
from linli.kit.clock import now
from linli.kit.errors import FieldError, Invalid
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.tenancy.models import Community, CommunitySummary, Division, Tenant
from linli.tenancy.register import DISTRICT, STREET, Register, Unit, portal_name

What = Literal["created", "updated", "unchanged", "vanished"]

#: Seconds that a scope lives during an import of many streets.
_BATCH_TTL = 600
_LOCK = 0x4C494E4C52


class Tally(msgspec.Struct):
    """How many were new, changed, as before, or are named by the register no more."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    vanished: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the register and what was here before."""

    code: str
    what: What
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or with ``dry_run`` would have done. ``changes`` leaves out what is unchanged."""

    streets: Tally = field(default_factory=Tally)
    communities: Tally = field(default_factory=Tally)
    changes: list[Change] = field(default_factory=list)

    def counts(self) -> dict[str, dict[str, int]]:
        """The tallies by kind, as the command prints them."""
        return {"streets": msgspec.to_builtins(self.streets), "communities": msgspec.to_builtins(self.communities)}

    def _note(self, kind: Literal["streets", "communities"], change: Change) -> None:
        tally: Tally = getattr(self, kind)
        setattr(tally, change.what, getattr(tally, change.what) + 1)
        if change.what != "unchanged":
            self.changes.append(change)


def import_streets(
    owner: Database,
    register: Register,
    *,
    streets: Sequence[str] = (),
    district: str = "",
    dry_run: bool = False,
    actor: Actor = SYSTEM,
) -> ImportReport:
    """Create or reconcile street offices and their communities; all of them or, when one fails, none.

    The register's name goes to ``register_name``; a name that was chosen by hand stays. What the register names no
    more is marked as vanished and keeps its rows; when it comes back it is active again.

    Args:
        owner: the migrate role's door, since street offices are rows of an open table.
        register: as read by ``read_register``.
        streets: nine-digit codes of the streets to bring in.
        district: instead of ``streets``: the six-digit code of a district, for every street of it.
        dry_run: do everything, then undo it.

    Raises:
        Invalid: a code is malformed, or the register has no such street or district.
    """
    chosen = _choose(register, streets, district)
    report = ImportReport()
    with owner.one_transaction(undo=dry_run) as joined:
        with joined.open_transaction() as connection:
            # Two imports at once would each create what the other has not yet committed.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        known = _known_streets(joined, [unit.code for unit in chosen], district)
        names = _register_names(joined, known)
        for unit in chosen:
            _bring_in(joined, register, unit, known.get(unit.code), names.get(unit.code), actor, report)
        for code in sorted(known.keys() - {unit.code for unit in chosen}):
            _street_vanished(joined, known[code], actor, report)
        _keep_divisions(joined, register, {unit.code[:DISTRICT] for unit in chosen})
    return report


def _choose(register: Register, streets: Sequence[str], district: str) -> list[Unit]:
    if bool(streets) == bool(district):
        raise Invalid.one("street", _("街道和区县要选一样，也只能选一样"), "--street CODE, --district CODE")
    if district:
        _check_code("district", district, DISTRICT)
        if found := register.streets_of(district):
            return found
        raise Invalid.one("district", _("登记册里没有区县 {code} 的街道").format(code=district))
    for code in streets:
        _check_code("street", code, STREET)
    missing = [code for code in streets if code not in register.streets]
    if missing:
        raise Invalid(errors=[FieldError("street", _("登记册里没有街道 {code}").format(code=code)) for code in missing])
    return [register.streets[code] for code in dict.fromkeys(streets)]


def _check_code(name: str, code: str, digits: int) -> None:
    if not (code.isascii() and code.isdigit() and len(code) == digits):
        raise Invalid.one(name, _("“{code}”不是区划代码").format(code=code), _("{n} 位数字").format(n=digits))


def _known_streets(owner: Database, codes: Iterable[str], district: str) -> dict[str, Tenant]:
    wanted = Tenant.district_code == district if district else Tenant.code.in_(list(codes))
    # Street offices are open: any scope will do, and the nil one shows nothing else.
    with owner.unit_of_work(_NOBODY) as session:
        return {tenant.code: tenant for tenant in session.scalars(select(Tenant).where(wanted))}


_NOBODY = Scope.of_communities(UUID(int=0))


def _register_names(owner: Database, codes: Iterable[str]) -> dict[str, str]:
    with owner.open_transaction() as connection:
        rows = connection.execute(select(Division.code, Division.name).where(Division.code.in_(list(codes))))
        return {row.code: row.name for row in rows}


def _bring_in(
    owner: Database,
    register: Register,
    unit: Unit,
    tenant: Tenant | None,
    old_name: str | None,
    actor: Actor,
    report: ImportReport,
) -> None:
    tenant_id = new_id() if tenant is None else tenant.id
    told = len(report.changes)
    with owner.unit_of_work(Scope.of_street(tenant_id), actor, ttl=_BATCH_TTL) as session:
        district = register.districts.get(unit.parent_code)
        values = {"district_name": district.name} if district else {}
        if tenant is None:
            session.add(
                Tenant(
                    id=tenant_id,
                    code=unit.code,
                    slug=unit.code,
                    name=unit.name,
                    district_code=unit.parent_code,
                    **values,
                )
            )
            session.flush()
            owner.vault.make_tenant_keys(session)
            report._note("streets", Change(unit.code, "created", "", unit.name))
        else:
            if tenant.name == old_name:
                values["name"] = unit.name
            _update_street(session, tenant, values | {"status": "active", "vanished_at": None}, unit, report)
        _reconcile(session, register.communities.get(unit.code, []), report)
        if changes := report.changes[told:]:
            _record(session, tenant_id, changes)


def _update_street(
    session: ScopedSession, tenant: Tenant, values: Mapping[str, object], unit: Unit, report: ImportReport
) -> None:
    tenant = session.merge(tenant, load=False)
    before = tenant.name
    changed = {key for key, value in values.items() if getattr(tenant, key) != value}
    for key in changed:
        setattr(tenant, key, values[key])
    report._note("streets", Change(unit.code, "updated" if changed else "unchanged", before, tenant.name))


def _reconcile(session: ScopedSession, units: Sequence[Unit], report: ImportReport) -> None:
    known = {community.code: community for community in session.scalars(select(Community))}
    new: list[Community] = []
    for unit in units:
        community = known.pop(unit.code, None)
        if community is None:
            session.add(Community(code=unit.code, slug=unit.code, name=portal_name(unit.name), register_name=unit.name))
            report._note("communities", Change(unit.code, "created", "", unit.name))
        else:
            report._note("communities", _follow_register(community, unit))
    session.add_all(new)
    session.flush()
    session.add_all(CommunitySummary(community_id=community.id) for community in new)
    for community in known.values():
        if community.status != "vanished":
            community.status, community.vanished_at = "vanished", now()
            report._note("communities", Change(community.code, "vanished", community.register_name))


def _follow_register(community: Community, unit: Unit) -> Change:
    before = community.register_name
    if before == unit.name and community.status == "active":
        return Change(unit.code, "unchanged", before, before)
    if community.name == portal_name(before):
        community.name = portal_name(unit.name)
    community.register_name = unit.name
    community.status, community.vanished_at = "active", None
    return Change(unit.code, "updated", before, unit.name)


def _street_vanished(owner: Database, tenant: Tenant, actor: Actor, report: ImportReport) -> None:
    if tenant.status == "vanished":
        return
    change = Change(tenant.code, "vanished", tenant.name)
    with owner.unit_of_work(Scope.of_street(tenant.id), actor) as session:
        tenant = session.merge(tenant, load=False)
        tenant.status, tenant.vanished_at = "vanished", now()
        _record(session, tenant.id, [change])
    report._note("streets", change)


def _record(session: ScopedSession, tenant_id: UUID, changes: Sequence[Change]) -> None:
    # One row for the whole import: its lock stalls nobody, and a new street's list would fill pages.
    told = [f"{each.code} {each.what} {each.before} → {each.after}" for each in changes if each.what != "created"]
    counts = {what: sum(each.what == what for each in changes) for what in ("created", "updated", "vanished")}
    record(session, "core.street.import", ("street", tenant_id), after={**counts, "changes": told})


def _keep_divisions(owner: Database, register: Register, districts: Iterable[str]) -> None:
    with owner.open_transaction() as connection:
        for district in districts:
            rows = [
                {"code": unit.code, "name": unit.name, "parent_code": unit.parent_code, "level": len(unit.code)}
                for unit in register.units_of(district)
            ]
            upsert = insert(Division)
            connection.execute(
                upsert.on_conflict_do_update(
                    index_elements=[Division.code],
                    set_={"name": upsert.excluded.name},
                    where=Division.name != upsert.excluded.name,
                ),
                rows,
            )
