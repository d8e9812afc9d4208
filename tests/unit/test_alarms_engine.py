"""The engine second by second: conditions, what hides alarms, acts of people, the clock, and going on from a state."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from alarm_desk import REACTOR, SOON, START_S, Desk
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from didymium.alarms.acts import BadAct, Why
from didymium.alarms.frames import Framing
from didymium.alarms.life import ACTS, Event, State
from didymium.alarms.transitions import COLUMNS, joined
from didymium.model.readings import AHEAD, Readings
from didymium.model.status import BAD_SENSOR_FAILURE, UNCERTAIN_LAST_USABLE_VALUE

HOUR_US = 3_600_000_000
TEMP_LATER = SOON + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP"]\nalarms = ["H"]\n'


def alarm(text: str, **more: object) -> str:
    """An alarm ``X`` of the reactor with the expression ``text``."""
    keys = "".join(f"{key} = {value!r}\n".replace("True", "true") for key, value in more.items())
    return SOON + f'[[alarms]]\nid = "X"\ntemplates = ["T_PRECIP"]\nkind = "expression"\nwhen = "{text}"\n' + keys


def test_a_limit_is_reached_and_left_by_its_deadband(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "deadband = 2\n")
    assert desk.pass_s(1, {"TEMP": 59.9}) == []
    assert desk.pass_s(1, {"TEMP": 60.0}) == ["TEMP/H ACTIVATE* UNACK"]
    assert desk.pass_s(1, {"TEMP": 58.1}) == []
    assert desk.pass_s(1, {"TEMP": 57.9}) == ["TEMP/H CLEAR RTN_UNACK"]


def test_delays_count_source_time_from_the_reading_that_began_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\noff_delay_s = 2\n")
    assert desk.pass_s(3, {"TEMP": 61}) == []
    assert desk.pass_s(1) == ["TEMP/H ACTIVATE* UNACK"]
    made = desk.said[-1]
    assert made.time_us[0] - made.since_us[0] == 3_000_000
    assert made.time_us[0] == desk.second * 1_000_000 + 250_000
    assert (made.value[0], made.limit[0]) == (61, 60)
    assert desk.pass_s(2, {"TEMP": 50}) == []
    assert desk.pass_s(1) == ["TEMP/H CLEAR RTN_UNACK"]


def test_a_delay_that_is_interrupted_begins_anew(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\n")
    desk.pass_s(3, {"TEMP": 61})
    desk.pass_s(1, {"TEMP": 50})
    assert desk.pass_s(3, {"TEMP": 61}) == []


def test_bad_quality_activates_only_the_alarm_of_bad_quality(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    assert desk.pass_s(1, {"TEMP": 99}) == ["TEMP/BAD ACTIVATE* UNACK"]
    desk.status[f"{REACTOR}.TEMP"] = UNCERTAIN_LAST_USABLE_VALUE
    assert set(desk.pass_s(1)) == {"TEMP/BAD CLEAR RTN_UNACK", "TEMP/HH ACTIVATE* UNACK", "TEMP/H ACTIVATE SUPPRESSED"}
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/BAD ACTIVATE* UNACK"]
    assert desk.state("TEMP/HH") is State.UNACK, "an active alarm stays so while nothing is known"


def test_bad_quality_interrupts_a_delay(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\n")
    desk.pass_s(2, {"TEMP": 61})
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    desk.pass_s(1)
    desk.status.clear()
    assert desk.pass_s(3) == ["TEMP/BAD CLEAR RTN_UNACK"]


def test_nan_changes_nothing(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    assert desk.pass_s(2, {"TEMP": float("nan")}) == []


def test_a_value_holds_until_the_next_reading(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 2\n")
    desk.pass_s(1, {"TEMP": 61})
    rows = desk.plant.sites[0].rows
    temp = desk.plant.tags.row_of[f"{REACTOR}.TEMP"] - rows.start
    words = []
    for _ in range(2):
        desk.second += 1
        frame = desk.frame(0)
        frame.fresh[temp] = False
        frame.value[temp] = 0.0
        words += desk.heard(desk.engine.take(frame))
    assert words == []
    assert desk.pass_s(1) == ["TEMP/H ACTIVATE* UNACK"]


def test_a_limit_that_follows_another_tag(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "OFF_SP"\ntemplates = ["T_PRECIP"]\nkind = "deviation"\n'
    more += 'tag = "FEED_PV"\nlimit_tag = "FEED_SP"\nhigh = 10\npercent = true\n'
    desk = Desk.of(tmp_path, SOON + more)
    assert desk.pass_s(1, {"FEED_SP": 0, "FEED_PV": 1}) == [], "a share of nothing is no limit"
    assert desk.pass_s(1, {"FEED_SP": 5, "FEED_PV": 5.4}) == []
    assert desk.pass_s(1, {"FEED_PV": 5.6}) == ["FEED_PV/OFF_SP ACTIVATE* UNACK"]
    assert desk.said[-1].limit[0] == pytest.approx(5.5)
    assert desk.pass_s(1, {"FEED_SP": 6}) == ["FEED_PV/OFF_SP CLEAR RTN_UNACK"]


def test_a_rate_of_change_over_its_window(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "RISING"\ntemplates = ["T_PRECIP"]\nkind = "rate"\n'
    more += 'tag = "TEMP"\nwindow_s = 5\nhigh = 12\n'
    desk = Desk.of(tmp_path, SOON + more)
    desk.pass_s(8)
    assert desk.pass_s(1, {"TEMP": 45.9}) == []
    assert desk.pass_s(1, {"TEMP": 46.1}) == ["TEMP/RISING ACTIVATE* UNACK"]
    assert desk.said[-1].value[0] == pytest.approx(1.1 * 60 / 5)


def test_states_and_bits_of_a_discrete_alarm(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "STUCK"\ntemplates = ["T_PRECIP"]\nkind = "discrete"\ntag = "STATE"\n'
    desk = Desk.of(tmp_path, SOON + more + 'states = ["FAULT", "WASH"]\n')
    assert desk.pass_s(1, {"STATE": 9}) == ["STATE/STUCK ACTIVATE* UNACK"]
    assert desk.pass_s(1, {"STATE": 7}) == []
    assert desk.pass_s(1, {"STATE": 8}) == ["STATE/STUCK CLEAR RTN_UNACK"]


def test_an_expression_that_divides_by_zero_is_never_active_and_counted(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, alarm("FEED_PV / FEED_SP > 2"))
    assert desk.pass_s(3, {"FEED_PV": 5, "FEED_SP": 0}) == []
    assert desk.engine.conditions.undefined[desk.row("X")] >= 3
    assert desk.pass_s(1, {"FEED_SP": 1}) == ["X ACTIVATE* UNACK"]


def test_the_state_of_its_unit_suppresses_an_alarm_by_design(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "not_while = \"STATE == 'IDLE'\"\n")
    desk.pass_s(1, {"STATE": 8})
    assert desk.state("TEMP/H") is State.SUPPRESSED
    assert desk.pass_s(1, {"TEMP": 61}) == ["TEMP/H ACTIVATE SUPPRESSED"]
    assert desk.said[-1].by[0] == -1
    assert desk.pass_s(1, {"STATE": 2}) == []
    assert desk.pass_s(2) == ["TEMP/H RELEASE* UNACK"]


def test_what_goes_with_the_state_that_hid_it_is_never_told(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "not_while = \"STATE == 'IDLE'\"\noff_delay_s = 5\n")
    desk.pass_s(2, {"STATE": 8, "TEMP": 61})
    desk.pass_s(1, {"STATE": 2, "TEMP": 40})
    assert not any("*" in word for word in desk.pass_s(12))
    assert desk.state("TEMP/H") is State.NORMAL


CAUSED = (
    SOON + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["AGIT_RPM", "PH[1..2]"]\nalarms = ["L", "LL"]\n'
    'caused_by = ["AGIT_A/LL"]\nsettle_s = 4\n'
)


def test_a_cause_hides_its_children_and_is_their_root(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    words = desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0, "PH1": 1})
    assert [word for word in words if "*" in word] == ["AGIT_A/LL ACTIVATE* UNACK"]
    journal = joined(desk.said)
    roots = {desk.definitions.id[group] for group in journal["group"].tolist()}
    assert roots == {f"{REACTOR}.AGIT_A/LL"}
    child = journal["alarm"].tolist().index(desk.row("PH1/LL"))
    assert journal["by"][child] == desk.row("AGIT_A/LL")


def test_children_that_were_told_before_their_cause_come_under_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    assert "AGIT_RPM/LL ACTIVATE* UNACK" in desk.pass_s(1, {"AGIT_RPM": 0})
    words = desk.pass_s(1, {"AGIT_A": 0})
    assert "AGIT_RPM/LL SUPPRESS SUPPRESSED" in words
    assert desk.pass_s(1, {"AGIT_A": 40, "AGIT_RPM": 70}) != []
    desk.pass_s(8)
    assert desk.state("AGIT_RPM/LL") is State.RTN_UNACK, "it was told, so it wants its acknowledgement"


def test_children_have_time_to_recover_when_their_cause_clears(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0})
    assert not any("*" in word for word in desk.pass_s(4, {"AGIT_A": 40}))
    assert "AGIT_RPM/LL RELEASE* UNACK" in desk.pass_s(2)


def test_a_child_waits_while_its_cause_is_in_its_delay(tmp_path: Path) -> None:
    later = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["AGIT_A"]\nalarms = ["LL"]\non_delay_s = 3\n'
    desk = Desk.of(tmp_path, CAUSED + later)
    words = desk.pass_s(5, {"AGIT_A": 5, "AGIT_RPM": 0})
    assert [word for word in words if "*" in word] == ["AGIT_A/LL ACTIVATE* UNACK"]


@pytest.mark.parametrize("event", [Event.SHELVE, Event.REMOVE_FROM_SERVICE])
def test_a_cause_that_nobody_is_told_of_hides_nothing(tmp_path: Path, event: Event) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0})
    desk.act(event, "AGIT_A/LL", reason="faulty", until_us=desk.second * 1_000_000 + HOUR_US)
    assert "AGIT_RPM/LL RELEASE* UNACK" in desk.pass_s(6)


def test_an_outer_limit_says_what_the_inner_one_would(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    words = desk.pass_s(1, {"TEMP": 75})
    assert sorted(words) == ["TEMP/H ACTIVATE SUPPRESSED", "TEMP/HH ACTIVATE* UNACK"]


def test_the_first_of_a_group_is_its_root_by_the_source_time(tmp_path: Path) -> None:
    group = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP", "NH3_AMB"]\nalarms = ["H"]\nfirst_out = "G"\n'
    desk = Desk.of(tmp_path, SOON + group)
    desk.values |= {f"{REACTOR}.TEMP": 61, f"{REACTOR}.NH3_AMB": 21}
    desk.second += 1
    frame = desk.frame(0)
    frame.time_us[desk.plant.tags.row_of[f"{REACTOR}.NH3_AMB"]] -= 7_000
    assert desk.heard(desk.engine.take(frame)) == ["NH3_AMB/H ACTIVATE* UNACK", "TEMP/H ACTIVATE* UNACK"]
    assert set(desk.said[-1].group.tolist()) == {desk.row("NH3_AMB/H")}


def test_an_acknowledgement_carries_who_and_when(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    made = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="night shift").transitions
    assert (made.actor, made.after[0], made.time_us[0]) == ("night shift", State.ACKED, desk.second * 1_000_000)
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR NORMAL"]


def test_of_two_who_acknowledge_at_once_the_second_is_told_who_did(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    seen = (int(desk.engine.number[desk.row("TEMP/H")]),)
    assert not desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="night shift", seen=seen).refused
    (refused,) = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="A", seen=seen).refused
    assert (refused.why, refused.by, refused.event) == (Why.OVERTAKEN, "night shift", Event.ACKNOWLEDGE)
    (refused,) = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="A").refused
    assert (refused.why, refused.by) == (Why.NOT_NOW, "night shift")


def test_a_shelved_alarm_is_silent_until_its_time_is_over(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.SHELVE, "TEMP/H", reason="probe is being changed", until_us=(desk.second + 60) * 1_000_000)
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR SHELVED"]
    assert desk.pass_s(1, {"TEMP": 61}) == ["TEMP/H ACTIVATE SHELVED"]
    assert desk.tick(57, "TEMP") == []
    assert desk.tick(58, "TEMP") == ["TEMP/H EXPIRE* UNACK"]
    assert desk.tick(59, "TEMP") == []


def test_an_alarm_taken_off_the_shelf_by_hand_is_acknowledged(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.SHELVE, "TEMP/H", reason="drill", until_us=(desk.second + 60) * 1_000_000)
    desk.act(Event.UNSHELVE, "TEMP/H")
    assert desk.state("TEMP/H") is State.ACKED
    assert desk.tick(61, "TEMP") == [], "its time was over with the hand"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"until_us": START_S * 1_000_000 + 366 * 24 * HOUR_US, "reason": "noise"}, "at most 8 h"),
        ({"until_us": START_S * 1_000_000 - 1, "reason": "noise"}, "more than 0"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": " "}, "needs a reason"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": "noise", "actor": ""}, "name of the person"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": "noise", "seen": (1, 2)}, "2 numbers"),
    ],
)
def test_a_shelving_that_cannot_be_is_refused_in_words(tmp_path: Path, more: dict[str, object], words: str) -> None:
    desk = Desk.of(tmp_path, SOON)
    with pytest.raises(BadAct, match=words):
        desk.act(Event.SHELVE, "TEMP/H", at_s=START_S, **more)  # type: ignore[arg-type]
    with pytest.raises(BadAct, match="what the plant does"):
        desk.act(Event.CLEAR, "TEMP/H")


def test_an_alarm_is_told_again_when_nobody_mends_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "re_alarm_s = 600\n")
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.ACKNOWLEDGE, "TEMP/H")
    assert desk.tick(599, "TEMP") == []
    assert desk.tick(601, "TEMP") == ["TEMP/H RE_ALARM* UNACK"]
    assert desk.tick(602, "TEMP") == []


def test_a_latched_alarm_waits_for_its_reset(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "latched = true\n")
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.ACKNOWLEDGE, "TEMP/H")
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR LATCHED"]
    desk.act(Event.RESET, "TEMP/H")
    assert desk.state("TEMP/H") is State.NORMAL


def test_a_silent_site_is_one_alarm_and_its_units_are_under_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(30, sites=(1,))
    words = desk.tick()
    assert [word for word in words if "*" in word] == ["S01/OFFLINE ACTIVATE* UNACK"]
    assert desk.state("S01.PR1.PRECIP001/STALE") is State.SUPPRESSED
    desk.pass_s(1)
    assert "S01/OFFLINE CLEAR RTN_UNACK" in desk.tick()


def test_a_silent_tag_makes_its_unit_stale(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    row = desk.plant.tags.row_of[f"{REACTOR}.TEMP"]
    for _ in range(20):
        desk.second += 1
        frame = desk.frame(0)
        frame.fresh[row] = False
        desk.engine.take(frame)
        desk.engine.take(desk.frame(1))
    assert desk.tick() == ["STALE ACTIVATE* UNACK"]
    assert desk.said[-1].value[0] == 1, "one tag is silent"


def test_a_second_that_is_done_brings_nothing(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.values[f"{REACTOR}.TEMP"] = 40
    assert len(desk.engine.take(desk.frame(0))) == 0
    desk.second -= 1
    assert len(desk.engine.take(desk.frame(0))) == 0


def readings_of(desk: Desk, row: int, at_us: list[int], flags: int = 0) -> Readings:
    n = len(at_us)
    return Readings(
        np.full(n, row, np.uint32), np.array(at_us), np.arange(n, dtype=np.float64), np.zeros(n, np.uint32),
        np.full(n, flags, np.uint8),
    )  # fmt: skip


def test_frames_do_not_depend_on_how_readings_are_batched(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    ids = np.arange(len(desk.plant.tags), dtype=np.int32)
    stream = readings_of(desk, 3, [1_000_000, 1_900_000, 2_100_000, 1_950_000, 3_000_000, 4_000_000])
    whole, single = Framing(desk.plant, ids), Framing(desk.plant, ids)
    at_once = whole.take(stream)
    one_by_one = [frame for k in range(len(stream)) for frame in single.take(stream.take(slice(k, k + 1)))]
    assert [(f.site, f.second, f.value[3], f.fresh.sum()) for f in at_once] == [
        (0, 1, 1, 1),
        (0, 2, 2, 1),
        (0, 3, 4, 1),
    ]
    assert [f.value[3] for f in one_by_one] == [f.value[3] for f in at_once]
    assert whole.late == single.late == 1


def test_readings_from_a_clock_ahead_close_no_frame(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    framing = Framing(desk.plant, np.arange(len(desk.plant.tags), dtype=np.int32))
    framing.take(readings_of(desk, 3, [1_000_000]))
    assert framing.take(readings_of(desk, 3, [9_000_000_000], AHEAD)) == []
    assert (framing.ahead, framing.late) == (1, 0)
    framing.resume(0, 5)
    assert framing.take(readings_of(desk, 3, [5_500_000])) == []
    assert framing.late == 1


STEP = st.tuples(
    st.sampled_from(["TEMP", "AGIT_A", "AGIT_RPM", "STATE", "BAD", "tick", *(event.name for event in ACTS)]),
    st.integers(0, 3),
)
RESTLESS = (
    CAUSED
    + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP"]\nalarms = ["H", "HH"]\non_delay_s = 2\noff_delay_s = 1\n'
    "latched = true\nre_alarm_s = 5\nsettle_s = 3\nnot_while = \"STATE == 'IDLE'\"\nfirst_out = 'G'\n"
)
LEVELS = {"TEMP": (40, 59, 61, 75), "AGIT_A": (40, 15, 5, 0), "AGIT_RPM": (70, 30, 5, 0), "STATE": (2, 8, 2, 9)}


def do(desk: Desk, step: tuple[str, int]) -> None:
    """One step of a course: a new value, the clock, or a person, and then a second of the plant."""
    what, size = step
    if what == "BAD":
        desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE if size % 2 else 0
    elif what == "tick":
        desk.tick(size)
    elif what in LEVELS:
        desk.values[f"{REACTOR}.{what}"] = LEVELS[what][size]
    else:
        name = ("TEMP/H", "TEMP/HH", "AGIT_RPM/LL", "AGIT_A/LL")[size]
        desk.act(Event[what], name, reason="why", until_us=(desk.second + 3) * 1_000_000)
    desk.pass_s(1)


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.of(tmp_path_factory.mktemp("restless"), RESTLESS)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=25))
def test_restart_at_every_step_gives_the_same_continuation(restless: Desk, course: list[tuple[str, int]]) -> None:
    steady = restless.again()
    restarted = restless.again()
    heard = []
    for step in course:
        do(steady, step)
        restarted = restarted.again()
        do(restarted, step)
        heard += restarted.said
    first, second = joined(steady.said), joined(heard)
    for name in (*COLUMNS, "actor", "reason"):
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=40))
def test_every_transition_has_its_time_its_number_and_its_actor(restless: Desk, course: list[tuple[str, int]]) -> None:
    desk = restless.again()
    for step in course:
        do(desk, step)
    journal = joined(desk.said)
    seq = journal["seq"]
    assert (np.diff(seq) == 1).all()
    assert (journal["time_us"] > 0).all()
    acts = np.isin(journal["event"], ACTS)
    assert all(journal["actor"][acts] == "A")
    assert all(journal["actor"][~acts] == "")
    shelved = np.isin(journal["after"], (State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE))
    assert not journal["sounds"][shelved].any()
    for row in np.unique(journal["alarm"]).tolist():
        own = journal["alarm"] == row
        assert (np.diff(journal["number"][own]) == 1).all()
        before, after = journal["before"][own][1:], journal["after"][own][:-1]
        quiet = (State.NORMAL, State.SUPPRESSED)
        assert all(b == a or (b in quiet and a in quiet) for b, a in zip(before.tolist(), after.tolist(), strict=True))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=30))
@example(course=[("AGIT_RPM", 2), ("AGIT_RPM", 1), ("AGIT_RPM", 2)])
def test_storing_what_was_touched_stores_the_whole_state(restless: Desk, course: list[tuple[str, int]]) -> None:
    desk = restless.again()
    stored = {name: column.copy() for name, column in desk.engine.state().alarms.items()}
    desk.engine.touched()
    for step in course:
        do(desk, step)
        rows = desk.engine.touched()
        for name, column in desk.engine.state().alarms.items():
            stored[name][rows] = column[rows]
    for name, column in desk.engine.state().alarms.items():
        np.testing.assert_array_equal(stored[name], column, err_msg=name)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(1, 400), max_size=12), seed=st.integers(0, 99))
def test_a_replay_in_other_batches_gives_the_same_transitions(restless: Desk, cuts: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    seconds, rows = 20, [restless.plant.tags.row_of[f"{REACTOR}.{tag}"] for tag in ("TEMP", "AGIT_A", "AGIT_RPM")]
    at_us = np.repeat(restless.second + 1 + np.arange(seconds), len(rows)) * 1_000_000
    at_us += chance.integers(0, 1_000_000, len(at_us))
    readings = Readings.of(np.tile(rows, seconds).astype(np.uint32), at_us, chance.uniform(0, 80, len(at_us)))

    def journal(bounds: list[int]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
        desk = restless.again()
        framing = Framing(desk.plant, np.arange(len(desk.plant.tags), dtype=np.int32))
        said = []
        for begin, end in pairwise([0, *bounds, len(readings)]):
            said += [desk.engine.take(frame) for frame in framing.take(readings.take(slice(begin, end)))]
        return joined(said)

    whole, cut = journal([]), journal(sorted(c % len(readings) for c in cuts))
    assert len(whole["seq"]) > 0
    for name in COLUMNS:
        np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)


def test_only_what_changed_is_to_be_stored(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.engine.touched()
    desk.pass_s(3)
    assert desk.engine.touched().tolist() == []
    desk.pass_s(1, {"TEMP": 61})
    assert desk.engine.touched().tolist() == [desk.row("TEMP/H")]
