"""E11: what people typed, and what a template names, never makes a document read a file or ask the network."""

from __future__ import annotations

import html
import io
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from linli.documents import body_tree, render_pdf
from linli.documents.render import declare_documents

CANARY = "金丝雀二零二六"
BEGIN = '#import "/core/base.typ": data\n#set document(title: "x")\n'


@pytest.fixture
def secret(tmp_path) -> Path:
    """A file that no document may show."""
    path = tmp_path / "secret.txt"
    path.write_text(CANARY)
    return path


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine, and what was asked of it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _peer = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(1000))

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], asked


def drawn(pdf: bytes) -> str:
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def typed(secret: Path, port: int) -> list[str]:
    """What an attacker would write into a notice."""
    return [
        f'#read("{secret}")',
        f'#read("file://{secret}")',
        f'#include "{secret}"',
        f'#image("http://127.0.0.1:{port}/x.png")',
        f'"#read("{secret}")#"',
        f'"}}; #read("{secret}")',
        f'#eval("read(\\"{secret}\\")")',
        '#import "@preview/cetz:0.3.0": canvas',
        "../../../../etc/passwd",
    ]


@pytest.mark.asvs("V1.3.6")
def test_e11_what_people_type_reads_nothing(secret, listener) -> None:
    port, asked = listener
    for text in typed(secret, port):
        escaped = html.escape(text)
        links = f'<p>{escaped}</p><p><a href="{escaped}">一</a><img src="file://{secret}" alt="图"></p>'
        written = drawn(render_pdf("core/text.typ", {"title": text, "body": body_tree(links)}))
        assert CANARY not in written
        # It is drawn, letter for letter, both times: nothing of it was taken for a command and left out.
        assert written.count(re.sub(r"\s+", "", text)) == 2
    assert asked == []


def test_e11_a_poster_of_hostile_words_shows_them_and_nothing_else(browser, world, module_house, secret) -> None:
    from linli.sdk import SYSTEM
    from linli_notices import publishing, service
    from linli_notices.schemas import NoticeCreate

    own = world.here.communities[0]
    texts = typed(secret, 9)
    with module_house.database.unit_of_work(own.scope) as session:
        data = NoticeCreate(title=texts[0][:90], body="\n\n".join(texts), is_public=True)
        notice = service.create_notice(session, SYSTEM, own.id, data)
        notice_id = publishing.publish_notice(session, SYSTEM, own.id, notice.id).id
    browser.sign_in_as(own.administrator)
    answer = browser.get(f"/s/{own.street_code}/c/{own.code}/admin/notices/{notice_id}/poster")
    assert answer.status_code == 200
    written = drawn(answer.content)
    assert "#include" in written
    assert CANARY not in written


def test_e11_even_a_template_reaches_no_file_and_no_address(tmp_path, secret, listener) -> None:
    port, asked = listener
    folder = tmp_path / "odd"
    folder.mkdir()
    declare_documents({"odd": tmp_path})
    try:
        # The positive control: without the line in question it is drawn.
        (folder / "page.typ").write_text(BEGIN + "x")
        assert render_pdf("odd/page.typ", {})
        for line in (
            f'#read("{secret}")',
            f'#read("file://{secret}")',
            '#read("secret.txt")',
            '#read("../secret.txt")',
            f'#image("http://127.0.0.1:{port}/x.png")',
            '#read("/proc/self/environ")',
        ):
            (folder / "page.typ").write_text(BEGIN + line)
            with pytest.raises(typst.TypstError):
                render_pdf("odd/page.typ", {})
        (folder / "page.typ").write_text(BEGIN + '#import "@preview/cetz:0.3.0": canvas')
        with pytest.raises(ValueError, match="package"):
            render_pdf("odd/page.typ", {})
    finally:
        declare_documents({})
    assert asked == []
