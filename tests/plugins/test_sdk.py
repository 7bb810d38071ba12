"""What plugins see is a promise: a name that goes away breaks them."""

from __future__ import annotations

import inspect

import linli.sdk
import linli.sdk.hookspecs
import linli.sdk.migrations
from linli.plugins import hookspecs

PUBLIC = """
Act
Actor
After
Api
BuildingCount
BuildingOutline
Card
CommunityRow
CompoundOutline
Conflict
DataClass
DemoData
Download
Erased
Event
EventHandler
Fen
FieldError
Forbidden
Form
Grant
Handler
Home
HouseholdAt
Invalid
JobRun
Limit
LinliError
NavigationItem
Neighbour
NotFound
NotificationType
PAGE
PUBLIC
Page
Pages
Permission
Person
PersonalData
Place
PlaceNames
PluginManifest
Reach
Recipient
RecordWords
Redirect
SDK_VERSION
SHANGHAI
SYSTEM
Schedule
Scope
ScopedSession
SettingSpec
SheetFormat
Stamped
StoredFile
StreetOrCommunityRow
TaskSpec
TenantRow
Term
TooMany
Unauthenticated
Versioned
View
account_of
add_workdays
after_commit
all_settings
ask_approval
body_tree
building_names
code_picture
community_fk
community_names
community_outline
count_by_building
current_locale
delete
door_labels
dwellings_in
emit
enabled_compounds
enqueue
file_path
file_reader
find_neighbours
fit_picture
get
get_file
get_setting
gettext
grants_of
has_consent
homes_of
homes_of_resident
hookimpl
households_at
is_enabled
is_workday
list_files
mask_name
names_of
names_within
needs_approval
new_id
notified_by_building
notify
now
open_file
page_of
patch
place_names
plugin_base
post
put
reach_of
recipients_in
record
remove_file
render_pdf
require_approved
require_enabled
seal_files
sheet
staff_in
store_file
tenant_fk
thumbnail_path
today
workdays_between
"""


def test_the_public_names_are_these() -> None:
    assert sorted(linli.sdk.__all__) == sorted(PUBLIC.split())
    assert sorted(linli.sdk.migrations.__all__) == ["APPEND_ONLY", "READ_ONLY", "READ_WRITE", "append_only", "protect"]


def test_every_function_and_class_says_what_it_is() -> None:
    for name in linli.sdk.__all__:
        thing = getattr(linli.sdk, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


def test_every_hook_is_typed_documented_and_shown_in_the_sdk() -> None:
    specified = {name for name, each in vars(hookspecs).items() if name.startswith("register_") and callable(each)}
    assert set(hookspecs.CONTRIBUTIONS) == specified
    for name in specified:
        hook = getattr(linli.sdk.hookspecs, name)
        assert "Since SDK" in (inspect.getdoc(hook) or "")
        assert inspect.signature(hook).return_annotation is not inspect.Signature.empty
