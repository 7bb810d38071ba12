"""Templates: built-in ones with an instance, and those of a street and its communities."""

from __future__ import annotations

import pytest

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound
from linli_notices import texts
from linli_notices.body import gaps_in, make_body
from linli_notices.categories import BUILT_IN
from linli_notices.notice_templates import (
    archive_template,
    begin_with,
    get_template,
    list_templates,
    save_template,
)
from linli_notices.schemas import TemplateWrite

NEW = TemplateWrite(name="大扫除通知", title="【请填写：日期】大扫除", body="请参加。", category="activity")


@pytest.fixture
def own(world):
    return world.here.communities[0]


class TestBuiltIn:
    @pytest.mark.parametrize(
        "key",
        [
            pytest.param("duty_posting", marks=pytest.mark.requirement("NOT-004")),
            pytest.param("household_guide", marks=pytest.mark.requirement("NOT-005")),
            *(each.key for each in texts.BUILT_IN if each.key not in ("duty_posting", "household_guide")),
        ],
    )
    def test_it_asks_for_what_is_missing_and_shows_the_same_text_filled_in(self, open_session, own, key) -> None:
        with open_session(own.scope) as session:
            template = get_template(session, own.id, key)
            title, body = begin_with(session, own.id, template)
        assert template.category in {each.key for each in BUILT_IN}
        assert gaps_in(body)
        assert "【社区名称】" not in body
        assert "【今天】" not in body
        assert "第1社区" in body
        assert len(title) <= 100
        assert gaps_in(template.example) == []
        assert "【" not in template.example
        headings = [line for line in template.body.splitlines() if line.startswith("# ")]
        assert [line for line in template.example.splitlines() if line.startswith("# ")] == headings
        assert "<script" not in make_body(template.body).html

    @pytest.mark.requirement("NOT-004")
    def test_the_duties_of_posts_come_as_a_table(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            shown = make_body(get_template(session, own.id, "duty_posting").example).html
        assert '<th scope="col">岗位</th>' in shown
        assert "<td>门卫值守</td>" in shown


class TestOwn:
    def test_a_streets_template_is_used_in_its_communities_and_changed_by_the_street_alone(
        self, open_session, world, own
    ) -> None:
        with open_session(world.here.scope) as session:
            made = save_template(session, SYSTEM, None, "", NEW)
        with open_session(own.scope) as session:
            assert made.id in [each.id for each in list_templates(session, own.id)]
            for act in (
                lambda: save_template(session, SYSTEM, own.id, made.id, NEW),
                lambda: archive_template(session, SYSTEM, own.id, made.id),
            ):
                with pytest.raises(Forbidden):
                    act()
        with open_session(world.there.scope) as session:
            assert made.id not in [each.id for each in list_templates(session, None)]

    def test_a_communitys_template_is_its_own(self, open_session, world, own) -> None:
        sibling = world.here.communities[1]
        with open_session(own.scope) as session:
            made = save_template(session, SYSTEM, own.id, "", NEW)
        with open_session(sibling.scope) as session:
            assert made.id not in [each.id for each in list_templates(session, sibling.id)]
            with pytest.raises(NotFound):
                get_template(session, sibling.id, made.id)
        with open_session(world.here.scope) as session, pytest.raises(NotFound):
            get_template(session, None, made.id)

    def test_it_is_changed_archived_and_restored(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            made = save_template(session, SYSTEM, own.id, "", NEW)
            changed = TemplateWrite(name="大扫除", title="大扫除", body="请参加。", version=made.version)
            assert save_template(session, SYSTEM, own.id, made.id, changed).name == "大扫除"
            with pytest.raises(Conflict):
                save_template(session, SYSTEM, own.id, made.id, changed)
            for _click in range(2):
                assert archive_template(session, SYSTEM, own.id, made.id).is_archived
            assert made.id not in [each.id for each in list_templates(session, own.id)]
            assert made.id in [each.id for each in list_templates(session, own.id, archived=True)]
            assert not archive_template(session, SYSTEM, own.id, made.id, archived=False).is_archived

    def test_each_fault_is_named(self, open_session, own, staff) -> None:
        with open_session(own.scope) as session:
            save_template(session, SYSTEM, own.id, "", NEW)
            bad = TemplateWrite(name="大扫除通知", title=" ", body="<p></p>", category="nonsense")
            with pytest.raises(Invalid) as error:
                save_template(session, SYSTEM, own.id, "", bad)
            assert {fault.field for fault in error.value.errors} == {"name", "title", "body", "category"}
            steward = staff("building_steward", community_id=own.id, compound_id=own.compound)
            with pytest.raises(Forbidden):
                save_template(session, steward, own.id, "", NEW)
