"""Kinds of file by content, and names that hide nothing."""

from __future__ import annotations

import io
import zipfile

import pytest

from linli.files.kinds import KINDS, checked_media_type, clean_name, extension_of
from linli.kit.errors import Invalid


def archive(*names: str, content: bytes = b"x") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
    return target.getvalue()


SAMPLES = {
    "a.png": b"\x89PNG\r\n\x1a\n....",
    "a.jpg": b"\xff\xd8\xff\xe0....",
    "a.JPEG": b"\xff\xd8\xff\xe0....",
    "a.webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "a.gif": b"GIF89a....",
    "a.pdf": b"%PDF-1.7 ....",
    "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "a.docx": archive("[Content_Types].xml", "word/document.xml"),
    "a.zip": archive("anything"),
    "a.csv": "楼栋,房号\n1号楼,101\n".encode(),
    "a.txt": "邻里".encode("gb18030"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_content_of_its_kind_is_taken(name) -> None:
    source = io.BytesIO(SAMPLES[name])
    assert checked_media_type(source, name, "") == KINDS[extension_of(name)].media_type
    assert source.tell() == 0


@pytest.mark.asvs("V5.2.2")
@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("a.txt", "a.csv")])
def test_text_under_another_name_is_refused(name) -> None:
    with pytest.raises(Invalid) as raised:
        checked_media_type(io.BytesIO(b"<script>alert(1)</script>"), name, "")
    assert raised.value.errors[0].field == "file"


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.exe", "a.png.js", "a", ".png", "a.", "a.xlsm"])
def test_other_kinds_are_refused_with_the_list_of_kinds(name) -> None:
    with pytest.raises(Invalid) as raised:
        checked_media_type(io.BytesIO(b"\x89PNG\r\n\x1a\n"), name, "")
    assert "xlsx" in raised.value.errors[0].allowed


def test_a_declared_type_that_contradicts_is_refused() -> None:
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(SAMPLES["a.png"]), "a.png", "text/html")


@pytest.mark.parametrize("declared", ["application/vnd.ms-excel", "text/csv; charset=utf-8", ""])
def test_what_browsers_call_a_csv_is_accepted(declared) -> None:
    assert checked_media_type(io.BytesIO(SAMPLES["a.csv"]), "a.csv", declared) == "text/csv"


def test_a_text_file_is_not_cut_in_the_middle_of_a_character() -> None:
    for shift in range(4):
        source = io.BytesIO(b"x" * shift + "邻里".encode() * 40_000)
        assert checked_media_type(source, "a.txt", "") == "text/plain"


def test_binary_content_is_no_text() -> None:
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(b"MZ\x00\x01\x02"), "a.txt", "")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match="有误") as raised:
        checked_media_type(io.BytesIO(b""), "a.txt", "")
    assert "空" in raised.value.errors[0].message


def test_an_archive_that_unpacks_a_hundredfold_is_refused() -> None:
    bomb = archive("xl/workbook.xml", "b", content=b"\0" * 120_000_000)
    assert len(bomb) < 1_000_000
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(bomb), "a.xlsx", "")


def test_a_broken_archive_is_refused() -> None:
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(SAMPLES["a.xlsx"][:40]), "a.xlsx", "")


@pytest.mark.asvs("V5.4.1")
@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("名册 2025.xlsx", "名册 2025.xlsx"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\照片.JPG", "照片.jpg"),
        ("photo\u202egnp.exe", "photo gnp.exe"),
        ("a\r\nSet-Cookie: b.txt", "a Set-Cookie_ b.txt"),
        ("a\x00b.txt", "a b.txt"),
        ("  .hidden. ", "hidden"),
        (".png", "file.png"),
        ("..", "file"),
        ("", "file"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
        ('a"b<c>|?.csv', "a_b_c___.csv"),
        ("zero\u200bwidth.txt", "zero width.txt"),
    ],
)
def test_a_name_is_cleaned(given, cleaned) -> None:
    assert clean_name(given) == cleaned


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n<script>", "page.html"),
        (b"GIF89a/*<script>*/=1", "code.js"),
        (SAMPLES["a.zip"], "a.jpg"),
        (b"%PDF-1.7 " + SAMPLES["a.zip"], "a.zip"),
        (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "a.png"),
    ],
)
def test_a_file_that_is_two_things_is_what_its_name_says_or_nothing(content, name) -> None:
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(content), name, "")


@pytest.mark.parametrize("name", ["照片\u202egpj.exe", "\u2066a.exe\u2069.exe", "a.png\u200b.exe", "a.exe\u0000"])
def test_a_name_that_reads_otherwise_than_it_is_does_not_pass(name) -> None:
    with pytest.raises(Invalid):
        checked_media_type(io.BytesIO(SAMPLES["a.png"]), clean_name(name), "")
