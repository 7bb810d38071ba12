"""The JSON API of carriers, contracts, collections and the ledger: the same as the portals can do."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from linli.sdk import PAGE, Actor, After, Api, Limit, Page, Place, ScopedSession, get, page_of, post, put
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.schemas import Category
from linli_waste_sorting.weights import carriers, contracts, reports, repository, service
from linli_waste_sorting.weights.asked import wanted_of
from linli_waste_sorting.weights.ledger import ledger_lines, missing_days, read_month
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.permissions import (
    MANAGE_CONTRACTS,
    NOTE_COLLECTIONS,
    READ_COLLECTIONS,
    REPORT_LEDGER,
)
from linli_waste_sorting.weights.schemas import (
    BatchOut,
    CarrierOut,
    CarrierWrite,
    CollectionBatch,
    CollectionCorrect,
    CollectionCreate,
    CollectionOut,
    CollectionVoid,
    ContractEnd,
    ContractOut,
    ContractWrite,
    LedgerLine,
    LedgerReportWrite,
    MissingDay,
    Month,
    ReportOut,
    ReportReopen,
)

State = Annotated[str, Meta(pattern="^(valid|void|confirmed)?$", description="`valid`, `void` or `confirmed`")]


def _reach(actor: Actor, where: UUID | None) -> Some[UUID] | None:
    return compounds_of(actor, READ_COLLECTIONS, where)


def _where(place: Place, community_id: UUID | None) -> UUID | None:
    return place.community.id if place.community else community_id


@get("/carriers", needs=READ_COLLECTIONS)
def list_carriers(
    session: ScopedSession, place: Place, community_id: UUID | None = None, after: After = "", limit: Limit = PAGE
) -> Page[CarrierOut]:
    """Who takes waste away; `closed_at` is null for those in use"""
    rows = repository.carriers_of(session, _where(place, community_id))
    return page_of([carriers.carrier_out(row) for row in rows], after, limit, key=lambda each: str(each.id))


@post("/carriers", needs=MANAGE_CONTRACTS)
def create_carrier(session: ScopedSession, actor: Actor, place: Place, data: CarrierWrite) -> CarrierOut:
    """Write down a carrier"""
    return carriers.carrier_out(carriers.create_carrier(session, actor, community_of(place), data))


@put("/carriers/{carrier_id:uuid}", needs=MANAGE_CONTRACTS)
def update_carrier(
    session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID, data: CarrierWrite
) -> CarrierOut:
    """Change what is known of a carrier"""
    return carriers.carrier_out(carriers.update_carrier(session, actor, community_of(place), carrier_id, data))


@post("/carriers/{carrier_id:uuid}/close", needs=MANAGE_CONTRACTS, status=200)
def close_carrier(session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID) -> CarrierOut:
    """Take a carrier out of use; a second call changes nothing"""
    return carriers.carrier_out(carriers.close_carrier(session, actor, community_of(place), carrier_id))


@post("/carriers/{carrier_id:uuid}/reopen", needs=MANAGE_CONTRACTS, status=200)
def reopen_carrier(session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID) -> CarrierOut:
    """Use a carrier again; a second call changes nothing"""
    return carriers.carrier_out(carriers.reopen_carrier(session, actor, community_of(place), carrier_id))


@get("/contracts", needs=READ_COLLECTIONS)
def list_contracts(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    community_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ContractOut]:
    """The contracts, those that end last first; `state` says which end soon"""
    days = contracts.notice_days(session)
    where = _where(place, community_id)
    rows = repository.contracts_of(session, where, _reach(actor, where))
    return page_of([contracts.contract_out(row, days) for row in rows], after, limit, key=lambda each: str(each.id))


@post("/contracts", needs=MANAGE_CONTRACTS)
def create_contract(session: ScopedSession, actor: Actor, place: Place, data: ContractWrite) -> ContractOut:
    """Write down a contract"""
    row = contracts.create_contract(session, actor, community_of(place), data)
    return contracts.contract_out(row, contracts.notice_days(session))


@put("/contracts/{contract_id:uuid}", needs=MANAGE_CONTRACTS)
def update_contract(
    session: ScopedSession, actor: Actor, place: Place, contract_id: UUID, data: ContractWrite
) -> ContractOut:
    """Change a contract that was written down wrongly or has been prolonged"""
    row = contracts.update_contract(session, actor, community_of(place), contract_id, data)
    return contracts.contract_out(row, contracts.notice_days(session))


@post("/contracts/{contract_id:uuid}/end", needs=MANAGE_CONTRACTS, status=200)
def end_contract(
    session: ScopedSession, actor: Actor, place: Place, contract_id: UUID, data: ContractEnd
) -> ContractOut:
    """End a contract before the day that was agreed"""
    row = contracts.end_contract(session, actor, community_of(place), contract_id, data)
    return contracts.contract_out(row, contracts.notice_days(session))


@get("/collections", needs=READ_COLLECTIONS)
def list_collections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    compound_id: UUID | None = None,
    category: Category | None = None,
    carrier_id: UUID | None = None,
    month: Month = "",
    state: State = "",
    community_id: UUID | None = None,
    sort: Literal["day", "-day", "kg", "-kg"] = "-day",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[CollectionOut]:
    """What was taken away, the newest day first; what is struck out has `voided_at`"""
    where, chosen = _where(place, community_id), str(compound_id or "")
    wanted = wanted_of(chosen, category or "", month, state, carrier_id, compounds=_reach(actor, where))
    rows, following = repository.page_of_collections(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=_out(rows), next=following)


def _out(rows: Sequence[Collection]) -> list[CollectionOut]:
    return [service.collection_out(row) for row in rows]


@get("/collections/{collection_id:uuid}", needs=READ_COLLECTIONS)
def show_collection(session: ScopedSession, actor: Actor, place: Place, collection_id: UUID) -> CollectionOut:
    """One record of what was taken away"""
    return service.collection_out(service.get_collection(session, actor, community_of(place), collection_id))


@post("/collections", needs=NOTE_COLLECTIONS)
def create_collection(session: ScopedSession, actor: Actor, place: Place, data: CollectionCreate) -> CollectionOut:
    """Note what was taken away; what looks implausible is refused until `confirmed` says that it is right"""
    return service.collection_out(service.create_collection(session, actor, community_of(place), data))


@post("/collections/batch", needs=NOTE_COLLECTIONS)
def create_batch(session: ScopedSession, actor: Actor, place: Place, data: CollectionBatch) -> BatchOut:
    """Note several collections at once: all of them, or none"""
    rows = service.create_batch(session, actor, community_of(place), data.lines, confirmed=data.confirmed)
    return BatchOut(times=len(rows), kg=service.total_kg(rows))


@post("/collections/{collection_id:uuid}/void", needs=NOTE_COLLECTIONS, status=200)
def void_collection(
    session: ScopedSession, actor: Actor, place: Place, collection_id: UUID, data: CollectionVoid
) -> CollectionOut:
    """Strike a wrong record out; it stays to be seen and counts nowhere"""
    return service.collection_out(service.void_collection(session, actor, community_of(place), collection_id, data))


@post("/collections/{collection_id:uuid}/correct", needs=NOTE_COLLECTIONS)
def correct_collection(
    session: ScopedSession, actor: Actor, place: Place, collection_id: UUID, data: CollectionCorrect
) -> CollectionOut:
    """Strike a wrong record out and note what is right; the answer is the new record"""
    return service.collection_out(service.correct_collection(session, actor, community_of(place), collection_id, data))


@get("/ledger", needs=READ_COLLECTIONS)
def list_ledger(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    month: Month = "",
    community_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[LedgerLine]:
    """A month: each compound and kind of waste, with carriers and destinations"""
    where, wanted = _where(place, community_id), read_month(month)
    sums = repository.month_sums(session, wanted.first, wanted.last, where, _reach(actor, where))
    lines = ledger_lines(sums, repository.carrier_names(session, where))
    return page_of(lines, after, limit, key=lambda each: f"{each.compound_id}:{each.category}")


@get("/ledger/missing", needs=READ_COLLECTIONS)
def list_missing_days(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    month: Month = "",
    community_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[MissingDay]:
    """The days of a month, up to yesterday, on which no kitchen waste was noted though there are containers for it"""
    where = _where(place, community_id)
    days = missing_days(session, where, read_month(month), _reach(actor, where))
    return page_of(days, after, limit, key=lambda each: f"{each.compound_id}:{each.day}")


@get("/ledger/reports", needs=READ_COLLECTIONS)
def list_ledger_reports(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    month: Month = "",
    community_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ReportOut]:
    """Reported months of whole communities, for those who work for these; what was taken back has `reopened_at`"""
    first, where = read_month(month).first if month else None, _where(place, community_id)
    rows = repository.reports_of(session, where, first) if _reach(actor, where) is None else []
    return page_of([reports.report_out(row) for row in rows], after, limit, key=lambda each: str(each.id))


@post("/ledger/reports", needs=REPORT_LEDGER)
def report_month(session: ScopedSession, actor: Actor, place: Place, data: LedgerReportWrite) -> ReportOut:
    """Report a month that is over; its records are closed until the report is taken back"""
    row = reports.report_ledger(session, actor, community_of(place), read_month(data.month))
    return reports.report_out(row)


@post("/ledger/reports/{ledger_report_id:uuid}/reopen", needs=REPORT_LEDGER, status=200)
def reopen_month(
    session: ScopedSession, actor: Actor, place: Place, ledger_report_id: UUID, data: ReportReopen
) -> ReportOut:
    """Take a report back so that its month can be put right"""
    return reports.report_out(reports.reopen_ledger(session, actor, community_of(place), ledger_report_id, data))


_READ = (list_carriers, list_contracts, list_collections, list_ledger, list_missing_days, list_ledger_reports)
WEIGHT_APIS = (
    Api("street", _READ),
    Api(
        "community",
        (
            *_READ,
            show_collection,
            create_carrier,
            update_carrier,
            close_carrier,
            reopen_carrier,
            create_contract,
            update_contract,
            end_contract,
            create_collection,
            create_batch,
            void_collection,
            correct_collection,
            report_month,
            reopen_month,
        ),
    ),
)
