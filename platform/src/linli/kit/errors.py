"""What can go wrong in the house, in words for people. The web turns these into problem+json or a plain page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from linli.kit.text import gettext as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in one place of the input.

    Attributes:
        field: the field's name as the sender wrote it, dotted for nested ones.
        message: what is wrong with the value, in the user's language.
        allowed: what would be right; empty when the message says it already.
    """

    field: str
    message: str
    allowed: str = ""


@dataclass(eq=False)
class LinliError(Exception):
    """The root of all expected errors: carries a message that may be shown to the user as it stands."""

    message: str
    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class Unreadable(LinliError):
    """The request itself is malformed: broken JSON, or a text that cannot be stored."""

    message: str = "请求无法读取，请检查格式"
    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"


@dataclass(eq=False)
class NotFound(LinliError):
    """There is no such thing in this scope; the same answer whether it exists elsewhere or nowhere."""

    message: str = "没有找到您要的内容"
    status: ClassVar[int] = 404
    slug: ClassVar[str] = "not-found"


@dataclass(eq=False)
class Unauthenticated(LinliError):
    """Nobody is signed in, or the session or token has ended."""

    message: str = "请先登录"
    status: ClassVar[int] = 401
    slug: ClassVar[str] = "unauthenticated"


@dataclass(eq=False)
class Forbidden(LinliError):
    """The person is known and may not do this."""

    message: str = "您没有进行此操作的权限"
    status: ClassVar[int] = 403
    slug: ClassVar[str] = "forbidden"


@dataclass(eq=False)
class MethodNotAllowed(LinliError):
    """The address does not know this method; ``Allow`` names those that it knows."""

    message: str = "这个地址不支持该操作"
    status: ClassVar[int] = 405
    slug: ClassVar[str] = "method-not-allowed"


@dataclass(eq=False)
class TooLarge(LinliError):
    """The body is larger than this address takes; the detail says how much it does."""

    message: str = "提交的内容太大"
    status: ClassVar[int] = 413
    slug: ClassVar[str] = "too-large"


@dataclass(eq=False)
class NotJson(LinliError):
    """The body is declared to be something else than JSON, which is all that the API reads."""

    message: str = "内容应为 application/json"
    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"


@dataclass(eq=False)
class Busy(LinliError):
    """The database or the file storage did not answer in time; nothing was changed."""

    message: str = "现在使用的人较多，请稍后再试"
    status: ClassVar[int] = 503
    slug: ClassVar[str] = "busy"


@dataclass(eq=False)
class OutOfOrder(LinliError):
    """A plugin fails too often or hangs here, and is left out for a while; everything else works."""

    message: str = "这项功能暂时出了故障，请稍后再试；其他功能不受影响"
    status: ClassVar[int] = 503
    slug: ClassVar[str] = "out-of-order"


@dataclass(eq=False)
class Conflict(LinliError):
    """The thing has changed or exists already; what was sent was not applied."""

    message: str = "内容已被他人修改，请刷新后重试"
    status: ClassVar[int] = 409
    slug: ClassVar[str] = "conflict"


@dataclass(eq=False)
class Stale(Conflict):
    """The row was changed after it was read: the version that was sent is not its version any more."""


@dataclass(eq=False)
class InProgress(Conflict):
    """The first request with this Idempotency-Key has not ended yet; ask again with the same key."""

    message: str = "同一个幂等键的请求还在处理，请稍后用同一个键重试"
    slug: ClassVar[str] = "request-in-progress"


@dataclass(eq=False)
class PreconditionFailed(LinliError):
    """The row has another version than the tag in If-Match; nothing was changed."""

    message: str = "内容已被他人修改：If-Match 与当前版本不符，请重新读取后再试"
    status: ClassVar[int] = 412
    slug: ClassVar[str] = "precondition-failed"


@dataclass(eq=False)
class PreconditionRequired(LinliError):
    """A row that people edit is changed only by whoever says which version they read: If-Match, or ``version``."""

    message: str = "请用 If-Match 给出读取时的 ETag，或在内容里给出 version"
    status: ClassVar[int] = 428
    slug: ClassVar[str] = "precondition-required"


@dataclass(eq=False)
class TooMany(LinliError):
    """A limit on attempts was reached. ``retry_after`` is in seconds."""

    message: str = "操作过于频繁，请稍后再试"
    retry_after: int = 60
    status: ClassVar[int] = 429
    slug: ClassVar[str] = "too-many-requests"


@dataclass(eq=False)
class Invalid(LinliError):
    """The input has faults; every one of them is named and nothing was written."""

    message: str = "提交的内容有误，请按提示修改"
    errors: Sequence[FieldError] = field(default_factory=tuple)
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "invalid-input"

    def in_full(self) -> str:
        """The message and every fault, each on a line of its own: field, fault and what is allowed."""
        return "\n".join([self.message, *(_line(each) for each in self.errors)])

    @classmethod
    def one(cls, field: str, message: str, allowed: str = "") -> Invalid:
        """A single fault in a single field."""
        return cls(errors=(FieldError(field, message, allowed),))


def _line(fault: FieldError) -> str:
    line = f"  {fault.field}：{fault.message}" if fault.field else f"  {fault.message}"
    return _("{place}（允许：{allowed}）").format(place=line, allowed=fault.allowed) if fault.allowed else line


@dataclass(eq=False)
class UnknownParameter(Invalid):
    """The address carries a parameter that it does not know: a misspelt filter would silently find everything."""

    message: str = "地址里有不认识的参数"
    slug: ClassVar[str] = "unknown-parameter"


@dataclass(eq=False)
class KeyReused(Invalid):
    """The Idempotency-Key belongs to an earlier request that said something else; nothing was done."""

    message: str = "这个幂等键已用于另一个内容不同的请求"
    slug: ClassVar[str] = "idempotency-key-reused"
