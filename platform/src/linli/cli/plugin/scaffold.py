"""What `linli plugin new` and `add` write: the files of the scaffold with an author's names put in."""

from __future__ import annotations

import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from linli.cli.failures import Failure
from linli.cli.plugin.editing import CannotEdit, tidied, with_element, with_import, with_statement
from linli.kit.messages import LOCALES, Domain
from linli.kit.text import gettext as _
from linli.plugins.discovery import installed_names
from linli.plugins.manifest import CATEGORIES, NAME, RESERVED_NAMES, SDK_VERSION

SCAFFOLD = Path(__file__).parents[1] / "scaffold"
#: Parts that can be added, in the order in which `new` adds them; the portals are chosen by name.
PARTS = ("api", "settings", "task", "event", "obligation")
PORTALS = ("console", "admin", "resident")
LICENSES = ("Apache-2.0", "MIT", "proprietary")
_TOKEN = re.compile(r"@@(\w+)@@")
_NOUN = re.compile(r"[a-z][a-z0-9]{1,20}")
_SUFFIX = ".tmpl"
#: Nouns that a table or a Python name cannot have.
_BAD_NOUNS = frozenset(
    [
        "all",
        "analyse",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "case",
        "cast",
        "check",
        "class",
        "collate",
        "column",
        "constraint",
        "create",
        "current",
        "def",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "if",
        "import",
        "in",
        "initially",
        "intersect",
        "into",
        "is",
        "lambda",
        "leading",
        "limit",
        "list",
        "none",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "pass",
        "placing",
        "primary",
        "raise",
        "references",
        "return",
        "select",
        "session",
        "some",
        "state",
        "table",
        "then",
        "title",
        "to",
        "trailing",
        "true",
        "try",
        "type",
        "union",
        "unique",
        "user",
        "using",
        "when",
        "where",
        "while",
        "window",
        "with",
        "yield",
        "actor",
        "place",
        "row",
        "test",
    ]
)


@dataclass(frozen=True, slots=True)
class Names:
    """What an author calls things.

    Attributes:
        name: the plugin's one name.
        title_zh: for people, in Chinese.
        title_en: the same in English.
        noun: of the first table, singular.
        noun_zh: what people call one row.
        noun_en: the same in English.
        category: a key of ``CATEGORIES``.
        license: the SPDX name of the licence, or ``proprietary``.
    """

    name: str
    title_zh: str
    title_en: str
    noun: str = "item"
    noun_zh: str = "条目"
    noun_en: str = "item"
    category: str = "services"
    license: str = "Apache-2.0"

    @property
    def dist(self) -> str:
        """The distribution and its folder."""
        return f"linli-{self.name.replace('_', '-')}"

    def tokens(self) -> dict[str, str]:
        """What stands for what in the scaffold's files."""
        release = [int(part) for part in re.findall(r"\d+", version("linli"))[:2]]
        return {
            "name": self.name,
            "dist": self.dist,
            "title_zh": self.title_zh,
            "title_en": self.title_en,
            "noun": self.noun,
            "nouns": f"{self.noun}s",
            "Entity": self.noun.capitalize(),
            "noun_zh": self.noun_zh,
            "noun_en": self.noun_en,
            "category": self.category,
            "license": "LicenseRef-Proprietary" if self.license == "proprietary" else self.license,
            "linli_from": f"{release[0]}.{release[1]}",
            "linli_below": f"{release[0]}.{release[1] + 1}" if release[0] == 0 else str(release[0] + 1),
            "sdk": SDK_VERSION,
            "test": "test",
        }


