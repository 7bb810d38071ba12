"""Set-up: does nothing twice, and says in one sentence what stands in its way."""

from __future__ import annotations

import ast
import os
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


@pytest.fixture
def environment(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, working on a small project of its own."""
    module = script("environment")
    folder = tmp_path / "项 目"
    for name, text in {
        "requirements/demo.txt": "uv==1 \\\n    --hash=sha256:0\n",
        "requirements/dev.txt": "uv==1 \\\n    --hash=sha256:0\n",
        "platform/pyproject.toml": "[project]\n",
        "platform/frontend/package.json": "{}",
        "platform/frontend/package-lock.json": "{}",
        "platform/frontend/build.mjs": "",
        "platform/src/linli/web/static/built/manifest.json": "{}",
        ".venv/bin/linli": "",
        ".venv/bin/uv": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    web = folder / "platform/src/linli/web"
    for name, value in {
        "ROOT": folder,
        "REQUIREMENTS": folder / "requirements",
        "VENV": folder / ".venv",
        "BIN": folder / ".venv/bin",
        "STAMP": folder / ".venv/linli-setup.json",
        "FRONTEND": folder / "platform/frontend",
        "WEB": web,
        "BUILT": web / "static/built/manifest.json",
        "distributions": lambda: [folder / "platform"],
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.fixture
def ran(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that set-up takes, noted down instead of taken."""
    titles: list[str] = []
    monkeypatch.setattr(environment, "_make_venv", lambda _steps: titles.append("venv"))
    monkeypatch.setattr(environment, "_get_installer", lambda _steps, _path: titles.append("uv"))
    monkeypatch.setattr(environment, "_install", lambda _steps, kind: titles.append(kind))
    monkeypatch.setattr(environment, "_build_frontend", lambda _steps: titles.append("frontend"))
    return titles


class TestTwice:
    def test_the_second_time_there_is_nothing_to_do(self, environment: ModuleType, ran: list[str]) -> None:
        assert environment.main(["dev"]) == 0
        assert ran == ["venv", "uv", "dev", "frontend"]
        ran.clear()
        assert environment.main(["dev"]) == 0
        assert environment.main(["demo"]) == 0
        assert ran == []

    def test_who_has_the_demo_still_needs_the_tools(self, environment: ModuleType, ran: list[str]) -> None:
        environment.main(["demo"])
        ran.clear()
        environment.main(["dev"])
        assert ran == ["dev"]

    def test_a_new_requirement_is_installed_into_what_is_there(self, environment: ModuleType, ran: list[str]) -> None:
        environment.main(["dev"])
        ran.clear()
        (environment.ROOT / "platform/pyproject.toml").write_text("[project]\nname = 'x'\n")
        environment.main(["dev"])
        assert ran == ["dev"]

    def test_a_changed_style_sheet_only_builds_the_front_end(self, environment: ModuleType, ran: list[str]) -> None:
        environment.main(["dev"])
        ran.clear()
        styles = environment.WEB / "styles"
        styles.mkdir()
        (styles / "page.css").write_text("p {}")
        environment.main(["dev"])
        assert ran == ["frontend"]

    def test_another_place_or_python_makes_the_environment_anew(
        self, environment: ModuleType, ran: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment.main(["dev"])
        ran.clear()
        monkeypatch.setattr(environment, "PYTHON", Path("/another/python3"))
        environment.main(["dev"])
        assert ran == ["venv", "uv", "dev"]
        ran.clear()
        environment.main(["dev"])
        assert ran == []

    def test_a_failed_step_is_taken_again(
        self, environment: ModuleType, ran: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_steps: object) -> None:
            raise environment.SetupError("the network is gone")

        with monkeypatch.context() as patch:
            patch.setattr(environment, "_build_frontend", fail)
            assert environment.main(["dev"]) == 1
        ran.clear()
        assert environment.main(["dev"]) == 0
        assert ran == ["frontend"]

    def test_a_spoilt_stamp_is_no_stamp(self, environment: ModuleType, ran: list[str]) -> None:
        environment.STAMP.write_text("[not json")
        environment.main(["dev"])
        assert ran[0] == "venv"


class TestMirror:
    def test_pips_mirror_and_certificates_are_handed_on(
        self, environment: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(environment, "BIN", Path(sys.executable).parent)
        for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "SSL_CERT_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
        monkeypatch.setenv("PIP_CERT", "/certificates.pem")
        found = environment._installer_environment()
        assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
        assert found["SSL_CERT_FILE"] == "/certificates.pem"


class TestFailures:
    def test_without_the_venv_module(
        self, environment: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _name: None)
        environment.STAMP.unlink(missing_ok=True)
        assert environment.main(["dev"]) == 1
        told = capsys.readouterr().err
        assert "apt install python3" in told
        assert "缺少 venv" in told

    @pytest.mark.parametrize(
        ("output", "sentence"),
        [
            ("OSError: [Errno 28] No space left on device", "磁盘已满"),
            ("npm error code ENOTFOUND", "连不上"),
            ("error: Failed to fetch: `x`\n  Caused by: dns error", "连不上"),
            ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "校验值不符"),
            ("ERROR: No matching distribution found for uv==0.13.9", "没有所需的版本"),
            ("[Errno 30] Read-only file system: '.venv'", "只读"),
            ("PermissionError: [Errno 13] Permission denied", "没有权限"),
        ],
    )
    def test_what_programs_print_becomes_one_sentence(self, output: str, sentence: str, script: Script) -> None:
        error = script("steps").explain(output)
        assert error is not None
        chinese, english = str(error).split("\n")
        assert sentence in chinese
        assert english.isascii()

    def test_an_unknown_failure_shows_its_last_line_and_the_log(self, script: Script, tmp_path: Path) -> None:
        steps = script("steps")
        runner = steps.Steps(1, tmp_path / "setup.log")
        command = [sys.executable, "-c", "print('begin'); print('the end is odd'); raise SystemExit(3)"]
        with pytest.raises(steps.SetupError, match=r"the end is odd.*setup\.log"):
            runner.run("step", command, cwd=tmp_path)

    def test_a_program_that_is_missing(self, script: Script, tmp_path: Path) -> None:
        steps = script("steps")
        with pytest.raises(steps.SetupError, match="absent"):
            steps.Steps(1, tmp_path / "setup.log").run("step", [tmp_path / "absent"], cwd=tmp_path)


class TestOldPython:
    def test_it_is_read_by_one_and_says_what_is_needed(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = root / "platform/dev/setup.py"
        ast.parse(path.read_text("utf-8"), feature_version=(3, 7))
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(shutil, "which", lambda _name: None)
        with pytest.raises(SystemExit, match=r"(?s)3\.11.*现在是 3\.9.*this is 3\.9"):
            runpy.run_path(str(path))

    def test_a_newer_one_on_the_path_takes_over(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[list[str]] = []

        def replace(_path: str, arguments: list[str]) -> None:
            asked.append(arguments)
            raise SystemExit

        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(sys, "argv", ["setup.py", "demo"])
        monkeypatch.setattr(shutil, "which", lambda name: "/bin/python3.12" if name == "python3.12" else None)
        monkeypatch.setattr(os, "execv", replace)
        with pytest.raises(SystemExit):
            runpy.run_path(str(root / "platform/dev/setup.py"))
        assert asked == [["/bin/python3.12", str(root / "platform/dev/setup.py"), "demo"]]
