"""Examples from the literature, to the digits that were printed.

Some of the works were not at hand when their numbers were written down from memory; what speaks for these is that the
readings lead to every printed digit.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import OptimizeResult, minimize

from didymium.balance.hypotheses import Candidates, Hypothesis, Kind, biases, leaks
from didymium.balance.identify import identify
from didymium.balance.network import Balances, Flags, Floats
from didymium.balance.reconcile import reconcile
from didymium.balance.reduction import reduce_balances, reduce_network
from didymium.balance.suspicion import global_test, likelihood_ratio, measurement_test
from tests.unit.balance_examples import (
    EXCHANGER,
    EXCHANGER_READING,
    EXCHANGER_TRUE,
    STEAM,
    STEAM_SIGMA,
    STEAM_TRUE,
)
from tests.unit.linearised import Carried, Constraints, Linear, Together, reconcile_linearised


def test_the_printed_true_flows_close() -> None:
    assert EXCHANGER.balances().imbalance(EXCHANGER_TRUE) == pytest.approx(np.zeros(4), abs=1e-12)
    assert STEAM.balances().imbalance(STEAM_TRUE) == pytest.approx(np.zeros(11), abs=1e-10)


def test_heat_exchanger_with_bypass_without_gross_error() -> None:
    """Narasimhan and Jordache 2000, table 1-1."""
    found = reconcile(reduce_network(EXCHANGER, np.ones(6, bool)), EXCHANGER_READING, np.ones(6))
    assert found.value.round(2).tolist() == [100.22, 64.50, 35.72, 64.50, 35.72, 100.22]


def test_heat_exchanger_with_a_bias_of_4_in_the_second_meter() -> None:
    """Narasimhan and Jordache 2000, chapter 1 (reconciled flows) and chapter 7 (global test: 16.674 over 9.488)."""
    reading = EXCHANGER_READING + np.array([0.0, 4.0, 0.0, 0.0, 0.0, 0.0])
    found = reconcile(reduce_network(EXCHANGER, np.ones(6, bool)), reading, np.ones(6))
    assert found.value.round(2).tolist() == [100.89, 65.83, 35.05, 65.83, 35.05, 100.89]
    whole = global_test(found, 0.05)
    assert (round(whole.statistic, 3), round(whole.limit, 3), whole.suspicious) == (16.674, 9.488, True)
    each = measurement_test(found, 0.05)
    assert np.flatnonzero(each.suspicious).tolist() == [1]


def test_the_reactor_of_ripps_closes_and_goes_back_to_its_true_flows() -> None:
    """D. L. Ripps, Chem. Eng. Prog. Symp. Ser. 61 (1965) no. 55, 8-13: three element balances leave one freedom.

    So any correction is a multiple of the true flows, which were printed to four figures.
    """
    rows = [[0.1, 0.6, -0.2, -0.7], [0.8, 0.1, -0.2, -0.1], [0.1, 0.3, -0.6, -0.2]]
    reading = np.array([0.1858, 4.7935, 1.2295, 3.8800])
    sigma = np.sqrt([0.000289, 0.0025, 0.000576, 0.04])
    found = reconcile(reduce_balances(Balances.of(rows), np.ones(4, bool)), reading, sigma)
    true = np.array([0.1739, 5.0435, 1.2175, 4.0000])
    assert found.value / found.value[1] == pytest.approx(true / true[1], rel=3e-4)
    # One freedom: the weighted mean of readings along the true direction, by hand 4.8594 of stream 2.
    assert found.value[1] == pytest.approx(
        ((true * reading / sigma**2).sum() / (true**2 / sigma**2).sum()) * true[1], rel=1e-4
    )


def _pai_and_fisher(at: np.ndarray) -> np.ndarray:
    x1, x2, x3, x4, x5, u1, u2, u3 = at
    return np.array(
        [
            0.5 * x1**2 - 0.7 * x2 + x3 * u1 + x2**2 * u1 * u2 + 2 * x3 * u3**2 - 255.8,
            x1 - 2 * x2 + 3 * x1 * x3 - 2 * x2 * u1 - x2 * u2 * u3 + 111.2,
            x3 * u1 - x1 + 3 * x2 + x1 * u2 - x3 * u3**0.5 - 33.57,
            x4 - x1 - x3**2 + u2 + 3 * u3,
            x5 - 2 * x3 * u2 * u3,
            2 * x1 + x2 * x3 * u1 + u2 - u3 - 126.6,
        ]
    )


class PaiAndFisher:
    """Slopes by a complex step."""

    def left(self, at: Floats) -> Floats:
        return _pai_and_fisher(at)

    def slopes(self, at: Floats) -> sp.csr_array:
        steps = at[:, None] + 1e-30j * np.eye(len(at))
        return sp.csr_array(np.stack([_pai_and_fisher(step).imag for step in steps.T], axis=1) / 1e-30)


@pytest.mark.parametrize("unmeasured", [(11.0, 0.6, 2.0), (10.0, 1.0, 1.0), (3.0, 1.0, 1.0)])
def test_six_curved_constraints(unmeasured: tuple[float, float, float]) -> None:
    """C. C. D. Pai, G. D. Fisher, AIChE J. 34 (1988) 873-876: five readings, three variables without a meter."""
    reading = np.array([4.4, 5.5, 1.7, 1.6, 5.0, 0.0, 0.0, 0.0])
    measured = np.arange(8) < 5
    start = np.concatenate([reading[:5], unmeasured])
    rest = reconcile_linearised(PaiAndFisher(), reading, np.ones(8), measured, start, most=50)
    printed = ["4.5124", "5.5819", "1.9260", "1.4560", "4.8545", "11.070", "0.61467", "2.0504"]
    digits = [4, 4, 4, 4, 4, 3, 5, 4]
    assert [f"{value:.{n}f}" for value, n in zip(rest.reconciled.value, digits, strict=True)] == printed
    assert rest.residual < 1e-12
    assert rest.iterations <= 10


HOT: dict[str, list[float]] = {
    "a": [-6.8909, 0.0991, 1.1081e-4],
    "b": [-14.8538, 0.1333, 7.539e-5],
    "c": [-28.2807, 0.1385, 9.043e-5],
    "d": [-11.4172, 0.1229, 7.94e-5],
}
"""Specific enthalpy over temperature of the four liquids of the network."""


def _incidence(rows: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> np.ndarray:
    matrix = np.zeros((len(rows), 15))
    for row, (into, out) in enumerate(rows):
        matrix[row, list(into)] = 1.0
        matrix[row, list(out)] = -1.0
    return matrix


def heat_exchangers() -> tuple[Constraints, Floats, Floats, Flags, Floats]:
    """C. L. E. Swartz, 197th ACS meeting, Dallas 1989: four exchangers, 15 flows and 15 temperatures, 16 measured.

    Data as they stand in https://github.com/EDSONCV/dr-ged-benchmarks, problem nonlin_sw89, after J. Romagnoli, M.
    Sánchez, Data Processing and Reconciliation for Chemical Process Operations, Academic Press 2000, example 5.4:
    flows to 2 %, temperatures to 0.75. Streams A1..A8, B1..B3, C1, C2, D1, D2.
    """
    nan = np.nan
    flow = [1000, nan, 401.7, nan, nan, 552.7, nan, nan, 253.2, nan, nan, 308.1, nan, nan, 680.1]
    warm = [466.33, nan, 481.78, 530.09, 616.31, nan, 619, 614.92, 618.11, nan, nan, 694.99, nan, 667.84, 558.34]
    mass = _incidence(
        [
            *[((0,), (1,)), ((1,), (2, 5)), ((2,), (3,)), ((3,), (4,)), ((5,), (6,))],
            *[((4, 6), (7,)), ((8,), (9,)), ((9,), (10,)), ((11,), (12,)), ((13,), (14,))],
        ]
    )
    energy = _incidence(
        [
            ((0, 9), (1, 10)),
            ((2, 8), (3, 9)),
            ((3, 11), (4, 12)),
            ((4, 6), (7,)),
            ((5, 13), (6, 14)),
        ]
    )
    even = np.zeros((2, 15))
    even[[0, 1], 1] = 1.0
    even[[0, 1], [2, 5]] = -1.0
    linear = np.block([[mass, np.zeros((10, 15))], [np.zeros((2, 15)), even]])
    curve = np.array([*[HOT["a"]] * 8, *[HOT["b"]] * 3, *[HOT["c"]] * 2, *[HOT["d"]] * 2])
    streams = np.arange(15)
    reading = np.array(flow + warm)
    rough = [1000, 1000, 401.7, 401.7, 401.7, 552.7, 552.7, 954.4, 253.2, 253.2, 253.2, 308.1, 308.1, 680.1, 680.1]
    guess = [466.33, 481.78, 481.78, 530.09, 616.31, 481.78, 619, 614.92, 618.11, 570, 550, 694.99, 604, 667.84, 558.34]
    sigma = np.concatenate([0.02 * np.array(rough), np.full(15, 0.75)])
    both = Together([Linear(Balances.of(linear)), Carried(sp.csr_array(energy), streams, streams + 15, curve)])
    return both, np.nan_to_num(reading), sigma, ~np.isnan(reading), np.array(rough + guess)


def optimised(
    constraints: Constraints, reading: Floats, sigma: Floats, measured: Flags, start: Floats
) -> OptimizeResult:
    """The same by sequential quadratic programming (SLSQP), each variable as a share of its start."""

    def objective(scaled: Floats) -> float:
        return float(((((scaled * start) - reading) / sigma)[measured] ** 2).sum())

    def slope(scaled: Floats) -> Floats:
        return np.where(measured, 2 * (scaled * start - reading) / sigma**2, 0.0) * start

    return minimize(
        objective,
        np.ones(len(start)),
        jac=slope,
        method="SLSQP",
        constraints={
            "type": "eq",
            "fun": lambda scaled: constraints.left(scaled * start) / 1000,
            "jac": lambda scaled: constraints.slopes(scaled * start).toarray() * start / 1000,
        },
        options={"maxiter": 500, "ftol": 1e-12},
    )


def test_heat_exchanger_network_is_what_a_general_optimiser_finds() -> None:
    constraints, reading, sigma, measured, start = heat_exchangers()
    rest = reconcile_linearised(constraints, reading, sigma, measured, start, most=50)
    assert rest.residual < 1e-12
    assert rest.reconciled.reduction.degrees == 3

    peer = optimised(constraints, reading, sigma, measured, start)
    assert peer.success, peer.message
    assert rest.reconciled.objective == pytest.approx(peer.fun, rel=1e-6)
    assert rest.reconciled.value == pytest.approx(peer.x * start, rel=1e-5)
    assert rest.iterations <= 8


def test_binary_column_is_what_a_general_optimiser_finds() -> None:
    """Flows and mass fractions of two components around a distillation column, all read.

    Basic Concepts in Data Reconciliation, North Carolina State University and University of Ottawa 2003, table 4.1.
    """
    reading = np.array([1095.475, 478.402, 488.232, 0.4822, 0.9410, 0.0197, 0.5170, 0.0501, 0.9748])
    sigma = np.array([4.8, 3.9, 4.4, 0.0048, 0.0094, 0.0002, 0.0052, 0.0005, 0.0097])
    split = sp.csr_array([[1.0, -1.0, -1.0]])
    streams, share = np.arange(3), np.tile([0.0, 1.0], (3, 1))
    whole = Linear(Balances.of(np.hstack([np.zeros((3, 3)), np.eye(3), np.eye(3)]), np.ones(3)))
    constraints = Together([*[Carried(split, streams, streams + 3 * c, share) for c in (1, 2)], whole])
    measured = np.ones(9, bool)
    rest = reconcile_linearised(constraints, reading, sigma, measured, reading, most=50)
    flow, first = rest.reconciled.value[:3], rest.reconciled.value[3:6]
    assert flow[0] == pytest.approx(flow[1] + flow[2], rel=1e-12)
    assert flow[0] * first[0] == pytest.approx(flow[1] * first[1] + flow[2] * first[2], rel=1e-12)
    peer = optimised(constraints, reading, sigma, measured, reading)
    assert peer.success, peer.message
    assert rest.reconciled.objective == pytest.approx(peer.fun, rel=1e-6)
    assert rest.reconciled.value == pytest.approx(peer.x * reading, rel=1e-5)


def test_each_bias_and_leak_of_the_steam_system_is_named_with_its_size() -> None:
    """Without random errors an error of ten standard deviations comes back whole, or one that balances cannot tell."""
    reduction = reduce_network(STEAM, np.ones(28, bool))
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    leak_of = {node: Hypothesis(Kind.LEAK, node) for node in range(11)}
    for stream in range(28):
        reading = STEAM_TRUE.copy()
        reading[stream] += 10 * STEAM_SIGMA[stream]
        found = reconcile(reduction, reading, STEAM_SIGMA)
        ratio = likelihood_ratio(found, candidates.signatures)
        assert ratio.estimate[stream] == pytest.approx(10 * STEAM_SIGMA[stream], rel=1e-9)
        assert ratio.statistic[stream] == pytest.approx(np.nanmax(ratio.statistic), rel=1e-9)
    for node, leak in leak_of.items():
        flow = STEAM_TRUE.copy()
        inflow = int(np.flatnonzero(STEAM.target == node)[0])
        flow[inflow] += 8.0  # comes in and leaks away unseen; what feeds it takes it from the environment
        extra = STEAM.source[inflow]
        found = reconcile(reduction, flow, STEAM_SIGMA)
        ratio = likelihood_ratio(found, candidates.signatures)
        at = 28 + node
        if extra == -1:
            assert ratio.estimate[at] == pytest.approx(8.0, rel=1e-9), leak
        else:
            assert ratio.statistic[inflow] == pytest.approx(np.nanmax(ratio.statistic), rel=1e-9), leak


def test_two_biases_of_the_steam_system_are_named_together() -> None:
    reduction = reduce_network(STEAM, np.ones(28, bool))
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    reading = STEAM_TRUE + np.random.default_rng(5).normal(0.0, STEAM_SIGMA)
    reading[3] += 8 * STEAM_SIGMA[3]
    reading[14] -= 8 * STEAM_SIGMA[14]
    told = identify(reconcile(reduction, reading, STEAM_SIGMA), candidates, 0.05, most=5)
    named = {(error.hypothesis.kind, error.hypothesis.first): error for error in told.errors}
    assert set(named) == {(Kind.BIAS, 3), (Kind.BIAS, 14)}
    for (_, stream), size in zip(sorted(named), (8, -8), strict=True):
        error = named[Kind.BIAS, stream]
        assert abs(error.estimate - size * STEAM_SIGMA[stream]) < 3 * error.sigma
    assert told.chance > 0.05
