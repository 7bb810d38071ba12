"""Photos of all parts: taken in as photos alone, kept with what they show, several of one form."""

from __future__ import annotations

import base64
import html
import io
import re
from uuid import uuid4

import pytest
from PIL import Image

from linli.sdk import SYSTEM, Invalid, Photo, today
from linli_waste_sorting.photos import (
    MOST_PHOTOS,
    PHOTO_LIMIT,
    PhotoBody,
    decoded,
    drop_photos,
    keep_photos,
    kept_photos,
)
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station


def picture(colour: str = "teal") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (12, 8), colour).save(content, "JPEG")
    return content.getvalue()


JPEG = Photo(picture(), "a.jpg", "image/jpeg")


class TestKeeping:
    def test_each_subject_has_its_own(self, open_session, own) -> None:
        first, second, none = uuid4(), uuid4(), uuid4()
        with open_session(own.scope) as session:
            keep_photos(session, SYSTEM, ("booking", first), own.id, [JPEG] * MOST_PHOTOS)
            keep_photos(session, SYSTEM, ("booking", second), own.id, [JPEG], most=1)
            found = kept_photos(session, "booking", [first, second, none])
            assert {key: len(files) for key, files in found.items()} == {first: MOST_PHOTOS, second: 1}
            assert kept_photos(session, "publicity", [first]) == kept_photos(session, "booking", []) == {}
            drop_photos(session, SYSTEM, "booking", [first], reason="试验")
            assert list(kept_photos(session, "booking", [first, second])) == [second]

    @pytest.mark.parametrize(
        ("sent", "most"),
        [
            ([JPEG] * (MOST_PHOTOS + 1), MOST_PHOTOS),
            ([JPEG] * 2, 1),
            ([Photo(b"%PDF-1.4\n%%EOF\n", "a.pdf", "application/pdf")], 3),
            ([Photo(b"no picture", "a.jpg", "")], 3),
            ([Photo(JPEG.content + bytes(PHOTO_LIMIT), "a.jpg", "")], 3),
        ],
        ids=["too_many", "more_than_one", "no_photo", "damaged", "too_large"],
    )
    def test_what_is_refused_names_the_field(self, open_session, own, sent, most) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid) as error:
            keep_photos(session, SYSTEM, ("booking", uuid4()), own.id, sent, most=most, field="here")
        assert [each.field for each in error.value.errors] == ["here"]

    def test_a_body_holds_them_in_base64(self) -> None:
        [found] = decoded([PhotoBody(name="a.jpg", content=base64.b64encode(JPEG.content).decode())])
        assert (found.content, found.name) == (JPEG.content, "a.jpg")
        with pytest.raises(Invalid) as error:
            decoded([PhotoBody(name="a.jpg", content="!")], "photo")
        assert error.value.errors[0].field == "photo"


class TestForms:
    """What the forms of all parts do alike: several photos in one field, judged before anything is written."""

    TWO = tuple(("photos", (f"{n}.jpg", picture(), "image/jpeg")) for n in "ab")
    FOUR = TWO * 2

    @pytest.mark.actor("community_administrator")
    def test_an_activity_with_two(self, browser, own) -> None:
        page = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/publicity"
        form = html.unescape(browser.get(page).text)
        assert re.search(r'name="photos" accept="image/\*" capture="environment"', form)
        assert re.search(r'name="photos" accept="image/jpeg,image/png,image/webp" multiple', form)
        sent = {"held_on": str(today()), "kind": "talk", "title": "两张照片", "reach": "25"}
        refused = browser.post(page, sent, files=self.FOUR)
        assert refused.status_code == 422
        assert "最多 3 张" in refused.text
        assert browser.post(page, sent, files=self.TWO).status_code == 303
        shown = html.unescape(browser.get(page).text)
        assert len(re.findall(r"/files/[0-9a-f-]{36}/thumbnail", shown.partition("两张照片")[2])) == 2

    @pytest.mark.actor("community_administrator")
    def test_a_round_with_one_at_a_point_and_two_of_a_bag(self, browser, module_house, own) -> None:
        with module_house.database.unit_of_work(own.scope) as session:
            data = StationCreate(compound_id=own.compound, name="照片站", place="南门")
            station = create_station(session, SYSTEM, own.id, data).id
        root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/inspections"
        begun = browser.post(f"{root}/new", {"compound_id": str(own.compound)}).headers["location"]
        here = f"{begun}/stations/{station}"
        point = tuple(("photo_0", file) for _field, file in self.TWO)
        refused = browser.post(here, {"met_0": "1"}, files=point)
        assert refused.status_code == 422
        assert "最多 1 张" in refused.text
        assert browser.post(here, {"met_0": "1"}, files=point[:1]).status_code == 303
        bag = {"result": "wrong", "subject": "bag", "category": "kitchen"}
        assert browser.post(f"{here}/findings", bag, files=self.FOUR).status_code == 422
        assert browser.post(f"{here}/findings", bag, files=self.TWO).status_code == 303
        shown = [html.unescape(browser.get(page).text) for page in (here, f"{here}/findings")]
        assert [each.count("/thumbnail") for each in shown] == [1, 2]
        assert browser.post(f"{begun}/discard").status_code == 303
