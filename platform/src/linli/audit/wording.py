"""The record of acts in words for people: what was done to what, and which fields changed how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli.kit.text import gettext as _

#: The middle part of an action's name, ``core.<noun>.<verb>``; messages, translated when shown.
NOUNS = {
    "account": "账号",
    "audit": "操作记录",
    "approval": "审批",
    "building": "楼栋",
    "community": "社区",
    "compound": "小区",
    "delivery": "消息发送",
    "assessment": "影响评估",
    "consent": "同意",
    "consent_purpose": "同意事项",
    "data": "到期数据",
    "dwelling": "房屋",
    "file": "附件",
    "grant": "角色授予",
    "hold": "冻结",
    "household": "家庭",
    "invitation": "邀请",
    "job": "后台任务",
    "key": "加密密钥",
    "lease": "租住",
    "mailbox": "接收消息的邮箱",
    "manifest": "街道配置",
    "message_preference": "消息偏好",
    "message_template": "消息的文字",
    "objection": "异议和意见",
    "organisation": "单位",
    "ownership": "产权",
    "plugin": "功能插件",
    "privacy_request": "个人信息请求",
    "resident": "居民",
    "rest": "免打扰",
    "retention": "保存期限",
    "reveal": "查看完整号码",
    "role": "角色",
    "roster": "居民名册",
    "session": "登录",
    "setting": "设置",
    "staff": "工作人员",
    "street": "街道",
    "token": "接口令牌",
    "unit_entrance": "单元",
}

VERBS = {
    "accept": "接受",
    "adopt": "交接",
    "alert": "次数过多",
    "allow": "允许使用",
    "apply": "应用",
    "approve": "批准",
    "answer": "答复",
    "archive": "归档",
    "ask": "申请",
    "cancel": "取消",
    "clear": "恢复默认",
    "create": "新建",
    "disable": "停用",
    "disallow": "不再允许",
    "disclose": "确认可以公开",
    "enable": "启用",
    "end": "终止",
    "erase": "删除个人信息",
    "expire": "过期",
    "export": "导出",
    "file": "提出",
    "give": "给出",
    "grant": "授予",
    "identify": "查看提出人",
    "import": "导入",
    "invite": "邀请",
    "issue": "签发",
    "mask": "打码",
    "merge": "合并",
    "move": "搬移",
    "move_in": "迁入",
    "move_out": "迁出",
    "plan": "批量生成",
    "publish": "发布",
    "purge": "清理",
    "read": "查看",
    "reject": "驳回",
    "refuse": "不同意",
    "remove": "删除",
    "replay": "重新执行",
    "represent": "指定代表",
    "request": "申请",
    "resend": "重新发送",
    "restore": "恢复",
    "reindex": "重建索引",
    "reveal": "查看完整号码",
    "rewrap": "重新加密",
    "rotate": "更换",
    "revoke": "撤销",
    "set": "修改",
    "sign_in": "登录",
    "sign_out": "退出",
    "store": "上传",
    "take_back": "撤回",
    "sweep": "清理",
    "transfer": "转移",
    "update": "修改",
    "use": "使用",
    "verify": "核对",
    "withdraw": "撤下",
}

FIELDS = {
    "act": "事项",
    "address": "地址",
    "area_basis": "面积依据",
    "asked_by": "申请人",
    "body": "正文",
    "built_year": "建成年份",
    "channel": "通道",
    "compound": "小区",
    "condition": "状况",
    "contact": "联系方式",
    "cutoff": "早于",
    "data_class": "数据类别",
    "days": "天数",
    "delivery": "交付状态",
    "digest": "内容校验值",
    "display_name": "姓名",
    "door": "门牌",
    "email": "邮箱",
    "edition": "版本",
    "ended_on": "结束日期",
    "ends_on": "结束日期",
    "exclusive_area": "专有面积",
    "floor": "楼层",
    "field": "项目",
    "floors": "层数",
    "id_number": "证件号",
    "identity_check": "身份核实",
    "is_old": "老旧小区",
    "kept": "保留",
    "kind": "类型",
    "locale": "语言",
    "locked": "已锁定",
    "management": "物业管理",
    "moved_in_on": "迁入日期",
    "moved_out_on": "迁出日期",
    "name": "名称",
    "office_address": "办公地址",
    "office_phone": "办公电话",
    "phone": "电话",
    "role": "角色",
    "rows": "行数",
    "sha256": "内容校验值",
    "share": "份额",
    "snapshot": "快照",
    "source": "来源",
    "started_on": "开始日期",
    "starts_on": "开始日期",
    "subject": "对象",
    "status": "状态",
    "title": "标题",
    "usage": "用途",
    "value": "内容",
    "version": "版本号",
}


_UUID = 36


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as text; a dash where it had no value."""

    field: str
    before: str
    after: str


def action_title(action: str, plugins: Mapping[str, str] | None = None) -> str:
    """``小区 · 新建``; of a plugin's act ``公告公示 · 发布``. What has no words of its own is shown by its name.

    Args:
        action: ``<owner>.<noun>.<verb>``.
        plugins: name to title of the plugins of this process.
    """
    owner, _dot, rest = action.partition(".")
    noun, _dot, verb = rest.rpartition(".")
    subject = _(NOUNS[noun]) if noun in NOUNS else (plugins or {}).get(owner)
    if subject is None or verb not in VERBS:
        return action
    return f"{subject} · {_(VERBS[verb])}"


def subject_title(subject_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What was acted upon, by its name where the record has one, else by a code that people know; or empty."""
    for values in (after or {}, before or {}):
        for key in ("name", "label", "title", "display_name"):
            if isinstance(values.get(key), str):
                return values[key]
    return "" if len(subject_id) == _UUID else subject_id


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Change]:
    """Every field that the record names, in the order in which it was written."""
    old, new = before or {}, after or {}
    return [
        Change(_(FIELDS[key]) if key in FIELDS else key, _shown(old.get(key)), _shown(new.get(key)))
        for key in dict.fromkeys((*old, *new))
    ]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def kinds() -> dict[str, str]:
    """What a filter of actions offers: the beginning of the action's name to its title."""
    return {f"core.{noun}": _(title) for noun, title in NOUNS.items()}


def verbs() -> dict[str, str]:
    """What a filter of deeds offers: the ends of actions' names, those of one title together, to the title."""
    ends: dict[str, list[str]] = {}
    for verb, title in VERBS.items():
        ends.setdefault(_(title), []).append(verb)
    return {",".join(found): title for title, found in ends.items()}
