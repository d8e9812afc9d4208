"""People, notes, assignments, definitions, notifications and values of KPIs."""

from __future__ import annotations

import threading

import numpy as np
import psycopg
import pytest
import recorded
from recorded import ALARMS, SECOND, T0, step

from didymium.records.definitions import Definition, digest_of
from didymium.records.errors import BadText, LeaseLost, Overtaken, UnknownAlarm, UnknownPerson
from didymium.records.kpis import Values
from didymium.records.notes import Assignment, Note
from didymium.records.outbox import Notification, Standing
from didymium.records.people import MOST_LETTERS, Act, Person, Role
from didymium.records.store import Records

LI = Person("li", "Li Na 李娜", Role.DISPATCHER, T0)
LEADER = Person("leader", "Shift leader 值班长", Role.ENGINEER, T0)


@pytest.fixture
def desk(records: Records) -> Records:
    for each in (LI, LEADER):
        records.people.put(each)
    return records


def test_there_is_a_desk_from_the_beginning(records: Records) -> None:
    assert records.people.all() == [Person("desk", "Desk", Role.DISPATCHER, 0)]


def test_a_person_changes_name_shown_and_role_and_stays_the_same_person(desk: Records) -> None:
    desk.people.put(Person("li", "Li Na", Role.PLANNER, T0 + SECOND))
    assert [each for each in desk.people.all() if each.name == "li"] == [Person("li", "Li Na", Role.PLANNER, T0)]


def test_acts_are_found_by_who_when_what_and_words(desk: Records) -> None:
    acts = [
        Act(T0, "li", "write-note", ALARMS[0]),
        Act(T0 + SECOND, "leader", "change-limit", "S01.A1.U1.T0", "Agreed with the shift 已同意"),
        Act(T0 + 2 * SECOND, "li", "hand-over", "", "End of shift"),
    ]
    desk.people.did(acts)
    assert [row.act for row in desk.people.acts(limit=9)] == acts[::-1]
    assert [row.act for row in desk.people.acts(limit=9, actor="li")] == [acts[2], acts[0]]
    assert [row.act for row in desk.people.acts(limit=9, subject=ALARMS[0])] == [acts[0]]
    assert [row.act for row in desk.people.acts(limit=9, from_us=T0 + SECOND, to_us=T0 + 2 * SECOND)] == [acts[1]]
    assert [row.act for row in desk.people.acts(limit=9, text="已同意")] == [acts[1]]
    assert [row.act for row in desk.people.acts(limit=9, text="END OF")] == [acts[2]]
    first = desk.people.acts(limit=2)
    assert [row.act for row in desk.people.acts(limit=2, before=first[-1].number)] == [acts[0]]


def test_no_act_is_kept_of_a_list_with_a_stranger_in_it(desk: Records) -> None:
    with pytest.raises(UnknownPerson, match="'ghost'"):
        desk.people.did([Act(T0, "li", "hand-over"), Act(T0, "ghost", "hand-over")])
    assert desk.people.acts(limit=9) == []


@pytest.mark.parametrize(("text", "says"), [("  ", "is empty"), ("a\x00b", "NUL"), ("x" * (MOST_LETTERS + 1), "4,001")])
def test_words_that_cannot_be_kept_are_refused(desk: Records, text: str, says: str) -> None:
    with pytest.raises(BadText, match=says):
        desk.notes.write(Note(ALARMS[0], T0, "li", text))
    with pytest.raises(BadText, match=says):
        desk.people.did([Act(T0, "li", text)])
    if text.strip():
        with pytest.raises(BadText, match=says):
            desk.steps.write(step(ALARMS[:1], actor="li", reason=text))
    assert desk.notes.of(ALARMS[0]) == []
    assert len(desk.states.load().states.alarm) == 0


