"""Journal, states and positions: written at once or not at all, and read back by any question."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy
from recorded import ALARMS, SECOND, T0, declare, step

from didymium.records.errors import BrokenStep, Earlier, Overtaken, PositionBehind, UnknownAlarm, UnknownPerson
from didymium.records.journal import BLOCK_ROWS, RARE_ALARMS, Page, Question
from didymium.records.outbox import Notification
from didymium.records.people import Person, Role
from didymium.records.schema import ALARM_STATE, JOURNAL
from didymium.records.store import Records

EVERYTHING = Question()


def everything(records: Records) -> Page:
    return records.journal.after(EVERYTHING, limit=1_000_000)


def paged(records: Records, question: Question, limit: int) -> tuple[list[int], list[int]]:
    """The numbers of all rows, paged from the end backwards and from the beginning forwards, oldest first."""
    back: list[int] = []
    page = records.journal.before(question, limit=limit)
    while len(page.seq):
        back = [*page.seq.tolist(), *back]
        page = records.journal.before(question, limit=limit, seq=int(page.seq[0]))
    forth: list[int] = []
    page = records.journal.after(question, limit=limit)
    while len(page.seq):
        forth += page.seq.tolist()
        page = records.journal.after(question, limit=limit, seq=int(page.seq[-1]))
    return back, forth


def test_a_step_is_read_back_as_it_was_written(records: Records) -> None:
    alarm = ALARMS[6]
    written = records.steps.write(
        step(
            [alarm], actor="desk", reason="Gauge is being replaced 更换", event="shelve", from_state="UNACK",
            to_state="SHELVED", first_out=ALARMS[0], hidden_by=ALARMS[1], until_us=T0 + 3600 * SECOND, place=13,
            positions={"S01": T0}, limit_value=float("nan"),
        )
    )  # fmt: skip
    assert written == (1, 2)
    page = everything(records)
    rows = page.rows
    assert (page.seq.tolist(), list(page.site), list(page.unit)) == ([1], ["S01"], ["S01.A1.U2"])
    assert (list(rows.alarm), rows.transition.tolist()) == ([alarm], [1])
    assert (list(rows.from_state), list(rows.to_state), list(rows.event)) == (["UNACK"], ["SHELVED"], ["shelve"])
    assert (rows.time_us.tolist(), rows.since_us.tolist(), rows.at_us.tolist()) == ([T0], [T0], [T0 + SECOND])
    assert (rows.sounds.tolist(), list(rows.priority), list(rows.hidden_by)) == ([True], ["high"], [ALARMS[1]])
    assert (list(rows.actor), list(rows.reason)) == (["desk"], ["Gauge is being replaced 更换"])
    assert rows.value.tolist() == [71.5]
    assert np.isnan(rows.limit_value).all()
    assert (list(rows.first_out), list(rows.position)) == ([ALARMS[0]], ["P1"])
    kept = records.states.load().states
    assert (list(kept.alarm), kept.transition.tolist(), list(kept.state)) == ([alarm], [1], ["SHELVED"])
    assert (kept.until_us.tolist(), kept.place.tolist(), kept.active.tolist()) == ([T0 + 3600 * SECOND], [13], [True])
    assert (list(kept.hidden_by), list(kept.first_out)) == ([ALARMS[1]], [ALARMS[0]])
    assert (list(kept.actor), list(kept.act), kept.act_us.tolist()) == (["desk"], ["shelve"], [T0 + SECOND])
    assert records.steps.positions() == {"S01": T0}


def test_only_alarms_with_something_to_remember_are_loaded(records: Records) -> None:
    assert len(records.states.load().states.alarm) == 0
    records.steps.write(step(ALARMS[3:5]))
    records.steps.write(step([ALARMS[3]], 2, to_state="NORMAL", event="clear"))
    kept = records.states.load()
    assert list(kept.states.alarm) == ALARMS[3:5]
    assert kept.states.transition.tolist() == [2, 1]
    assert list(records.states.of([ALARMS[9], ALARMS[0]]).states.state) == ["NORMAL", "NORMAL"]


def test_a_delay_that_runs_is_kept_without_a_transition(records: Records) -> None:
    waits = step([ALARMS[0]], 0, to_state="NORMAL")
    waits.states.pending_us[:] = T0
    records.steps.write(type(waits)(step([]).rows, waits.states, np.zeros(1, np.int64)))
    kept = records.states.load().states
    assert (list(kept.alarm), kept.pending_us.tolist(), kept.transition.tolist()) == ([ALARMS[0]], [T0], [0])
    assert records.journal.last_seq() == 0


def test_times_that_never_come_are_kept_as_they_are(records: Records) -> None:
    bounds = np.iinfo(np.int64)
    records.steps.write(step(ALARMS[:2], until_us=np.array([bounds.max, bounds.min])))
    assert records.states.load().states.until_us.tolist() == [bounds.max, bounds.min]


def test_numbers_go_on_without_a_gap_after_a_refused_step(records: Records) -> None:
    records.steps.write(step(ALARMS[:3]))
    with pytest.raises(Overtaken):
        records.steps.write(step(ALARMS[2:5]))
    assert records.steps.write(step(ALARMS[3:5])) == (4, 6)


def test_a_step_that_is_sent_again_is_not_written_again(records: Records) -> None:
    once = step(ALARMS[:4], positions={"S01": T0})
    records.steps.write(once)
    with pytest.raises(Overtaken) as refused:
        records.steps.write(once)
    assert refused.value.earlier[0] == Earlier(ALARMS[0], 1, "activate", "", T0 + SECOND)
    assert len(refused.value.earlier) == 4
    assert everything(records).rows.transition.tolist() == [1, 1, 1, 1]


def test_a_refused_step_leaves_nothing_behind(records: Records) -> None:
    records.steps.write(step(ALARMS[:1], positions={"S01": T0 + SECOND}))
    told = [Notification("k", "http://desk", "{}", T0)]
    with pytest.raises(PositionBehind) as behind:
        records.steps.write(step(ALARMS[1:3], positions={"S02": T0, "S01": T0}, notifications=told))
    assert (behind.value.site, behind.value.stored_us) == ("S01", T0 + SECOND)
    assert records.journal.last_seq() == 1
    assert list(records.states.load().states.alarm) == ALARMS[:1]
    assert records.steps.positions() == {"S01": T0 + SECOND}
    assert records.outbox.take("me", "http://desk", T0 + SECOND, lease_us=SECOND, limit=9) == []


def test_rows_and_states_that_do_not_fit_are_refused(records: Records) -> None:
    good = step(ALARMS[:2])
    with pytest.raises(BrokenStep, match=r"T1/HH: 0 rows of the journal for 1 transitions"):
        records.steps.write(type(good)(step(ALARMS[:1]).rows, good.states, good.expected))
    with pytest.raises(BrokenStep, match=r"T1/HH: 1 rows of the journal for 0 transitions"):
        records.steps.write(type(good)(good.rows, step(ALARMS[:1]).states, np.zeros(1, np.int64)))
    assert records.journal.last_seq() == 0


def test_alarms_and_people_nobody_knows_are_named(records: Records) -> None:
    with pytest.raises(UnknownAlarm, match=r"S09\.A\.U\.T/HH"):
        records.steps.write(step([ALARMS[0], "S09.A.U.T/HH"]))
    with pytest.raises(UnknownPerson, match=r"'ghost'.*there are desk"):
        records.steps.write(step([ALARMS[0]], actor="ghost"))
    assert records.journal.last_seq() == 0


def test_an_alarm_declared_by_another_process_is_known(records: Records, records_url: str) -> None:
    other = Records.open(records_url)
    try:
        declare(other, ["S03.A1.U1.NEW/LL"])
    finally:
        other.close()
    records.steps.write(step(["S03.A1.U1.NEW/LL"]))
    assert list(everything(records).site) == ["S03"]


def test_declaring_again_keeps_states_and_follows_names(records: Records) -> None:
    records.steps.write(step(ALARMS[:1]))
    declare(records, ALARMS, [f"Cooling water {i} 冷却水" for i in range(len(ALARMS))])
    assert records.states.load().states.transition.tolist() == [1]
    assert records.journal.before(Question(text="冷却水"), limit=9).seq.tolist() == [1]


def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_learns_who_and_when(
    records: Records, records_url: str
) -> None:
    other = Records.open(records_url)
    people = {"day": records, "night": other}
    for name in people:
        records.people.put(Person(name, name.title(), Role.DISPATCHER, T0))
    records.steps.write(step(ALARMS))
    told: dict[str, Overtaken | None] = {}
    start = threading.Barrier(2, timeout=60)

    def acknowledge(name: str, alarm: str, at_us: int) -> None:
        act = step([alarm], 2, actor=name, event="acknowledge", from_state="UNACK", to_state="ACKED", at_us=at_us)
        start.wait()
        try:
            people[name].steps.write(act)
        except Overtaken as overtaken:
            told[name] = overtaken
        else:
            told[name] = None

    try:
        for alarm in ALARMS:
            at_us = {"day": T0 + 5 * SECOND, "night": T0 + 6 * SECOND}
            hands = [threading.Thread(target=acknowledge, args=(name, alarm, at_us[name])) for name in people]
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
            (winner,) = [name for name, refusal in told.items() if refusal is None]
            refusal = told["day" if winner == "night" else "night"]
            assert refusal is not None
            assert refusal.earlier == (Earlier(alarm, 2, "acknowledge", winner, at_us[winner]),)
            assert winner in str(refusal)
            rows = records.journal.after(Question(alarm=alarm, event="acknowledge"), limit=9).rows
            assert list(rows.actor) == [winner]
    finally:
        other.close()


def test_who_follows_by_number_misses_nothing_of_several_writers(records: Records, records_url: str) -> None:
    writers = [Records.open(records_url) for _ in ALARMS[:3]]
    seen: list[int] = []

    def write(writer: Records, alarm: str) -> None:
        for transition in range(1, 21):
            writer.steps.write(step([alarm], transition))

    hands = [threading.Thread(target=write, args=pair) for pair in zip(writers, ALARMS, strict=False)]
    for hand in hands:
        hand.start()
    while len(seen) < 60:
        alive = any(hand.is_alive() for hand in hands)
        page = records.journal.after(EVERYTHING, limit=7, seq=seen[-1] if seen else 0)
        seen += page.seq.tolist()
        assert alive or len(page.seq)
    for hand in hands:
        hand.join()
    for writer in writers:
        writer.close()
    assert seen == list(range(1, 61))


def test_the_database_itself_refuses_to_change_the_journal(records: Records, records_url: str) -> None:
    records.steps.write(step(ALARMS[:2]))
    engine = sqlalchemy.create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
    for forbidden in ("UPDATE journal SET actor = 'nobody'", "DELETE FROM journal"):
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="journal is only added to"), engine.begin() as connection:
            connection.execute(sqlalchemy.text(forbidden))
    engine.dispose()
    assert list(everything(records).rows.actor) == ["", ""]


@pytest.fixture
def day(records: Records) -> Records:
    """Each alarm four times, a row a second; every seventh is an hour late; the desk acknowledges some."""
    for transition in (1, 2, 3, 4):
        second = transition * 100 + np.arange(len(ALARMS))
        late_s = np.where((transition * len(ALARMS) + np.arange(len(ALARMS))) % 7 == 0, 3600, 0)
        by_desk = [transition == 2 and at % 3 == 0 for at in range(len(ALARMS))]
        records.steps.write(
            step(
                ALARMS, transition, time_us=T0 + (second - late_s) * SECOND, at_us=T0 + second * SECOND,
                event=["acknowledge" if desk else ("activate" if transition % 2 else "clear") for desk in by_desk],
                actor=["desk" if desk else "" for desk in by_desk],
                reason=["Checked on site" if desk else "" for desk in by_desk],
            )
        )  # fmt: skip
    return records


KEEPS: dict[str, tuple[Question, Callable[[Page, int], bool]]] = {
    "all": (Question(), lambda page, i: True),
    "site": (Question(site="S02"), lambda page, i: page.site[i] == "S02"),
    "unit": (Question(unit="S01.A1.U2"), lambda page, i: page.unit[i] == "S01.A1.U2"),
    "alarm": (Question(alarm=ALARMS[3]), lambda page, i: page.rows.alarm[i] == ALARMS[3]),
    "event": (Question(event="clear"), lambda page, i: page.rows.event[i] == "clear"),
    "actor": (Question(actor="desk"), lambda page, i: page.rows.actor[i] == "desk"),
    "plant": (Question(actor=""), lambda page, i: page.rows.actor[i] == ""),
    "time": (
        Question(from_us=T0 + 150 * SECOND, to_us=T0 + 310 * SECOND),
        lambda page, i: T0 + 150 * SECOND <= page.rows.time_us[i] < T0 + 310 * SECOND,
    ),
    "late": (Question(to_us=T0), lambda page, i: page.rows.time_us[i] < T0),
    "from": (Question(from_us=T0 + 401 * SECOND), lambda page, i: page.rows.time_us[i] >= T0 + 401 * SECOND),
    "before all": (Question(to_us=T0 - 86_400 * SECOND), lambda page, i: False),
    "text of the path": (Question(text="u2.t4"), lambda page, i: "U2.T4" in page.rows.alarm[i]),
    "text of the reason": (Question(text="checked ON"), lambda page, i: page.rows.reason[i] != ""),
    "no such text": (Question(text="100%"), lambda page, i: False),
    "site and event": (
        Question(site="S01", event="acknowledge"),
        lambda page, i: page.site[i] == "S01" and page.rows.event[i] == "acknowledge",
    ),
    "alarm and time": (
        Question(alarm=ALARMS[3], from_us=T0 + 200 * SECOND),
        lambda page, i: page.rows.alarm[i] == ALARMS[3] and page.rows.time_us[i] >= T0 + 200 * SECOND,
    ),
    "text and unit": (
        Question(text="t4/hh", unit="S02.A1.U1"),
        lambda page, i: page.rows.alarm[i] == "S02.A1.U1.T4/HH",
    ),
}


@pytest.mark.parametrize("name", KEEPS)
def test_pages_in_both_directions_give_every_row_that_is_asked_for_once(day: Records, name: str) -> None:
    question, keeps = KEEPS[name]
    page = everything(day)
    wanted = [int(seq) for i, seq in enumerate(page.seq) if keeps(page, i)]
    assert paged(day, question, limit=3) == (wanted, wanted)


@pytest.mark.parametrize("rare", [True, False])
def test_a_search_finds_the_same_however_many_alarms_it_means(day: Records, rare: bool) -> None:
    """More alarms than are looked up one by one have the words, and none of the others ever rang."""
    more = [f"S01.A1.U1.X{i}/HH" for i in range(10 if rare else RARE_ALARMS)]
    declare(day, more, ["the same u1.t3 pump"] * len(more))
    page = everything(day)
    wanted = [int(seq) for seq, alarm in zip(page.seq, page.rows.alarm, strict=True) if "U1.T3" in alarm]
    assert paged(day, Question(text="U1.T3"), limit=3) == (wanted, wanted)


def test_times_are_found_over_many_blocks_with_late_rows_in_them(records: Records) -> None:
    n = 3 * BLOCK_ROWS
    alarms = [f"S01.A1.U1.B{i}/HH" for i in range(n)]
    declare(records, alarms)
    time_us = T0 + np.arange(n) * SECOND
    time_us[2 * BLOCK_ROWS + 5] = T0 + 3 * SECOND  # late, two blocks after those of its time
    for first in range(0, n, 1000):  # steps that do not end where blocks end
        part = slice(first, first + 1000)
        records.steps.write(step(alarms[part], time_us=time_us[part]))
    found = records.journal.after(Question(from_us=T0 + 2 * SECOND, to_us=T0 + 5 * SECOND), limit=99)
    assert found.seq.tolist() == [3, 4, 5, 2 * BLOCK_ROWS + 6]
    end = records.journal.before(Question(from_us=T0 + (n - 2) * SECOND), limit=99)
    assert end.seq.tolist() == [n - 1, n]


def test_a_late_row_is_found_though_its_block_was_begun_by_others(records: Records) -> None:
    records.steps.write(step(ALARMS[:2]))
    records.steps.write(step(ALARMS[2:3], time_us=T0 - 3600 * SECOND))
    records.steps.write(step(ALARMS[3:4], time_us=T0 + 3600 * SECOND))
    assert records.journal.after(Question(to_us=T0), limit=9).seq.tolist() == [3]
    assert records.journal.after(Question(from_us=T0 + SECOND), limit=9).seq.tolist() == [4]


def test_states_are_the_journals_last_rows(day: Records, records_url: str) -> None:
    engine = sqlalchemy.create_engine(records_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        last = sqlalchemy.select(JOURNAL.c.alarm, sqlalchemy.func.max(JOURNAL.c.transition)).group_by(JOURNAL.c.alarm)
        state = sqlalchemy.select(ALARM_STATE.c.alarm, ALARM_STATE.c.transition)
        assert set(connection.execute(last)) == set(connection.execute(state))
    engine.dispose()


def test_it_is_known_since_which_row_an_alarm_is_in_none_but_some_states(records: Records) -> None:
    a, b, c, d = ALARMS[:4]
    for second, alarm, number, state in (
        (1, a, 1, "UNACK"), (2, b, 1, "UNACK"), (3, a, 2, "RTN_UNACK"), (4, a, 3, "UNACK"), (5, b, 2, "ACKED"),
        (6, b, 3, "UNACK"), (7, c, 1, "UNACK"), (8, c, 2, "NORMAL"),
    ):  # fmt: skip
        records.steps.write(step([alarm], [number], to_state=state, at_us=T0 + second))
    found = records.journal.only_in(("UNACK", "RTN_UNACK"), [a, b, c, d])
    assert found == {a: (1, T0 + 1), b: (3, T0 + 6)}


def test_what_stood_at_a_time_is_known_whatever_came_later(records: Records) -> None:
    a, b, c = ALARMS[0], ALARMS[1], ALARMS[-1]
    for second, alarm, number, state in (
        (1, a, 1, "UNACK"), (2, b, 1, "UNACK"), (3, c, 1, "UNACK"), (4, b, 2, "NORMAL"), (5, a, 2, "ACKED"),
        (9, a, 3, "NORMAL"), (9, b, 3, "UNACK"),
    ):  # fmt: skip
        records.steps.write(step([alarm], [number], to_state=state, time_us=T0 + second))

    def stood(second: int, site: str | None = None) -> list[tuple[str, str]]:
        rows = records.journal.standing(T0 + second, site).rows
        return list(zip(rows.alarm, rows.to_state, strict=True))

    assert stood(4) == [(a, "UNACK"), (b, "UNACK"), (c, "UNACK")]
    assert stood(9) == [(a, "ACKED"), (c, "UNACK")]
    assert stood(9, "S01") == [(a, "ACKED")]
    assert stood(10) == [(b, "UNACK"), (c, "UNACK")]
    assert stood(1) == []
