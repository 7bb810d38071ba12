"""What the handbooks and the README name exists: paths, commands with their options, links, excerpts, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from linli.cli import cli
from linli.config import VARIABLES
from linli.plugins.hookspecs import CONTRIBUTIONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("plugins/*/README.md")]
)
#: Pages written from the code; a test of their own keeps them in step with it.
GENERATED = ROOT / "docs" / "reference"
HANDBOOKS = [page for page in PAGES if GENERATED not in page.parents]

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?:platform|plugins|tenants|tests|docs|requirements|helm)/[\w./*-]*")
_WORD = re.compile(r"[a-z][a-z-]*")
_HOOK = re.compile(r"register_[a-z_]+")
_VARIABLE = re.compile(r"LINLI_[A-Z_]+[A-Z]")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCED.sub("", page.read_text("utf-8"))


def fenced(page: Path, *languages: str) -> Iterator[str]:
    for language, body in _FENCED.findall(page.read_text("utf-8")):
        if language in languages:
            yield body


def snippets(page: Path) -> list[str]:
    """What the page shows as code, inline or as lines of a shell."""
    lines = [line for body in fenced(page, "sh") for line in body.splitlines()]
    return [*_CODE.findall(prose(page)), *lines]


def commands(page: Path, program: str) -> list[list[str]]:
    """The calls of a program: its words, without a comment."""
    found = [re.match(rf"(?:\.venv/bin/)?{program}(\s.*|$)", snippet.strip()) for snippet in snippets(page)]
    return [match[1].partition("#")[0].split() for match in found if match]


def fault_of(words: list[str]) -> str:
    """Why ``linli`` would not take these words; empty when it would."""
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and _WORD.fullmatch(rest[0]):
        known = command.get_command(click.Context(command), rest[0])
        if known is None:
            return f"no command {rest[0]}"
        command = known
        rest.pop(0)
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in options]
    return f"no option {', '.join(unknown)}" if unknown else ""


def excerpt_of(block: str) -> tuple[str, list[str]]:
    """The file that a block says it shows, and its lines; no file when it does not say so."""
    first, _newline, rest = block.partition("\n")
    match = re.fullmatch(r"# ([\w./-]+\.(?:py|toml|html))", first)
    return (match[1], [line for line in rest.splitlines() if line.strip()]) if match else ("", [])


def named_paths(page: Path) -> Iterator[str]:
    """Paths from the root of the repository that the page names as code."""
    for snippet in snippets(page):
        for word in snippet.split():
            path = word.partition("=")[2] or word
            if _PATH.fullmatch(path) and "…" not in word:
                yield path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    links = [link for link in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)]
    missing = [link for link in links if not (page.parent / unquote(link.partition("#")[0])).exists()]
    assert not missing


@pytest.mark.parametrize("page", HANDBOOKS, ids=name_of)
def test_paths_exist(page: Path) -> None:
    assert [path for path in named_paths(page) if not list(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_linli_commands_exist(page: Path) -> None:
    faults = {" ".join(words): fault_of(words) for words in commands(page, "linli")}
    assert {call: fault for call, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("page", HANDBOOKS, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {words[0] for words in commands(page, "make") if words}
    assert named <= targets


@pytest.mark.parametrize("page", HANDBOOKS, ids=name_of)
def test_variables_and_hooks_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    assert set(_VARIABLE.findall(text)) <= set(VARIABLES)
    assert set(_HOOK.findall(text)) <= CONTRIBUTIONS.keys()


@pytest.mark.parametrize("page", HANDBOOKS, ids=name_of)
def test_excerpts_show_the_files_as_they_are(page: Path) -> None:
    for block in fenced(page, "python", "toml"):
        path, lines = excerpt_of(block)
        if path:
            present = set((ROOT / path).read_text("utf-8").splitlines())
            assert [line for line in lines if line not in present] == [], path


def test_operators_handbook_names_every_variable() -> None:
    text = (ROOT / "docs/operators/README.md").read_text("utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []


def test_plugin_handbook_names_every_hook() -> None:
    text = (ROOT / "docs/plugin-authors/README.md").read_text("utf-8")
    assert [name for name in CONTRIBUTIONS if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("db upgrade", ""),
        ("streets import --register FILE", ""),
        ("db upgrad", "no command upgrad"),
        ("doctor --jsn", "no option --jsn"),
    ],
)
def test_a_command_that_does_not_exist_is_found_out(words: str, fault: str) -> None:
    assert fault_of(words.split()) == fault


def test_pages_name_something(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`linli db upgrade` `tenants/nowhere.toml`\n```sh\nmake demo PORT=1 # x\n```\n", "utf-8")
    assert commands(page, "linli") == [["db", "upgrade"]]
    assert commands(page, "make") == [["demo", "PORT=1"]]
    assert list(named_paths(page)) == ["tenants/nowhere.toml"]
