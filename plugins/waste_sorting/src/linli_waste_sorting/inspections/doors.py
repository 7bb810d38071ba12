"""Which household a door is: typed on a round, looked up, and never shown there again."""

from __future__ import annotations

import re
from uuid import UUID

from linli.sdk import Invalid, ScopedSession, door_labels, dwellings_in, households_at
from linli.sdk import gettext as _

#: Households of one building that are looked through.
_MOST = 2000
#: What stands between the numbers of a door, and the words for building, unit, door and room.
_BETWEEN = re.compile(r"[\s\-\u2014\u2013_/\u3001,\uff0c.\u53f7\u697c\u5e62\u680b\u5355\u5143\u95e8\u5ba4\u6237]+")


def find_dwelling(session: ScopedSession, community_id: UUID, building_id: UUID, door: str) -> UUID:
    """The household behind a door of a building.

    Args:
        session: of the community.
        community_id: whose building it is.
        building_id: the building.
        door: as people write it: ``2单元 501``, or ``501`` where the building has only one.

    Raises:
        Invalid: naming ``door``: nobody lives behind it, or several doors of the building are called so.
    """
    wanted = _parts(door)
    if not wanted:
        raise Invalid.one("door", _("必须填写"), _("例如：2单元 501"))
    households = households_at(session, dwellings_in(community_id, buildings=[building_id]), limit=_MOST)
    found = [each for each in households if _parts(each.label)[-len(wanted) :] == wanted]
    if not found:
        raise Invalid.one("door", _("这栋楼里没有找到这一户"), _("例如：2单元 501"))
    if len(found) > 1:
        raise Invalid.one("door", _("这栋楼里有 {n} 户是这个号").format(n=len(found)), _("请写上单元，例如：2单元 501"))
    return found[0].dwelling_id


def door_of(session: ScopedSession, dwelling_id: UUID) -> str:
    """How people write one door; empty when it is no longer in the register."""
    return door_labels(session, [dwelling_id]).get(dwelling_id, "")


def _parts(label: str) -> list[str]:
    return [each for each in _BETWEEN.split(label.strip()) if each]
