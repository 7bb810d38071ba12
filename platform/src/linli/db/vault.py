"""Envelope encryption of personal data: one data key per tenant and data class, wrapped by the platform's key."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from linli.kit.crypto import Signer, blind_index, derive_key, seal, unseal

_READ = text("SELECT version, wrapped FROM core.data_key WHERE data_class = :cls ORDER BY version")
_MAKE = text(
    "INSERT INTO core.data_key (data_class, version, wrapped) VALUES (:cls, :version, :wrapped) "
    "ON CONFLICT (tenant_id, data_class, version) DO NOTHING"
)
PERSONAL, INDEX = "personal", "index"
#: Seconds that a process goes on sealing under the version it knows, after another process has made a newer one.
KEYS_LIVE = 300.0


class Vault:
    """Seals and opens the personal columns of one deployment."""

    def __init__(self, master: bytes) -> None:
        self._kek = derive_key(master, "kek/1")
        self._account_index = derive_key(master, "account-index/1")
        self._account_data = derive_key(master, "account-data/1")
        #: Signs the anchors of audit chains.
        self.anchors = Signer(derive_key(master, "audit-anchor/1"))
        #: Versions to keys, and when they were read.
        self._keys: dict[tuple[UUID, str], tuple[dict[int, bytes], float]] = {}
        self._lock = threading.Lock()

    @property
    def anchor_keys(self) -> tuple[bytes, ...]:
        """The public keys of this installation's anchors, the one that signs now first."""
        return (self.anchors.public,)

    def encrypt(self, session: Session, table: str, column: str, row_id: UUID, plain: str) -> bytes:
        """Two bytes of key version, then the sealed text, bound to tenant, table, column and row."""
        return self.encrypt_bytes(session, table, column, row_id, plain.encode())

    def encrypt_bytes(self, session: Session, table: str, column: str, row_id: UUID, plain: bytes) -> bytes:
        """As ``encrypt``, for what is no text."""
        tenant: UUID = session.info["scope"].tenant_id
        keys = self._data_keys(session, tenant, PERSONAL)
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
        key = self._data_keys(session, tenant, PERSONAL).get(version)
        if key is None:
            # Another process has made a newer version since; bytes that never were a version find nothing again.
            key = self._data_keys(session, tenant, PERSONAL, anew=True).get(version)
        context = _context(str(tenant), table, column, row_id, version)
        return unseal(key or b"\0" * 32, sealed[2:], context)

    def blind_index(self, session: Session, kind: str, normalised: str) -> bytes:
        """Sixteen bytes by which this tenant's rows with the same value are found."""
        keys = self._data_keys(session, session.info["scope"].tenant_id, INDEX)
        return blind_index(keys[max(keys)], kind, normalised)

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

    def rotate(self, session: Session, data_class: str = PERSONAL) -> int:
        """Make a new version of a data key, under which everything is sealed from now on; returns its number.

        What was sealed before still opens under the version it names. Other processes follow within ``KEYS_LIVE``
        seconds. A new version of ``index`` finds nothing until every index has been made anew.
        """
        tenant: UUID = session.info["scope"].tenant_id
        version = max(self._data_keys(session, tenant, data_class, anew=True)) + 1
        self._make(session, tenant, data_class, version)
        # Kept with the transaction that made it, which may still be rolled back.
        session.info["data_keys", data_class] = self._read(session, tenant, data_class)
        event.listen(session, "after_commit", lambda _session: self.forget(tenant))
        return version

    def version(self, session: Session, data_class: str = PERSONAL) -> int:
        """The version under which this process seals now."""
        return max(self._data_keys(session, session.info["scope"].tenant_id, data_class))

    def forget(self, tenant: UUID) -> None:
        """Read the keys of a street anew at the next use."""
        with self._lock:
            for data_class in (PERSONAL, INDEX):
                self._keys.pop((tenant, data_class), None)

    def _data_keys(self, session: Session, tenant: UUID, data_class: str, *, anew: bool = False) -> dict[int, bytes]:
        if (own := session.info.get(("data_keys", data_class))) is not None:
            return own
        found = self._keys.get((tenant, data_class))
        if found is not None and not anew and time.monotonic() - found[1] < KEYS_LIVE:
            return found[0]
        keys = self._read(session, tenant, data_class)
        if not keys:
            self._make(session, tenant, data_class, 1)
            session.info["data_keys", data_class] = keys = self._read(session, tenant, data_class)
        else:
            with self._lock:
                self._keys[tenant, data_class] = keys, time.monotonic()
        return keys

    def _read(self, session: Session, tenant: UUID, data_class: str) -> dict[int, bytes]:
        context = _wrapping(tenant, data_class)
        # Whoever seals a field is in the middle of changing a row: whether the key was at hand must not show in it.
        with session.no_autoflush:
            rows = session.execute(_READ, {"cls": data_class}).all()
        return {version: unseal(self._kek, wrapped, context) for version, wrapped in rows}

    def _make(self, session: Session, tenant: UUID, data_class: str, version: int) -> None:
        wrapped = seal(self._kek, os.urandom(32), _wrapping(tenant, data_class))
        with session.no_autoflush:
            session.execute(_MAKE, {"cls": data_class, "version": version, "wrapped": wrapped})

    def make_tenant_keys(self, session: Session) -> None:
        """Make the data keys of a new tenant, so that no later read has to write."""
        for data_class in (PERSONAL, INDEX):
            self._data_keys(session, session.info["scope"].tenant_id, data_class)


def _context(tenant: str, table: str, column: str, row_id: UUID, version: int) -> bytes:
    return f"{tenant}|{table}|{column}|{row_id}|{version}".encode()


def _wrapping(tenant: UUID, data_class: str) -> bytes:
    return f"{tenant}|{data_class}".encode()
