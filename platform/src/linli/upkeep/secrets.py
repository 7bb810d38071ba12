"""Carrying everything over from one master secret to the next; run again, it finds nothing left to do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from linli.audit import record
from linli.audit.anchors import anchors_of, keep_anchor, public_keys
from linli.db.session import Database
from linli.db.vault import ACCOUNT_DATA, Vault
from linli.kit.crypto import SealBroken
from linli.kit.scope import Scope

_KEPT = text("SELECT name, wrapped FROM core.platform_key FOR UPDATE")
_KEEP = text(
    "INSERT INTO core.platform_key (name, wrapped) VALUES (:name, :wrapped) "
    "ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('platform_key', 0))")
_DATA_KEYS = text("SELECT id, data_class, wrapped FROM core.data_key FOR UPDATE")
_REWRAP = text("UPDATE core.data_key SET wrapped = :wrapped WHERE id = :id")
_ACCOUNTS = text(
    "SELECT id, phone_ct, totp_ct FROM core.account WHERE id > :after "
    "AND (substring(phone_ct FROM 1 FOR 2) < :version OR substring(totp_ct FROM 1 FOR 2) < :version) "
    "ORDER BY id LIMIT :batch FOR UPDATE"
)
_RESEAL = text("UPDATE core.account SET phone_ct = :phone, totp_ct = :totp WHERE id = :id")
_BATCH = 500


@dataclass
class Adopted:
    """What was carried over: keys that are wrapped by the present secret now, sealed accounts, renewed anchors."""

    keys: int = 0
    accounts: int = 0
    anchors: int = 0
    broken: int = 0


def adopt(owner: Database, streets: Iterable[UUID]) -> Adopted:
    """Carry over what the secret before wrapped, sealed and signed, so that it is needed no longer.

    Every process has to know both secrets by now. It may be interrupted and begun again.

    Args:
        owner: the migrate role's door, opened with both secrets.
        streets: ids of all street offices.
    """
    done = Adopted()
    with owner.open_transaction() as connection:
        done.keys += _keep_platform_keys(connection, owner.vault)
    owner.vault.platform_keys(anew=True)
    _reseal_accounts(owner, done)
    for tenant_id in streets:
        scope = Scope.of_street(tenant_id)
        with owner.unit_of_work(scope) as session:
            if wrapped := _rewrap_street(session, owner.vault):
                done.keys += wrapped
                record(session, "core.key.adopt", ("data_key", tenant_id), after={"rows": wrapped})
        done.anchors += _renew_anchors(owner, scope)
    return done


def _keep_platform_keys(connection: Connection, vault: Vault) -> int:
    """Wrap the accounts' keys by the present secret; the first time with a new version for what accounts seal."""
    connection.execute(_LOCK)
    kept = {name: bytes(wrapped) for name, wrapped in connection.execute(_KEPT)}
    keys = vault.platform_keys(anew=True)
    if kept and all(vault.is_present(name, wrapped) for name, wrapped in kept.items()):
        return 0
    fresh = {**keys, f"{ACCOUNT_DATA}/{vault.account_version + 1}": os.urandom(32)}
    for name, key in fresh.items():
        connection.execute(_KEEP, {"name": name, "wrapped": vault.wrap_platform_key(name, key)})
    return len(fresh)


def _reseal_accounts(owner: Database, done: Adopted) -> None:
    vault, after = owner.vault, UUID(int=0)
    version = vault.account_version.to_bytes(2)
    while True:
        with owner.open_transaction() as connection:
            rows = connection.execute(_ACCOUNTS, {"after": after, "version": version, "batch": _BATCH}).all()
            for row in rows:
                try:
                    values = {
                        "phone": _resealed(vault, "phone", row.id, row.phone_ct),
                        "totp": _resealed(vault, "totp", row.id, row.totp_ct),
                    }
                except SealBroken:
                    done.broken += 1
                    continue
                connection.execute(_RESEAL, {"id": row.id, **values})
                done.accounts += 1
        if not rows:
            return
        after = rows[-1].id


def _resealed(vault: Vault, column: str, account_id: UUID, sealed: bytes | None) -> bytes | None:
    if sealed is None:
        return None
    return vault.encrypt_account(column, account_id, vault.decrypt_account(column, account_id, bytes(sealed)))


def _rewrap_street(session: Session, vault: Vault) -> int:
    count = 0
    for row in session.execute(_DATA_KEYS).all():
        wrapped = vault.rewrapped(session.info["scope"].tenant_id, row.data_class, bytes(row.wrapped))
        if wrapped is not None:
            session.execute(_REWRAP, {"id": row.id, "wrapped": wrapped})
            count += 1
    return count


def _renew_anchors(owner: Database, scope: Scope) -> int:
    """Sign anew, with their own time, the anchors that the old secret signed and nobody altered."""
    vault, keys, renewed = owner.vault, public_keys(owner.vault), 0
    waiting = [
        each
        for each in anchors_of(lambda: owner.unit_of_work(scope, read_only=True))
        if each.key_id != vault.anchors.key_id and not each.fault(keys)
    ]
    for start in range(0, len(waiting), _BATCH):
        with owner.unit_of_work(scope) as session:
            for each in waiting[start : start + _BATCH]:
                unsigned = replace(each, key_id=vault.anchors.key_id, signature=b"")
                if keep_anchor(session, replace(unsigned, signature=vault.anchors.sign(unsigned.message))):
                    renewed += 1
    return renewed
