"""The columns of a roster: their titles, the other words people use for them, and how a header row is recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.plugins.extended import plugins_roster_columns
from linli.plugins.extending import RosterColumn

#: The header is looked for in this many rows from the top.
HEADER_WITHIN = 30
MAX_COLUMNS = 100


#: The core's own columns are contributed like a plugin's; the planner reads and writes what they say.
Column = RosterColumn

YES_NO = {
    "yes": ("是", "有", "对", "√", "✓", "✔", "y", "yes", "true", "1"),
    "no": ("否", "无", "不是", "×", "✗", "n", "no", "false", "0"),
}
GENDERS = {"male": ("男", "男性", "m", "male"), "female": ("女", "女性", "f", "female")}
#: Who somebody is at this door: it settles the household's tenure and, for owners and organisations, an ownership.
IDENTITIES = {
    "owner": ("业主", "产权人", "房主", "业主本人"),
    "family": ("家属", "业主家属", "家庭成员", "家人"),
    "lessee": ("租户", "承租人", "租客", "租赁户"),
    "public_lessee": ("公房承租人", "公房租户", "公租房承租人"),
    "other": ("其他", "其他住户", "借住", "住户"),
    "title_unit": ("产权单位", "单位", "房管单位"),
    "developer": ("建设单位", "开发商", "开发单位"),
    "company": ("企业", "公司"),
}
RELATIONS = {
    "head": ("户主", "本人", "户主本人"),
    "spouse": ("配偶", "夫", "妻", "丈夫", "妻子", "夫妻", "爱人"),
    "child": ("子女", "子", "女", "儿子", "女儿", "长子", "次子", "长女", "次女", "儿媳", "女婿", "养子", "养女"),
    "parent": ("父母", "父", "母", "父亲", "母亲", "公公", "婆婆", "岳父", "岳母"),
    "relative": (
        "亲属",
        "亲戚",
        "兄弟姐妹",
        "祖父母",
        "孙子女",
        "孙子",
        "孙女",
        "外孙",
        "外孙女",
        "兄",
        "弟",
        "姐",
        "妹",
    ),
    "lessee": ("租客", "承租人", "租户", "合租"),
    "other": ("其他", "非亲属", "保姆", "朋友"),
}
AREA_BASES = {
    "registry": ("登记", "产权证", "不动产登记", "房产证"),
    "surveyed": ("测绘", "实测", "实测面积"),
    "contract": ("合同", "买卖合同", "购房合同"),
    "unknown": ("不详", "未知"),
}
USAGES = {
    "residential": ("住宅", "居住"),
    "commercial": ("商业", "商铺", "底商", "办公"),
    "parking": ("车位", "车库"),
    "storage": ("储藏室", "储藏间", "地下室"),
    "other": ("其他",),
}
DELIVERIES = {
    "delivered": ("已交付", "交付"),
    "sold_undelivered": ("已售未交付", "未交付"),
    "unsold": ("未售", "未出售"),
}

COMPOUND = Column("compound", "小区", ("小区名称", "院落", "所属小区"), "与所选小区的名称一致", width=14)

COLUMNS: tuple[Column, ...] = (
    Column(
        "building",
        "楼栋",
        ("楼号", "幢", "栋", "楼", "楼栋号", "幢号", "栋号", "楼幢", "楼座", "号楼"),
        "例如：3号楼",
        required=True,
    ),
    Column("unit", "单元", ("单元号", "门洞", "单元门"), "没有单元可以不填"),
    Column(
        "door",
        "房号",
        ("门牌", "室", "房间号", "门牌号", "房间", "室号", "户号", "房屋号", "房屋"),
        "例如：501",
        required=True,
    ),
    Column(
        "name",
        "姓名",
        ("居民姓名", "住户姓名", "业主姓名", "名字", "人员姓名", "成员姓名"),
        "最多 60 个字；房屋暂无人时可以不填",
        required=True,
        width=12,
    ),
    Column(
        "phone",
        "手机",
        ("联系电话", "电话", "手机号", "手机号码", "联系方式", "电话号码", "移动电话", "联系手机"),
        "11 位手机号，或带区号的固定电话",
        width=15,
    ),
    Column(
        "id_number",
        "身份证号",
        ("身份证", "身份证号码", "证件号", "证件号码", "公民身份号码", "居民身份证号"),
        "18 位居民身份证号，最后一位可以是 X",
        width=22,
    ),
    Column("gender", "性别", (), "男、女", choices=GENDERS, width=6),
    Column(
        "identity",
        "身份",
        ("人员身份", "住户类型", "居住身份", "人员类别", "人员类型", "居民类型"),
        "业主、家属、租户、公房承租人、其他；单位填产权单位、建设单位或企业",
        choices=IDENTITIES,
    ),
    Column(
        "relation",
        "与户主关系",
        ("关系", "与户主的关系", "家庭关系", "户主关系", "与业主关系"),
        "户主、配偶、子女、父母、亲属、租客、其他",
        choices=RELATIONS,
        width=12,
    ),
    Column(
        "is_owner",
        "产权人",
        ("是否产权人", "是否业主", "是否为产权人", "是否为业主"),
        "是、否，或写产权人本人的姓名",
        choices=YES_NO,
        width=8,
    ),
    Column(
        "share",
        "产权比例",
        ("产权份额", "份额", "占有份额", "共有份额", "共有比例"),
        "大于 0、不超过 1，例如 1、1/2、50%",
    ),
    Column("lives", "是否居住", ("是否常住", "居住情况", "居住状态", "是否在住"), "是、否", choices=YES_NO),
    Column(
        "area",
        "专有面积",
        ("面积", "建筑面积", "房屋面积", "专有部分面积", "产权面积", "建面"),
        "平方米，最多两位小数，例如 60.5",
    ),
    Column("area_basis", "面积依据", ("面积来源", "面积性质"), "登记、测绘、合同、不详", choices=AREA_BASES),
    Column("usage", "房屋用途", ("用途", "房屋性质", "房屋类型"), "住宅、商业、车位、储藏室、其他", choices=USAGES),
    Column("delivery", "交付情况", ("交付状态", "是否交付"), "已交付、已售未交付、未售", choices=DELIVERIES, width=12),
    Column(
        "moved_in_on",
        "入住日期",
        ("入住时间", "迁入日期", "迁入时间", "搬入日期", "入住年月日"),
        "例如：2024-05-01",
        width=12,
    ),
    Column(
        "moved_out_on",
        "搬出日期",
        ("搬出时间", "迁出日期", "迁出时间", "搬离日期"),
        "例如：2026-05-01；仍住在这里不填",
        width=12,
    ),
    Column("is_migrant", "流动人口", ("是否流动人口", "外来人口", "是否外来人口"), "是、否", choices=YES_NO),
    Column("remarks", "备注", ("说明", "备考", "注", "备注信息"), "最多 500 个字", width=20),
)

FIELDS: Mapping[str, Column] = {column.field: column for column in (COMPOUND, *COLUMNS)}
#: The column that the error file adds; read over when the file comes back.
FAULTS_TITLE = "错误说明"
_IGNORED = {"序号", "编号", "行号", FAULTS_TITLE}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is and what its columns mean.

    Attributes:
        row: counted from 1.
        fields: one entry per column: the field, or ``None`` for a column that is not understood.
        titles: the headers as written.
    """

    row: int
    fields: tuple[str | None, ...]
    titles: tuple[str, ...]

    @property
    def unknown(self) -> list[str]:
        """Headers that mean nothing here: reported, and kept in the error file."""
        return [
            title
            for field, title in zip(self.fields, self.titles, strict=True)
            if field is None and title and plain_title(title) not in _IGNORED
        ]

    def column_of(self, field: str) -> int | None:
        """The index of the field's column, from 0."""
        return self.fields.index(field) if field in self.fields else None


