"""Nobody is hindered by others or learns of them: whatever they do, one is answered as if one were alone.

Each step of a random story is done on a database that three parties share and on one where its party is alone
(`lockstep.py`); both must answer the same. Steps may name rows of others by their true ids.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.isolation.lockstep import PARTIES, Lockstep, Party, Stage

from linli.kit import clock
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import open_test_house
from linli.testing.web import serving

pytestmark = pytest.mark.thorough

NAMES = st.sampled_from(["二号院", "三号院", "2号楼"])
TEXTS = st.sampled_from(["停水通知", "公共收益公示"])
PHONES = st.sampled_from(["", "19900090001", "19900090002"])
PARTY = st.sampled_from(PARTIES)
#: Whose row, and which of them: mostly one's own, newest first.
WHOSE = st.tuples(st.sampled_from([None, None, None, *PARTIES]), st.integers(0, 3))
Row = tuple[Party | None, int]


class Registering(RuleBasedStateMachine):
    """Three parties keep their registers; every answer is compared with that of a database where one is alone."""

    lockstep: Lockstep

    def __init__(self) -> None:
        super().__init__()
        self.undo: ExitStack = self.lockstep.begin()

    def teardown(self) -> None:
        self.undo.close()

    def named(self, party: Party, kind: str, row: Row) -> tuple[str, str] | None:
        """The id of a row in the shared database and in the party's own; another's is the same in both."""
        whose, number = row
        together, alone = self.lockstep.pair(party)
        if whose is None or whose is party:
            own = together.ids[party.name, kind]
            if not own:
                return None
            at = -1 - number % len(own)
            return own[at], alone.ids[party.name, kind][at]
        theirs = together.ids[whose.name, kind]
        return (theirs[-1 - number % len(theirs)],) * 2 if theirs else None

    def ask(
        self,
        party: Party,
        method: str,
        path: str,
        body: Any = None,
        *,
        row: tuple[str, str] | None = None,
        makes: str = "",
        **options: Any,
    ) -> Any:
        """Send a request to both; ``{id}`` in the path and ``"{id}"`` in the body stand for a row."""
        told = []
        stages = self.lockstep.pair(party)
        for n, stage in enumerate(stages):
            each = row[n] if row else ""
            sent = {k: each if v == "{id}" else v for k, v in body.items()} if body is not None else None
            told.append(stage.ask(party, method, path.replace("{id}", each), sent, **options))
        (shared, first), (single, second) = told
        assert first == second, f"{party.name} is answered otherwise than alone: {method} {path}"
        if shared.is_success:
            self.lockstep.done[f"{method} {path}"] += 1
        if makes and shared.is_success:
            for stage, got in zip(stages, (shared, single), strict=True):
                stage.ids[party.name, makes].append(got.json()["id"])
        return first

    @rule(party=PARTY, name=NAMES)
    def add_compound(self, party: Party, name: str) -> None:
        self.ask(party, "POST", "/compounds", {"name": name}, makes="compound")

    @rule(party=PARTY, name=NAMES, key=st.sampled_from(["key-1", "key-2"]))
    def add_compound_with_a_key(self, party: Party, name: str, key: str) -> None:
        # Whoever repeats a key with the same words is answered by what was made before.
        self.ask(party, "POST", "/compounds", {"name": name}, key=key)

    @rule(party=PARTY, name=NAMES, whose=WHOSE)
    def add_building(self, party: Party, name: str, whose: Row) -> None:
        if row := self.named(party, "compound", whose):
            self.ask(party, "POST", "/compounds/{id}/buildings", {"name": name}, row=row, makes="building")

    @rule(party=PARTY, door=st.sampled_from(["101", "102"]), whose=WHOSE)
    def add_dwelling(self, party: Party, door: str, whose: Row) -> None:
        if row := self.named(party, "building", whose):
            self.ask(party, "POST", "/buildings/{id}/dwellings", {"door": door}, row=row, makes="dwelling")

    @rule(party=PARTY, kind=st.sampled_from(["building", "dwelling"]), whose=WHOSE)
    def remove_place(self, party: Party, kind: str, whose: Row) -> None:
        if row := self.named(party, kind, whose):
            self.ask(party, "DELETE", f"/{kind}s/{{id}}", row=row)

    @rule(party=PARTY, whose=WHOSE)
    def archive_compound(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "compound", whose):
            self.ask(party, "POST", "/compounds/{id}/archive", {"version": 1}, row=row)

    @rule(party=PARTY, name=st.sampled_from(["测试王五", "测试赵六"]), phone=PHONES, whose=WHOSE)
    def add_resident(self, party: Party, name: str, phone: str, whose: Row) -> None:
        if row := self.named(party, "dwelling", whose):
            body = {"name": name, "phone": phone, "dwelling_id": "{id}"}
            self.ask(party, "POST", "/residents", body, row=row, makes="resident")

    @rule(party=PARTY, phone=PHONES, whose=WHOSE)
    def change_resident(self, party: Party, phone: str, whose: Row) -> None:
        if row := self.named(party, "resident", whose):
            self.ask(party, "PATCH", "/residents/{id}", {"version": 1, "phone": phone}, row=row)

    @rule(party=PARTY, whose=WHOSE)
    def reveal_a_number(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "resident", whose):
            body = {"field": "phone", "purpose": "contact", "reason": "通知停水"}
            self.ask(party, "POST", "/residents/{id}/reveal", body, row=row)

    # A plugin that forgets every check.

    @rule(party=PARTY, name=NAMES, whose=WHOSE)
    def write_past_the_services(self, party: Party, name: str, whose: Row) -> None:
        if row := self.named(party, "compound", whose):
            pair = self.lockstep.pair(party)
            (first, one), (second, other) = (stage.write_as_plugin(party, row[n], name) for n, stage in enumerate(pair))
            assert one == other, f"{party.name} learns of a row by writing past the services"
            if first:
                for stage, made in zip(pair, (first, second), strict=True):
                    stage.ids[party.name, "building"].append(made)

    @rule(party=PARTY)
    def count(self, party: Party) -> None:
        together, alone = self.lockstep.pair(party)
        assert together.count_as_plugin(party) == alone.count_as_plugin(party), f"{party.name} counts others' rows"


class Stories(Registering):
    """All that is done in a community: people's rights, roles, settings, notices, files, jobs; and looking around."""

    @rule(party=PARTY, whose=WHOSE)
    def ask_erasure(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "resident", whose):
            self.ask(
                party, "POST", "/residents/{id}/erasures", {"reason": "本人要求"}, row=row, makes="privacy-request"
            )

    @rule(party=PARTY, accept=st.booleans(), whose=WHOSE)
    def decide_erasure(self, party: Party, accept: bool, whose: Row) -> None:
        if row := self.named(party, "privacy-request", whose):
            body = {"accept": accept, "reason": "已核实", "version": 1}
            self.ask(party, "POST", "/privacy-requests/{id}/decide", body, row=row)

    @rule(party=PARTY, whose=st.sampled_from(PARTIES), role=st.sampled_from(["committee_chair", "volunteer_captain"]))
    def give_role(self, party: Party, whose: Party, role: str) -> None:
        body = {"role": role, "account_id": str(whose.community.steward), "reason": "试", "ends_on": "2099-01-01"}
        where = {"community_id": str(party.community.id), "compound_id": str(party.community.compound)}
        self.ask(party, "POST", "/grants", body | where, makes="grant")

    @rule(party=PARTY, whose=WHOSE)
    def end_role(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "grant", whose):
            self.ask(party, "POST", "/grants/{id}/end", {"reason": "试"}, row=row)

    @rule(party=PARTY, phone=PHONES)
    def invite(self, party: Party, phone: str) -> None:
        where = {"community_id": str(party.community.id), "compound_id": str(party.community.compound)}
        body = {"role": "volunteer_captain", "name": "测试员", "phone": phone, "ends_on": "2099-01-01"}
        body |= {} if phone else {"user_name": "same-name"}
        self.ask(party, "POST", "/invitations", body | where, makes="invitation")

    @rule(party=PARTY, title=st.sampled_from(["", "我们的社区"]), of_street=st.booleans())
    def choose_setting(self, party: Party, title: str, of_street: bool) -> None:
        is_street = of_street and party.street_account is not None
        self.ask(party, "PATCH", "/settings/core", {"values": {"portal_title": title}}, of_street=is_street)

    @rule(party=PARTY, title=TEXTS, of_street=st.booleans())
    def draft_notice(self, party: Party, title: str, of_street: bool) -> None:
        if of_street and party.street_account is not None:
            # The street's own notices stay with the street.
            self.ask(party, "POST", "/notices", {"title": title, "body": "正文"}, of_street=True)
            return
        self.ask(party, "POST", "/notices", {"title": title, "body": "正文"}, makes="notice")

    @rule(party=PARTY, act=st.sampled_from(["publish", "withdraw"]), whose=WHOSE)
    def move_notice(self, party: Party, act: str, whose: Row) -> None:
        if row := self.named(party, "notice", whose):
            self.ask(party, "POST", f"/notices/{{id}}/{act}", {"reason": "试"} if act == "withdraw" else {}, row=row)

    @rule(party=PARTY, whose=WHOSE)
    def attach_file(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "notice", whose):
            body = {"name": "同一份.txt", "content": base64.b64encode(b"the same content").decode()}
            self.ask(party, "POST", "/notices/{id}/attachments", body, row=row, makes="file")

    @rule(party=PARTY, name=st.sampled_from(["停水", "停电"]))
    def keep_template(self, party: Party, name: str) -> None:
        body = {"name": name, "title": "停水通知", "body": "【请填写：时间】停水"}
        self.ask(party, "POST", "/notices/templates", body, makes="template")

    @rule(party=PARTY, name=st.sampled_from(["one", "two"]))
    def name_mailbox(self, party: Party, name: str) -> None:
        # Letters to one mailbox are counted for all streets together: each party has mailboxes of its own.
        body = {"email": f"{name}@{party.name}.example.org"}
        self.ask(party, "POST", "/notification-preferences/email", body)

    @rule(party=PARTY)
    def read_everything(self, party: Party) -> None:
        self.ask(party, "POST", "/inbox/read-all", {})

    @rule(party=PARTY, whose=WHOSE)
    def import_roster(self, party: Party, whose: Row) -> None:
        if row := self.named(party, "compound", whose):
            content = base64.b64encode("楼栋,房号,姓名\n9号楼,901,测试孙七\n".encode()).decode()
            body = {"compound_id": "{id}", "file_name": "名册.csv", "content": content}
            self.ask(party, "POST", "/rosters", body, row=row, makes="roster")

    @rule(party=PARTY, act=st.sampled_from(["commit", "discard"]), whose=WHOSE)
    def end_roster(self, party: Party, act: str, whose: Row) -> None:
        if row := self.named(party, "roster", whose):
            self.ask(party, "POST", f"/rosters/{{id}}/{act}", {}, row=row)

    @rule()
    def work(self) -> None:
        """What waits in the background is done, for everybody at once."""
        for stage in self.lockstep.stages:
            stage.work()

    @rule(party=PARTY, what=st.sampled_from([
        "/compounds", "/compounds?q=二", "/dwellings", "/residents", "/residents?q=19900090001", "/residents?q=测试",
        "/grants", "/invitations", "/settings/core", "/notices", "/notices/board", "/rosters", "/audit", "/plugins",
        "/roles", "/inbox", "/home", "/me", "/organisations", "/privacy-requests", "/notices/templates",
        "/notices/objections", "/notification-preferences", "/approvals", "/inbox/counts",
    ]))  # fmt: skip
    def look(self, party: Party, what: str) -> None:
        self.ask(party, "GET", what)

    @rule(party=PARTY, whose=WHOSE, what=st.sampled_from([
        ("compound", ""), ("compound", "/buildings"), ("building", ""), ("dwelling", ""), ("dwelling", "/households"),
        ("resident", ""), ("resident", "/reveals"), ("grant", ""), ("notice", ""), ("notice", "/reach"),
        ("file", ""), ("roster", ""), ("roster", "/rows"), ("roster", "/faults"), ("privacy-request", ""),
        ("resident", "/consents"), ("resident", "/stays"), ("notice", "/personal"), ("notice", "/channels"),
    ]))  # fmt: skip
    def look_at(self, party: Party, whose: Row, what: tuple[str, str]) -> None:
        kind, part = what
        if row := self.named(party, kind, whose):
            self.ask(party, "GET", f"/{kind}s/{{id}}{part}", row=row)


