"""Reading and choosing settings: the narrowest place that chose wins, unless the street has locked its choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from linli.audit import record
from linli.db.session import once
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings import repository
from linli.settings.catalogue import GUARDS, check_values, find_setting, platform_value, settings_of
from linli.settings.models import Setting
from linli.settings.spec import Level, SettingSpec

Source = Literal["manifest", "portal", "command"]
Origin = Literal["default", "platform", "street", "community", "compound"]

log = structlog.get_logger(__name__)
_MANAGE = "core.settings.manage"
#: What the record of acts has in place of a secret.
HIDDEN = "********"


class ChosenAt(TypedDict):
    """A place as the functions here take it: ``**place``. Both are ``None`` for the whole street."""

    community_id: UUID | None
    compound_id: UUID | None


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting as it holds at a place.

    Attributes:
        value: in Python's own type: ``Decimal`` for decimals, ``date`` for dates; ``None`` for a secret, which
            ``get_setting`` alone opens.
        origin: the layer that it comes from.
        is_locked: the street holds it fast; narrower places cannot choose.
        chosen_here: whether the place itself has a choice stored, effective or not.
        source: how the effective choice was made; empty for a default.
        row: the stored choice that holds; ``None`` for a default.
    """

    spec: SettingSpec
    value: Any
    origin: Origin
    is_locked: bool = False
    chosen_here: bool = False
    source: str = ""
    row: Setting | None = field(default=None, repr=False)


def get_setting(
    session: Session, owner: str, key: str, *, community_id: UUID | None = None, compound_id: UUID | None = None
) -> Any:
    """What holds at a place.

    Args:
        session: its scope's only community counts where no ``community_id`` is given.
        owner: ``core`` or a plugin's name.
        key: of the setting.
        community_id: ``None`` for the scope's own community, else for the street.
        compound_id: a compound of that community.

    Raises:
        Invalid: no such setting is declared.
    """
    spec = find_setting(owner, key)
    community_id = community_id or session.info["scope"].community_id
    rows = [row for row in _layers(session, owner, community_id, compound_id) if row.key == key]
    return _open(session, _effective(owner, spec, rows, _level(community_id, compound_id)))


def all_settings(
    session: Session, owner: str, *, community_id: UUID | None = None, compound_id: UUID | None = None
) -> dict[str, Any]:
    """Key to value of every setting of an owner at a place; one query. Arguments as for ``get_setting``."""
    found = effective_settings(session, owner, community_id=community_id, compound_id=compound_id)
    return {each.spec.key: _open(session, each) for each in found}


def effective_settings(
    session: Session, owner: str, *, community_id: UUID | None = None, compound_id: UUID | None = None
) -> list[Effective]:
    """Every setting of an owner at a place, with where it comes from, for a form; one query."""
    community_id = community_id or session.info["scope"].community_id
    rows = _layers(session, owner, community_id, compound_id)
    level = _level(community_id, compound_id)
    return [
        _effective(owner, spec, [row for row in rows if row.key == key], level)
        for key, spec in settings_of(owner).items()
    ]


def _layers(session: Session, owner: str, community_id: UUID | None, compound_id: UUID | None) -> Sequence[Setting]:
    """All choices of an owner that bear on a place: a page asks for several, and an owner has a few dozen at most."""
    key = ("settings", owner, community_id, compound_id)
    return once(session, key, lambda: repository.layers(session, owner, community_id, compound_id))


def _open(session: Session, found: Effective) -> Any:
    if found.spec.type != "secret":
        return found.value
    row = found.row
    if row is None or row.secret_ct is None:
        return ""
    return session.info["vault"].decrypt(session, "setting", "secret", row.id, row.secret_ct)


def _level(community_id: UUID | None, compound_id: UUID | None) -> Level:
    if compound_id is not None:
        return "compound"
    return "street" if community_id is None else "community"


