"""Restart delays of the supervisor."""

from didymium.service.restart import LONGEST_DELAY_S, RestartState, after_death


def test_delay_doubles_while_deaths_follow_each_other():
    state, delays = RestartState(), []
    for _ in range(4):
        state, delay_s = after_death(state, lived_s=0.1)
        delays.append(delay_s)
    assert delays == [0.2, 0.4, 0.8, 1.6]
    assert state.restarts == 4


def test_a_long_life_starts_over_but_is_counted():
    state = RestartState(in_a_row=9, restarts=9)
    state, delay_s = after_death(state, lived_s=61.0)
    assert (delay_s, state) == (0.2, RestartState(in_a_row=1, restarts=10))


def test_delay_is_bounded():
    _, delay_s = after_death(RestartState(in_a_row=500), lived_s=0.0)
    assert delay_s == LONGEST_DELAY_S
