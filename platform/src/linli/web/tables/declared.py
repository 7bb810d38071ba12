"""What a list declares about itself: its columns, its orders, what a saved view keeps, and acts on several rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from linli.db.session import ScopedSession
    from linli.kit.actor import Actor
    from linli.web.place import Place
    from linli.web.visit import Visit

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a list.

    Attributes:
        name: short, by which templates ask ``"phone" in shown``.
        title: untranslated.
        sort: the order of the list that this column stands for; empty where nobody can sort by it.
        falls: whether the first click sorts downwards: newest or largest first.
        is_number: set to the right.
        is_shown: until the reader chooses otherwise.
        is_fixed: what names the row; it cannot be left out.
        street_only: for the street's lists alone: in a community's it would say the same in every row.
    """

    name: str
    title: str
    sort: str = ""
    falls: bool = False
    is_number: bool = False
    is_shown: bool = True
    is_fixed: bool = False
    street_only: bool = False


@dataclass(frozen=True, slots=True)
class RowAct:
    """An act on several rows of a list at once.

    Attributes:
        name: short.
        title: of the button, untranslated.
        question: what is asked before it is done, untranslated.
        run: does it to one row, as the act on that row alone does, with the same checks: ``(session, actor, place,
            row_id, answer)``. Returns whether something changed: ``False`` where the row was so already. What it raises
            (``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict`` …) is shown beside the row, which stays as it was.
        needs: the permission without which the act is not offered; each row is checked by ``run`` besides.
        asks: the label of a text that is asked for with the act, a reason say; it must be filled in.
        most_words: of that text, in letters.
        tone: ``danger`` where it cannot be taken back, else empty.
        undo: the name of the act that takes this one back.
        is_offered: false for an act that only takes another one back.
    """

    name: str
    title: str
    question: str
    run: Callable[[ScopedSession, Actor, Place, UUID, str], bool]
    needs: str = ""
    asks: str = ""
    most_words: int = 200
    tone: str = ""
    undo: str = ""
    is_offered: bool = True


@dataclass(frozen=True, slots=True)
class DataTable:
    """A list that people sort, choose the columns of, keep views of, and act on.

    Attributes:
        name: what its readers' choices are kept under; one list in one owner.
        columns: in their order; at least one is fixed.
        sort: the order where the reader chose none, with ``-`` before it for downwards; empty for a list that cannot be
            sorted.
        filters: the names in the page's address that a saved view keeps beside the order. What people type to find a
            person does not belong here: a view is kept as it stands.
        acts: on several rows.
        titles: names the rows of these ids that this reader may see here; asked before rows are acted on.
        also: columns that hang on who asks and on what is switched on, behind the others: the figures of plugins.

    Raises:
        ValueError: names are no short words or stand twice, nothing is fixed, an order or act that is named does not
            exist, or acts lack ``titles``.
    """

    name: str
    columns: Sequence[TableColumn]
    sort: str = ""
    filters: Sequence[str] = ()
    acts: Sequence[RowAct] = ()
    titles: Callable[[ScopedSession, Actor, Place, Sequence[UUID]], Mapping[UUID, str]] | None = None
    also: Callable[[ScopedSession, Visit], Sequence[TableColumn]] | None = None

    def __post_init__(self) -> None:
        for names in (
            [self.name],
            [each.name for each in self.columns],
            [each.name for each in self.acts],
        ):
            if len(set(names)) < len(names) or not all(_NAME.fullmatch(each) for each in names):
                raise ValueError(f"table {self.name}: names are short words, each once: {names}")
        if not any(each.is_fixed for each in self.columns):
            raise ValueError(f"table {self.name}: one column has to be fixed, which names the row")
        if self.sort.removeprefix("-") not in self.sorts | {""}:
            raise ValueError(f"table {self.name}: no column stands for the order {self.sort!r}")
        if self.sorts and not self.sort:
            raise ValueError(f"table {self.name}: which order holds where the reader chose none?")
        if stray := {each.undo for each in self.acts} - {each.name for each in self.acts} - {""}:
            raise ValueError(f"table {self.name}: no act is called {sorted(stray)}")
        if self.acts and self.titles is None:
            raise ValueError(f"table {self.name}: acts on rows need `titles`")

    @property
    def sorts(self) -> frozenset[str]:
        """The orders that columns stand for."""
        return frozenset(each.sort for each in self.columns if each.sort)

    def act(self, name: str) -> RowAct | None:
        """The act of this name; ``None`` when there is none."""
        return next((each for each in self.acts if each.name == name), None)