@pytest.fixture(scope="module")
def lockstep(superuser_url: str, template: str) -> Iterator[Lockstep]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        # Handlers answer in threads: the clock stands still in all of them.
        moment = clock.now()
        patch.setattr(clock, "_frozen", ContextVar("standing", default=moment))
        stages = []
        for _each in (None, *PARTIES):
            house = open_test_house(stack.enter_context(clone_of(superuser_url, template)), MASTER)
            stack.callback(house.close)
            stage = Stage(house, stack.enter_context(serving(house, works=False)))
            stage.furnish()
            stages.append(stage)
        yield Lockstep(stages[0], {party.name: stage for party, stage in zip(PARTIES, stages[1:], strict=True)})


def tell(
    lockstep: Lockstep,
    of: type[Registering] = Stories,
    *,
    stories: int,
    steps: int = 30,
    **options: Any,
) -> None:
    """Run random stories until one is answered otherwise than alone."""
    machine = type(of.__name__, (of,), {"lockstep": lockstep})
    # A story is no slower for its length; what fails is printed with every step.
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            **options,
        ),
    )


#: Requests that the stories must have carried out, or they prove nothing.
CARRIED_OUT = {
    "POST /compounds", "POST /compounds/{id}/buildings", "POST /buildings/{id}/dwellings", "POST /residents",
    "POST /residents/{id}/reveal", "POST /invitations", "POST /notices", "POST /rosters", "POST /notices/templates",
    "POST /notification-preferences/email",
}  # fmt: skip


