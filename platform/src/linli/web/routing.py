"""How a domain or a plugin declares what it answers to; the core alone turns that into routes, behind its guards."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from linli.web.results import Download

if TYPE_CHECKING:
    from linli.web.tables.declared import DataTable

KIBIBYTE = 1024
#: The largest request body, in bytes, where a handler asks for no other.
MAX_BODY = 256 * KIBIBYTE


class Portal(Enum):
    """The parts of the site; the URL names the part and with it the scope."""

    #: What a street shows to everybody under its own address.
    STREET = "street"
    CONSOLE = "console"
    ADMIN = "admin"
    RESIDENT = "resident"
    STREET_API = "street_api"
    COMMUNITY_API = "community_api"
    #: Pages about one's own account, and signing in: no street, no scope.
    ACCOUNT = "account"
    PLATFORM = "platform"
    #: The first page of the site and what it needs: no street, no scope.
    PUBLIC = "public"

    @property
    def is_api(self) -> bool:
        return self in (Portal.STREET_API, Portal.COMMUNITY_API)

    @property
    def has_community(self) -> bool:
        return self in (Portal.ADMIN, Portal.RESIDENT, Portal.COMMUNITY_API)

    @property
    def has_street(self) -> bool:
        return self.has_community or self in (Portal.STREET, Portal.CONSOLE, Portal.STREET_API)


#: Given to a handler by name, never read from the request.
PROVIDED = frozenset({"session", "actor", "scope", "place", "request", "form", "read", "house", "visit", "table"})


@dataclass(frozen=True, slots=True)
class Handler:
    """One declared endpoint.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: below the portal (and, for a plugin, below its name); typed parameters as ``{resident_id:uuid}``.
        call: a plain function. Parameters named ``session``, ``actor``, ``scope``, ``place``, ``request``, ``form``,
            ``house``, ``visit``, ``table`` are provided; ``data`` is the body; all others come from path and query.
        needs: the permission that the caller must hold in this place; ``None`` with ``public``.
        public: open to everybody, signed in or not.
        signed_in: open to everybody who is signed in.
        reads_some: in the console also open to those who hold the permission in some communities alone: the unit of
            work then sees these and no others, whatever the handler asks for.
        retry: the page to show again, with what was typed and what is wrong with it, when ``Invalid`` is raised.
        status: of a successful API answer.
        max_body: bytes.
        summary: one line for the API document; the first line of the docstring when empty.
        tags: the parts of the API document that it belongs to; its owner's name when empty.
        also: what the API may answer with beside what its kind of handler always may: 202 where the act can take a
            second person, 409 where reading can meet a state that does not allow it.
        table: the list that a page shows; the handler is then given ``table``, a `TableState`.
    """

    method: str
    path: str
    call: Callable[..., Any]
    needs: str | None = None
    public: bool = False
    signed_in: bool = False
    reads_some: bool = False
    retry: Handler | None = None
    status: int = 200
    max_body: int = MAX_BODY
    summary: str = ""
    name: str = ""
    tags: Sequence[str] = field(default_factory=tuple)
    also: Sequence[int] = field(default_factory=tuple)
    steps: Sequence[Sequence[str]] = ()
    table: DataTable | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The plain function, for tests and for other services."""
        return self.call(*args, **kwargs)

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def is_download(self) -> bool:
        """Whether it answers with a file."""
        returns = typing.get_type_hints(self.call).get("return")
        return inspect.isclass(returns) and issubclass(returns, Download)

    @property
    def is_deferred(self) -> bool:
        """An asynchronous handler reads through the read door, which asks who is calling in the same round trip."""
        return inspect.iscoroutinefunction(self.call)


_F = TypeVar("_F", bound=Callable[..., Any])


def _declare(method: str, default_status: int) -> Callable[..., Callable[[Callable[..., Any]], Handler]]:
    def declare(
        path: str = "/",
        *,
        needs: str | None = None,
        public: bool = False,
        signed_in: bool = False,
        reads_some: bool = False,
        retry: Handler | None = None,
        status: int = default_status,
        max_body: int = MAX_BODY,
        summary: str = "",
        tags: Sequence[str] = (),
        also: Sequence[int] = (),
        steps: Sequence[Sequence[str]] = (),
        table: DataTable | None = None,
    ) -> Callable[[Callable[..., Any]], Handler]:
        """Declare a plain function as an endpoint; ``Handler`` says what each argument means.

        Raises:
            TypeError: not exactly one of ``needs``, ``public``, ``signed_in`` is given; or what changes something is
                to be open to those who see a part.
        """
        if reads_some and (method != "GET" or needs is None):
            raise TypeError(f"{method} {path}: reads_some is for GET with needs=…")
        if sum((needs is not None, public, signed_in)) != 1:
            raise TypeError(f"{method} {path}: say exactly one of needs=…, public=True, signed_in=True")

        def wrap(call: Callable[..., Any]) -> Handler:
            return Handler(
                method,
                path,
                call,
                needs=needs,
                public=public,
                signed_in=signed_in,
                reads_some=reads_some,
                retry=retry,
                status=status,
                max_body=max_body,
                summary=summary or (inspect.getdoc(call) or "").partition("\n")[0],
                name=call.__name__,
                tags=tuple(tags),
                also=tuple(also),
                steps=tuple(tuple(names) for names in steps),
                table=table,
            )

        return wrap

    return declare


get = _declare("GET", 200)
post = _declare("POST", 201)
put = _declare("PUT", 200)
patch = _declare("PATCH", 200)
delete = _declare("DELETE", 204)