def test_notes_stay_with_their_alarm_and_have_it_loaded(desk: Records) -> None:
    notes = [
        Note(ALARMS[0], T0, "li", "Rings when the door opens"),
        Note(ALARMS[0], T0 + SECOND, "leader", "已通知维修"),
    ]
    for note in notes:
        desk.notes.write(note)
    assert desk.notes.of(ALARMS[0]) == notes
    assert desk.notes.of(ALARMS[1]) == []
    kept = desk.states.load()
    assert (list(kept.states.alarm), list(kept.states.state), kept.notes.tolist()) == ([ALARMS[0]], ["NORMAL"], [2])


def test_a_note_needs_an_alarm_and_a_person(desk: Records) -> None:
    with pytest.raises(UnknownAlarm):
        desk.notes.write(Note("S09.A.U.T/HH", T0, "li", "text"))
    with pytest.raises(UnknownPerson):
        desk.notes.write(Note(ALARMS[0], T0, "ghost", "text"))


def test_an_assignment_is_handed_over_and_a_transition_does_not_end_it(desk: Records) -> None:
    handed = [
        Assignment(ALARMS[0], T0, "desk", "", "li"),
        Assignment(ALARMS[0], T0 + SECOND, "li", "li", "leader", "Shift"),
    ]
    for each in handed:
        desk.notes.assign([each])
    desk.steps.write(step([ALARMS[0]]))
    kept = desk.states.load()
    assert (list(kept.assignee), list(kept.states.state)) == (["leader"], ["UNACK"])
    assert desk.notes.assignments(ALARMS[0]) == handed


def test_who_assigns_late_learns_who_has_the_alarm_and_nothing_of_the_list_is_changed(desk: Records) -> None:
    desk.notes.assign([Assignment(ALARMS[1], T0, "li", "", "li")])
    with pytest.raises(Overtaken) as refused:
        desk.notes.assign([Assignment(alarm, T0 + SECOND, "leader", "", "leader") for alarm in ALARMS[:2]])
    (earlier,) = refused.value.earlier
    assert (earlier.alarm, earlier.event, earlier.actor, earlier.at_us) == (ALARMS[1], "assigned to li", "li", T0)
    assert list(desk.states.load().assignee) == ["li"]
    with pytest.raises(UnknownAlarm):
        desk.notes.assign([Assignment("S09.A.U.T/HH", T0, "li", "", "li")])


def test_a_definition_is_a_new_version_only_when_its_text_differs(desk: Records) -> None:
    def keep(text: str, at_us: int, actor: str) -> list[int]:
        new = desk.definitions.keep([Definition("alarms", "S01", text)], since_us=at_us, actor=actor)
        return [version.version for version in new]

    assert keep("limit = 70", T0, "") == [1]
    assert keep("limit = 70", T0 + SECOND, "li") == []
    assert keep("limit = 75", T0 + 2 * SECOND, "li") == [2]
    assert keep("limit = 70", T0 + 3 * SECOND, "leader") == [3]
    versions = desk.definitions.versions("alarms", "S01")
    assert [(each.since_us - T0, each.actor) for each in versions] == [
        (0, ""),
        (2 * SECOND, "li"),
        (3 * SECOND, "leader"),
    ]
    assert versions[0].digest == versions[2].digest == digest_of("limit = 70")
    assert desk.definitions.text(versions[1].digest) == "limit = 75"
    assert desk.definitions.text(digest_of("limit = 80")) is None
    assert desk.definitions.at("alarms", "S01", T0 + 2 * SECOND) == versions[1]
    assert desk.definitions.at("alarms", "S01", T0 - 1) is None
    assert desk.definitions.versions("alarms", "S02") == []


def test_definitions_of_one_text_share_it(desk: Records) -> None:
    same = [Definition("kpi", name, "formula = 1") for name in ("a", "b")]
    assert [version.version for version in desk.definitions.keep(same, since_us=T0, actor="")] == [1, 1]


HOOK = "pager"


def notification(key: str, made_us: int = T0) -> Notification:
    return Notification(key, HOOK, '{"alarm": "泵"}', made_us)


