"""Idempotency-Key: a retried POST is carried out once, and answered again as it was answered the first time.

The row that remembers a request is written in the transaction of its effect: either both are there or none is.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.db.session import ScopedSession
from linli.kit.errors import FieldError, InProgress, Invalid, KeyReused
from linli.kit.text import gettext as _

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
#: A caller that lost its connection on a Friday evening retries on Monday; longer only keeps personal data.
KEPT_HOURS = 72
#: How long a second request waits for the first before it is told to come again.
WAIT_MS = 5000
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_BEGIN = text(
    "INSERT INTO core.idempotency_key (id, community_id, account_id, route, fingerprint) "
    "VALUES (:id, :community, :account, :route, :fingerprint) "
    # What has outlived its time is as good as absent, whether or not it was swept away yet.
    "ON CONFLICT (tenant_id, id) DO UPDATE SET created_at = now(), fingerprint = excluded.fingerprint, "
    "status = NULL, body_ct = NULL, headers = '{}' "
    "WHERE idempotency_key.created_at < now() - make_interval(hours => :hours) RETURNING 1"
)
_FIND = text("SELECT fingerprint, status, headers, body_ct FROM core.idempotency_key WHERE id = :id")
_END = text(
    "UPDATE core.idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body_ct = :body, "
    "updated_at = clock_timestamp() WHERE id = :id"
)
_WAIT = text("SELECT current_setting('lock_timeout'), set_config('lock_timeout', :wait, true)")
_GO_ON = text("SELECT set_config('lock_timeout', :before, true)")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request under a key.

    Attributes:
        row_id: made of tenant, community, caller, route and key: it cannot meet somebody else's.
        fingerprint: of all that was asked.
    """

    row_id: UUID
    community_id: UUID | None
    account_id: UUID | None
    route: str
    fingerprint: bytes

    def begin(self, session: ScopedSession) -> Answered | None:
        """Take the key for this transaction, or the answer that it was given before.

        Raises:
            InProgress: the first request is still being carried out.
            KeyReused: the first request asked for something else.
        """
        before = session.execute(_WAIT, {"wait": f"{WAIT_MS}ms"}).scalar_one()
        given = {"id": self.row_id, "community": self.community_id, "account": self.account_id}
        given |= {"route": self.route, "fingerprint": self.fingerprint, "hours": KEPT_HOURS}
        try:
            is_first = session.execute(_BEGIN, given).first() is not None
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") == "55P03":
                raise InProgress from error
            raise
        session.execute(_GO_ON, {"before": before})
        if is_first:
            return None
        row = session.execute(_FIND, {"id": self.row_id}).first()
        if row is None or row.status is None:
            raise InProgress
        if not hmac.compare_digest(bytes(row.fingerprint), self.fingerprint):
            raise KeyReused(errors=[FieldError(HEADER, _("已用于另一个请求"), _("每个新的请求用一个新的键"))])
        sealed = session.vault.decrypt(session, "idempotency_key", "body", self.row_id, row.body_ct)
        return Answered(row.status, base64.b64decode(sealed), dict(row.headers))

    def end(self, session: ScopedSession, answer: Answered) -> None:
        """Keep the answer, sealed: it may hold what the register seals too."""
        plain = base64.b64encode(answer.body).decode()
        sealed = session.vault.encrypt(session, "idempotency_key", "body", self.row_id, plain)
        headers = msgspec.json.encode(answer.headers).decode()
        session.execute(_END, {"id": self.row_id, "status": answer.status, "headers": headers, "body": sealed})


def read_attempt(
    header: str | None,
    key: bytes,
    *,
    tenant_id: UUID,
    community_id: UUID | None,
    account_id: UUID | None,
    principal: str,
    route: str,
    asked: Any,
) -> Attempt | None:
    """The attempt that a request is; ``None`` when it carries no key.

    Args:
        header: as it was sent.
        key: of this deployment; what is asked may hold numbers that a plain hash would give away.
        tenant_id: whose street.
        community_id: in which community, if in one.
        account_id: who asks, if somebody is signed in.
        principal: which token asks, or which address where nobody is signed in.
        route: method and path with its ids.
        asked: the body and whatever else decides what is done.

    Raises:
        Invalid: the key is not 1 to 255 visible ASCII characters.
    """
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise Invalid.one(HEADER, _("不是有效的幂等键"), _("1 至 255 个可见的 ASCII 字符，例如一个 UUID"))
    parts = (str(tenant_id), str(community_id or ""), principal, route, header)
    row_id = UUID(bytes=hmac.new(key, "\n".join(parts).encode(), sha256).digest()[:16])
    fingerprint = hmac.new(key, msgspec.json.encode(asked, order="deterministic"), sha256).digest()
    return Attempt(row_id, community_id, account_id, route, fingerprint)
