"""Every failure of a command as one clear sentence with the way out."""

from __future__ import annotations

import errno
import os
from typing import IO, Any
from urllib.parse import unquote

import click
import psycopg
from psycopg.pq.abc import PGconn
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from linli.config.secret import SettingsError
from linli.db.bootstrap import BootstrapRefused
from linli.db.embedded.errors import EmbeddedServerError
from linli.db.migrate import MigrationRefused
from linli.files.storage import StorageFailed
from linli.kit.errors import Invalid, LinliError
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins.discovery import PluginsRefused

_ADDRESSES = ("LINLI_DATABASE_URL", "LINLI_DATABASE_OWNER_URL", "LINLI_DATABASE_SUPERUSER_URL")
#: Errors whose message already says what is wrong and the way out.
_IN_WORDS = (
    LinliError,
    BootstrapRefused,
    EmbeddedServerError,
    SettingsError,
    MigrationRefused,
    PluginsRefused,
    StorageFailed,
)
_OTHER_SCHEMA = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


class Failure(click.ClickException):
    """Ends a command with exit code 1; the message says what is wrong and what to do about it."""

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 click names it
        click.echo(_("错误：{message}").format(message=self.message), err=True)


def wants_traceback() -> bool:
    """Whether the operator asked for details with ``LINLI_LOG_LEVEL=debug``."""
    return os.environ.get("LINLI_LOG_LEVEL", "").strip() == "debug"


def explained(error: Exception) -> str:
    """What went wrong, in words for the operator; never a traceback."""
    if isinstance(error, Invalid):
        return error.in_full()
    if isinstance(error, _IN_WORDS):
        return str(error)
    if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.Error):
        return _database_fault(error.orig)
    if isinstance(error, psycopg.Error):
        return _database_fault(error)
    if isinstance(error, OSError):
        return _system_fault(error)
    return _("没有料到的问题（{kind}：{detail}）。用 LINLI_LOG_LEVEL=debug 再运行一次可看到细节。").format(
        kind=type(error).__name__, detail=_first_line(error)
    )


def _database_fault(error: psycopg.Error) -> str:
    if isinstance(error, _OTHER_SCHEMA):
        return _("数据库的结构和程序不符（{detail}）。请先运行 linli db upgrade。").format(detail=_first_line(error))
    if isinstance(error, psycopg.errors.DiskFull):
        return _("数据库所在的磁盘满了。请腾出空间后重试；没有写入任何内容。")
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return _unreachable(error)
    if isinstance(error, psycopg.errors.InvalidPassword | psycopg.errors.InvalidAuthorizationSpecification):
        return _("数据库拒绝了登录（{detail}）。请检查连接地址里的角色和密码，或重新运行 linli db bootstrap。").format(
            detail=_first_line(error)
        )
    return _("数据库拒绝了操作（{detail}）。没有写入任何内容。").format(detail=_first_line(error))


def _unreachable(error: psycopg.OperationalError) -> str:
    names = _addresses_of(error)
    if not names:
        message = _("连不上数据库（{detail}）。请检查数据库是否在运行。")
        return message.format(detail=_first_line(error))
    message = _("连不上数据库（{detail}）。请检查数据库是否在运行，以及 {names} 是否正确。")
    return message.format(detail=_first_line(error), names=listed(names))


def _addresses_of(error: psycopg.OperationalError) -> list[str]:
    """The variables whose address was tried; where the error does not tell which, all that are set."""
    given = {name: os.environ.get(name, "").strip() for name in _ADDRESSES}
    given = {name: url for name, url in given.items() if url}
    tried = error.pgconn
    found = [name for name, url in given.items() if tried is not None and _is_address(tried, url)]
    return found or list(given)


def _is_address(tried: PGconn, url: str) -> bool:
    try:
        parts = make_url(url)
    except ArgumentError:
        return False
    wanted = (parts.username, parts.database, parts.host and unquote(parts.host), str(parts.port or ""))
    told = (tried.user, tried.db, tried.host, tried.port)
    # What the address leaves out was filled in by the client library.
    return all(not each or each.encode() == seen for each, seen in zip(wanted, told, strict=True))


def _system_fault(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _("磁盘满了。请腾出空间，或用 LINLI_DATA_DIR 另选一个目录。")
    name = error.filename or ""
    if isinstance(error, FileNotFoundError):
        return _("找不到 {name}。请检查路径。").format(name=name)
    if isinstance(error, IsADirectoryError):
        return _("{name} 是一个文件夹，这里要写一个文件。").format(name=name)
    if isinstance(error, PermissionError):
        return _("没有权限使用 {name}。请换一个用户，或改变它的权限。").format(name=name)
    return _("系统拒绝了操作（{detail}）。").format(detail=_first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