def check_names(names: Names) -> None:
    """Refuse names that would lead to trouble later.

    Raises:
        Failure: naming the value, what is wrong with it and what is allowed.
    """
    if not NAME.fullmatch(names.name):
        allowed = _("2 到 31 个小写字母、数字和下划线，以字母开头，例如 lost_and_found")
        raise Failure(_("插件名 {name} 不能用。可以用：{allowed}。").format(name=names.name, allowed=allowed))
    if names.name in RESERVED_NAMES or names.name.startswith("linli"):
        raise Failure(_("插件名 {name} 已保留，请换一个。").format(name=names.name))
    if names.name in installed_names():
        raise Failure(_("已经安装了名为 {name} 的插件，请换一个名字，或先卸载它。").format(name=names.name))
    if not _NOUN.fullmatch(names.noun) or names.noun in _BAD_NOUNS or names.noun == names.name:
        allowed = _("小写英文单词，不能是 SQL 或 Python 的保留字，也不能和插件同名，例如 item")
        raise Failure(_("--noun {noun} 不能用。可以用：{allowed}。").format(noun=names.noun, allowed=allowed))
    texts = {"--title-zh": names.title_zh, "--title-en": names.title_en}
    texts |= {"--noun-zh": names.noun_zh, "--noun-en": names.noun_en}
    for option, text in texts.items():
        if not text.strip() or len(text) > 40 or re.search(r'["\\\n{}<>]', text):
            allowed = _("1 到 40 个字，不含引号、反斜线、大括号和尖括号")
            raise Failure(_("{option} 不能用。可以用：{allowed}。").format(option=option, allowed=allowed))
    if names.category not in CATEGORIES:
        known = "、".join(CATEGORIES)
        raise Failure(_("没有类别 {name}。可以用：{known}。").format(name=names.category, known=known))


@dataclass
class Project:
    """A plugin's folder, changed in memory and written at once.

    Attributes:
        folder: with ``pyproject.toml``.
        tokens: what stands for what in the scaffold's files.
    """

    folder: Path
    tokens: Mapping[str, str]
    files: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str | None:
        """A file as it will be; ``None`` when there is none."""
        if name in self.files:
            return self.files[name]
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else None

    def render(self, text: str) -> str:
        """A text of the scaffold with the author's names."""
        return _TOKEN.sub(lambda found: self.tokens[found[1]], text)

    def take(self, source: Path) -> None:
        """Take over a folder of the scaffold; a file that is there already stays as it is."""
        for path in sorted(source.rglob(f"*{_SUFFIX}")):
            name = self.render(path.relative_to(source).as_posix().removesuffix(_SUFFIX))
            name = ".gitignore" if name == "gitignore" else name
            if self.read(name) is None:
                text = self.render(path.read_text("utf-8"))
                self.files[name] = tidied(text) if name.endswith(".py") else text

    def add_part(self, part: str) -> bool:
        """Add a part with its test, and what it requires.

        Returns:
            Whether anything was added; ``False`` where all of it is there.

        Raises:
            CannotEdit: a source does not look as expected; nothing was written.
        """
        source = SCAFFOLD / "parts" / part
        spec = tomllib.loads(self.render((source / "part.toml").read_text("utf-8")))
        before = dict(self.files)
        for required in spec.get("requires", ()):
            self.add_part(required)
        self.take(source)
        plugin = f"src/linli_{self.tokens['name']}/plugin.py"
        for hook in spec.get("hooks", ()):
            self._edit(plugin, with_element, hook["name"], hook["returns"], hook["element"])
        for each in spec.get("imports", ()):
            self._edit(plugin, with_import, each["module"], each["name"])
        for call in spec.get("calls", ()):
            self._edit(call["file"], with_statement, call["function"], call["line"])
            for each in call.get("imports", ()):
                self._edit(call["file"], with_import, each["module"], each["name"])
        for each in spec.get("append", ()):
            text = self.read(each["file"]) or ""
            if each["text"].strip().splitlines()[0] not in text.splitlines():
                self.files[each["file"]] = text.rstrip("\n") + each["text"]
        return self.files != before

    def _edit(self, name: str, edit: Any, *words: str) -> None:
        source = self.read(name)
        if source is None:
            raise CannotEdit(f"{name}: {' '.join(words)}")
        try:
            changed = edit(source, *words)
        except CannotEdit as error:
            raise CannotEdit(f"{name}: {error}") from error
        if changed != source:
            self.files[name] = changed

    def write(self) -> list[str]:
        """Write what has changed; all files or none. Returns their names."""
        with tempfile.TemporaryDirectory(prefix="linli-plugin-") as draft:
            for name, text in self.files.items():
                path = Path(draft) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            for name in self.files:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(draft) / name, path)
        written, self.files = sorted(self.files), {}
        return written

    def translate(self) -> int:
        """Collect the messages and fill in what the scaffold knows; returns how many lack their English."""
        domain = domain_of(self.folder, self.tokens["name"])
        told = tomllib.loads(self.render((SCAFFOLD / "messages.toml").read_text("utf-8")))
        missing = 0
        for locale in LOCALES:
            catalogue = domain.collect(locale)
            for message in catalogue:
                if message.id and not message.string and str(message.id) in told.get(locale, {}):
                    message.string = told[locale][str(message.id)]
            missing += sum(1 for each in catalogue if each.id and not each.string)
            domain.write(locale, catalogue)
        return missing


