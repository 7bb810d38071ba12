"""A manifest that every test may change a little, and the plugins it names."""

from __future__ import annotations

import pytest

from linli.manifests.reading import parse_manifest
from linli.plugins.discovery import Candidate
from linli.plugins.registry import Plugins

GOOD = """\
code = "998001001"
slug = "first-street"
name = "甲街道"
rule_set = "cn-beijing"
domains = ["first.example.cn"]

[portal]
title = "甲街道邻里"
theme = "blue"

[plugins.notices]
communities = ["998001001001"]

[[communities]]
code = "998001001001"
register_name = "东社区居委会"
office_phone = "010-00000000"
[communities.portal]
theme = "green"

[[communities.compounds]]
name = "示范小区甲"
kind = "unit_dormitory"
is_old = true
built_year = 1986

[[communities]]
code = "998001001002"
name = "西边社区"

[[staff]]
name = "试用管理员"
role = "street_administrator"
user_name = "trial-street"

[[staff]]
name = "试用社区管理员"
role = "community_administrator"
phone = "19900001234"
community = "998001001001"
"""


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The installed plugins under their own names."""
    names = ("notices", "waste_sorting")
    found = [Candidate(name, f"linli_{name}.plugin", f"linli-{name.replace('_', '-')}", "0.1.0") for name in names]
    return Plugins.load(found=found).activate()


@pytest.fixture
def read():
    return lambda text: parse_manifest(text.encode(), "t.toml")
