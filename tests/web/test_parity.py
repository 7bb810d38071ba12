"""Whatever a person can do in a portal, a program can do over the API; or here stands why not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.testing.site import routes_of
from linli.testing.web import Api
from linli.web.routing import Handler, Portal

#: Where the same is done: the console's acts at the street's address, the others' at the community's.
LEVELS = {
    Portal.CONSOLE: Portal.STREET_API,
    Portal.ADMIN: Portal.COMMUNITY_API,
    Portal.RESIDENT: Portal.COMMUNITY_API,
}

#: Act of a portal to the operations that do the same.
SAME = {
    # Places
    "core.save_community": "update_community",
    "core.add_compound": "create_compound",
    "core.save_compound": "update_compound",
    "core.put_away_compound": "archive_compound",
    "core.add_building": "create_building plan_building",
    "core.save_building": "update_building",
    "core.add_unit": "create_unit_entrance",
    "core.remove_unit": "remove_unit_entrance",
    "core.remove_building": "remove_building",
    "core.add_dwelling": "create_dwelling",
    "core.save_dwelling": "update_dwelling",
    "core.remove_dwelling": "remove_dwelling",
    "core.export_communities": "export_communities",
    # Register
    "core.add_resident": "create_resident",
    "core.save_resident": "update_resident",
    "core.show_hidden": "reveal",
    "core.invite_from_register": "invite_resident",
    "core.save_move_in": "create_household move_in",
    "core.save_move_out": "move_out",
    "core.save_household": "update_household",
    "core.save_transfer": "transfer_ownership",
    "core.save_co_owner": "add_owner",
    "core.save_representative": "choose_representative",
    "core.save_end": "end_ownership",
    "core.add_organisation": "create_organisation",
    "core.upload_roster": "upload_roster",
    "core.check_grid": "upload_roster",
    "core.commit_roster": "commit_roster",
    "core.recheck_roster": "recheck_roster",
    "core.throw_away_roster": "discard_roster",
    "core.fetch_template": "fetch_template",
    "core.fetch_errors": "fetch_errors",
    "core.fetch_export": "export_roster",
    # Roles
    "core.save_grant": "add_grant",
    "core.stop_grant": "stop_grant",
    "core.leave": "end_grants",
    "core.save_invitation": "add_invitation",
    "core.send_again": "resend_invitation",
    "core.end_invitation": "revoke_invitation",
    "core.approve_request": "approve_request",
    "core.reject_request": "reject_request",
    "core.withdraw_request": "withdraw_request",
    # Outside apps
    "core.save_app": "add_app",
    "core.save_app_terms": "change_app",
    "core.stop_app": "pause_app",
    "core.let_app_go_on": "continue_app",
    "core.take_app_away": "end_app",
    "core.make_app_token": "add_app_token",
    "core.stop_app_token": "end_app_token",
    "core.make_app_secret": "change_app_secret",
    "core.try_app": "test_app",
    "core.send_to_app_again": "resend_to_app",
    "core.send_to_app_from_now_on": "turn_on_webhook",
    "core.switch_app_panel": "switch_panel",
    # Settings and plugins
    "core.save_settings": "choose_settings",
    "core.clear_settings": "follow_again",
    "core.undo_setting_change": "undo_setting_change",
    "core.set_street_rule": "override_street_rule",
    "core.set_compound_rule": "override_compound_rule",
    "core.withdraw_override": "withdraw_override",
    "core.export_rules": "export_rules",
    "core.export_obligations": "export_obligations",
    "core.recheck_all_here": "recheck_obligations",
    "core.recheck_compound_here": "recheck_compound",
    "core.report_task": "report_task_done",
    "core.preview_push": "preview_push_of_street",
    "core.confirm_push": "start_push_of_street",
    "core.take_back_push": "undo_push_of_street",
    "core.issue_briefing": "issue_briefing_of_street",
    "core.fetch_briefing_pdf": "get_briefing_pdf",
    "core.fetch_briefing_xlsx": "get_briefing_xlsx",
    "core.count_numbers": "count_metrics",
    "core.exempt_compound": "exempt_from_obligation",
    "core.exempt_community": "exempt_from_obligation",
    "core.withdraw_exemption": "withdraw_obligation_exemption",
    "core.allow_plugin": "allow_plugin",
    "core.disallow_plugin": "disallow_plugin",
    "core.resume_plugin": "resume_plugin",
    "core.enable_in_community": "enable_in_community",
    "core.disable_in_community": "disable_in_community",
    "core.enable_plugin": "enable_plugin",
    "core.disable_plugin": "disable_plugin",
    "core.enable_in_compound": "enable_plugin",
    "core.disable_in_compound": "disable_plugin",
    # Background work
    "core.cancel_job_here": "cancel_job",
    "core.replay_job_here": "replay_job",
    "core.run_schedule_now": "run_schedule",
    "core.replay_event": "replay_delivery_of_event",
    "core.discard_event": "discard_delivery_of_event",
    "core.replay_parked_events": "replay_deliveries_of_consumer",
    # Record, files
    "core.export_audit": "export_audit",
    "core.verify_now": "start_verification",
    "core.anchor_now": "make_audit_anchor",
    "core.fetch_anchor": "fetch_audit_anchor",
    "core.check_anchor": "check_audit_anchor",
    "core.show_file": "show_file",
    "core.show_thumbnail": "show_thumbnail",
    # Messages
    "core.open_message": "get_inbox_message read_inbox_message",
    "core.read_message": "read_inbox_message",
    "core.read_all_messages": "read_whole_inbox",
    "core.save_preferences": "update_preferences",
    "core.save_rest": "update_preferences",
    "core.ask_for_email": "request_mailbox",
    "core.take_email": "confirm_mailbox",
    "core.drop_email": "remove_mailbox",
    "core.save_words": "put_words preview_words",
    "core.restore_words": "delete_words",
    "core.resend_delivery": "resend_notification",
    "core.resend_failed_deliveries": "resend_failed_notifications",
    # People's data
    "core.save_period": "set_period",
    "core.preview_purge": "preview_purge",
    "core.set_hold": "set_hold",
    "core.lift_hold": "lift_hold",
    "core.publish_purpose": "publish_purpose",
    "core.retire_purpose": "retire_purpose",
    "core.create_assessment": "create_assessment",
    "core.save_assessment": "update_assessment",
    "core.close_assessment": "close_assessment",
    "core.decide_request": "decide_request",
    "core.erase_again": "erase_again",
    "core.make_copy": "make_copy",
    "core.write_down_erasure": "write_down_erasure",
    "core.record_paper": "record_paper",
    "core.hold_person": "hold_person",
    "core.ask_copy": "ask_copy",
    "core.ask_correction": "ask_correction",
    "core.ask_erasure": "ask_erasure",
    "core.take_back_request": "take_back_request",
    "core.choose_consent": "choose_consent",
    # Notices
    "waste_sorting.create_station": "create_station",
    "waste_sorting.update_station": "update_station",
    "waste_sorting.close_station": "close_station",
    "waste_sorting.reopen_station": "reopen_station",
    "waste_sorting.name_party": "name_party",
    "waste_sorting.undo_party": "undo_party",
    "waste_sorting.plan_shifts": "plan_shifts",
    "waste_sorting.undo_plan": "undo_plan",
    "waste_sorting.change_shift": "change_shift",
    "waste_sorting.cancel_shift": "cancel_shift",
    "waste_sorting.remind_people": "remind_people",
    "waste_sorting.add_person": "add_person",
    "waste_sorting.remove_person": "remove_person",
    "waste_sorting.note_attendance": "note_attendance",
    "waste_sorting.renew_code": "renew_code",
    "waste_sorting.join_shift": "join_shift",
    "waste_sorting.leave_shift": "leave_shift",
    "waste_sorting.offer_duty": "offer_duty",
    "waste_sorting.keep_duty": "keep_duty",
    "waste_sorting.take_duty": "take_duty",
    "waste_sorting.propose_swap": "propose_swap",
    "waste_sorting.agree_to_swap": "agree_to_swap",
    "waste_sorting.decline_swap": "decline_swap",
    "waste_sorting.withdraw_swap": "withdraw_swap",
    "waste_sorting.check_in": "check_in",
    "waste_sorting.check_out": "check_out",
    "waste_sorting.show_code": "list_codes",
    "waste_sorting.add_own": "add_own",
    "waste_sorting.update_own": "update_own",
    "waste_sorting.remove_own": "remove_own",
    "waste_sorting.print_guide": "print_guide",
    "waste_sorting.print_sign": "print_sign",
    "waste_sorting.compute_street": "compute_figures",
    "waste_sorting.compute_community": "compute_figures",
    "waste_sorting.use_preset": "use_indicator_preset",
    "waste_sorting.save_definitions": "save_indicators preview_indicators",
    "waste_sorting.make_ranking": "draft_ranking",
    "waste_sorting.refresh_ranking": "refresh_ranking",
    "waste_sorting.review_ranking": "review_ranking",
    "waste_sorting.publish_ranking": "publish_ranking",
    "waste_sorting.withdraw_ranking": "withdraw_ranking",
    "waste_sorting.export_ranking": "export_ranking",
    "waste_sorting.print_ranking": "print_ranking",
    "waste_sorting.print_published": "print_published_ranking",
    "waste_sorting.name_instructor": "name_instructor",
    "waste_sorting.end_instructor": "end_instructor",
    "waste_sorting.undo_instructor": "undo_instructor",
    "waste_sorting.note_publicity": "note_publicity",
    "waste_sorting.strike_publicity": "strike_publicity",
    "waste_sorting.create_slots": "create_slots",
    "waste_sorting.update_slot": "update_slot",
    "waste_sorting.close_slot": "close_slot",
    "waste_sorting.reopen_slot": "reopen_slot",
    "waste_sorting.confirm_booking": "confirm_booking",
    "waste_sorting.reject_booking": "reject_booking",
    "waste_sorting.finish_booking": "finish_booking",
    "waste_sorting.collect_booking": "collect_booking",
    "waste_sorting.miss_booking": "miss_booking",
    "waste_sorting.reschedule_booking": "reschedule_booking",
    "waste_sorting.book": "book",
    "waste_sorting.book_for": "book_for",
    "waste_sorting.cancel_own": "cancel_own",
    "waste_sorting.handle_report": "handle_report",
    "waste_sorting.file_report": "file_report",
    "waste_sorting.start_round": "start_round",
    "waste_sorting.check_station": "check_station",
    "waste_sorting.add_finding": "add_finding",
    "waste_sorting.drop_finding": "drop_finding",
    "waste_sorting.finish_round": "finish_round",
    "waste_sorting.discard_round": "discard_round",
    "waste_sorting.strike_finding": "strike_finding",
    "waste_sorting.strike_point": "strike_point",
    "waste_sorting.take_step": "take_step",
    "waste_sorting.settle_by_service": "settle_by_service",
    "waste_sorting.undo_step": "undo_step",
    "waste_sorting.fetch_letter": "fetch_letter",
    "waste_sorting.decide_appeal": "decide_appeal",
    "waste_sorting.appeal_finding": "appeal_finding",
    "waste_sorting.appeal_step": "appeal_step",
    "waste_sorting.fetch_own_letter": "fetch_own_letter",
    "waste_sorting.create_carrier": "create_carrier",
    "waste_sorting.update_carrier": "update_carrier",
    "waste_sorting.close_carrier": "close_carrier",
    "waste_sorting.reopen_carrier": "reopen_carrier",
    "waste_sorting.create_contract": "create_contract",
    "waste_sorting.update_contract": "update_contract",
    "waste_sorting.end_contract": "end_contract",
    "waste_sorting.create_collection": "create_collection",
    "waste_sorting.void_collection": "void_collection",
    "waste_sorting.correct_collection": "correct_collection",
    "waste_sorting.report_month": "report_month",
    "waste_sorting.reopen_month": "reopen_month",
    "waste_sorting.create_sheet": "create_batch",
    "waste_sorting.create_pasted": "create_batch",
    "waste_sorting.award_points": "award_points",
    "waste_sorting.redeem_at_desk": "redeem_at_desk",
    "waste_sorting.hand_over": "hand_over",
    "waste_sorting.cancel_redemption": "cancel_redemption",
    "waste_sorting.decide_flag": "decide_flag",
    "waste_sorting.grant_points": "grant_points",
    "waste_sorting.reverse_points": "reverse_points",
    "waste_sorting.give_card": "give_card",
    "waste_sorting.draw_card": "show_card",
    "waste_sorting.create_item": "create_item",
    "waste_sorting.update_item": "update_item",
    "waste_sorting.change_stock": "change_stock",
    "waste_sorting.set_item_photo": "set_item_photo",
    "waste_sorting.close_item": "close_item",
    "waste_sorting.reopen_item": "reopen_item",
    "waste_sorting.create_redemption_day": "create_redemption_day",
    "waste_sorting.plan_redemption_days": "plan_redemption_days",
    "waste_sorting.update_redemption_day": "update_redemption_day",
    "waste_sorting.cancel_redemption_day": "cancel_redemption_day",
    "waste_sorting.draw_own_code": "list_own_points",
    "waste_sorting.renew_own_code": "renew_own_code",
    "waste_sorting.reserve_item": "reserve_item",
    "waste_sorting.cancel_own_redemption": "cancel_own_redemption",
    "notices.create_notice": "create_notice",
    "notices.update_notice": "update_notice",
    "notices.preview_text": "preview_text",
    "notices.publish_notice": "publish_notice",
    "notices.schedule_notice": "schedule_notice",
    "notices.unschedule_notice": "unschedule_notice",
    "notices.withdraw_notice": "withdraw_notice",
    "notices.discard_draft": "discard_draft",
    "notices.attach_file": "attach_file",
    "notices.detach_file": "detach_file",
    "notices.add_channel": "add_channel",
    "notices.remove_channel": "remove_channel",
    "notices.create_template": "create_template",
    "notices.update_template": "update_template",
    "notices.archive_template": "archive_template",
    "notices.create_category": "create_category",
    "notices.update_category": "update_category",
    "notices.set_category_archived": "set_category_archived",
    "notices.mask_personal": "mask_personal",
    "notices.disclose_personal": "disclose_personal",
    "notices.confirm_read": "confirm_read",
    "notices.print_poster": "print_poster",
    "notices.download_record": "fetch_numbered",
    "notices.fetch_record": "fetch_board_record",
    # Objections
    "notices.file_objection": "file_objection",
    "notices.update_own": "update_own add_own_file",
    "notices.withdraw_own": "withdraw_own",
    "notices.drop_own_file": "drop_own_file",
    "notices.file_on_paper": "file_on_paper",
    "notices.answer_objection": "answer_objection",
    "notices.reveal_author": "reveal_author",
}

_OWN = "which columns somebody looks at, and views of a page: nothing that a program has"
_ROWS = "the act of each row, once for each that was ticked: a program calls that row's operation"
_SHEET = "a sheet for people of a list that programs read page by page"
_WISH = "what a browser remembers to show; a program asks for what it wants"
_PHONE = "what a telephone or a chat fetches of the portal itself"
#: Act of a portal to the reason why the API does not have it.
NOT_THERE = {
    "core.arrange_table": _OWN,
    "notices.arrange_table": _OWN,
    "waste_sorting.arrange_table": _OWN,
    "core.act_on_rows": _ROWS,
    "notices.act_on_rows": _ROWS,
    "waste_sorting.act_on_rows": _ROWS,
    "core.narrow_portal": _WISH,
    "core.narrow_home": _WISH,
    "core.fetch_manifest": _PHONE,
    "core.fetch_worker": _PHONE,
    "core.fetch_card": _PHONE,
    "core.export_assessments": _SHEET,
    "core.export_board": _SHEET,
    "core.export_comparison": _SHEET,
    "notices.export_notices": _SHEET,
    "waste_sorting.export_stations": _SHEET,
    "waste_sorting.export_watch": _SHEET,
    "waste_sorting.print_day": _SHEET,
    "waste_sorting.export_street_stations": _SHEET,
    "waste_sorting.export_bookings": _SHEET,
    "waste_sorting.export_slots": _SHEET,
    "waste_sorting.export_street_bookings": _SHEET,
    "waste_sorting.export_rounds": _SHEET,
    "waste_sorting.export_appeals": _SHEET,
    "waste_sorting.export_street_figures": _SHEET,
    "waste_sorting.export_findings": _SHEET,
    "waste_sorting.export_points": _SHEET,
    "waste_sorting.export_ledger": _SHEET,
    "waste_sorting.export_street_ledger": _SHEET,
    "waste_sorting.export_points_ledger": _SHEET,
    "waste_sorting.export_collections": _SHEET,
    "waste_sorting.export_communities": _SHEET,
    "waste_sorting.export_shifts": _SHEET,
    "waste_sorting.export_purses": _SHEET,
    "waste_sorting.export_redemptions": _SHEET,
    "waste_sorting.export_flags": _SHEET,
    "waste_sorting.export_rankings": _SHEET,
    "waste_sorting.export_points_of_street": _SHEET,
    "notices.export_objections": _SHEET,
    "notices.export_reach": _SHEET,
    "notices.export_unreached": _SHEET,
}

#: Why whole parts of the site have no operations.
PARTS = {
    Portal.ACCOUNT: "passwords, factors, sessions and tokens are for people: a stolen token must not outlive itself",
    Portal.PUBLIC: "the first page, and choices that a browser remembers",
    Portal.STREET: "a street's front shows what the board of each community shows",
    Portal.PLATFORM: "operators work at the platform's own pages and with the command `linli`",
}


def acts(api: Api) -> Iterator[tuple[str, Portal, Handler]]:
    """Whatever a form sends and whatever a person takes home as a file."""
    for route in routes_of(api.client.app):
        is_act = not route.handler.is_read or route.handler.is_download
        if is_act and not route.portal.is_api and route.portal not in PARTS:
            yield f"{route.owner}.{route.handler.name}", route.portal, route.handler


@pytest.fixture(scope="module")
def operations(served) -> set[tuple[str, Portal, str]]:
    found = routes_of(served.app)
    return {(route.owner, route.portal, route.handler.name) for route in found if route.portal.is_api}


def test_each_act_of_a_portal_has_its_operation_where_it_is_done(api, operations) -> None:
    missing = [
        f"{portal.value}: {handler.method} {handler.path} ({name}): {each}"
        for name, portal, handler in acts(api)
        if name not in NOT_THERE
        for each in SAME.get(name, "?").split()
        if (name.partition(".")[0], LEVELS[portal], each) not in operations
    ]
    assert missing == []


def test_the_list_names_no_act_that_is_gone(api) -> None:
    assert (set(SAME) | set(NOT_THERE)) - {name for name, *_rest in acts(api)} == set()
    assert not set(SAME) & set(NOT_THERE)


def test_the_permission_is_the_same_on_both_ways(api) -> None:
    by_name = {(r.owner, r.portal, r.handler.name): r.handler for r in routes_of(api.client.app) if r.portal.is_api}
    other = []
    for name, portal, handler in acts(api):
        owner = name.partition(".")[0]
        for each in SAME.get(name, "").split():
            operation = by_name[owner, LEVELS[portal], each]
            if handler.needs and operation.needs not in (handler.needs, None) and not each.startswith("preview"):
                other.append(f"{name}: {handler.needs}, {each}: {operation.needs}")
            if handler.needs and operation.public and handler.name not in ("show_file", "show_thumbnail"):
                other.append(f"{name}: {handler.needs}, {each}: public")
    assert other == []
