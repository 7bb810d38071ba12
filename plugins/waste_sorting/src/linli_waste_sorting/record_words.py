"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={"station": "垃圾投放点", "party": "分类管理责任人", "guide_item": "投放指南的本社区规定"},
    verbs={"close": "停用", "reopen": "恢复使用", "name": "登记", "undo": "撤销登记", "add": "添加", "remove": "移除"},
    fields={
        "kind": "类型",
        "place": "位置",
        "note": "说明",
        "days": "开放日",
        "hours": "开放时间",
        "containers": "容器",
        "compound": "小区",
        "contact": "联系方式",
        "decision": "街道文件",
        "starts_on": "起始日",
        "aliases": "其他叫法",
        "category": "投放",
        "hint": "提示",
    },
)
