"""What the acts of the plugin are called in the record."""

from __future__ import annotations

from linli.sdk import RecordWords

RECORD_WORDS = RecordWords(
    nouns={
        "category": "公告类别",
        "channel": "张贴凭证",
        "notice": "公告公示",
        "objection": "异议和意见",
        "template": "公告模板",
    },
    verbs={
        "close": "期满存档",
        "discard": "删除草稿",
        "schedule": "定时发布",
        "unschedule": "取消定时发布",
    },
    fields={
        "allows_objections": "接受异议和意见",
        "category": "类别",
        "characters": "字数",
        "corrects_id": "更正的公告",
        "done_on": "张贴日期",
        "identity_rule": "提出人身份怎样显示",
        "is_pinned": "置顶",
        "is_public": "对外公开",
        "kinds": "打码的种类",
        "masked": "打码处数",
        "objection_days": "答复期限（工作日）",
        "on_paper": "书面提出",
        "outcome": "答复结果",
        "period_days": "公示天数",
        "period_unit": "天数算法",
        "photo": "照片",
        "place": "张贴地点",
        "places": "范围",
        "posting_from": "公示开始",
        "posting_to": "公示截止",
        "publish_at": "发布时间",
        "scheduled": "定时发布",
        "sha256": "存档校验值",
        "shows_name": "显示姓名",
        "snapshot": "存档编号",
        "text_sha256": "正文校验值",
        "unit": "天数算法",
    },
)
