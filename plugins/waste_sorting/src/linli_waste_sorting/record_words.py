"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={
        "station": "垃圾投放点",
        "party": "分类管理责任人",
        "carrier": "垃圾收运单位",
        "contract": "垃圾收运合同",
        "collection": "垃圾清运记录",
        "ledger_report": "垃圾清运台账",
    },
    verbs={
        "close": "停用",
        "reopen": "恢复使用",
        "name": "登记",
        "undo": "撤销登记",
        "end": "提前终止",
        "void": "划掉",
        "report": "上报",
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
        "licence": "许可证号",
        "reason": "理由",
        "carrier": "收运单位",
        "number": "文号",
        "categories": "垃圾种类",
        "category": "垃圾种类",
        "compounds": "小区",
        "destination": "去向",
        "ends_on": "到期日",
        "day": "日期",
        "pieces": "桶数",
        "kg": "公斤",
        "doubts": "核对过的疑问",
        "month": "月份",
        "times": "次数",
    },
)
