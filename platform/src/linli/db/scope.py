"""Signing of scopes: the database believes a scope only when this process signed it."""

from __future__ import annotations

import hashlib
import hmac
import time

from linli.kit.crypto import derive_key
from linli.kit.scope import Scope

#: Seconds a request's scope lives; a batch renews it with every transaction.
REQUEST_TTL = 120

_BLOCK = 64


class ScopeSigner:
    """Makes the value of ``app.scope`` for a transaction."""

    def __init__(self, master: bytes, *, kid: int = 1) -> None:
        self._kid = kid
        self._key = derive_key(master, f"scope/{kid}")

    def token(self, scope: Scope, *, ttl: int = REQUEST_TTL) -> str:
        """``kid.tenant.communities.exp.mac``; ``ttl`` in seconds from now."""
        communities = "*" if scope.communities is None else ",".join(sorted(str(each) for each in scope.communities))
        if communities == "":
            # An empty list would read as "no restriction" once split; the nil UUID matches no community.
            communities = "00000000-0000-0000-0000-000000000000"
        return self._sign(str(scope.tenant_id), communities, ttl)

    def ticket(self, subject: str, purpose: str, *, ttl: int = REQUEST_TTL) -> str:
        """This process's word for one fact about one subject, for a definer function that asks for that purpose.

        It has the form of a scope and opens none: its purpose stands where a scope has the tenant's id.
        """
        if "." in subject + purpose:
            raise ValueError("a ticket's subject and purpose hold no dot")
        return self._sign(purpose, subject, ttl)

    def _sign(self, first: str, second: str, ttl: int) -> str:
        body = f"{self._kid}.{first}.{second}.{int(time.time()) + ttl}"
        return f"{body}.{hmac.digest(self._key, body.encode(), hashlib.sha256).hex()}"

    def pads(self) -> tuple[int, bytes, bytes]:
        """Key id, inner and outer HMAC pad: what ``sec.scope_pad`` stores so that the database can check a token."""
        padded = self._key.ljust(_BLOCK, b"\0")
        return self._kid, bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)
