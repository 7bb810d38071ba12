"""Which PostgreSQL versions Linli trusts."""

from __future__ import annotations

import re

from linli.db.embedded.errors import ServerVersionError
from linli.kit.text import gettext as _

#: Lowest version by major. Older ones leak rows past row-level security through planner
#: statistics (CVE-2025-8713).
FLOORS = {15: 150014, 16: 160010, 17: 170006, 18: 180000}
OLDEST_MAJOR = min(FLOORS)


def readable(version_num: int) -> str:
    """`150014` as `15.14`."""
    return f"{version_num // 10000}.{version_num % 10000}"


def is_trusted(version_num: int) -> bool:
    return version_num >= FLOORS.get(version_num // 10000, FLOORS[OLDEST_MAJOR])


def check_server_version(version_num: int) -> None:
    """Refuse a server that is too old.

    Args:
        version_num: what `SHOW server_version_num` answers, such as 150014.

    Raises:
        ServerVersionError: below 15.14, 16.10, 17.6 or 18.0.
    """
    if is_trusted(version_num):
        return
    floors = ", ".join(readable(floor) for floor in FLOORS.values())
    raise ServerVersionError(
        _("PostgreSQL {version} 太旧，它的行级安全有已知漏洞").format(version=readable(version_num)),
        _("请升级到 {floors} 或更新的版本").format(floors=floors),
    )


def parse_version(text: str) -> int | None:
    """The version number in the answer of `postgres --version`; None if there is none.

    A beta or release candidate counts as the first release.
    """
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", text)
    return int(found[1]) * 10000 + int(found[2] or 0) if found else None
