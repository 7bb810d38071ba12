"""What a link shows where it is passed on, and the code for paper."""

from __future__ import annotations

import io

from PIL import Image


def test_a_public_page_has_a_card_with_its_canonical_address(read, portal, here) -> None:
    text = read(portal)
    assert f'property="og:title" content="{here.name}"' in text
    assert 'rel="canonical" href="http' in text
    assert f'{portal}/share.png"' in text
    assert f"{portal}/share?page=" in text


def test_the_page_of_a_person_has_none(browser, read, portal, here) -> None:
    browser.sign_in_as(here.resident_account)
    for path in ("", "/my-home", "/my-data", "/more"):
        text = read(portal + path)
        assert "og:" not in text
        assert 'rel="canonical"' not in text


def test_disclosures_have_a_card(read, portal) -> None:
    text = read(f"{portal}/disclosures")
    assert 'property="og:title" content="信息公开"' in text
    assert f'{portal}/disclosures"' in text.partition('rel="canonical"')[2].partition(">")[0]


def test_the_picture_is_large_enough_for_a_chat(browser, portal) -> None:
    answer = browser.get(f"{portal}/share.png")
    assert answer.headers["cache-control"] == "no-cache"
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


def test_the_code_is_of_the_address_that_it_names(read, portal) -> None:
    text = read(f"{portal}/share?page=/disclosures")
    assert f"{portal}/disclosures" in text
    assert "data:image/svg+xml;base64," in text


def test_no_code_leads_out_of_the_portal(browser, portal) -> None:
    for page in ("//example.org", "https://example.org", "/admin/residents", "/../../x", "@example.org"):
        answer = browser.get(f"{portal}/share", params={"page": page})
        assert answer.status_code == 404 or f"{portal}//example.org" in answer.text.replace("&#x2f;", "/"), page
