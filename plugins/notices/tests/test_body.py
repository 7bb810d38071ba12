"""What may be typed or pasted, and what of it reaches a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_notices.body import make_body


def test_paragraphs_lists_headings_and_strong_words() -> None:
    body = make_body("# 停水\n\n各位居民：\n周三停水。\n\n- 一号楼\n- 二号楼\n\n1. 储水\n2. **关阀**")
    assert body.html == (
        "<h2>停水</h2><p>各位居民：<br>周三停水。</p><ul><li>一号楼</li><li>二号楼</li></ul>"
        "<ol><li>储水</li><li><strong>关阀</strong></li></ol>"
    )
    assert body.text == "停水\n各位居民：\n周三停水。\n一号楼\n二号楼\n储水\n关阀"


def test_a_bare_address_becomes_a_link_that_gives_nothing_away() -> None:
    html = make_body("详见 https://example.org/a?b=1&c=2，谢谢").html
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">' in html
    assert html.endswith("</a>，谢谢</p>")


def test_signs_that_look_like_tags_are_shown_as_typed() -> None:
    body = make_body("温度 <5℃ 时 & 结冰")
    assert body.text == "温度 <5℃ 时 & 结冰"
    assert "<5" not in body.html


@pytest.mark.parametrize(
    "attack",
    [
        "<p onclick=alert(1)>一</p>",
        "<p>一</p><script>alert(1)</script>",
        '<p><a href="javascript:alert(1)">一</a></p>',
        '<p><a href="data:text/html,x">一</a></p>',
        "<p>一<img src=x onerror=alert(1)></p>",
        "<p>一<svg/onload=alert(1)></p>",
        "<p style=\"background:url('https://example.org')\">一</p>",
        "<p>一</p><iframe src=https://example.org></iframe>",
        "<p>一</p><form action=/x><input name=a></form>",
        "<math><p>一</p><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<script>alert(1)</script>一",
        "**<img src=x onerror=alert(1)>**一",
    ],
)
def test_what_could_run_or_reach_out_is_gone(attack: str) -> None:
    body = make_body(attack)
    assert "一" in body.text
    tags = set(re.findall(r"<\s*/?\s*([a-z0-9]+)", body.html.lower()))
    assert tags <= {"p", "a", "strong"}
    inside = " ".join(re.findall(r"<[^>]*>", body.html)).lower()
    assert not re.search(r"\son\w+|javascript:|data:|style=", inside)


@given(st.text(max_size=300))
def test_cleaning_is_final(source: str) -> None:
    once = make_body(source).html
    assert "<script" not in once.lower()
    if once:
        assert make_body(f"<p></p>{once}").html.removeprefix("<p></p>") == once
