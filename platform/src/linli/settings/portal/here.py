"""Which place's settings a page shows, whose they are, and how values are written for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from litestar import Request

from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings.catalogue import setting_owners
from linli.settings.service import ChosenAt
from linli.settings.spec import Level, SettingSpec
from linli.web.place import Place
from linli.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Here:
    """The place whose settings are shown: the street, a community, or one of its compounds."""

    community_id: UUID | None
    compound_id: UUID | None

    @property
    def level(self) -> Level:
        if self.compound_id is not None:
            return "compound"
        return "street" if self.community_id is None else "community"

    @property
    def ids(self) -> ChosenAt:
        return {"community_id": self.community_id, "compound_id": self.compound_id}

    def path(self, owner: str, rest: str = "") -> str:
        """Below the portal."""
        return f"/settings/{owner}{rest}" + (f"?compound_id={self.compound_id}" if self.compound_id else "")


def here_of(place: Place, compound_id: UUID | None) -> Here:
    """The place of a request.

    Raises:
        NotFound: a compound is named where there is no community.
    """
    if place.community is None and compound_id is not None:
        raise NotFound(_("没有找到这个小区"))
    return Here(place.community.id if place.community else None, compound_id)


def owner_titles(request: Request) -> dict[str, str]:
    """Whose settings there are: name to title."""
    return {"core": _("基本设置")} | {each.name: _(each.title) for each in request.app.state.site.plugins.manifests}


def shown_owners(visit: Visit) -> list[str]:
    """The core and the plugins that are on here and have settings."""
    return [owner for owner in setting_owners() if owner == "core" or owner in visit.plugins]


def require_owner(visit: Visit, owner: str) -> None:
    """Raises ``NotFound`` for an owner whose settings are not shown here."""
    if owner not in shown_owners(visit):
        raise NotFound


def shown_value(spec: SettingSpec | None, value: Any) -> str:
    """A value, stored or in Python's own type, in words; money in yuan."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if spec is not None and spec.type == "fen":
        return _("{yuan} 元").format(yuan=spec.typed(value))
    options = {key: _(title) for key, title in ((spec and spec.choices) or {}).items()}
    if isinstance(value, list):
        return listed(options.get(each, each) for each in value)
    return options.get(str(value), str(value))
