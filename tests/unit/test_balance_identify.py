"""Which error is named, how large, what would look the same, and how small an error can be found."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import ndtri

from didymium.balance.detectability import Meters, Question, smallest, windows_until
from didymium.balance.hypotheses import (
    Candidates,
    Hypothesis,
    Kind,
    biases,
    bypasses,
    equal_classes,
    leaks,
    swaps,
)
from didymium.balance.identify import Identified, identify
from didymium.balance.network import ENVIRONMENT, Floats, Ints, Network
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import Reduction, reduce_network
from didymium.balance.suspicion import (
    global_test,
    likelihood_ratio,
    measurement_test,
    nodal_test,
    single_level,
    two_sided_limit,
)
from tests.unit.balance_examples import EXCHANGER, STEAM, STEAM_SIGMA, STEAM_TRUE

ALL = np.ones(28, bool)


def pairs_of(numbers: range) -> Ints:
    return np.array([(one, other) for one in numbers for other in numbers if one < other])


def everything(reduction: Reduction, reading: Floats) -> Candidates:
    """All biases and leaks, all swaps of two meters, all ways past meters in either direction."""
    nodes = pairs_of(range(reduction.combine.shape[1]))
    streams = pairs_of(range(len(reading)))
    return Candidates.of(
        [biases(reduction), leaks(reduction), swaps(reduction, reading, streams), bypasses(reduction, nodes)]
    )


def told_of(reading: Floats, most: int = 3) -> Identified:
    reduction = reduce_network(STEAM, ALL)
    found = reconcile(reduction, reading, STEAM_SIGMA)
    return identify(found, everything(reduction, reading), 0.05, most)


def noise(seed: int) -> Floats:
    return np.random.default_rng(seed).normal(0.0, STEAM_SIGMA)


def without(reading: Floats, leaking: list[int], missing: list[int]) -> Reconciled:
    """The steam system with a stream out of each leaking node that has no meter, and without the missing meters."""
    ways = [*zip(STEAM.source, STEAM.target, strict=True), *((node, ENVIRONMENT) for node in leaking)]
    measured = np.append(ALL, np.zeros(len(leaking), bool))
    measured[missing] = False
    nobody = np.full(len(leaking), np.nan)
    reduction = reduce_network(Network.of(ways, STEAM.nodes), measured)
    return reconcile(reduction, np.append(reading, nobody), np.append(STEAM_SIGMA, nobody))


def test_levels_of_single_tests() -> None:
    """Šidák by hand: four tests at 5 % together take 1 - 0.95^(1/4) = 1.274 % each, 2.491 standard deviations."""
    assert single_level(0.05, 4) == pytest.approx(0.0127414, abs=1e-7)
    assert two_sided_limit(0.05, 4) == pytest.approx(2.4909, abs=1e-4)
    assert two_sided_limit(0.05, 1) == pytest.approx(1.9600, abs=1e-4)


def test_nothing_is_named_without_cause() -> None:
    wrong = sum(bool(told_of(STEAM_TRUE + noise(seed)).errors) for seed in range(60))
    assert wrong <= 6


def test_a_swapped_pair_is_named() -> None:
    reading = STEAM_TRUE + noise(1)
    reading[[2, 13]] = reading[[13, 2]]
    told = told_of(reading)
    assert [error.hypothesis for error in told.errors] == [Hypothesis(Kind.SWAP, 2, 13)]
    assert told.errors[0].estimate == pytest.approx(1.0, abs=3 * told.errors[0].sigma)
    assert told.chance > 0.05


def test_a_swap_that_looks_like_a_leak_is_told_as_the_same() -> None:
    """Streams 14 and 16 leave node 4; swapped they close it, and node 7 misses what the wrong meter does not see."""
    reading = STEAM_TRUE + noise(1)
    reading[[14, 16]] = reading[[16, 14]]
    told = told_of(reading)
    assert [error.hypothesis for error in told.errors] == [Hypothesis(Kind.BIAS, 23)]
    assert set(told.errors[0].same) >= {Hypothesis(Kind.LEAK, 7), Hypothesis(Kind.SWAP, 14, 16)}


def test_a_bypass_is_named() -> None:
    """30 of the flow from node 5 by node 4 to node 6 goes past both."""
    flow = STEAM_TRUE.copy()
    flow[[12, 13]] -= 30.0
    told = told_of(flow + noise(2))
    assert [error.hypothesis for error in told.errors] == [Hypothesis(Kind.BYPASS, 5, 6)]
    assert told.errors[0].estimate == pytest.approx(30.0, abs=3 * told.errors[0].sigma)


def test_a_way_past_one_meter_looks_like_its_bias_and_says_so() -> None:
    flow = STEAM_TRUE.copy()
    flow[13] -= 20.0
    told = told_of(flow + noise(3))
    assert told.errors[0].hypothesis == Hypothesis(Kind.BIAS, 13)
    assert told.errors[0].estimate == pytest.approx(-20.0, abs=3 * told.errors[0].sigma)
    assert Hypothesis(Kind.BYPASS, 4, 6) in told.errors[0].same


def test_a_leak_and_a_bias_at_once() -> None:
    flow = STEAM_TRUE.copy()
    flow[3] += 25.0  # into node 0 from outside, and lost there
    reading = flow + noise(4)
    reading[20] += 9 * STEAM_SIGMA[20]
    reduction = reduce_network(STEAM, ALL)
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    told = identify(reconcile(reduction, reading, STEAM_SIGMA), candidates, 0.05, 3)
    named = {hypothesis for error in told.errors for hypothesis in (error.hypothesis, *error.same)}
    assert len(told.errors) == 2
    assert {Hypothesis(Kind.LEAK, 0), Hypothesis(Kind.BIAS, 20)} <= named


def test_parallel_streams_and_joined_nodes_are_equal() -> None:
    """Two pipes from 0 to 1, node 2 behind a stream without a meter: which pipe or node it is nobody can tell."""
    network = Network.of([(-1, 0), (0, 1), (0, 1), (1, 2), (2, -1)], 3)
    reduction = reduce_network(network, np.array([1, 1, 1, 0, 1], bool))
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    names = [candidates[row] for row in range(len(candidates))]
    classes = dict(zip(names, equal_classes(candidates), strict=True))
    bias, leak = (lambda n: classes[Hypothesis(Kind.BIAS, n)]), (lambda n: classes[Hypothesis(Kind.LEAK, n)])
    assert bias(1) == bias(2)
    assert leak(1) == leak(2) == bias(4)
    assert leak(0) == bias(0)
    assert len({bias(0), bias(1), bias(4)}) == 3
    found = reconcile(reduction, np.array([10.0, 4.0, 9.0, np.nan, 10.0]), np.full(5, 0.1))
    told = identify(found, candidates, 0.05, 2)
    assert told.errors[0].hypothesis == Hypothesis(Kind.BIAS, 1)
    assert told.errors[0].same == (Hypothesis(Kind.BIAS, 2),)
    assert told.errors[0].estimate == pytest.approx(3.0)


def test_an_error_without_a_trace_is_never_suspected() -> None:
    network = Network.of([(-1, 0), (0, 1), (1, -1)], 2)
    reduction = reduce_network(network, np.array([1, 0, 1], bool))
    outer = Network.of([(-1, 0), (0, -1), (0, -1)], 1)
    blind = reduce_network(outer, np.array([1, 1, 0], bool))
    assert equal_classes(biases(blind)).tolist() == [-1, -1]
    assert equal_classes(leaks(reduction)).tolist() == [0, 0]
    assert np.isnan(
        likelihood_ratio(reconcile(blind, np.ones(3), np.ones(3)), biases(blind).signatures).statistic
    ).all()


def test_allowing_for_a_bias_is_the_same_as_taking_the_meter_away() -> None:
    reading = STEAM_TRUE + noise(6)
    reading[14] += 6 * STEAM_SIGMA[14]
    reduction = reduce_network(STEAM, ALL)
    found = reconcile(reduction, reading, STEAM_SIGMA)
    told = identify(found, biases(reduction), 0.05, 1)
    left = without(reading, [], [14])
    assert told.errors[0].hypothesis == Hypothesis(Kind.BIAS, 14)
    assert told.objective == pytest.approx(left.objective, rel=1e-9)
    assert told.errors[0].estimate == pytest.approx(reading[14] - left.value[14], rel=1e-9)
    assert told.errors[0].sigma ** 2 == pytest.approx(STEAM_SIGMA[14] ** 2 + left.sigma[14] ** 2, rel=1e-9)


def test_flows_without_the_named_errors() -> None:
    """A leak is a stream without a meter, a bias a missing meter: both come back with the estimates that named them."""
    flow = STEAM_TRUE.copy()
    flow[3] += 25.0
    reading = flow + noise(4)
    reading[20] += 9 * STEAM_SIGMA[20]
    reduction = reduce_network(STEAM, ALL)
    candidates = Candidates.of([leaks(reduction), biases(reduction)])
    told = identify(reconcile(reduction, reading, STEAM_SIGMA), candidates, 0.05, 3)
    errors = [error.hypothesis for error in told.errors]
    assert set(errors) == {
        Hypothesis(Kind.LEAK, 0),
        Hypothesis(Kind.LEAK, 6),
    }  # of node 6: as its way out reads too much
    left = without(reading, [error.first for error in errors], [])
    assert left.objective == pytest.approx(told.objective, rel=1e-9)
    assert left.value[28:] == pytest.approx([error.estimate for error in told.errors], rel=1e-9)
    assert left.sigma[28:] == pytest.approx([error.sigma for error in told.errors], rel=1e-9)
    unmetered = without(reading, [0], [20])
    assert unmetered.objective == pytest.approx(told.objective, rel=1e-9)
    assert abs(unmetered.value[20] - STEAM_TRUE[20]) < 4 * unmetered.sigma[20]


def test_a_first_guess_gives_way_to_what_explains_more_with_the_second() -> None:
    """The meters of streams 4 and 12 err together; alone, a bias of stream 0 would explain most."""
    reading = STEAM_TRUE + np.random.default_rng(189).normal(0, STEAM_SIGMA)
    reading[4] += 9 * STEAM_SIGMA[4]
    reading[12] -= 9 * STEAM_SIGMA[12]
    reduction = reduce_network(STEAM, ALL)
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    told = identify(reconcile(reduction, reading, STEAM_SIGMA), candidates, 0.05, 4)
    assert {error.hypothesis for error in told.errors} == {Hypothesis(Kind.BIAS, 4), Hypothesis(Kind.BIAS, 12)}


def test_what_is_nearly_the_same_is_a_rival() -> None:
    """A leak of the exchanger and a bias of the good meter before it leave nearly, not quite, the same imbalances."""
    reduction = reduce_network(EXCHANGER, np.ones(6, bool))
    candidates = Candidates.of([biases(reduction), leaks(reduction)])
    reading = np.array([100.0, 64.45, 36.0, 64.0, 36.0, 100.0])
    found = reconcile(reduction, reading, np.array([0.3, 0.1, 0.3, 0.03, 0.3, 0.3]))
    told = identify(found, candidates, 0.05, 1)
    assert told.errors[0].same == ()
    assert told.errors[0].rivals


def test_tests_of_one_error_agree() -> None:
    """The likelihood ratio of a bias is the square of the measurement test, that of a leak of the most powerful nodal
    test (C. M. Crowe, AIChE J. 35 (1989) 869-872)."""
    reading = STEAM_TRUE + noise(8)
    reduction = reduce_network(STEAM, ALL)
    found = reconcile(reduction, reading, STEAM_SIGMA)
    bias = likelihood_ratio(found, biases(reduction).signatures)
    leak = likelihood_ratio(found, leaks(reduction).signatures)
    assert bias.statistic == pytest.approx(measurement_test(found, 0.05).statistic ** 2, rel=1e-9)
    imbalance = STEAM.balances().imbalance(reading)
    matrix = STEAM.balances().matrix.toarray()
    inverse = np.linalg.inv((matrix * STEAM_SIGMA**2) @ matrix.T)
    powerful = (inverse @ imbalance) / np.sqrt(np.diag(inverse))
    assert leak.statistic == pytest.approx(powerful**2, rel=1e-9)
    spread = np.sqrt(matrix**2 @ STEAM_SIGMA**2)
    nodal = nodal_test(found.imbalance, found.imbalance_sigma, 0.05)
    assert nodal.statistic == pytest.approx(imbalance / spread, rel=1e-9)
    assert nodal.limit == two_sided_limit(0.05, 11)
    assert global_test(found, 0.05).degrees == 11


ONE_NODE = Network.of([(-1, 0), (0, -1)], 1)


def test_the_smallest_leak_by_hand() -> None:
    """In and out to 0.3 and 0.4 a window, so a balance knows 0.5, of four windows 0.25: one test at 5 %, power 0.9."""
    reduction = reduce_network(ONE_NODE, np.ones(2, bool))
    meters = Meters(np.array([0.3, 0.4]), np.zeros(2))
    question = Question(level=0.05, power=0.9)
    assert smallest(reduction, leaks(reduction), meters, 4, question, 1) == pytest.approx(
        [0.25 * (1.95996 + 1.28155)], rel=1e-5
    )
    # 0.1 is 0.2 standard deviations of one window: (3.24152 / 0.2)² = 262.7 windows.
    signature = sp.csc_array(np.ones((1, 1)))
    assert windows_until(reduction, signature, 0.1, meters, question, 1, most=1000) == 263
    assert windows_until(reduction, signature, 0.1, meters, question, 1, most=262) is None
    assert windows_until(reduction, signature, -2.0, meters, question, 1, most=1000) == 1


def test_what_calibration_leaves_open_no_waiting_finds() -> None:
    reduction = reduce_network(ONE_NODE, np.ones(2, bool))
    meters = Meters(np.array([0.3, 0.4]), np.array([0.03, 0.04]))
    question = Question(level=0.05, power=0.9)
    floor = 0.05 * (1.95996 + 1.28155)
    signature = sp.csc_array(np.ones((1, 1)))
    assert windows_until(reduction, signature, 0.99 * floor, meters, question, 1, most=10**9) is None
    # At twice the floor: 0.25 / n + 0.0025 = 0.01, so n = 33.3.
    assert windows_until(reduction, signature, 2 * floor, meters, question, 1, most=10**6) == 34


def test_an_error_of_the_smallest_size_is_found_nine_times_in_ten() -> None:
    reduction = reduce_network(EXCHANGER, np.ones(6, bool))
    candidates = biases(reduction)
    question = Question(level=0.05, power=0.9)
    size = smallest(reduction, candidates, Meters(np.ones(6), np.zeros(6)), 1, question, 6)
    random = np.random.default_rng(3)
    limit = two_sided_limit(0.05, 6)
    found = 0
    for _ in range(800):
        reading = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0]) + random.normal(size=6)
        reading[1] += size[1]
        ratio = likelihood_ratio(reconcile(reduction, reading, np.ones(6)), candidates.signatures)
        found += bool(ratio.statistic[1] > limit**2)
    assert found / 800 == pytest.approx(0.9, abs=0.03)
    assert float(ndtri(0.9)) == pytest.approx(1.28155, abs=1e-5)
