"""What plugins see is a promise: nothing of it changes unsaid, and nothing goes away without warning."""

from __future__ import annotations

import inspect
import re
import sys
import types
import warnings
from pathlib import Path

import pytest

import linli.sdk
import linli.sdk.hookspecs
import linli.sdk.migrations
from linli.plugins import hookspecs
from linli.plugins.core import ROOMS, core_contributions
from linli.plugins.manifest import SDK_VERSION
from linli.sdk import deprecation
from linli.sdk.deprecation import DEPRECATED, Deprecated, SdkDeprecation, deprecated

ROOT = Path(__file__).resolve().parents[2]
MOST_HOOKS = 25


@pytest.fixture(scope="module")
def dev():
    """The tools of ``platform/dev``: the surface as text, the changes."""
    sys.path.insert(0, str(ROOT / "platform" / "dev"))
    try:
        import changelog
        import docs
        import surface

        yield types.SimpleNamespace(changelog=changelog, docs=docs, surface=surface)
    finally:
        sys.path.remove(str(ROOT / "platform" / "dev"))


class TestTheSurface:
    def test_every_public_name_with_its_signature_is_in_the_snapshot(self, dev) -> None:
        assert dev.surface.render() == dev.surface.SNAPSHOT.read_text("utf-8"), "run `make docs`"
        _version, names = dev.surface.read(dev.surface.SNAPSHOT.read_text("utf-8"))
        assert {f"linli.sdk.{name}" for name in linli.sdk.__all__ if name != "SDK_VERSION"} <= names.keys()
        assert "linli.sdk.migrations.protect" in names

    def test_what_has_changed_since_the_release_is_told_in_a_fragment(self, dev) -> None:
        assert dev.changelog.complaints() == ""

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("linli.sdk.Event", "    TITLE: ClassVar[str] = ''"),
            ("linli.sdk.StoredFile", "    media_type: Mapped[str]"),
            ("linli.sdk.CommunityRow", "    community_id: Mapped[UUID]"),
            ("linli.sdk.Versioned", "    version: Mapped[int]"),
            ("linli.sdk.Level", "    COMPOUND = 'compound'"),
            ("linli.sdk.SheetFormat", "linli.sdk.SheetFormat: alias Literal['csv', 'xlsx']"),
            ("linli.sdk.Limit", "linli.sdk.Limit: alias typing.Annotated[int, "),
            ("linli.sdk.deprecation.SdkDeprecation", "linli.sdk.deprecation.SdkDeprecation: class"),
            ("linli.testing.contract.PluginContract", "    not_shown: ClassVar[Mapping[str, str]]"),
            ("linli.testing.plugin.browser", "linli.testing.plugin.browser: fixture of Iterator[Browser]"),
            ("linli.testing.choices.Plugins", "    load(cls, *, off: "),
            ("components.html.badge", 'components.html.badge: macro(text, tone="calm")'),
        ],
    )
    def test_what_a_class_an_alias_or_a_macro_promises_is_part_of_it(self, dev, name, line) -> None:
        _version, names = dev.surface.read(dev.surface.render())
        assert any(each.startswith(line) for each in names[name].splitlines()), names[name]

    def test_every_function_and_class_says_what_it_is(self) -> None:
        for name in linli.sdk.__all__:
            thing = getattr(linli.sdk, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                assert inspect.getdoc(thing), name


class TestFragments:
    RELEASED = "# What plugins see of SDK 1.1.\n\nlinli.sdk.a: function()\n\nlinli.sdk.b: class\n    x: int\n"

    def told(self, dev, **names: str):
        head = "".join(f"{verb}: {each}\n" for verb, each in names.items())
        return [dev.changelog.parse("a.md", f"for: plugin authors\nsdk: 1.2\n{head}\nSomething changed.\n")]

    @pytest.mark.parametrize(
        ("current", "verb", "name"),
        [
            ("linli.sdk.a: function()\n\nlinli.sdk.b: class\n    x: int\n\nlinli.sdk.c: function()", "adds", "c"),
            ("linli.sdk.a: function()\n\nlinli.sdk.b: class\n    x: str\n", "changes", "b"),
            ("linli.sdk.a: deprecated for c\n\nlinli.sdk.b: class\n    x: int\n", "deprecates", "a"),
        ],
    )
    def test_each_kind_of_change_needs_its_own_word(self, dev, current, verb, name) -> None:
        current = f"# What plugins see of SDK 1.2.\n\n{current}\n"
        missing = dev.changelog.uncovered(self.RELEASED, current, [])
        assert missing == f"linli.sdk.{name}: no fragment in docs/changelog/unreleased {verb} it (sdk: 1.2)\n"
        assert dev.changelog.uncovered(self.RELEASED, current, self.told(dev, **{verb: name})) == ""

    def test_a_change_raises_the_version_and_a_removal_its_first_number(self, dev) -> None:
        same = self.RELEASED.replace("x: int", "x: str")
        assert "raise it" in dev.changelog.uncovered(self.RELEASED, same, self.told(dev, changes="b"))
        gone = "# What plugins see of SDK 1.2.\n\nlinli.sdk.a: function()\n"
        assert "raise the first number" in dev.changelog.uncovered(self.RELEASED, gone, self.told(dev, removes="b"))

    def test_nothing_changed_needs_nothing(self, dev) -> None:
        assert dev.changelog.uncovered(self.RELEASED, self.RELEASED, []) == ""

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("for: aliens\n\nA change.\n", "for names some of"),
            ("for: residents\n\nno sentence\n", "full sentences"),
            ("who: residents\n\nA change.\n", "the keys are"),
            ("for: plugin authors\nadds: x\n\nA change.\n", "sdk is missing"),
        ],
    )
    def test_a_bad_fragment_names_its_fault(self, dev, text, fault) -> None:
        with pytest.raises(dev.changelog.BadFragment, match=fault):
            dev.changelog.parse("a.md", text)

    def test_they_are_put_together_by_audience(self, dev) -> None:
        told = [dev.changelog.parse("a.md", "for: operators, residents\n\nThe light\nis green.\n")]
        text = dev.changelog.assembled(told)
        assert text.index("For residents") < text.index("For operators")
        assert text.count("- The light is green.") == 2