def domain_of(folder: Path, name: str) -> Domain:
    """The messages of a plugin's folder."""
    return Domain(f"linli_{name}", folder / "src" / f"linli_{name}", folder)


def create(parent: Path, names: Names, portals: Sequence[str], parts: Sequence[str]) -> Path:
    """Make a plugin's folder: whole, or not at all.

    Raises:
        Failure: the folder is there, or cannot be written.
    """
    target = parent / names.dist
    if target.exists():
        raise Failure(_("文件夹 {path} 已经存在，没有写入任何内容。请换一个名字或位置。").format(path=target))
    draft = Path(tempfile.mkdtemp(prefix=f".{names.dist}-", dir=parent))
    try:
        project = Project(draft, names.tokens())
        project.take(SCAFFOLD / "base")
        for part in (*(f"portal_{each}" for each in portals), *parts):
            project.add_part(part)
        if names.license != "proprietary":
            project.take(SCAFFOLD / "licenses" / names.license)
        project.write()
        project.translate()
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return target


def open_project(folder: Path) -> Project:
    """An existing plugin's folder.

    Raises:
        Failure: there is no plugin of Linli in it, or it was not made by the scaffold.
    """
    name = plugin_in(folder)
    package = folder / "src" / f"linli_{name}"
    models = package / "models.py"
    text = models.read_text("utf-8") if models.is_file() else ""
    found = re.search(r'^class (\w+)\(Base,.*?__tablename__ = "(\w+)"', text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise Failure(_("{path} 里没有表：部分是为插件的第一张表写的。").format(path=models))
    manifest = (package / "plugin.py").read_text("utf-8")
    title = re.search(r'title="([^"]+)"', manifest)
    names = Names(name, title[1] if title else name, name.replace("_", " ").capitalize(), noun=found[2])
    return Project(folder, {**names.tokens(), "Entity": found[1], **_told_nouns(package)})


def _told_nouns(package: Path) -> dict[str, str]:
    # What the author called one row stands in the form's title, behind a verb of two characters.
    for form in package.glob("templates/*/admin_form.html"):
        if found := re.search(r'_\("..([^"]+)"\)', form.read_text("utf-8")):
            return {"noun_zh": found[1]}
    return {}


def plugin_in(folder: Path) -> str:
    """The name of the plugin that a folder holds.

    Raises:
        Failure: there is none.
    """
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        (name,) = project["entry-points"]["linli.plugins"]
    except (OSError, KeyError, ValueError) as error:
        message = _("{path} 里没有 Linli 插件：pyproject.toml 要有 linli.plugins 入口点。")
        raise Failure(message.format(path=folder)) from error
    return name
