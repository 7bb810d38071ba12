"""Who gets in: nobody where the plugin is off, nobody without the permission, and those who hold it everywhere."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from linli.testing import attacks
from linli.testing.attacks import Attempt, makes, own_ids
from linli.testing.contract.stage import Stage
from linli.testing.site import Route
from linli.testing.world import WORLD


def faults_where_off(stage: Stage) -> list[str]:
    """Routes that answer in a community where the plugin is not switched on, or in a street that does not allow it."""
    faults = attacks.plugins_that_are_off(stage.visitor, stage.planted, stage.routes).leaks
    stage.superuser.execute("DELETE FROM core.plugin_allowance WHERE plugin = %s", [stage.name])
    try:
        for route in (each for each in stage.routes if each.portal.has_street and not each.portal.has_community):
            answer = stage.visitor.ask(route, route.home, account=route.account(route.home), **_ids(stage, route))
            if answer.status != 404:
                faults.append(f"{route.name}: {answer.status} in a street that does not allow the plugin")
    finally:
        for street in WORLD.streets:
            stage.superuser.execute(
                "INSERT INTO core.plugin_allowance (tenant_id, id, plugin) VALUES (%s, gen_random_uuid(), %s)",
                [street.id, stage.name],
            )
    return faults


def faults_without_permission(stage: Stage) -> list[str]:
    """Routes that answer somebody without their permission otherwise than by 403, or that change something."""
    faults = []
    for route in (each for each in stage.routes if each.handler.needs):
        stranger = stage.stranger(route, route.home)
        if stranger is None:
            faults.append(f"{route.name}: every role holds {route.handler.needs}; it guards nothing")
            continue
        ids = _ids(stage, route)
        with stage.visitor.undone() as watch:
            body = route.body(makes(stage.planted, route, ids))
            got = stage.visitor.ask(route, route.home, account=stranger, body=body, **ids)
            if watch.changed(route.home):
                faults.append(f"{route.name}: changed something for somebody without {route.handler.needs}")
        if got.status != 403:
            faults.append(f"{route.name}: {got.status} instead of 403 for somebody without {route.handler.needs}")
    return faults


def faults_of_open_doors(stage: Stage, reasons: Mapping[str, str]) -> list[str]:
    """Routes that ask for no permission and say no reason, and reasons for what is not open.

    Args:
        stage: the plugin under test.
        reasons: route, or a pattern of routes with ``*``, to why everybody who is signed in, or everybody at all, may
            use it.
    """
    opened = {route.name: route.handler for route in stage.routes if not route.handler.needs}
    given = {pattern: fnmatch.filter(opened, pattern) for pattern, reason in reasons.items() if reason.strip()}
    excused = {name for names in given.values() for name in names}
    faults = [
        f"{name}: open to {'everybody' if handler.public else 'whoever is signed in'}, and no reason is given; "
        "declare it with needs=…, or name it in open_to_all"
        for name, handler in opened.items()
        if name not in excused
    ]
    idle = [pattern for pattern in reasons if not given.get(pattern)]
    faults += [f"{pattern}: nothing of this name is open to all, or its reason is empty" for pattern in idle]
    return faults + [
        f"{pattern}: covers doors that nobody has built yet; a pattern says more of the address than /{stage.name}/ "
        "before its first *"
        for pattern in reasons
        if _is_blanket(pattern, stage.name)
    ]


def _is_blanket(pattern: str, plugin: str) -> bool:
    """Whether a pattern would go on covering whatever is added to the plugin."""
    address = pattern.partition(" ")[2] or pattern
    known, star, _rest = address.partition("*")
    return bool(star) and not known.partition(f"/{plugin}/")[2]


def faults_with_permission(stage: Stage) -> list[str]:
    """Routes that refuse or fail those who hold their permission."""
    faults = []
    for route in stage.routes:
        holder = stage.holder(route, route.home)
        if holder is None:
            continue
        ids = _ids(stage, route)
        with stage.visitor.undone():
            body = route.body(makes(stage.planted, route, ids))
            got = stage.visitor.ask(route, route.home, account=holder, body=body, **ids)
        if got.status >= 500 or (got.status in (401, 403) and route.handler.needs):
            told = got.text if route.portal.is_api else ""
            faults.append(f"{route.name}: {got.status} for somebody who holds {route.handler.needs} {told[:300]}")
    return faults


def _ids(stage: Stage, route: Route) -> dict[str, Any]:
    return next(own_ids(stage.visitor, route))


def attempt(stage: Stage, attack: str) -> Attempt:
    """One of the attacks of ``linli.testing.attacks`` on the plugin's routes."""
    return getattr(attacks, attack)(stage.visitor, stage.planted, stage.routes)
