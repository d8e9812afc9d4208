"""Reconciliation and classification: by hand, and against plain dense algebra on any network."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from didymium.balance.classify import Class, classify
from didymium.balance.errors import (
    BadMeter,
    BadNetwork,
    DependentBalance,
    ImpossibleBalance,
    NotConverged,
    UnequalMeters,
)
from didymium.balance.ldl import Pattern, Singular
from didymium.balance.network import Balances, Flags, Floats, Network
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import reduce_balances, reduce_network
from tests.unit.balance_examples import STEAM, STEAM_SIGMA, STEAM_TRUE
from tests.unit.linearised import Carried, Linear, Together, reconcile_linearised


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, Flags, Floats, Floats]:
    """A network of up to six nodes with meters at some streams, readings and standard deviations."""
    nodes = draw(st.integers(1, 6))
    ends = st.tuples(st.integers(-1, nodes - 1), st.integers(-1, nodes - 1)).filter(lambda pair: pair[0] != pair[1])
    streams = draw(st.lists(ends, min_size=1, max_size=12))
    n = len(streams)
    measured = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    reading = np.array(draw(st.lists(st.floats(-100, 100), min_size=n, max_size=n)))
    sigma = np.array(draw(st.lists(st.floats(0.1, 10), min_size=n, max_size=n)))
    return Network.of(streams, nodes), measured, reading, sigma


def determined(matrix: Floats, unknown: Flags) -> Flags:
    """Which unknown columns the equations determine: those in which no solution of nothing moves."""
    found = np.zeros(len(unknown), bool)
    columns = np.flatnonzero(unknown)
    if len(columns):
        _, values, vectors = np.linalg.svd(matrix[:, columns])
        free = vectors[(values > 1e-9).sum() :]
        found[columns] = (abs(free) < 1e-9).all(axis=0)
    return found


def classes_by_definition(matrix: Floats, measured: Flags) -> list[Class]:
    observable = determined(matrix, ~measured)
    classes = []
    for stream, has in enumerate(measured):
        if not has:
            classes.append(Class.OBSERVABLE if observable[stream] else Class.UNOBSERVABLE)
            continue
        without = ~measured
        without[stream] = True
        classes.append(Class.REDUNDANT if determined(matrix, without)[stream] else Class.NONREDUNDANT)
    return classes


def dense(balances: Balances, measured: Flags, reading: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Flows from the Karush-Kuhn-Tucker equations and the covariance of the measured ones, whatever the rank."""
    matrix = balances.matrix.toarray()
    m, n = matrix.shape
    weight = np.where(measured, sigma**-2.0, 0.0)
    whole = np.block([[np.diag(weight), matrix.T], [matrix, np.zeros((m, m))]])
    right = np.concatenate([np.where(measured, weight * reading, 0.0), balances.constants])
    unknown = matrix[:, ~measured]
    away = np.eye(m) - unknown @ np.linalg.pinv(unknown)
    seen = (away @ matrix).round(12) * np.where(measured, sigma, 0.0)
    spread = np.diag(sigma**2) - (sigma[:, None] * (np.linalg.pinv(seen, rcond=1e-9) @ seen) * sigma)
    return (np.linalg.pinv(whole, rcond=1e-12) @ right)[:n], spread


def check(found: Reconciled, measured: Flags, reading: Floats, sigma: Floats) -> None:
    flow, spread = dense(found.reduction.balances, measured, reading, sigma)
    known = ~np.isnan(found.value)
    scale = abs(reading).max() + 1.0
    assert found.value[known] == pytest.approx(flow[known], abs=1e-6 * scale)
    assert found.sigma[measured] ** 2 == pytest.approx(np.diag(spread)[measured], abs=1e-6)
    assert found.adjustment_sigma[measured] ** 2 == pytest.approx((sigma**2 - np.diag(spread))[measured], abs=1e-6)
    assert found.objective == pytest.approx((((flow - reading) / sigma)[measured] ** 2).sum(), abs=1e-5, rel=1e-7)


@settings(max_examples=50, deadline=None)
@given(networks())
def test_joining_nodes_and_projection_agree_with_the_definition_and_with_dense_algebra(
    given_: tuple[Network, Flags, Floats, Floats],
) -> None:
    network, measured, reading, sigma = given_
    balances = network.balances()
    by_nodes = reduce_network(network, measured)
    wanted = classes_by_definition(balances.matrix.toarray(), measured)
    assert classify(by_nodes).tolist() == wanted
    check(reconcile(by_nodes, reading, sigma), measured, reading, sigma)
    if network.closed_parts():
        return
    by_projection = reduce_balances(balances, measured)
    assert classify(by_projection).tolist() == wanted
    assert by_projection.degrees == by_nodes.degrees
    check(reconcile(by_projection, reading, sigma), measured, reading, sigma)


