"""The words of this domain for people: messages of the catalogue, translated when shown."""

from __future__ import annotations

from linli.kit.text import gettext as _
from linli.outward.addresses import REASONS as REFUSED
from linli.outward.requests import REASONS as UNANSWERED

STATES: dict[str, str] = {"active": "正在使用", "suspended": "已暂停", "revoked": "已撤销"}
TONES: dict[str, str] = {"active": "good", "suspended": "warn", "revoked": "bad"}
WEBHOOKS: dict[str, str] = {"none": "没有推送", "on": "正常", "failing": "最近没有送到", "off": "已停止"}
WEBHOOK_TONES: dict[str, str] = {"none": "calm", "on": "good", "failing": "warn", "off": "bad"}
OUTCOMES: dict[str, str] = {"delivered": "已送到", "failed": "没有送到"}
OVERLAPS: dict[str, str] = {"0": "不保留，旧的立即失效", "24": "1 天", "72": "3 天", "168": "7 天"}


def fault_words(fault: str) -> str:
    """Why nothing came back, for people."""
    known = REFUSED.get(fault) or UNANSWERED.get(fault)
    return _(known) if known else fault


def app_words() -> dict[str, object]:
    """What the templates of this domain say about states."""
    return {
        "states": {key: _(title) for key, title in STATES.items()},
        "tones": TONES,
        "webhooks": {key: _(title) for key, title in WEBHOOKS.items()},
        "webhook_tones": WEBHOOK_TONES,
        "outcomes": {key: _(title) for key, title in OUTCOMES.items()},
        "overlaps": {key: _(title) for key, title in OVERLAPS.items()},
        "fault_words": fault_words,
    }
