"""What one process of Linli holds open: settings, keys, the doors to the database, the plugins."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text

from linli.access import acts as _acts  # noqa: F401 whatever opens a house obeys the rules that guard its roles
from linli.channels import Channels, open_channels
from linli.config import Settings
from linli.db.addresses import Addresses
from linli.db.scope import ScopeSigner
from linli.db.session import Database
from linli.db.vault import Vault
from linli.files.storage import Storage, Storages
from linli.files.storage.s3 import Access
from linli.kit.crypto import CIPHERS

_KEPT = text("SELECT name, wrapped FROM core.platform_key")


@dataclass(slots=True)
class House:
    """Opened once per process by ``open_house`` or the test kit; closed with ``close``."""

    settings: Settings
    addresses: Addresses
    signer: ScopeSigner = field(repr=False)
    vault: Vault = field(repr=False)
    #: The runtime role's door.
    database: Database
    #: Where new files go.
    files: Storage
    #: Where older files may lie.
    storages: Storages
    #: Ways to reach people beside their inbox.
    channels: Channels
    _owner: Database | None = None

    @property
    def owner(self) -> Database:
        """The migrate role's door: for the platform's own work on open tables. The walls bind it too.

        Raises:
            RuntimeError: the operator gave this process no owner address.
        """
        if self._owner is None:
            if self.addresses.owner is None:
                raise RuntimeError("LINLI_DATABASE_OWNER_URL is not set")
            self._owner = Database(self.addresses.owner, self.signer, self.vault, pool_size=2)
            self._owner.info |= {
                name: self.database.info[name] for name in ("files", "storages", "channels", "anchor_dir")
            }
        return self._owner

    def close(self) -> None:
        """Give every connection back."""
        self.database.dispose()
        if self._owner is not None:
            self._owner.dispose()


def open_house(settings: Settings, addresses: Addresses) -> House:
    """Open the doors; connects lazily, at the first use."""
    signer = signer_of(settings)
    vault = Vault(
        settings.secret_key,
        old=settings.old_secret_key,
        kept=lambda: _platform_keys(database),
        algorithm=CIPHERS[settings.cipher],
    )
    database = Database(addresses.app, signer, vault, pool_size=settings.pool_size)
    storages = open_storages(settings)
    channels = open_channels(settings.channels, settings.base_url)
    database.info |= {"files": storages.current, "storages": storages.named, "channels": channels}
    database.info |= {"anchor_dir": settings.audit_anchor_dir, "outward": settings.outward}
    return House(settings, addresses, signer, vault, database, storages.current, storages, channels)


def signer_of(settings: Settings) -> ScopeSigner:
    """What signs the scopes of this installation."""
    return ScopeSigner(settings.secret_key, kid=settings.secret_key_number)


def old_signer_of(settings: Settings) -> ScopeSigner | None:
    """What signed them under the secret before; ``None`` where none was given."""
    if settings.old_secret_key is None:
        return None
    return ScopeSigner(settings.old_secret_key, kid=settings.old_secret_key_number)


def _platform_keys(database: Database) -> dict[str, bytes]:
    with database.open_transaction() as connection:
        return {name: bytes(wrapped) for name, wrapped in connection.execute(_KEPT)}


def open_storages(settings: Settings) -> Storages:
    """Where files go and where older ones lie; connects at the first use."""
    access = Access(
        settings.files_endpoint,
        settings.files_region,
        settings.files_access_key,
        settings.files_secret_key,
        settings.files_path_style,
    )
    return Storages(settings.files_dir, settings.files_url, access)
