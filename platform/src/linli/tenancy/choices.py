"""The fixed choices of places, each with its Chinese name for forms, lists and templates."""

from __future__ import annotations

from typing import Literal

CompoundKind = Literal["commodity", "unit_dormitory", "affordable", "relocation", "mixed", "other"]
Management = Literal["none", "property_company", "quasi_property", "self_managed", "unit"]
Usage = Literal["residential", "commercial", "parking", "storage", "other"]
AreaBasis = Literal["registry", "surveyed", "contract", "unknown"]
Delivery = Literal["delivered", "sold_undelivered", "unsold"]

COMPOUND_KINDS: dict[str, str] = {
    "commodity": "商品房小区",
    "unit_dormitory": "单位家属院",
    "affordable": "保障性住房",
    "relocation": "回迁安置房",
    "mixed": "混合产权",
    "other": "其他",
}
MANAGEMENTS: dict[str, str] = {
    "none": "无物业管理",
    "property_company": "物业公司",
    "quasi_property": "准物业管理",
    "self_managed": "居民自管",
    "unit": "产权单位管理",
}
USAGES: dict[str, str] = {
    "residential": "住宅",
    "commercial": "商业",
    "parking": "车位",
    "storage": "储藏",
    "other": "其他",
}
#: Registry area first, else surveyed, else contract (区分所有权解释 第8条).
AREA_BASES: dict[str, str] = {
    "registry": "不动产登记面积",
    "surveyed": "测绘面积",
    "contract": "合同面积",
    "unknown": "未核实",
}
DELIVERIES: dict[str, str] = {
    "delivered": "已交付",
    "sold_undelivered": "已售未交付",
    "unsold": "未出售",
}
