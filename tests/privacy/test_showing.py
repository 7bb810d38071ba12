"""What is kept about a person, in words: days and moments as people write them, in either language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from linli.kit.text import speaking
from linli.privacy.export import shown


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (date(2026, 1, 31), "2026年1月31日", "31 Jan 2026"),
        ("2026-01-31", "2026年1月31日", "31 Jan 2026"),
        (datetime(2026, 1, 31, 16, 5, tzinfo=UTC), "2026年2月1日 00:05", "1 Feb 2026 00:05"),
        ("2026-01-31T16:05:09.123456+00:00", "2026年2月1日 00:05", "1 Feb 2026 00:05"),
        ("2026-01-31T16:05:09Z", "2026年2月1日 00:05", "1 Feb 2026 00:05"),
        ("2026-13-31", "2026-13-31", "2026-13-31"),
        ("2026-01-31T16:05:09", "2026-01-31T16:05:09", "2026-01-31T16:05:09"),
        ("合同 2026-01-31", "合同 2026-01-31", "合同 2026-01-31"),
        ("", "—", "—"),
        (None, "—", "—"),
        (0, "0", "0"),
    ],
)
def test_days_and_moments_are_said_in_words(value: object, chinese: str, english: str) -> None:
    with speaking("zh_CN"):
        assert shown(value) == chinese
    with speaking("en"):
        assert shown(value) == english


def test_days_in_lists_too() -> None:
    assert shown(["2026-01-31", "甲"]) == "2026年1月31日、甲"
    assert shown({"on": "2026-01-31"}).endswith("2026年1月31日")
