"""The line of each key, whatever way TOML offers to write it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.manifests.lines import key_lines, nearest_line

TEXT = '''# a comment with = and [brackets]
code = "1"   # after the value

a.b . "c d" = 1
text = """
not = "a key"
[not.a.table]
"""
raw = \'\'\'
also = 'not'\'\'\'
list = [
  1, # one
  [2, { x = 3 }],
]
inline = { p = "}", q = [ "]" ] }
[table]
key = 2026-01-31T08:00:00Z
[table.sub]
key = 1
[[items]]
name = "first"
[items.portal]
theme = "x"
  [[items.parts]]
  n = 1
  [[items.parts]]
  n = 2
[[items]]
name = 'second "quoted"'
[["odd.name"]]
"\\u540d" = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("code",), 2),
        (("a", "b", "c d"), 4),
        (("a",), 4),
        (("text",), 5),
        (("raw",), 9),
        (("list",), 11),
        (("list", 0), 12),
        (("list", 1, 0), 13),
        (("list", 1, 1, "x"), 13),
        (("inline", "p"), 15),
        (("inline", "q", 0), 15),
        (("table",), 16),
        (("table", "key"), 17),
        (("table", "sub", "key"), 19),
        (("items",), 20),
        (("items", 0), 20),
        (("items", 0, "name"), 21),
        (("items", 0, "portal", "theme"), 23),
        (("items", 0, "parts", 0, "n"), 25),
        (("items", 0, "parts", 1), 26),
        (("items", 0, "parts", 1, "n"), 27),
        (("items", 1, "name"), 29),
        (("odd.name", 0, "名"), 31),
    ],
)
def test_each_key_has_its_line(path, line) -> None:
    assert key_lines(TEXT)[path] == line


def test_no_text_inside_a_string_is_taken_for_a_key() -> None:
    paths = key_lines(TEXT)
    assert ("not",) not in paths
    assert not [path for path in paths if path[0] == "also"]


def test_what_is_missing_is_placed_in_the_table_around_it() -> None:
    lines = key_lines(TEXT)
    assert nearest_line(lines, ("items", 1, "code")) == 28
    assert nearest_line(lines, ("nowhere",)) == 1


def paths_of(value, path=()):
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key)
            yield from paths_of(each, (*path, key))
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield (*path, n)
            yield from paths_of(each, (*path, n))


def test_every_key_that_the_reader_knows_has_a_line() -> None:
    assert set(paths_of(tomllib.loads(TEXT))) == set(key_lines(TEXT))


words = st.text(st.sampled_from("ab#=[]{},.\"'\\ \t名"), max_size=6)


@given(st.lists(st.tuples(words, words), unique_by=lambda pair: pair[0], max_size=6))
def test_quoted_keys_and_strings_of_any_kind(pairs) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'

    text = "".join(f"{quoted(key)} = [{quoted(value)}]\n" for key, value in pairs)
    assert tomllib.loads(text) == {key: [value] for key, value in pairs}
    lines = key_lines(text)
    assert [lines[key,] for key, _ in pairs] == list(range(1, len(pairs) + 1))
