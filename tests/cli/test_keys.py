"""`linli keys`: turning the keys of a street from the command line."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from linli.residents.models import Resident


@pytest.fixture
def phones(house, world):
    def read() -> list[str]:
        house.vault.forget(world.here.id)
        with house.database.unit_of_work(world.here.scope) as session:
            rows = session.execute(select(Resident.id, Resident.phone_ct).where(Resident.phone_ct.is_not(None)))
            return sorted(session.vault.decrypt(session, "resident", "phone", *row) for row in rows)

    return read


def test_rotate_seals_everything_anew_and_status_tells(answer, linli, world, phones) -> None:
    before = phones()
    done = answer("keys", "rotate", "--street", world.here.code, "--json")
    [row] = done["streets"]
    assert (done["ok"], row["version"], row["left"], row["broken"]) == (True, 2, 0, [])
    assert phones() == before
    rows = {each["street"]: each for each in answer("keys", "status", "--json")["streets"]}
    assert rows[world.here.code]["columns"]["core.resident.phone_ct"] == {"2": 8}
    assert rows[world.there.code]["columns"]["core.resident.phone_ct"] == {"1": 8}
    assert "现用版本 2" in linli("keys", "status").stdout
    assert answer("keys", "rewrap", "--json")["streets"][0]["values"] == 0


def test_reindex_waits_for_the_site_to_stop(linli, house, world, phones) -> None:
    before = phones()
    assert "还在运行" in linli("keys", "reindex", expect=1).stderr
    house.database.dispose()
    linli("keys", "reindex", "--street", world.here.code)
    with house.database.unit_of_work(world.here.scope) as session:
        house.vault.forget(world.here.id)
        for phone in before:
            index = session.vault.blind_index(session, "phone", phone)
            assert session.scalar(select(Resident.id).where(Resident.phone_bi == index)) is not None
