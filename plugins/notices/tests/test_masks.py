"""What looks like personal data is found and masked; what does not stays."""

from __future__ import annotations

import pytest

from linli_notices.masks import find_personal, masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请联系13800001234", "请联系138****1234"),
        ("138-0000-1234 或 138 0000 1234", "138****1234 或 138****1234"),
        ("证件110105199001011234。", "证件110*************34。"),
        ("11010519900101123X", "110*************3X"),
        ("3号楼2单元501的住户", "3号楼***的住户"),
        ("3 号楼 2 单元 501 室", "3 号楼***"),
        ("十二栋1203室和12幢1单元101", "十二栋***和12幢***"),
        ("2单元501室", "2单元***"),
        ("住户3-2-501", "住户3***"),
        ("张三丰已交", "张**已交"),
    ],
)
def test_masked(text, expected) -> None:
    assert masked(text, ["张三丰"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "3号楼2单元门禁检修",
        "3号楼停水，共501户",
        "2026-01-31 至 2026-12-01",
        "电话 010-65001234",
        "收入 12600.00 元，支出 4800 元",
        "编号 138000012345678",
        "第十二条 第 3 款",
        "9:00-11:30",
        "1-5号楼",
    ],
)
def test_what_is_none_stays(text) -> None:
    assert masked(text) == text


def test_names_of_the_register_are_found_and_only_of_this_place(open_session, world) -> None:
    own = world.here.communities[0]
    texts = {
        "title": "测试居民2的申请",
        "body": "测试居民2，1号楼1单元201，13800001234；王某某",
        "file": "测试居民3.pdf",
    }
    with open_session(own.scope) as session:
        found = find_personal(session, own.id, texts)
    assert [(each.field, each.kind, each.text, each.masked) for each in found] == [
        ("title", "name", "测试居民2", "测****"),
        ("body", "phone", "13800001234", "138****1234"),
        ("body", "door", "1号楼1单元201", "1号楼***"),
        ("body", "name", "测试居民2", "测****"),
        ("file", "name", "测试居民3", "测****"),
    ]


def test_a_street_looks_for_names_of_all_its_communities_and_of_no_other_street(open_session, world) -> None:
    from sqlalchemy import text

    with open_session(world.there.scope) as session:
        session.execute(
            text("UPDATE core.resident SET name = '欧阳金丝雀' WHERE id = :id"),
            {"id": world.there.communities[0].residents[0]},
        )
    with open_session(world.here.scope) as session:
        assert [each.text for each in find_personal(session, None, {"body": "测试居民1和欧阳金丝雀"})] == ["测试居民1"]
    with open_session(world.there.scope) as session:
        assert len(find_personal(session, None, {"body": "测试居民1和欧阳金丝雀"})) == 2
