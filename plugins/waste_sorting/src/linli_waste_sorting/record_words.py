"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={
        "station": "垃圾投放点",
        "party": "分类管理责任人",
        "round": "分类巡查",
        "finding": "分类检查结果",
        "point": "投放点检查项",
        "step": "住户分类跟进",
        "appeal": "住户分类申诉",
    },
    verbs={
        "close": "停用",
        "reopen": "恢复使用",
        "name": "登记",
        "undo": "撤销登记",
        "start": "开始",
        "finish": "结束",
        "discard": "取消",
        "strike": "划去",
        "take": "登记办理",
        "take_back": "撤销",
        "file": "提出申诉",
        "decide": "答复",
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
        "day": "日期",
        "points": "检查项数",
        "findings": "结果数",
        "counted": "不正确次数",
        "cause": "原因",
        "characters": "字数",
        "state": "状态",
    },
)
