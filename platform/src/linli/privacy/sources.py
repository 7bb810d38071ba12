"""Everything that is kept about people, in one list, from whatever room or plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass, Person, PersonalData
from linli.plugins.gate import CORE
from linli.plugins.personal import declared_data_classes, declared_personal_data
from linli.residents.models import Resident

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """A declaration and who made it: ``core`` or a plugin."""

    owner: str
    item: T


def personal_data() -> list[Source[PersonalData]]:
    """What is kept about people, the plugins first and the register of people last."""
    every = [Source(owner, item) for owner, item in declared_personal_data()]
    return sorted(every, key=lambda each: each.owner == CORE)


def data_classes() -> list[Source[DataClass]]:
    """The classes of data that end, the core's first."""
    return [Source(owner, item) for owner, item in declared_data_classes()]


def find_class(name: str) -> Source[DataClass] | None:
    """The class of this name; ``None`` when this process knows none."""
    return next((each for each in data_classes() if each.item.name == name), None)


def person_of(session: ScopedSession, resident_id: UUID) -> Person | None:
    """The person behind an entry of the register, with what was merged into it; ``None`` without an entry."""
    resident = session.scalar(select(Resident).where(Resident.id == resident_id))
    if resident is None:
        return None
    merged = session.scalars(
        select(Resident.id).where(Resident.community_id == resident.community_id, Resident.merged_into == resident.id)
    )
    return Person((resident.id, *merged), resident.account_id)
