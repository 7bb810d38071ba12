"""What the document says about the API as a whole: its parts, its headers, its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLE = "Linli API"
#: In Markdown, as OpenAPI has it.
INTRODUCTION = """\
Everything that the portals of Linli do for places, people, roles, plugins, messages and notices.

- **Sign in** with `Authorization: Bearer <token>`; tokens are made under "my account", hold for one street office,
  and never do more than their owner may.
- **Lists** take `limit` (at most 200) and `after`, and answer with `items` and `next`; `Link: <…>; rel="next"` is the
  same as an address.
- **Changes** of rows that people edit need to say which version was read: `If-Match` with the `ETag`, or `version`.
- **Retries** of a POST are harmless with an `Idempotency-Key`: the same key within 72 hours gives the same answer.
- **Errors** are `application/problem+json` (RFC 9457); their `type` never changes, their words may. Messages follow
  `Accept-Language` (`zh-CN` or `en`). A faulty server answers with 500 and a number for its log.
- **Limits**: each answer says in `RateLimit-*` how many requests are left in this minute.
- Days are `2026-01-31`, moments RFC 3339 with an offset, areas square metres as text, shares fractions like `1/2`.
"""

#: The core's parts; a plugin's is described by its manifest.
TAGS: Mapping[str, str] = {
    "account": "Who the token belongs to, and what it may do here.",
    "search": "What can be found by name, pinyin, initials, door or number; each hit only for who may open it.",
    "places": "Communities of a street; compounds, buildings, unit entrances and dwellings of a community.",
    "residents": "People in the register, one entry for each community; numbers are masked until revealed.",
    "households": "Who lives with whom, where, and since when.",
    "owners": "Who owns which share of a dwelling, and who votes in a compound.",
    "rosters": "Taking in and writing out the register as a workbook.",
    "roles": "Who holds which role, where and for which term; inviting people to roles.",
    "approvals": "Acts that take a second person, and what became of asking for them.",
    "plugins": "What a street allows and a community switches on.",
    "settings": "Choices of a street and of its communities.",
    "rules": "Numbers of law and custom as they hold here, why, and what was chosen in place of wider ones.",
    "obligations": "What compounds and communities have to do again and again, how they stand, and releases from it.",
    "pushes": "One thing done in many communities at once: what would happen, what became of it, taking it back.",
    "briefings": "The street's monthly briefings as they were issued.",
    "notifications": "Messages to people: one's own inbox and choices, the street's words, and what became of sending.",
    "privacy": "One's own data and the office's duties about it: requests, consents, periods, holds, assessments.",
    "audit": "The record of acts.",
    "files": "Files and their small pictures, fetched as they are.",
    "jobs": "Work in the background and how far it is.",
    "apps": "Programs of outside parties: what they may do, and what was sent to them.",
    "events": "What happened, on its way to those who are told of it.",
}

#: What an operation may answer with beside its result.
ANSWERS: Mapping[int, str] = {
    202: "A second person has to approve; `Location` is the request for it",
    304: "It is as the tag in `If-None-Match` has it",
    400: "The request cannot be read: its JSON is broken, or its text holds what cannot be stored",
    401: "Nobody is signed in, or the token is unknown, over or revoked",
    403: "The permission is not held here",
    404: "There is no such thing here, or none that the caller may see",
    409: "It has changed meanwhile, exists already, or its state does not allow this",
    412: "It is not as it was when the tag in `If-Match` was given; nothing was changed",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "The input has faults, each named",
    428: "Neither `If-Match` nor the body says which version was read",
    429: "Too many requests or attempts; `Retry-After` says when to come again",
    503: "The database or the file storage is busy and nothing was changed, or this plugin is out of order for a while",
}

#: An error of each status, as it is sent; the list of all types is in docs/reference/problems.md.
PROBLEMS: Mapping[int, Mapping[str, Any]] = {
    400: {"type": "bad-request", "title": "The request cannot be read", "detail": "Please check its form"},
    401: {"type": "unauthenticated", "title": "Please sign in", "detail": "The token is invalid, over or revoked"},
    403: {"type": "forbidden", "title": "Not permitted", "detail": "You have no permission for this"},
    404: {"type": "not-found", "title": "Not found", "detail": "There is no such thing here"},
    409: {"type": "conflict", "title": "Changed meanwhile", "detail": "Somebody else has changed it; please reload"},
    412: {"type": "precondition-failed", "title": "Precondition failed", "detail": "Please read it again"},
    413: {"type": "too-large", "title": "Too large", "detail": "At most 256 KB at once"},
    415: {"type": "unsupported-media-type", "title": "Not JSON", "detail": "Send application/json"},
    422: {
        "type": "invalid-input",
        "title": "The input has faults",
        "detail": "Please mend what is named",
        "errors": [{"field": "reason", "message": "Required"}],
    },
    428: {"type": "precondition-required", "title": "Precondition required", "detail": "Send If-Match or version"},
    429: {"type": "too-many-requests", "title": "Too many requests", "detail": "Please try again later"},
    503: {"type": "busy", "title": "Busy", "detail": "Please try again in a moment"},
}

_KEY = "A word of your own for this request (1 to 255 visible ASCII characters, for instance a UUID)"
_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": f"{_KEY}: sent again, it gives the first answer again and has no second effect",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
        "example": "5f2b6c1e-6f0a-4b0e-9d8a-0d6f0f3f9a51",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` with which the row was read; where it has changed since, nothing is done (412)",
        "schema": _TEXT,
        "example": '"3-5d0c2f1a9b8e7d6c-8f14e45fceea167a5a"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of an answer that the caller has; where it still holds, the answer is 304",
        "schema": _TEXT,
        "example": '"3-5d0c2f1a9b8e7d6c-8f14e45fceea167a5a"',
    },
}

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "RateLimit-Limit": {"description": "Requests of one minute", "schema": _COUNT, "example": 600},
    "RateLimit-Remaining": {"description": "How many are left", "schema": _COUNT, "example": 598},
    "RateLimit-Reset": {"description": "Seconds until all are there again", "schema": _COUNT, "example": 41},
    "X-Request-Id": {
        "description": "The number of this request in the server's log",
        "schema": {"type": "string", "format": "uuid"},
        "example": "0197f0c4-5a10-7c3e-9a41-3f6f2d1b8e55",
    },
    "ETag": {"description": "The tag of this answer", "schema": _TEXT, "example": '"3-5d0c2f1a9b8e7d6c-8f14e45fce"'},
    "Link": {
        "description": "Where there is a next page: its address",
        "schema": _TEXT,
        "example": '</api/v1/s/310104001/communities?after=WyJjb2Rl>; rel="next"',
    },
    "Location": {
        "description": "The request for approval",
        "schema": _TEXT,
        "example": "/api/v1/s/310104001/approvals/0197f0c4-5a10-7c3e-9a41-3f6f2d1b8e55",
    },
    "Retry-After": {"description": "Seconds until it is worth trying again", "schema": _COUNT, "example": 41},
    "Idempotency-Replayed": {
        "description": "`true` where this answer was given before under the same key",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
}
