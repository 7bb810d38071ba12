"""Showing the steps of set-up as they run, and what went wrong in one sentence; standard library only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_NETWORK = re.compile(
    r"connection (error|refused|reset|aborted|timed out)|could not resolve|name resolution|dns error"
    r"|network is unreachable|no route to host|timed? ?out|etimedout|enotfound|eai_again|econnre"
    r"|failed to (connect|fetch|download)|error sending request|max retries exceeded|newconnectionerror"
    r"|proxyerror|tunnel",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(r"no matching distribution|no solution found|not found in the package registry", re.IGNORECASE)
_HASH = re.compile(r"hash(es)? mismatch|do not match the hashes|eintegrity", re.IGNORECASE)
_DISK = re.compile(r"no space left on device|disk quota exceeded|enospc", re.IGNORECASE)
_READ_ONLY = re.compile(r"read-only file system|erofs", re.IGNORECASE)
_PERMISSION = re.compile(r"permission denied|operation not permitted|eacces", re.IGNORECASE)

_SENTENCES = (
    (
        _DISK,
        "磁盘已满：请腾出约 1.5 GB 空间后重试。",
        "The disk is full: free about 1.5 GB and try again.",
    ),
    (
        _READ_ONLY,
        "这个文件夹是只读的：请把项目复制到可以写入的地方。",
        "This folder is read-only: copy the project to a place that can be written.",
    ),
    (
        _HASH,
        "下载的文件与 requirements/ 记录的校验值不符：请清空下载缓存，或换一个镜像后重试。",
        "A download does not match its hash in requirements/: clear the cache or try another mirror.",
    ),
    (
        _NETWORK,
        "连不上软件包下载站：请检查网络或代理；在境内可以先为 pip 设置镜像。",
        "The package index cannot be reached: check the network, the proxy, or pip's mirror.",
    ),
    (
        _NOT_FOUND,
        "下载站或镜像里没有所需的版本：请换一个较新的镜像，或检查 Python 版本是否受支持。",
        "The index or mirror lacks a needed version: try a fresher mirror, or another Python from 3.11 on.",
    ),
    (
        _PERMISSION,
        "没有权限写入这个文件夹：请改正它的权限，或删除 .venv 后重试。",
        "This folder may not be written: correct its permissions, or remove .venv and try again.",
    ),
)


class SetupError(Exception):
    """Set-up cannot go on. The message says why and what to do, in Chinese and in English."""


def explain(output: str) -> SetupError | None:
    """The sentence for what a program printed; None if nothing known is in it."""
    for pattern, chinese, english in _SENTENCES:
        if pattern.search(output):
            return SetupError(f"{chinese}\n{english}")
    return None


class Steps:
    """Numbered lines with a running clock; whatever the programs print goes to a log."""

    def __init__(self, count: int, log: Path) -> None:
        self._count = count
        self._done = 0
        self._log = log
        self._is_terminal = sys.stdout.isatty()

    def run(
        self,
        title: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        is_last_try: bool = True,
    ) -> bool:
        """Run one program under a title.

        Returns:
            Whether it succeeded; False only where another try follows.

        Raises:
            SetupError: it failed and `is_last_try`.
        """
        self._done += 1
        label = f"[{self._done}/{self._count}] {title}"
        begin = time.monotonic()
        self._show(label, end="")
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            start = log.tell()
            try:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    cwd=cwd,
                    env=dict(environ) if environ is not None else None,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                raise explain(str(error)) or SetupError(f"{command[0]}: {error.strerror}") from error
            self._wait(process, label, begin)
        seconds = time.monotonic() - begin
        if process.returncode == 0:
            self._show(f"{label}  {seconds:.1f} s")
            return True
        self._show(f"{label}  ✗")
        if is_last_try:
            raise self._failure(title, start)
        self._done -= 1
        return False

    def _wait(self, process: subprocess.Popen[bytes], label: str, begin: float) -> None:
        reported = 0
        try:
            while True:
                try:
                    process.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    seconds = int(time.monotonic() - begin)
                    # On a terminal each second, in a log now and then.
                    if seconds - reported >= (1 if self._is_terminal else 10):
                        reported = seconds
                        self._show(f"{label}  {seconds} s", end="" if self._is_terminal else "\n")
                else:
                    return
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise

    def _show(self, text: str, end: str = "\n") -> None:
        if self._is_terminal:
            print(f"\r\033[K{text}", end=end, flush=True)
        else:
            print(text, end=end or "\n", flush=True)

    def _failure(self, title: str, start: int) -> SetupError:
        with self._log.open("rb") as log:
            log.seek(start)
            output = log.read().decode("utf-8", "replace")
        known = explain(output)
        if known is not None:
            return known
        lines = [line for line in output.splitlines() if line.strip()]
        last = lines[-1].strip() if lines else "?"
        log = os.path.relpath(self._log)
        return SetupError(f"“{title}”没有成功：{last}。详情见 {log}。\n“{title}” failed. The whole output is in {log}.")
