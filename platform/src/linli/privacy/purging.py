"""Deleting what is older than its period, and proving what was deleted (PIPL 19)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from linli.audit.record import record
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.plugins.containment import PURGE, call, contained
from linli.plugins.containment.calls import WrongAnswer
from linli.plugins.contributions import DataClass
from linli.privacy.holds import held_classes, held_ids, in_force
from linli.privacy.models import LegalHold, PurgeRecord, RetentionPeriod
from linli.privacy.schemas import ClassOut, PeriodIn, PurgeOut, Rehearsal
from linli.privacy.sources import Source, data_classes, find_class
from linli.tasks import Schedule

#: When the street's purge runs, Asia/Shanghai.
PURGE_AT = time(3, 30)
#: Rows of one step, which is one transaction and one record.
BATCH = 1000
#: A rehearsal counts no further.
REHEARSED = 10_000


def purge_digest(ids: Iterable[UUID]) -> bytes:
    """The proof over the rows that went: SHA-256 over their ids in ascending order, one a line."""
    return hashlib.sha256("\n".join(sorted(str(each) for each in ids)).encode()).digest()


def chosen_periods(session: ScopedSession) -> dict[str, RetentionPeriod]:
    """The street's own choices by class; what the law no longer allows is left out."""
    found = {}
    for row in session.scalars(select(RetentionPeriod)):
        source = find_class(row.data_class)
        if source is not None and _fault(source.item, row.days) is None:
            found[row.data_class] = row
    return found


def period_of(session: ScopedSession, name: str) -> int | None:
    """The days for which a class is kept in this street; ``None`` for ever.

    Raises:
        KeyError: this process knows no such class.
    """
    source = find_class(name)
    if source is None:
        raise KeyError(name)
    row = chosen_periods(session).get(name)
    return row.days if row else source.item.days


def set_period(session: ScopedSession, actor: Actor, data: PeriodIn) -> ClassOut:
    """Choose how long the street keeps a class of data.

    Raises:
        Invalid: there is no such class, or the law asks for a longer or shorter period.
    """
    source = find_class(data.data_class)
    if source is None:
        raise Invalid.one("data_class", _("没有这类数据"))
    if (fault := _fault(source.item, data.days)) is not None:
        raise Invalid.one("days", fault[0], fault[1])
    row = session.scalar(select(RetentionPeriod).where(RetentionPeriod.data_class == data.data_class).with_for_update())
    before = row.days if row else source.item.days
    if row is None:
        row = RetentionPeriod(data_class=data.data_class)
        session.add(row)
    row.days, row.reason, row.set_by_name = data.days, data.reason.strip(), actor.display_name
    session.flush()
    record(
        session,
        "core.retention.set",
        ("data_class", data.data_class),
        before={"name": _(source.item.title), "days": before},
        after={"name": _(source.item.title), "days": data.days},
        reason=row.reason,
    )
    return next(each for each in list_classes(session) if each.name == data.data_class)


def _fault(item: DataClass, days: int | None) -> tuple[str, str] | None:
    source = _(item.source)
    if days is None:
        if item.most_days is None:
            return None
        return _("不能一直保存"), _("最多 {days} 天。{source}").format(days=item.most_days, source=source)
    if days < item.least_days:
        return _("保存期限太短"), _("至少 {days} 天。{source}").format(days=item.least_days, source=source)
    if item.most_days is not None and days > item.most_days:
        return _("保存期限太长"), _("最多 {days} 天。{source}").format(days=item.most_days, source=source)
    return None


def list_classes(session: ScopedSession) -> list[ClassOut]:
    """Every class of data with its period and what its last purge proved; four queries."""
    chosen, held = chosen_periods(session), held_classes(session)
    newest = (
        select(PurgeRecord)
        .ext(distinct_on(PurgeRecord.data_class))
        .order_by(PurgeRecord.data_class, PurgeRecord.id.desc())
    )
    last = {row.data_class: row for row in session.scalars(newest)}
    following = Schedule.daily(PURGE_AT).next_turn(now(), lambda _day: True)
    lines = []
    for source in data_classes():
        item, row, proof = source.item, chosen.get(source.item.name), last.get(source.item.name)
        lines.append(
            ClassOut(
                name=item.name,
                owner=source.owner,
                title=_(item.title),
                days=row.days if row else item.days,
                default_days=item.days,
                least_days=item.least_days,
                most_days=item.most_days,
                source=_(item.source),
                is_chosen=row is not None,
                is_held=item.name in held,
                next_purge_at=following,
                last_purge_at=proof.purged_at if proof else None,
                last_rows=proof.rows if proof else 0,
                last_digest=proof.digest.hex() if proof else "",
            )
        )
    return lines


