"""Anchors: signed words on how far a chain went and what it was, of which copies are kept outside of the house.

Whoever rules the database can recompute every hash of a chain. They cannot sign an anchor, for its key lies in the
application, and cannot reach the copies: so a chain that was rewritten or cut off contradicts an anchor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from linli.audit.models import AuditAnchor, AuditEntry
from linli.audit.verify import ChainReport, Opener, Tell, walk
from linli.db.vault import Vault
from linli.kit.crypto import is_signed_by, key_id_of

FORMAT = "linli-audit-anchor/1"
_BATCH = 1000
_HEAD = text("SELECT n, hash, clock_timestamp() AS at FROM core.audit_head WHERE tenant_id = sec.tenant_id() AND n > 0")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One signed word: at ``at``, row ``n`` of the street's chain had this hash."""

    tenant_id: UUID
    n: int
    hash: bytes
    at: datetime
    key_id: str
    signature: bytes

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"{FORMAT}\n{self.tenant_id}\n{self.n}\n{self.hash.hex()}\n{at}\n".encode()

    def fault(self, keys: Mapping[str, bytes]) -> str:
        """Empty when one of these keys signed it; else ``forged`` or ``unknown_key``."""
        public = keys.get(self.key_id)
        if public is None:
            return "unknown_key"
        return "" if is_signed_by(public, self.signature, self.message) else "forged"

    def document(self, public: bytes, *, street: str = "") -> dict[str, Any]:
        """As it is written to a file, with the key that signed it."""
        return {
            "format": FORMAT,
            "street": street,
            "tenant_id": str(self.tenant_id),
            "n": self.n,
            "hash": self.hash.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "key_id": self.key_id,
            "public_key": public.hex(),
            "signature": self.signature.hex(),
        }


def public_keys(vault: Vault, *, further: Iterable[bytes] = ()) -> dict[str, bytes]:
    """The keys whose anchors count: this installation's, and those that somebody kept.

    Args:
        vault: of this installation.
        further: public keys of other installations or earlier days.
    """
    return {key_id_of(each): each for each in (*vault.anchor_keys, *further)}


def make_anchor(session: Session) -> Anchor | None:
    """Sign how far the street's chain goes now; ``None`` where it is empty or was signed as far as that already."""
    head = session.execute(_HEAD).one_or_none()
    if head is None:
        return None
    vault: Vault = session.info["vault"]
    unsigned = Anchor(session.info["scope"].tenant_id, head.n, head.hash, head.at, vault.anchors.key_id, b"")
    return keep_anchor(session, replace(unsigned, signature=vault.anchors.sign(unsigned.message)))


def keep_anchor(session: Session, anchor: Anchor) -> Anchor | None:
    """Put an anchor beside the chain; ``None`` where this key has signed this row before."""
    values = {name: getattr(anchor, name) for name in ("n", "hash", "at", "key_id", "signature")}
    made = insert(AuditAnchor).values(**values).on_conflict_do_nothing().returning(AuditAnchor.id)
    return anchor if session.scalar(made) is not None else None


def newest_anchor(session: Session) -> Anchor | None:
    """The one that reaches furthest; ``None`` where there is none. Its signature is not asked."""
    newest = select(AuditAnchor).order_by(AuditAnchor.n.desc(), AuditAnchor.at.desc()).limit(1)
    found = session.scalars(newest.where(AuditAnchor.tenant_id == session.info["scope"].tenant_id)).one_or_none()
    return _anchor(found) if found else None


def anchors_of(opened: Opener, *, newest_first: bool = False) -> Iterator[Anchor]:
    """Every anchor beside the chain, oldest first unless it is said otherwise, read in batches."""
    key = tuple_(AuditAnchor.n, AuditAnchor.key_id)
    order = (AuditAnchor.n.desc(), AuditAnchor.key_id.desc()) if newest_first else (AuditAnchor.n, AuditAnchor.key_id)
    place: tuple[int, str] | None = None
    while True:
        with opened() as session:
            own = AuditAnchor.tenant_id == session.info["scope"].tenant_id
            statement = select(AuditAnchor).where(own).order_by(*order).limit(_BATCH)
            if place is not None:
                statement = statement.where(key < place if newest_first else key > place)
            rows = [_anchor(row) for row in session.scalars(statement)]
        if not rows:
            return
        yield from rows
        place = (rows[-1].n, rows[-1].key_id)