class TestDeprecations:
    @pytest.fixture
    def old(self, monkeypatch):
        mark = Deprecated("old_today", "linli.sdk.today", "1.2", "2.0", lambda: linli.sdk.today)
        monkeypatch.setattr(deprecation, "DEPRECATED", (mark,))
        monkeypatch.setattr(deprecation, "_told", set())

    def call(self, plugin: str, source: str) -> list[warnings.WarningMessage]:
        """What is said when a module of a plugin runs this."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            exec(source, {"__name__": f"linli_{plugin}.service"})
        return [each for each in said if each.category is SdkDeprecation]

    def test_the_old_name_works_and_each_plugin_is_told_once(self, old) -> None:
        source = "from linli.sdk import old_today\nassert old_today() is not None"
        (said,) = self.call("shops", source)
        assert str(said.message) == (
            "shops uses linli.sdk.old_today, deprecated since SDK 1.2 and gone with SDK 2.0; use linli.sdk.today"
        )
        assert self.call("shops", source) == []
        assert len(self.call("lifts", source)) == 1

    def test_the_core_itself_is_not_told(self, old) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert linli.sdk.old_today is linli.sdk.today

    def test_what_never_was_is_no_name(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            linli.sdk.nothing  # noqa: B018

    def test_a_function_that_changes_warns_when_it_is_called(self, old, monkeypatch) -> None:
        @deprecated("count", replacement="linli.sdk.sum", since="1.2", removed_in="2.0")
        def count(n: int) -> int:
            return n + 1

        monkeypatch.setattr(linli.sdk, "count", count, raising=False)
        (said,) = self.call("shops", "from linli.sdk import count\nassert count(1) == 2\ncount(2)")
        assert "use linli.sdk.sum" in str(said.message)

    @pytest.mark.parametrize(("removed_in", "is_past"), [("1.1", True), ("1.2", True), ("1.3", False), ("2.0", False)])
    def test_one_past_its_release_is_found(self, removed_in, is_past) -> None:
        mark = Deprecated("x", "y", "1.0", removed_in, object)
        assert bool(overdue((mark,), "1.2")) is is_past

    def test_nothing_here_is_past_its_release(self) -> None:
        assert overdue(DEPRECATED, SDK_VERSION) == []


def overdue(marks: tuple[Deprecated, ...], version: str) -> list[str]:
    """The names that should be gone in this version of the SDK."""
    now = tuple(map(int, version.split(".")))
    return [each.name for each in marks if tuple(map(int, each.removed_in.split("."))) <= now]


@pytest.fixture(scope="module")
def marked() -> set[str]:
    """The hooks that some test shows at work."""
    files = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "plugins").glob("*/tests/test_*.py")]
    mark = re.compile(r'^\s*@pytest\.mark\.hook\("(\w+)"\)', re.MULTILINE)
    return {name for file in files for name in mark.findall(file.read_text("utf-8"))}


class TestHooks:
    def test_there_are_few(self) -> None:
        assert len(hookspecs.CONTRIBUTIONS) <= MOST_HOOKS

    def test_each_specified_one_is_called(self) -> None:
        specified = {name for name, each in vars(hookspecs).items() if name.startswith("register_") and callable(each)}
        assert set(hookspecs.CONTRIBUTIONS) == specified

    @pytest.mark.parametrize("name", hookspecs.CONTRIBUTIONS)
    def test_each_says_what_when_what_is_refused_and_since_when(self, name) -> None:
        hook = getattr(linli.sdk.hookspecs, name)
        told = inspect.getdoc(hook) or ""
        assert len(told.partition("When:")[0]) > 20
        for part in ("\nWhen: ", "\nRefused: "):
            assert part in told, part
        since = re.search(r"Since SDK (\d+)\.(\d+)\.", told)
        assert since is not None
        assert (int(since[1]), int(since[2])) <= tuple(map(int, SDK_VERSION.split(".")))
        assert inspect.signature(hook).return_annotation is not inspect.Signature.empty

    @pytest.mark.parametrize("name", hookspecs.CONTRIBUTIONS)
    def test_each_has_a_test_and_an_example_from_it(self, name, marked, dev) -> None:
        assert name in marked, "mark the test that shows it at work with @pytest.mark.hook"
        assert f"def {name}(" in dev.docs.examples()[name]

    @pytest.mark.parametrize("name", hookspecs.CONTRIBUTIONS)
    def test_every_field_of_what_it_returns_is_explained(self, name) -> None:
        kind = hookspecs.CONTRIBUTIONS[name]
        told = inspect.getdoc(kind) or ""
        fields = list(getattr(kind, "__dataclass_fields__", {}))
        assert fields
        assert [each for each in fields if f"{each}:" not in told] == []


class TestTheCore:
    def test_contributes_through_the_same_hooks(self) -> None:
        given = core_contributions()
        empty = {"register_pages", "register_routes", "register_event_handlers", "register_demo_data", "register_rules"}
        # Its pages and endpoints are mounted by the assembly, its demo is the demo itself.
        of_plugins = {"register_cards", "register_commands"}
        assert {name for name, items in given.items() if not items} == empty | of_plugins

    def test_every_room_is_one_of_the_core(self) -> None:
        assert all(room.startswith("linli.") for room in ROOMS)

    def test_every_task_of_the_core_is_contributed(self) -> None:
        from linli.tasks.registry import Tasks

        own = {each.name for each in Tasks().by_name.values() if each.handler.__module__.startswith("linli.")}
        assert own == {each.name for each in core_contributions()["register_tasks"]}
