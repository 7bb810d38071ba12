"""Envelope encryption of personal data: one data key per tenant and data class, wrapped by the platform's key."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from linli.kit.crypto import AES_256_GCM, SealBroken, Signer, blind_index, derive_key, seal, unseal

_READ = text("SELECT version, wrapped FROM core.data_key WHERE data_class = :cls ORDER BY version")
_MAKE = text(
    "INSERT INTO core.data_key (data_class, version, wrapped) VALUES (:cls, :version, :wrapped) "
    "ON CONFLICT (tenant_id, data_class, version) DO NOTHING"
)
PERSONAL, INDEX = "personal", "index"
#: Seconds that a process goes on sealing under the version it knows, after another process has made a newer one.
KEYS_LIVE = 300.0


ACCOUNT_INDEX, ACCOUNT_DATA = "account-index/1", "account-data"

#: The platform's own keys by name, wrapped.
Kept = Callable[[], Mapping[str, bytes]]


class Vault:
    """Seals and opens the personal columns of one deployment."""

    def __init__(
        self,
        master: bytes,
        *,
        old: bytes | None = None,
        kept: Kept | None = None,
        algorithm: int = AES_256_GCM,
    ) -> None:
        """Derive what follows from the master secret.

        Args:
            master: the secret of this installation.
            old: the secret before it, while what it wrapped is being carried over.
            algorithm: what seals from now on; each sealed value says by itself what opens it.
            kept: reads the platform's own keys that were carried over; until then they follow from the first secret.
        """
        secrets = (master,) if old is None else (master, old)
        self._keks = tuple(derive_key(each, "kek/1") for each in secrets)
        self._signers = tuple(Signer(derive_key(each, "audit-anchor/1")) for each in secrets)
        self._derived = {name: derive_key(secrets[-1], name) for name in (ACCOUNT_INDEX, f"{ACCOUNT_DATA}/1")}
        self._algorithm = algorithm
        self._kept = kept
        self._platform: dict[str, bytes] | None = None
        #: Versions to keys, and when they were read.
        self._keys: dict[tuple[UUID, str], tuple[dict[int, bytes], float]] = {}
        self._lock = threading.Lock()

    @property
    def anchor_keys(self) -> tuple[bytes, ...]:
        """The public keys of this installation's anchors, the one that signs now first."""
        return tuple(each.public for each in self._signers)

    @property
    def anchors(self) -> Signer:
        """Signs the anchors of audit chains."""
        return self._signers[0]

    def encrypt(self, session: Session, table: str, column: str, row_id: UUID, plain: str) -> bytes:
        """Two bytes of key version, then the sealed text, bound to tenant, table, column and row."""
        return self.encrypt_bytes(session, table, column, row_id, plain.encode())

    def encrypt_bytes(self, session: Session, table: str, column: str, row_id: UUID, plain: bytes) -> bytes:
        """As ``encrypt``, for what is no text."""
        tenant: UUID = session.info["scope"].tenant_id
        keys = self._data_keys(session, tenant, PERSONAL)
        version = max(keys)
        context = _context(str(tenant), table, column, row_id, version)
        return version.to_bytes(2) + self._seal(keys[version], plain, context)

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
        return blind_index(self.platform_keys()[ACCOUNT_INDEX], kind, normalised)

    def encrypt_account(self, column: str, account_id: UUID, plain: str) -> bytes:
        """A sealed column of an account."""
        version = self.account_version
        context = _context("-", "account", column, account_id, version)
        return version.to_bytes(2) + self._seal(
            self.platform_keys()[f"{ACCOUNT_DATA}/{version}"], plain.encode(), context
        )

    def decrypt_account(self, column: str, account_id: UUID, sealed: bytes) -> str:
        """The plain text of an account's sealed column; raises ``SealBroken``."""
        version = int.from_bytes(sealed[:2])
        name = f"{ACCOUNT_DATA}/{version}"
        key = self.platform_keys().get(name) or self.platform_keys(anew=True).get(name)
        return unseal(key or b"\0" * 32, sealed[2:], _context("-", "account", column, account_id, version)).decode()

    @property
    def account_version(self) -> int:
        """The version under which accounts are sealed now."""
        return max(int(name.rpartition("/")[2]) for name in self.platform_keys() if name.startswith(ACCOUNT_DATA))

    def platform_keys(self, *, anew: bool = False) -> dict[str, bytes]:
        """The keys of accounts, which belong to no street: those that were carried over, else the derived ones."""
        if self._platform is None or anew:
            kept = self._kept() if self._kept is not None else {}
            opened = {name: self.unwrap(wrapped, _platform_wrapping(name)) for name, wrapped in kept.items()}
            self._platform = {**self._derived, **opened}
        return self._platform

    def wrap_platform_key(self, name: str, key: bytes) -> bytes:
        """A key of the platform's own, as it is kept."""
        return self._seal(self._keks[0], key, _platform_wrapping(name))

    def is_present(self, name: str, wrapped: bytes) -> bool:
        """Whether the present secret wraps this key of the platform's own."""
        try:
            unseal(self._keks[0], wrapped, _platform_wrapping(name))
        except SealBroken:
            return False
        return True

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """A wrapped key; raises ``SealBroken`` where neither the present nor the old secret opens it."""
        for kek in self._keks[:-1]:
            try:
                return unseal(kek, wrapped, context)
            except SealBroken:
                continue
        return unseal(self._keks[-1], wrapped, context)

    def rewrapped(self, tenant: UUID, data_class: str, wrapped: bytes) -> bytes | None:
        """A street's wrapped key under the present secret; ``None`` where it is that already."""
        context = _wrapping(tenant, data_class)
        try:
            unseal(self._keks[0], wrapped, context)
        except SealBroken:
            return self._seal(self._keks[0], self.unwrap(wrapped, context), context)
        return None

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

    def _seal(self, key: bytes, plain: bytes, context: bytes) -> bytes:
        return seal(key, plain, context, algorithm=self._algorithm)

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
        return {version: self.unwrap(wrapped, context) for version, wrapped in rows}

    def _make(self, session: Session, tenant: UUID, data_class: str, version: int) -> None:
        wrapped = self._seal(self._keks[0], os.urandom(32), _wrapping(tenant, data_class))
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


def _platform_wrapping(name: str) -> bytes:
    return f"platform|{name}".encode()
