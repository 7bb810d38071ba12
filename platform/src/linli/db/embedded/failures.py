"""The server's last words, turned into one sentence with the way out."""

from __future__ import annotations

import re
from pathlib import Path

from linli.db.embedded.errors import EmbeddedServerError
from linli.kit.text import gettext as _


def disk_full(data_dir: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        _("磁盘已满，数据库无法在 {folder} 里写入").format(folder=data_dir),
        _("请腾出至少 300 MB 空间，或用 LINLI_DATA_DIR 另选一个目录"),
    )


def no_permission(path: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        _("没有权限写入 {path}").format(path=path),
        _("请改正该目录的权限，或用 LINLI_DATA_DIR 另选一个目录"),
    )


def explain(output: str, data_dir: Path, log: Path) -> EmbeddedServerError:
    """Why `initdb` or `postgres` ended, from what it printed in English."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return disk_full(data_dir)
    if "could not bind" in output or "could not create any" in output:
        return EmbeddedServerError(
            _("数据库的套接字或端口已被占用"),
            _("请用 linli db stop 停掉先前的数据库，或用 LINLI_DATA_DIR 另选一个目录"),
        )
    if "shared memory segment" in output or "Cannot allocate memory" in output:
        return EmbeddedServerError(_("内存不足，数据库无法启动"), _("请关闭其他程序，数据库大约需要 200 MB 内存"))
    if "Permission denied" in output or "Read-only file system" in output:
        return no_permission(data_dir)
    return EmbeddedServerError(
        _("数据库无法启动：{reason}").format(reason=_last_complaint(output)),
        _("详情见 {log}").format(log=log),
    )


def _last_complaint(output: str) -> str:
    complaints = re.findall(r"(?:PANIC|FATAL|ERROR|error):\s*(.+)", output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return (complaints or lines or [_("没有说明原因")])[-1]
