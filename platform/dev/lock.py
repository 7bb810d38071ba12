"""`make lock`: pins everything with hashes in requirements/, for every system and Python from 3.11 on.

Pins that still fit are kept; `UPGRADE=1 make lock` takes the newest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from distributions import INPUTS_LINE, REQUIREMENTS, ROOT, distributions, project, requirements_fingerprint

# dev comes first: it holds everything, and the others are held to its pins.
SETS = {
    "dev": ("[embedded]", ("build.in", "dev.in")),
    "demo": ("[embedded]", ("build.in",)),
    "base": ("", ()),
}


def main() -> int:
    for name, (extra, more) in SETS.items():
        compile_set(name, extra, more)
    return 0


def compile_set(name: str, extra: str, more: tuple[str, ...]) -> None:
    core, *plugins = distributions()
    lines = [f"-e ./{core.relative_to(ROOT).as_posix()}{extra}"]
    lines += [f"-e ./{plugin.relative_to(ROOT).as_posix()}" for plugin in plugins]
    lines += [f"-r requirements/{file}" for file in more]
    if name != "dev":
        lines.append("-c requirements/dev.txt")
    target = REQUIREMENTS / f"{name}.txt"
    command = [
        str(Path(sys.executable).with_name("uv")),
        *("pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", "--no-emit-find-links"),
        *("--output-file", target.relative_to(ROOT).as_posix()),
    ]
    for folder in distributions():
        command += ["--no-emit-package", project(folder)["name"]]
    if os.environ.get("UPGRADE") and name == "dev":
        command.append("--upgrade")
    subprocess.run(command, cwd=ROOT, input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)
    target.write_text(f"{INPUTS_LINE}{requirements_fingerprint()}\n{target.read_text('utf-8')}", "utf-8")
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
