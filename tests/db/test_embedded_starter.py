"""Who promised to stop the embedded server, and who keeps the promise when that one is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from linli.db.embedded import EmbeddedServer
from linli.db.embedded.starter import is_orphaned, write_starter
from linli.testing.folders import open_folder


def start_elsewhere(folder: Path, *, until_exit: bool) -> None:
    program = (
        "import sys; from pathlib import Path; from linli.db.embedded import EmbeddedServer; "
        f"EmbeddedServer(Path(sys.argv[1]), volatile=True).start(until_exit={until_exit})"
    )
    subprocess.run([sys.executable, "-c", program, folder], check=True, timeout=120)


@pytest.mark.parametrize("promised", [True, False])
def test_only_a_server_whose_starter_broke_its_promise_is_taken_over(promised: bool) -> None:
    with open_folder("linli-starter-") as place:
        folder = place / "data"
        start_elsewhere(folder, until_exit=promised)
        try:
            passing = EmbeddedServer(folder)
            passing.start()
            assert not passing.started_here, "a passing command takes nothing over"
            heir = EmbeddedServer(folder)
            heir.start(until_exit=True)
            assert heir.started_here is promised
            second = EmbeddedServer(folder)
            second.start(until_exit=True)
            assert not second.started_here, "the heir is alive"
        finally:
            EmbeddedServer(folder).stop()
        assert not is_orphaned(folder / "postgres.starter")


def test_a_number_that_another_process_got_is_not_believed(tmp_path) -> None:
    path = tmp_path / "starter"
    assert not is_orphaned(path)
    write_starter(path)
    assert not is_orphaned(path)
    path.write_text(f"{os.getpid()}\nanother birth\n")
    assert is_orphaned(path)
