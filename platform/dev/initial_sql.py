"""Writes the first revision's tables and walls from the models. Used until the first release, when 0001 freezes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from linli.db.catalogue import metadata
from linli.db.walls import APP_ROLE, protect_tables

SQL = Path(__file__).parents[1] / "src" / "linli" / "db" / "migrations" / "sql"


def render() -> dict[str, str]:
    """File name to content."""
    dialect = postgresql.dialect()
    tables, walls = [], []
    for table in metadata.sorted_tables:
        tables.append(str(CreateTable(table).compile(dialect=dialect)).strip() + ";\n")
        tables += [
            str(CreateIndex(index).compile(dialect=dialect)).strip() + ";\n"
            for index in sorted(table.indexes, key=lambda each: str(each.name))
        ]
        if "tenant_id" in table.c and "open" not in table.info:
            walls += [f"{statement};\n" for statement in protect_tables([table])]
        elif table.info.get("rights"):
            walls.append(f"GRANT {', '.join(table.info['rights'])} ON {table.schema}.{table.name} TO {APP_ROLE};\n")
    return {"0001_tables.sql": "\n".join(tables), "0001_walls.sql": "".join(walls)}


if __name__ == "__main__":
    for name, content in render().items():
        (SQL / name).write_text("\n".join(line.rstrip() for line in content.splitlines()) + "\n", encoding="utf-8")