def test_everybody_is_answered_as_if_alone(lockstep: Lockstep) -> None:
    tell(lockstep, stories=20, phases=[Phase.generate], derandomize=True)
    assert set(lockstep.done) >= CARRIED_OUT, "control"


@pytest.mark.nightly
def test_everybody_is_answered_as_if_alone_in_2000_stories(lockstep: Lockstep) -> None:
    tell(lockstep, stories=2000)


#: What a hurried revision might do to a table, and how to take it back.
PLANTED = {
    "a unique key over all streets": (
        "CREATE UNIQUE INDEX planted ON core.compound (name) WHERE name <> '一号院'",
        "DROP INDEX core.planted",
    ),
    "a unique key over the communities of a street": (
        "CREATE UNIQUE INDEX planted ON core.compound (tenant_id, name) WHERE name <> '一号院'",
        "DROP INDEX core.planted",
    ),
    "a reference without street and community": (
        """ALTER TABLE core.building DROP CONSTRAINT {key};
        ALTER TABLE core.compound ADD CONSTRAINT planted UNIQUE (id);
        ALTER TABLE core.building ADD CONSTRAINT {key} FOREIGN KEY (compound_id) REFERENCES core.compound (id)""",
        """ALTER TABLE core.building DROP CONSTRAINT {key};
        ALTER TABLE core.compound DROP CONSTRAINT planted;
        ALTER TABLE core.building ADD CONSTRAINT {key} FOREIGN KEY (tenant_id, community_id, compound_id)
        REFERENCES core.compound (tenant_id, community_id, id)""",
    ),
    "no wall on one table": (
        "ALTER TABLE core.resident DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE core.resident ENABLE ROW LEVEL SECURITY",
    ),
}
_KEY = """
SELECT conname FROM pg_constraint WHERE conrelid = 'core.building'::regclass AND confrelid = 'core.compound'::regclass
"""


#: Found only by a story in which two do the same thing, or one names a new row of another: that takes many.
SLOW = pytest.mark.nightly
QUICK = ("a unique key over all streets", "no wall on one table")


@pytest.mark.mutants
@pytest.mark.parametrize("fault", [pytest.param(each, marks=() if each in QUICK else SLOW) for each in PLANTED])
def test_a_planted_fault_is_found(fault: str, lockstep: Lockstep) -> None:
    plant, mend = PLANTED[fault]
    with ExitStack() as stack:
        for stage in lockstep.stages:
            server = stack.enter_context(psycopg.connect(stage.house.addresses.superuser or "", autocommit=True))
            found = server.execute(_KEY).fetchone()
            assert found is not None
            server.execute(plant.format(key=found[0]))
            stack.callback(server.execute, mend.format(key=found[0]))
        with pytest.raises(AssertionError, match=r"otherwise than alone|learns of|counts others"):
            # The first story that shows it is enough: a shorter one would tell nothing more.
            tell(lockstep, Registering, stories=300, phases=[Phase.generate], derandomize=True)
