"""What signing in needs of the house: its door, its keys, its settings. ``linli.house.House`` is one."""

from __future__ import annotations

from typing import Protocol

from linli.channels import Channels
from linli.config import Settings
from linli.db.scope import ScopeSigner
from linli.db.session import Database
from linli.db.vault import Vault


class Premises(Protocol):
    """The part of the house that this domain stands on."""

    @property
    def settings(self) -> Settings: ...
    @property
    def signer(self) -> ScopeSigner: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def database(self) -> Database: ...
    @property
    def channels(self) -> Channels: ...
