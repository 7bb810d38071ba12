"""`linli plugin check`: what a program can judge of a plugin; a lint for its author, no sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from linli.cli.plugin.rules import LEVELS, RULES, findings_of, level_asked_by, level_of, title_of
from linli.cli.plugin.rules.project import CheckedProject, Finding
from linli.cli.plugin.scaffold import plugin_in
from linli.kit.text import gettext as _
from linli.plugins.discovery import Candidate, candidates, discover
from linli.plugins.registry import Plugins


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.option("--tests/--no-tests", default=False, help="同时运行插件的测试和契约测试")
@click.option("--level", type=click.Choice(LEVELS), default="bronze", show_default=True, help="低于这个级别算失败")
def check(*, folder: Path, as_json: bool, tests: bool, level: str) -> None:
    """检查插件的文件夹：名称、清单、引入、危险写法、译文、文档等。只是提示，不是隔离。"""
    project = CheckedProject(folder, plugin_in(folder))
    findings = [*findings_of(project), *_loads(project)]
    if tests and (fault := _tests_fail(project)):
        findings.append(fault)
    reached = level_of(findings)
    is_enough = reached != "none" and LEVELS.index(reached) >= LEVELS.index(level)
    if as_json:
        click.echo(json.dumps(_as_json(project, findings, reached), ensure_ascii=False))
    else:
        _show(findings, reached, level)
    if not is_enough:
        raise SystemExit(1)


def _loads(project: CheckedProject) -> list[Finding]:
    """What the core has against the installed plugin; nothing when it is not installed here."""
    installed: list[Candidate] = [each for each in candidates() if each.name == project.name]
    if not installed:
        return []
    faults = Plugins.from_discovery(discover()).faults
    return [Finding("load", "bronze", "plugin.py", each.message) for each in faults if each.plugin == project.name]


def _tests_fail(project: CheckedProject) -> Finding | None:
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-x"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=project.folder, env=environ, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
    return Finding("run_tests", "bronze", "tests", last)


def _as_json(project: CheckedProject, findings: list[Finding], reached: str) -> dict[str, Any]:
    rows = [{"rule": f.rule, "level": f.level, "place": f.place, "words": f.words} for f in findings]
    rules = {name: {"title": title_of(name), "level": level_asked_by(name)} for name in RULES}
    return {"plugin": project.name, "level": reached, "findings": rows, "rules": rules}


def _show(findings: list[Finding], reached: str, wanted: str) -> None:
    for each in findings:
        click.echo(f"{each.place}: [{each.level} {each.rule}] {each.words}")
    titles = {"none": _("未达铜级"), "bronze": _("铜级"), "silver": _("银级"), "gold": _("金级")}
    click.echo(_("结果：{level}。{n} 处需要处理。").format(level=titles[reached], n=len(findings)))
    if reached != "gold":
        following = LEVELS[LEVELS.index(reached) + 1] if reached != "none" else "bronze"
        open_rules = sorted({each.rule for each in findings if each.level == following})
        click.echo(_("达到{level}还差：{rules}").format(level=titles[following], rules="、".join(open_rules)))
    click.echo(_("这是给作者的提示，不是安全隔离；不信任的代码不要装进来。"))
    if LEVELS.index(wanted) > 0:
        click.echo(_("要求的级别：{level}").format(level=titles[wanted]))
