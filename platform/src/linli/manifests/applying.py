"""Applying a manifest: compare, write what differs, remember what was written; all of it or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from linli.audit import record
from linli.db.session import Database, ScopedSession
from linli.kit.actor import SYSTEM, Actor
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.manifests.checks import check_manifest
from linli.manifests.reading import ReadManifest
from linli.manifests.schemas import Manifest
from linli.manifests.staff import Invited, invite_staff
from linli.manifests.state import Key, State, read_state, wanted_state
from linli.manifests.writing import write_changes
from linli.plugins.registry import Plugins
from linli.tenancy.models import AppliedManifest, Community, Domain, Tenant
from linli.tenancy.register import DISTRICT, portal_name

What = Literal["created", "changed", "unchanged"]

#: Seconds that the scope of one application lives.
_TTL = 600


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of the manifest beside what holds now.

    Attributes:
        in_portal: somebody chose another value since the manifest was last applied; the manifest's wins.
    """

    key: Key
    what: What
    before: Any
    after: Any
    in_portal: bool = False

    def __str__(self) -> str:
        return ".".join(self.key)


@dataclass(slots=True)
class Applied:
    """What an application did, or with ``dry_run`` would have done."""

    differences: list[Difference] = field(default_factory=list)
    invited: list[Invited] = field(default_factory=list)

    @property
    def is_unchanged(self) -> bool:
        return not self.changes and not any(each.is_new for each in self.invited)

    @property
    def changes(self) -> list[Difference]:
        return [each for each in self.differences if each.what != "unchanged"]


def apply_manifest(
    owner: Database, plugins: Plugins, read: ReadManifest, *, dry_run: bool = False, actor: Actor = SYSTEM
) -> Applied:
    """Bring a street office to what its manifest says. Keys that it does not name stay as they are.

    Args:
        owner: the migrate role's door, since street offices are rows of an open table.
        plugins: those that run here.
        read: as from ``read_manifest``.
        dry_run: do everything, then undo it.
        actor: named in the audit trail.

    Raises:
        Invalid: naming every fault with its line; nothing was written.
    """
    manifest, faults = read.manifest, read.faults
    check_manifest(manifest, plugins, faults)
    faults.raise_if_any()
    with owner.one_transaction(undo=dry_run) as joined:
        tenant_id = _find_street(joined, read)
        is_new = tenant_id is None
        scope = Scope.of_street(tenant_id or new_id())
        with joined.unit_of_work(scope, actor, ttl=_TTL) as session:
            if is_new:
                _create_street(joined, session, manifest)
            return _apply(session, plugins, read, is_new=is_new)


def _apply(session: ScopedSession, plugins: Plugins, read: ReadManifest, *, is_new: bool) -> Applied:
    tenant = session.get_one(Tenant, session.scope.tenant_id)
    state = {} if is_new else read_state(session, tenant)
    codes = [key[1] for key in state if len(key) == 3 and key[2] == "code"]
    wanted = wanted_state(read.manifest, codes)
    _fill_new_communities(state, wanted, read)
    last = session.scalars(select(AppliedManifest).order_by(AppliedManifest.applied_at.desc()).limit(1)).first()
    applied = Applied(_compare(state, wanted, dict(_flat(last.content)) if last else {}))
    write_changes(session, plugins, tenant, applied.differences)
    applied.invited = invite_staff(session, read)
    if not applied.is_unchanged or last is None:
        _remember(session, wanted, applied)
    return applied


def _find_street(joined: Database, read: ReadManifest) -> UUID | None:
    manifest, faults = read.manifest, read.faults
    with joined.open_transaction() as connection:
        rows = connection.execute(select(Tenant.id, Tenant.code, Tenant.slug)).all()
        hosts = connection.execute(select(Domain.host, Domain.tenant_id)).all()
    own = next((row.id for row in rows if row.code == manifest.code), None)
    if own is None and not manifest.name:
        message = _("平台上还没有街道 {code}，要新建就必须写名称").format(code=manifest.code)
        faults.add(("name",), message, _("或先运行 linli streets import"))
    if any(manifest.slug in (row.slug, row.code) for row in rows if row.code != manifest.code):
        faults.add(("slug",), _("已是另一个街道的短名"))
    taken = {host for host, tenant in hosts if tenant != own}
    for n, host in enumerate(manifest.domains or []):
        if host in taken:
            faults.add(("domains", n), _("已是另一个街道的域名"))
    faults.raise_if_any()
    return own


def _create_street(joined: Database, session: ScopedSession, manifest: Manifest) -> None:
    session.add(
        Tenant(
            id=session.scope.tenant_id,
            code=manifest.code,
            slug=manifest.slug or manifest.code,
            name=manifest.name,
            district_code=manifest.code[:DISTRICT],
        )
    )
    session.flush()
    joined.vault.make_tenant_keys(session)


def _fill_new_communities(state: State, wanted: State, read: ReadManifest) -> None:
    # A community that is new here needs its names; each can be told from the other.
    for n, community in enumerate(read.manifest.communities or []):
        place = ("communities", community.code)
        if (*place, "code") in state:
            continue
        if not community.name and not community.register_name:
            message = _("平台上还没有社区 {code}，要新建就必须写名称").format(code=community.code)
            read.faults.add(("communities", n, "name"), message, "name, register_name")
            continue
        official = community.register_name or community.name
        wanted.setdefault((*place, "register_name"), official)
        wanted.setdefault((*place, "name"), portal_name(str(official)))
        wanted.setdefault((*place, "slug"), community.code)
    read.faults.raise_if_any()


def _compare(state: State, wanted: State, last: State) -> list[Difference]:
    differences = []
    for key, after in wanted.items():
        before = state.get(key)
        if before == after or (key not in state and after is False):
            differences.append(Difference(key, "unchanged", before, after))
            continue
        what: What = "changed" if key in state else "created"
        differences.append(Difference(key, what, before, after, key in last and last[key] != before))
    return differences


def _remember(session: ScopedSession, wanted: State, applied: Applied) -> None:
    content = {"keys": [[list(key), value] for key, value in wanted.items()]}
    digest = hashlib.sha256(msgspec.json.encode(content)).digest()
    session.execute(delete(AppliedManifest))
    session.add(AppliedManifest(digest=digest, content=msgspec.to_builtins(content)))
    changed = [str(each) for each in applied.changes]
    after = {"changed": len(changed), "keys": changed[:200], "invited": sum(each.is_new for each in applied.invited)}
    record(session, "core.manifest.apply", ("street", session.scope.tenant_id), after=after)


def _flat(content: dict[str, Any]) -> list[tuple[Key, Any]]:
    return [(tuple(key), value) for key, value in content.get("keys", [])]


def active_codes(session: ScopedSession) -> dict[str, UUID]:
    """The street's active communities by code."""
    rows = session.execute(select(Community.code, Community.id).where(Community.status == "active"))
    return {row.code: row.id for row in rows}
