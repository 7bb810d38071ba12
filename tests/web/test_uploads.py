"""Several photos in one field: how many, how large, whether they are photos; and where scripts go after sending."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from linli.kit.errors import Invalid
from linli.testing.web import Browser
from linli.web.forms import Form
from linli.web.uploads import photos_of


def picture(kind: str = "JPEG", size: int = 8) -> bytes:
    made = BytesIO()
    Image.new("RGB", (size, size), "teal").save(made, kind)
    return made.getvalue()


def form(*sent: tuple[str, str, bytes]) -> Form:
    files: Any = [(SimpleNamespace(content_type=kind, filename=name), content) for name, kind, content in sent]
    return Form(photos={"photos": files})


def told(*sent: Any, **limits: Any) -> str:
    with pytest.raises(Invalid) as refused:
        photos_of(form(*sent), "photos", **limits)
    (fault,) = refused.value.errors
    assert fault.field == "photos"
    return f"{fault.message}|{fault.allowed}"


JPEG, PNG = ("a.jpg", "image/jpeg", picture()), ("b.png", "image/png", picture("PNG"))


class TestPhotos:
    def test_all_of_a_field_come_in_their_order(self) -> None:
        found = photos_of(form(JPEG, PNG, ("", "application/octet-stream", b"")), "photos")
        assert [(each.name, each.media_type) for each in found] == [("a.jpg", "image/jpeg"), ("b.png", "image/png")]
        assert found[0].content == JPEG[2]
        assert photos_of(form(), "photos") == []

    def test_none_where_one_must_be(self) -> None:
        assert told(required=True) == "必须填写|至少一张照片"

    def test_as_many_as_allowed_and_no_more(self) -> None:
        assert len(photos_of(form(JPEG, PNG), "photos", most=2)) == 2
        assert told(JPEG, PNG, most=1) == "照片太多|最多 1 张"

    def test_as_large_as_allowed_and_no_larger(self) -> None:
        limit = 1024 * 1024
        exact = JPEG[2] + bytes(limit - len(JPEG[2]))
        assert photos_of(form(("a.jpg", "image/jpeg", exact)), "photos", max_mb=1)[0].content == exact
        assert told(("a.jpg", "image/jpeg", exact + b"\0"), max_mb=1) == "“a.jpg”太大|每张不超过 1 MB"

    @pytest.mark.parametrize(
        "sent",
        [
            ("a.txt", "text/plain", b"text"),
            ("a.jpg", "image/jpeg", b"no picture"),
            ("a.svg", "image/svg+xml", b"<svg/>"),
            ("a.pdf", "application/pdf", b"%PDF-1.4"),
            ("a.png", "image/png", JPEG[2]),
            ("photo", "image/jpeg", JPEG[2]),
        ],
    )
    def test_what_is_no_photo_is_told_by_its_name(self, sent) -> None:
        assert told(sent).startswith(f"“{sent[0]}”不是照片|")

    def test_a_form_reads_every_file_of_a_field(self, browser: Browser) -> None:
        from linli.web import mount

        seen: list[Form] = []
        read = mount._read_form

        async def noted(request: Any) -> Form | None:
            found = await read(request)
            assert found is not None
            seen.append(found)
            return found

        mount._read_form, before = noted, mount._read_form
        try:
            files = [("photos", ("a.jpg", JPEG[2], "image/jpeg")), ("photos", ("b.png", PNG[2], "image/png"))]
            browser.post("/components", files=files)
        finally:
            mount._read_form = before
        assert [each.name for each in photos_of(seen[0], "photos")] == ["a.jpg", "b.png"]


class TestLedOn:
    """A script that sends a form is told where to go instead of being led there: the browser sees the message."""

    @pytest.mark.parametrize(("header", "answer"), [("x-form-progress", "x-form-to"), ("hx-request", "hx-redirect")])
    def test_to_the_next_page_with_its_message(self, browser: Browser, header, answer) -> None:
        told = browser.post("/components", headers={header: "true"})
        assert told.status_code == 204
        assert told.headers[answer] == "/components"
        assert "这里是样例" in browser.get("/components").text
        assert "这里是样例，没有保存任何内容。" not in browser.get("/components").text

    def test_a_toast_for_htmx_and_a_line_on_the_page_for_others(self, browser: Browser) -> None:
        part = browser.get("/components/toast", headers={"hx-request": "true"})
        assert part.headers["hx-trigger"].isascii()
        assert '"tone": "done"' in part.headers["hx-trigger"]
        assert "<html" not in part.text
        whole = browser.get("/components/toast")
        assert "hx-trigger" not in whole.headers
        assert "已保存。这是一条样例消息。" in whole.text.partition("<h1")[0]