@settings(max_examples=40, deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_balances_hold_and_the_order_of_streams_does_not_matter(
    given_: tuple[Network, Flags, Floats, Floats], random: object
) -> None:
    network, measured, reading, sigma = given_
    found = reconcile(reduce_network(network, measured), reading, sigma)
    matrix = found.reduction.matrix
    flow = np.nan_to_num(found.value)
    assert abs(matrix @ flow - found.reduction.constants).max(initial=0.0) <= 1e-9 * (abs(reading).max() + 1)
    order = np.arange(network.streams)
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = Network(network.source[order], network.target[order], network.nodes)
    again = reconcile(reduce_network(turned, measured[order]), reading[order], sigma[order])
    scale = abs(reading).max() + 1
    assert again.value == pytest.approx(found.value[order], abs=1e-9 * scale, nan_ok=True)
    assert again.sigma == pytest.approx(found.sigma[order], abs=1e-6, nan_ok=True)
    assert again.objective == pytest.approx(found.objective, abs=1e-7, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_exact_readings_are_left_alone(given_: tuple[Network, Flags, Floats, Floats]) -> None:
    network, measured, reading, sigma = given_
    matrix = network.balances().matrix.toarray()
    true = reading - np.linalg.pinv(matrix) @ (matrix @ reading)
    found = reconcile(reduce_network(network, measured), true, sigma)
    assert found.adjustment[measured] == pytest.approx(0.0, abs=1e-9 * (abs(true).max() + 1))
    known = ~np.isnan(found.value)
    assert found.value[known] == pytest.approx(true[known], abs=1e-8 * (abs(true).max() + 1))


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 5))
def test_an_unmeasured_way_out_never_adds_redundancy(given_: tuple[Network, Flags, Floats, Floats], node: int) -> None:
    network, measured, _, _ = given_
    node %= network.nodes
    ways_out = [int(part[0]) for part in network.closed_parts()]
    network = Network(
        np.append(network.source, ways_out).astype(int),
        np.append(network.target, [-1] * len(ways_out)).astype(int),
        network.nodes,
    )
    measured = np.append(measured, np.ones(len(ways_out), bool))
    before = reduce_network(network, measured)
    holed = Network(np.append(network.source, node), np.append(network.target, -1), network.nodes)
    after = reduce_network(holed, np.append(measured, False))
    lost = bool((before.combine[:, [node]].toarray() != 0).any())
    assert after.degrees == before.degrees - lost
    assert not ((classify(after)[:-1] == Class.REDUNDANT) & (classify(before) != Class.REDUNDANT)).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.floats(0.0, 0.4), st.integers(0, 2**32 - 1))
