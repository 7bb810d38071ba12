"""What it costs to prove a long chain: rows a second, and the memory of both sides."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from linli.audit.anchors import make_anchor, public_keys, verify_anchored
from linli.house import House
from linli.kit.ids import new_id

REPORT = Path(__file__).parents[2] / ".tmp" / "bench" / "audit.json"
ROWS = 1_000_000
#: Rows that one transaction appends: production's own function, called as an import calls it.
_AT_ONCE = 5_000
_APPEND = text("SELECT core.append_audit(CAST(:rows AS jsonb))")


def grow(house: House, street, rows: int) -> None:
    """Lengthen a street's chain by rows that look like people's acts."""
    communities = [None, *(each.id for each in street.communities)]
    for first in range(0, rows, _AT_ONCE):
        batch = [_row(n, communities[n % len(communities)]) for n in range(first, min(first + _AT_ONCE, rows))]
        with house.database.unit_of_work(street.scope) as session:
            session.execute(_APPEND, {"rows": msgspec.json.encode(batch).decode()})


def _row(n: int, community_id: UUID | None) -> dict[str, object]:
    return {
        "id": new_id(),
        "community_id": community_id,
        "actor_id": None,
        "actor_name": f"工作人员{n % 40}",
        "action": "core.resident.update",
        "subject_type": "resident",
        "subject_id": str(UUID(int=n)),
        "ip": f"10.1.{n % 200}.{n % 250}",
        "request_id": str(UUID(int=n + 1)),
        "reason": "核对后更正" if n % 3 == 0 else "",
        "before": {"name": f"居民{n}", "phone": "138****0000", "remarks": ""},
        "after": {"name": f"居民{n}", "phone": "139****0001", "remarks": "需要电梯"},
    }


def _peak_of(pid: int | str, *, forget: bool = False) -> int:
    """Kilobytes that a process held at most since it was last made to forget; 0 where nobody may look."""
    try:
        if forget:
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def verified(house: House, street, rows: int) -> dict[str, float]:
    """Walk the chain of so many rows, and tell what it took. One connection is used again and again."""
    with house.database.unit_of_work(street.scope, read_only=True) as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    before = {each: _peak_of(each, forget=True) for each in ("self", backend)}
    started = time.perf_counter()
    keys = public_keys(house.vault)
    report = verify_anchored(lambda: house.database.unit_of_work(street.scope, read_only=True), keys)
    seconds = time.perf_counter() - started
    assert (report.is_whole, report.rows, report.anchored) == (True, rows, rows)
    after = {each: _peak_of(each) for each in before}
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "process_peak_kib": after["self"],
        "process_grew_by_kib": after["self"] - before["self"],
        # With what it shares: the server's own cache is part of it.
        "backend_peak_kib": after[backend],
        "backend_grew_by_kib": after[backend] - before[backend],
    }


def _anchored(house: House, street) -> None:
    with house.database.unit_of_work(street.scope) as session:
        assert make_anchor(session) is not None


def test_a_chain_is_verified_in_steps(house, world) -> None:
    grow(house, world.here, 12_000)
    _anchored(house, world.here)
    assert verified(house, world.here, 12_000)["rows"] == 12_000


@pytest.mark.nightly
def test_a_million_rows_are_verified_in_bounded_memory(house, world, capsys) -> None:
    rows = int(os.environ.get("LINLI_TEST_BENCH_AUDIT_ROWS", ROWS))
    started = time.perf_counter()
    grow(house, world.here, rows)
    built = time.perf_counter() - started
    _anchored(house, world.here)
    report = {**verified(house, world.here, rows), "appended_per_second": round(rows / built)}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\n{json.dumps(report, indent=2)}")  # noqa: T201 the figures are the result
    assert report["process_grew_by_kib"] < 64 * 1024, "the rows are not held here"
    assert report["backend_grew_by_kib"] < 256 * 1024, "nor there"
