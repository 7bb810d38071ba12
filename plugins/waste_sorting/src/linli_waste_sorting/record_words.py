"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={
        "station": "垃圾投放点",
        "party": "分类管理责任人",
        "slot": "上门回收时段",
        "booking": "上门回收预约",
        "full_report": "满桶报告",
    },
    verbs={
        "close": "停用",
        "reopen": "恢复使用",
        "name": "登记",
        "undo": "撤销登记",
        "confirm": "确认",
        "finish": "办结",
        "miss": "登记没有取到",
        "reschedule": "改期",
        "handle": "处理",
    },
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
        "category": "垃圾种类",
        "day": "日期",
        "capacity": "名额",
        "hours_before": "提前几小时截止",
        "fee_fen": "收费（分）",
        "fee_per": "按件还是按次收费",
        "fee_decision": "收费的决定",
        "fee_decided_on": "收费决定的日期",
        "slot": "时段编号",
        "state": "状态",
        "pieces": "件数",
        "voices": "报告人数",
        "answer": "处理结果",
    },
)
