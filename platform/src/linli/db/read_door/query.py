"""Statements compiled once, at import, into SQL and an order of parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Boolean, Executable, Float, LargeBinary, Numeric
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Row = TypeVar("Row")
MakeRow = Callable[[Sequence[Any]], Any]

_FLOAT8 = 701
_NUMERIC = 1700
#: SQLAlchemy writes a cast for every other type that PostgreSQL could mistake.
_UNCAST = ((Boolean, 16), (LargeBinary, 17), (Float, _FLOAT8), (Numeric, _NUMERIC))
_DIALECT = PGDialect_psycopg(paramstyle="numeric_dollar")


class BoundQuery(NamedTuple):
    """A query with its values, in the order of ``$1``, ``$2`` …"""

    query: ReadQuery[Any]
    values: list[Any]


class ReadQuery(Generic[Row]):
    """A Core statement that the read door can run.

    ``ReadQuery(select(Dwelling.id, Dwelling.label).where(Dwelling.id == bindparam("id")), DwellingOut)``

    Args:
        statement: with named bind parameters; lists go through ``== func.any(bindparam(...))``, never ``in_()``.
        row: the struct of one row, whose fields are the statement's columns in their order; ``None`` gives tuples.

    Raises:
        TypeError: the columns are not the fields of the struct.
        ValueError: the statement can only be rendered when its values are known, or leaves a default to Python.
    """

    __slots__ = ("_defaults", "_names", "_processors", "make_row", "name", "sql", "types")

    def __init__(self, statement: Executable, row: type[Row] | None = None) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        if compiled.post_compile_params:
            raise ValueError("use == any(:list) instead of in_(): the SQL must not depend on the values")
        if computed := [*compiled.insert_prefetch, *compiled.update_prefetch]:
            raise ValueError(f"give values for {[each.name for each in computed]}: their defaults are made in Python")
        self.sql: str = compiled.string
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        #: The parameters' type numbers; zero where the statement says it.
        self.types = [_type_number(compiled.binds[name].type) for name in self._names]
        #: What is the same is prepared once per connection, whoever wrote it.
        self.name = b"linli_" + hashlib.sha256(f"{self.sql}{self.types}".encode()).hexdigest()[:24].encode()
        self._defaults = {name: compiled.params[name] for name in self._names if not compiled.binds[name].required}
        self._processors = compiled._bind_processors
        self.make_row: MakeRow = _row_maker(compiled, row)

    def bind(self, **values: Any) -> BoundQuery:
        """The query with these values.

        Raises:
            TypeError: a parameter is missing or unknown.
        """
        known = {**self._defaults, **values}
        if len(known) != len(self._names) or any(name not in known for name in self._names):
            missing = sorted(set(self._names) - set(known))
            unknown = sorted(set(known) - set(self._names))
            raise TypeError(f"missing parameters {missing}, unknown parameters {unknown}")
        processors = self._processors
        return BoundQuery(self, [processors[n](known[n]) if n in processors else known[n] for n in self._names])


def _type_number(kind: TypeEngine[Any]) -> int:
    return next((oid for known, oid in _UNCAST if isinstance(kind, known)), 0)


def _row_maker(compiled: SQLCompiler, row: type[Any] | None) -> MakeRow:
    columns = tuple(column.keyname for column in compiled._result_columns)
    if row is not None:
        fields = tuple(field.name for field in msgspec.structs.fields(row))
        if fields != columns:
            raise TypeError(f"{row.__name__} has fields {fields}, the statement has columns {columns}")
    processors = [_processor(column.type) for column in compiled._result_columns]
    if any(processors):
        return _processed(processors, row)
    if row is None:
        return tuple
    return lambda values: row(*values)


def _processor(kind: TypeEngine[Any]) -> Any:
    # What SQLAlchemy does after psycopg's own loaders: nothing but for decorated types and enumerations.
    oid = (_FLOAT8 if isinstance(kind, Float) else _NUMERIC) if isinstance(kind, Numeric | Float) else None
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, oid)


def _processed(processors: list[Any], row: type[Any] | None) -> MakeRow:
    def make(values: Sequence[Any]) -> Any:
        loaded = [process(value) if process else value for process, value in zip(processors, values, strict=True)]
        return tuple(loaded) if row is None else row(*loaded)

    return make
