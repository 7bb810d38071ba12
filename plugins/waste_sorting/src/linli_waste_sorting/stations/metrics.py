"""Numbers of the plugin on the street's board."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from linli.sdk import Metric, ScopedSession
from linli_waste_sorting.permissions import READ
from linli_waste_sorting.stations import repository


def _used(session: ScopedSession) -> Mapping[UUID | None, int]:
    return repository.count_by_community(session)


METRICS = (
    Metric(
        name="waste_sorting.stations",
        title="垃圾投放点",
        measure=_used,
        needs=READ,
        path="",
        path_needs=READ,
        order=300,
    ),
)
