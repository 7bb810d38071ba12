"""How numbers and doors look in texts."""

# The Chinese here is data, not interface.
from __future__ import annotations

import re

PHONE = re.compile(r"(?<!\d)1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}(?!\d)")
ID_NUMBER = re.compile(r"(?<!\d)[1-9]\d{16}[\dXxＸｘ](?!\d)")
_NUMBER = r"(?:\d{1,4}|[一二三四五六七八九十]{1,3})"
_BUILDING = rf"{_NUMBER} ?(?:号楼|栋|幢|号院 ?{_NUMBER} ?号楼)"
DOORS = (
    # 3号楼2单元501, 3 栋 501 室
    re.compile(rf"({_BUILDING}) ?(?:{_NUMBER} ?(?:单元|门) ?)?\d{{3,4}} ?(?:室|号|户)?(?!\d)"),
    # 2单元501
    re.compile(rf"({_NUMBER} ?单元) ?\d{{3,4}} ?(?:室|号|户)?(?!\d)"),
    # 3-2-501; a date has a year of four digits or a shorter end
    re.compile(r"(?<![\d\-])(\d{1,2})[-－—]\d{1,2}[-－—]\d{3,4}(?![\d\-])"),
)
