"""Archives and office documents: what would harm who unpacks them is refused, each for its own reason."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from linli.files import archives
from linli.files.archives import leads_outside, require_harmless
from linli.files.kinds import checked_media_type
from linli.kit.errors import Invalid


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def nested(depth: int) -> bytes:
    content = packed({"a.txt": b"x"})
    for _level in range(depth - 1):
        content = packed({"inner.zip": content})
    return content


def fault_of(content: bytes) -> str:
    with pytest.raises(Invalid) as raised:
        require_harmless(io.BytesIO(content), field="annex")
    assert raised.value.errors[0].field == "annex"
    return raised.value.errors[0].message


def test_an_ordinary_archive_is_taken_and_left_at_its_beginning() -> None:
    source = io.BytesIO(packed({"一/二/三.txt": b"x" * 1000, "说明.docx": packed({"word/document.xml": b"<w/>"})}))
    require_harmless(source)
    assert source.tell() == 0


@pytest.mark.asvs("V5.3.3")
@pytest.mark.parametrize(
    "name",
    ["../a.txt", "a/../../b.txt", "/etc/passwd", "..\\a.txt", "\\\\host\\a", "C:\\a.txt", "c:a.txt", ".."],
)
def test_a_part_that_would_leave_its_folder_is_refused(name) -> None:
    assert leads_outside(name)
    assert "别的目录" in fault_of(packed({"good.txt": b"x", name: b"x"}))


@pytest.mark.parametrize("name", ["a..b.txt", "...", "a/b/c.txt", "日期：1.txt", "a.b/..c/d"])
def test_a_part_that_stays_within_is_taken(name) -> None:
    assert not leads_outside(name)
    require_harmless(io.BytesIO(packed({name: b"x"})))


@pytest.mark.asvs("V5.2.5")
def test_a_link_is_refused_wherever_it_leads() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("harmless.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "链接" in fault_of(target.getvalue())
    assert "链接" in fault_of(packed({"inner.zip": target.getvalue()}))
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        file = zipfile.ZipInfo("harmless.txt")
        file.external_attr = (stat.S_IFREG | 0o777) << 16
        archive.writestr(file, "x")
    require_harmless(plain)


def test_a_part_that_leaves_is_found_inside_an_inner_archive() -> None:
    assert "别的目录" in fault_of(packed({"inner.zip": packed({"../a.txt": b"x"})}))


def test_swelling_is_measured_just_below_and_above(monkeypatch) -> None:
    monkeypatch.setattr(archives, "_RATIO_FROM", 10_000)
    content = packed({"a": b"\0" * 100_000})
    (part,) = zipfile.ZipFile(io.BytesIO(content)).infolist()
    monkeypatch.setattr(archives, "_RATIO_AT_MOST", part.file_size // part.compress_size + 1)
    require_harmless(io.BytesIO(content))
    monkeypatch.setattr(archives, "_RATIO_AT_MOST", part.file_size // part.compress_size - 1)
    assert "太大" in fault_of(content)


@pytest.mark.asvs("V5.2.3")
def test_a_real_bomb_is_refused() -> None:
    bomb = packed({"a": b"\0" * 30_000_000})
    assert len(bomb) < 40_000
    assert "太大" in fault_of(bomb)


def test_a_bomb_in_an_inner_archive_is_refused() -> None:
    assert "太大" in fault_of(packed({"inner.zip": packed({"a": b"\0" * 30_000_000})}, zipfile.ZIP_STORED))


def test_unpacked_bytes_of_all_levels_count_together(monkeypatch) -> None:
    inner = packed({"a": b"x" * 600}, zipfile.ZIP_STORED)
    outer = packed({"one.zip": inner, "two": b"y" * 300}, zipfile.ZIP_STORED)
    everything = len(inner) + 300 + 600
    monkeypatch.setattr(archives, "MOST_UNPACKED", everything)
    require_harmless(io.BytesIO(outer))
    monkeypatch.setattr(archives, "MOST_UNPACKED", everything - 1)
    assert "太大" in fault_of(outer)


def test_parts_of_all_levels_count_together(monkeypatch) -> None:
    outer = packed({"inner.zip": packed({"a": b"x", "b": b"x"}), "c": b"x"})
    monkeypatch.setattr(archives, "MOST_PARTS", 4)
    require_harmless(io.BytesIO(outer))
    monkeypatch.setattr(archives, "MOST_PARTS", 3)
    assert "文件太多" in fault_of(outer)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_documents_within_archives_are_taken(depth) -> None:
    require_harmless(io.BytesIO(nested(depth)))


def test_one_level_deeper_is_refused() -> None:
    assert "太多层" in fault_of(nested(4))


def test_a_size_that_lies_does_not_make_us_read_more() -> None:
    content = bytearray(packed({"inner.zip": packed({"a": b"x" * 5000})}, zipfile.ZIP_STORED))
    # The central directory claims that the part is ten bytes long.
    at = content.rindex(b"PK\x01\x02")
    content[at + 20 : at + 28] = (10).to_bytes(4, "little") * 2
    assert "损坏" in fault_of(bytes(content))


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_broken_off_is_refused(cut) -> None:
    assert "损坏" in fault_of(packed({"a": b"x" * 1000}, zipfile.ZIP_STORED)[:cut])


@pytest.mark.parametrize(("name", "member"), [("a.xlsx", "xl/workbook.xml"), ("a.docx", "word/document.xml")])
def test_documents_are_looked_into_as_archives_are(name, member) -> None:
    checked_media_type(io.BytesIO(packed({member: b"<x/>"})), name, "")
    with pytest.raises(Invalid) as raised:
        checked_media_type(io.BytesIO(packed({member: b"<x/>", "../../evil": b"x"})), name, "")
    assert "别的目录" in raised.value.errors[0].message
