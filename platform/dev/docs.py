"""`make docs`: writes docs/reference/ from the code; `make check` fails when a page has fallen behind."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

import surface
from distributions import ROOT
from linli import config
from linli.access.roles import role_permissions
from linli.cli import cli
from linli.db import lint
from linli.kit import errors
from linli.plugins import hookspecs
from linli.plugins.manifest import SDK_VERSION
from linli.plugins.registry import Plugins

REFERENCE = ROOT / "docs" / "reference"
EXAMPLES = ROOT / "tests" / "plugins" / "sample" / "linli_lending" / "plugin.py"
_EXAMPLE = re.compile(r"^# The example of (\w+)\.\n(.*?)^# End of the example\.", re.MULTILINE | re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def permissions(plugins: Plugins) -> str:
    """Every permission and the roles that hold it."""
    by_role = role_permissions(plugins)
    titles = {each.item.code: each.item.title for each in plugins.roles}
    every = [(each.item.name, each.item.title) for each in plugins.permissions]
    rows = [
        (f"`{name}`", title, "、".join(titles[code] for code, names in by_role.items() if name in names) or "—")
        for name, title in every
    ]
    return "# 权限 Permissions\n\n" + table(("name", "权限", "哪些角色拥有"), rows)


def roles(plugins: Plugins) -> str:
    """Every role."""
    rows = [
        (
            f"`{role.code}`",
            role.title,
            "、".join(level.label for level in sorted(role.levels)) or "由居民登记自动产生",
            "、".join(sorted(role.granted_by)) or "—",
            "是" if role.needs_totp else "",
        )
        for role in (each.item for each in plugins.roles)
    ]
    return "# 角色 Roles\n\n" + table(("code", "角色", "授予范围", "由谁授予", "需要两步验证"), rows)


def settings(plugins: Plugins) -> str:
    """Every setting of the core and the plugins."""
    rows = [
        (
            f"`{owner}.{spec.key}`",
            spec.title,
            spec.type,
            repr(spec.default),
            "、".join(spec.choices) if spec.choices else "",
            "、".join(spec.levels),
            spec.help,
            spec.source,
        )
        for owner, spec in ((each.owner, each.item) for each in plugins.settings)
    ]
    head = ("key", "设置", "type", "default", "choices", "levels", "说明", "依据")
    return "# 设置 Settings\n\n" + table(head, rows)


def hooks(_plugins: Plugins) -> str:
    """Every hook and the value that it returns."""
    head = (
        f"# 钩子 Hooks\n\nSDK {SDK_VERSION}, {len(hookspecs.CONTRIBUTIONS)} hooks. A plugin implements those that it "
        "needs in its `plugin.py`; the core's own rooms implement them too. The examples are one plugin, "
        f"`{EXAMPLES.relative_to(ROOT).as_posix()}`, which the tests load and use.\n"
    )
    parts = [head]
    shown = examples()
    for name, kind in hookspecs.CONTRIBUTIONS.items():
        parts.append(f"## `{name}`\n\n{_told(getattr(hookspecs, name))}\n")
        parts.append(f"```python\n{shown[name]}\n```\n" if name in shown else "*No example.*\n")
        parts.append(f"### `{kind.__name__}`\n")
        parts.append(f"{inspect.getdoc(kind)}\n")
        fields = [(f"`{each.name}`", f"`{each.type}`", _default(each)) for each in dataclasses.fields(kind)]
        parts.append(table(("field", "type", "default"), fields))
    return "\n".join(parts)


def _told(hook: Callable[..., Any]) -> str:
    """The hook's docstring, each of its parts a paragraph of its own."""
    text = inspect.getdoc(hook) or ""
    for part in ("When:", "Refused:", "Since SDK"):
        text = text.replace(f"\n{part}", f"\n\n{part}")
    return text.replace("\n\n\n", "\n\n").replace("When:", "**When:**").replace("Refused:", "**Refused:**")


def examples() -> dict[str, str]:
    """Hook to the example that stands between the marks in the sample plugin, which the tests execute."""
    found = _EXAMPLE.findall(EXAMPLES.read_text(encoding="utf-8"))
    return {name: code.strip() for name, code in found}


def _default(field: Any) -> str:
    return "—" if field.default is dataclasses.MISSING else f"`{field.default!r}`"


def commands(_plugins: Plugins) -> str:
    """Every command of `linli`."""
    return "# 命令 Commands\n\n" + "".join(_command(cli, click.Context(cli, info_name="linli")))


def _command(command: click.Command, context: click.Context) -> Iterable[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _command(child, click.Context(child, info_name=name, parent=context))
        return
    yield f"## `{context.command_path}`\n\n{inspect.cleandoc(command.help or '')}\n\n"
    rows = [
        (f"`{' '.join([*option.opts, *option.secondary_opts])}`", option.help or "")
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    rows += [(f"`{each.human_readable_name}`", "") for each in command.params if isinstance(each, click.Argument)]
    if rows:
        yield table(("option", "说明"), rows) + "\n"


def variables(_plugins: Plugins) -> str:
    """Every environment variable."""
    return (
        "# 环境变量 Environment variables\n\n"
        + "".join(f"- `{name}`\n" for name in config.VARIABLES)
        + (f"\n{inspect.getdoc(config.Settings)}\n")
    )


def problems(_plugins: Plugins) -> str:
    """Every type of error that the API answers with."""
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.LinliError)]
    rows = [
        (f"`urn:linli:problem:{kind.slug}`", kind.status, inspect.getdoc(kind) or "")
        for kind in sorted(kinds, key=lambda each: (each.status, each.slug))
    ]
    return "# 错误类型 Problem types\n\nErrors of the API are RFC 9457 `application/problem+json`.\n\n" + table(
        ("type", "status", "meaning"), rows
    )


def walls(_plugins: Plugins) -> str:
    """The rules of the catalogue lint and the open tables."""
    rules = table(("rule", "what it finds"), lint.RULES.items())
    open_tables = table(
        ("table", "why it has no tenant"), ((f"`{name}`", why) for name, why in lint.OPEN_TABLES.items())
    )
    definers = table(("function", "why it runs with its owner's rights"), lint.DEFINER_FUNCTIONS.items())
    return f"# 隔离 Walls\n\n## Lint\n\n{rules}\n## Open tables\n\n{open_tables}\n## Definer functions\n\n{definers}"


PAGES: dict[str, Callable[[Plugins], str]] = {
    "permissions.md": permissions,
    "roles.md": roles,
    "settings.md": settings,
    "hooks.md": hooks,
    "commands.md": commands,
    "environment.md": variables,
    "problems.md": problems,
    "walls.md": walls,
}

_NOTE = "<!-- Written by `make docs` from the code; do not edit. -->\n\n"


def rendered() -> dict[Path, str]:
    """Path to content of every page."""
    plugins = Plugins.load()
    pages = {REFERENCE / name: _NOTE + page(plugins) for name, page in PAGES.items()}
    return pages | {surface.SNAPSHOT: surface.render()}


def complaints() -> str:
    """Which pages are out of date; empty when none is."""
    stale = [
        path.relative_to(ROOT)
        for path, content in rendered().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != content
    ]
    return "".join(f"{path}: out of date, run `make docs`\n" for path in stale)


def main() -> int:
    """Write the pages."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for path, content in rendered().items():
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
