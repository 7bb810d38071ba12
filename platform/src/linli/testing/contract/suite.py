"""The tests themselves: each names what it asks for, and says of every fault what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from linli.testing.chromium import why_no_browser
from linli.testing.contract import doors, duties, handlers, lists, names, pages, people, schema, words, work
from linli.testing.contract.stage import Stage

#: The routes of a plugin whose rows must be told apart from nothing by at least one answer.
_MOST_SHOWN = 40


def demand(what: str, faults: list[str]) -> None:
    """Fail, naming each fault on a line of its own."""
    if faults:
        more = [f"… and {len(faults) - _MOST_SHOWN} more"] if len(faults) > _MOST_SHOWN else []
        lines = "\n".join(f"  - {each}" for each in [*faults[:_MOST_SHOWN], *more])
        pytest.fail(f"{what}\n{lines}", pytrace=False)


class PluginContract:
    """Subclass it in a plugin's tests, as a class whose name starts with ``Test``.

    Attributes:
        plugin: the plugin's name.
        not_told_apart: routes that answer one's own row as they answer no row at all, each with its reason. Named as
            the failing test names them.
        not_shown: pages that no demo row can show, each with its reason.
        not_judged: pages that the accessibility judge leaves out, each with its reason.
        in_chinese: pages that show texts which are Chinese for everybody, each with its reason.
        open_to_all: routes that ask for no permission, or patterns of them with ``*``, each with its reason: what is
            public, or for whoever is signed in, is open to people whom nobody chose. A pattern says more than the
            plugin's own address before its first ``*``.
        own_layout: files that are no lists and have a layout of their own, a report say, each with its reason.
        judges_all: whether the accessibility judge looks at every page as it is empty and full, at a desk and on a
            phone. Where a plugin has hundreds of pages it may be false by day: then each page is judged full at one
            width and empty at the other, in turn. At night a class of its own judges all.
    """

    plugin: ClassVar[str] = ""
    not_told_apart: ClassVar[Mapping[str, str]] = {}
    not_shown: ClassVar[Mapping[str, str]] = {}
    not_judged: ClassVar[Mapping[str, str]] = {}
    in_chinese: ClassVar[Mapping[str, str]] = {}
    open_to_all: ClassVar[Mapping[str, str]] = {}
    own_layout: ClassVar[Mapping[str, str]] = {}
    judges_all: ClassVar[bool] = True

    # Tables: what does not fit here breaks much of what follows

    def test_models_and_revisions_say_the_same(self, contract_stage: Stage) -> None:
        demand("Write a revision for what the models changed:", schema.faults_of_drift(contract_stage))

    def test_revisions_run_again_after_a_removal(self, contract_stage: Stage) -> None:
        demand(
            "A plugin that is removed and installed again starts afresh:", schema.faults_of_revisions(contract_stage)
        )

    def test_tables_stand_behind_their_walls(self, contract_stage: Stage) -> None:
        demand(
            "Put each table behind its walls with linli.sdk.migrations.protect:", schema.faults_of_walls(contract_stage)
        )

    def test_no_row_of_others_is_read_or_written(self, contract_stage: Stage) -> None:
        demand("The database must refuse what is another's:", schema.faults_of_rows(contract_stage))

    # Names, words

    def test_one_name_everywhere(self, contract_stage: Stage) -> None:
        demand("Use the plugin's one name for everything:", names.faults_of_names(contract_stage))

    def test_permissions_are_held_and_needed(self, contract_stage: Stage) -> None:
        demand(
            "Declare the permissions that are used, and use those declared:",
            names.faults_of_permissions(contract_stage),
        )

    def test_events_are_named_and_carry_no_personal_data(self, contract_stage: Stage) -> None:
        demand("Name events <plugin>.<Noun><PastVerb> and let them carry ids:", names.faults_of_events(contract_stage))

    def test_tasks_are_named_and_keep_to_their_scope(self, contract_stage: Stage) -> None:
        demand("Give tasks words, and keep them to where the plugin is on:", work.faults_of_tasks(contract_stage))

    def test_handlers_do_with_any_event_of_their_kind(self, contract_stage: Stage) -> None:
        demand(
            "A handler deals with what it listens to, and with what has gone meanwhile:",
            handlers.faults_of_handlers(contract_stage),
        )
        if left_out := handlers.left_out(contract_stage):
            pytest.skip("; ".join(left_out))

    def test_obligations_are_asked_for_many_places_and_tell_of_no_others(self, contract_stage: Stage) -> None:
        demand("Answer for all places at once, within the walls:", duties.faults_of_obligations(contract_stage))

    def test_every_message_is_translated(self, contract_stage: Stage) -> None:
        demand(
            "Collect the messages with `linli plugin messages .` and translate them:",
            words.faults_of_translations(contract_stage),
        )

    def test_the_readme_explains_permissions_and_settings(self, contract_stage: Stage) -> None:
        demand("Write for those who decide about the plugin:", words.faults_of_docs(contract_stage))

    def test_demo_data_loads_twice(self, contract_stage: Stage) -> None:
        demand("The demo shows the plugin, and is filled again at each start:", words.faults_of_demo(contract_stage))

    # Doors

    def test_nothing_answers_where_the_plugin_is_off(self, contract_stage: Stage) -> None:
        demand("Where it is off it does not exist (404):", doors.faults_where_off(contract_stage))

    def test_nothing_answers_without_the_permission(self, contract_stage: Stage) -> None:
        demand(
            "Each handler needs a permission that not everybody has (403):",
            doors.faults_without_permission(contract_stage),
        )

    def test_what_asks_for_no_permission_says_why(self, contract_stage: Stage) -> None:
        demand(
            "Let each handler need a permission, or say in open_to_all why it needs none:",
            doors.faults_of_open_doors(contract_stage, self.open_to_all),
        )

    def test_everything_answers_who_holds_the_permission(self, contract_stage: Stage) -> None:
        demand("A handler answers those whom it is for:", doors.faults_with_permission(contract_stage))

    def test_nobody_gets_in_who_has_not_signed_in(self, contract_stage: Stage) -> None:
        demand("What is not public asks for signing in:", doors.attempt(contract_stage, "nobody_at_all").leaks)

    # Neighbours

    def test_ids_of_others_are_answered_like_no_row_at_all(self, contract_stage: Stage) -> None:
        done = doors.attempt(contract_stage, "ids_of_others")
        demand("Look rows up within the scope, and answer 404 the same way for all that is not there:", done.leaks)
        strange = sorted(set(done.blind) - set(self.not_told_apart))
        demand("One's own row must be answered otherwise than none, or the test proves nothing:", strange)
        gone = sorted(set(self.not_told_apart) - set(done.blind))
        demand("These are told apart by now; take them from not_told_apart:", gone)

    def test_ids_of_others_in_bodies_are_refused(self, contract_stage: Stage) -> None:
        demand("Look up every id that a body names:", doors.attempt(contract_stage, "ids_in_bodies").leaks)

    def test_ids_of_others_as_filters_find_nothing(self, contract_stage: Stage) -> None:
        demand("A filter finds rows of the scope alone:", doors.attempt(contract_stage, "ids_as_filters").leaks)

    def test_no_list_or_page_shows_rows_of_others(self, contract_stage: Stage) -> None:
        done = doors.attempt(contract_stage, "rows_of_others")
        demand("Pages and lists show rows of their own place alone:", done.leaks)
        reads = [each for each in contract_stage.routes if each.handler.is_read]
        if reads and contract_stage.lineage is not None:
            silent = [] if done.proven else ["no page and no list shows one's own row either: the test proves nothing"]
            demand("One's own rows are shown:", silent)

    def test_a_role_ends_at_its_place(self, contract_stage: Stage) -> None:
        demand("A role of one place is none in another:", doors.attempt(contract_stage, "roles_elsewhere").leaks)

    # Pages

    def test_pages_of_an_empty_community(self, contract_stage: Stage) -> None:
        demand(
            "Pages say what to do where there is nothing yet, in both languages:",
            pages.faults_when_empty(contract_stage, self.in_chinese),
        )

    def test_pages_of_a_full_community(self, contract_stage: Stage) -> None:
        demand("Pages show the demo rows, in both languages:", pages.faults_when_full(contract_stage, self.not_shown))

    def test_pages_are_accessible(self, contract_stage: Stage) -> None:
        if why := why_no_browser():
            pytest.skip(why)
        demand(
            "People with any eyes and hands can use the pages:",
            pages.faults_of_axe(contract_stage, self.not_judged, everywhere=self.judges_all),
        )

    # Lists

    def test_files_are_those_of_their_lists(self, contract_stage: Stage) -> None:
        demand("A file follows its list:", lists.faults_of_files(contract_stage, self.own_layout))

    def test_lists_keep_to_their_order_their_columns_and_their_place(self, contract_stage: Stage) -> None:
        demand("A list and its file show the same rows, one's own alone:", lists.faults_of_lists(contract_stage))

    # People

    def test_personal_data_is_declared(self, contract_stage: Stage) -> None:
        demand(
            "Say what is kept about people with register_personal_data:", people.faults_of_declaration(contract_stage)
        )

    def test_personal_data_is_given_out_and_erased(self, contract_stage: Stage) -> None:
        demand("Give people their data, and erase it:", people.faults_of_rights(contract_stage))
