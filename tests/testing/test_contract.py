"""Each check of the contract finds what it is for: a plugin that is broken in just that way."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial
from typing import Annotated, ClassVar

import msgspec
import pytest
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text
from tests.testing.conftest import past_the_walls, past_the_walls_of

from linli.db.walls import OWNER_ROLE
from linli.plugins.contributions import DemoData, Erased, Permission, PersonalData, TaskSpec
from linli.sdk import (
    Event,
    EventHandler,
    Evidence,
    Obligation,
    community_names,
    emit,
    enqueue,
    is_enabled,
    now,
)
from linli.tasks.runner import JobRunner
from linli.testing.chromium import why_no_browser
from linli.testing.contract import doors, duties, handlers, names, pages, people, schema, words, work
from linli.testing.contract.elsewhere import OFF
from linli.testing.contract.suite import PluginContract, demand
from linli.testing.facts import PluginFacts
from linli.testing.world import WORLD
from linli_notices.events import NoticeWithdrawn

pytestmark = pytest.mark.thorough

#: What no trigger of the table keeps.
DRAFTS = "plugin_notices.notice WHERE state = 'draft'"


def told(faults: list[str], *words: str) -> bool:
    """Whether one fault holds all these words."""
    return any(all(word in fault for word in words) for fault in faults)


class TestNames:
    def test_another_name(self, at_folder) -> None:
        stage = at_folder({"templates/other/x.html": "", "locale/en/LC_MESSAGES/other.po": ""}, distribution="notices")
        faults = names.faults_of_names(stage)
        assert told(faults, "call it linli-notices")
        assert told(faults, "templates/other")
        assert told(faults, "other.po")

    def test_a_permission_that_nobody_holds_or_needs(self, with_parts) -> None:
        stage = with_parts(permissions=[Permission("notices.thing.read", "看", frozenset())])
        faults = names.faults_of_permissions(stage)
        assert told(faults, "notices.thing.read", "no role holds it")
        assert told(faults, "notices.thing.read", "nothing needs it")

    def test_an_event_that_carries_people(self, stage, monkeypatch) -> None:
        class Noted(Event, frozen=True, kw_only=True):
            NAME: ClassVar[str] = "elsewhere.Noted"
            author_name: str

        class Unnamed(Event, frozen=True, kw_only=True):
            NAME: ClassVar[str] = "notices.Something"

        for each in (Noted, Unnamed):
            monkeypatch.setattr(each, "__module__", "linli_notices.events")
            monkeypatch.setattr(f"linli_notices.events.{each.__name__}", each, raising=False)
        faults = names.faults_of_events(stage)
        assert told(faults, "Noted", "must start with notices.")
        assert told(faults, "author_name")
        assert told(faults, "elsewhere.Noted", "docstring")
        assert told(faults, "elsewhere.Noted", "give it a TITLE")
        assert told(faults, "Unnamed", "NAME must be")

    def test_a_task_without_words_one_that_fails_and_one_that_goes_astray(self, stage, with_parts) -> None:
        def fall(run) -> None:
            raise RuntimeError("broken")

        def stray(run) -> None:
            with run.unit_of_work() as session:
                past_the_walls_of(session, f"DELETE FROM {DRAFTS} AND tenant_id = %s", WORLD.there.id)

        with_parts(
            tasks=[
                TaskSpec("notices.fall_over", fall, daily_at=time(3)),
                TaskSpec("notices.go_astray", stray, title="好", daily_at=time(3)),
            ]
        )
        faults = work.faults_of_tasks(stage)
        assert told(faults, "notices.fall_over", "title")
        assert told(faults, "notices.fall_over", "failed on a street")
        assert told(faults, "notices.go_astray", "changed rows of plugin_notices.notice in another street")


class TestWork:
    def test_daily_work_that_does_not_ask_where_the_plugin_is_on(self, with_parts) -> None:
        def close_everything(run) -> None:
            with run.unit_of_work() as session:
                session.execute(text(f"DELETE FROM {DRAFTS}"))

        def close_what_is_on(run) -> None:
            with run.unit_of_work() as session:
                for community_id in community_names(session):
                    if is_enabled(session, "notices", community_id=community_id):
                        session.execute(
                            text(f"DELETE FROM {DRAFTS} AND community_id = :c"),
                            {"c": community_id},
                        )

        for handler, is_at_fault in ((close_everything, True), (close_what_is_on, False)):
            task = TaskSpec("notices.close_drafts", handler, title="好", daily_at=time(3))
            faults = work.faults_of_tasks(with_parts(tasks=[task]))
            assert told(faults, "notices.close_drafts", "notice in a community where the plugin is off") == is_at_fault

    def test_daily_work_that_goes_astray_when_rows_are_old(self, with_parts) -> None:
        def close_old(run) -> None:
            with run.unit_of_work() as session:
                session.execute(
                    text(f"DELETE FROM {DRAFTS} AND created_at < :before"),
                    {"before": now() - timedelta(days=300)},
                )

        task = TaskSpec("notices.close_old", close_old, title="好", daily_at=time(3))
        assert told(work.faults_of_tasks(with_parts(tasks=[task])), "notices.close_old", "where the plugin is off")

    def test_a_handler_that_fails_one_that_minds_a_row_that_is_gone_and_one_that_goes_astray(self, with_parts) -> None:
        def fall(session, event) -> None:
            raise RuntimeError("broken")

        def insist(session, event) -> None:
            session.execute(
                text("SELECT id FROM plugin_notices.notice WHERE id = :i"), {"i": event.notice_id}
            ).scalar_one()

        def stray(session, event) -> None:
            past_the_walls_of(session, f"DELETE FROM {DRAFTS} AND community_id = %s", OFF.id)

        def do_well(session, event) -> None:
            session.execute(text("SELECT 1"))

        expected = {
            fall: ("whose ids lead to rows: RuntimeError", "whose rows are gone"),
            insist: ("whose rows are gone: there is nothing to do: NoResultFound",),
            stray: ("notice in a community where the plugin is off",),
            do_well: (),
        }
        for handler, said in expected.items():
            parts = [EventHandler(NoticeWithdrawn, handler, title="好")]
            faults = handlers.faults_of_handlers(with_parts(event_handlers=parts))
            assert len(faults) == len(said), faults
            assert all(told(faults, handler.__name__, words) for words in said)

    def test_daily_work_that_leaves_to_others_what_it_may_not_do(self, with_parts) -> None:
        def enqueue_all(run) -> None:
            with run.unit_of_work() as session:
                enqueue(session, "notices.close_them", {}, owner="notices")

        def close_them(run) -> None:
            with run.unit_of_work() as session:
                session.execute(text(f"DELETE FROM {DRAFTS}"))

        tasks = [
            TaskSpec("notices.close_later", enqueue_all, title="好", daily_at=time(3)),
            TaskSpec("notices.close_them", close_them, title="好"),
        ]
        assert told(work.faults_of_tasks(with_parts(tasks=tasks)), "notices.close_later", "where the plugin is off")

    def test_daily_work_that_tells_of_places_where_the_plugin_is_off(self, with_parts) -> None:
        def tell_everywhere(run) -> None:
            with run.unit_of_work() as session:
                for community_id in community_names(session):
                    withdrawn = NoticeWithdrawn(
                        notice_id=community_id, community_id=community_id, category="", snapshot_sha256=""
                    )
                    emit(session, withdrawn, community_id=community_id)

        task = TaskSpec("notices.tell_everywhere", tell_everywhere, title="好", daily_at=time(3))
        faults = work.faults_of_tasks(with_parts(tasks=[task]))
        assert told(faults, "notices.tell_everywhere", "core.event in a community where the plugin is off")

    def test_daily_work_on_rows_that_no_demo_shows(self, stage, with_parts) -> None:
        def forget(run) -> None:
            with run.unit_of_work() as session:
                session.execute(text("DELETE FROM plugin_notices.notice_read"))

        task = TaskSpec("notices.forget_reads", forget, title="好", daily_at=time(3))
        faults = work.faults_of_tasks(with_parts(tasks=[task], demo_data=[]))
        assert told(faults, "notices.forget_reads", "notice_read in a community where the plugin is off")

    def test_a_handler_that_writes_past_its_session(self, with_parts) -> None:
        def write_twice(session, event) -> None:
            past_the_walls_of(session, f"UPDATE {DRAFTS.replace(' WHERE', ' SET title = title || chr(33) WHERE')}")

        def write_once(session, event) -> None:
            session.execute(text(f"UPDATE {DRAFTS.replace(' WHERE', ' SET title = title || chr(33) WHERE')}"))

        for handler, is_at_fault in ((write_twice, True), (write_once, False)):
            parts = [EventHandler(NoticeWithdrawn, handler, title="好")]
            faults = handlers.faults_of_handlers(with_parts(event_handlers=parts))
            lost = told(faults, handler.__name__, "lost before its commit", "plugin_notices.notice,", "no other")
            assert lost == is_at_fault, faults

    def test_a_handler_that_hears_of_places_where_the_plugin_is_off(self, with_parts, monkeypatch) -> None:
        everywhere = lambda _session, plugins, **_place: frozenset(plugins)  # noqa: E731 a gate that is open
        runner = partial(JobRunner, gate=lambda *_given, **_place: True)
        parts = [EventHandler(NoticeWithdrawn, lambda _session, _event: None, title="好")]
        stage = with_parts(event_handlers=parts)
        assert handlers.faults_of_handlers(stage) == []
        monkeypatch.setattr("linli.testing.contract.handlers.JobRunner", runner)
        assert told(handlers.faults_of_handlers(stage), "switched off meanwhile")
        monkeypatch.setattr("linli.events.consumers.enabled_among", everywhere)
        assert told(handlers.faults_of_handlers(stage), "of a community where the plugin is off")

    def test_an_event_of_a_plugin_that_is_not_here_is_left_out_and_named(self, with_parts) -> None:
        class Moved(Event, frozen=True, kw_only=True):
            NAME: ClassVar[str] = "parking.Moved"

        def fall(session, event) -> None:
            raise RuntimeError("broken")

        stage = with_parts(event_handlers=[EventHandler(Moved, fall, title="好")])
        assert handlers.faults_of_handlers(stage) == []
        assert handlers.left_out(stage) == ["notices.on_parking_moved_fall: not tried, parking is not installed"]
        with pytest.raises(pytest.skip.Exception, match="parking is not installed"):
            PluginContract().test_handlers_do_with_any_event_of_their_kind(stage)

    def test_an_event_that_cannot_be_made_up_asks_for_its_facts(self, with_parts, monkeypatch) -> None:
        class Weighed(Event, frozen=True, kw_only=True):
            NAME: ClassVar[str] = "notices.Weighed"
            code: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")]

        parts = [EventHandler(Weighed, lambda _session, _event: None, title="好")]
        stage = with_parts(event_handlers=parts)
        assert told(handlers.faults_of_handlers(stage), "no notices.Weighed can be made up", "PluginFacts(events=")
        facts = PluginFacts(events={"notices.Weighed": {"code": "0412"}})
        monkeypatch.setattr("linli.testing.contract.handlers.facts_of", lambda _owner: facts)
        assert handlers.sample_of(Weighed, str) == Weighed(code="0412")


class TestWords:
    def test_a_message_without_its_translation(self, at_folder) -> None:
        source = '_("没有译文的文字")\nx = f"够不着的{1}"\n'
        faults = words.faults_of_translations(at_folder({"module.py": source}))
        assert told(faults, "没有译文的文字")
        assert told(faults, "inside an f-string")

    def test_a_readme_that_says_nothing(self, at_folder) -> None:
        assert told(words.faults_of_docs(at_folder({"/pyproject.toml": ""})), "there is no README")

    def test_a_readme_that_leaves_a_permission_out(self, at_folder) -> None:
        files = {"/pyproject.toml": "", "/README.md": "notices.notice.read " * 40}
        assert told(words.faults_of_docs(at_folder(files)), "does not mention notices.category.manage")

    def test_demo_rows_that_come_again(self, stage, with_parts) -> None:
        def fill(session, actor, community_id) -> None:
            if community_id is None:
                return
            given = {"c": community_id, "id": WORLD.here.administrator}
            session.execute(
                text(
                    "INSERT INTO plugin_notices.notice_read (community_id, notice_id, account_id) "
                    "SELECT CAST(:c AS uuid), n.id, gen_random_uuid() FROM plugin_notices.notice n LIMIT 1"
                ),
                given,
            )

        stage.fill_demo()
        assert told(words.faults_of_demo(with_parts(demo_data=[DemoData(fill)])), "called again", "notice_read")

    def test_no_demo_rows(self, with_parts) -> None:
        assert told(words.faults_of_demo(with_parts(demo_data=[])), "shows nothing")


class TestTables:
    def test_a_model_without_its_revision(self, stage, monkeypatch) -> None:
        grown = MetaData(schema="plugin_notices")
        Table("forgotten", grown, Column("id", Integer, primary_key=True))
        monkeypatch.setattr(schema, "metadata_of", lambda _stage: grown)
        assert told(schema.faults_of_drift(stage), "table forgotten: in the models, in no revision")
        assert told(schema.faults_of_drift(stage), "table notice: in the revisions, not in the models")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda table: table.append_column(Column("colour", Text)), "column notice.colour: in the models"),
            (lambda table: table._columns.remove(table.c.title), "column notice.title: in the revisions, not in"),
            (lambda table: setattr(table.c.title, "nullable", True), "column notice.title: its nullable is False by"),
            (lambda table: setattr(table.c.title, "type", Integer()), "column notice.title: its type is TEXT by"),
            (lambda table: table.indexes.add(Index("ix_new", table.c.title)), "index ix_new of notice: in the models"),
        ],
    )
    def test_what_differs_is_told_in_words(self, stage, monkeypatch, change, words) -> None:
        grown = MetaData(schema="plugin_notices")
        for table in schema.metadata_of(stage).tables.values():
            table.to_metadata(grown)
        change(grown.tables["plugin_notices.notice"])
        monkeypatch.setattr(schema, "metadata_of", lambda _stage: grown)
        assert told(schema.faults_of_drift(stage), words)

    def test_a_revision_that_does_not_run_again(self, at_folder, stage) -> None:
        own = stage.plugin.folder / "migrations" / "versions"
        files = {f"migrations/versions/{each.name}": each.read_text("utf-8") for each in own.glob("0001*.py")}
        assert files
        assert told(schema.faults_of_revisions(at_folder(files)), "differs when the revisions run again")

    def test_a_table_without_its_wall(self, stage) -> None:
        with stage.house.owner.engine.begin() as connection:
            connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
            connection.execute(text("ALTER TABLE plugin_notices.notice_read NO FORCE ROW LEVEL SECURITY"))
        try:
            assert told(schema.faults_of_walls(stage), "R04", "plugin_notices.notice_read")
        finally:
            with stage.house.owner.engine.begin() as connection:
                connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
                connection.execute(text("ALTER TABLE plugin_notices.notice_read FORCE ROW LEVEL SECURITY"))

    def test_rows_that_others_read_and_write(self, stage) -> None:
        assert schema.faults_of_rows(stage) == [], "control"
        stage.superuser.execute("ALTER TABLE plugin_notices.notice_read DISABLE ROW LEVEL SECURITY")
        try:
            faults = schema.faults_of_rows(stage)
        finally:
            stage.superuser.execute("ALTER TABLE plugin_notices.notice_read ENABLE ROW LEVEL SECURITY")
        for verb in ("read", "changed", "removed"):
            assert told(faults, "plugin_notices.notice_read of there1 from here1", verb)


class TestDoors:
    def test_an_answer_where_the_plugin_should_be_off(self, only) -> None:
        stage = only("/bad-list")
        off = WORLD.here.communities[1]
        made = "INSERT INTO core.plugin_enablement (tenant_id, id, community_id, plugin) VALUES (%s, %s, %s, 'notices')"
        stage.visitor.ask(stage.routes[0], stage.routes[0].home)
        stage.superuser.execute(made, [off.tenant_id, off.id, off.id])
        try:
            assert told(doors.faults_where_off(stage), "bad-list", "where the plugin is off")
        finally:
            stage.superuser.execute("DELETE FROM core.plugin_enablement WHERE id = %s", [off.id])

    def test_a_permission_that_everybody_holds(self, only, stage) -> None:
        every = {role: stage.roles[role] | {"notices.notice.read"} for role in stage.roles}
        kept, stage.roles = stage.roles, every
        try:
            assert told(doors.faults_without_permission(only("/bad-list")), "it guards nothing")
        finally:
            stage.roles = kept

    def test_a_door_that_is_open_to_all_without_a_reason(self, only) -> None:
        stage = only("/bad-read", "/bad-public", "/bad/")
        faults = doors.faults_of_open_doors(
            stage,
            {
                "POST /s/{street}/c/{community}/admin/notices/bad-*": "so that anybody can",
                "GET /s/{street}/c/{community}/admin/notices/bad-page": "none of this name",
            },
        )
        assert told(faults, "bad-read", "whoever is signed in", "no reason", "declare it with needs=")
        assert told(faults, "notices/bad-page", "nothing of this name is open")
        assert len(faults) == 2
        assert told(doors.faults_of_open_doors(stage, {"* *": " "}), "bad-public", "open to everybody")

    def test_a_reason_for_doors_that_nobody_has_built_yet(self, only) -> None:
        stage = only("/bad-read", "/bad-public")
        for pattern in ("*", "* *", "GET /s/*", "GET /s/{street}/c/{community}/notices*"):
            assert told(doors.faults_of_open_doors(stage, {pattern: "all of it"}), pattern, "more of the address"), (
                pattern
            )
        home = "/s/{street}/c/{community}/notices"
        narrow = {f"GET {home}/bad-r*": "one", "* /s/{street}/c/{community}/admin/notices/bad-public": "two"}
        assert doors.faults_of_open_doors(stage, narrow) == []

    def test_a_refusal_that_is_none(self, only, stage) -> None:
        # The roles as the suite sees them lack what the administrator really holds.
        kept, stage.roles = stage.roles, dict.fromkeys(stage.roles, frozenset[str]())
        try:
            people_of = stage.people
            stage.people = lambda place: [each for each in people_of(place) if each[0] == WORLD.here.administrator]
            assert told(doors.faults_without_permission(only("/bad-list")), "200 instead of 403")
        finally:
            del stage.people
            stage.roles = kept

    def test_a_handler_that_never_works(self, only) -> None:
        assert told(doors.faults_with_permission(only("/bad-failure")), "500")

    def test_a_change_by_nobody(self, only) -> None:
        assert told(doors.attempt(only("/bad-public"), "nobody_at_all").leaks, "bad-public")


class TestNeighbours:
    def test_an_id_of_others(self, only) -> None:
        assert told(doors.attempt(only("/bad/"), "ids_of_others").leaks, "/bad/", "notice_id of there1: 200, else 404")

    def test_an_id_of_others_in_a_body(self, only) -> None:
        assert told(doors.attempt(only("/bad-body"), "ids_in_bodies").leaks, "notice_id of there1: 200, else 404")

    def test_an_id_of_others_as_a_filter(self, only) -> None:
        assert told(doors.attempt(only("/bad-filter"), "ids_as_filters").leaks, "notice_id: 200, else 404")

    def test_a_list_of_everybodys_rows(self, only) -> None:
        assert told(doors.attempt(only("/bad-list"), "rows_of_others").leaks, "canary-there1-end")

    def test_a_list_that_opens_to_another_streets_people(self, only) -> None:
        assert told(doors.attempt(only("/bad-read"), "roles_elsewhere").leaks, "in there1: canary-there1-end")


class TestPages:
    def test_a_page_that_fails_when_empty(self, only) -> None:
        assert told(pages.faults_when_empty(only("/bad-page-failure"), {}), "bad-page-failure (empty, en): 500")

    def test_a_page_in_chinese_for_who_reads_english(self, only) -> None:
        assert told(pages.faults_when_empty(only("admin/notices/templates/new"), {}), "is not translated there")

    def test_a_page_that_fails_when_full(self, only) -> None:
        assert told(pages.faults_when_full(only("/bad-page-failure"), {}), "bad-page-failure (full): 500")

    def test_an_excuse_for_a_page_that_is_gone(self, only) -> None:
        assert told(pages.faults_when_full(only("/bad-page-failure"), {"GET /gone": "why"}), "GET /gone", "no page")

    def test_a_page_that_nobody_can_use_without_eyes(self, only) -> None:
        if why := why_no_browser():
            pytest.skip(why)
        faults = pages.faults_of_axe(only("GET /s/{street}/c/{community}/admin/notices/bad-page"), {})
        assert told(faults, "bad-page", "image-alt")
        assert told(faults, "bad-page", "label")


class TestPeople:
    def test_a_table_that_nobody_answers_for(self, with_parts) -> None:
        faults = people.faults_of_declaration(with_parts(personal_data=[]))
        assert told(faults, "plugin_notices.notice_read (account_id)")

    def test_a_declaration_of_nothing(self, with_parts) -> None:
        faults = people.faults_of_declaration(with_parts(personal_data=[_personal(tables=("plugin_notices.gone",))]))
        assert told(faults, "plugin_notices.gone", "no such table")
        assert told(faults, "its purpose is empty")

    def test_an_export_of_somebody_else_and_an_erasure_of_nothing(self, with_parts) -> None:
        def export(session, person):
            return [{"title": title} for (title,) in past_the_walls("SELECT title FROM plugin_notices.notice")]

        stage = with_parts(personal_data=[_personal(export=export, tables=("plugin_notices.objection",))])
        faults = people.faults_of_rights(stage)
        assert told(faults, "its export shows rows of canary-there1-end")
        assert told(faults, "still name the person", "plugin_notices.objection")
        assert told(faults, "says that nothing was removed")

    def test_an_export_and_an_erasure_that_do_nothing_although_there_is_something(self, with_parts) -> None:
        faults = people.faults_of_rights(with_parts(personal_data=[_personal(tables=("plugin_notices.notice_read",))]))
        assert told(faults, "its export is empty", "plugin_notices.notice_read")
        assert told(faults, "still name the person", "plugin_notices.notice_read (1)")
        assert told(faults, "says that nothing was removed")

    def test_an_export_that_is_no_json_and_an_erasure_that_counts_twice(self, with_parts) -> None:
        data = _personal(export=lambda session, person: [{"x": object()}], erase=lambda session, person: Erased(2, 1))
        faults = people.faults_of_rights(with_parts(personal_data=[data]))
        assert told(faults, "no JSON")
        assert told(faults, "a second time it removes 2 more")
        assert told(faults, "keeps 1 rows without a reason")


def _personal(export=None, erase=None, tables=()) -> PersonalData:
    return PersonalData(
        title="测试",
        purpose="",
        basis="测试",
        export=export or (lambda session, person: []),
        erase=erase or (lambda session, person: Erased(0)),
        tables=tables,
    )


def test_a_failure_names_each_fault_and_what_to_mend() -> None:
    demand("Mend this:", [])
    with pytest.raises(pytest.fail.Exception, match=r"Mend this:\n  - one\n  - two"):
        demand("Mend this:", ["one", "two"])


class TestObligations:
    def duty(self, evidence, **more):
        more = {"every": "public_revenue.published_every", "help": "发布公示。", **more}
        return Obligation(name="notices.bad", title="公示", rhythm="every", evidence=evidence, **more)

    def test_one_query_for_each_place(self, with_parts) -> None:
        def one_by_one(session, places, span):
            for place in places:
                session.execute(text("SELECT 1 FROM core.compound WHERE id = :id"), {"id": place})
            return []

        faults = duties.faults_of_obligations(with_parts(obligations=[self.duty(one_by_one)]))
        assert told(faults, "notices.bad", "queries for many places")

    def test_evidence_from_behind_the_walls(self, with_parts) -> None:
        def beyond(session, places, span):
            rows = past_the_walls("SELECT id FROM core.compound")
            return [Evidence(place=row[0], when=span.last, title="公示") for row in rows]

        faults = duties.faults_of_obligations(with_parts(obligations=[self.duty(beyond)]))
        assert told(faults, "notices.bad", "tells of the first one's rows")

    def test_a_duty_without_words_that_fails_and_one_that_answers_otherwise(self, with_parts) -> None:
        bad = self.duty(lambda *_: 1 / 0, help="")
        faults = duties.faults_of_obligations(with_parts(obligations=[bad]))
        assert told(faults, "notices.bad", "help=")
        assert told(faults, "notices.bad", "raised ZeroDivisionError")
        faults = duties.faults_of_obligations(with_parts(obligations=[self.duty(lambda *_: ["公示"])]))
        assert told(faults, "notices.bad", "str instead of Evidence")
