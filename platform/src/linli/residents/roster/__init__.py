"""The roster of a compound as a file: template, reading, checking, committing, exporting."""

from linli.residents.roster.checking import Checker, check_chunk
from linli.residents.roster.error_file import error_workbook
from linli.residents.roster.export import export_roster
from linli.residents.roster.produced import Produced
from linli.residents.roster.service import (
    check_again,
    commit_import,
    discard_import,
    faults_page,
    import_state,
    list_imports,
    preview_rows,
    start_import,
    take_for_commit,
)
from linli.residents.roster.template import template_workbook

__all__ = [
    "Checker",
    "Produced",
    "check_again",
    "check_chunk",
    "commit_import",
    "discard_import",
    "error_workbook",
    "export_roster",
    "faults_page",
    "import_state",
    "list_imports",
    "preview_rows",
    "start_import",
    "take_for_commit",
    "template_workbook",
]
