"""The master secret: as it is written in a variable, and in the data folder of whoever gave none."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linli.kit.text import gettext as _

SECRET_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong variable: its name, what is wrong with its value, and what is allowed."""

    variable: str
    fault: str
    allowed: str

    def __str__(self) -> str:
        return _("{variable}：{fault}。允许的值：{allowed}").format(
            variable=self.variable, fault=self.fault, allowed=self.allowed
        )


class SettingsError(Exception):
    """The environment does not make a valid installation; `faults` lists every wrong variable."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


def numbered(value: str) -> tuple[int, str]:
    """A secret's number and the rest: ``2:…``; the first has none."""
    found = re.fullmatch(r"([1-9][0-9]{0,5}):(.*)", value)
    return (int(found[1]), found[2]) if found else (1, value)


def decoded(value: str) -> bytes | None:
    """The bytes of a secret, whichever base64 it is in; ``None`` where it is none."""
    padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def key_in(data_dir: Path) -> tuple[int, bytes]:
    """The number and the secret in a data folder; made there where none was.

    Raises:
        SettingsError: the file cannot be read or written, or is damaged.
    """
    path = data_dir / "secret.key"
    try:
        # Others may pass through, as the embedded server's user must, but not look around.
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not path.exists():
            _write_key(path)
        number, text = numbered(path.read_text("ascii").strip())
        key = decoded(text)
    except OSError as error:
        fault = _("“{path}”不可用（{why}）").format(path=error.filename or data_dir, why=error.strerror or error)
        raise SettingsError([Fault("LINLI_DATA_DIR", fault, _("一个可写的文件夹"))]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([_unusable(path, _("内容已损坏"))]) from error
    if key is None or len(key) < SECRET_KEY_BYTES:
        raise SettingsError([_unusable(path, _("内容已损坏"))])
    return number, key


def _write_key(path: Path) -> None:
    # Linking a finished file lets two processes start at once and still agree on one key.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:
            # Some shared folders know no hard links.
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _unusable(path: Path, why: str) -> Fault:
    fault = _("{path} 里的密钥不可用（{why}）").format(path=path, why=why)
    allowed = _("放回原来的文件，或在 LINLI_SECRET_KEY 中给出原来的密钥")
    return Fault("LINLI_SECRET_KEY", fault, allowed)
