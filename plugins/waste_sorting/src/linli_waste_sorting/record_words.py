"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={"station": "垃圾投放点"},
    verbs={"close": "停用", "reopen": "恢复使用"},
    fields={
        "kind": "类型",
        "place": "位置",
        "note": "说明",
        "days": "开放日",
        "hours": "开放时间",
        "containers": "容器",
    },
)
