"""PDFs: what is drawn, and that nothing of what people typed is ever run, read or fetched."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from linli.documents import body_tree, code_picture, fit_picture, render_pdf
from linli.documents import fonts as letters
from linli.documents.render import declare_documents

MARK_UP = (
    '#read("/etc/passwd")',
    '#include "/etc/passwd"',
    '#import "@preview/cetz:0.3.0": canvas',
    '#image("file:///etc/passwd")',
    "*粗* _斜_ = 题 $x^2$ `码` <标> @引 \\ ~ --- // 注 /* 注 */",
    '"); #panic("x") //',
    "#eval(sys.inputs.data)",
    "{{ 7 * 7 }} {% include 'x' %} ${7*7}",
)

PIECES = [
    *("<h2>", "<h3>", "<h4>", "</h4>", "<p>", "</p>", "<ul>", "<ol>", "<li>", "</ul>", "<table>", "<tr>", "<th>"),
    *("<td rowspan=3>", "<td colspan=5>", "</table>", "<caption>", "<blockquote>", "</blockquote>", "<hr>", "<br>"),
    *("<strong>", "</strong>", "<a href='https://example.org'>", "</a>", "字", "🙂", "#[", "\u202e", "x"),
]


def drawn(pdf: bytes) -> str:
    """All letters of a PDF, without the breaks that its lines make."""
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def text_of(title: str, html: str) -> str:
    return drawn(render_pdf("core/text.typ", {"title": title, "body": body_tree(html)}))


class TestWhatIsDrawn:
    def test_words_title_language_and_tags(self) -> None:
        pdf = render_pdf("core/text.typ", {"title": "停水通知", "body": body_tree("<p>周三<strong>停水</strong></p>")})
        document = PdfReader(io.BytesIO(pdf))
        root = document.trailer["/Root"]
        assert (document.metadata or {})["/Title"] == "停水通知"
        assert root["/Lang"].startswith("zh")
        assert root["/MarkInfo"]["/Marked"]
        assert b"pdfuaid:part" in pdf
        assert "周三停水" in drawn(pdf)

    def test_the_letters_are_inside_and_are_ours(self) -> None:
        pdf = render_pdf("core/text.typ", {"title": "字", "body": body_tree("<p><b>粗</b>细</p>")})
        found = {
            font.get_object()["/BaseFont"].partition("+")[2]
            for page in PdfReader(io.BytesIO(pdf)).pages
            for font in page["/Resources"]["/Font"].values()
        }
        assert found
        assert all(name.startswith("NotoSansSC-") for name in found)

    def test_the_same_data_makes_the_same_bytes(self) -> None:
        from datetime import UTC, datetime

        from linli.testing.clock import frozen

        with frozen(datetime(2026, 3, 1, tzinfo=UTC)):
            one, other = (render_pdf("core/text.typ", {"title": "一", "body": []}) for _ in range(2))
        assert one == other

    def test_letters_that_no_font_has_become_boxes_and_marks_of_direction_go(self) -> None:
        text = text_of("题🙂", "<p>吉\u202e野\u2066家\ufe0f🙂</p>")
        assert "□" in text
        assert "\u202e" not in text
        assert "吉野家□" in text


class TestInert:
    @pytest.mark.parametrize("typed", MARK_UP)
    def test_what_people_type_is_letters(self, typed) -> None:
        import html

        text = text_of(typed, f"<p>{html.escape(typed)}</p>")
        assert text.count(re.sub(r"\s+", "", typed)) == 2
        assert "root:" not in text

    @pytest.mark.parametrize(
        "source",
        [
            '#read("/etc/passwd")',
            '#read("../render.py")',
            '#read("../../config.py")',
            '#include "/etc/passwd"',
            '#image("file:///etc/passwd")',
            '#image("http://127.0.0.1:9/x.png")',
            '#json("/proc/self/environ")',
        ],
    )
    def test_even_a_template_reads_nothing_but_its_own(self, tmp_path, source) -> None:
        # A positive control: the same template without that line is drawn.
        folder = tmp_path / "odd"
        folder.mkdir()
        declare_documents({"odd": tmp_path})
        try:
            begin = '#import "/core/base.typ": data\n#set document(title: "x")\n'
            (folder / "good.typ").write_text(begin + "x")
            assert render_pdf("odd/good.typ", {})
            (folder / "bad.typ").write_text(begin + source)
            with pytest.raises(typst.TypstError):
                render_pdf("odd/bad.typ", {})
        finally:
            declare_documents({})

    def test_a_template_may_not_ask_for_a_package(self, tmp_path) -> None:
        (tmp_path / "odd").mkdir()
        (tmp_path / "odd" / "bad.typ").write_text('#import "@preview/cetz:0.3.0"')
        declare_documents({"odd": tmp_path})
        try:
            with pytest.raises(ValueError, match="package"):
                render_pdf("odd/bad.typ", {})
        finally:
            declare_documents({})

    @pytest.mark.parametrize(
        "name",
        ["core/none.typ", "none/text.typ", "core/../render.py", "core/../templates/x.txt", "core/", "text.typ"],
    )
    def test_only_known_templates(self, name) -> None:
        with pytest.raises(LookupError):
            render_pdf(name, {"title": "x", "body": []})

    @pytest.mark.parametrize("name", ["../x.png", "/etc/passwd", "x.typ", "a/b.png", "", "X.PNG"])
    def test_only_plain_names_of_pictures(self, name) -> None:
        with pytest.raises(ValueError, match="picture"):
            render_pdf("core/text.typ", {"title": "x", "body": []}, pictures={name: b""})

    @pytest.mark.parametrize(("name", "kind"), [("plan.jpg", "JPEG"), ("plan.png", "PNG")])
    def test_a_photograph_is_printed_in_its_colours(self, name, kind) -> None:
        source = io.BytesIO()
        Image.new("RGB", (300, 200), (200, 30, 30)).save(source, kind)
        body = [{"type": "picture", "name": name, "alt": "施工范围"}]
        made = render_pdf("core/text.typ", {"title": "x", "body": body}, pictures={name: source.getvalue()})
        document = pypdfium2.PdfDocument(made)
        printed = document[0].render().to_pil().convert("RGB")
        document.close()
        colours = printed.getcolors(1 << 20)
        reds = sum(n for n, (red, green, blue) in colours if red > 180 and green < 60 and blue < 60)
        assert reds > printed.width * printed.height // 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=60,
    )
)
def test_every_text_is_drawn_with_its_tags(pieces) -> None:
    assert b"pdfuaid:part" in render_pdf("core/text.typ", {"title": "题", "body": body_tree("".join(pieces))})


def test_a_text_nested_without_end_is_drawn() -> None:
    for opening in ("<ul><li>", "<blockquote>", "<strong>", "<table><tr><td>", "<h2>"):
        assert render_pdf("core/text.typ", {"title": "题", "body": body_tree(opening * 4000 + "字")})


class TestFonts:
    def test_missing_ones_are_told_with_the_way_out(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(letters, "FOLDER", tmp_path)
        with pytest.raises(letters.FontsMissing, match="make setup"):
            render_pdf("core/text.typ", {"title": "x", "body": []})

    def test_they_are_not_served(self) -> None:
        from linli.web.assets import STATIC

        assert not Path(letters.FOLDER).is_relative_to(STATIC)
        assert (letters.FOLDER / "LICENSE.txt").is_file()


class TestPictures:
    def test_a_photograph_is_upright_small_and_nameless(self) -> None:
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "谁的相机"
        source = io.BytesIO()
        Image.new("RGB", (3000, 1500), "red").save(source, "JPEG", exif=exif)
        made = fit_picture(source.getvalue())
        assert made is not None
        picture = Image.open(io.BytesIO(made))
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (1000, 2000), {})

    @pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"x" * 100])
    def test_what_is_none_is_told_apart(self, content) -> None:
        assert fit_picture(content) is None

    def test_a_bomb_is_not_unpacked(self) -> None:
        source = io.BytesIO()
        Image.new("1", (12000, 12000)).save(source, "PNG")
        assert len(source.getvalue()) < 100_000
        assert fit_picture(source.getvalue()) is None

    def test_a_code_is_read_back(self) -> None:
        import zxingcpp

        address = "https://linli.example.org/s/110105001/c/110105001001/notices/0198c0de-0000-7000-8000-000000000001"
        source = '#image("code.svg", width: 4cm)'
        files = {"main.typ": source.encode(), "code.svg": code_picture(address)}
        png = typst.compile(files, root=str(Path(__file__).parent), format="png", ppi=150)
        [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
        assert found.text == address
