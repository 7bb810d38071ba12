"""The sign of a station on paper: one page to be read from two metres, with what people need at the bins."""

from __future__ import annotations

import html
import io
import re

import pytest
from pypdf import PdfReader

from linli.sdk import SYSTEM, today
from linli_waste_sorting.guide.catalogue import catalogue
from linli_waste_sorting.parties.schemas import PartyWrite
from linli_waste_sorting.parties.service import name_party
from linli_waste_sorting.stations import sign
from linli_waste_sorting.stations.schemas import Bins

BASE = "https://linli.example"
FOUR = [Bins(category=each, pieces=1) for each in ("kitchen", "other", "recyclable", "hazardous")]
#: Letters of a height of 7 mm are read from two metres.
READABLE = 20


def page_of(content: bytes):
    [page] = PdfReader(io.BytesIO(content)).pages
    return page


def words_of(page) -> str:
    return re.sub(r"\s", "", page.extract_text())


def sizes_of(page) -> dict[float, str]:
    """Size of letters in points to what is written in it."""
    found: dict[float, str] = {}

    def visit(words, _cm, matrix, _font, size) -> None:
        if words.strip():
            found[round(size * abs(matrix[3] or 1), 1)] = found.get(round(size * abs(matrix[3] or 1), 1), "") + words

    page.extract_text(visitor_text=visit)
    return found


@pytest.fixture
def station(own, make_station):
    def make(session, **fields):
        name_party(session, SYSTEM, own.id, _party(own)) if fields.pop("with_party", True) else None
        given = {"containers": FOUR, "hours": "7:00-9:00", **fields}
        return make_station(session, own, **given)

    return make


def _party(own) -> PartyWrite:
    return PartyWrite(
        compound_id=own.compound,
        kind="property_company",
        name="和顺物业服务有限公司",
        contact="010-8888 0000",
        starts_on=today(),
    )


class TestTheSign:
    def test_holds_what_people_need_at_the_bins_on_one_page(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            made = sign.make_sign(session, station(session, name="南门分类驿站", place="3号楼北侧"), BASE)
            page = page_of(made.content)
            assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
            words = words_of(page)
            for each in ("南门分类驿站", "3号楼北侧", "每天", "7:00–9:00", "和顺物业服务有限公司", "010-88880000"):
                assert each in words
            for each in ("厨余垃圾", "可回收物", "有害垃圾", "其他垃圾", "剩饭", "纸箱", "过期药品", "尿不湿"):
                assert each in words
            assert "本点不收" not in words

    def test_is_read_from_two_metres(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            page = page_of(sign.make_sign(session, station(session), BASE).content)
            sizes = sizes_of(page)
            assert min(sizes) >= READABLE, sizes
            assert max(sizes) >= 40

    def test_says_what_the_station_does_not_take(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            some = FOUR[:2]
            assert (
                words_of(page_of(sign.make_sign(session, station(session, containers=some), BASE).content)).count(
                    "本点不收"
                )
                == 2
            )

    def test_a_place_for_bulky_waste_tells_of_that_alone(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            only = [Bins(category="bulky", pieces=1)]
            words = words_of(page_of(sign.make_sign(session, station(session, containers=only), BASE).content))
            assert "大件垃圾" in words
            assert "沙发" in words
            assert "厨余垃圾" not in words

    def test_fits_whatever_it_is_called(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            hours = "6:00-6:45、8:00-8:45、11:00-11:45、17:00-17:45、19:00-19:45"
            extra = [*FOUR, *(Bins(category=each, pieces=1) for each in ("bulky", "decoration"))]
            row = station(session, name="东区二十四号楼与二十五号楼之间分类投放驿站", hours=hours, containers=extra)
            page = page_of(sign.make_sign(session, row, BASE).content)
            assert min(sizes_of(page)) >= READABLE
            assert "装修垃圾" in words_of(page)

    def test_without_a_party_the_office_stands_there(self, open_session, own, station) -> None:
        with open_session(own.scope) as session:
            row = station(session, with_party=False)
            assert own.name in words_of(page_of(sign.make_sign(session, row, BASE).content))


def test_its_things_are_those_of_the_guide() -> None:
    kinds = {each.name: each.category for each in catalogue()}
    assert set(sign._USUAL) <= set(kinds), "a thing on the sign is found in the guide"
    for kind in sign._DAILY:
        assert sum(kinds[each] == kind for each in sign._USUAL) >= 5


@pytest.mark.actor("community_administrator")
def test_it_is_printed_from_the_page_and_the_api(browser, api, own, module_house, make_station) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        row = make_station(session, own, name="要打印的站", containers=FOUR)
        station = row.id
    root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/{station}"
    assert f"{root}/sign" in html.unescape(browser.get(root).text)
    printed = browser.get(f"{root}/sign")
    assert printed.headers["content-type"] == "application/pdf"
    assert "要打印的站" in words_of(page_of(printed.content))
    same = api.get(f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/stations/{station}/sign")
    assert same.status_code == 200
    assert same.content[:5] == b"%PDF-"
