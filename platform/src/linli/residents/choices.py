"""The fixed choices about people, each with its Chinese name for forms, lists and templates."""

from __future__ import annotations

from linli.kit.text import gettext as _

GENDERS: dict[str, str] = {"male": "男", "female": "女"}
RELATIONS: dict[str, str] = {
    "head": "户主",
    "spouse": "配偶",
    "child": "子女",
    "parent": "父母",
    "relative": "其他亲属",
    "lessee": "租客",
    "other": "其他",
}
TENURES: dict[str, str] = {
    "owner": "自有",
    "lease": "租住",
    "public_rent": "承租公房",
    "other": "其他",
}
BASES: dict[str, str] = {
    "registry": "不动产登记",
    "purchase": "购房合同",
    "inheritance": "继承",
    "court": "法院判决",
    "relocation": "拆迁安置",
    "unit_housing": "单位分房",
}
ORGANISATION_KINDS: dict[str, str] = {
    "title_unit": "产权单位",
    "developer": "建设单位",
    "company": "企业",
    "other": "其他",
}


def people_words() -> dict[str, dict[str, str]]:
    """Every fixed choice about people in the reader's language, for templates."""
    named = {
        "genders": GENDERS,
        "relations": RELATIONS,
        "tenures": TENURES,
        "bases": BASES,
        "organisation_kinds": ORGANISATION_KINDS,
    }
    return {name: {key: _(title) for key, title in titles.items()} for name, titles in named.items()}