def _effective(owner: str, spec: SettingSpec, rows: Sequence[Setting], here: Level) -> Effective:
    layers: dict[Level, Setting] = {_level(row.community_id, row.compound_id): row for row in rows}
    chosen_here = here in layers
    is_locked = "street" in layers and layers["street"].locked
    for level in ("street",) if is_locked else ("compound", "community", "street"):
        if (row := layers.get(level)) is None or level not in spec.levels:
            continue
        if spec.type == "secret":
            return Effective(spec, None, level, is_locked, chosen_here, row.source, row)
        value = spec.check(row.value)
        if isinstance(value, FieldError):
            # A newer version of its owner no longer allows it: the wider layer holds, and the row stays to be seen.
            log.warning("stored setting is no longer allowed", owner=owner, key=spec.key, fault=value.message)
            continue
        return Effective(spec, spec.read(value), level, is_locked, chosen_here, row.source, row)
    if spec.type == "secret":
        return Effective(spec, None, "default", is_locked, chosen_here)
    platform = platform_value(owner, spec.key)
    if platform is not None:
        return Effective(spec, spec.read(platform), "platform", is_locked, chosen_here)
    return Effective(spec, spec.read(spec.check(spec.default)), "default", is_locked, chosen_here)


def set_setting(
    session: Session,
    actor: Actor,
    owner: str,
    key: str,
    value: Any,
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    locked: bool | None = None,
    source: Source = "portal",
) -> Effective:
    """Choose a value at a place; takes effect with the commit.

    Args:
        session: the unit of work.
        actor: holds ``core.settings.manage`` at the place.
        owner: ``core`` or a plugin's name.
        key: of the setting.
        value: in its own type, or as text.
        community_id: ``None`` for the whole street.
        compound_id: a compound of that community.
        locked: only for the street: narrower places cannot choose; ``None`` leaves it as it is.
        source: how the choice was made.

    Raises:
        Invalid: an unknown key, a value that is not allowed, a level at which it cannot be set.
        Conflict: the street has locked it.
        Forbidden: the actor may not choose for this place.
        NotFound: the community has no such compound.
    """
    return set_settings(
        session,
        actor,
        owner,
        {key: value},
        community_id=community_id,
        compound_id=compound_id,
        locked=None if locked is None else {key: locked},
        source=source,
    )[0]


def set_settings(
    session: Session,
    actor: Actor,
    owner: str,
    values: Mapping[str, Any],
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    locked: Mapping[str, bool] | None = None,
    source: Source = "portal",
) -> list[Effective]:
    """Choose several values at a place, all or none; as ``set_setting``, each fault named."""
    _require_place(session, actor, community_id, compound_id)
    level = _level(community_id, compound_id)
    _require_levels(owner, values, locked or {}, level)
    checked = check_values(owner, values)
    rows = {
        (row.key, _level(row.community_id, row.compound_id)): row
        for row in repository.layers(session, owner, community_id, compound_id)
    }
    for key, value in checked.items():
        street = rows.get((key, "street"))
        if level != "street" and street is not None and street.locked:
            title = _(find_setting(owner, key).title)
            raise Conflict(_("街道已统一规定“{title}”，这里不能修改").format(title=title))
        row = rows.get((key, level))
        if level == "street":
            stored = [each for (name, _level_), each in rows.items() if name == key]
            _ask_guard(session, actor, owner, key, stored, value)
        lock = (locked or {}).get(key, row.locked if row else False)
        _write(session, owner, key, row, value, lock, community_id, compound_id, source)
    session.flush()
    found = effective_settings(session, owner, community_id=community_id, compound_id=compound_id)
    return [each for each in found if each.spec.key in checked]


class Guard(Protocol):
    """Has a word when a street changes one setting, before anything is written; raises to refuse."""

    def __call__(self, session: Any, actor: Actor, before: Any, after: Any, *, is_cleared: bool) -> None: ...


