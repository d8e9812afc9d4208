"""The table of an alarm's life: every state with every event, and what must hold over any course of events."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.alarms.life import (
    ACTIVE,
    COVERS,
    LIVES,
    NEXT,
    NO_TRANSITION,
    OUT_OF_SERVICE,
    PLACES,
    SHELVED,
    SOUNDS,
    STATE_OF,
    SUPPRESSED,
    Event,
    Life,
    State,
    place,
)

E, S = Event, State

WHOLE = {
    # state: what each event leads to; an event that is not named cannot happen
    S.NORMAL: {E.ACTIVATE: "UNACK*"},
    S.UNACK: {E.CLEAR: "RTN_UNACK", E.ACKNOWLEDGE: "ACKED", E.RE_ALARM: "UNACK*"},
    S.ACKED: {E.CLEAR: "NORMAL", E.RE_ALARM: "UNACK*"},
    S.RTN_UNACK: {E.ACTIVATE: "UNACK*", E.ACKNOWLEDGE: "NORMAL"},
    S.LATCHED: {E.ACTIVATE: "UNACK*", E.RESET: "NORMAL"},
}
HIDING = {E.SUPPRESS: "SUPPRESSED", E.SHELVE: "SHELVED", E.REMOVE_FROM_SERVICE: "OUT_OF_SERVICE"}
BACK = {
    # cover: event that ends it, and what the alarm is then by its life under the cover
    (SUPPRESSED, E.RELEASE): ("NORMAL", "UNACK", "ACKED", "RTN_UNACK", "LATCHED", "UNACK*"),
    (SHELVED, E.UNSHELVE): ("NORMAL", "ACKED", "ACKED", "NORMAL", "LATCHED", "ACKED"),
    (SHELVED, E.EXPIRE): ("NORMAL", "UNACK*", "UNACK*", "RTN_UNACK", "LATCHED", "UNACK*"),
    (OUT_OF_SERVICE, E.RETURN_TO_SERVICE): ("NORMAL", "UNACK*", "ACKED", "RTN_UNACK", "LATCHED", "UNACK*"),
}


def after(at: int, event: Event, *, latches: bool = False) -> str | None:
    """What the table says: the state seen, with a star where it sounds, None where nothing happens."""
    found = int(NEXT[int(latches), at, event])
    if found == NO_TRANSITION:
        return None
    return State(int(STATE_OF[found])).name + ("*" if SOUNDS[int(latches), at, event] else "")


@pytest.mark.parametrize("state", list(WHOLE))
def test_each_state_without_cover_with_each_event(state: State) -> None:
    expected = {**WHOLE[state], **HIDING}
    found = {event: after(place(Life(state)), event) for event in Event}
    assert found == {event: expected.get(event) for event in Event}


@pytest.mark.parametrize(("cover", "event"), list(BACK))
def test_each_life_when_its_only_cover_falls(cover: int, event: Event) -> None:
    assert tuple(after(place(life, cover), event) for life in Life) == BACK[cover, event]


def test_under_a_cover_people_see_the_strongest_and_nothing_sounds() -> None:
    for life, covers, event in product(Life, range(1, COVERS), Event):
        seen = after(place(life, covers), event)
        if seen is None:
            continue
        left = int(NEXT[0, place(life, covers), event]) // LIVES
        if left:
            strongest = "OUT_OF_SERVICE" if left & 4 else "SHELVED" if left & 2 else "SUPPRESSED"
            assert seen == strongest


def test_a_latching_alarm_waits_for_its_reset() -> None:
    assert after(place(Life.ACKED), E.CLEAR, latches=True) == "LATCHED"
    assert after(place(Life.RTN_UNACK), E.ACKNOWLEDGE, latches=True) == "LATCHED"
    assert after(place(Life.LATCHED), E.RESET, latches=True) == "NORMAL"
    assert after(place(Life.RTN_UNACK, SHELVED), E.UNSHELVE, latches=True) == "LATCHED"
    untold = int(NEXT[1, place(Life.UNTOLD, SUPPRESSED), E.CLEAR])
    assert untold == place(Life.NORMAL, SUPPRESSED), "what nobody was told of needs no reset"


def test_the_table_is_whole() -> None:
    assert NEXT.shape == (2, PLACES, len(Event))
    assert ((NEXT >= NO_TRANSITION) & (NEXT < PLACES)).all()
    assert not SOUNDS[NEXT == NO_TRANSITION].any()


COURSE = st.lists(st.sampled_from(list(Event)), max_size=60)


def walked(course: list[Event], *, latches: bool) -> list[tuple[int, Event, int, bool]]:
    """The steps of a course that happened: place before, event, place after, whether it sounded.

    The process alternates between active and clear, so an event that the process cannot send is left out.
    """
    at, active = place(Life.NORMAL), False
    steps = []
    for event in course:
        if (event is E.ACTIVATE and active) or (event is E.CLEAR and not active):
            continue
        found = int(NEXT[int(latches), at, event])
        if event in (E.ACTIVATE, E.CLEAR):
            active = event is E.ACTIVATE
            assert found != NO_TRANSITION, "the process is always followed"
        if found == NO_TRANSITION:
            continue
        steps.append((at, event, found, bool(SOUNDS[int(latches), at, event])))
        at = found
        assert (Life(at % LIVES) in ACTIVE) == active, "the life says what the process does"
    return steps


@given(COURSE, st.booleans())
def test_no_acknowledgement_is_lost(course: list[Event], latches: bool) -> None:
    owed = False
    for _, event, at, sounded in walked(course, latches=latches):
        if event in (E.ACKNOWLEDGE, E.UNSHELVE):
            owed = False
        owed = owed or sounded
        if owed and at < LIVES:
            assert State(at) in (S.UNACK, S.RTN_UNACK), "what was told goes only when a person has seen it"


@given(COURSE, st.booleans())
def test_nothing_sounds_under_a_cover(course: list[Event], latches: bool) -> None:
    for _, _, at, sounded in walked(course, latches=latches):
        assert not sounded or at == place(Life.UNACK)


@given(COURSE, st.booleans())
def test_what_is_active_without_cover_was_told(course: list[Event], latches: bool) -> None:
    told = False
    for _, event, at, sounded in walked(course, latches=latches):
        told = (told and event is not E.CLEAR) or sounded or event is E.UNSHELVE
        if at < LIVES and Life(at % LIVES) in ACTIVE:
            assert told
