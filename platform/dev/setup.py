"""`make setup`: makes .venv/ ready to run, test or check. This file still runs where Python is too old."""

import os
import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an old Python is told
    for minor in range(20, 10, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    has = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit(
        f"需要 Python 3.11 或更新的版本，现在是 {has}：请安装后重试，或用 make PYTHON=… 指出它的路径。\n"
        f"Python 3.11 or newer is needed, this is {has}: install one and try again, or name it: make PYTHON=…"
    )

from environment import main

sys.exit(main(sys.argv[1:]))
