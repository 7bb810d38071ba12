"""Running commands as a person does, on a database of the test's own."""

from __future__ import annotations

import base64
import json
import logging

import pytest
from click.testing import CliRunner, Result

from linli.cli import cli
from linli.testing.databases import MASTER
from linli.testing.logs import plain_logs


@pytest.fixture
def environment(house, tmp_path) -> dict[str, str | None]:
    return {
        "LINLI_ENV": "development",
        "LINLI_DATA_DIR": str(tmp_path / "数据 data"),
        "LINLI_SECRET_KEY": base64.b64encode(MASTER).decode(),
        "LINLI_DATABASE_URL": house.addresses.app,
        "LINLI_DATABASE_OWNER_URL": house.addresses.owner,
        "LINLI_DATABASE_SUPERUSER_URL": house.addresses.superuser,
        "LINLI_PORT": "18499",
        "LINLI_LOG_LEVEL": None,
        "LINLI_PLUGINS_OFF": None,
    }


@pytest.fixture
def linli(environment):
    """``linli("db", "status", expect=0)``; further variables as keywords."""

    def run(*words: str, expect: int = 0, **variables: str | None) -> Result:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        result = CliRunner().invoke(cli, list(words), env={**environment, **variables})
        # A command sends the log to its own standard error, which is closed now.
        plain_logs()
        root.handlers[:], root.level = handlers, level
        assert result.exit_code == expect, result.output
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def answer(linli):
    """Like ``linli``, for what is printed as JSON."""
    return lambda *words, **options: json.loads(linli(*words, **options).stdout)
