"""Noting what was taken away. A record is never changed: a wrong one is struck out, and what is right noted anew."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    new_id,
    now,
    recheck_obligations,
    record,
)
from linli.sdk import gettext as _
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.checking import Book, checked_lines, read_book
from linli_waste_sorting.weights.doubts import Doubt, doubts_about
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS, READ_COLLECTIONS
from linli_waste_sorting.weights.schemas import (
    CollectionCorrect,
    CollectionCreate,
    CollectionLine,
    CollectionOut,
    CollectionVoid,
)

# Whoever notes and whoever reports a month wait for each other; and the second click finds what the first one noted.
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended('waste_sorting.ledger:' || :place, 0))")


def get_collection(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    collection_id: UUID,
    permission: str = READ_COLLECTIONS,
) -> Collection:
    """One record of a community.

    Raises:
        NotFound: there is none there, or none in a compound where the actor holds the permission.
    """
    found = repository.find_collection(session, community_id, collection_id)
    if found is None or not is_within(found.compound_id, compounds_of(actor, permission, community_id)):
        raise NotFound(_("没有找到这条清运记录"))
    return found


def create_collection(session: ScopedSession, actor: Actor, community_id: UUID, data: CollectionCreate) -> Collection:
    """Note what was taken away once.

    Raises:
        Forbidden: the actor may not note collections there.
        Conflict: the month is reported.
        Invalid: naming each field at fault; or what looks implausible, until ``confirmed`` says that it is right.
    """
    [row] = _create(session, actor, community_id, [data], confirmed=data.confirmed)
    return row


def create_batch(
    session: ScopedSession, actor: Actor, community_id: UUID, lines: Sequence[CollectionLine], *, confirmed: bool
) -> list[Collection]:
    """Note several collections at once, all or none; faults are named ``lines.0.kg``.

    Raises:
        Forbidden, Conflict, Invalid: as ``create_collection``.
    """
    return _create(session, actor, community_id, lines, confirmed=confirmed, prefix="lines.{n}.")


def void_collection(
    session: ScopedSession, actor: Actor, community_id: UUID, collection_id: UUID, data: CollectionVoid
) -> Collection:
    """Strike a wrong record out: it stays to be seen, with the reason, and counts nowhere.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not note collections there.
        Conflict: it is struck out already, or its month is reported.
        Invalid: no reason is given.
    """
    _require(actor, community_id)
    hold_ledger(session, community_id)
    row = get_collection(session, actor, community_id, collection_id, NOTE_COLLECTIONS)
    _void(session, actor, row, data.reason)
    _tell(session, [row])
    return row


def correct_collection(
    session: ScopedSession, actor: Actor, community_id: UUID, collection_id: UUID, data: CollectionCorrect
) -> Collection:
    """Strike a wrong record out and note what is right in its place; both stay to be seen.

    Returns:
        The new record.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: as ``void_collection`` and ``create_collection``.
    """
    _require(actor, community_id)
    hold_ledger(session, community_id)
    row = get_collection(session, actor, community_id, collection_id, NOTE_COLLECTIONS)
    # What is questioned leaves the old record as it was.
    with session.begin_nested():
        _void(session, actor, row, data.reason)
        [made] = _create(session, actor, community_id, [data], confirmed=data.confirmed, replaces=row)
    return made


def collection_out(row: Collection) -> CollectionOut:
    """As the API shows it."""
    plain = {name: getattr(row, name) for name in CollectionOut.__struct_fields__ if name != "clock"}
    return CollectionOut(clock=clock_text(row.clock), **plain)


def clock_text(clock: time | None) -> str:
    """``08:30``; empty where nobody noted it."""
    return f"{clock:%H:%M}" if clock is not None else ""


def hold_ledger(session: ScopedSession, community_id: UUID) -> None:
    """Let nobody else note or report in this community until the transaction ends."""
    session.execute(_ONE_BY_ONE, {"place": f"{session.scope.tenant_id}:{community_id}"})


def _create(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    lines: Sequence[CollectionLine],
    *,
    confirmed: bool,
    prefix: str = "",
    replaces: Collection | None = None,
) -> list[Collection]:
    within = _require(actor, community_id)
    hold_ledger(session, community_id)
    book = read_book(session, community_id, lines, within)
    checked_lines(lines, book, prefix, keeps=replaces)
    for month in sorted({each.day.replace(day=1) for each in lines}):
        _require_open(session, community_id, month)
    doubts = doubts_about(session, lines)
    if any(doubts) and not confirmed:
        raise Invalid(errors=_questions(doubts, prefix))
    rows = [_row(actor, community_id, each, book, found) for each, found in zip(lines, doubts, strict=True)]
    if replaces is not None:
        rows[0].replaces_id = replaces.id
    session.add_all(rows)
    session.flush()
    for row in rows:
        _note(session, "create", row)
    _tell(session, rows)
    return rows


def _row(actor: Actor, community_id: UUID, line: CollectionLine, book: Book, doubts: list[Doubt]) -> Collection:
    return Collection(
        id=new_id(),
        community_id=community_id,
        compound_id=line.compound_id,
        station_id=line.station_id,
        category=line.category,
        carrier_id=line.carrier_id,
        day=line.day,
        clock=time.fromisoformat(line.clock) if line.clock else None,
        pieces=line.pieces,
        kg=round(line.kg, 1) if line.kg is not None else None,
        destination=book.destination_of(line),
        note=line.note.strip(),
        doubts=[each.key for each in doubts],
        noted_by=actor.account_id,
        noted_name=actor.display_name,
        voided_name="",
        void_reason="",
    )


def _questions(doubts: list[list[Doubt]], prefix: str) -> list[FieldError]:
    found: dict[str, FieldError] = {}
    for n, each in enumerate(doubts):
        for doubt in each:
            name = prefix.format(n=n) + doubt.question.field
            before = found[name].message + _("；") if name in found else ""
            found[name] = FieldError(name, before + doubt.question.message, doubt.question.allowed)
    asked = FieldError("confirmed", _("有数字需要核对"), _("核对无误的，请勾选“数字没错”；写错的请改正"))
    return [*found.values(), asked]


def _void(session: ScopedSession, actor: Actor, row: Collection, reason: str) -> None:
    if row.voided_at is not None:
        raise Conflict(_("这条记录已经划掉"))
    _require_open(session, row.community_id, row.day.replace(day=1))
    if not reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.voided_at, row.void_reason = now(), reason.strip()
    row.voided_by, row.voided_name = actor.account_id, actor.display_name
    session.flush()
    _note(session, "void", row, reason=row.void_reason)


def _require(actor: Actor, community_id: UUID) -> Some[UUID] | None:
    """The compounds in which somebody may note; ``None`` for all. Raises ``Forbidden`` where there are none."""
    within = compounds_of(actor, NOTE_COLLECTIONS, community_id)
    if within is not None and not within:
        raise Forbidden
    return within


def _require_open(session: ScopedSession, community_id: UUID, month: date) -> None:
    if repository.is_reported(session, community_id, month):
        words = _("{month} 的台账已经上报，不能再登记或更正；确有错误的，先在“台账”里撤回上报")
        raise Conflict(words.format(month=f"{month:%Y-%m}"))


def _tell(session: ScopedSession, rows: Sequence[Collection]) -> None:
    if any(each.category == "kitchen" for each in rows):
        recheck_obligations(session, rows[0].community_id)


def _note(session: ScopedSession, verb: str, row: Collection, *, reason: str = "") -> None:
    told: dict[str, str] = {
        "compound": str(row.compound_id),
        "category": row.category,
        "day": row.day.isoformat(),
        "pieces": str(row.pieces or ""),
        "kg": str(row.kg if row.kg is not None else ""),
        "carrier": str(row.carrier_id),
        "destination": row.destination,
        "doubts": ", ".join(row.doubts),
    }
    record(
        session,
        f"waste_sorting.collection.{verb}",
        ("collection", row.id),
        community_id=row.community_id,
        before=told if verb == "void" else None,
        after={"reason": reason} if verb == "void" else told,
    )


def total_kg(rows: Sequence[Collection]) -> Decimal:
    """What was weighed of these, in kilograms."""
    return sum((each.kg for each in rows if each.kg is not None), Decimal("0.0"))


def find_last_carrier(session: ScopedSession, actor: Actor, community_id: UUID, since: date) -> str:
    """The carrier that is chosen beforehand in a form; empty where none has come since a day."""
    found = repository.last_carrier(session, community_id, actor.account_id, since=since)
    return str(found) if found is not None else ""
