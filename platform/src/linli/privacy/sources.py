"""Everything that is kept about people, in one list: what the core's domains declare, then the plugins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass, Person, PersonalData
from linli.plugins.personal import plugins_data_classes, plugins_personal_data
from linli.residents.models import Resident

T = TypeVar("T")

#: The core's domains that keep something; each has ``PERSONAL_DATA`` and ``DATA_CLASSES``. The register of people comes
#: last: what leads to a person is erased before the person.
DOMAINS = (
    "linli.privacy.retention",
    "linli.tasks.retention",
    "linli.events.retention",
    "linli.web.retention",
    "linli.files.retention",
    "linli.approvals.retention",
    "linli.notifications.retention",
    "linli.identity.retention",
    "linli.access.retention",
    "linli.residents.retention",
)


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """A declaration and who made it: ``core`` or a plugin."""

    owner: str
    item: T


def personal_data() -> list[Source[PersonalData]]:
    """What is kept about people, the plugins first and the register of people last."""
    core = [Source("core", each) for name in DOMAINS for each in _declared(name, "PERSONAL_DATA")]
    return [*(Source(owner, item) for owner, item in plugins_personal_data()), *core]


def data_classes() -> list[Source[DataClass]]:
    """The classes of data that end, the core's first."""
    core = [Source("core", each) for name in DOMAINS for each in _declared(name, "DATA_CLASSES")]
    return [*core, *(Source(owner, item) for owner, item in plugins_data_classes())]


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


def _declared(module: str, name: str) -> Sequence[T]:
    return getattr(import_module(module), name)
