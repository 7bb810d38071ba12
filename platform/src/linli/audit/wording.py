"""The record of acts in words for people: what was done to what, and which fields changed how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from linli.kit.text import gettext as _

#: The middle part of an action's name, ``core.<noun>.<verb>``; messages, translated when shown.
NOUNS = {
    "account": "账号",
    "audit": "操作记录",
    "app": "外部应用",
    "app_panel": "外部应用的页面",
    "app_secret": "外部应用的签名密钥",
    "app_token": "外部应用的令牌",
    "app_webhook": "外部应用的推送",
    "approval": "审批",
    "assignment": "街道任务",
    "assessment": "影响评估",
    "briefing": "月度简报",
    "building": "楼栋",
    "community": "社区",
    "compound": "小区",
    "consent": "同意",
    "consent_purpose": "同意事项",
    "data": "到期数据",
    "delivery": "消息发送",
    "demo": "演示数据",
    "dwelling": "房屋",
    "event": "事件",
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
    "obligation": "履职",
    "organisation": "单位",
    "ownership": "产权",
    "plugin": "功能插件",
    "push": "统一下发",
    "privacy_request": "个人信息请求",
    "resident": "居民",
    "rest": "免打扰",
    "retention": "保存期限",
    "reveal": "查看完整号码",
    "role": "角色",
    "roster": "居民名册",
    "rule": "规则",
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
    "answer": "答复",
    "apply": "应用",
    "approve": "批准",
    "archive": "归档",
    "ask": "申请",
    "cancel": "取消",
    "clear": "恢复默认",
    "commit": "写入",
    "create": "新建",
    "disable": "停用",
    "disallow": "不再允许",
    "discard": "放弃",
    "disclose": "确认可以公开",
    "enable": "启用",
    "end": "终止",
    "erase": "删除个人信息",
    "exempt": "豁免",
    "expire": "过期",
    "export": "导出",
    "file": "提出",
    "fill": "生成",
    "give": "给出",
    "grant": "授予",
    "identify": "查看提出人",
    "import": "导入",
    "invite": "邀请",
    "issue": "签发",
    "mask": "打码",
    "merge": "合并",
    "freeze": "存档",
    "override": "另行规定",
    "pause": "暂停",
    "move": "搬移",
    "move_in": "迁入",
    "move_out": "迁出",
    "plan": "批量生成",
    "publish": "发布",
    "purge": "清理",
    "read": "查看",
    "recheck": "重新核对",
    "refuse": "不同意",
    "reject": "驳回",
    "remove": "删除",
    "replay": "重新执行",
    "report": "报告办结",
    "represent": "指定代表",
    "request": "申请",
    "resend": "重新发送",
    "restore": "恢复",
    "reindex": "重建索引",
    "reveal": "查看完整号码",
    "rewrap": "重新加密",
    "rotate": "更换",
    "resume": "恢复使用",
    "run": "立即运行",
    "revoke": "撤销",
    "set": "修改",
    "sign_in": "登录",
    "sign_out": "退出",
    "start": "开始",
    "store": "上传",
    "suspend": "因故障暂停使用",
    "sweep": "清理",
    "take_back": "撤回",
    "test": "测试",
    "transfer": "转移",
    "update": "修改",
    "use": "使用",
    "verify": "核对",
    "withdraw": "撤下",
}

FIELDS = {
    "account": "人员",
    "act": "事项",
    "action": "操作",
    "actor": "操作人",
    "actor_id": "操作人编号",
    "address": "地址",
    "address_from": "来源地址",
    "archived_at": "归档时间",
    "area": "面积",
    "area_basis": "面积依据",
    "asked_by": "申请人",
    "body": "正文",
    "born_on": "出生日期",
    "building_created": "新增楼栋",
    "building_updated": "更新楼栋",
    "built_year": "建成年份",
    "changed": "改动项数",
    "changes": "改动",
    "communities": "社区",
    "channel": "通道",
    "community_id": "社区",
    "compound": "小区",
    "condition": "状况",
    "contact": "联系方式",
    "created": "新增",
    "cutoff": "早于",
    "data_class": "数据类别",
    "days": "天数",
    "decided_on": "决定日期",
    "decision": "决定",
    "deliveries": "投递次数",
    "delivery": "交付状态",
    "digest": "内容校验值",
    "display_name": "姓名",
    "door": "门牌",
    "doors": "房号",
    "duplicate": "被合并的居民",
    "dwelling": "房屋",
    "dwelling_created": "新增房屋",
    "dwelling_updated": "更新房屋",
    "dwellings": "房屋数",
    "edition": "版本",
    "email": "邮箱",
    "ended_on": "结束日期",
    "ends_on": "结束日期",
    "event_types": "告诉它的事件",
    "event": "事件",
    "exclusive_area": "专有面积",
    "failed": "未完成的部分",
    "field": "项目",
    "file": "文件",
    "files": "文件数",
    "first_floor": "最低楼层",
    "floor": "楼层",
    "floors": "层数",
    "hint": "开头",
    "format": "文件格式",
    "full": "含完整号码",
    "gender": "性别",
    "household_created": "新增家庭",
    "household_member_created": "新增家庭成员",
    "household_member_updated": "更新家庭成员",
    "household_updated": "更新家庭",
    "id_number": "证件号",
    "identity_check": "身份核实",
    "invited": "邀请人数",
    "is_migrant": "流动人口",
    "is_old": "老旧小区",
    "is_public": "对外公开",
    "kept": "保留",
    "keys": "改动的项目",
    "kind": "类型",
    "label": "门牌",
    "locale": "语言",
    "locked": "已锁定",
    "management": "物业管理",
    "media_type": "文件类型",
    "moved_in_on": "迁入日期",
    "moved_out": "迁出人数",
    "moved_out_on": "迁出日期",
    "name": "名称",
    "office_address": "办公地址",
    "office_phone": "办公电话",
    "obligation": "履职事项",
    "on": "日期",
    "organisation_created": "新增单位",
    "organisation_updated": "更新单位",
    "orphans": "无主文件",
    "owner": "所有者",
    "overlap_hours": "旧的保留小时数",
    "owners": "业主",
    "ownership": "产权",
    "ownership_created": "新增产权",
    "ownership_updated": "更新产权",
    "panel_url": "页面网址",
    "part": "部分",
    "permissions": "权限",
    "pets": "宠物",
    "phone": "电话",
    "place": "范围",
    "purpose": "用途",
    "rate": "每分钟最多访问次数",
    "relation": "与户主关系",
    "remarks": "备注",
    "resident": "居民",
    "resident_created": "新增居民",
    "resident_updated": "更新居民",
    "residents": "居民",
    "rest": "免打扰时段",
    "role": "角色",
    "rows": "行数",
    "rule": "规则项",
    "running": "编号方式",
    "search": "查找",
    "sha256": "内容校验值",
    "share": "份额",
    "since": "从",
    "size": "大小（字节）",
    "skipped_floors": "跳过的楼层",
    "snapshot": "快照",
    "sort_key": "排序",
    "source": "来源",
    "started_on": "开始日期",
    "starts_on": "开始日期",
    "status": "状态",
    "storage": "存放处",
    "subject": "对象",
    "subject_id": "对象编号",
    "subject_type": "对象类型",
    "task": "任务",
    "tenure": "居住性质",
    "token": "令牌",
    "title": "标题",
    "turned_off": "关闭的消息",
    "turned_on": "打开的消息",
    "unchanged": "未变",
    "unit_entrance_created": "新增单元",
    "unit_entrance_id": "单元",
    "unit_entrance_updated": "更新单元",
    "units": "单元数",
    "whole_street": "全街道",
    "webhook_url": "推送网址",
    "until": "到",
    "updated": "更新",
    "usage": "用途",
    "value": "内容",
    "vanished": "已不在名单中",
    "verb": "做了什么",
    "version": "版本号",
}


_UUID = 36


@dataclass(frozen=True, slots=True)
class RecordWords:
    """What the acts of one owner are called in the record; messages, translated when shown.

    An act is named ``<owner>.<noun>.<verb>``. For verbs and fields the core's words serve too, unless the owner has its
    own; a noun that is missing is called by the title of the plugin.

    Attributes:
        nouns: the middle part of the action's name to its title.
        verbs: the last part of the action's name to its title.
        fields: the names in ``before`` and ``after`` to their titles.
    """

    nouns: Mapping[str, str]
    verbs: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


CORE_WORDS = RecordWords(NOUNS, VERBS, FIELDS)
_declared: dict[str, RecordWords] = {}


def declare_words(words: Mapping[str, RecordWords]) -> None:
    """Make these the words of the record, by owner, in place of those declared before."""
    _declared.clear()
    _declared.update(words)


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
    own = _declared.get(owner, CORE_WORDS)
    subject = own.nouns.get(noun) or (plugins or {}).get(owner)
    done = own.verbs.get(verb) or VERBS.get(verb)
    if subject is None or done is None:
        return action
    return f"{_(subject)} · {_(done)}"


def subject_title(subject_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What was acted upon, by its name where the record has one, else by a code that people know; or empty."""
    for values in (after or {}, before or {}):
        for key in ("name", "label", "title", "display_name"):
            if isinstance(values.get(key), str):
                return values[key]
    return "" if len(subject_id) == _UUID else subject_id


def changes(action: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Change]:
    """Every field that the record of an act names, in the order in which it was written."""
    old, new = before or {}, after or {}
    return [
        Change(field_title(action, key), _shown(old.get(key)), _shown(new.get(key)))
        for key in dict.fromkeys((*old, *new))
    ]


def field_title(action: str, key: str) -> str:
    """What a field is called in the record of an act; without words its name."""
    own = _declared.get(action.partition(".")[0], CORE_WORDS)
    title = own.fields.get(key) or FIELDS.get(key)
    return _(title) if title else key


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
    return {f"{owner}.{noun}": _(title) for owner, words in _declared.items() for noun, title in words.nouns.items()}


def verbs() -> dict[str, str]:
    """What a filter of deeds offers: the ends of actions' names, those of one title together, to the title."""
    ends: dict[str, list[str]] = {}
    for words in _declared.values():
        for verb, title in words.verbs.items():
            ends.setdefault(_(title), []).append(verb)
    return {",".join(found): title for title, found in ends.items()}
