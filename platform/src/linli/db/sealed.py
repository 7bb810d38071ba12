"""What a model says of a sealed column: where it is bound to, and which blind index is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.schema import Table

_INFO = "sealed"


@dataclass(frozen=True, slots=True)
class Seal:
    """How a column is sealed.

    Attributes:
        table: as ``Vault.encrypt`` is told.
        column: as ``Vault.encrypt`` is told.
        index: the column that holds the blind index of the same text; empty where there is none.
        kind: as ``Vault.blind_index`` is told.
    """

    table: str
    column: str
    index: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A declared column of one table."""

    table: Table
    name: str
    seal: Seal

    @property
    def title(self) -> str:
        """``core.resident.phone_ct``."""
        return f"{self.table.fullname}.{self.name}"


def sealed(table: str, column: str, *, index: str = "", kind: str = "") -> dict[str, Any]:
    """What belongs into ``mapped_column(info=…)`` of every column that the vault seals: key rotation finds it by that.

    Args:
        table: as ``session.vault.encrypt`` is told.
        column: as ``session.vault.encrypt`` is told.
        index: the column that holds the blind index of the same text.
        kind: as ``session.vault.blind_index`` is told.
    """
    return {_INFO: Seal(table, column, index, kind)}


def sealed_columns(catalogues: Iterable[MetaData]) -> list[SealedColumn]:
    """Every declared column of a street's tables, in a stable order."""
    found = [
        SealedColumn(table, column.name, column.info[_INFO])
        for metadata in catalogues
        for table in metadata.tables.values()
        for column in table.columns
        if _INFO in column.info and "tenant_id" in table.columns
    ]
    return sorted(found, key=lambda each: each.title)
