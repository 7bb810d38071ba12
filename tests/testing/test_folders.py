"""Where the databases of tests lie: in memory if there is room for them."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from linli.testing import folders


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A stand-in for the machine's memory folder with so many bytes free."""

    def has(free: int):
        monkeypatch.setattr(folders, "_MEMORY", tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
        return tmp_path

    monkeypatch.delenv("TMPDIR", raising=False)
    return has


@pytest.mark.parametrize(("short_by", "is_taken"), [(1, False), (0, True), (-1, True)])
def test_memory_is_taken_where_there_is_room(memory, short_by, is_taken) -> None:
    place = memory(4 * 1024**3 - short_by)
    assert folders.memory_folder() == (place if is_taken else None)


def test_who_says_where_temporary_files_lie_is_heard(memory, monkeypatch, tmp_path) -> None:
    memory(1024**4)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert folders.memory_folder() is None


def test_a_machine_without_such_a_place_has_none(memory, monkeypatch, tmp_path) -> None:
    memory(1024**4)
    monkeypatch.setattr(folders, "_MEMORY", tmp_path / "missing")
    assert folders.memory_folder() is None


def test_other_users_get_through_and_nothing_is_left(memory) -> None:
    place = memory(1024**4)
    with folders.open_folder("linli-") as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o711
        (folder / "data").mkdir()
    assert list(place.iterdir()) == []