def verify_anchored(
    opened: Opener,
    keys: Mapping[str, bytes],
    *,
    outside: Iterable[Anchor] = (),
    chunk: int | None = None,
    tell: Tell | None = None,
) -> ChainReport:
    """Walk the whole chain, then hold it against every anchor beside it and against copies from outside.

    Args:
        opened: opens a transaction of the whole street.
        keys: see ``public_keys``.
        outside: copies that were kept elsewhere; those of other streets are left out by the caller.
        chunk: rows per statement of the walk.
        tell: hears of each chunk.
    """
    report = walk(opened, tell=tell) if chunk is None else walk(opened, chunk=chunk, tell=tell)
    if not report.is_whole:
        return report
    return compare(opened, keys, _both(anchors_of(opened), outside), report)


def verify_latest(opened: Opener, keys: Mapping[str, bytes]) -> ChainReport:
    """Walk from the newest anchor to the head: quick, and enough before a new anchor is signed."""
    with opened() as session:
        newest = newest_anchor(session)
    if newest is None:
        return walk(opened)
    report = compare(opened, keys, [newest], ChainReport(0))
    if not report.is_whole:
        return report
    walked = walk(opened, start=(newest.n, newest.hash))
    return replace(walked, anchored=report.anchored, anchors=report.anchors)


def compare(opened: Opener, keys: Mapping[str, bytes], anchors: Iterable[Anchor], report: ChainReport) -> ChainReport:
    """The report, with what the anchors show; a chain that contradicts one of them is broken there."""
    waiting = iter(anchors)
    anchored, compared = report.anchored, report.anchors
    # After a change of keys an old anchor stands beside its renewed form: one of the two is enough.
    strange: set[int] = set()
    known: set[int] = set()
    while batch := list(islice(waiting, _BATCH)):
        faults = {each: each.fault(keys) for each in batch}
        if forged := [each.n for each, fault in faults.items() if fault == "forged"]:
            return replace(report, broken_at=min(forged), fault="forged", anchored=anchored, anchors=compared)
        strange |= {each.n for each, fault in faults.items() if fault}
        good = sorted((each for each, fault in faults.items() if not fault), key=lambda each: each.n)
        known |= {each.n for each in good}
        with opened() as session:
            rows = session.execute(
                select(AuditEntry.n, AuditEntry.hash).where(
                    AuditEntry.tenant_id == session.info["scope"].tenant_id,
                    AuditEntry.n.in_([each.n for each in good]),
                )
            )
            found = {n: digest for n, digest in rows}  # noqa: C416 a row is no pair to the type checker
        for each in good:
            if found.get(each.n) != each.hash:
                fault = "rewritten" if each.n in found else "cut"
                return replace(report, broken_at=each.n, fault=fault, anchored=anchored, anchors=compared)
            anchored, compared = max(anchored, each.n), compared + 1
    if unknown := strange - known:
        return replace(report, broken_at=min(unknown), fault="unknown_key", anchored=anchored, anchors=compared)
    return replace(report, anchored=anchored, anchors=compared)


def count_anchors(session: Session) -> int:
    """How many stand beside the street's chain."""
    own = AuditAnchor.tenant_id == session.info["scope"].tenant_id
    return session.scalar(select(func.count()).select_from(AuditAnchor).where(own)) or 0


def _both(one: Iterable[Anchor], other: Iterable[Anchor]) -> Iterator[Anchor]:
    yield from one
    yield from other


def _anchor(row: AuditAnchor) -> Anchor:
    return Anchor(row.tenant_id, row.n, row.hash, row.at, row.key_id, row.signature)