def test_a_notification_is_written_with_its_step_and_the_same_key_only_once(records: Records) -> None:
    records.steps.write(step(ALARMS[:1], notifications=[notification("a"), notification("a")]))
    assert records.outbox.put([notification("a"), notification("b")]) == 1
    taken = records.outbox.take("me", HOOK, T0, lease_us=SECOND, limit=9)
    assert [(each.notification, each.tries) for each in taken] == [(notification("a"), 0), (notification("b"), 0)]


def test_two_processes_never_hold_the_same_notification(records: Records, records_url: str) -> None:
    records.outbox.put(notification(str(number)) for number in range(60))
    workers = [Records.open(records_url) for _ in range(3)]
    taken: list[str] = []
    start = threading.Barrier(3, timeout=60)

    def work(worker: Records, owner: str) -> None:
        worker.outbox.standings(0)  # connected
        for _ in range(20):
            start.wait()
            taken.extend(
                each.notification.key for each in worker.outbox.take(owner, HOOK, T0, lease_us=SECOND, limit=2)
            )

    hands = [threading.Thread(target=work, args=(worker, f"w{i}")) for i, worker in enumerate(workers)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    for worker in workers:
        worker.close()
    # Who finds all due ones locked by another goes home: what was taken then is still taken once.
    taken += [each.notification.key for each in records.outbox.take("last", HOOK, T0, lease_us=SECOND, limit=99)]
    assert sorted(taken, key=int) == [str(number) for number in range(60)]


def test_who_takes_does_not_wait_for_another_who_is_taking(postgresql: str) -> None:
    with recorded.database(postgresql) as url:
        records = Records.open(recorded.hurried(url))
        records.outbox.put([notification("a"), notification("b")])
        with psycopg.connect(url) as other:
            other.execute("SELECT * FROM outbox WHERE key = 'a' FOR UPDATE")
            taken = records.outbox.take("me", HOOK, T0, lease_us=SECOND, limit=9)
        assert [each.notification.key for each in taken] == ["b"]
        records.close()


def test_a_lease_that_runs_out_gives_the_notification_to_another(records: Records) -> None:
    records.outbox.put([notification("a")])
    (first,) = records.outbox.take("dead", HOOK, T0, lease_us=SECOND, limit=9)
    assert records.outbox.take("alive", HOOK, T0 + SECOND - 1, lease_us=SECOND, limit=9) == []
    (second,) = records.outbox.take("alive", HOOK, T0 + SECOND, lease_us=SECOND, limit=9)
    assert second.number == first.number
    with pytest.raises(LeaseLost, match="no longer dead's"):
        records.outbox.done("dead", first.number, T0 + SECOND)
    records.outbox.done("alive", second.number, T0 + SECOND)
    assert records.outbox.take("alive", HOOK, T0 + 9 * SECOND, lease_us=SECOND, limit=9) == []
    assert [(each.waiting, each.sent) for each in records.outbox.standings(0)] == [(0, 1)]


def test_what_fails_is_due_again_when_it_is_said_or_never(records: Records) -> None:
    records.outbox.put([notification("a"), notification("b", T0 + SECOND)])
    for each in records.outbox.take("me", HOOK, T0 + SECOND, lease_us=60 * SECOND, limit=9):
        due = T0 + 30 * SECOND if each.notification.key == "a" else None
        records.outbox.failed("me", each.number, T0 + SECOND, "no answer in 5 s", due)
    (standing,) = records.outbox.standings(0)
    assert (standing.waiting, standing.oldest_us, standing.given_up) == (1, T0, 1)
    assert standing.error == "no answer in 5 s"
    assert records.outbox.due(T0 + 30 * SECOND - 1) == []
    assert records.outbox.due(T0 + 30 * SECOND) == [HOOK]
    assert records.outbox.take("me", HOOK, T0 + 30 * SECOND - 1, lease_us=SECOND, limit=9) == []
    (again,) = records.outbox.take("me", HOOK, T0 + 30 * SECOND, lease_us=SECOND, limit=9)
    assert (again.notification.key, again.tries) == ("a", 1)


def values(value: float, inputs: str = "h1", computed_us: int = T0, scopes: tuple[str, ...] = ("S01", "S02")) -> Values:
    n = len(scopes)
    start_us = np.full(n, T0 - 3600 * SECOND)
    return Values(
        ["oee"] * n, scopes, start_us, start_us + 3600 * SECOND,
        np.full(n, value), [inputs] * n, np.full(n, computed_us), np.full(n, 0.98),
    )  # fmt: skip


def test_a_late_recomputation_is_a_new_version_and_both_are_kept(records: Records) -> None:
    assert records.kpis.keep(values(0.81)) == 2
    assert records.kpis.keep(values(0.81)) == 0
    assert records.kpis.keep(values(0.84, "h2", T0 + SECOND, scopes=("S01",))) == 1
    window = (T0 - 3600 * SECOND, T0)
    both = records.kpis.versions("oee", "S01", *window)
    assert (both.version.tolist(), both.values.value.tolist()) == ([1, 2], [0.81, 0.84])
    assert (list(both.values.inputs), both.values.computed_us.tolist()) == (["h1", "h2"], [T0, T0 + SECOND])
    assert both.values.complete.tolist() == [0.98, 0.98]
    newest = records.kpis.newest("oee", "S01", *window)
    assert (newest.version.tolist(), newest.values.value.tolist()) == ([2], [0.84])
    assert records.kpis.newest("oee", "S02", *window).version.tolist() == [1]
    assert len(records.kpis.newest("oee", "S01", T0, T0 + SECOND).version) == 0


def test_the_same_result_of_other_inputs_is_a_version_too(records: Records) -> None:
    records.kpis.keep(values(0.81))
    assert records.kpis.keep(values(0.81, "h2")) == 2


def test_a_window_without_a_value_is_not_a_number_and_stays_so(records: Records) -> None:
    assert records.kpis.keep(values(float("nan"))) == 2
    assert records.kpis.keep(values(float("nan"))) == 0
    assert records.kpis.keep(values(0.5)) == 2, "of the same inputs, and not the same"
    assert records.kpis.keep(values(float("nan"))) == 2
    assert np.isnan(records.kpis.newest("oee", "S01", T0 - 3600 * SECOND, T0).values.value).all()


def test_each_target_stands_for_itself_and_old_failures_are_forgotten(records: Records) -> None:
    other = Notification("m", "mail", "{}", T0)
    records.outbox.put([notification("a"), notification("b", T0 + SECOND), other])
    assert records.outbox.due(T0) == ["mail", HOOK]
    (mail,) = records.outbox.take("me", "mail", T0, lease_us=SECOND, limit=9)
    assert mail.notification == other
    records.outbox.failed("me", mail.number, T0 + 5 * SECOND, "550 no such user", None)
    (hook,) = records.outbox.take("me", HOOK, T0, lease_us=SECOND, limit=9)
    records.outbox.done("me", hook.number, T0 + 5 * SECOND)
    assert records.outbox.standings(0) == [
        Standing("mail", 0, 0, 0, 0, 1, "550 no such user"),
        Standing(HOOK, 1, T0 + SECOND, 1, T0 + 5 * SECOND, 0, ""),
    ]
    assert records.outbox.standings(T0 + 5 * SECOND) == records.outbox.standings(0)
    assert records.outbox.standings(T0 + 6 * SECOND) == [Standing(HOOK, 1, T0 + SECOND, 0, 0, 0, "")]


def test_who_had_an_alarm_at_a_time_is_known(desk: Records) -> None:
    desk.people.put(Person("night", "Night", Role.DISPATCHER, T0))
    desk.notes.assign(
        [Assignment(ALARMS[0], T0 + 1, "desk", "", "night"), Assignment(ALARMS[1], T0 + 1, "desk", "", "desk")]
    )
    desk.notes.assign([Assignment(ALARMS[0], T0 + 5, "desk", "night", "")])
    assert desk.notes.assigned(T0 + 1) == {}
    assert desk.notes.assigned(T0 + 5) == {ALARMS[0]: "night", ALARMS[1]: "desk"}
    assert desk.notes.assigned(T0 + 6) == {ALARMS[1]: "desk"}