def plain_title(title: object) -> str:
    """A header without blanks, marks and what stands in brackets: ``手机 (必填)*`` is ``手机``."""
    text = unicodedata.normalize("NFKC", str(title or ""))
    text = re.sub(r"[(\[【][^)\]】]*[)\]】]", "", text)
    return re.sub(r"[\s*:：_\-/、.。\u200b\ufeff]", "", text).lower()


_KNOWN = {
    plain_title(word): column.field for column in (COMPOUND, *COLUMNS) for word in (column.title, *column.synonyms)
}


def recognise(cells: Sequence[object]) -> tuple[str | None, ...]:
    """The field of each cell of a header row; the second column of one field is not understood."""
    fields: list[str | None] = []
    for cell in cells:
        field = _KNOWN.get(plain_title(cell))
        fields.append(None if field in fields else field)
    return tuple(fields)


def find_header(rows: Iterable[Sequence[object]]) -> Header | None:
    """The row, among the first ones, in which the most columns are understood; at least two must be."""
    best: Header | None = None
    for number, cells in zip(range(1, HEADER_WITHIN + 1), rows, strict=False):
        fields = recognise(cells)
        known = sum(field is not None for field in fields)
        if known >= 2 and (best is None or known > sum(field is not None for field in best.fields)):
            best = Header(number, fields, tuple(str(cell or "").strip()[:60] for cell in cells))
    return best


def require_header(header: Header | None) -> Header:
    """The header with all columns that cannot be missing; raises ``Invalid``."""
    needed = "、".join(column.title for column in COLUMNS if column.required)
    if header is None:
        raise Invalid.one(
            "file",
            _("没有找到表头"),
            _("前 {rows} 行中要有一行写着列名，至少包括：{needed}").format(rows=HEADER_WITHIN, needed=needed),
        )
    missing = [column for column in COLUMNS if column.required and column.field not in header.fields]
    if missing:
        raise Invalid(
            errors=[
                FieldError(
                    "file",
                    _("缺少“{title}”列").format(title=column.title),
                    _("也可以写作：{words}").format(words="、".join(column.synonyms[:5])),
                )
                for column in missing
            ]
        )
    return header


def column_of(field: str) -> Column | None:
    """The column of a field, the core's or a plugin's; ``None`` when its plugin is not in this process."""
    if field in FIELDS:
        return FIELDS[field]
    return next((column for _owner, column in plugins_roster_columns() if column.field == field), None)


def title_of(field: str) -> str:
    """A column's title; the field itself when its plugin is gone."""
    column = column_of(field)
    return column.title if column else field


def word_for(field: str, value: str) -> str:
    """The word by which a value of a choice column is written."""
    column = column_of(field)
    choices = column.choices if column and column.choices else {}
    return choices[value][0] if value in choices else ""
