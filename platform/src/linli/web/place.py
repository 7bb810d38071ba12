"""Where a request is: the portal, its street and community, and the addresses that lead from there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from linli.kit.scope import Scope
from linli.web.routing import Portal

if TYPE_CHECKING:
    from linli.tenancy.directory import CommunityEntry, StreetEntry

#: The path of each portal; handlers' own paths follow it.
PREFIXES = {
    Portal.STREET: "/s/{street:str}",
    Portal.CONSOLE: "/s/{street:str}/console",
    Portal.ADMIN: "/s/{street:str}/c/{community:str}/admin",
    Portal.RESIDENT: "/s/{street:str}/c/{community:str}",
    Portal.STREET_API: "/api/v1/s/{street:str}",
    Portal.COMMUNITY_API: "/api/v1/s/{street:str}/c/{community:str}",
    Portal.ACCOUNT: "/account",
    Portal.PLATFORM: "/platform",
    Portal.PUBLIC: "",
}


@dataclass(frozen=True)
class Place:
    """A portal of one street or community."""

    portal: Portal
    street: StreetEntry | None = None
    community: CommunityEntry | None = None

    @property
    def scope(self) -> Scope | None:
        """What the database shows here; ``None`` where no street is named."""
        if self.street is None:
            return None
        if self.community is None:
            return Scope.of_street(self.street.id)
        return Scope.of_communities(self.street.id, self.community.id)

    @property
    def root(self) -> str:
        """The portal's own address, without a trailing slash."""
        return self._root

    @cached_property
    def _root(self) -> str:
        # A page has hundreds of links.
        return self.root_of(self.portal)

    def root_of(self, portal: Portal, *, community: str | None = None) -> str:
        """The address of another portal of the same street; ``community`` names one by slug."""
        slug = community or (self.community.slug if self.community else "")
        street = self.street.slug if self.street else ""
        return (
            PREFIXES[portal]
            .replace("{street:str}", quote(street, safe=""))
            .replace("{community:str}", quote(slug, safe=""))
        )

    def url(self, path: str = "") -> str:
        """The address of a path below this portal."""
        return self.root + path if path.startswith("/") or not path else f"{self.root}/{path}"

    @property
    def front(self) -> str:
        """The street's own address, open to everybody."""
        return self.root_of(Portal.STREET)

    @property
    def console(self) -> str:
        return self.root_of(Portal.CONSOLE)

    @property
    def admin(self) -> str:
        return self.root_of(Portal.ADMIN)

    @property
    def home(self) -> str:
        """The resident portal of this community."""
        return self.root_of(Portal.RESIDENT)
