"""Examples for the document: for each field a value that its schema allows, real words where its name is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

_SPACE = UUID("0197f0c4-5a10-7c3e-9a41-3f6f2d1b8e55")
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

# The Chinese here is data.
#: By field; ``Schema.field`` goes before ``field``, and a value that a schema does not allow is passed over.
_WORDS: Mapping[str, Sequence[Any]] = {
    "act": ["grant_administrator", "given"],
    "action": ["core.compound.update"],
    "address": ["幸福路 1 号"],
    "answer": ["感谢您的意见，施工时间已改为上午九点以后。"],
    "area": ["89.50"],
    "assessors": ["王敏、李强"],
    "author": ["张*"],
    "BuildingOut.sort_key": ["0003"],
    "basis": ["purchase", "个人信息保护法第十三条第一款第三项"],
    "begin": ["22:00"],
    "body": ["各位居民：本周六上午九点清洗二次供水水箱，请提前储水。", "您好"],
    "body_html": ["<p>本周六上午九点清洗二次供水水箱，请提前储水。</p>"],
    "building": ["3 号楼"],
    "category": ["announcement"],
    "channel": ["email", "portal", "wechat_group"],
    "code": ["310104001002", "photos"],
    "community": ["幸福社区"],
    "compound": ["幸福里小区"],
    "compound_name": ["幸福里小区"],
    "contact": ["021-54320000"],
    "content": ["JVBERi0xLjcK"],
    "credit_code": ["91310104MA1FR0000X"],
    "data_class": ["core.number_reveals"],
    "detail": ["提交的内容有误，请按提示修改"],
    "digest": [_DIGEST],
    "display_name": ["王敏"],
    "done_by": ["李强"],
    "door": ["502", "幸福里小区 3 号楼 2 单元 502"],
    "email": ["wang@example.org"],
    "email_mask": ["w***@example.org"],
    "end": ["07:00"],
    "excerpt": ["本周六上午九点清洗二次供水水箱……"],
    "exclusive_area": ["89.50"],
    "field": ["phone", "reason"],
    "file_name": ["花名册.xlsx"],
    "floor": ["5"],
    "hash": [_DIGEST],
    "id_number_mask": ["3101**********001X"],
    "identifier": ["wangmin"],
    "key": ["portal_title", "water"],
    "kind": ["announcement", "copy", "person"],
    "kind_title": ["新公告"],
    "label": ["3 号楼 2 单元 502"],
    "link": ["/s/310104001/c/310104001002/notices"],
    "locale": ["zh_CN"],
    "management": ["幸福物业"],
    "masked": ["138****8000"],
    "media_type": ["application/pdf"],
    "message": ["必须填写"],
    "name": ["幸福里小区", "张伟", "张三"],
    "note": ["已在单元门口张贴"],
    "notice_title": ["二次供水水箱清洗通知"],
    "office": ["幸福社区居民委员会"],
    "office_address": ["幸福路 1 号"],
    "office_phone": ["021-54320000"],
    "outcome": ["已授予：社区管理员"],
    "owner": ["core"],
    "path": ["/files/0197f0c4-5a10-7c3e-9a41-3f6f2d1b8e55"],
    "permission": ["core.resident.read"],
    "pets": ["猫一只"],
    "phone": ["13800138000"],
    "phone_mask": ["138****8000"],
    "place": ["幸福社区", "单元门口公告栏"],
    "previous": [_DIGEST],
    "purpose": ["contact", "联系住户"],
    "reason": ["任期届满", "联系住户处理漏水"],
    "recomputed": [_DIGEST],
    "register_name": ["幸福社区居民委员会"],
    "relation": ["spouse"],
    "remarks": ["门铃坏了，请敲门"],
    "role": ["community_administrator"],
    "sha256": [_DIGEST],
    "share": ["1/2"],
    "slug": ["xingfu"],
    "sort_key": ["0003/02/000502"],
    "source": ["民法典第二百七十八条"],
    "subject": ["二次供水水箱清洗通知"],
    "subject_type": ["compound"],
    "task": ["core.check_roster"],
    "text": ["13800138000"],
    "title": ["二次供水水箱清洗通知"],
    "type": ["urn:linli:problem:invalid-input"],
    "user_name": ["wangmin"],
    "viewer": ["李强"],
    "withdraw_reason": ["日期写错，另行通知"],
    "next": [None],
    "levels": [["street", "community"]],
    "permissions": [["core.resident.read"]],
    "requires": [[]],
    "names": [["title", "community"], ["张*"]],
    "words": [[["角色", "社区管理员"]]],
    "values": [{"portal_title": "幸福社区"}],
    "locked": [{"portal_title": True}],
    "before": [{"name": "幸福里"}, "13800138000"],
    "after": [{"name": "幸福里小区"}, "13900139000"],
    "result": [{"rows": 120}],
    "rows": [120, [{"姓名": "张伟"}]],
    "cells": [{"door": "502"}],
    "counts": [{"new": 118, "changed": 2}],
    "channels": [["email"], {"email": {"queued": 0, "held": 0, "sent": 12, "failed": 1, "suppressed": 0}}],
}
#: The first line of a PDF in base64.
_FILE = "JVBERi0xLjcK"
_BY_FORMAT: Mapping[str, Any] = {"date": "2026-03-01", "date-time": "2026-03-01T09:00:00+08:00"}
_BY_PATTERN: Mapping[str, str] = {
    "^([01]\\d|2[0-3]):00$": "22:00",
    "^(([01]\\d|2[0-3]):[0-5]\\d)?$": "08:30",
    "^(\\d{4}-(0[1-9]|1[0-2]))?$": "2026-03",
    "^\\d{4}-(0[1-9]|1[0-2])$": "2026-03",
    "^(valid|void|confirmed)?$": "valid",
    "^[a-z][a-z0-9_]{1,39}$": "photos",
    "^[a-z][a-z0-9-]{1,38}$": "gate-keeper",
}
#: Deeper than this nothing optional is shown.
_DEEP = 6


class Examples:
    """Makes examples for the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], *, name: str = "", owner: str = "", depth: int = 0) -> Any:
        """A value that the schema allows.

        Args:
            schema: of OpenAPI 3.1.
            name: the field it is for.
            owner: the schema that the field belongs to.
            depth: how far inside.
        """
        # What a type says about itself with ``Meta(examples=[…])`` goes before everything.
        if examples := schema.get("examples"):
            return examples[0]
        if "const" in schema:
            return schema["const"]
        if ref := schema.get("$ref"):
            target = str(ref).rpartition("/")[2]
            return self.of(self._schemas[target], name=name, owner=target, depth=depth)
        for word in _words(owner, name):
            if self.allows(schema, word):
                return word
        for key in ("oneOf", "anyOf"):
            if options := [each for each in schema.get(key, ()) if each.get("type") != "null"]:
                return self.of(options[0], name=name, owner=owner, depth=depth)
        if options := schema.get("enum"):
            return options[0]
        return self._by_type(schema, name, owner, depth)

    def _by_type(self, schema: Mapping[str, Any], name: str, owner: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        match kind:
            case "object":
                return self._object(schema, owner, depth)
            case "array":
                return [self.of(schema.get("items", {}), name=name, owner=owner, depth=depth + 1)]
            case "string":
                return self._string(schema, name)
            case "integer" | "number":
                least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
                return max(least, min(schema.get("default") or 3, schema.get("maximum", 3)))
            case "boolean":
                return bool(schema.get("default", True))
        return schema.get("default")

    def _object(self, schema: Mapping[str, Any], owner: str, depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        return {
            field: self.of(kind, name=field, owner=owner, depth=depth + 1)
            for field, kind in schema.get("properties", {}).items()
            if field in required or depth < _DEEP
        }

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        form = schema.get("format")
        if form == "uuid":
            return str(uuid5(_SPACE, name))
        if isinstance(form, str) and form in _BY_FORMAT:
            return str(_BY_FORMAT[form])
        if schema.get("contentEncoding") == "base64":
            return _FILE
        if known := _BY_PATTERN.get(str(schema.get("pattern", ""))):
            return known
        text = str(schema.get("default") or "示例")
        return text.ljust(schema.get("minLength", 0), "0")[: schema.get("maxLength")]

    def allows(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Whether a value of the list above fits; of what JSON Schema knows only what these schemas use."""
        if ref := schema.get("$ref"):
            return self.allows(self._schemas[str(ref).rpartition("/")[2]], value)
        for key in ("oneOf", "anyOf"):
            if key in schema:
                return any(self.allows(each, value) for each in schema[key])
        if "enum" in schema:
            return value in schema["enum"]
        kinds = schema.get("type", [])
        if kinds and _type_of(value) not in ([kinds] if isinstance(kinds, str) else kinds):
            return False
        if isinstance(value, str):
            return self._allows_text(schema, value)
        if isinstance(value, list):
            inside = all(self.allows(schema.get("items", {}), each) for each in value)
            return inside and schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        if isinstance(value, dict):
            more = schema.get("additionalProperties", True)
            is_open = "properties" not in schema and more is not False
            return is_open and (
                not isinstance(more, Mapping) or all(self.allows(more, each) for each in value.values())
            )
        return True

    def _allows_text(self, schema: Mapping[str, Any], value: str) -> bool:
        if schema.get("format") in ("uuid", *_BY_FORMAT) or "contentEncoding" in schema:
            return False
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return False
        pattern = schema.get("pattern")
        return pattern is None or re.search(pattern, value) is not None


def _words(owner: str, name: str) -> Sequence[Any]:
    return [*_WORDS.get(f"{owner}.{name}", ()), *_WORDS.get(name, ())] if name else []


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
