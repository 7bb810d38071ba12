"""Which kinds and channels somebody is asked about in a place."""

from __future__ import annotations

from collections.abc import Collection

from linli.channels import Channels
from linli.kit.actor import Actor
from linli.notifications.kinds import kinds_on
from linli.plugins.contributions import CHANNELS, NotificationType
from linli.plugins.gate import is_on


def choosable_kinds(actor: Actor, plugins: Collection[str]) -> list[NotificationType]:
    """The kinds that may reach this person here: of the core and the plugins that are on; for staff their own too."""
    kinds = kinds_on(lambda owner: is_on(owner, plugins))
    return [kind for kind in kinds if not kind.needs or actor.holds(kind.needs)]


def choosable_channels(channels: Channels) -> list[str]:
    """The channels through which anything comes at all."""
    return [name for name in CHANNELS if channels.connected[name]]
