"""Which errors and other answers an operation can give beside its result."""

from __future__ import annotations

from linli.web.routing import Handler
from linli.web.signatures import Signature

#: Whatever the operation: a text that cannot be stored, a bad token, a place that is not there, a stray parameter.
_ALWAYS = frozenset({400, 401, 404, 422, 429, 503})


def statuses_of(handler: Handler, asked: Signature) -> frozenset[int]:
    """The statuses of problem+json that the operation can answer with."""
    found = set(_ALWAYS)
    if not handler.public or not handler.is_read:
        found.add(403)
    if not handler.is_read:
        found |= {409, 412}
    if asked.body is not None:
        found |= {413, 415}
    if asked.needs_version:
        found.add(428)
    return frozenset(found | {each for each in handler.also if each >= 400})
