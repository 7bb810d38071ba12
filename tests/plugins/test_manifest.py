"""What a manifest may say."""

from __future__ import annotations

from typing import Any

import pytest

from linli.plugins.manifest import ManifestFault, PluginManifest, sdk_verdict

GOOD: dict[str, Any] = {"name": "tickets", "title": "报修", "description": "居民报修。", "sdk": "1.0"}


def test_a_good_manifest_is_taken() -> None:
    assert PluginManifest(**GOOD).category == "other"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "core"),
        ("name", "Tickets"),
        ("name", "t"),
        ("name", "9lives"),
        ("name", "a" * 32),
        ("name", "tickets-2"),
        ("title", " "),
        ("description", ""),
        ("homepage", "javascript:alert(1)"),
        ("sdk", "1"),
        ("sdk", ">=1.0"),
        ("category", "magic"),
        ("requires", ("tickets",)),
        ("requires", ("No Name",)),
    ],
)
def test_a_fault_names_the_field(field, value) -> None:
    with pytest.raises(ManifestFault, match=field):
        PluginManifest(**{**GOOD, field: value})


@pytest.mark.parametrize(
    ("written_for", "installed", "verdict"),
    [
        ("1.0", "1.0", "fits"),
        ("1.0", "1.4", "fits"),
        ("1.5", "1.4", "unfit"),
        ("1.9", "2.0", "old"),
        ("1.9", "3.0", "unfit"),
        ("2.0", "1.9", "unfit"),
    ],
)
def test_an_old_generation_is_warned_of_before_it_is_refused(written_for, installed, verdict) -> None:
    assert sdk_verdict(written_for, installed) == verdict
