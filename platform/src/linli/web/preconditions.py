"""Conditions on what the caller has read: entity tags, If-Match and If-None-Match (RFC 9110), the same for every route.

A tag names a row, its version and the answer that showed it; nobody but this deployment can make one. Which version a
handler worked on is seen where the session loads the row, so that no handler has to ask for anything.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Any
from uuid import UUID

from linli.db.observing import observe_versions
from linli.db.session import ScopedSession
from linli.kit.errors import Invalid, PreconditionFailed, PreconditionRequired
from linli.kit.text import gettext as _

_TAG = re.compile(r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e]*)"')
_LIST = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e]*"\s*)*')
_MOST = 2000
#: No row has this version: the handler refuses it as stale where it finds the row, and says 404 where it does not.
_NEVER = -1


def tag_of(key: bytes, tenant_id: UUID, answer: Any, encoded: bytes) -> str:
    """The strong tag of an answer: of its row and version where it has them, and of all that it says."""
    digest = blake2b(encoded, key=key, digest_size=9).hexdigest()
    row_id, version = getattr(answer, "id", None), getattr(answer, "version", None)
    if isinstance(row_id, UUID) and isinstance(version, int):
        return f'"{version}-{_seal(key, tenant_id, row_id, version)}-{digest}"'
    return f'"{digest}"'


def is_unchanged(if_none_match: str | None, tag: str) -> bool:
    """Whether the caller has this answer already; weak comparison, as RFC 9110 13.1.2 wants it."""
    if not if_none_match or len(if_none_match) > _MOST:
        return False
    if if_none_match.strip() == "*":
        return True
    return tag in {f'"{found["opaque"]}"' for found in _TAG.finditer(if_none_match)}


@dataclass(slots=True)
class IfMatch:
    """The condition under which a change may be made.

    Attributes:
        is_given: the caller named tags; without, and with ``*``, every version is right.
        versions: row to versions that the tags name, of the rows in the path.
        seen: row to version as this session loaded it.
    """

    is_given: bool = False
    versions: dict[UUID, set[int]] = field(default_factory=dict)
    seen: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    def read(cls, header: str | None, key: bytes, tenant_id: UUID, rows: Iterable[UUID]) -> IfMatch:
        """The condition of a request on the rows that its path names.

        Raises:
            Invalid: the header is no list of tags.
        """
        if header is None or header.strip() == "*":
            return cls()
        if len(header) > _MOST or not _LIST.fullmatch(header):
            raise Invalid.one("If-Match", _("不是实体标签"), _("读取时收到的 ETag，连同引号"))
        rows, versions = list(rows), {}
        for found in _TAG.finditer(header):
            number, _dash, rest = found["opaque"].partition("-")
            # Strong comparison: a weak tag matches nothing.
            if found["weak"] or not re.fullmatch(r"[0-9]{1,9}", number):
                continue
            for row_id in rows:
                if hmac.compare_digest(rest.partition("-")[0], _seal(key, tenant_id, row_id, int(number))):
                    versions.setdefault(row_id, set()).add(int(number))
        return cls(True, versions)

    def version_for(self, sent: int | None) -> int:
        """The version that the handler shall find: the body's, the tag's, or one that never is where they disagree.

        Raises:
            PreconditionRequired: neither says one.
        """
        if not self.is_given:
            if sent is None:
                raise PreconditionRequired
            return sent
        named = {version for versions in self.versions.values() for version in versions}
        if not named or (sent is not None and sent not in named):
            return _NEVER
        return sent if sent is not None else max(named)

    def watch(self, session: ScopedSession) -> None:
        """Note from now on which versions of rows the session loads."""
        if self.is_given:
            self.seen = observe_versions(session)

    @property
    def holds(self) -> bool:
        """Whether a row that the handler worked on is as the caller had read it."""
        return not self.is_given or any(self.seen.get(row_id) in named for row_id, named in self.versions.items())

    def check(self) -> None:
        """After the handler, before the commit.

        Raises:
            PreconditionFailed: the row is another by now, or the path names none that has versions.
        """
        if not self.holds:
            raise PreconditionFailed


def _seal(key: bytes, tenant_id: UUID, row_id: UUID, version: int) -> str:
    return hmac.new(key, tenant_id.bytes + row_id.bytes + b"%d" % version, sha256).hexdigest()[:16]
