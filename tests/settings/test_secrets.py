"""A setting that is a key to a service: sealed where it lies, opened for who uses it, shown to nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.crypto import SealBroken
from linli.kit.errors import Conflict, FieldError, Invalid
from linli.manifests.state import read_state
from linli.settings import catalogue
from linli.settings.catalogue import check_written, declare_settings, set_platform_values
from linli.settings.history import list_changes, undo_change
from linli.settings.models import Setting
from linli.settings.service import all_settings, clear_setting, effective_settings, get_setting, set_setting
from linli.settings.spec import SettingSpec
from linli.tenancy.models import Tenant

KEY = "sk-金丝雀-000111222333"


@pytest.fixture(autouse=True)
def gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_specs", dict(catalogue._specs))
    monkeypatch.setattr(catalogue, "_platform", {})
    declare_settings("gate", [SettingSpec(key="api_key", type="secret", default="", title="密钥")])


def put(session, value: str, **place) -> None:
    set_setting(session, SYSTEM, "gate", "api_key", value, **place)


def test_it_is_opened_for_who_uses_it_and_shown_to_nobody(open_session, world) -> None:
    own = world.here.communities[0]
    with open_session(world.here.scope) as session:
        assert get_setting(session, "gate", "api_key") == ""
        put(session, f" {KEY} ")
    with open_session(own.scope) as session:
        assert get_setting(session, "gate", "api_key") == KEY
        assert all_settings(session, "gate") == {"api_key": KEY}
        [shown] = effective_settings(session, "gate", community_id=own.id)
        assert (shown.value, shown.origin) == (None, "street")
        assert KEY not in repr(shown)
    with open_session(world.there.scope) as session:
        assert get_setting(session, "gate", "api_key") == ""


def test_nothing_that_is_kept_holds_it_in_clear(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        put(session, KEY)
    with open_session(world.here.scope) as session:
        put(session, KEY + "x")
        clear_setting(session, SYSTEM, "gate", "api_key")
        put(session, KEY)
    with open_session(world.here.scope) as session:
        kept = session.scalars(select(text("to_jsonb(s)::text")).select_from(text("core.setting s"))).all()
        acts = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == "gate.api_key")).all()
    assert (len(kept), len(acts)) == (1, 4), "control"
    assert not any("sk-" in each for each in kept)
    assert not any("sk-" in str([each.before, each.after]) for each in acts)


def test_sealed_bytes_moved_to_another_row_do_not_open(open_session, world) -> None:
    own = world.here.communities[0]
    with open_session(world.here.scope) as session:
        put(session, KEY)
        put(session, "another", community_id=own.id)
        rows = {row.community_id: row for row in session.scalars(select(Setting).where(Setting.owner == "gate"))}
        rows[own.id].secret_ct = rows[None].secret_ct
        session.flush()
        with pytest.raises(SealBroken):
            get_setting(session, "gate", "api_key", community_id=own.id)


def test_its_history_tells_that_it_changed_and_cannot_bring_it_back(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        put(session, KEY)
    with open_session(world.here.scope) as session:
        put(session, "newer")
    with open_session(world.here.scope) as session:
        last, first = list_changes(session, "gate")[0]
        assert (last.can_undo, first.can_undo) == (False, True)
        with pytest.raises(Conflict):
            undo_change(session, SYSTEM, "gate", last.n)
        undo_change(session, SYSTEM, "gate", first.n)
        assert get_setting(session, "gate", "api_key") == ""


def test_it_is_in_no_manifest(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        put(session, KEY)
        set_setting(session, SYSTEM, "notices", "posting_days", 9)
        keys = {key[-1] for key in read_state(session, session.get_one(Tenant, world.here.id))}
    assert ("posting_days" in keys, "api_key" in keys) == (True, False)
    with pytest.raises(Invalid) as refused:
        check_written("gate", {"api_key": KEY})
    assert [each.field for each in refused.value.errors] == ["api_key"]
    with pytest.raises(Invalid):
        set_platform_values({"gate": {"api_key": KEY}})


@pytest.mark.parametrize("value", ["", "x" * 4001, "a\nb", 7])
def test_what_is_none_is_refused(value) -> None:
    assert isinstance(catalogue.find_setting("gate", "api_key").check(value), FieldError)


def test_it_has_no_default() -> None:
    with pytest.raises(ValueError):
        SettingSpec(key="api_key", type="secret", default="sk", title="密钥")