def test_the_factor_solves_and_knows_the_inverse_where_it_has_entries(n: int, share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    half = np.where(random.random((n, n)) < share, random.normal(size=(n, n)), 0.0)
    matrix = half @ half.T + np.diag(random.uniform(0.5, 2.0, n))
    sparse = sp.csc_array(matrix)
    factor = Pattern.of(sparse).factorise(sparse, 0.0)
    right = random.normal(size=(n, 3))
    assert matrix @ factor.solve(right) == pytest.approx(right, abs=1e-8)
    inverse = np.linalg.inv(matrix)
    rows, columns = np.nonzero(np.triu(matrix))
    pairs = np.zeros((n, len(rows)))
    pairs[rows, np.arange(len(rows))] += 1.0
    pairs[columns, np.arange(len(rows))] += 1.0
    wanted = np.einsum("ik,ij,jk->k", pairs, inverse, pairs)
    assert factor.inverse().quadratic(sp.csc_array(pairs)) == pytest.approx(wanted, rel=1e-8, abs=1e-10)
    assert factor.quadratic(sp.csc_array(right)) == pytest.approx(np.diag(right.T @ inverse @ right), rel=1e-8)


def test_a_splitter_by_hand() -> None:
    """10.0 against 6.2 + 4.4 with 0.1, 0.1, 0.2: the sum is 0.6 too much, of which the worst meter takes 4/6."""
    found = reconcile(
        reduce_network(Network.of([(-1, 0), (0, -1), (0, -1)], 1), np.ones(3, bool)),
        np.array([10.0, 6.2, 4.4]),
        np.array([0.1, 0.1, 0.2]),
    )
    assert found.value == pytest.approx([10.1, 6.1, 4.0])
    assert found.objective == pytest.approx(0.36 / 0.06)
    assert found.adjustment_sigma == pytest.approx([0.01 / 0.06**0.5, 0.01 / 0.06**0.5, 0.04 / 0.06**0.5])
    assert found.sigma**2 == pytest.approx([0.01 - 1e-4 / 0.06, 0.01 - 1e-4 / 0.06, 0.04 - 16e-4 / 0.06])


def test_a_stream_without_a_meter_is_reckoned_with_its_uncertainty() -> None:
    """In 10 ± 0.3 and out 4 ± 0.4: the other way out is 6 ± 0.5, and nothing is redundant."""
    network = Network.of([(-1, 0), (0, -1), (0, -1)], 1)
    found = reconcile(
        reduce_network(network, np.array([1, 1, 0], bool)), np.array([10, 4, np.nan]), np.array([0.3, 0.4, 0])
    )
    assert found.value == pytest.approx([10, 4, 6])
    assert found.sigma == pytest.approx([0.3, 0.4, 0.5])
    assert found.reduction.degrees == 0
    assert np.isnan(found.adjustment[2])


def test_meters_a_million_times_apart_still_close_their_balances() -> None:
    """A trace of 1e-3 ± 1e-6 beside flows of 500 ± 1: the balances hold to a billionth of what goes through them."""
    network = Network.of([(-1, 0), (0, 1), (1, -1), (0, -1), (1, 0)], 2)
    reading = np.array([500.0, 499.0, 501.0, 1e-3, 2e-3])
    found = reconcile(reduce_network(network, np.ones(5, bool)), reading, np.array([1.0, 1.0, 1.0, 1e-6, 1e-6]))
    assert network.balances().imbalance(found.value) == pytest.approx(0.0, abs=1e-9 * 500)
    assert found.value[3:] == pytest.approx([1e-3, 2e-3], abs=1e-5)
    ring = Network.of([(0, 1), (1, 0), (0, -1), (1, -1), (1, -1)], 2)
    reading = np.array([500.0, 30.0, 470.0, 480.0, 3.0])
    found = reconcile(reduce_network(ring, np.ones(5, bool)), reading, np.array([1e3, 1e3, 1e-3, 1e-3, 1e-3]))
    assert ring.balances().imbalance(found.value) == pytest.approx(0.0, abs=1e-9 * 500)
    vast = np.array([1e9, 1e9, 1e-9, 1e-9, 1e-9])
    with pytest.raises(UnequalMeters, match=r"standard deviations around balance [01] are too unequal"):
        reconcile(
            reduce_network(Network.of([(0, 1), (1, 0), (0, -1), (1, -1), (1, -1)], 2), np.ones(5, bool)), reading, vast
        )


def test_constants_and_any_coefficients() -> None:
    """2 x + 3 y = 12 with x = 3 and y = 3 read, one standard deviation each: 3 too much, 2/13 and 3/13 of it away."""
    reduction = reduce_balances(Balances.of([[2.0, 3.0]], [12.0]), np.ones(2, bool))
    found = reconcile(reduction, np.array([3.0, 3.0]), np.ones(2))
    assert found.value == pytest.approx([3 - 3 * 2 / 13, 3 - 3 * 3 / 13])
    assert found.objective == pytest.approx(9 / 13)


def test_the_same_input_gives_the_same_bits() -> None:
    reading = STEAM_TRUE + np.random.default_rng(1).normal(0, STEAM_SIGMA)
    one, other = (
        reconcile(reduce_network(STEAM, np.arange(28) % 5 != 0), reading.copy(), STEAM_SIGMA.copy()) for _ in range(2)
    )
    for name in ("value", "sigma", "adjustment", "adjustment_sigma", "pull"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_the_objective_is_chi_square_when_only_chance_is_at_work() -> None:
    reduction = reduce_network(STEAM, np.arange(28) != 7)
    random = np.random.default_rng(7)
    drawn = [
        reconcile(reduction, STEAM_TRUE + random.normal(0, STEAM_SIGMA), STEAM_SIGMA).objective for _ in range(400)
    ]
    assert reduction.degrees == 10
    assert kstest(drawn, chi2(10).cdf).pvalue > 0.02


def test_what_cannot_be_reconciled_says_why() -> None:
    with pytest.raises(BadNetwork, match="stream 1: it comes from where it goes to"):
        Network.of([(-1, 0), (0, 0)], 1)
    with pytest.raises(BadNetwork, match="stream 0: node 2, there are nodes 0 to 1"):
        Network.of([(-1, 2)], 2)
    one = reduce_network(Network.of([(-1, 0), (0, -1)], 1), np.ones(2, bool))
    with pytest.raises(BadMeter, match=r"stream 1: value 3\.0 ± 0\.0"):
        reconcile(one, np.array([3.0, 3.0]), np.array([1.0, 0.0]))
    with pytest.raises(DependentBalance, match="follows from the others") as dependent:
        reduce_balances(Balances.of([[1.0, -1.0], [2.0, -2.0]]), np.ones(2, bool))
    assert dependent.value.balances in ((0,), (1,))
    with pytest.raises(ImpossibleBalance, match="balances 0, 1 contradict each other"):
        reduce_balances(Balances.of([[1.0], [1.0]], [1.0, 2.0]), np.zeros(1, bool))


def test_a_linearisation_that_runs_away_says_so() -> None:
    """The flow is 1, and flow times 1 + T² shall be nothing: there is no such T."""
    curved = Carried(sp.csr_array([[1.0]]), np.array([0]), np.array([1]), np.array([[1.0, 0.0, 1.0]]))
    never = Together([Linear(Balances.of([[1.0, 0.0]], [1.0])), curved])
    with pytest.raises(NotConverged, match="not converged after 20 iterations"):
        reconcile_linearised(never, np.array([1.0, 1.0]), np.ones(2), np.array([False, True]), np.array([1.0, 0.5]), 20)


def test_singular_matrices_name_a_row() -> None:
    matrix = sp.csc_array(np.array([[1.0, 1.0], [1.0, 1.0]]))
    with pytest.raises(Singular, match=r"row [01] depends on others"):
        Pattern.of(matrix).factorise(matrix, 1e-10)
