"""Carriers and their contracts: what holds, what ends soon, and what is not covered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.choices import settle_rule
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.weights import carriers, contracts
from linli_waste_sorting.weights.obligations import uncovered
from linli_waste_sorting.weights.repository import carriers_of, contracts_of
from linli_waste_sorting.weights.schemas import CarrierWrite, ContractEnd, ContractWrite

FOUR = [Bins(category=each, pieces=1) for each in ("kitchen", "other", "recyclable", "hazardous")]


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def write(contract: contracts.Contract, **changed: Any) -> ContractWrite:
    given = {name: getattr(contract, name) for name in ("carrier_id", "number", "categories", "destination")}
    days = {"starts_on": contract.starts_on, "ends_on": contract.ends_on}
    places = [each.compound_id for each in contract.compounds]
    return ContractWrite(**{**given, **days, "compound_ids": places, **changed})


class TestCarriers:
    def test_one_is_changed_taken_out_of_use_and_used_again(self, open_session, own, make_carrier) -> None:
        with open_session(own.scope) as session:
            row = make_carrier(session, own, licence="环许1号")
            read = row.version
            data = CarrierWrite(name=" 环卫公司 ", contact="办公室", version=read)
            carriers.update_carrier(session, SYSTEM, own.id, row.id, data)
            assert (row.name, row.licence, row.contact) == ("环卫公司", "", "办公室")
            with pytest.raises(Conflict):
                carriers.update_carrier(session, SYSTEM, own.id, row.id, data)
            carriers.close_carrier(session, SYSTEM, own.id, row.id)
            assert (list(carriers_of(session, own.id, used=True)), list(carriers_of(session, own.id))) == ([], [row])
            make_carrier(session, own, name="环卫公司")
            with pytest.raises(Conflict, match="环卫公司"):
                carriers.reopen_carrier(session, SYSTEM, own.id, row.id)
            carriers.update_carrier(session, SYSTEM, own.id, row.id, CarrierWrite(name="环卫一公司"))
            assert carriers.reopen_carrier(session, SYSTEM, own.id, row.id).closed_at is None

    def test_two_in_use_have_two_names(self, open_session, own, make_carrier) -> None:
        with open_session(own.scope) as session:
            make_carrier(session, own)
            for name in ("环卫中心", " 环卫中心 ", " "):
                with pytest.raises(Invalid) as error:
                    make_carrier(session, own, name=name)
                assert fields(error) == ["name"]

    @pytest.mark.actor("auditor")
    def test_who_may_only_read_writes_nothing(self, open_session, own, actor, make_carrier, make_contract) -> None:
        with open_session(own.scope) as session:
            carrier = make_carrier(session, own)
            contract = make_contract(session, own, carrier)
            end = ContractEnd(ends_on=today(), reason="x")
            for act in (
                lambda: carriers.create_carrier(session, actor, own.id, CarrierWrite(name="x")),
                lambda: carriers.update_carrier(session, actor, own.id, carrier.id, CarrierWrite(name="x")),
                lambda: carriers.close_carrier(session, actor, own.id, carrier.id),
                lambda: carriers.reopen_carrier(session, actor, own.id, carrier.id),
                lambda: contracts.create_contract(session, actor, own.id, write(contract)),
                lambda: contracts.update_contract(session, actor, own.id, contract.id, write(contract)),
                lambda: contracts.end_contract(session, actor, own.id, contract.id, end),
            ):
                with pytest.raises(Forbidden):
                    act()

    def test_neighbours_see_none_of_them(self, open_session, world, own, make_carrier, make_contract) -> None:
        with open_session(own.scope) as session:
            carrier = make_carrier(session, own)
            contract = make_contract(session, own, carrier)
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert not carriers_of(session, None)
                assert not contracts_of(session, None)
                with pytest.raises(NotFound):
                    carriers.get_carrier(session, stranger.id, carrier.id)
                with pytest.raises(NotFound):
                    contracts.get_contract(session, stranger.id, contract.id)


class TestContracts:
    @pytest.mark.parametrize(
        ("starts", "ends", "state"),
        [
            (1, 40, "coming"),
            (0, 31, "valid"),
            (0, 30, "ending"),
            (-9, 0, "ending"),
            (-9, -1, "over"),
        ],
    )
    def test_within_thirty_days_one_is_ending(
        self, open_session, own, make_carrier, make_contract, starts, ends, state
    ) -> None:
        with open_session(own.scope) as session:
            days = {"starts_on": today() + timedelta(days=starts), "ends_on": today() + timedelta(days=ends)}
            row = make_contract(session, own, make_carrier(session, own), **days)
            assert contracts.notice_days(session) == 30
            assert contracts.contract_out(row, 30).state == state

    def test_how_many_days_before_is_a_rule(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_weights.contract_notice", "60 days")
            assert contracts.notice_days(session) == 60

    def test_every_fault_is_named_at_once(self, open_session, world, own, make_carrier, make_contract) -> None:
        other = world.here.communities[1]
        with open_session(other.scope) as session:
            strange = make_carrier(session, other)
        with open_session(own.scope) as session:
            faulty = {
                "number": " ",
                "destination": " ",
                "ends_on": today() - timedelta(days=301),
                "compound_ids": [own.compound, other.compound],
                "carrier_id": strange.id,
            }
            with pytest.raises(Invalid) as error:
                make_contract(session, own, make_carrier(session, own), **faulty)
            assert sorted(fields(error)) == sorted(faulty)
            assert not contracts_of(session, own.id)

    def test_a_change_of_its_compounds_alone_is_one(self, open_session, own, make_carrier, make_contract) -> None:
        with open_session(own.scope) as session:
            row = make_contract(session, own, make_carrier(session, own))
            read = row.version
            contracts.update_contract(session, SYSTEM, own.id, row.id, write(row, version=read))
            with pytest.raises(Conflict):
                contracts.update_contract(session, SYSTEM, own.id, row.id, write(row, version=read))

    def test_it_is_ended_once_within_its_days_with_a_reason(
        self, open_session, own, make_carrier, make_contract
    ) -> None:
        with open_session(own.scope) as session:
            row = make_contract(session, own, make_carrier(session, own))
            for day in (row.starts_on - timedelta(days=1), row.ends_on):
                with pytest.raises(Invalid) as error:
                    contracts.end_contract(session, SYSTEM, own.id, row.id, ContractEnd(ends_on=day, reason=" "))
                assert fields(error) == ["reason", "ends_on"]
            contracts.end_contract(session, SYSTEM, own.id, row.id, ContractEnd(ends_on=today(), reason="改签"))
            assert (row.ends_on, row.ended_because) == (today(), "改签")
            for again in (
                lambda: contracts.end_contract(
                    session, SYSTEM, own.id, row.id, ContractEnd(ends_on=row.starts_on, reason="x")
                ),
                lambda: contracts.update_contract(session, SYSTEM, own.id, row.id, write(row)),
            ):
                with pytest.raises(Conflict):
                    again()


class TestUncovered:
    def test_what_has_containers_and_must_be_under_a_contract(
        self, open_session, world, own, make_station, make_carrier, make_contract
    ) -> None:
        with open_session(world.here.scope) as session:
            assert uncovered(session, [own.compound], today()) == {}, "no containers, no duty"
            make_station(session, own, containers=FOUR)
            assert uncovered(session, [own.compound], today()) == {own.compound: {"kitchen", "other"}}
            carrier = make_carrier(session, own)
            row = make_contract(session, own, carrier, categories=["kitchen"])
            assert uncovered(session, [own.compound], row.ends_on) == {own.compound: {"other"}}
            make_contract(session, own, carrier, categories=["other"], number="2号")
            assert uncovered(session, [own.compound], row.ends_on) == {}
            assert uncovered(session, [own.compound], row.ends_on + timedelta(days=1)) != {}
            settle_rule(session, "waste_sorting_weights.contracted", ["kitchen", "hazardous"])
            assert uncovered(session, [own.compound], today()) == {own.compound: {"hazardous"}}