def guard_setting(owner: str, key: str, guard: Guard) -> None:
    """Have every change of a street's choice of this setting pass a guard, whichever way it comes."""
    GUARDS[owner, key] = guard


def _ask_guard(session: Session, actor: Actor, owner: str, key: str, rows: Sequence[Setting], value: Any) -> None:
    """Ask with what holds before and after; ``value`` is ``None`` when the choice is given up."""
    guard: Guard | None = GUARDS.get((owner, key))
    if guard is None:
        return
    spec = find_setting(owner, key)
    before = _effective(owner, spec, rows, "street").value
    after = _effective(owner, spec, [], "street").value if value is None else spec.read(value)
    if before != after:
        guard(session, actor, before, after, is_cleared=value is None)


def _write(
    session: Session,
    owner: str,
    key: str,
    row: Setting | None,
    value: Any,
    locked: bool,
    community_id: UUID | None,
    compound_id: UUID | None,
    source: Source,
) -> None:
    is_secret = find_setting(owner, key).type == "secret"
    before = None if row is None else {"value": _told(row), "locked": row.locked}
    after = {"value": HIDDEN if is_secret else value, "locked": locked}
    if row is not None and before == after and row.source == source and not is_secret:
        return
    if row is None:
        place = {"community_id": community_id, "compound_id": compound_id}
        row = Setting(id=new_id(), owner=owner, key=key, **place)
        session.add(row)
    row.value, row.locked, row.source, row.secret_ct = value, locked, source, None
    if is_secret:
        row.value = True
        row.secret_ct = session.info["vault"].encrypt(session, "setting", "secret", row.id, value)
    record(
        session,
        "core.setting.set",
        ("setting", f"{owner}.{key}"),
        community_id=community_id,
        before=before,
        after=after | {"source": source} | _told_place(compound_id),
    )


def clear_setting(
    session: Session,
    actor: Actor,
    owner: str,
    key: str,
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
) -> bool:
    """Take back the choice of a place, so that the wider layer holds there again.

    Returns:
        Whether there was a choice.

    Raises:
        Forbidden: the actor may not choose for this place.
        NotFound: the community has no such compound.
    """
    _require_place(session, actor, community_id, compound_id)
    row = repository.stored(session, owner, key, community_id, compound_id)
    if row is None:
        return False
    if community_id is None:
        _ask_guard(session, actor, owner, key, [row], None)
    session.delete(row)
    session.flush()
    record(
        session,
        "core.setting.clear",
        ("setting", f"{owner}.{key}"),
        community_id=community_id,
        before={"value": _told(row), "locked": row.locked} | _told_place(compound_id),
    )
    return True


def _told(row: Setting) -> Any:
    return row.value if row.secret_ct is None else HIDDEN


def _told_place(compound_id: UUID | None) -> dict[str, str]:
    return {"compound": str(compound_id)} if compound_id else {}


def _require_place(session: Session, actor: Actor, community_id: UUID | None, compound_id: UUID | None) -> None:
    if not actor.can(_MANAGE, community_id=community_id, compound_id=compound_id):
        raise Forbidden(_("您没有修改这里设置的权限"))
    if compound_id is not None and not repository.has_compound(session, community_id, compound_id):
        raise NotFound(_("没有找到这个小区"))


def _require_levels(owner: str, values: Mapping[str, Any], locked: Mapping[str, bool], level: Level) -> None:
    titles = {"street": _("街道"), "community": _("社区"), "compound": _("小区")}
    faults = [
        FieldError(
            key,
            _("这项设置不能在{level}一级修改").format(level=titles[level]),
            listed(titles[each] for each in spec.levels),
        )
        for key in values
        if (spec := settings_of(owner).get(key)) is not None and level not in spec.levels
    ]
    if level != "street":
        faults += [FieldError(key, _("只有街道可以锁定设置")) for key, lock in locked.items() if lock]
    if faults:
        raise Invalid(errors=faults)
