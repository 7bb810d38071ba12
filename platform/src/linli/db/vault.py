"""Envelope encryption of personal data: one data key per tenant and data class, wrapped by the platform's key."""

from __future__ import annotations

import os
import threading
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.kit.crypto import blind_index, derive_key, seal, unseal

_READ = text("SELECT version, wrapped FROM core.data_key WHERE data_class = :cls ORDER BY version")
_MAKE = text(
    "INSERT INTO core.data_key (data_class, version, wrapped) VALUES (:cls, 1, :wrapped) "
    "ON CONFLICT (tenant_id, data_class, version) DO NOTHING"
)


class Vault:
    """Seals and opens the personal columns of one deployment."""

    def __init__(self, master: bytes) -> None:
        self._kek = derive_key(master, "kek/1")
        self._account_index = derive_key(master, "account-index/1")
        self._account_data = derive_key(master, "account-data/1")
        self._keys: dict[tuple[UUID, str], dict[int, bytes]] = {}
        self._lock = threading.Lock()

    def encrypt(self, session: Session, table: str, column: str, row_id: UUID, plain: str) -> bytes:
        """Two bytes of key version, then the sealed text, bound to tenant, table, column and row."""
        return self.encrypt_bytes(session, table, column, row_id, plain.encode())

    def encrypt_bytes(self, session: Session, table: str, column: str, row_id: UUID, plain: bytes) -> bytes:
        """As ``encrypt``, for what is no text."""
        tenant: UUID = session.info["scope"].tenant_id
        keys = self._data_keys(session, tenant, "personal")
        version = max(keys)
        context = _context(str(tenant), table, column, row_id, version)
        return version.to_bytes(2) + seal(keys[version], plain, context)

    def decrypt(self, session: Session, table: str, column: str, row_id: UUID, sealed: bytes) -> str:
        """The plain text.

        Raises:
            SealBroken: the bytes were altered or belong to another row, column, table or tenant.
        """
        return self.decrypt_bytes(session, table, column, row_id, sealed).decode()

    def decrypt_bytes(self, session: Session, table: str, column: str, row_id: UUID, sealed: bytes) -> bytes:
        """As ``decrypt``, for what is no text."""
        tenant: UUID = session.info["scope"].tenant_id
        version = int.from_bytes(sealed[:2])
        key = self._data_keys(session, tenant, "personal").get(version)
        context = _context(str(tenant), table, column, row_id, version)
        return unseal(key or b"\0" * 32, sealed[2:], context)

    def blind_index(self, session: Session, kind: str, normalised: str) -> bytes:
        """Sixteen bytes by which this tenant's rows with the same value are found."""
        keys = self._data_keys(session, session.info["scope"].tenant_id, "index")
        return blind_index(keys[min(keys)], kind, normalised)

    def account_index(self, kind: str, normalised: str) -> bytes:
        """The blind index of a sign-in identifier; accounts are global, so the key is the platform's."""
        return blind_index(self._account_index, kind, normalised)

    def encrypt_account(self, column: str, account_id: UUID, plain: str) -> bytes:
        """A sealed column of an account."""
        return (1).to_bytes(2) + seal(
            self._account_data, plain.encode(), _context("-", "account", column, account_id, 1)
        )

    def decrypt_account(self, column: str, account_id: UUID, sealed: bytes) -> str:
        """The plain text of an account's sealed column; raises ``SealBroken``."""
        return unseal(self._account_data, sealed[2:], _context("-", "account", column, account_id, 1)).decode()

    def _data_keys(self, session: Session, tenant: UUID, data_class: str) -> dict[int, bytes]:
        cached = self._keys.get((tenant, data_class)) or session.info.get(("data_keys", data_class))
        if cached:
            return cached
        context = f"{tenant}|{data_class}".encode()
        # Whoever seals a field is in the middle of changing a row: whether the key was at hand must not show in it.
        with session.no_autoflush:
            rows = session.execute(_READ, {"cls": data_class}).all()
            fresh = not rows
            if fresh:
                wrapped = seal(self._kek, os.urandom(32), context)
                session.execute(_MAKE, {"cls": data_class, "wrapped": wrapped})
                rows = session.execute(_READ, {"cls": data_class}).all()
        keys = {version: unseal(self._kek, wrapped, context) for version, wrapped in rows}
        if fresh:
            # Kept with the transaction that made it, which may still be rolled back.
            session.info["data_keys", data_class] = keys
        else:
            with self._lock:
                self._keys[tenant, data_class] = keys
        return keys

    def make_tenant_keys(self, session: Session) -> None:
        """Make the data keys of a new tenant, so that no later read has to write."""
        for data_class in ("personal", "index"):
            self._data_keys(session, session.info["scope"].tenant_id, data_class)


def _context(tenant: str, table: str, column: str, row_id: UUID, version: int) -> bytes:
    return f"{tenant}|{table}|{column}|{row_id}|{version}".encode()
