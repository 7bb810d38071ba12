"""The fixed choices of this domain, each with its Chinese name, and the words for what an export holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from linli.kit.text import gettext as _

Kind = Literal["copy", "correction", "erasure"]
IdentityCheck = Literal["card", "known", "account"]

KINDS: dict[str, str] = {"copy": "要一份副本", "correction": "改正", "erasure": "删除"}
STATES: dict[str, str] = {
    "open": "待办理",
    "waiting": "待复核",
    "working": "正在处理",
    "done": "已完成",
    "refused": "未同意",
    "withdrawn": "已撤回",
}
CHANNELS: dict[str, str] = {"portal": "本人在手机上提出", "office": "本人到场提出"}
#: How the office makes sure that it is the person who asks.
IDENTITY_CHECKS: dict[str, str] = {
    "card": "当面核对了身份证件",
    "account": "本人登录账号提出，并电话核实",
    "known": "工作人员认识本人，当面核实",
}
#: Why somebody looks at a whole number.
REVEAL_PURPOSES: dict[str, str] = {
    "contact": "联系居民",
    "identity": "核对身份",
    "service": "办理居民申请的事项",
    "emergency": "紧急情况",
    "other": "其他",
}
#: What is not chosen in the form of one number.
FURTHER_PURPOSES: dict[str, str] = {"export": "导出完整名册"}
CONSENT_STATES: dict[str, str] = {
    "given": "已同意",
    "withdrawn": "已撤回",
    "outdated": "内容有更新，请重新选择",
    "none": "还没有选择",
}
CONSENT_CHANNELS: dict[str, str] = {"portal": "手机上操作", "paper": "纸质签字"}
HOLD_KINDS: dict[str, str] = {"person": "一个人的数据", "community": "一个社区的数据", "data_class": "一类数据"}
ASSESSMENT_STATES: dict[str, str] = {"open": "编写中", "closed": "已完成"}
ACCOUNT_OUTCOMES: dict[str, str] = {
    "emptied": "账号已清空，不能再登录",
    "unlinked": "账号与本街道的联系已断开；本人在其他街道仍在使用",
    "bound": "账号与本社区的居民登记已断开；本人在本街道还有其他登记或职务，账号保留",
}

#: The fields that exports hold.
FIELDS: dict[str, str] = {
    "name": "姓名",
    "gender": "性别",
    "born_on": "出生日期",
    "phone": "电话",
    "id_number": "身份证号",
    "is_migrant": "户籍在外地",
    "remarks": "备注",
    "since": "登记时间",
    "dwelling": "房屋",
    "tenure": "居住方式",
    "relation": "关系",
    "moved_in_on": "入住日期",
    "moved_out_on": "搬出日期",
    "pets": "宠物",
    "others": "同住的人",
    "share": "份额",
    "basis": "依据",
    "is_representative": "代表本户表决",
    "started_on": "开始日期",
    "ended_on": "结束日期",
    "user_name": "用户名",
    "locale": "语言",
    "second_factor": "动态验证码",
    "sessions": "登录着的设备",
    "tokens": "接口令牌",
    "at": "时间",
    "task": "任务",
    "state": "状态",
    "role": "角色",
    "from": "开始日期",
    "to": "结束日期",
    "ended_at": "结束时间",
    "expires_at": "到期时间",
    "accepted_at": "接受时间",
    "row": "行号",
    "field": "查看的内容",
    "office": "单位",
    "viewer": "工作人员",
    "purpose": "用途",
    "reason": "原因",
    "kind": "类型",
    "channel": "方式",
    "note": "说明",
    "wanted": "要求改成",
    "due_on": "办理期限",
    "decision": "答复",
    "done_at": "办结时间",
    "act": "选择",
    "edition": "版本",
    "title": "标题",
    "until": "截止日期",
    "email": "邮箱",
    "is_on": "接收",
    "rest_from": "免打扰开始",
    "rest_until": "免打扰结束",
    "read_at": "阅读时间",
    "subject": "标题",
    "body": "内容",
    "id": "编号",
    "media_type": "文件格式",
    "size": "大小（字节）",
    "sha256": "校验值（SHA-256）",
    "belongs_to": "属于",
    "created_at": "时间",
    "removed_at": "删除时间",
    "notice": "公告",
    "template": "模板",
    "drafted_at": "起草时间",
    "written_at": "编写时间",
    "recorded_at": "登记时间",
    "answer": "答复",
    "answered_at": "答复时间",
    "shows_name": "公开姓名",
}


def words(titles: Mapping[str, str]) -> dict[str, str]:
    """The titles in the reader's language."""
    return {key: _(title) for key, title in titles.items()}


def privacy_words() -> dict[str, dict[str, str]]:
    """Every fixed choice in the reader's language, for templates."""
    return {
        "kinds": words(KINDS),
        "states": words(STATES),
        "channels": words(CHANNELS),
        "identity_checks": words(IDENTITY_CHECKS),
        "reveal_purposes": words(REVEAL_PURPOSES),
        "all_purposes": words({**REVEAL_PURPOSES, **FURTHER_PURPOSES}),
        "consent_states": words(CONSENT_STATES),
        "consent_channels": words(CONSENT_CHANNELS),
        "hold_kinds": words(HOLD_KINDS),
        "assessment_states": words(ASSESSMENT_STATES),
        "field_words": words(FIELDS),
    }