def rehearse(session: ScopedSession, name: str) -> Rehearsal:
    """Count what a purge would delete now, by deleting it and taking that back.

    Raises:
        Invalid: there is no such class.
        PluginFailed: its plugin's code cannot do it.
    """
    source = find_class(name)
    if source is None:
        raise Invalid.one("data_class", _("没有这类数据"))
    cutoff = _cutoff(session, name)
    if cutoff is None:
        return Rehearsal(data_class=name, cutoff=None, rows=0, held_back=0, is_more=False)
    everything = _would_go(session, source, cutoff, frozenset())
    is_held = name in held_classes(session)
    rows = 0 if is_held else _would_go(session, source, cutoff, held_ids(session))
    return Rehearsal(
        data_class=name,
        cutoff=cutoff,
        rows=rows,
        held_back=max(everything - rows, 0),
        is_more=everything >= REHEARSED,
    )


def _would_go(session: ScopedSession, source: Source[DataClass], cutoff: datetime, held: frozenset[UUID]) -> int:
    with contained(session, undo=True):
        return _count(_purged(session, source, cutoff, REHEARSED, held))


def _purged(
    session: ScopedSession, source: Source[DataClass], cutoff: datetime, limit: int, held: frozenset[UUID]
) -> Sequence[UUID] | int:
    asked = partial(source.item.purge, session, cutoff, limit, held)
    if source.owner == "core":
        return _went(asked())
    return call(session, source.owner, PURGE, asked, where=source.item.name, check=_went)


def purge_step(session: ScopedSession, source: Source[DataClass]) -> int:
    """Delete up to ``BATCH`` rows of a class that are older than its period, and write the proof; how many went.

    Whatever the owner's code raises undoes this step alone.
    """
    item = source.item
    cutoff = _cutoff(session, item.name)
    if cutoff is None or item.name in held_classes(session):
        return 0
    with contained(session):
        gone = _purged(session, source, cutoff, BATCH, held_ids(session))
        rows = _count(gone)
        if rows > BATCH:
            raise ValueError(f"{item.name}: {rows} rows went where {BATCH} were allowed")
        if rows == 0:
            return 0
        digest = b"" if isinstance(gone, int) else purge_digest(gone)
        holds = session.scalar(select(func.count()).select_from(LegalHold).where(in_force())) or 0
        session.add(
            PurgeRecord(data_class=item.name, cutoff=cutoff, rows=rows, digest=digest, holds=holds, purged_at=now())
        )
        record(
            session,
            "core.data.purge",
            ("data_class", item.name),
            after={"name": item.title, "rows": rows, "cutoff": cutoff.isoformat(), "digest": digest.hex()},
        )
    return rows


def _cutoff(session: ScopedSession, name: str) -> datetime | None:
    days = period_of(session, name)
    return None if days is None else now() - timedelta(days=days)


def _went(answer: Any) -> Sequence[UUID] | int:
    if isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0:
        return answer
    if isinstance(answer, Sequence) and all(isinstance(each, UUID) for each in answer):
        return answer
    raise WrongAnswer(f"purge answers with ids or a number, not {type(answer).__name__}")


def _count(gone: Sequence[UUID] | int) -> int:
    return gone if isinstance(gone, int) else len(gone)


#: The orders of the records; ids grow as data is purged.
PURGES = {"purged_at": Order(), "rows": Order(PurgeRecord.rows, lambda row: row[0].rows)}


def list_purges(
    session: ScopedSession, *, data_class: str = "", sort: str = "-purged_at", after: str = "", limit: int = PAGE
) -> tuple[list[PurgeOut], str | None]:
    """The records of purges, newest first where nothing else is said, and the next page's ``after``."""
    wanted = select(PurgeRecord)
    if data_class:
        wanted = wanted.where(PurgeRecord.data_class == data_class)
    found, following = sorted_rows(session, wanted, PurgeRecord.id, PURGES, sort, after=after, limit=limit)
    titles: dict[str, str] = {source.item.name: _(source.item.title) for source in data_classes()}
    lines = [
        PurgeOut(
            id=each.id,
            data_class=each.data_class,
            title=titles.get(each.data_class) or each.data_class,
            cutoff=each.cutoff,
            rows=each.rows,
            digest=each.digest.hex(),
            holds=each.holds,
            purged_at=each.purged_at,
        )
        for each in found
    ]
    return lines, following
