"""The defences of files taken away one by one: an attack has to notice each."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

import pytest
from tests.isolation import test_files as attacks
from tests.isolation.cabinet import Cabinet, keeping

from linli.files.storage import Storage, Written

pytestmark = pytest.mark.mutants

Attack = Callable[[Cabinet], None]


class WithoutStreets(attacks.ListedMemory):
    """A storage whose keys lack the tenant: all streets in one heap."""

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        content = source.read(limit + 1)
        key = f"{secrets.token_hex(16)}/{secrets.token_hex(32)}"
        self._files[key] = content, 0.0
        return Written(key, len(content), hashlib.sha256(content).digest())

    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        return iter(list(self._files))


class ByContent(attacks.ListedMemory):
    """A storage that keeps the same bytes of a street once."""

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        content = source.read(limit + 1)
        digest = hashlib.sha256(content)
        key = f"{tenant_id.hex}/{digest.hexdigest()[:2]}/{digest.hexdigest()}"
        return self.put(key, io.BytesIO(content), limit=limit)


#: What is taken away, what stands in its place, and the attack that must notice.
MUTANTS: dict[str, tuple[dict[str, object], type[Storage], Attack]] = {
    "the street in a storage's keys": ({}, WithoutStreets, attacks.sweep_takes_only_ones_own),
    "the street of the key that a row names": (
        {"linli.files.service.is_key_of": lambda tenant_id, key: True},
        attacks.ListedMemory,
        attacks.a_row_opens_only_ones_own,
    ),
    "the same in a move": (
        {"linli.files.moving.is_key_of": lambda tenant_id, key: True},
        attacks.ListedMemory,
        attacks.a_move_carries_only_ones_own,
    ),
    "copies of one's own": ({}, ByContent, attacks.an_upload_tells_nothing_of_others),
    "the reader of a thumbnail": (
        {"linli.files.portal.may_read": lambda session, actor, file: True},
        attacks.ListedMemory,
        attacks.thumbnails_stay_with_their_files,
    ),
    "the look at names of parts": (
        {
            "linli.files.archives.leads_outside": lambda name: False,
            "linli.residents.roster.xlsx.leads_outside": lambda name: False,
        },
        attacks.ListedMemory,
        attacks.an_import_unpacks_no_trap,
    ),
    "the look at document types": (
        {"linli.residents.roster.xlsx._require_no_entities": lambda xml: None},
        attacks.ListedMemory,
        attacks.an_import_unpacks_no_trap,
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_an_attack_notices_a_missing_defence(what: str, served, module_house, monkeypatch) -> None:
    patches, make_storage, attack = MUTANTS[what]
    with keeping(module_house, attacks.ListedMemory()) as storage:
        attack(Cabinet(module_house, served, storage))
    for place, stand_in in patches.items():
        monkeypatch.setattr(place, stand_in)
    with keeping(module_house, make_storage()) as storage, pytest.raises(AssertionError) as noticed:
        attack(Cabinet(module_house, served, storage))
    assert "control:" not in str(noticed.value)
